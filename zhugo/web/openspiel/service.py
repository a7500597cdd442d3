"""What the page asks for, done. One lock guards it all, so what is told goes out in the order of events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from games.game import GameError
from games.openspiel.game import OpenSpielGame
from protocol.client import Client
from protocol.errors import ProtocolError
from protocol.messages import Report
from zhugo.shared.errors import UserError
from zhugo.shared.evaluation import VISITS, VISITS_WITHOUT_NET
from zhugo.shared.options import DaemonOptions
from zhugo.web.messages import EngineState, Failed
from zhugo.web.open.live_searches import Found, LiveSearches, SearchedPosition, Target
from zhugo.web.open.why import TracePage, trace_page
from zhugo.web.openspiel import messages as m
from zhugo.web.openspiel.table import Table

PROBLEMS = (GameError, UserError, ProtocolError, ValueError)
GAME = "game"
"""What the daemon's sessions are called after."""
ENGINE = 0
"""The number of the one who wants the engine's moves searched, beside those of the viewers."""
CLIENT_SECONDS = 1.0
"""How long a search waits for a daemon before it looks whether it is still wanted."""

Tell = Callable[[m.Told], None]


@dataclass(eq=False)
class Viewer:
    """One who looks at the game. ``tell`` sends a message to the page, and does not wait. ``wish``: what to search."""

    number: int
    tell: Tell
    wish: m.Analyze = field(default_factory=lambda: m.Analyze(False))
    told_at: float = 0.0


@dataclass(frozen=True)
class Parts:
    """What a service works with: a game, and how it gets the daemon's client. ``ignorant``: that knows no net."""

    game: OpenSpielGame
    client: Callable[[float | None], Client]
    options: DaemonOptions = field(default_factory=DaemonOptions)
    version: str = ""
    ignorant: bool = False


