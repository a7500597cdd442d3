"""Every schedule's rules, by a driver that answers at random: nobody waits for ever, and no tensor is lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from daemon.schedules.ahead import Ahead
from daemon.schedules.course import Course
from daemon.schedules.interface import (
    Ask,
    Drop,
    Encode,
    Encoded,
    Evaluated,
    Event,
    Granted,
    Revoked,
    ScheduleError,
    Submit,
    Update,
    WorkerLost,
)
from daemon.schedules.table import SCHEDULES, Size, make
from daemon.schedules.tensors import WaitingTensors
from daemon.schedules.threads import Threads

SIZES = [Size(1, 1), Size(2, 4), Size(6, 16)]


class AnyOrder:
    """Does what a schedule says, in any order, and keeps its own books."""

    def __init__(self, schedule: Course, seed: int, kills: float = 0.0) -> None:
        self.schedule, self.random, self.kills = schedule, random.Random(seed), kills
        self.asked: dict[int, int] = {}
        self.held: dict[int, tuple[int, ...]] = {}
        self.tasks: dict[int, tuple[int, ...]] = {}
        self.device: list[tuple[int, ...]] = []
        self.tensors: Counter[int] = Counter()
        self.evaluated: Counter[int] = Counter()
        self.next, self.free = 0, list[int]()
        self.obey(schedule.begin())

    def obey(self, actions: object) -> None:
        assert isinstance(actions, list | tuple)
        for action in actions:
            match action:
                case Ask(slot, request) | Update(slot, request):
                    assert slot not in self.asked
                    assert slot not in self.held
                    self.asked[slot] = request.leaves
                case Encode(worker, leaves):
                    assert worker not in self.tasks
                    assert leaves
                    assert not {leaf for task in self.tasks.values() for leaf in task} & set(leaves)
                    assert not any(self.tensors[leaf] for leaf in leaves)
                    self.tasks[worker] = leaves
                case Submit(slots):
                    assert all(self.tensors[leaf] for slot in slots for leaf in self.held[slot])
                    self.device.append(slots)
                case Drop(leaves):
                    for leaf in leaves:
                        self.tensors[leaf] -= 1
        self.schedule.check()
        assert +self.tensors == Counter({leaf: 1 for leaf in self.tensors if self.tensors[leaf]})
        assert self.tensors.total() == self.schedule.tensors

    def step(self) -> None:
        """One of the things that can happen now."""
        plan = self.schedule.plan
        if self.random.random() < self.kills:
            self.kill()
            return
        can: list[Event] = [Encoded(worker) for worker in self.tasks]
        can += [Granted(slot, self.leaves(wanted), self.forecast()) for slot, wanted in self.asked.items()]
        can += [Evaluated(self.device[0])] if self.device else []
        assert can, f"{plan.name} waits for ever"
        self.tell(self.random.choice(can))

    def kill(self) -> None:
        plan = self.schedule.plan
        if self.random.random() < 0.5:
            worker = self.random.randrange(plan.workers)
            self.tasks.pop(worker, None)
            self.obey(self.schedule.hear(WorkerLost(worker)))
            return
        slot = self.random.randrange(plan.slots)
        self.asked.pop(slot, None)
        self.free += self.held.pop(slot, ())
        self.device = [tuple(one for one in batch if one != slot) for batch in self.device]
        self.device = [batch for batch in self.device if batch]
        self.obey(self.schedule.hear(Revoked(slot)))

    def tell(self, event: Event) -> None:
        match event:
            case Granted(slot, leaves):
                del self.asked[slot]
                self.free = [leaf for leaf in self.free if leaf not in leaves]
                self.held[slot] = leaves
                self.next = max([self.next, *(leaf + 1 for leaf in leaves)])
            case Encoded(worker):
                self.tensors.update(self.tasks.pop(worker))
            case Evaluated(slots):
                self.device.pop(0)
                for slot in slots:
                    leaves = self.held.pop(slot)
                    self.evaluated.update(leaves)
                    self.tensors.subtract(leaves)
            case _:
                pass
        self.obey(self.schedule.hear(event))

    def leaves(self, most: int) -> tuple[int, ...]:
        """Those that were freed first, then new ones."""
        count = self.random.randint(1, most)
        return (*self.free[:count], *range(self.next, self.next + count - len(self.free[:count])))

    def forecast(self) -> tuple[int, ...]:
        """Leaves behind those, of which some will be granted."""
        ahead = self.schedule.plan.request.ahead
        return tuple(range(self.next + 1, self.next + 1 + 2 * ahead, 2))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", SCHEDULES)
def test_whatever_the_order_every_leaf_is_evaluated_once(name: str, size: Size) -> None:
    driver = AnyOrder(make(name, size), 1)
    for _ in range(400):
        driver.step()
    assert driver.evaluated.total() > 20
    assert max(driver.evaluated.values()) == 1
    counts = driver.schedule.counts
    assert counts.used == driver.evaluated.total()
    assert counts.submitted >= counts.used
    assert counts.encoded == counts.used + counts.dropped + driver.schedule.tensors


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_death_of_any_process_loses_nothing(name: str) -> None:
    driver = AnyOrder(make(name, Size(4, 8)), 2, kills=0.1)
    for _ in range(600):
        driver.step()
    driver.kills = 0.0
    for _ in range(200):
        driver.step()
    assert driver.evaluated.total() > 20
    assert max(driver.evaluated.values()) == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_more_is_in_flight_than_a_plan_says(name: str) -> None:
    schedule = make(name, Size(4, 8))
    driver = AnyOrder(schedule, 3)
    most = schedule.plan.slots * schedule.plan.request.leaves
    for _ in range(300):
        driver.step()
        assert sum(map(len, driver.held.values())) <= most
    assert schedule.counts.most <= most + schedule.plan.keep + schedule.plan.workers


def test_algorithm_1_encodes_the_granted_leaf_first_then_the_largest_bounds() -> None:
    schedule = Ahead(3)
    schedule.begin()
    assert schedule.hear(Granted(0, ("best",), ("second", "third", "fourth"))) == [
        Encode(0, ("best",)),
        Encode(1, ("second",)),
    ]
    assert schedule.hear(Encoded(0)) == [Encode(0, ("third",)), Submit((0,))]
    assert schedule.hear(Encoded(1)) == [Encode(1, ("fourth",))]
    assert schedule.hear(Evaluated((0,))) == [Update(0, schedule.plan.request)]
    assert schedule.hear(Granted(0, ("second",), ("other",))) == [Submit((0,))]  # it is encoded
    assert schedule.counts.ready == 1
    assert schedule.hear(Encoded(0)) == [Encode(0, ("other",))]  # the old forecast is forgotten


def test_what_a_dead_worker_had_of_the_forecast_is_encoded_next() -> None:
    schedule = Ahead(3)
    schedule.begin()
    schedule.hear(Granted(0, ("best",), ("second", "third", "fourth")))
    assert schedule.hear(Encoded(0)) == [Encode(0, ("third",)), Submit((0,))]
    assert schedule.hear(WorkerLost(1)) == [Encode(1, ("second",))]
    assert schedule.hear(Encoded(0)) == [Encode(0, ("fourth",))]


def test_a_leaf_that_is_being_encoded_when_it_is_granted_is_waited_for() -> None:
    schedule = Ahead(2)
    schedule.begin()
    schedule.hear(Granted(0, ("one",), ("two",)))
    schedule.hear(Encoded(0))
    schedule.hear(Evaluated((0,)))
    assert schedule.hear(Granted(0, ("two",), ())) == []
    assert schedule.counts.begun == 1
    assert schedule.hear(Encoded(0)) == [Submit((0,))]


def test_threads_give_the_device_what_is_ready_when_it_is_free() -> None:
    schedule = Threads(3)
    schedule.begin()
    for slot in range(3):
        schedule.hear(Granted(slot, (slot,)))
    assert schedule.hear(Encoded(1)) == [Submit((1,))]
    assert schedule.hear(Encoded(0)) == []
    assert schedule.hear(Encoded(2)) == []
    assert schedule.hear(Evaluated((1,))) == [Update(1, schedule.plan.request), Submit((0, 2))]


def test_a_schedule_is_told_of_nothing_that_it_did_not_begin() -> None:
    schedule = make("double-buffer-2", Size(2, 4))
    schedule.begin()
    with pytest.raises(ScheduleError, match="nothing at the device"):
        schedule.hear(Evaluated((0,)))
    with pytest.raises(ScheduleError, match="without leaves"):
        schedule.hear(Granted(0, ()))


def test_tensors_that_wait_go_by_their_last_use() -> None:
    waiting = WaitingTensors(2)
    assert [waiting.put(leaf) for leaf in ("a", "b")] == [(), ()]
    waiting.touch(["a", "x"])
    assert waiting.put("c") == ("b",)
    assert "a" in waiting
    assert len(waiting) == 2


def test_an_unknown_schedule_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^'fifth' is no schedule; there are sequential, ahead, "):
        make("fifth", Size(1, 1))
