"""A daemon's client for tests of the bridges: the same interface, no search, and scripted reports.

Its "search" wants the first legal point from the top left that is no eye of the player, in an order that a script may
change, and gives every point to whom `ownership` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace

from games.game import GameError
from games.go.game import Go
from games.go.position import Position
from protocol.client import Client
from protocol.errors import RefusedError
from protocol.messages import ChildReport, Ending, Limits, NetInfo, Report, Restriction, SearchSettings
from zhugo.bridges.gtp.controller import Sign


@dataclass
class FakeHandle:
    """A search: with limits it ends at once, without it says its report once more when it was stopped."""

    report: Report
    endless: bool
    told: bool = False
    stopped: bool = False
    over: bool = False

    def next(self, timeout: float | None = None) -> Report:  # noqa: ARG002
        if self.endless and not self.told:
            self.told = True
            return replace(self.report, final=False, reason="")
        assert self.stopped or not self.endless, "nobody stops a search that has no end"
        self.over = True
        return self.report

    def result(self, timeout: float | None = None) -> Report:
        return self.next(timeout)


@dataclass
class FakeSession:
    """Keeps a cursor as the daemon would, and refuses what the daemon would refuse."""

    spec: dict[str, Any]
    record: list[int]
    game: str = "go"
    wishes: list[int] = field(default_factory=list)
    """Moves that the next searches choose, before anything else."""
    hurried: int = 0
    """So many of the next searches have no time to look at a move."""
    ownership: Callable[[Position], Sequence[float]] | None = None
    value: float = 0.2
    """What it thinks of every position and move, Black's side."""
    lead: float | None = None
    """What it promises of every move; the score as the stones stand unless given."""
    rival: int = 0
    """Visits of another move than the chosen one, which has 9."""
    fails: str = ""
    """Why its searches fail."""
    knows_points: bool = True
    """Whether the net that it pretends to search with gives leads and ownership."""
    settings: SearchSettings = field(default_factory=SearchSettings)
    searches: list[tuple[list[int], Limits, Sequence[Restriction]]] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    """What else was asked of it, by name."""
    running: FakeHandle | None = None

    def goto(self, record: Sequence[int]) -> None:
        self.did.append("goto")
        self.record = list(record)

    def reset(self, game: str, spec: dict[str, Any], record: Sequence[int] = ()) -> None:
        assert game == "go"
        self.did.append("reset")
        try:
            Go.from_spec(spec).root(record)
        except GameError as error:
            raise RefusedError(str(error)) from error
        self.spec, self.record = spec, list(record)

    def configure(self, settings: SearchSettings) -> None:
        self.did.append("configure")
        self.settings = settings

    def stop_soon(self) -> None:
        self.did.append("stop")
        if self.running is not None:
            self.running.stopped = True

    def close(self) -> None:
        self.did.append("close")

    def search(
        self,
        limits: Limits,
        report_every: float | None = None,
        restrictions: Sequence[Restriction] = (),
        pv_length: int = 15,
        moves_ownership: bool = False,
    ) -> FakeHandle:
        del report_every, pv_length
        position = self._position()
        self.searches.append((list(self.record), limits, restrictions))
        chosen = self.wishes.pop(0) if self.wishes else _first_sensible(position, _forbidden(position, restrictions))
        endless = replace(limits, early=False) == Limits()
        by_time = limits.visits is None and limits.new_visits is None
        reason: Ending = "stopped" if endless else "time" if by_time else "visits"
        report = self._report(position, chosen, moves_ownership, reason)
        if self.fails:
            report = replace(report, reason="failed", failure=self.fails, chosen=None, children=[], policy=[])
        if self.hurried:
            self.hurried -= 1
            report = replace(report, children=[], chosen=None, visits=1, ownership=[])
        self.running = FakeHandle(report, endless)
        return self.running

    def _rivals(self, child: ChildReport) -> list[ChildReport]:
        """Another move, with as many visits as ``rival``, if that is not 0."""
        other = (child.move + 1) % 5
        return [replace(child, move=other, order=1, visits=self.rival, pv=[other])] if self.rival else []

    def _position(self) -> Position:
        return Position(Go.from_spec(self.spec), self.record)

    def _report(self, position: Position, chosen: int, moves_ownership: bool, reason: Ending) -> Report:
        promised = float(position.lead()) if self.lead is None else self.lead
        lead = promised if self.knows_points else None
        owner = position.stones.reshape(-1).tolist() if self.ownership is None else self.ownership(position)
        owner = [float(one) for one in owner] if self.knows_points else []
        pv = [chosen, position.game.points]
        child = ChildReport(
            chosen,
            0,
            9,
            self.value,
            lead,
            0.5,
            0.1,
            0.0,
            pv,
            [9, 4],
            owner if moves_ownership else [],
            utility=self.value,
            utility_lcb=0.1,
            weight=9.0,
            preference=9.0,
        )
        legal = position.legal()
        policy = [0.5 if move == chosen else 0.5 / legal.sum() if legal[move] else -1.0 for move in range(len(legal))]
        return Report(
            request=1,
            session="gtp",
            record=list(self.record),
            to_play=1 if position.to_play > 0 else -1,
            visits=10,
            new_visits=10,
            value=self.value,
            lead=lead,
            raw_value=self.value,
            raw_lead=lead,
            children=[child, *self._rivals(child)],
            chosen=chosen,
            elapsed=0.1,
            final=True,
            reason=reason,
            nodes=10,
            bytes=1000,
            ownership=owner,
            policy=policy if self.settings.policy else [],
            utility=self.value,
            weight=10.0,
        )


