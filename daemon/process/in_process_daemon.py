"""A whole daemon in the thread of its one client: core, searchers and device, without processes, sockets or encoding.

For a program that searches many trees at a time in a process of its own, as a worker of self-play does. It is a
``Transport``: what is sent goes straight into the core, and the work is done while the client waits for messages. Two
searchers keep a device busy that works beside this thread (one's batch is encoded while the other's is evaluated); one
is enough for a device that takes this thread's own core.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

from daemon.core.answers import Answers
from daemon.core.bounds import UNBOUNDED_BYTES, Bounds
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.sessions import Referee
from daemon.evaluation.evaluator import Begun, Evaluator
from daemon.gpu_client import Device
from daemon.process.referee import GamesReferee
from daemon.replay.step import SHELL
from protocol import messages as m

_CLIENT = b"client"
_FOREVER = 1e9
"""Seconds of every lease: nobody here can die or hang alone."""


_NO_BOUNDS = Bounds(
    sessions=1 << 30,
    client_sessions=1 << 30,
    searches=1 << 30,
    watches=1 << 30,
    moves=1 << 30,
    tree_bytes=UNBOUNDED_BYTES,
)
"""The one client is the program itself."""


class InProcessDaemon:
    """See the module. ``core`` may be looked at. Who closes the daemon closes the device, too."""

    def __init__(
        self,
        device: Device,
        batch_request: m.BatchRequest,
        searchers: int = 1,
        referee: Referee | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.core = Scheduler(referee or GamesReferee(), Config(_FOREVER, _FOREVER, _FOREVER, bounds=_NO_BOUNDS))
        self._clock = clock
        self._evaluators = {
            f"searcher {number}".encode(): Evaluator(device, batch_request) for number in range(searchers)
        }
        self._inbox: deque[m.AnyMessage] = deque()
        self._begun: deque[tuple[bytes, Begun]] = deque()
        for name in self._evaluators:
            self._tell(name, m.Hello(m.PROTOCOL_VERSION, "searcher", name.decode(), os.getpid(), device.info))

    @property
    def connected(self) -> bool:
        """It is always there."""
        return True

    def send(self, message: m.Inbound) -> None:
        """A message of the client's."""
        self._tell(_CLIENT, message)

    def receive(self, timeout: float) -> m.AnyMessage | None:
        """The next message for the client, worked for if need be; None when nothing is left to do, or not in time."""
        deadline = self._clock() + timeout
        while not self._inbox:
            due = self.core.next_deadline()
            if due is not None and due <= self._clock():
                self._tell(SHELL, m.Tick())
            elif not self._begun or not self._finish_oldest(deadline):
                return None
        return self._inbox.popleft()

    def close(self) -> None:
        """Nothing is held."""

    def abandon(self) -> None:
        """Nothing is held."""

    def _tell(self, sender: bytes, message: m.Inbound) -> None:
        self._deliver(self.core.handle(sender, message, self._clock()))

    def _deliver(self, answers: Answers) -> None:
        for receiver, message in answers:
            match message:
                case _ if receiver == _CLIENT:
                    self._inbox.append(message)
                case m.Grant():
                    self._begin(receiver, message)
                case m.ClearEvaluations():
                    self._evaluators[receiver].clear_evaluations()
                case m.Welcome():
                    self._tell(receiver, m.Select(self._evaluators[receiver].batch_request))
                case _:
                    raise AssertionError(f"the core told a searcher {message}")

    def _begin(self, searcher: bytes, grant: m.Grant) -> None:
        evaluator = self._evaluators[searcher]
        if (news := evaluator.news()) is not None:
            self._tell(searcher, news)
        try:
            begun = evaluator.begin(grant, self._clock())
        except Exception as error:  # whatever the net or the game trips over concerns this grant alone
            self._tell(searcher, evaluator.failed(grant, error))
        else:
            self._begun.append((searcher, begun))

    def _finish_oldest(self, deadline: float) -> bool:
        """Bring the core the result that was asked for first. False when it did not come in time."""
        searcher, begun = self._begun[0]
        evaluator = self._evaluators[searcher]
        try:
            pending = begun.pending
            result = None if pending is None else pending.result(max(0.0, deadline - self._clock()))
            answer: m.Update | m.Failed = evaluator.finish(begun, result)
        except TimeoutError:
            return False
        except Exception as error:
            answer = evaluator.failed(begun.grant, error)
        self._begun.popleft()
        self._tell(searcher, answer)
        return True
