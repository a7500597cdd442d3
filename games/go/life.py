"""Which stones live when play goes on, and whose the points are then. Pure.

Which chains are dead is found step by step (``dead_chains``); what is left then is alive or in seki.

The letter of the rules counts two kinds of points for nobody, or for the wrong player, that play would settle:

- liberties of dead stones beside living ones of their colour: who captures them plays there, and has what is enclosed;
- the last liberty of a living chain, in its own territory, when all dame are filled: its owner must fill it, too, which
  by territory costs him a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from games.go import territory
from games.go.board import EMPTY
from games.go.canonical import canonical
from games.go.dead_chains import DeadChains, Found, certain_owners
from games.go.position import Position, written_score
from games.go.seki import in_seki

ALL_NODES = 1_500_000
"""Bound of all searches of a judgement together."""


class Fate(Enum):
    """GTP's words for a chain at the end of the game."""

    ALIVE = "alive"
    DEAD = "dead"
    SEKI = "seki"


@dataclass(frozen=True)
class Chain:
    """A chain, its points in order, its fate, and whether that is more than a guess."""

    points: list[int]
    fate: Fate
    sure: bool


@dataclass(frozen=True)
class Judgement:
    """How a game ends: every chain, in the order of their first points, and whose each point is then.

    owners: int8[points], the dead off the board, open regions divided (``territory``). filled: points that their owner
    must still fill. left: the first moves in the zones that the players take in turn, in that order.
    """

    position: Position
    chains: list[Chain]
    owners: NDArray[np.int8]
    filled: tuple[int, ...] = ()
    left: tuple[int, ...] = ()

    def points(self, fate: Fate) -> list[int]:
        """The stones of this fate, in order."""
        return sorted(point for chain in self.chains if chain.fate is fate for point in chain.points)

    @property
    def unsure(self) -> list[Chain]:
        """The chains whose fate is a guess."""
        return [chain for chain in self.chains if not chain.sure]

    @cached_property
    def lead(self) -> float:
        """Black's lead in points by the rules of the game, komi and all included."""
        dead, seki = self.points(Fate.DEAD), self.points(Fate.SEKI)
        return self.position.lead(dead, owners=self.owners, seki=seki, filled=self.filled)

    @property
    def score(self) -> str:
        """``lead`` as GTP and SGF write it."""
        return written_score(self.lead)

    @property
    def has_open_land(self) -> bool:
        """Whether points are counted for somebody that are nobody's by the letter."""
        left = self.position.stones.reshape(-1)
        left[self.points(Fate.DEAD)] = EMPTY
        return bool((self.position.owners_with(left) != self.owners).any())

    @property
    def has_open_borders(self) -> bool:
        """Whether without the dead there is an empty point that both colours reach and do not both touch.

        Dame that touch both are none. So while there is one, more than dame may be left to take.
        """
        stones = self.position.stones.reshape(-1)
        stones[self.points(Fate.DEAD)] = EMPTY
        by_letter = self.position.owners_with(stones)
        neighbours = territory.neighbours_of(self.position.board_with(stones))
        nobodys = np.flatnonzero((stones == EMPTY) & (by_letter == EMPTY)).tolist()
        return any(len({int(stones[q]) for q in neighbours[point]} - {EMPTY}) < 2 for point in nobodys)

    def decided_for(self, color: int) -> Judgement:
        """The same with every unsure chain decided for this colour."""
        stones = self.position.stones.reshape(-1)
        unsure = {chain.points[0] for chain in self.unsure}
        dead = {chain.points[0] for chain in self.chains if chain.fate is Fate.DEAD}
        dead = (dead - unsure) | {point for point in unsure if stones[point] == -color}
        return with_dead(self.position, dead)


def judge(position: Position, ownership: Sequence[float] | None, nodes: int = ALL_NODES) -> Judgement:
    """How the game ends at this position, the same however it is turned and whose colours are whose.

    ownership: what is thought of each point, from the top left, +1 Black's to -1 White's; None: nothing is known, and
    chains whose zones are too large to be searched live. nodes: that may be searched in all.
    """
    seen, order = canonical(position, ownership)
    thought = None if ownership is None else np.asarray(ownership, np.float64)[order] * position.to_play
    dying = DeadChains(seen, thought, nodes)
    while dying.takes_off():
        pass
    found = {int(order[chain].min()): dying.found[chain[0]] for chain in seen.chains()}
    judgement = _judgement(position, position.chains(), found, ownership)
    return replace(judgement, left=tuple(int(order[move]) for move in dying.moves))


def with_dead(position: Position, dead: Iterable[int]) -> Judgement:
    """How the game ends if these stones, one of a chain suffices, are dead and all others alive or in seki."""
    known = set(dead)
    chains = position.chains()
    found = {chain[0]: Found(not known.isdisjoint(chain), sure=True) for chain in chains}
    return _judgement(position, chains, found, None)


def as_it_stands(position: Position) -> Judgement:
    """The end if no stone comes off: every chain is alive, or in seki where seki is taxed; open land is nobody's."""
    return _counted(position, set())


def by_the_rules(position: Position) -> Judgement:
    """The end by rules that know no agreement on dead stones: as it stands, or without what is dead by the rules."""
    if not position.game.rules.takes_pass_dead_off:
        return as_it_stands(position)
    stones = position.stones.reshape(-1)
    certain = certain_owners(position.board_with(stones))
    return _counted(position, {chain[0] for chain in position.chains() if certain[chain[0]] == -stones[chain[0]]})


def _counted(position: Position, dead: set[int]) -> Judgement:
    """The count by the letter without the chains that begin at these points."""
    left = position.stones.reshape(-1)
    for chain in position.chains():
        if chain[0] in dead:
            left[chain] = EMPTY
    owners = position.owners_with(left)
    taxed = position.game.rules.tax != "NONE"
    seki = position.seki_with(left, owners) if taxed else np.zeros(len(left), np.bool_)
    chains = []
    for points in position.chains():
        fate = Fate.DEAD if points[0] in dead else Fate.SEKI if seki[points[0]] else Fate.ALIVE
        chains.append(Chain(points, fate, sure=True))
    return Judgement(position, chains, owners)


def _judgement(
    position: Position, groups: list[list[int]], found: dict[int, Found], ownership: Sequence[float] | None
) -> Judgement:
    left = position.stones.reshape(-1)
    dead = [chain for chain in groups if found[chain[0]].dead]
    for chain in dead:
        left[chain] = EMPTY
    closed = territory.closing_captures(position.board_with(left), position.stones.reshape(-1), dead)
    for point, color in closed.items():
        left[point] = color
    board = position.board_with(left)
    by_letter = position.owners_with(left)
    owners = territory.divided(board, by_letter, ownership)
    seki, shared = in_seki(board, by_letter, position.seki_with(left, owners))
    owners[shared] = by_letter[shared]
    chains = []
    for chain in groups:
        fate = Fate.DEAD if found[chain[0]].dead else Fate.SEKI if chain[0] in seki else Fate.ALIVE
        chains.append(Chain(chain, fate, found[chain[0]].sure))
    return Judgement(position, chains, owners, (*closed, *territory.last_liberties(board, owners, seki)))