@dataclass
class FakeClient:
    """A daemon with one session for the game and others for anything else, which think what that one thinks."""

    session: FakeSession | None = None
    other: FakeSession | None = None
    """The latest of the others."""
    features: str = "katago_v7"
    fails: str = ""
    has_net: bool = True

    def connect(self) -> Client:
        """Itself, for an engine."""
        return cast(Client, self)

    def open(self, *of: Any, queued: Callable[[int], None] | None = None, **more: Any) -> FakeSession:
        assert queued is not None, "whoever waits for room is told its place"
        return self.begin_open(*of, **more).result(queued)

    def begin_open(
        self,
        name: str,
        game: str,
        spec: dict[str, Any],
        record: Sequence[int] = (),
        settings: SearchSettings | None = None,
        share: bool = False,
    ) -> FakeOpening:
        assert game == "go"
        assert settings is not None
        return FakeOpening(self._opened(name, spec, record, settings, share))

    def _opened(
        self, name: str, spec: dict[str, Any], record: Sequence[int], settings: SearchSettings, share: bool
    ) -> FakeSession:
        if share and name == "gtp" and self.session is not None:
            return self.session
        session = FakeSession(spec, list(record), settings=settings, fails=self.fails)
        if name == "gtp":
            self.session = session
            return session
        if self.session is not None:
            session.ownership, session.knows_points = self.session.ownership, self.session.knows_points
        self.other = session
        return session

    def clear_cache(self) -> None:
        if self.session is not None:
            self.session.did.append("clear_cache")

    def status(self) -> SimpleNamespace:
        net = NetInfo("a-net", "ab12", self.features, "a device")
        net_or_none = net if self.has_net else None
        return SimpleNamespace(searchers=[SimpleNamespace(net=None), SimpleNamespace(net=net_or_none, batch_size=4)])


@dataclass
class FakeOpening:
    """There is always room."""

    session: FakeSession

    def result(self, queued: Callable[[int], None]) -> FakeSession:
        assert queued is not None, "whoever waits for room is told its place"
        return self.session

    def cancel(self) -> None:
        raise AssertionError("nobody gives it up")


@dataclass
class FakeController:
    """Lets every answer that goes on begin, and then has the next line ready."""

    patience: int = 1
    interrupting: bool = False
    looks: int = 0

    def waiting(self, timeout: float) -> bool:  # noqa: ARG002
        self.looks += 1
        return self.looks > self.patience

    @contextmanager
    def calling(self, call: Callable[[], None], at: Sign) -> Iterator[None]:
        if at == "line":
            self.looks = self.patience
        if at == "line" or self.interrupting:
            call()
        yield


def _forbidden(position: Position, restrictions: Sequence[Restriction]) -> set[int]:
    mine = [rule for rule in restrictions if rule.to_play == position.to_play]
    moves = set(range(position.game.num_moves))
    return {move for rule in mine for move in (moves - set(rule.moves) if rule.allow else rule.moves)}


def _first_sensible(position: Position, forbidden: set[int]) -> int:
    legal = position.legal()
    game = position.game
    for move in range(game.points):
        near = [q for q in _beside(move, game.width, game.height) if position.color_at(q) != position.to_play]
        if legal[move] and near and move not in forbidden:
            return move
    return game.points


def _beside(point: int, width: int, height: int) -> list[int]:
    row, column = divmod(point, width)
    around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return [r * width + c for r, c in around if 0 <= r < height and 0 <= c < width]
