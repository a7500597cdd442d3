"""The game that a query tells of: its rules, its stones and moves, and what is known of each of its positions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from games.game import GameError, IllegalMove
from games.go import rules as go_rules
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from games.go.sgf import GameRecord
from games.go.spec import MAX_UNCHECKED
from zhugo.bridges.analysis import placement
from zhugo.bridges.analysis.errors import QueryError, shortened
from zhugo.bridges.analysis.fields import Colored, Fields
from zhugo.shared import records
from zhugo.shared.advantage import PLAYERS, with_advantage

Player = Literal[1, -1]
Move = tuple[Player, int]
BLACK: Literal[1] = 1
WHITE: Literal[-1] = -1

_PLAYERS: dict[str, Player] = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}
_PAIR = re.compile(r"\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)")


@dataclass(frozen=True)
class Place:
    """One position of a game, as the daemon is asked for it.

    ``record`` begins at ``spec``, ``length`` of its moves lead here. Where two passes have ``ended`` the game the
    position is searched as if it went on: its last passes only hand over the turn. ``this_hash`` tells positions apart,
    ``sym_hash`` is equal for all that are turned or mirrored.
    """

    spec: dict[str, Any]
    record: Sequence[int]
    length: int
    ended: bool
    to_play: int
    this_hash: str
    sym_hash: str

    def moves(self) -> list[int]:
        """The moves that lead from the first position here, switches included."""
        moves = list(self.record[: self.length])
        if not self.ended:
            return moves
        width, height = _sides(self.spec)
        last = len(list(takewhile(lambda move: move >= width * height, reversed(moves))))
        return moves[: len(moves) - last] + [width * height + 1] * last

    def told(self, advantage: float, profile: str = "") -> Place:
        """The same, evaluated with a playout doubling advantage, Black's, and for players of this profile."""
        place = replace(self, spec=with_advantage(self.spec, advantage)) if advantage else self
        return replace(place, spec={**place.spec, PLAYERS: profile}) if profile else place

    def position(self) -> Position:
        """It, to be asked."""
        return Position(Go.from_spec(self.spec), self.moves())


def player(text: str, field: str) -> Player:
    """+1 for Black, -1 for White. Raises ``QueryError``."""
    try:
        return _PLAYERS[text.lower()]
    except KeyError:
        raise QueryError(field, f"a player is b or w, not {shortened(text)}") from None


def location(text: str, width: int, height: int, field: str) -> int:
    """The move of a vertex, or of ``(column,row)`` counted from 0 at the top left. Raises ``QueryError``."""
    try:
        if pair := _PAIR.fullmatch(text.strip()):
            column, row = int(pair[1]), int(pair[2])
            if column >= width or row >= height:
                raise ValueError
            return row * width + column
        return from_vertex(text, width, height)
    except ValueError:
        raise QueryError(field, f"no location on the {width}×{height} board: {shortened(text)}") from None


def places(fields: Fields, turns: Iterable[int]) -> dict[int, Place]:
    """The positions of a query at ``turns``. Raises ``QueryError`` for what is no game."""
    width, height = fields.board_x_size, fields.board_y_size
    stones = _stones(fields.initial_stones, width, height)
    moves = [(player(color, "moves"), location(vertex, width, height, "moves")) for color, vertex in fields.moves]
    rules, usual_komi = _rules(fields)
    komi = usual_komi if fields.komi is UNSET else fields.komi
    first = _first_player(fields, stones, moves)
    wanted = set(turns)
    found: dict[int, Place] = {}
    handicap = _handicap(moves, stones, width * height) if first == BLACK else 0
    for turn in range(handicap + 1):
        stones |= {point: BLACK for _, point in moves[:turn]}
        spec = _spec(width, height, komi, rules, stones, WHITE if turn else first)
        found |= _walk(spec, moves[turn:] if turn == handicap else [], wanted, turn)
    return found


def places_of(record: GameRecord, turns: Iterable[int]) -> dict[int, Place]:
    """The positions of a record at ``turns``; where stones are set up behind a move, its turn is the one with them."""
    wanted = set(turns)
    found: dict[int, Place] = {}
    turn = 0
    for segment in record.segments:
        moves: list[Move] = [(BLACK if player > 0 else WHITE, move) for player, move in records.moves(segment)]
        spec = {**segment.game.spec(), "size": [segment.game.width, segment.game.height]}
        found |= _walk(spec, moves, wanted, turn)
        turn += len(moves)
    return found


