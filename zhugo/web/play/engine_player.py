"""The engine of one game: what a ``Request`` asks for, done by the GTP bridge's engine on the daemon's trees.

One session of the daemon serves the game from move to move; its tree goes on with the game, and stays where moves are
taken back.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from games.go.game import Go
from games.go.rules import parse
from protocol.client import Client
from protocol.errors import ConnectionLost, ProtocolError
from protocol.messages import ChildReport, Limits, Report
from zhugo.bridges.gtp import game_end
from zhugo.bridges.gtp.clock import ENDLESS, Clock, Left
from zhugo.bridges.gtp.controller import Sign
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.genmove import GenmoveOptions, choose_move, resigns
from zhugo.bridges.gtp.human_play import imitates_people, play_at
from zhugo.bridges.gtp.level import STRONGEST, STRONGEST_OF_PEOPLE, WEAKEST, Level, named
from zhugo.bridges.gtp.rules_commands import play_by
from zhugo.bridges.gtp.settings import Settings
from zhugo.shared.local_net import LocalNet
from zhugo.web import messages
from zhugo.web.play import clocks
from zhugo.web.play.count import count_of
from zhugo.web.play.events import EndJudged, EngineMoves, Event, Hinted, LookedAhead, MoveJudged, Request

VISITS = 200
"""Of a move of a game that names no limit; as ``zhugo gtp``."""
HINT_VISITS = 200
JUDGING_VISITS = 100
"""Of the position before a person's move and of that behind it, when a mistake is to be warned of."""
LAG = 0.3
"""Kept back of a clock: there is no controller in between, but a busy machine."""
RESIGN_BELOW, RESIGN_AFTER, RESIGN_POINTS, RESIGN_PLAYED = 0.02, 4, 10.0, 0.4
"""When to resign to a person, see ``resign_rule``; never in a teaching game."""
LINES, LINE_MOVES = 3, 12
"""Better lines beside a warning, and the most moves of each."""
LEAST_SHARE = 0.05
"""Moves with less than this share of the most visited one's visits are no advice."""
CANDIDATES = 10


def levels(human: bool) -> list[str]:
    """The ranks to play at, the weakest first. ``human``: where a net imitates people."""
    return [named(rank) for rank in range(WEAKEST, (STRONGEST_OF_PEOPLE if human else STRONGEST) + 1)]


@dataclass(frozen=True)
class EngineAccess:
    """How a game gets its engine.

    ``connect``: a client of the daemon, which others may use, too; the game has sessions of its own there, and closes
    them. Called again when that client is lost; raises ``ProtocolError`` or ``UserError``, soon, while there is none.
    ``net_file``: of the daemon's net, where that is known; ``human_net``: a net beside it that imitates people.
    """

    connect: Callable[[], Client]
    net_file: Path | None = None
    human_net: LocalNet | None = None


class StopSign:
    """A controller that says nothing but stop, once."""

    def __init__(self) -> None:
        self._given = threading.Event()
        self._lock = threading.Lock()
        self._call: Callable[[], None] | None = None

    def give(self) -> None:
        """Have what runs under this sign end soon. Any thread may call this."""
        with self._lock:
            self._given.set()
            call, self._call = self._call, None
        if call is not None:
            call()

    @property
    def given(self) -> bool:
        """Whether to stop."""
        return self._given.is_set()

    def waiting(self, timeout: float) -> bool:
        """As ``Controller``."""
        return self._given.wait(timeout)

    @contextmanager
    def calling(self, call: Callable[[], None], at: Sign) -> Iterator[None]:
        """As ``Controller``; the conversation never ends."""
        if at == "end":
            yield
            return
        with self._lock:
            self._call = call
        if self.given:
            self.give()
        try:
            yield
        finally:
            with self._lock:
                self._call = None


