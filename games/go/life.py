"""Which stones live when play goes on, and whose the points are then. Pure.

Certain are pass-alive chains and what stands in their territory (``area``). A chain that its surroundings and a search
agree on is taken to be what they say. Every other chain is *doubtful*, and is searched exactly in its zone (``zones``).

There a chain is dead if the opponent captures it though its owner begins, and lives if he cannot though he begins
himself. What depends on who begins is unsure. When all else that is dead is off the board the players take such zones
in turn, the player to move first, that with the largest chain first: who takes one has the first move there, and wins
the kos about what would be a seki then.
Unsure, too, are chains of zones that are too large to be searched; then the ownership decides. Whatever is dead comes
off before the others are searched again, so a chain that takes its captors lives. Of chains of both colours that take
each other those are dead that the other colour encloses, for what they take was put there to kill them (nakade); and if
neither is enclosed those whose captors cannot be captured any more when they have taken them.

The letter of the rules counts two kinds of points for nobody, or for the wrong player, that play would settle:

- liberties of dead stones beside living ones of their colour: who captures them plays there, and has what is enclosed;
- the last liberty of a living chain, in its own territory, when all dame are filled: its owner must fill it, too, which
  by territory costs him a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.go import territory, zones
from games.go.area import new_area_memory, pass_alive_area
from games.go.board import BLACK, EMPTY, WALL_POINT, WHITE, new_undos, put
from games.go.canonical import canonical
from games.go.capture import CAPTURED, KEPT, UNKNOWN
from games.go.local_searches import LocalSearches
from games.go.position import Position, written_score
from games.go.zones import Zone

DOUBTFUL = 0.8
"""A chain is doubtful when its points belong to its owner by less than this on average."""

SURE = 0.6
"""A chain that cannot be searched is a guess when its points belong to anybody by less than this."""

LOST = -0.3
"""A chain that is not searched is dead when its points belong to its owner by less than this; a seki is near 0."""

FEW = 4
"""A chain that looks like one in seki is doubtful with so many liberties, whatever the ownership says."""

SHARED = 8
"""Points between groups in seki; a larger region was not played out."""

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
    must still fill.
    """

    position: Position
    chains: list[Chain]
    owners: NDArray[np.int8]
    filled: tuple[int, ...] = ()

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
    dying = _Dying(seen, thought, nodes)
    while dying.takes_off():
        pass
    found = {int(order[chain].min()): dying.found[chain[0]] for chain in seen.chains()}
    return _judgement(position, position.chains(), found, ownership)


def with_dead(position: Position, dead: Iterable[int]) -> Judgement:
    """How the game ends if these stones, one of a chain suffices, are dead and all others alive or in seki."""
    known = set(dead)
    chains = position.chains()
    found = {chain[0]: _Found(not known.isdisjoint(chain), sure=True) for chain in chains}
    return _judgement(position, chains, found, None)


def as_it_stands(position: Position) -> Judgement:
    """The end if no stone comes off: every chain is alive, or in seki where seki is taxed; open land is nobody's."""
    return _counted(position, set())


def by_the_rules(position: Position) -> Judgement:
    """The end by rules that know no agreement on dead stones: as it stands, or without what is dead by the rules."""
    if not position.game.rules.takes_pass_dead_off:
        return as_it_stands(position)
    stones = position.stones.reshape(-1)
    certain = _certain(position.board_with(stones))
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


def _certain(board: Any) -> NDArray[np.int8]:
    """int8[> points]: whose each point is whatever is played (``area``)."""
    certain = np.zeros(WALL_POINT + 1, np.int8)
    pass_alive_area(board, bool(board["suicide"]), new_area_memory()[0], certain)
    return certain


@dataclass
class _Found:
    """What is known of a chain."""

    dead: bool
    sure: bool


