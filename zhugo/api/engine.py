"""An engine for a Python program: a daemon, its own or one that runs, and a connection to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from typing import Any

from games.go import rules as go_rules
from games.go.game import Go
from games.go.sgf import Segment, read
from protocol.client import Client
from protocol.errors import ProtocolError
from protocol.messages import Limits
from zhugo.api.game import Game
from zhugo.api.results import Review
from zhugo.review.move_costs import MoveReview, Position, review_moves
from zhugo.review.positions import Work, search_games
from zhugo.shared import private_daemon, records
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions


class Engine:
    """A context manager, or closed with ``close``; until then a daemon of its own runs, or a connection is open.

    net: a file; the bundled net for None. device: what evaluates, as ``zhugo --device`` names it. connect: the address
    of a daemon that runs, in place of one of its own; key: the file of a key, for one that demands it. Others are
    those of ``DaemonOptions``, such as ``searchers``, ``batch`` and ``trace``. Raises ``UserError``, ``NetError`` or
    ``ProtocolError`` with one clear line.
    """

    def __init__(
        self,
        net: str | Path | None = None,
        device: str = "auto",
        connect: str | None = None,
        key: str | Path | None = None,
        **options: Any,
    ) -> None:
        chosen = DaemonOptions(net=_path(net), device=device, connect=connect, key=_path(key), **options)
        self._stack = ExitStack()
        self._client: Client = self._stack.enter_context(private_daemon.client(chosen, "python"))

    def game(
        self, size: int = 19, rules: str = "chinese", komi: float | None = None, moves: Sequence[str] = ()
    ) -> Game:
        """A new game. komi: that of the rules for None. Raises ``GameError`` for what makes no sense."""
        named = go_rules.parse(rules)
        go = Go.from_spec({"size": size, "rules": rules, "komi": named.default_komi if komi is None else komi})
        game = self._open(Segment(go.spec(), []))
        try:
            for move in moves:
                game.play(move)
        except (UserError, ProtocolError):
            game.close()  # nobody else has it
            raise
        return game

    def load(self, path: str | Path, move: int | None = None) -> Game:
        """The game of an SGF file, at its end or behind so many moves. Raises ``UserError`` or ``GameError``."""
        record = read(Path(path))
        return self._open(record.segments[-1] if move is None else records.after_moves(record, move))

    def review(self, path: str | Path, visits: int = 100) -> Review:
        """Search every position of an SGF file, many at a time, and judge every move. Raises ``UserError``."""
        record = read(Path(path))
        work = Work(record, Limits(visits=visits))
        search_games(self._client, [work], lambda _: None)
        if work.failure is not None:
            raise UserError(work.failure)
        return Review.of(_reviews(record.segments, work), record.notes)

    def close(self) -> None:
        """End the daemon, if it is this engine's own, and the connection."""
        self._stack.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, place: Segment) -> Game:
        return Game(self._client.open(f"python {token_hex(4)}", "go", place.spec, place.record), place)


def _path(name: str | Path | None) -> Path | None:
    return None if name is None else Path(name)


def _reviews(segments: list[Segment], work: Work) -> list[tuple[Go, MoveReview]]:
    """Every move's review with its game; the positions of the segments stand one behind the other."""
    found: list[tuple[Go, MoveReview]] = []
    at, number = 0, 1
    for segment in segments:
        moves = records.moves(segment)
        positions: list[Position] = [work.positions[place] for place in range(at, at + len(moves) + 1)]
        found += [(segment.game, review) for review in review_moves(positions, moves, number)]
        at, number = at + len(positions), number + len(moves)
    return found
