"""Processes that share the cores of a machine, on a virtual clock."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

SLICE = 1e-3
"""Seconds after which a process gives its core to another one that waits."""

MAIN = -1
"""The process that owns the trees; it does not wait for a slice to end where another one is free."""


class Clock:
    """Virtual time, and what is to happen when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it so much later; of equal times the first that was said comes first."""
        self._number += 1
        heapq.heappush(self._queue, (self.now + seconds, self._number, action))

    def step(self) -> bool:
        """Let the next thing happen; False when nothing is left."""
        if not self._queue:
            return False
        self.now, _, action = heapq.heappop(self._queue)
        action()
        return True


@dataclass
class _Task:
    begin: Callable[[], float]
    done: Callable[[float, float], None]
    left: float | None = None
    began: float = 0.0


class Cores:
    """``count`` cores. A process does its tasks in order, and while fewer cores are free than processes have something
    to do they take turns.
    """

    def __init__(self, clock: Clock, count: int, processes: int) -> None:
        self._clock = clock
        self._free = count
        self._shared = processes > count
        self._tasks: dict[int, deque[_Task]] = {}
        self._ready: deque[int] = deque()
        self._running: set[int] = set()
        self._lives: dict[int, int] = {}
        self.busy = 0.0
        """Seconds of cores, all together."""

    def run(self, process: int, begin: Callable[[], float], done: Callable[[float, float], None]) -> None:
        """Have a process do something: ``begin`` is called when it gets to it and says how long it takes, ``done`` when
        it has done it, with the times of its begin and its end.
        """
        tasks = self._tasks.setdefault(process, deque())
        tasks.append(_Task(begin, done))
        if len(tasks) == 1 and process not in self._running:
            self._ready.append(process)
        self._dispatch()

    def kill(self, process: int) -> None:
        """It forgets everything that it was to do."""
        self._lives[process] = self._lives.get(process, 0) + 1
        self._tasks.pop(process, None)
        if process in self._ready:
            self._ready.remove(process)

    def _dispatch(self) -> None:
        while self._free and self._ready:
            if MAIN in self._ready:
                self._ready.remove(MAIN)
                process = MAIN
            else:
                process = self._ready.popleft()
            self._free -= 1
            self._running.add(process)
            task = self._tasks[process][0]
            if task.left is None:
                task.left, task.began = task.begin(), self._clock.now
            slice_ = min(task.left, SLICE) if self._shared else task.left
            self._end_later(process, slice_)

    def _end_later(self, process: int, seconds: float) -> None:
        life = self._lives.get(process, 0)

        def end() -> None:
            self._free += 1
            self.busy += seconds
            self._running.discard(process)
            tasks = self._tasks.get(process)
            if life == self._lives.get(process, 0) and tasks:
                task = tasks[0]
                assert task.left is not None
                task.left -= seconds
                if task.left <= 1e-12:
                    tasks.popleft()
                    if tasks:
                        self._ready.append(process)
                    task.done(task.began, self._clock.now)
                else:
                    self._ready.append(process)
            elif tasks and process not in self._ready:
                self._ready.append(process)
            self._dispatch()

        self._clock.after(seconds, end)
