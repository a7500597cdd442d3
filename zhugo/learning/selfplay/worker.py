"""A worker: a player over a daemon of its own, in one process and on one core, that executes tasks.

Started as ``python -m zhugo.learning.selfplay.worker NUMBER DESCRIPTOR`` with a connection behind the descriptor, whose
end ends the worker.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, nullcontext, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import nets
from daemon.evaluation.devices.searcher_device import make_device
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.gpu_client import Device
from daemon.process.in_process_daemon import InProcessDaemon
from games.game import ANY_FEATURES
from protocol.messages import MAX_LEAVES, BatchRequest
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.player import Player
from zhugo.learning.selfplay.tasks import Progress, Task, TaskError, Work, decode_task, encode
from zhugo.shared.backend import settled
from zhugo.shared.errors import is_for_the_user, one_line
from zhugo.shared.kernels import load_kernels
from zhugo.shared.out_of_memory import is_out_of_memory


class Worker:
    """Executes tasks. ``close`` it."""

    def __init__(self, number: int) -> None:
        """``number``: the first worker, 0, says which device was chosen."""
        self._number = number
        self._closing = ExitStack()
        self._plan: Plan | None = None
        self._device: Device | None = None
        self._player: Player | None = None
        self._done = Work()

    def execute(self, task: Task) -> Progress:
        """Play on as ordered. Raises what ``zhugo.shared.errors.is_for_the_user`` knows when that cannot be done."""
        began, cpu = time.monotonic(), time.process_time()
        if task.plan is not None:
            self._begin(task.plan)
        assert self._player is not None, "the first task has a plan"
        assert self._device is not None
        self._player.deal(task.numbers)
        games = self._player.play(task.seconds)
        work, self._done = self._work() - self._done, self._work()
        spent = Work(seconds=time.monotonic() - began, cpu=time.process_time() - cpu)
        return Progress(games, work + spent, self._device.info.device, task.run)

    def close(self) -> None:
        """Let go of the device."""
        self._closing.close()

    def _begin(self, plan: Plan) -> None:
        backend = settled(plan.device, plan.precision, Path(plan.net) if plan.net else nets.BUNDLED)
        # two searchers keep a device busy that works beside the worker's core; others take that core
        searchers = 2 if backend.device in ("cuda", "emulated") else 1
        batch = min(MAX_LEAVES, max(1, plan.games_at_once * plan.leaves // searchers))
        if self._device is None or self._plan is None or _evaluates(plan) != _evaluates(self._plan):
            self._closing.close()
            emulated = backend.device == "emulated"
            # a folder that is wanted while the device is opened: at once, for who is killed leaves it behind
            with tempfile.TemporaryDirectory(prefix="zhugo-selfplay-") if emulated else nullcontext("") as private:
                options = SearcherOptions(
                    "",
                    f"worker {self._number}",
                    private,
                    backend.device,
                    backend.precision,
                    plan.net,
                    batch,
                    "off",
                    threads=1,
                    latency=plan.latency_ms / 1000.0,
                    features=ANY_FEATURES,
                    cache_mb=plan.cache_mb,
                )
                self._device = make_device(options)[0]
            self._closing.callback(self._device.close)
            load_kernels(plan.game, plan.spec, self._device.info.features)
        self._plan = plan
        daemon = InProcessDaemon(self._device, BatchRequest(batch), searchers)
        self._player = Player(plan, daemon, self._device.info.sha256)
        self._done = Work()

    def _work(self) -> Work:
        assert self._player is not None
        status = self._player.status()
        return Work(
            self._player.positions,
            status.visits,
            status.leaves - status.cached,
            status.batches,
            status.device_seconds,
        )


def _evaluates(plan: Plan) -> tuple[object, ...]:
    """What the device depends on."""
    return plan.net, plan.device, plan.precision, plan.cache_mb, plan.latency_ms, plan.games_at_once, plan.leaves


def main() -> None:
    """See the module."""
    number, descriptor = map(int, sys.argv[1:])
    # Ctrl-C goes to the process that gives the tasks
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(number)
    with suppress(EOFError, OSError):  # the process that gave the tasks is gone, or has none any more
        serve(worker, Connection(descriptor))
    worker.close()
    os._exit(0)  # torch takes its time to go, and leaves nothing that the end of the process does not remove


def serve(worker: Worker, connection: Connection) -> None:
    """Obey what comes over the connection, until it is lost: raises ``EOFError`` or ``OSError`` then."""
    while True:
        task = decode_task(connection.recv_bytes())
        try:
            answer: Progress | TaskError = worker.execute(task)
        except Exception as error:
            lacks_memory = is_out_of_memory(error)
            if not lacks_memory and not is_for_the_user(error):
                raise
            answer = TaskError(one_line(error), lacks_memory, task.run)
        connection.send_bytes(encode(answer))


if __name__ == "__main__":
    main()
