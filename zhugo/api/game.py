"""A game in an engine: play, take back, search."""

from __future__ import annotations

from collections.abc import Iterator

from games.go.coords import from_vertex
from games.go.sgf import Segment
from protocol.client import Session
from protocol.messages import Limits
from zhugo.api.results import Analysis
from zhugo.shared import records
from zhugo.shared.errors import UserError
from zhugo.shared.searching import finished

PASS = "pass"


class Game:
    """A board with its search tree. Moves are vertices, such as D4 or ``pass``, and black and white take turns.

    The tree is kept from move to move, taking back too. Raises ``RefusedError`` with the reason for an illegal move.
    """

    def __init__(self, session: Session, place: Segment) -> None:
        """Made by ``Engine.game`` and ``Engine.load``."""
        self._session = session
        self._go = place.game
        self._record = list(place.record)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self._go.width, self._go.height

    @property
    def to_play(self) -> str:
        """B or W."""
        first = self._go.to_play > 0
        return "B" if first == (len(self._record) % 2 == 0) else "W"

    @property
    def moves(self) -> list[tuple[str, str]]:
        """(B or W, vertex) of every move."""
        played = records.moves(Segment(self._go.spec(), self._record))
        return [("B" if player > 0 else "W", self._go.vertex(move)) for player, move in played]

    def play(self, move: str) -> None:
        """Play for the player to move. Raises ``UserError`` for what is no vertex."""
        number = self._number(move)
        self._session.play(number)
        self._record.append(number)

    def undo(self, count: int = 1) -> None:
        """Take moves back."""
        self._session.undo(count)
        del self._record[len(self._record) - count :]

    def search(self, visits: int | None = None, seconds: float | None = None, every: float = 0.5) -> Iterator[Analysis]:
        """Search: yield what is known every so many seconds, and at the end.

        Without limits it goes on until the caller leaves the loop.
        """
        handle = self._session.search(Limits(visits=visits, seconds=seconds), report_every=every)
        try:
            for report in handle:
                if report.reason == "failed":
                    raise UserError(report.failure)
                yield Analysis.of(self._go, report)
        finally:
            if not handle.over:
                self._session.stop()

    def analyze(self, visits: int | None = 400, seconds: float | None = None) -> Analysis:
        """Search and wait for the end."""
        return Analysis.of(self._go, finished(self._session.search(Limits(visits=visits, seconds=seconds))))

    def genmove(self, visits: int | None = 400, seconds: float | None = None) -> str:
        """Search, play the best move, and say which it was; ``pass`` where nothing can be searched any more."""
        best = self.analyze(visits, seconds).best or PASS
        self.play(best)
        return best

    def to_sgf(self) -> str:
        """The game as SGF."""
        return records.as_sgf(self._go, self._record)

    def close(self) -> None:
        """Give the tree back."""
        self._session.close()

    def __enter__(self) -> Game:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _number(self, move: str) -> int:
        try:
            return from_vertex(move, self._go.width, self._go.height)
        except ValueError as error:
            raise UserError(str(error)) from error
