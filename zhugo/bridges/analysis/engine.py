"""The turns of all clients, searched by the daemon many at a time so that the device's batches are full.

Those with the highest priority come first, among equals those that came first. Each worker has one turn searched, in a
session of its own, so that turns know nothing of each other. A young tree may give only one leaf at a time, so it takes
as many turns to fill the batches as the searchers ask for leaves. More turns would only delay all answers.
"""

from __future__ import annotations

import heapq
import itertools
import math
import secrets
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from games.game import takes_players
from protocol.client import Client, Session
from protocol.errors import ConnectionLost, ProtocolError, SessionLost
from protocol.messages import Limits, Report
from zhugo.bridges.analysis import answers
from zhugo.bridges.analysis.answers import Answer
from zhugo.bridges.analysis.query import NEVER, Turn, Wishes
from zhugo.bridges.analysis.request import Request
from zhugo.shared.advantage import ADVANTAGE, NO_INPUT, is_known_to
from zhugo.shared.errors import one_line
from zhugo.shared.local_net import LocalNet, NetRecord
from zhugo.shared.waiting import tell_place

FEW, MANY = 4, 256
"""Bounds of how many turns are searched at a time, where that is not set. With fewer, the first is done sooner.
"""

NO_MOVES = Limits(visits=1)
"""For a search where every move is forbidden: one evaluation is all that can be told."""

_SHORTEST, _LONGEST = 0.01, 1e6
"""Seconds between two reports that the daemon takes."""

_LEEWAY = 1e-6
"""Seconds, so that a report that is due at this very moment is not taken for an early one."""


@dataclass(eq=False)
class Task:
    """A turn that somebody waits for."""

    turn: Turn
    request: Request
    stopped: bool = False
    session: Session | None = None
    human: NetRecord | None = None


@dataclass(order=True)
class _Queued:
    urgency: int
    serial: int
    task: Task = field(compare=False)