def _handicap(moves: Sequence[Move], stones: Mapping[int, Player], points: int) -> int:
    """How many moves at the start are a handicap, for which the rules may pay White: Black's, if several."""
    placed = [point for _, point in takewhile(lambda move: move[0] == BLACK and move[1] < points, moves)]
    new = len({*placed, *stones}) == len(placed) + len(stones)
    return len(placed) if len(placed) > 1 and new and WHITE not in stones.values() else 0


def _walk(spec: dict[str, Any], moves: Sequence[Move], wanted: set[int], turn: int) -> dict[int, Place]:
    """Play the moves of a game whose first position is that of ``turn``. Raises ``QueryError``."""
    try:
        position = Position(Go.from_spec({**spec, "unchecked": MAX_UNCHECKED}))
    except GameError as error:
        raise QueryError(_field_of(str(error)), str(error)) from error
    record: list[int] = []
    reached: dict[int, Place] = {}
    for color, move in [*moves, (None, None)]:
        if turn in wanted:
            reached[turn] = Place(spec, record, len(record), position.is_over, position.to_play, *_hashes(position))
        if color is None or move is None:
            return reached
        before = len(record)
        if color != position.to_play:
            position.play(position.game.points + 1)
        if position.why_illegal(move) is not None:
            # as in KataGo, games are analyzed whose moves ko, superko or suicide would forbid
            spec = {**spec, "unchecked": len(position.record) + 1}
        try:
            position.play(move)
        except IllegalMove as error:
            raise QueryError("moves", f"Illegal move {turn}: {position.game.vertex(move)} ({error})") from error
        record.extend(position.record[before:])
        turn += 1
    return reached


def _rules(fields: Fields) -> tuple[go_rules.Rules, float]:
    """The rules, and the komi that is named with them or is usual for them."""
    given: Any = fields.rules
    if isinstance(given, str) and given.strip().startswith("{"):
        try:
            given = msgspec.json.decode(given)
        except msgspec.DecodeError:
            raise QueryError("rules", f"no rules: {shortened(given)}") from None
    try:
        rules, komi = go_rules.with_komi(given)
    except GameError as error:
        raise QueryError("rules", shortened(error, 400)) from error
    if fields.white_handicap_bonus is UNSET:
        return rules, komi
    if fields.white_handicap_bonus not in go_rules.HANDICAP_BONUSES:
        raise QueryError("whiteHandicapBonus", f"one of {', '.join(go_rules.HANDICAP_BONUSES)}")
    return replace(rules, whiteHandicapBonus=fields.white_handicap_bonus), komi


def _stones(given: Sequence[Colored], width: int, height: int) -> dict[int, Player]:
    """Set-up stones by point."""
    placed: list[tuple[int, Player]] = []
    for color, vertex in given:
        point = location(vertex, width, height, "initialStones")
        if point == width * height:
            raise QueryError("initialStones", "a stone cannot pass")
        placed.append((point, player(color, "initialStones")))
    return placement.placed(placed, width, height)


def _first_player(fields: Fields, stones: Mapping[int, Player], moves: Sequence[Move]) -> Player:
    if fields.initial_player is not UNSET:
        return player(fields.initial_player, "initialPlayer")
    if moves:
        return moves[0][0]
    handicap = len(stones) > 1 and WHITE not in stones.values()
    return WHITE if handicap else BLACK


def _spec(
    width: int, height: int, komi: float, rules: go_rules.Rules, stones: dict[int, Player], to_play: int
) -> dict[str, Any]:
    return {
        "size": [width, height],
        "komi": komi,
        "rules": rules.as_dict(),
        "black": sorted(point for point, color in stones.items() if color == BLACK),
        "white": sorted(point for point, color in stones.items() if color == WHITE),
        "to_play": "black" if to_play == BLACK else "white",
    }


def _sides(spec: dict[str, Any]) -> tuple[int, int]:
    width, height = spec["size"]
    return width, height


def _field_of(complaint: str) -> str:
    """The field that a specification is refused for."""
    return "komi" if complaint.startswith("komi") else "rules" if "rules" in complaint else "initialStones"


def _hashes(position: Position) -> tuple[str, str]:
    """A number, in hexadecimal, for stones, player and ko; and the least of those of all symmetric positions."""
    marks = position.stones
    if position.ko_point is not None:
        marks.reshape(-1)[position.ko_point] = 2
    turned: list[NDArray[np.int8]] = [np.rot90(marks, quarter) for quarter in range(4)]
    numbers = [_hash(one, position.to_play) for grid in turned for one in (grid, grid.T)]
    return numbers[0], min(numbers)


def _hash(grid: NDArray[np.int8], to_play: int) -> str:
    about = bytes([*grid.shape, to_play + 1])
    return hashlib.blake2b(about + grid.tobytes(), digest_size=16).hexdigest().upper()
