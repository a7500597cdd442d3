"""Encoding by several processes for one searcher, in the order that a schedule says; some of it ahead."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from queue import SimpleQueue
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from daemon.evaluation.child_process import command, environment
from daemon.evaluation.encoder import Encoded, encoded_of, optimism_of
from daemon.evaluation.encoder_process import arrays_of, read, task, write
from daemon.gpu_client import DeviceError
from daemon.schedules.course import Course
from daemon.schedules.interface import (
    Action,
    Drop,
    Encode,
    Evaluated,
    Event,
    Granted,
    Leaf,
    Revoked,
    Submit,
    WorkerLost,
)
from daemon.schedules.interface import Encoded as TaskDone
from games import USUAL_OPTIMISM, GameError, Positions, takes_optimism
from protocol.messages import Forecast, Grant, GrantPart

MOST_DEATHS = 3
"""Deaths of one encoder in a row, without a task between them, that are put up with."""


@dataclass(frozen=True)
class _Task:
    leaves: tuple[Leaf, ...]
    data: bytes


class EncoderPool:
    """A ``LeafEncoder``. The course has one slot; its workers are processes, each with a thread that waits for it."""

    def __init__(self, features: str, course: Course, slower: float = 0.0) -> None:
        """``slower``: seconds that every position takes beyond what it needs."""
        self._features, self._course, self._slower = features, course, slower
        self._changed = threading.Condition()
        self._rows: dict[Leaf, list[NDArray[Any]]] = {}
        self._known: dict[Leaf, tuple[GrantPart, NDArray[np.uint16]]] = {}
        self._game = ("", 1)
        self._ready = self._holds = False
        self._trouble: Exception | None = None
        self._life = 0
        self._course.begin()
        self._tasks: list[SimpleQueue[_Task | None]] = [SimpleQueue() for _ in range(course.plan.workers)]
        self._threads = [
            threading.Thread(target=self._attend, args=(worker,), name=f"encoder {worker}", daemon=True)
            for worker in range(course.plan.workers)
        ]
        for thread in self._threads:
            thread.start()

    def encode(self, grant: Grant) -> Encoded:
        """See ``Encoder``. Raises ``DeviceError`` where the encoders die."""
        with self._changed:
            if self._holds:
                self._tell(Revoked(0))
            leaves = self._learn(grant)
            ahead = self._learn(grant.ahead) if isinstance(grant.ahead, Forecast) else ()
            wanted = {*leaves, *ahead, *self._course.being_encoded}
            self._known = {leaf: known for leaf, known in self._known.items() if leaf in wanted}
            self._game = (grant.game, grant.num_moves)
            self._ready, self._holds, self._trouble = False, True, None
            self._tell(Granted(0, leaves, ahead))
            self._changed.wait_for(lambda: self._ready or self._trouble is not None)
            if self._trouble is not None:
                raise self._trouble
            rows = [self._rows[leaf] for leaf in leaves]
        planes, global_inputs, *about = [np.stack(parts) for parts in zip(*rows, strict=True)]
        if takes_optimism(self._features):
            global_inputs[:, -1] = optimism_of(grant) - USUAL_OPTIMISM
        for at in (-2, -1):
            if about[at].ndim == 2:  # a game without patterns, or without keys
                about[at] = np.zeros(0, np.uint64)
        return encoded_of(planes, global_inputs, Positions(*about))

    def done(self, finished: bool) -> None:
        """See ``LeafEncoder``."""
        with self._changed:
            if not self._holds:
                return
            self._holds = False
            held = self._course.slots[0].leaves
            self._tell(Evaluated((0,)) if finished else Revoked(0))
            for leaf in held if finished else ():
                self._rows.pop(leaf, None)

    def forget_positions(self) -> None:
        """See ``Encoder``: what is here is of leaves that have other names from now on."""
        with self._changed:
            self._life += 1

    def close(self) -> None:
        """End the processes."""
        for tasks in self._tasks:
            tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _learn(self, told: Grant | Forecast) -> tuple[Leaf, ...]:
        """The leaves by their names; what each is stays known."""
        ends = [part.first for part in told.parts[1:]] + [len(told.offsets) - 1]
        found: list[Leaf] = []
        for part, end in zip(told.parts, ends, strict=True):
            for row in range(part.first, end):
                path = told.moves[told.offsets[row] : told.offsets[row + 1]]
                found.append((self._life, part.position, path.tobytes()))
                self._known[found[-1]] = part, path
        return tuple(found)

    def _tell(self, event: Event) -> None:
        self._obey(self._course.hear(event))

    def _obey(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Encode(worker, leaves):
                    self._tasks[worker].put(_Task(leaves, task(self._grant_of(leaves))))
                case Submit():
                    self._ready = True
                    self._changed.notify_all()
                case Drop(leaves):
                    for leaf in leaves:
                        self._rows.pop(leaf, None)
                case _:
                    pass  # the searcher asks by itself

    def _grant_of(self, leaves: tuple[Leaf, ...]) -> Grant:
        known = [self._known[leaf] for leaf in leaves]
        offsets = np.cumsum([0, *(len(path) for _, path in known)], dtype=np.int32)
        parts, first = [], 0
        for _, of_part in groupby(known, key=lambda each: id(each[0])):
            same = list(of_part)
            parts.append(replace(same[0][0], first=first))
            first += len(same)
        game, num_moves = self._game
        return Grant(0, game, num_moves, parts, offsets, np.concatenate([path for _, path in known]))

    def _attend(self, worker: int) -> None:
        """Give one process its tasks, and another one of its number when it dies."""
        process = self._start()
        deaths = 0
        while (given := self._tasks[worker].get()) is not None:
            answer = self._asked(process, given.data)
            if answer is None:
                deaths += 1
                process.kill()
                process.wait()
                process = self._start()
                self._lost(worker, deaths)
            else:
                deaths = 0
                self._take(worker, given.leaves, arrays_of(answer))
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        words = command("daemon.evaluation.encoder_process", self._features, repr(self._slower))
        return subprocess.Popen(words, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def _asked(self, process: subprocess.Popen[bytes], data: bytes) -> bytes | None:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            write(process.stdin, data)
            return read(process.stdout)
        except OSError:
            return None

    def _lost(self, worker: int, deaths: int) -> None:
        with self._changed:
            if deaths > MOST_DEATHS:
                self._trouble = DeviceError(f"encoder {worker} died {deaths} times in a row")
                self._changed.notify_all()
            self._tell(WorkerLost(worker))

    def _take(self, worker: int, leaves: tuple[Leaf, ...], answer: list[NDArray[Any]] | str) -> None:
        with self._changed:
            if isinstance(answer, str):
                if any(leaf in self._course.slots[0].missing for leaf in leaves):
                    self._trouble = GameError(answer)
                    self._changed.notify_all()
                self._course.forecast = tuple(leaf for leaf in self._course.forecast if leaf not in leaves)
                self._tell(WorkerLost(worker))
                return
            for row, leaf in enumerate(leaves):
                self._rows[leaf] = [array[row] if len(array) else array for array in answer]
            self._tell(TaskDone(worker))
