"""The workers of this machine: one process each, started, given tasks, heard, and noticed when they die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from daemon.evaluation.devices.gpus import VISIBLE, entry_of
from zhugo.learning.selfplay.tasks import Answer, Died, Task, decode_answer, encode

END_SECONDS = 3.0
"""How long workers may take to end by themselves: what they have not told by then is played anew."""

ROOT = Path(__file__).parent.parent.parent.parent


class WorkerPool(Protocol):
    """Workers in numbered places, wherever they are. Each has one task at most, and answers it."""

    @property
    def size(self) -> int:
        """How many places there are."""

    def submit(self, place: int, task: Task) -> None:
        """Give a task. Where there is no worker, or it died, a new one comes first, to whom the plan is new."""

    def poll(self, timeout: float) -> Sequence[tuple[int, Answer | Died]]:
        """The answers that have come, after at most ``timeout`` seconds, by place."""

    def close(self) -> None:
        """End the workers."""


def auto_workers(cores: int, gpus: int) -> int:
    """How many workers suit a machine: one a core; but where GPUs evaluate, a core is left to who deals and writes."""
    return max(1, cores - (1 if gpus else 0))


def gpus() -> int:
    """How many GPUs there are that torch knows. Imports torch."""
    import torch

    return torch.cuda.device_count()


class LocalPool:
    """See ``WorkerPool``; a context manager. Workers have these GPUs in turn, by their numbers, where there are any."""

    def __init__(self, size: int, gpus: Sequence[int] = ()) -> None:
        self.size = size
        self._gpus = gpus
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._connections: dict[int, Connection] = {}

    def submit(self, place: int, task: Task) -> None:
        if place not in self._processes:
            self._start(place)
        with suppress(OSError):  # it died: ``poll`` will say so
            self._connections[place].send_bytes(encode(task))

    def poll(self, timeout: float) -> list[tuple[int, Answer | Died]]:
        places = {connection: place for place, connection in self._connections.items()}
        answers: list[tuple[int, Answer | Died]] = []
        for ready in wait(list(places), timeout):
            assert isinstance(ready, Connection)
            place = places[ready]
            try:
                answers.append((place, decode_answer(ready.recv_bytes())))
            except (EOFError, OSError):
                answers.append((place, Died(killed=self._reap(place) == -signal.SIGKILL)))
        return answers

    def pids(self) -> list[int]:
        """The processes of the workers."""
        return [process.pid for process in self._processes.values()]

    def close(self) -> None:
        for place in list(self._connections):
            self._connections.pop(place).close()
        deadline = time.monotonic() + END_SECONDS
        for place in list(self._processes):
            self._reap(place, deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _start(self, place: int) -> None:
        ours, its = socket.socketpair()
        with its:
            self._processes[place] = subprocess.Popen(
                # -P: what lies about where self-play was started is none of ours
                [sys.executable, "-P", "-m", "zhugo.learning.selfplay.worker", str(place), str(its.fileno())],
                env=os.environ | self._environment(place),
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                # Ctrl-C goes to the process that gives the tasks
                process_group=0,
            )
        self._connections[place] = Connection(ours.detach())

    def _reap(self, place: int, deadline: float | None = None) -> int | None:
        """Wait for a process that is to end, at most until ``deadline``, on the monotonic clock.

        Its exit code; None for one that had to be killed, or is not there."""
        connection, process = self._connections.pop(place, None), self._processes.pop(place, None)
        if connection is not None:
            connection.close()
        if process is None:
            return None
        left = END_SECONDS if deadline is None else deadline - time.monotonic()
        try:
            return process.wait(max(0.0, left))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def _environment(self, place: int) -> Mapping[str, str]:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        # a worker has one core: libraries that would take more are told so before they are loaded
        environment = {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        if self._gpus:
            environment[VISIBLE] = entry_of(self._gpus[place % len(self._gpus)], os.environ)
        return environment