class OpenSpielService:
    """The game, and whoever looks at it."""

    page = "page/openspiel.html"
    read = staticmethod(m.read)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = threading.RLock()
        self._usual_visits = VISITS_WITHOUT_NET if parts.ignorant else VISITS
        self._table = Table(parts.game, self._usual_visits)
        self._viewers: dict[int, Viewer] = {}
        self._count = ENGINE
        self._engine = EngineState(False, "starting")
        self._live = LiveSearches(lambda: parts.client(CLIENT_SECONDS), self._found)
        self._does: dict[type[Any], Callable[[Viewer, Any], None]] = {
            m.Hello: self._hello,
            m.Players: lambda _, asked: self._seat(asked),
            m.NewGame: lambda _viewer, _asked: self._table.begin_again(),
            m.PlayMove: lambda _, asked: self._table.play(asked.number, asked.move),
            m.Undo: lambda _viewer, _asked: self._table.undo(),
            m.Redo: lambda _viewer, _asked: self._table.redo(),
            m.Go: lambda _, asked: self._table.go(asked.number),
            m.GoOn: lambda _viewer, _asked: self._table.go_on(),
            m.Analyze: self._analyze,
        }

    @staticmethod
    def only_looks(asked: m.Asked) -> bool:
        """Whether a message changes nothing, and has nothing searched."""
        return isinstance(asked, m.Hello) or (isinstance(asked, m.Analyze) and not asked.on)

    def enter(self, tell: Tell) -> Viewer:
        """A page is connected."""
        with self._lock:
            self._count += 1
            viewer = self._viewers[self._count] = Viewer(self._count, tell)
            return viewer

    def leave(self, viewer: Viewer) -> None:
        """Its connection is gone."""
        with self._lock:
            del self._viewers[viewer.number]
            self._live.want(viewer.number, None)

    def take(self, viewer: Viewer, asked: m.Asked) -> None:
        """Do what is asked for, or tell why not."""
        with self._lock:
            try:
                self._does[type(asked)](viewer, asked)
            except PROBLEMS as error:
                viewer.tell(Failed(str(asked.__struct_config__.tag), " ".join(str(error).split())))
                return
            if not isinstance(asked, m.Hello | m.Analyze):
                self._changed()

    def engine_told(self, state: EngineState) -> None:
        """How the daemon is."""
        with self._lock:
            self._engine = state
            self._tell(state)

    def why(self, _game: str) -> TracePage:
        """The last search, decision by decision. Raises ``UserError`` or ``TraceError``."""
        return trace_page(self._parts.options.trace if self._parts.options.connect is None else None, GAME)

    def close(self) -> None:
        """End all searches."""
        self._live.close()

    def _hello(self, viewer: Viewer, _asked: m.Hello) -> None:
        parts = self._parts
        viewer.tell(m.Welcome(parts.version, self._table.board.title, parts.ignorant, self._usual_visits))
        viewer.tell(self._engine)
        viewer.tell(self._table.position())

    def _seat(self, asked: m.Players) -> None:
        is_limited = asked.visits is not None or asked.seconds is not None
        visits = asked.visits if is_limited else self._usual_visits
        self._table.seat(m.Players(asked.first, asked.second, visits, asked.seconds))

    def _analyze(self, viewer: Viewer, asked: m.Analyze) -> None:
        viewer.wish = asked
        self._aim(viewer)

    # What is searched.

    def _changed(self) -> None:
        """The game is another: tell all, and have searched what is wanted now."""
        self._tell(self._table.position())
        for viewer in list(self._viewers.values()):
            self._aim(viewer)
        self._live.want(ENGINE, self._engine_target(), self._place())

    def _aim(self, viewer: Viewer) -> None:
        self._live.want(viewer.number, self._target(viewer), self._place())

    def _place(self) -> SearchedPosition | None:
        line = self._table.line
        if not line.turn:
            return None
        return SearchedPosition("openspiel", self._parts.game.spec(), line.record, 1 if line.turn > 0 else -1)

    def _target(self, viewer: Viewer) -> Target | None:
        line = self._table.line
        if not viewer.wish.on or not line.turn:
            return None
        return Target(GAME, line.node, visits=viewer.wish.visits)

    def _engine_target(self) -> Target | None:
        if not self._table.engine_moves:
            return None
        players = self._table.players
        return Target(GAME, self._table.line.node, visits=players.visits, seconds=players.seconds)

    def _found(self, found: Found) -> None:
        """A search has something to say."""
        with self._lock:
            if found.report is not None and found.report.visits:
                self._table.learn(found.target.node, found.report.visits, _rate(found.report.value))
            self._tell_viewers(found)
            if found.target != self._engine_target():
                return
            if not found.running:
                self._engine_found(found)
            elif found.report is None:
                self._tell(Failed("engine", found.failure))

    def _tell_viewers(self, found: Found) -> None:
        now, analysis = time.monotonic(), None
        for viewer in self._viewers.values():
            if self._target(viewer) != found.target:
                continue
            if found.report is None:
                viewer.tell(Failed("analyze", found.failure))
            elif not found.running or now >= viewer.told_at + 0.9 * viewer.wish.every:
                viewer.told_at = now
                analysis = analysis or self._analysis(found.target.node, found.report, found.running)
                viewer.tell(analysis)

    def _engine_found(self, found: Found) -> None:
        report = found.report
        if report is not None and report.chosen is not None:
            chosen = next(child for child in report.children if child.move == report.chosen)
            self._table.engine_chose(found.target.node, chosen.move)
            self._table.learn(self._table.line.node, chosen.visits, _rate(chosen.value))
        else:
            self._table.engine_failed(found.target.node)
            self._tell(Failed("engine", found.failure or "the engine has found no move"))
        self._changed()

    def _analysis(self, node: int, report: Report, running: bool) -> m.Analysis:
        record = self._table.line.record
        return m.Analysis(
            node,
            report.visits,
            _rate(report.value),
            [
                m.Candidate(
                    child.move,
                    child.visits,
                    _rate(child.value),
                    round(child.prior, 4),
                    child.pv,
                    self._table.board.names(record, child.pv),
                )
                for child in report.children
                if child.visits
            ],
            running,
            round(report.new_visits / report.elapsed, 1) if report.elapsed > 0 else 0.0,
        )

    def _tell(self, message: m.Told) -> None:
        for viewer in self._viewers.values():
            viewer.tell(message)


def _rate(value: float) -> float:
    """The first player's, of a value."""
    return round((1.0 + value) / 2.0, 4)
