"""A search under a schedule, in one thread on a virtual clock: the real core, made-up evaluations, given costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.schedules.cores import MAIN, Clock, Cores
from bench.schedules.costs import Costs
from bench.schedules.tree_driver import Evaluate, Job, TreeDriver
from daemon.schedules.interface import (
    Action,
    Ask,
    Drop,
    Encode,
    Encoded,
    Evaluated,
    Event,
    Granted,
    Request,
    Revoked,
    Schedule,
    ScheduleError,
    Submit,
    Update,
    WorkerLost,
)
from protocol import messages as m


@dataclass(frozen=True)
class Span:
    """What ``lane`` did from ``begin`` to ``end``: "tree", "device", or a worker by its number. ``slot``: whose."""

    lane: str
    begin: float
    end: float
    slot: int
    leaves: int


@dataclass(frozen=True)
class Accidents:
    """``kills`` processes die, by a seed: workers, or who holds a slot. Each is replaced after ``restart`` seconds."""

    seed: int
    kills: int
    restart: float = 0.01


@dataclass
class Outcome:
    """What a simulated search came to, in seconds. ``tensor_seconds``: tensors that existed, over time."""

    seconds: float = 0.0
    visits: int = 0
    device_busy: float = 0.0
    cores_busy: float = 0.0
    main_busy: float = 0.0
    tensor_seconds: float = 0.0
    waiting_tensors: list[tuple[float, int]] = field(default_factory=list)
    dropped_by_driver: int = 0
    killed: int = 0
    spans: list[Span] = field(default_factory=list)


class Simulation:
    """One search. ``driver`` and ``schedule`` may be looked at when it has run."""

    def __init__(
        self,
        schedule: Schedule,
        job: Job,
        evaluate: Evaluate,
        costs: Costs,
        cores: int,
        trace: Path | None = None,
        accidents: Accidents | None = None,
    ) -> None:
        self.schedule, self.costs, self.outcome = schedule, costs, Outcome()
        self.driver = TreeDriver(job, schedule.plan.slots, evaluate, costs, trace)
        self.clock = Clock()
        self._cores = Cores(self.clock, cores, schedule.plan.processes)
        self._accidents = accidents
        self._random = random.Random(0 if accidents is None else accidents.seed)
        self._times: dict[int, list[float]] = {slot: [0.0] * 5 for slot in range(schedule.plan.slots)}
        self._grants: dict[int, int] = {}
        self._lives: dict[int, int] = dict.fromkeys(range(schedule.plan.workers), 0)
        self._device_free = 0.0
        self._ticking = False
        self._looked = 0.0

    def run(self) -> Outcome:
        """Search to the end. Raises ``ScheduleError`` where everybody waits for ever, or the schedule breaks a rule."""
        with ExitStack() as stack:
            stack.enter_context(self.driver)
            if self._accidents is not None:
                for number in range(self._accidents.kills):
                    self.clock.after((number + self._random.random()) * 4 * self._step(), self._kill)
            if self.driver.job.seconds is not None:
                self.clock.after(self.driver.job.seconds, partial(self._in_tree, -1, self._tick))
            self._obey(self.schedule.begin())
            while not self.driver.is_over:
                if not self.clock.step():
                    raise ScheduleError(f"{self.schedule.plan.name}: everybody waits")
        outcome = self.outcome
        outcome.seconds, outcome.cores_busy = self.clock.now, self._cores.busy
        outcome.visits = sum(report.visits for report in self.driver.final.values())
        return outcome

    def _step(self) -> float:
        """About the time of one batch."""
        leaves = self.schedule.plan.request.leaves
        return self.costs.latency + leaves * self.costs.encode + self.costs.wire + self.costs.event

    def _hear(self, event: Event) -> None:
        self._count_tensors()
        actions = self.schedule.hear(event)
        self.schedule.check()
        self._obey(actions)

    def _count_tensors(self) -> None:
        now = self.clock.now
        self.outcome.tensor_seconds += self.schedule.tensors * (now - self._looked)
        self._looked = now
        self.outcome.waiting_tensors.append((now, self.schedule.tensors))

    def _obey(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Ask(slot, request):
                    self._in_tree(slot, partial(self._ask, slot, request))
                case Update(slot, request):
                    self._in_tree(slot, partial(self._update, slot, request))
                case Encode(worker, leaves):
                    self._encode(worker, len(leaves))
                case Submit(slots):
                    self._submit(slots)
                case Drop(leaves):
                    self.outcome.dropped_by_driver += len(leaves)

    def _ask(self, slot: int, request: Request) -> list[Granted]:
        self._times[slot][0] = self.clock.now
        return self.driver.ask(slot, request, self.clock.now)

    def _update(self, slot: int, request: Request) -> list[Granted]:
        times = [*self._times[slot], self.clock.now]
        self._times[slot][0] = self.clock.now
        return self.driver.update(slot, request, m.Phases(*times), self.clock.now)

    def _in_tree(self, slot: int, work: Callable[[], list[Granted]]) -> None:
        """Have the process of the trees do something for a slot; what is granted because of it is told at its end."""
        granted: list[Granted] = []
        life = self._grants.get(slot, 0)

        def begin() -> float:
            if slot >= 0 and life != self._grants.get(slot, 0):
                return 0.0  # from before its death
            granted.extend(work())
            return self.driver.spent

        def done(began: float, ended: float) -> None:
            self.outcome.main_busy += ended - began
            self.outcome.spans.append(Span("tree", began, ended, slot, sum(len(one.leaves) for one in granted)))
            if self.driver.wants_tick and not self._ticking:
                self._ticking = True
                self._in_tree(-1, self._tick)
            for one in granted:
                if one.slot in self.driver.grants and self.driver.grants[one.slot][1] is one.leaves:
                    self._times[one.slot][1] = ended
                    self._hear(one)

        self._cores.run(MAIN, begin, done)

    def _tick(self) -> list[Granted]:
        self._ticking = False
        return self.driver.tick(self.clock.now)

    def _encode(self, worker: int, leaves: int) -> None:
        is_main = self.schedule.plan.main_encodes and worker == 0
        wire = 0.0 if is_main else self.costs.wire
        life = self._lives[worker]

        def told() -> None:
            if life == self._lives[worker]:
                self._hear(Encoded(worker))

        def done(began: float, ended: float) -> None:
            self.outcome.spans.append(Span(str(worker), began, ended, -1, leaves))
            self.clock.after(wire, told)

        def arrive() -> None:
            if life == self._lives[worker]:
                process = MAIN if is_main else worker
                self._cores.run(process, lambda: leaves * self.costs.encode, done)

        self.clock.after(wire, arrive)

    def _submit(self, slots: tuple[int, ...]) -> None:
        grants = {slot: self.driver.grants[slot] for slot in slots}
        leaves = sum(len(grant[1]) for grant in grants.values())
        begin = max(self.clock.now, self._device_free)
        self._device_free = end = begin + self.costs.device(leaves)
        self.outcome.device_busy += end - begin
        self.outcome.spans.append(Span("device", begin, end, slots[0], leaves))
        for slot in slots:
            self._times[slot][2:] = [self.clock.now, begin, end]

        def done() -> None:
            live = tuple(slot for slot in slots if self.driver.grants.get(slot) is grants[slot])
            if live:
                self._hear(Evaluated(live))

        self.clock.after(end - self.clock.now, done)

    def _kill(self) -> None:
        """A worker dies, or who holds a slot."""
        assert self._accidents is not None
        plan = self.schedule.plan
        self.outcome.killed += 1
        if self._random.random() < 0.5 and not (plan.main_encodes and plan.workers == 1):
            self._kill_worker(self._random.randrange(int(plan.main_encodes), plan.workers), self._accidents.restart)
            return
        slot = self._random.randrange(plan.slots)
        self._grants[slot] = self._grants.get(slot, 0) + 1
        granted = self.driver.begin_anew(slot, self.clock.now)
        self._hear(Revoked(slot))  # its leaves may be others' now
        for one in granted:
            self._hear(one)

    def _kill_worker(self, worker: int, restart: float) -> None:
        self._end_life(worker)
        life = self._lives[worker]

        def replaced() -> None:
            if life == self._lives[worker]:  # or it was killed again
                self._end_life(worker)  # with what it was told while it was dead
                self._hear(WorkerLost(worker))

        self.clock.after(restart, replaced)

    def _end_life(self, worker: int) -> None:
        self._lives[worker] += 1
        self._cores.kill(worker)
