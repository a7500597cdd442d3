"""Events played on a board: segments, each from one set-up position, and where the record stops being one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from games.game import GameError, IllegalMove
from games.go.board import BLACK, EMPTY, WHITE
from games.go.game import Go
from games.go.position import Position
from games.go.sgf.errors import counted
from games.go.sgf.events import Event, Move, SetUp
from games.go.sgf.record import Segment

_NAMES = {BLACK: "black", WHITE: "white"}


@dataclass
class Walked:
    """The segments, at least one; how many moves they have; and one line where moves were left out."""

    segments: list[Segment]
    moves: int = 0
    notes: list[str] = field(default_factory=list)


def spec_of(base: Mapping[str, Any], stones: Mapping[int, int], player: int) -> dict[str, Any]:
    """A specification: ``base`` says size, rules and komi, ``stones`` (point to color) what stands there."""
    black, white = (sorted(p for p, color in stones.items() if color == one) for one in (BLACK, WHITE))
    return {**base, "black": black, "white": white, "to_play": _NAMES[player]}


def walk(spec: dict[str, Any], events: Sequence[Event]) -> Walked:
    """Play ``events`` from the first position, of ``spec``. Stops at a move, or set-up stones, that cannot be.

    Raises ``GameError`` when there is no such first position.
    """
    walker = _Walker(spec)
    for at, event in enumerate(events):
        complaint = walker.set_up(event, events[at + 1 :]) if isinstance(event, SetUp) else walker.play(event)
        if complaint is not None:
            left_out = sum(isinstance(one, Move) for one in events[at:])
            walker.notes.append(f"{complaint}; {_kept(walker.moves, left_out)}")
            break
    return walker.finish()


class _Walker:
    """The position, and what led to it."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self._position = Position(Go.from_spec(spec))
        self._done: list[Segment] = []
        self._player: int | None = None
        self._waiting: SetUp | None = None
        self.moves = 0
        self.notes: list[str] = []

    def play(self, move: Move) -> str | None:
        """Play a move; the complaint when it is illegal."""
        complaint = self._play(move)
        waiting, self._waiting = self._waiting, None
        if waiting is None or (complaint is None and not self._changes(waiting)):
            return complaint
        if complaint is None:
            self._take_back()
        return self._begin(waiting, move.color) or self._play(move)

    def set_up(self, event: SetUp, following: Sequence[Event]) -> str | None:
        """Set up stones, and say who moves; the complaint when they cannot stand there."""
        if event.player is not None:
            self._player = event.player
        if not self._changes(event):
            return None
        if event.beside_move:
            # some programs take captured stones away once more: only the move before shows whether it is that
            self._waiting = event
            return None
        following_move = next((one for one in following if isinstance(one, Move)), None)
        return self._begin(event, following_move.color if following_move is not None else None)

    def finish(self) -> Walked:
        """All of it."""
        if self._player is not None and self._player != self._position.to_play:
            self._position.play(self._position.game.points + 1)
        return Walked([*self._done, self._segment()], self.moves, self.notes)

    def _play(self, move: Move) -> str | None:
        number, color = self.moves + 1, _NAMES[move.color]
        if move.point is None:
            return f"move {number} ({color}) is none: {move.complaint}"
        before = len(self._position.record)
        try:
            self._position.play_as(move.color, move.point)
        except IllegalMove as error:
            return f"move {number} is illegal: {error}"
        self._added = len(self._position.record) - before
        self._player = None
        self.moves += 1
        return None

    def _take_back(self) -> None:
        for _ in range(self._added):
            self._position.undo()
        self.moves -= 1

    def _segment(self) -> Segment:
        return Segment(self._spec, self._position.record)

    def _stones(self) -> dict[int, int]:
        flat = self._position.stones.reshape(-1)
        return {int(point): int(flat[point]) for point in np.flatnonzero(flat)}

    def _changes(self, event: SetUp) -> bool:
        return any(self._position.color_at(point) != color for point, color in event.stones.items())

    def _begin(self, event: SetUp, next_color: int | None) -> str | None:
        """A new segment; the complaint when there is no such position."""
        stones = {**self._stones(), **event.stones}
        stones = {point: color for point, color in stones.items() if color != EMPTY}
        to_play = self._player if next_color is None else next_color
        base = {**self._spec, "komi": self._komi(stones)}
        spec = spec_of(base, stones, self._position.to_play if to_play is None else to_play)
        try:
            position = Position(Go.from_spec(spec))
        except GameError as error:
            return f"stones that are set up behind move {self.moves} cannot stand there: {error}"
        if self._position.record or self._done:
            self._tell(spec["komi"])
        if self._position.record:
            self._done.append(self._segment())
        self._spec, self._position = spec, position
        return None

    def _tell(self, komi: float) -> None:
        counted = "" if komi == self._spec["komi"] else f"; komi is {komi:g} there, for what was earned before"
        note = f"stones are set up behind move {self.moves}: the game goes on from there, without what came before"
        self.notes = [one for one in self.notes if not one.startswith(note)]
        self.notes.append(note + counted)

    def _komi(self, stones: Mapping[int, int]) -> float:
        """The komi that gives White what it had for a handicap and, where they count, for prisoners."""
        game = self._position.game
        if not self._position.record and not self._done:
            return game.komi
        colors = list(stones.values())
        now = game.rules.handicap_bonus(len(colors) if WHITE not in colors else 0)
        before = game.rules.handicap_bonus(self._position.handicap)
        by_black, by_white = self._position.captures if game.rules.is_territory else (0, 0)
        return float(game.komi + before - now + by_white - by_black)


def _kept(before: int, left_out: int) -> str:
    kept = {0: "no move is kept", 1: "the move before it is kept"}.get(before, f"the {before} moves before it are kept")
    if left_out == 0:
        return kept
    return f"{kept}, {counted(left_out, 'move', 'is')} left out"