def _judgement(
    position: Position, groups: list[list[int]], found: dict[int, _Found], ownership: Sequence[float] | None
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
    seki, shared = _in_seki(board, by_letter, position.seki_with(left, owners))
    owners[shared] = by_letter[shared]
    chains = []
    for chain in groups:
        fate = Fate.DEAD if found[chain[0]].dead else Fate.SEKI if chain[0] in seki else Fate.ALIVE
        chains.append(Chain(chain, fate, found[chain[0]].sure))
    return Judgement(position, chains, owners, (*closed, *territory.last_liberties(board, owners, seki)))


def _in_seki(board: Any, by_letter: NDArray[np.int8], alike: NDArray[np.bool_]) -> tuple[set[int], list[int]]:
    """The stones in seki, and the points that are nobody's between them.

    alike: bool[points], groups that look like it. They are in seki where one of the other colour shares a dame with
    them. by_letter: int8[points], whose each point is while open regions are not divided.
    """
    points = len(by_letter)
    stones, head = board["stones"][:points], board["head"]
    neighbours = territory.neighbours_of(board)
    heads, shared = set[int](), list[int]()
    nobodys = np.flatnonzero((by_letter == EMPTY) & (stones == EMPTY)).tolist()
    for region in territory.regions(nobodys, neighbours):
        around = {q for p in region for q in neighbours[p] if stones[q] != EMPTY and alike[q]}
        if len(region) <= SHARED and len({int(stones[q]) for q in around}) == 2:
            heads |= {int(head[q]) for q in around}
            shared += sorted(region)
    return {p for p in np.flatnonzero(stones).tolist() if int(head[p]) in heads}, shared


class _Dying:
    """The board from which what is dead comes off step by step."""

    def __init__(self, position: Position, ownership: NDArray[np.float64] | None, nodes: int) -> None:
        self._position = position
        self._ownership = ownership
        self._groups = position.chains()
        self._left = position.stones.reshape(-1)
        self.found: dict[int, _Found] = {}
        """The verdicts, by the first point of each chain."""
        self._taken: set[int] = set()
        """First points of the chains whose zones one of the players has taken."""
        self._turn = position.to_play
        self._searches = LocalSearches(nodes)

    def takes_off(self) -> bool:
        """Judge every chain that is left, and take off what died. Whether something did, so all must be seen anew."""
        board = self._position.board_with(self._left)
        certain = _certain(board)
        chains = [chain for chain in self._groups if self._left[chain[0]] != EMPTY]
        by_letter = self._position.owners_with(self._left)
        seki, _ = _in_seki(board, by_letter, self._position.seki_with(self._left, by_letter))
        doubtful, dead = [], []
        for chain in chains:
            color, owner = int(self._left[chain[0]]), int(certain[chain[0]])
            if owner == EMPTY and chain[0] in self._taken:
                continue
            own, liberties = self._own(chain), _liberties(board, chain)
            is_dead = owner == -color if owner else own < LOST
            self.found[chain[0]] = _Found(is_dead, sure=owner != EMPTY or abs(own) >= SURE)
            if owner == -color:
                dead.append(chain)
            elif owner == EMPTY and (own < DOUBTFUL or liberties == 1 or (chain[0] in seki and liberties <= FEW)):
                doubtful.append(chain)
        open_zones: list[_OpenZone] = []
        dead = dead or self._die_in_zones(board, doubtful, certain, open_zones)
        dead = dead or [chain for chain in chains if self.found[chain[0]] == _Found(dead=True, sure=True)]
        dead = dead or self._die_in_turn(open_zones)
        dead = dead or [chain for chain in chains if self.found[chain[0]].dead]
        for chain in dead:
            self._left[chain] = EMPTY
        return bool(dead)

    def _own(self, chain: list[int]) -> float:
        """By how much its owner has its points; 0 where nothing is known."""
        return 0.0 if self._ownership is None else float(self._ownership[chain].mean()) * int(self._left[chain[0]])

    def _die_in_zones(
        self, board: Any, doubtful: list[list[int]], certain: NDArray[np.int8], open_zones: list[_OpenZone]
    ) -> list[list[int]]:
        """The doubtful chains that are dead beyond doubt, each searched in the smallest zone that it is in.

        Zones in which something depends on who begins are added to ``open_zones``.
        """
        parts = zones.parts(board, certain, [chain[0] for chain in doubtful])
        return [chain for part in parts for chain in self._die(board, part, open_zones)]

    def _die(self, board: Any, part: list[Zone], open_zones: list[_OpenZone]) -> list[list[int]]:
        """The chains of a part that are dead though their owners begin. What depends on who begins is noted."""
        dead: dict[int, list[list[int]]] = {BLACK: [], WHITE: []}
        searched = set[int]()
        for zone in part:
            points = np.array(sorted(zone.points), np.int16)
            chains = [chain for chain in self._groups if chain[0] in zone.points and self._left[chain[0]] != EMPTY]
            depends: list[_Dependent] = []
            for chain in chains:
                if chain[0] in searched or chain[0] in self._taken:
                    continue
                answer = self._searched(board, chain, points)
                if answer is None:
                    continue
                searched.add(chain[0])
                if isinstance(answer, _Dependent):
                    depends.append(answer)
                    self.found[chain[0]] = _Found(dead=False, sure=False)
                    continue
                self.found[chain[0]] = answer
                if answer.dead:
                    dead[int(self._left[chain[0]])].append(chain)
            if depends:
                open_zones.append(_OpenZone(points, chains, depends))
        if dead[BLACK] and dead[WHITE]:
            return self._dead_for_good(dead, np.array(sorted(set().union(*(zone.points for zone in part))), np.int16))
        return dead[BLACK] or dead[WHITE]

    def _searched(self, board: Any, chain: list[int], points: NDArray[np.int16]) -> _Found | _Dependent | None:
        """None when a search came to its bound."""
        moves = []
        for attacker_begins in (True, False):
            answer, first = self._searches.search(board, chain[0], attacker_begins, points)
            if answer == UNKNOWN:
                return None
            if answer == (KEPT if attacker_begins else CAPTURED):
                return _Found(answer == CAPTURED, sure=True)
            moves.append(first)
        attack, save = moves
        return None if attack is None or save is None else _Dependent(chain, attack, save)

    def _die_in_turn(self, open_zones: list[_OpenZone]) -> list[list[int]]:
        """The players take the zones until something is dead by that: it comes off before the next one is taken."""
        for zone in sorted(open_zones, key=lambda zone: -len(zone.largest.chain)):
            if self._taken.isdisjoint(chain[0] for chain in zone.chains):
                dead = self._die_when_taken(zone)
                self._turn = -self._turn
                if dead:
                    return dead
        return []

    def _die_when_taken(self, zone: _OpenZone) -> list[list[int]]:
        """The chains of a zone that are dead when the player whose turn it is has the first move there.

        Of the moves that save or take one of its chains he makes that by which he gains most stones.
        """
        dead = max((self._dead_after(zone, move) for move in zone.moves(self._turn, self._left)), key=self._gain)
        for chain in zone.chains:
            self._taken.add(chain[0])
            self.found[chain[0]] = _Found(chain in dead, sure=False)
        return dead

    def _gain(self, dead: list[list[int]]) -> int:
        """Stones that the player whose turn it is takes, less those that he loses."""
        return -self._turn * sum(len(chain) * int(self._left[chain[0]]) for chain in dead)

    def _dead_after(self, zone: _OpenZone, move: int) -> list[list[int]]:
        """The chains of a zone that are dead after this move of the player whose turn it is."""
        board = self._position.board_with(self._left)
        put(board, move, self._turn, new_undos(1)[0])
        dead = [chain for chain in zone.chains if self._is_lost(board, chain, zone.points)]
        alive = [chain for chain in zone.chains if chain not in dead]
        left = board["stones"][: len(self._left)].copy()
        for chain in dead:
            left[chain] = EMPTY
        by_letter = self._position.owners_with(left)
        seki, _ = _in_seki(self._position.board_with(left), by_letter, self._position.seki_with(left, by_letter))
        strange = [chain for chain in alive if chain[0] in seki and int(left[chain[0]]) != self._turn]
        return dead + [chain for chain in strange if self._is_lost(board, chain, zone.points, wins_kos=self._turn)]

    def _is_lost(self, board: Any, chain: list[int], points: NDArray[np.int16], wins_kos: int = EMPTY) -> bool:
        """Whether a chain is captured, or has been, when the opponent of the player whose turn it was moves."""
        color = int(self._left[chain[0]])
        if int(board["stones"][chain[0]]) != color:
            return True
        return self._searches.search(board, chain[0], color == self._turn, points, wins_kos).result == CAPTURED

    def _dead_for_good(self, dead: dict[int, list[list[int]]], points: NDArray[np.int16]) -> list[list[int]]:
        """Of chains of both colours that can all be captured, those that are gone in the end.

        Stones that a group must take though it dies of it (nakade) are not dead: their side captures it afterwards. So
        it is where all chains within the other colour's walls can be captured.
        """
        inside = self._enclosed(points)
        captors_live = {color: self._live_without(dead[color], dead[-color], points) for color in (BLACK, WHITE)}
        if inside and sum(len(chain) for chain in dead[inside]) == int((self._left[points] == inside).sum()):
            lost = inside
        elif captors_live[BLACK] != captors_live[WHITE]:
            lost = BLACK if captors_live[BLACK] else WHITE
        else:
            lost = max((-self._turn, self._turn), key=lambda color: sum(len(chain) for chain in dead[color]))
        for chain in dead[-lost]:
            self.found[chain[0]].dead = False
        return dead[lost]

    def _enclosed(self, points: NDArray[np.int16]) -> int:
        """Whose stones have only stones of the other colour around these points; EMPTY where both stand there."""
        zone = set(points.tolist())
        neighbours = territory.neighbours_of(self._position.board_with(self._left))
        walls = {int(self._left[q]) for p in zone for q in neighbours[p] if q not in zone}
        return -walls.pop() if len(walls) == 1 else EMPTY

    def _live_without(self, taken: list[list[int]], captors: list[list[int]], points: NDArray[np.int16]) -> bool:
        """Whether a chain of the captors cannot be captured, by who moves first, when these have been taken."""
        left = self._left.copy()
        for chain in taken:
            left[chain] = EMPTY
        board = self._position.board_with(left)
        return any(self._searches.search(board, chain[0], True, points).result == KEPT for chain in captors)


@dataclass(frozen=True)
class _Dependent:
    """A chain whose fate depends on who begins; where its captor does, and where its owner."""

    chain: list[int]
    attack: int
    save: int


@dataclass(frozen=True)
class _OpenZone:
    """The points of a zone, the chains in it, and those among them whose fate depends on who begins."""

    points: NDArray[np.int16]
    chains: list[list[int]]
    dependent: list[_Dependent]

    @property
    def largest(self) -> _Dependent:
        """The first of the dependent chains with the most stones."""
        return max(self.dependent, key=lambda one: len(one.chain))

    def moves(self, player: int, stones: NDArray[np.int8]) -> list[int]:
        """Where a player who begins saves one of them, or takes it; each once, that for the largest first."""
        ordered = sorted(self.dependent, key=lambda one: -len(one.chain))
        return list(dict.fromkeys(one.save if stones[one.chain[0]] == player else one.attack for one in ordered))


def _liberties(board: Any, chain: list[int]) -> int:
    return int(board["liberties"][board["head"][chain[0]]])
