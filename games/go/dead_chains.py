"""Which chains are dead at the end of a game: they come off the board step by step. Pure.

Certain are pass-alive chains and what stands in their territory (``area``). A chain that its surroundings and a search
agree on is taken to be what they say. Every other chain is *doubtful*, and is searched exactly in its zone (``zones``).

There a chain is dead if the opponent captures it though its owner begins, and lives if he cannot though he begins
himself. What depends on who begins is unsure. When all else that is dead is off the board the players take such zones
in turn, the player to move first, that with the largest chain first: who takes one has the first move there, and wins
the kos about what would be a seki then. A zone that he takes by a ko goes to the other if that one has more threats
(``ko_threats``).
Unsure, too, are chains of zones that are too large to be searched; then the ownership decides. Whatever is dead comes
off before the others are searched again, so a chain that takes its captors lives. Of chains of both colours that take
each other those are dead that the other colour encloses, for what they take was put there to kill them (nakade); and if
neither is enclosed those whose captors cannot be captured any more when they have taken them. The stones of a double
ko live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.go import ko_threats, territory, zones
from games.go.area import new_area_memory, pass_alive_area
from games.go.board import BLACK, EMPTY, NO_POINT, WALL_POINT, WHITE, first_liberty, new_undos, put
from games.go.capture import CAPTURED, KEPT, UNKNOWN
from games.go.local_searches import LocalSearches
from games.go.moves import LEGAL, check_point
from games.go.position import Position
from games.go.seki import in_seki
from games.go.zones import Zone

DOUBTFUL = 0.8
"""A chain is doubtful when its points belong to its owner by less than this on average."""

SURE = 0.6
"""A chain that cannot be searched is a guess when its points belong to anybody by less than this."""

LOST = -0.3
"""A chain that is not searched is dead when its points belong to its owner by less than this; a seki is near 0."""

FEW = 4
"""A chain that looks like one in seki is doubtful with so many liberties, whatever the ownership says."""


def certain_owners(board: Any) -> NDArray[np.int8]:
    """int8[> points]: whose each point is whatever is played (``area``)."""
    certain = np.zeros(WALL_POINT + 1, np.int8)
    pass_alive_area(board, bool(board["suicide"]), new_area_memory()[0], certain)
    return certain


@dataclass
class Found:
    """What is known of a chain."""

    dead: bool
    sure: bool


class DeadChains:
    """The board from which what is dead comes off step by step."""

    def __init__(self, position: Position, ownership: NDArray[np.float64] | None, nodes: int) -> None:
        self._position = position
        self._ownership = ownership
        self._groups = position.chains()
        self._left = position.stones.reshape(-1)
        self.found: dict[int, Found] = {}
        """The verdicts, by the first point of each chain."""
        self._taken: set[int] = set()
        """First points of the chains whose zones one of the players has taken."""
        self.moves: list[int] = []
        """The first moves in these zones, in the order in which they were taken."""
        self._turn = position.to_play
        self._searches = LocalSearches(nodes)

    def takes_off(self) -> bool:
        """Judge every chain that is left, and take off what died. Whether something did, so all must be seen anew."""
        board = self._position.board_with(self._left)
        certain = certain_owners(board)
        chains = [chain for chain in self._groups if self._left[chain[0]] != EMPTY]
        by_letter = self._position.owners_with(self._left)
        seki, _ = in_seki(board, by_letter, self._position.seki_with(self._left, by_letter))
        doubtful, dead = [], []
        for chain in chains:
            color, owner = int(self._left[chain[0]]), int(certain[chain[0]])
            if owner == EMPTY and chain[0] in self._taken:
                continue
            own, liberties = self._own(chain), _liberties(board, chain)
            is_dead = owner == -color if owner else own < LOST
            self.found[chain[0]] = Found(is_dead, sure=owner != EMPTY or abs(own) >= SURE)
            if owner == -color:
                dead.append(chain)
            elif owner == EMPTY and (own < DOUBTFUL or liberties == 1 or (chain[0] in seki and liberties <= FEW)):
                doubtful.append(chain)
        open_zones: list[_OpenZone] = []
        dead = dead or self._die_in_zones(board, doubtful, certain, open_zones)
        dead = dead or [chain for chain in chains if self.found[chain[0]] == Found(dead=True, sure=True)]
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
                    self.found[chain[0]] = Found(dead=False, sure=False)
                    continue
                self.found[chain[0]] = answer
                if answer.dead:
                    dead[int(self._left[chain[0]])].append(chain)
            if depends:
                open_zones.append(_OpenZone(points, chains, depends))
        if dead[BLACK] and dead[WHITE]:
            return self._dead_for_good(dead, np.array(sorted(set().union(*(zone.points for zone in part))), np.int16))
        return dead[BLACK] or dead[WHITE]

    def _searched(self, board: Any, chain: list[int], points: NDArray[np.int16]) -> Found | _Dependent | None:
        """None when a search came to its bound."""
        moves = []
        for attacker_begins in (True, False):
            answer, first = self._searches.search(board, chain[0], attacker_begins, points)
            if answer == UNKNOWN:
                return None
            if answer == (KEPT if attacker_begins else CAPTURED):
                return Found(answer == CAPTURED, sure=True)
            moves.append(first)
        attack, save = moves
        return None if attack is None or save is None else _Dependent(chain, attack, save)

    def _die_in_turn(self, open_zones: list[_OpenZone]) -> list[list[int]]:
        """The players take the zones until something is dead by that: it comes off before the next one is taken."""
        for zone in sorted(open_zones, key=lambda zone: -len(zone.largest.chain)):
            if self._taken.isdisjoint(chain[0] for chain in zone.chains):
                dead = self._die_when_taken(zone)
                if dead:
                    return dead
        return []

    def _die_when_taken(self, zone: _OpenZone) -> list[list[int]]:
        """The chains of a zone that are dead when the player whose turn it is has the first move there.

        If he would have to win a ko for which the other has more threats, the other has it, and it is still his turn.
        """
        taken = self._taken_by(self._turn, zone)
        if taken.by_ko and self._loses_ko(zone, taken.move):
            taken = self._taken_by(-self._turn, zone)
        else:
            self.moves.append(taken.move)
            self._turn = -self._turn
        for chain in zone.chains:
            self._taken.add(chain[0])
            self.found[chain[0]] = Found(chain in taken.dead, sure=False)
        return taken.dead

    def _taken_by(self, player: int, zone: _OpenZone) -> _TakenZone:
        """The zone when this player has the first move there.

        Of the moves that save or take one of its chains he makes that by which he gains most stones.
        """
        ways = [self._after(zone, player, move) for move in zone.moves(player, self._left)]
        return max(ways, key=lambda way: -player * sum(len(chain) * int(self._left[chain[0]]) for chain in way.dead))

    def _loses_ko(self, zone: _OpenZone, move: int) -> bool:
        """Whether the player whose turn it is has fewer threats than the other when he has taken a ko by this move.

        They are those of the board with all stones on it, for those that are dead may make some: of the other when the
        ko is taken, and of his own when it is not.
        """
        before = self._position.board_with(self._position.stones.reshape(-1))
        if int(before["stones"][move]) != EMPTY or check_point(before, move, self._turn) != LEGAL:
            return False
        taken = before.copy()
        put(taken, move, self._turn, new_undos(1)[0])
        return self._threats(-self._turn, taken, zone) > self._threats(self._turn, before, zone)

    def _threats(self, player: int, board: Any, zone: _OpenZone) -> int:
        """How many ko threats a player has outside of a zone against chains that are no smaller than those in it."""
        living = [c for c in self._groups if not self.found[c[0]].dead and board["stones"][c[0]] != EMPTY]
        found = ko_threats.of(player, board, living, certain_owners(board), self._searches)
        points, least = frozenset(zone.points.tolist()), len(zone.largest.chain)
        return sum(one.number for one in found if one.stones >= least and one.points.isdisjoint(points))

    def _after(self, zone: _OpenZone, player: int, move: int) -> _TakenZone:
        """The zone after this move of the player's."""
        board = self._position.board_with(self._left)
        put(board, move, player, new_undos(1)[0])
        dead = [chain for chain in zone.chains if self._is_lost(board, chain, player, zone.points)]
        alive = [chain for chain in zone.chains if chain not in dead]
        left = board["stones"][: len(self._left)].copy()
        for chain in dead:
            left[chain] = EMPTY
        by_letter = self._position.owners_with(left)
        seki, _ = in_seki(self._position.board_with(left), by_letter, self._position.seki_with(left, by_letter))
        strange = [chain for chain in alive if chain[0] in seki and int(left[chain[0]]) != player]
        dead += [chain for chain in strange if self._is_lost(board, chain, player, zone.points, wins_kos=player)]
        return _TakenZone(move, dead, by_ko=int(board["ko_point"]) != NO_POINT)

    def _is_lost(
        self, board: Any, chain: list[int], player: int, points: NDArray[np.int16], wins_kos: int = EMPTY
    ) -> bool:
        """Whether a chain is captured, or has been, when the opponent of this player moves."""
        color = int(self._left[chain[0]])
        if int(board["stones"][chain[0]]) != color:
            return True
        return self._searches.search(board, chain[0], color == player, points, wins_kos).result == CAPTURED

    def _dead_for_good(self, dead: dict[int, list[list[int]]], points: NDArray[np.int16]) -> list[list[int]]:
        """Of chains of both colours that can all be captured, those that are gone in the end.

        Stones that a group must take though it dies of it (nakade) are not dead: their side captures it afterwards. So
        it is where all chains within the other colour's walls can be captured. Of a double ko nothing is gone: who
        takes the one loses the other.
        """
        if len(dead[BLACK]) == len(dead[WHITE]) and all(map(self._is_in_ko, dead[BLACK] + dead[WHITE])):
            for chain in dead[BLACK] + dead[WHITE]:
                self.found[chain[0]].dead = False
            return []
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

    def _is_in_ko(self, chain: list[int]) -> bool:
        """Whether it is one stone that may be taken, and the stone that takes it then."""
        board = self._position.board_with(self._left)
        if len(chain) > 1 or _liberties(board, chain) > 1:
            return False
        put(board, first_liberty(board, board["head"][chain[0]]), -int(self._left[chain[0]]), new_undos(1)[0])
        return int(board["ko_point"]) != NO_POINT

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
class _TakenZone:
    """The move by which a player has taken a zone, the chains that are dead then, and whether it takes a ko."""

    move: int
    dead: list[list[int]]
    by_ko: bool


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
