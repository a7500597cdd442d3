"""A daemon in the thread of its client: the same core, the same steps, in the right order."""

from __future__ import annotations

import pytest

from daemon.evaluation.devices.emulated import outputs
from daemon.gpu_client import Batch, Result
from daemon.process.in_process_daemon import InProcessDaemon
from games import registry
from protocol import messages as m
from tests.toy_game import Heap


@pytest.fixture(autouse=True)
def _heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._KINDS, "heap", Heap.kind)


class Slow:
    """A device whose results come when they are waited for; ``story`` tells what happened in which order."""

    info = m.NetInfo("toy", "", "toy", "none")

    def __init__(self, late: int = 0, trips: bool = False) -> None:
        self.story: list[str] = []
        self.late = late
        self.trips = trips
        self._submitted = 0

    def submit(self, batch: Batch) -> Waiting:
        self._submitted += 1
        self.story.append(f"submit {self._submitted}")
        return Waiting(self, self._submitted, Batch(batch.planes.copy(), batch.global_inputs.copy(), batch.positions))

    def close(self) -> None:
        """Nothing is held."""


class Waiting:
    def __init__(self, device: Slow, number: int, batch: Batch) -> None:
        self.device, self.number, self.batch = device, number, batch

    def result(self, timeout: float | None = None) -> Result:
        assert timeout is not None
        if self.device.late:
            self.device.late -= 1
            raise TimeoutError
        if self.device.trips:
            raise RuntimeError("the net tripped\nand fell")
        self.device.story.append(f"wait {self.number}")
        return Result(outputs(self.batch, "hashed"), 0.0, 1.0)


def daemon(device: Slow, leaves: int = 1, searchers: int = 1) -> InProcessDaemon:
    made = InProcessDaemon(device, m.BatchRequest(leaves), searchers)
    made.send(m.Hello(m.PROTOCOL_VERSION, "client", "test", 1))
    assert isinstance(made.receive(0.0), m.Welcome)
    return made


def search(made: InProcessDaemon, session: str, heap: int, visits: int) -> None:
    made.send(m.Open(1, session, "heap", {"heap": heap}))
    assert isinstance(made.receive(0.0), m.Opened)
    made.send(m.Search(2, session, m.Limits(visits=visits)))


def test_a_search_comes_to_its_report() -> None:
    made = daemon(Slow())
    search(made, "one", 9, 50)
    report = made.receive(60.0)
    assert isinstance(report, m.Report)
    assert (report.reason, report.visits, report.final) == ("visits", 50, True)
    made.core.check_invariants()
    assert made.receive(60.0) is None  # at once: nothing is left to do


@pytest.mark.parametrize(("leaves", "searchers"), [(4, 1), (1, 2), (4, 2)])
def test_whoever_searches_the_tree_is_the_tree(leaves: int, searchers: int) -> None:
    alone, together = daemon(Slow()), daemon(Slow(), leaves, searchers)
    for made in (alone, together):
        search(made, "one", 7, 400)
    reports = [made.receive(60.0) for made in (alone, together)]
    assert all(isinstance(report, m.Report) and report.visits == 400 for report in reports)
    assert reports[0].chosen == reports[1].chosen  # type: ignore[union-attr]
    together.core.check_invariants()


def test_while_one_batch_is_evaluated_the_next_is_made_ready() -> None:
    device = Slow()
    made = daemon(device, leaves=2, searchers=2)
    for number in range(4):
        made.send(m.Open(number, str(number), "heap", {"heap": 20}))
        made.send(m.Search(10 + number, str(number), m.Limits(visits=30)))
    while made.receive(60.0) is not None:
        pass
    order = {event: place for place, event in enumerate(device.story)}
    full = range(5, 40)  # the first batches find but one search, the last the rest of one
    early = [order[f"submit {number + 1}"] < order[f"wait {number}"] for number in full]
    assert all(early)


def test_one_searcher_waits_for_its_own_batch() -> None:
    device = Slow()
    search(made := daemon(device), "one", 9, 5)
    made.receive(60.0)
    assert device.story[:4] == ["submit 1", "wait 1", "submit 2", "wait 2"]


def test_what_does_not_come_in_time_comes_later() -> None:
    made = daemon(Slow(late=1))
    search(made, "one", 9, 5)
    assert made.receive(0.0) is None
    assert isinstance(made.receive(60.0), m.Report)


@pytest.mark.parametrize("searchers", [1, 2])
def test_a_failure_ends_the_search_and_not_the_daemon(searchers: int) -> None:
    device = Slow(trips=True)
    made = daemon(device, searchers=searchers)
    search(made, "one", 9, 5)
    report = made.receive(60.0)
    assert isinstance(report, m.Report)
    assert (report.reason, report.failure) == ("failed", "the net tripped")
    device.trips = False
    made.send(m.Search(3, "one", m.Limits(visits=5)))
    again = made.receive(60.0)
    assert isinstance(again, m.Report)
    assert again.reason == "visits"


def test_a_position_that_cannot_be_encoded_fails_alone() -> None:
    device = Slow()
    device.info = m.NetInfo("toy", "", "none", "none")
    made = daemon(device)
    search(made, "one", 9, 5)
    report = made.receive(60.0)
    assert isinstance(report, m.Report)
    assert (report.reason, report.failure) == ("failed", "a heap has no such features")


def test_time_is_kept() -> None:
    now = 0.0
    device = Slow()
    made = InProcessDaemon(device, m.BatchRequest(1), clock=lambda: now)
    made.send(m.Hello(m.PROTOCOL_VERSION, "client", "test", 1))
    made.receive(0.0)
    made.send(m.Open(1, "one", "heap", {"heap": 20}))
    made.receive(0.0)
    made.send(m.Search(2, "one", m.Limits(seconds=5.0)))
    device.late = 3
    assert made.receive(0.0) is None
    now = 6.0
    report = made.receive(0.0)
    assert isinstance(report, m.Report)
    assert report.reason == "time"


def test_bad_requests_are_refused() -> None:
    made = daemon(Slow())
    made.send(m.Open(1, "one", "chess", {}))
    refused = made.receive(0.0)
    assert isinstance(refused, m.Refused)
    assert "unknown game 'chess'" in refused.reason