class Engine:
    """The queue, and the workers that take from it. All methods may be called from any thread.

    Every task gets exactly one last answer. ``lost`` is done when the daemon is gone, and says why.
    """

    def __init__(self, client: Client, at_once: int | None = None, human_net: LocalNet | None = None) -> None:
        """``at_once``: turns searched at a time; when not given, as many as fill the daemon's batches.

        ``human_net``: one beside the daemon's, whose policy is told, too.
        """
        self.human_net = human_net
        self.client = client
        self.lost: Future[ConnectionLost] = Future()
        self._name = f"analysis-{secrets.token_hex(4)}"
        self._serial = itertools.count()
        self._queue: list[_Queued] = []
        self._running: set[Task] = set()
        self._changed = threading.Condition()
        self._told_of_advantage = False
        self._adapts = at_once is None
        self._at_once = at_once or FEW
        self._workers = 0
        client.when_lost(self._lose)

    def imitates_people(self) -> bool:
        """Whether there is a net that does: one beside the daemon's, or one of the daemon's."""
        with suppress(ProtocolError):  # the searches will raise it, too
            nets = [searcher.net for searcher in self.client.status().searchers if searcher.net is not None]
            return self.human_net is not None or any(takes_players(net.features) for net in nets)
        return True

    def submit(self, tasks: list[Task]) -> None:
        """Have these searched when it is their turn."""
        with self._changed:
            for task in tasks:
                heapq.heappush(self._queue, _Queued(-task.turn.priority, next(self._serial), task))
            self._hire()
            self._changed.notify_all()

    def terminate(self, chosen: Callable[[Task], bool]) -> None:
        """End the tasks that are ``chosen``: what is known of them is their last answer."""
        with self._changed:
            ended = [entry for entry in self._queue if chosen(entry.task)]
            if ended:
                self._queue = [entry for entry in self._queue if not chosen(entry.task)]
                heapq.heapify(self._queue)
            running = [task for task in self._running if chosen(task)]
            for task in running:
                task.stopped = True
            self._changed.notify_all()
        for entry in sorted(ended):
            entry.task.request.answer(answers.nothing(entry.task.turn))
        for task in running:
            if task.session is not None:
                _stop(task.session)

    def requests(self, chosen: Callable[[Request], bool]) -> list[Request]:
        """Those under way that are ``chosen``."""
        with self._changed:
            tasks = [*(entry.task for entry in self._queue), *self._running]
        return list(dict.fromkeys(task.request for task in tasks if chosen(task.request)))

    def drain(self) -> None:
        """Wait until nothing is left to do, or the daemon is lost."""
        with self._changed:
            self._changed.wait_for(lambda: self.lost.done() or not (self._queue or self._running))

    def _lose(self, error: ConnectionLost) -> None:
        with self._changed:
            if not self.lost.done():
                self.lost.set_result(error)
            self._changed.notify_all()

    def _hire(self) -> None:
        while self._workers < min(self._at_once, len(self._queue) + len(self._running)):
            threading.Thread(target=self._work, name=f"analysis {self._workers}", daemon=True).start()
            self._workers += 1

    def _adapt(self) -> None:
        """Learn how many leaves the searchers ask for; searchers come and go."""
        with suppress(ProtocolError):  # the searches will raise it, too
            requested = sum(searcher.batch_size for searcher in self.client.status().searchers)
            with self._changed:
                self._at_once = min(max(FEW, requested), MANY)
                self._hire()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._queue) and len(self._running) < self._at_once)
                task = heapq.heappop(self._queue).task
                self._running.add(task)
            try:
                if self._adapts:
                    self._adapt()
                self._finish(task)
            finally:
                with self._changed:
                    self._running.discard(task)
                    self._changed.notify_all()

    def _finish(self, task: Task) -> None:
        """Search a task, and give it its last answer whatever happens."""
        last = answers.nothing(task.turn)
        try:
            report = None if task.stopped else self._search(task)
            if ADVANTAGE in task.turn.place.spec:
                self._mind_advantage()
            if report is not None and report.reason == "failed":
                task.request.answer(_failure(task.turn, report.failure))
            elif report is not None and answers.is_known(report):
                last = answers.analysis(task.turn, report, task.human)
        except ConnectionLost as error:
            if isinstance(error, SessionLost):  # the daemon is back: others go on
                task.request.answer(_failure(task.turn, one_line(error)))
            else:
                self._lose(error)
        except Exception as error:
            if not isinstance(error, ProtocolError):
                traceback.print_exc()
            task.request.answer(_failure(task.turn, one_line(error)))
        task.request.answer(last)

    def _human_says(self, turn: Turn) -> NetRecord | None:
        """What the net beside the daemon's says of a turn; None where there is none, or nobody whom to imitate."""
        net = self.human_net
        if net is None or (not turn.wishes.profile and takes_players(net.features)):
            return None
        return net.says(turn.place.position().game, turn.place.moves())

    def _mind_advantage(self) -> None:
        """Say once that an advantage was asked for of nets that have no input for it."""
        nets = [searcher.net for searcher in self.client.status().searchers if searcher.net is not None]
        with self._changed:
            if self._told_of_advantage or not nets or any(is_known_to(net.features) for net in nets):
                return
            self._told_of_advantage = True
        print(NO_INPUT, file=sys.stderr, flush=True)

    def _search(self, task: Task) -> Report:
        """The final report; the others are passed on as they come."""
        turn, wishes = task.turn, task.turn.wishes
        task.human = self._human_says(turn)
        name = f"{self._name}-{next(self._serial)}"
        session = self.client.open(name, "go", turn.place.spec, turn.place.moves(), wishes.search, queued=tell_place)
        try:
            search = session.search(
                wishes.limits if turn.has_moves else NO_MOVES,
                _interval(wishes),
                wishes.restrictions,
                pv_length=wishes.pv_length,
                moves_ownership=wishes.moves_ownership,
            )
            with self._changed:
                task.session = session
                stopped = task.stopped
            if stopped:
                _stop(session)
            first, every = wishes.first_report or 0.0, wishes.report_every or NEVER
            due = first
            for report in search:
                if report.final:
                    return report
                if report.elapsed >= due and answers.is_known(report):
                    task.request.answer(answers.analysis(turn, report, task.human))
                    due = next_due(report.elapsed, first, every)
            raise ConnectionLost("the search has no end")
        finally:
            session.close()


def next_due(elapsed: float, first: float, every: float) -> float:
    """When the next report is due after one at ``elapsed``; they are at ``first``, and ``every`` so many seconds."""
    return first + every * (math.floor((elapsed - first) / every) + 1) - _LEEWAY


def _interval(wishes: Wishes) -> float | None:
    if wishes.report_every is None or wishes.first_report is None:
        return None
    return min(max(min(wishes.report_every, wishes.first_report), _SHORTEST), _LONGEST)


def _stop(session: Session) -> None:
    """Stop a search that may just have ended by itself, and its session with it."""
    with suppress(ProtocolError):
        session.stop()


def _failure(turn: Turn, reason: str) -> Answer:
    return answers.error(f"turn {turn.number}: {reason}", turn.wishes.id, "moves")
