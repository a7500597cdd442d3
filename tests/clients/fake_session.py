"""A daemon's client for tests of the bridges: the same interface, no search, and scripted reports.

Its "search" wants the first legal point from the top left that is no eye of the player, in an order that a script may
change, and gives every point to whom `ownership` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from games.game import GameError, IllegalMove
from games.go.game import Go
from games.go.position import Position
from protocol.errors import AnswerTimeout, RefusedError
from protocol.messages import ChildReport, Limits, Report, Restriction, SearchSettings


@dataclass
class FakeHandle:
    """A search that has ended already."""

    report: Report
    told: bool = False

    def result(self, timeout: float | None = None) -> Report:  # noqa: ARG002
        return self.report

    def next(self, timeout: float | None = None) -> Report:  # noqa: ARG002
        if self.told:
            raise AnswerTimeout("no report")
        self.told = True
        return self.report


@dataclass
class FakeSession:
    """Keeps a cursor as the daemon would, and refuses what the daemon would refuse."""

    spec: dict[str, Any]
    record: list[int]
    wishes: list[int] = field(default_factory=list)
    """Moves that the next searches choose, before anything else."""
    hurried: int = 0
    """So many of the next searches have no time to look at a move."""
    ownership: Callable[[Position], Sequence[float]] | None = None
    knows_points: bool = True
    """Whether the net that it pretends to search with gives leads and ownership."""
    searches: list[tuple[list[int], Limits, Sequence[Restriction]]] = field(default_factory=list)

    def play(self, move: int) -> None:
        try:
            self._position().play(move)
        except IllegalMove as error:
            raise RefusedError(str(error)) from error
        self.record.append(move)

    def undo(self, count: int = 1) -> None:
        if count > len(self.record):
            raise RefusedError("there are not so many moves")
        del self.record[-count:]

    def goto(self, record: Sequence[int]) -> None:
        self.record = list(record)

    def reset(self, game: str, spec: dict[str, Any], record: Sequence[int] = ()) -> None:
        assert game == "go"
        try:
            Go.from_spec(spec).root(record)
        except GameError as error:
            raise RefusedError(str(error)) from error
        self.spec, self.record = spec, list(record)

    def stop(self) -> None:
        pass

    def search(
        self,
        limits: Limits | None = None,
        report_every: float | None = None,
        restrictions: Sequence[Restriction] = (),
    ) -> FakeHandle:
        del report_every
        position = self._position()
        self.searches.append((list(self.record), limits or Limits(), restrictions))
        chosen = self.wishes.pop(0) if self.wishes else _first_sensible(position)
        report = self._report(position, chosen)
        if self.hurried:
            self.hurried -= 1
            report = replace(report, children=[], chosen=None, visits=1, ownership=[])
        return FakeHandle(report)

    def _position(self) -> Position:
        return Position(Go.from_spec(self.spec), self.record)

    def _report(self, position: Position, chosen: int) -> Report:
        lead = float(position.lead()) if self.knows_points else None
        child = ChildReport(chosen, 0, 9, 0.2, lead, 0.5, 0.1, 0.0, [chosen], [9])
        owner = position.stones.reshape(-1).tolist() if self.ownership is None else self.ownership(position)
        return Report(
            request=1,
            session="gtp",
            record=list(self.record),
            to_play=1 if position.to_play > 0 else -1,
            visits=10,
            new_visits=10,
            value=0.2,
            lead=lead,
            raw_value=0.2,
            raw_lead=lead,
            children=[child],
            chosen=chosen,
            elapsed=0.1,
            final=True,
            reason="visits",
            nodes=10,
            bytes=1000,
            ownership=[float(one) for one in owner] if self.knows_points else [],
        )


@dataclass
class FakeClient:
    """Opens one session and remembers it."""

    session: FakeSession | None = None

    def open(
        self,
        name: str,
        game: str,
        spec: dict[str, Any],
        record: Sequence[int] = (),
        settings: SearchSettings | None = None,
    ) -> FakeSession:
        assert (name, game) == ("gtp", "go")
        assert settings is not None
        self.session = FakeSession(spec, list(record))
        return self.session


def _first_sensible(position: Position) -> int:
    legal = position.legal()
    game = position.game
    for move in range(game.points):
        near = [q for q in _beside(move, game.width, game.height) if position.color_at(q) != position.to_play]
        if legal[move] and near:
            return move
    return game.points


def _beside(point: int, width: int, height: int) -> list[int]:
    row, column = divmod(point, width)
    around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return [r * width + c for r, c in around if 0 <= r < height and 0 <= c < width]