class EnginePlayer:
    """Answers requests, in the thread that calls."""

    def __init__(
        self,
        client: Client,
        access: EngineAccess,
        spec: Mapping[str, Any],
        before: Sequence[int],
        opponent: messages.Opponent,
    ) -> None:
        """``before``: the entries of the record at which the game began.

        Raises ``ValueError`` for a level that there is not, ``GtpError`` and ``ProtocolError``."""
        self._client = client
        self._opponent = opponent
        self._system = clocks.system_of(opponent.clock)
        settings = Settings(visits=None, seconds=None, seed=random.getrandbits(62))
        self._engine = Engine(
            lambda: client,
            settings,
            StopSign(),
            f"play {uuid4().hex[:12]}",
            clock=Clock(lag=LAG),
            net_file=access.net_file,
            human_net=access.human_net,
        )
        whole = Go.from_spec(spec).spec()
        self._engine.start(before, **whole)
        _ = self._engine.net  # waits for it, before a clock runs
        play_by(self._engine, parse(whole["rules"]))
        self._set_strength()
        if self._system is not None:
            self._engine.search(Limits(visits=1))  # a device may have to compile for this size
            self._engine.clock.start(self._system)

    def answer(self, request: Request, stop: StopSign) -> Event | None:
        """What came of it; None where it was stopped. Raises ``GtpError``, ``ProtocolError``, ``NetError``.

        Raises ``ConnectionLost`` for what was decided without the daemon, since that was away.
        """
        self._engine.controller = stop
        answer = self._answer(request, stop)
        self.check()
        return answer

    def check(self) -> None:
        """Raises ``ConnectionLost`` while the daemon is away."""
        if self._client.is_away:
            raise ConnectionLost("the daemon is away")

    def _answer(self, request: Request, stop: StopSign) -> Event | None:
        match request.kind:
            case "move":
                return self._move(request)
            case "judge_move":
                return self._judge_move(request, stop)
            case "judge_end":
                self._go_to(request.record)
                count = count_of(game_end.judge(self._engine))
                self._client.status()  # without a daemon it was judged by the rules alone: then it is judged again
                return EndJudged(request.number, count)
            case "hint":
                report = self._searched(request.record, HINT_VISITS, stop)
                return None if report is None else Hinted(request.number, tuple(_candidates(report)))
            case "look_ahead":
                report = self._searched(request.record, JUDGING_VISITS, stop)
                return None if report is None else LookedAhead(request.number)

    def close(self) -> None:
        """Close the session, if there still is one."""
        with suppress(ProtocolError):
            self._engine.leave()

    def _set_strength(self) -> None:
        settings, opponent = self._engine.settings, self._opponent
        if opponent.level is not None:
            human = imitates_people(self._engine)
            level = Level.parse(opponent.level, STRONGEST_OF_PEOPLE if human else STRONGEST)
            if human:
                play_at(settings, level)
            else:
                settings.level, settings.visits = level, level.visits
        elif self._system is None:
            settings.visits, settings.seconds = opponent.visits, opponent.seconds
            if opponent.visits is None and opponent.seconds is None:
                settings.visits = VISITS
        else:
            # the clock is the limit; a person may set another below it
            settings.visits, settings.seconds = opponent.visits, opponent.seconds
        if opponent.teaching is None:
            settings.resign_below, settings.resign_after = RESIGN_BELOW, RESIGN_AFTER
            settings.resign_points, settings.resign_played = RESIGN_POINTS, RESIGN_PLAYED

    def _move(self, request: Request) -> Event | None:
        engine = self._engine
        self._go_to(request.record)
        player = engine.to_play
        if request.left is not None:
            engine.clock.tell(player, *_told(request.left))
        decision = choose_move(engine, player, GenmoveOptions(cancellable=True))
        if decision.cancelled:
            return None
        if resigns(engine, player, decision.report):
            return EngineMoves(request.number, None)
        return EngineMoves(request.number, decision.move)

    def _judge_move(self, request: Request, stop: StopSign) -> Event | None:
        *before, move = request.record
        report = self._searched(before, JUDGING_VISITS, stop)
        if report is None:
            return None
        player = report.to_play
        best = next((child for child in report.children if child.move == report.chosen), None)
        if best is None or best.lead is None:
            return MoveJudged(request.number, None if report.lead is None else 0.0, ())
        if best.move == move:
            return MoveJudged(request.number, 0.0, ())
        behind = self._searched(request.record, JUDGING_VISITS, stop)
        if behind is None:
            return None
        if behind.lead is None:
            return MoveJudged(request.number, None, ())
        loss = max(0.0, player * (best.lead - behind.lead))
        return MoveJudged(request.number, loss, tuple(_better_lines(report, move, loss)))

    def _searched(self, record: Sequence[int], visits: int, stop: StopSign) -> Report | None:
        """What a search for people says; None when it was stopped."""
        self._go_to(record)
        engine = self._engine
        how = engine.settings.for_analysis()
        reports = list(engine.reports(Limits(visits=visits), until="line", how=how))
        return None if stop.given or not reports else reports[-1]

    def _go_to(self, record: Sequence[int]) -> None:
        """Have the engine's game be this one, by undo and play."""
        engine = self._engine
        there, wanted = engine.position.record, list(record)
        if there == wanted[: len(there)]:
            common = len(there)
        else:
            common = next(at for at, entry in enumerate(there) if at >= len(wanted) or entry != wanted[at])
            self._take_back(common)
        switch = engine.pass_move + 1
        for entry in wanted[len(engine.position.record) :]:
            if entry == switch:
                engine.position.play(entry)
            else:
                engine.play(engine.to_play, entry)

    def _take_back(self, count: int) -> None:
        """Until no more than so many entries are left."""
        while len(self._engine.position.record) > count:
            self._engine.undo()
        self._engine.estimates.clear()  # they are of moves that were taken back


def _told(left: Left) -> tuple[float, int]:
    """As GTP's ``time_left`` says it."""
    return left.seconds, (0 if left.stones == 0 else left.stones if left.periods == ENDLESS else left.periods)


def _worthy(report: Report) -> list[ChildReport]:
    """The moves that are advice, best first."""
    most = max((child.visits for child in report.children), default=0)
    known = [child for child in report.children if child.visits and child.visits >= LEAST_SHARE * most]
    return sorted(known, key=lambda child: child.order)


def _better_lines(report: Report, move: int, loss: float) -> Iterator[tuple[int, ...]]:
    """Lines that lose less than half of what ``move`` does."""
    children = _worthy(report)
    lead = children[0].lead if children else None
    found = 0
    for child in children:
        if child.move == move or lead is None or child.lead is None or found == LINES:
            continue
        if report.to_play * (lead - child.lead) <= loss / 2:
            found += 1
            yield tuple(child.pv[:LINE_MOVES])


def _candidates(report: Report) -> Iterator[messages.Candidate]:
    children = _worthy(report)[:CANDIDATES]
    for child in children:
        best = children[0].lead
        loss = None if best is None or child.lead is None else max(0.0, report.to_play * (best - child.lead))
        yield messages.Candidate(
            move=child.move,
            visits=child.visits,
            black_win_rate=(1.0 + child.value) / 2.0,
            black_lead=child.lead,
            prior=child.prior,
            loss=loss,
            pv=child.pv,
        )
