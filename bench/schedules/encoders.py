"""Processes that encode into memory that they share with the one that started them.

They take as long as they are told to, and write where they are told to. Nothing is imported here that takes long, for
each of these processes imports it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

PLANES = (26, 19, 19)
FLOATS = 26 * 19 * 19
PATIENCE = 60.0
"""Seconds after which a process that should end is given up."""


def encode(places: Sequence[int], tensors: np.ndarray[Any, np.dtype[np.float32]], seconds: float, rests: bool) -> None:
    """Compute for so long for each place, in seconds of a core, which others may share; and write there.

    ``rests``: sleep in place of computing, as if there were a core for each process.
    """
    for place in places:
        tensors[place] = place
        if rests:
            time.sleep(seconds)
            continue
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass


def _work(pipe: Connection, memory: str, count: int, seconds: float, rests: bool) -> None:
    """An encoder's process: it ends with its pipe."""
    shared = SharedMemory(memory)
    tensors: np.ndarray[Any, np.dtype[np.float32]] = np.ndarray((count, FLOATS), np.float32, shared.buf)
    try:
        while True:
            encode(pipe.recv(), tensors, seconds, rests)
            pipe.send(None)
    except (EOFError, OSError, KeyboardInterrupt):
        pass
    finally:
        del tensors
        shared.close()


class Encoders:
    """Processes that encode into shared memory. A context manager."""

    def __init__(self, workers: Sequence[int], tensors: int, seconds: float, rests: bool = False) -> None:
        """``workers``: their numbers. ``seconds``, ``rests``: see ``encode``."""
        self._context = get_context("spawn")
        self._shared = SharedMemory(create=True, size=4 * FLOATS * tensors)
        self.tensors: np.ndarray[Any, np.dtype[np.float32]] = np.ndarray(
            (tensors, FLOATS), np.float32, self._shared.buf
        )
        self._told = (self._shared.name, tensors, seconds, rests)
        self.pipes: dict[int, Connection] = {}
        self._processes: dict[int, BaseProcess] = {}
        for worker in workers:
            self.start(worker)

    def start(self, worker: int) -> None:
        """A process of this number, in place of the old one where there was one."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, *self._told), daemon=True)
        process.start()
        theirs.close()
        self.pipes[worker], self._processes[worker] = ours, process

    def await_start(self) -> None:
        """Until every process answers."""
        for pipe in self.pipes.values():
            pipe.send([])
        for pipe in self.pipes.values():
            pipe.recv()

    def kill(self, worker: int) -> None:
        """As the system kills a process that takes too much memory."""
        self._processes[worker].kill()

    def __enter__(self) -> Encoders:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self.pipes.values():
            pipe.close()
        for process in self._processes.values():
            process.join(PATIENCE)
        del self.tensors
        self._shared.close()
        self._shared.unlink()
