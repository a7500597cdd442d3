"""A search under a schedule in real processes: encoders that share memory, and the emulated device. Beside it, what the
simulation says of the same search with costs that were measured here.

Encoding is made as slow as it is said to be, for it is a core that is kept busy that counts. What a position is encoded
into is written where the main process reads it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from bench.schedules.compare import NUM_MOVES, net
from bench.schedules.costs import Costs
from bench.schedules.encoders import PATIENCE, PLANES, Encoders, encode
from bench.schedules.simulator import Simulation
from bench.schedules.tree_driver import Evaluate, Job, PlaceLeaf, TreeDriver
from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation
from daemon.gpu_client import Batch, Result
from daemon.schedules.interface import (
    Action,
    Ask,
    Drop,
    Encode,
    Encoded,
    Evaluated,
    Event,
    Granted,
    Schedule,
    ScheduleError,
    Submit,
    Update,
    WorkerLost,
)
from daemon.schedules.table import Size, make
from games import Positions
from protocol import messages as m


@dataclass(frozen=True)
class Done:
    """What a real search came to, in seconds. ``lost``: encoders that died."""

    seconds: float
    visits: int
    device_busy: float
    batch: float
    lost: int


class RealSearch:
    """One search in real processes. The main process owns the trees, the schedule, and the way to the device."""

    def __init__(
        self,
        schedule: Schedule,
        job: Job,
        evaluate: Evaluate,
        costs: Costs,
        folder: FilePath,
        kill_at: int | None = None,
        rests: bool = False,
    ) -> None:
        """``costs``: of encoding and of the device. ``kill_at``: with so many tasks done one encoder is killed.

        ``rests``: who encodes sleeps, as if there were a core for each process.
        """
        plan = schedule.plan
        self.schedule, self._costs, self._kill_at, self._rests = schedule, costs, kill_at, rests
        self.driver = TreeDriver(job, plan.slots, evaluate)
        own = range(int(plan.main_encodes), plan.workers)
        # what waits, what is granted, and what is being encoded
        room = plan.keep + plan.slots * plan.request.leaves + plan.workers * max(plan.request.leaves, 1)
        self._encoders = Encoders(own, room, costs.encode, rests)
        self._free = list(range(room))
        self._place: dict[Any, int] = {}
        self._device = EmulatedDevice(folder / "device", Emulation(costs.latency, costs.per_leaf, "uniform"))
        self._at_device: list[tuple[tuple[int, ...], Result]] = []
        self._tasks: dict[int, tuple[Any, ...]] = {}
        self._main_tasks: list[tuple[int, tuple[Any, ...]]] = []
        self._done = self._lost = 0
        self._busy = 0.0

    def run(self) -> Done:
        """Search to the end. Raises ``ScheduleError`` where nothing happens any more."""
        with ExitStack() as stack:
            stack.enter_context(self._encoders)
            stack.callback(self._device.close)
            stack.enter_context(self.driver)
            self._encoders.await_start()
            began = time.monotonic()
            self._obey(self.schedule.begin())
            while not self.driver.is_over:
                self._step()
            seconds = time.monotonic() - began
        visits = sum(report.visits for report in self.driver.final.values())
        counts = self.schedule.counts
        return Done(seconds, visits, min(1.0, self._busy / seconds), counts.submitted / counts.batches, self._lost)

    def _step(self) -> None:
        if self._at_device and self._at_device[0][1].end <= time.monotonic():
            slots, _ = self._at_device.pop(0)
            self._hear(Evaluated(slots))
            return
        if self._main_tasks:
            worker, leaves = self._main_tasks.pop(0)
            encode([self._place[leaf] for leaf in leaves], self._encoders.tensors, self._costs.encode, self._rests)
            self._hear(Encoded(worker))
            return
        if self.driver.wants_tick:
            self._tell(self.driver.tick(time.monotonic()))
            return
        rest = PATIENCE
        if self._at_device:
            rest = max(0.0, self._at_device[0][1].end - time.monotonic())
        ready = wait(list(self._encoders.pipes.values()), rest)
        if not ready and not self._at_device:
            raise ScheduleError(f"{self.schedule.plan.name}: everybody waits")
        for worker in [worker for worker, pipe in self._encoders.pipes.items() if pipe in ready]:
            self._from(worker)

    def _from(self, worker: int) -> None:
        """What an encoder says, or that it is dead."""
        try:
            self._encoders.pipes[worker].recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        self._tasks.pop(worker)
        self._done += 1
        if self._done == self._kill_at:
            self._encoders.kill(worker)
        self._hear(Encoded(worker))

    def _replace(self, worker: int) -> None:
        self._lost += 1
        self._encoders.start(worker)
        for leaf in self._tasks.pop(worker, ()):
            self._free.append(self._place.pop(leaf))
        self._hear(WorkerLost(worker))

    def _hear(self, event: Event) -> None:
        self._obey(self.schedule.hear(event))

    def _tell(self, granted: Sequence[Granted]) -> None:
        for one in granted:
            self._hear(one)

    def _obey(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Ask(slot, request):
                    self._tell(self.driver.ask(slot, request, time.monotonic()))
                case Update(slot, request):
                    leaves = self.driver.grants[slot][1]
                    self._let_go(leaves)
                    now = time.monotonic()
                    self._tell(self.driver.update(slot, request, m.Phases(now, now, now, now, now, now), now))
                case Encode(worker, leaves):
                    self._encode(worker, leaves)
                case Submit(slots):
                    self._submit(slots)
                case Drop(leaves):
                    self._let_go(leaves)

    def _encode(self, worker: int, leaves: tuple[Any, ...]) -> None:
        for leaf in leaves:
            self._place[leaf] = self._free.pop()
        if worker not in self._encoders.pipes:
            self._main_tasks.append((worker, leaves))
            return
        self._tasks[worker] = leaves
        try:
            self._encoders.pipes[worker].send([self._place[leaf] for leaf in leaves])
        except OSError:
            self._replace(worker)

    def _let_go(self, leaves: Sequence[Any]) -> None:
        self._free += [self._place.pop(leaf) for leaf in leaves]

    def _submit(self, slots: tuple[int, ...]) -> None:
        leaves: list[PlaceLeaf] = [leaf for slot in slots for leaf in self.driver.grants[slot][1]]
        planes = self._encoders.tensors[[self._place[leaf] for leaf in leaves]].reshape(-1, *PLANES)
        batch = Batch(planes, np.zeros((len(leaves), 0), np.float32), _positions(len(leaves)))
        result = self._device.submit(batch).known
        self._busy += result.end - result.begin
        self._at_device.append((slots, result))


def _positions(n: int) -> Positions:
    zeros, legal = np.zeros(n, np.float32), np.ones((n, NUM_MOVES), np.bool_)
    return Positions(np.ones(n, np.int8), np.zeros(n, np.bool_), zeros, zeros, legal)


def measured_costs(like: Costs) -> Costs:
    """What the core, its driver and a pipe take here; encoding and device as in ``like``."""
    net("sharp")
    alone, batched = (_message_seconds(batch) for batch in (1, 16))
    leaf = max(0.0, (batched[0] - alone[0]) / max(1.0, batched[1] - 1.0))
    event = max(1e-6, alone[0] - leaf)
    return replace(like, event=event, select=leaf / 2, update=leaf / 2, forecast=leaf / 2, wire=_wire_seconds())


def _message_seconds(batch: int) -> tuple[float, float]:
    """Seconds of an update with the next batch request, and leaves of a grant, by the one process alone."""
    job = Job(NUM_MOVES, 600, seed=77)
    for _ in range(2):  # the first fills the net's memory
        driver = TreeDriver(job, 1, net("sharp").evaluate)
        request = make("double-buffer-1", Size(2, batch)).plan.request
        driver.ask(0, request, 0.0)
        began, messages, leaves = time.perf_counter(), 0, 0
        while not driver.is_over:
            leaves += len(driver.grants[0][1])
            messages += 1
            driver.update(0, request, m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0.0)
    return (time.perf_counter() - began) / messages, leaves / messages


def _wire_seconds() -> float:
    with Encoders([0], 1, 0.0) as encoders:
        encoders.await_start()
        rounds, began = 200, time.perf_counter()
        for _ in range(rounds):
            encoders.pipes[0].send([])
            encoders.pipes[0].recv()
        return (time.perf_counter() - began) / rounds / 2


@dataclass(frozen=True)
class Case:
    """Seconds of an encoding, visits, and cores; ``rests``: more than there are, so who encodes sleeps."""

    encode: float
    visits: int
    cores: int = 2
    rests: bool = False


CASES = (Case(1e-3, 400), Case(42e-3, 60), Case(42e-3, 200, 9, True))

COMPARED = (
    "sequential",
    "ahead",
    "together",
    "virtual",
    "spread",
    "spread-2",
    "double-buffer-1",
    "double-buffer-2",
    "threads",
)


def compare(tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Real searches beside the simulation of the same; ``error``: by how much more visits a second that makes."""
    rows = []
    for case in CASES:
        costs = measured_costs(Costs(encode=case.encode, latency=5e-3))
        rows += [_compared(name, case, costs) for name in (*COMPARED, "many-trees")]
        tell(f"real processes, encoding {1e3 * case.encode:g} ms, {case.cores} cores")
    return rows


def _compared(name: str, case: Case, costs: Costs) -> dict[str, Any]:
    size, trees = Size(case.cores, 8), 8 if name == "many-trees" else 1
    schedule = make(name, size)
    how = m.SearchSettings(collisions=schedule.plan.collisions)
    job = Job(NUM_MOVES, case.visits // trees, trees=trees, settings=how)
    simulated = Simulation(schedule, job, net("sharp").evaluate, costs, size.cores).run()
    with tempfile.TemporaryDirectory(prefix="zs-") as folder:
        search = RealSearch(make(name, size), job, net("sharp").evaluate, costs, FilePath(folder), rests=case.rests)
        real = search.run()
    return {
        "schedule": name,
        "encode_us": 1e6 * case.encode,
        "cores": case.cores,
        "encoders_sleep": case.rests,
        "real_visits_per_s": real.visits / real.seconds,
        "simulated_visits_per_s": simulated.visits / simulated.seconds,
        "error": simulated.visits / simulated.seconds / (real.visits / real.seconds) - 1,
        "real_device_busy": real.device_busy,
        "simulated_device_busy": min(1.0, simulated.device_busy / simulated.seconds),
    }
