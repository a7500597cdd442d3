"""Which seconds count as a pause: with a clock to turn, and a processor that is there or not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from daemon.process.pauses import JITTER, WORTH_TELLING, PauseMeter


@dataclass
class Machine:
    """A clock, and the time that the process had a processor."""

    now: float = 100.0
    cpu: float = 7.0

    def meter(self) -> PauseMeter:
        return PauseMeter(lambda: self.now, lambda: self.cpu)

    def work(self, seconds: float, stopped: float = 0.0) -> None:
        self.now += seconds + stopped
        self.cpu += seconds

    def sleep(self, meter: PauseMeter, patience: float, took: float) -> None:
        meter.sleeps(patience)
        self.now += took
        meter.wakes()


def test_to_sleep_as_long_as_one_wanted_is_no_pause() -> None:
    machine = Machine()
    meter = machine.meter()
    for patience, took in [(1.0, 1.0), (1.0, 0.2), (5.0, 0.0), (0.0, 0.0), (1000.0, 999.0)]:
        machine.sleep(meter, patience, took)
        assert meter.news() == 0.0


def test_to_work_is_no_pause_however_long() -> None:
    machine = Machine()
    meter = machine.meter()
    for seconds in (0.5, 90.0):
        machine.work(seconds)
        machine.sleep(meter, 1.0, 1.0)
        assert meter.news() == 0.0


@pytest.mark.parametrize("patience", [0.0, 1.0, 20.0])
def test_a_stop_in_a_sleep(patience: float) -> None:
    machine = Machine()
    meter = machine.meter()
    machine.sleep(meter, patience, 70.0)
    assert meter.news() == pytest.approx(70.0 - patience)
    assert meter.news() == 0.0


def test_a_stop_while_it_works() -> None:
    machine = Machine()
    meter = machine.meter()
    machine.sleep(meter, 1.0, 1.0)
    machine.work(3.0, stopped=70.0)
    machine.sleep(meter, 1.0, 0.5)
    assert meter.news() == pytest.approx(70.0)


def test_a_stop_while_it_works_is_known_as_soon_as_it_looks() -> None:
    machine = Machine()
    meter = machine.meter()
    machine.work(3.0, stopped=70.0)
    meter.works()
    assert meter.news() == pytest.approx(70.0)
    machine.work(2.0, stopped=5.0)
    machine.sleep(meter, 1.0, 1.0)
    assert meter.news() == pytest.approx(5.0)


def test_many_small_ones_add_up() -> None:
    """A machine with too much to do stops nobody for long."""
    machine = Machine()
    meter = machine.meter()
    told = []
    for _ in range(20):
        machine.work(0.01, stopped=2 * JITTER)
        machine.sleep(meter, 0.5, 0.5 + 2 * JITTER)
        told.append(meter.news())
    assert sum(told) >= 20 * 4 * JITTER - WORTH_TELLING
    assert all(seconds == 0.0 or seconds >= WORTH_TELLING for seconds in told)


def test_what_any_sleep_takes_too_long_is_never_told() -> None:
    machine = Machine()
    meter = machine.meter()
    for _ in range(10_000):
        machine.work(0.001, stopped=JITTER / 2)
        machine.sleep(meter, 1.0, 1.0 + JITTER / 2)
    assert meter.news() == 0.0
