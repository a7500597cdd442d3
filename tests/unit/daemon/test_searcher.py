"""The searcher's loop, message by message, over a transport and a device that do as they are told."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from daemon.evaluation.devices.emulated import outputs
from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.switching_device import SwitchingDevice
from daemon.evaluation.encoder import Encoder
from daemon.evaluation.lru_cache import LruCache
from daemon.gpu_client import Batch, Result
from daemon.searcher import Searcher, remove
from games import registry
from nets import Evaluations
from protocol import messages as m
from protocol.errors import ConnectionLost
from tests.toy_game import Heap
from tests.unit.daemon.batches import Hashing

BATCH_REQUEST = m.BatchRequest(8)
WELCOME = m.Welcome(m.PROTOCOL_VERSION, "", 1000.0)


@pytest.fixture(autouse=True)
def _heap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._KINDS, "heap", Heap.kind)


class Script:
    """A transport that delivers a list of messages and keeps what was sent."""

    def __init__(self, *messages: m.Outbound | None) -> None:
        self.messages = list(messages)
        self.sent: list[m.Inbound] = []

    def send(self, message: m.Inbound) -> None:
        self.sent.append(message)

    def receive(self, timeout: float) -> m.Outbound | None:  # noqa: ARG002
        if not self.messages:
            raise ConnectionLost("the script is over")
        return self.messages.pop(0)

    def close(self) -> None:
        """Nothing is held."""


@dataclasses.dataclass
class Done:
    """A result that was never far."""

    value: Result
    timeouts: int = 0

    def result(self, timeout: float | None = None) -> Result:
        assert timeout is not None
        if self.timeouts:
            self.timeouts -= 1
            raise TimeoutError
        return self.value


class Device:
    """Evaluates at once, and keeps the batches that it was given."""

    info = m.NetInfo("toy", "", "toy", "none")

    def __init__(self, evaluate: Callable[[Batch], Result] | None = None, timeouts: int = 0) -> None:
        self.batches: list[Batch] = []
        self._evaluate = evaluate or (lambda batch: Result(outputs(batch, "hashed"), 1.0, 2.0))
        self._timeouts = timeouts

    def submit(self, batch: Batch) -> Done:
        self.batches.append(Batch(batch.planes.copy(), batch.global_inputs.copy(), batch.positions))
        return Done(self._evaluate(batch), self._timeouts)

    def close(self) -> None:
        """Nothing is held."""


def a_grant(*paths: list[int], heap: int = 5, record: tuple[int, ...] = (), ownership: bool = False) -> m.Grant:
    offsets = np.cumsum([0, *map(len, paths)]).astype(np.int32)
    moves = np.array([move for path in paths for move in path], np.uint16)
    part = m.GrantPart(0, heap * 100 + len(record), {"heap": heap}, list(record), ownership)
    return m.Grant(7, "heap", 3, [part], offsets, moves)


def run(script: Script, device: Device) -> list[m.Inbound]:
    """What the searcher says to this script."""
    with pytest.raises(ConnectionLost, match="script"):
        Searcher(script, device, BATCH_REQUEST, "s").run()
    return script.sent


def test_it_greets_asks_works_and_asks_in_the_same_message() -> None:
    device = Device()
    hello, select, update, again = run(Script(WELCOME, a_grant([], [0, 1]), a_grant([2])), device)
    assert isinstance(hello, m.Hello)
    assert (hello.role, hello.net) == ("searcher", device.info)
    assert select == m.Select(BATCH_REQUEST)
    assert isinstance(update, m.Update)
    assert isinstance(again, m.Update)
    assert update.batch_request == again.batch_request == BATCH_REQUEST
    assert update.grant == 7
    assert update.to_play.tolist() == [1, 1]
    assert update.priors.shape == (2, 3)
    assert device.batches[0].planes[:, 0, 0].tolist() == [[5, 1], [2, 1]]
    expected = outputs(device.batches[0], "hashed")
    assert np.array_equal(update.value, expected.value)
    assert np.array_equal(update.score, expected.score)
    assert np.array_equal(update.errors, expected.errors)
    assert update.patterns.shape == (0,), "of a heap there is nothing to say"
    assert update.ownership.shape == (0, 0)


def test_illegal_moves_are_marked() -> None:
    update = run(Script(WELCOME, a_grant([2])), Device())[-1]
    assert isinstance(update, m.Update)
    assert (update.priors[0] == m.ILLEGAL_PRIOR).tolist() == [False, False, True]


def test_the_phases_follow_each_other() -> None:
    update = run(Script(WELCOME, a_grant([])), Device())[-1]
    assert isinstance(update, m.Update)
    p = update.phases
    assert p.select <= p.encode <= p.submit <= p.update
    assert (p.device, p.device_end) == (1.0, 2.0)


def test_terminal_leaves_never_go_to_the_device() -> None:
    device = Device()
    sent = run(Script(WELCOME, a_grant([2, 1], [0], [1, 2]), a_grant([2, 1])), device)
    mixed, ended = sent[2:]
    assert isinstance(mixed, m.Update)
    assert isinstance(ended, m.Update)
    assert [len(batch) for batch in device.batches] == [1]
    assert device.batches[0].planes[0, 0, 0].tolist() == [4, -1]
    assert mixed.terminal.tolist() == [1, 0, 1]
    assert mixed.value[[0, 2]].tolist() == [-1.0, -1.0]
    assert mixed.lead[[0, 2]].tolist() == [-0.5, -0.5]
    assert (mixed.priors[[0, 2]] == m.ILLEGAL_PRIOR).all()
    assert ended.terminal.tolist() == [1]
    expected = outputs(device.batches[0], "hashed")
    for update, rows in ((mixed, [0, 2]), (ended, [0])):
        assert update.score[rows].tolist() == [[-0.5, 0.0]] * len(rows)
        assert update.errors[rows].tolist() == [[0.0, 0.0]] * len(rows)
    assert np.array_equal(mixed.score[1], expected.score[0])
    assert np.array_equal(mixed.errors[1], expected.errors[0])


def test_ownership_goes_back_when_it_is_asked_for() -> None:
    update = run(Script(WELCOME, a_grant([], [0], ownership=True)), Device())[-1]
    assert isinstance(update, m.Update)
    assert update.ownership.shape == (2, 2)


def _without_lead_and_ownership(batch: Batch) -> Result:
    made = outputs(batch, "hashed")
    lead, ownership, pairs = np.full_like(made.lead, np.nan), made.ownership[:, :0], np.full_like(made.score, np.nan)
    return Result(Evaluations(made.value, lead, made.priors, ownership, pairs, pairs), 1.0, 2.0)


def test_what_the_net_does_not_say_is_not_made_up() -> None:
    device = Device(_without_lead_and_ownership)
    *_, live, update = run(Script(WELCOME, a_grant([0], [1]), a_grant([2, 1], [0], ownership=True)), device)
    assert isinstance(live, m.Update)
    assert live.score.shape == live.errors.shape == (0, 0)
    assert isinstance(update, m.Update)
    np.testing.assert_array_equal(update.score, np.array([[-0.5, 0.0], [np.nan, np.nan]], np.float32))
    np.testing.assert_array_equal(update.errors, np.array([[0.0, 0.0], [np.nan, np.nan]], np.float32))
    assert update.terminal.tolist() == [1, 0]
    np.testing.assert_array_equal(update.lead, np.array([-0.5, np.nan], np.float32))
    assert update.ownership.shape == (0, 0)


def _trip(_batch: Batch) -> Result:
    raise RuntimeError("the net tripped\nand fell")


@pytest.mark.parametrize(
    ("grant", "device", "reason"),
    [
        (a_grant([]), Device(_trip), "the net tripped"),
        (msgspec.structs.replace(a_grant([]), game="chess"), Device(), "unknown game 'chess'"),
        (a_grant([], record=(2, 2, 2)), Device(), "so much is not there"),
    ],
)
def test_a_failure_is_told_and_the_work_goes_on(grant: m.Grant, device: Device, reason: str) -> None:
    device = Device(device._evaluate)
    sent = run(Script(WELCOME, grant, a_grant([2, 1])), device)
    failed, update = sent[2:]
    assert failed == m.Failed(7, failed.reason, BATCH_REQUEST)  # type: ignore[union-attr]
    assert reason in failed.reason  # type: ignore[union-attr]
    assert "\n" not in failed.reason  # type: ignore[union-attr]
    assert isinstance(update, m.Update)


def test_it_says_that_it_lives_while_it_waits() -> None:
    eager = m.Welcome(m.PROTOCOL_VERSION, "", 0.0)
    sent = run(Script(eager, None, None, a_grant([])), Device(timeouts=3))
    kinds = [type(message) for message in sent]
    assert kinds == [m.Hello, m.Select, *[m.Heartbeat] * 5, m.Update]


def test_it_begins_again_when_it_was_given_up() -> None:
    sent = run(Script(WELCOME, m.NotGreeted(), WELCOME), Device())
    assert [type(message) for message in sent] == [m.Hello, m.Select, m.Hello, m.Select]


def test_it_begins_again_once_however_much_was_refused() -> None:
    refused = m.NotGreeted()
    sent = run(Script(WELCOME, refused, refused, a_grant([0]), refused, WELCOME, a_grant([])), Device())
    assert [type(message) for message in sent] == [m.Hello, m.Select, m.Hello, m.Select, m.Update]


def test_it_forgets_when_told_to() -> None:
    asked, device = a_grant([0], [1]), Device()
    run(Script(WELCOME, asked, asked, m.ClearEvaluations(), asked), CachedDevice(device, 1 << 20))
    assert [len(batch) for batch in device.batches] == [2, 2]
    run(Script(WELCOME, m.ClearEvaluations(), asked), device)


def test_it_retires_when_told_to() -> None:
    script = Script(WELCOME, m.Retire())
    Searcher(script, Device(), BATCH_REQUEST, "s").run()
    assert script.sent[-1] == m.Goodbye()


def test_two_buffers_take_turns() -> None:
    encoder = Encoder("toy")
    first, second, third = (encoder.encode(a_grant(*[[0]] * n)).batch for n in (4, 4, 3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert not np.shares_memory(first.planes, second.planes)
    assert np.shares_memory(first.planes, third.planes)


def test_recent_things_are_kept() -> None:
    made: list[int] = []
    recent: LruCache[int, int] = LruCache(2)
    for key in (1, 2, 1, 3, 1, 2):
        recent.get(key, lambda key=key: made.append(key) or key)  # type: ignore[misc,func-returns-value]
    assert made == [1, 2, 3, 2]


class Another(Hashing):
    info = msgspec.structs.replace(Device.info, device="another")


def test_it_tells_the_master_when_its_device_has_changed() -> None:
    device, other = SwitchingDevice(Device()), CachedDevice(Another(), 1 << 20)

    class Offering(Script):
        def receive(self, timeout: float) -> m.Outbound | None:
            if len(self.messages) == 3:
                device.offer(other)
            return super().receive(timeout)

    script = Offering(WELCOME, a_grant([0]), a_grant([1]), None, a_grant([2]))
    with pytest.raises(ConnectionLost, match="script"):
        Searcher(script, device, BATCH_REQUEST, "s").run()
    kinds = [type(message) for message in script.sent]
    assert kinds == [m.Hello, m.Select, m.Update, m.DeviceChanged, m.Update, m.Update]
    assert script.sent[3] == m.DeviceChanged(other.info)


def test_it_tells_of_a_change_also_while_nobody_searches() -> None:
    device = SwitchingDevice(Device())
    device.explain("it is the best")
    searcher = Searcher(script := Script(WELCOME, None, None), device, BATCH_REQUEST, "s")
    device.explain("it is the best of all")
    with pytest.raises(ConnectionLost, match="script"):
        searcher.run()
    assert script.sent[2:] == [m.DeviceChanged(device.info)]
    assert isinstance(hello := script.sent[0], m.Hello)
    assert hello.net == device.info


class Slow:
    """A clock that stands ``seconds`` later whenever a device has worked."""

    def __init__(self, seconds: float) -> None:
        self.now = 100.0
        self._seconds = seconds

    def monotonic(self) -> float:
        return self.now

    def evaluate(self, batch: Batch) -> Result:
        self.now += self._seconds
        return Result(outputs(batch, "hashed"), 1.0, 2.0)


@pytest.mark.parametrize(
    ("took", "told", "sent"),
    [
        (30.0, [m.Revoked(7)], m.Failed(7, "it took too long", BATCH_REQUEST)),
        (30.0, [m.Revoked(6), None], m.Update),
        (30.0, [None], m.Update),
        (0.1, [m.Revoked(7)], m.Update),  # it is on its way before it can be known
    ],
)
def test_it_drops_what_took_too_long_and_asks_anew(
    monkeypatch: pytest.MonkeyPatch, took: float, told: list[m.Outbound | None], sent: m.Failed | type[m.Update]
) -> None:
    clock = Slow(took)
    monkeypatch.setattr("daemon.searcher.time", clock)
    said = run(Script(WELCOME, a_grant([]), *told, None, a_grant([0])), Device(clock.evaluate))
    answer = [message for message in said if not isinstance(message, m.Heartbeat)][2]
    assert answer == sent if isinstance(sent, m.Failed) else isinstance(answer, sent)
    assert isinstance(answer, m.Update | m.Failed)
    assert answer.batch_request == BATCH_REQUEST
    if took < 1.0:
        assert isinstance(said[-1], m.Update)


def test_a_master_that_welcomes_it_again_may_mean_other_positions_by_the_same_numbers() -> None:
    device = Device()
    before, after = a_grant([], record=()), a_grant([], record=(0,))
    number = before.parts[0].position
    after = msgspec.structs.replace(after, parts=[msgspec.structs.replace(after.parts[0], position=number)])
    run(Script(WELCOME, before, m.NotGreeted(), WELCOME, after), device)
    assert [batch.planes[0, 0, 0].tolist() for batch in device.batches] == [[5, 1], [4, -1]]


def test_what_another_process_writes_meanwhile_goes_with_the_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    private, real = tmp_path / "private", shutil.rmtree
    private.mkdir()
    late = iter(["device", "device-1"])

    def rmtree(path: Path, ignore_errors: bool) -> None:
        real(path, ignore_errors=ignore_errors)
        for name in late:  # between the last look at what is there and the directory's own end
            path.mkdir()
            (path / name).touch()
            return

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    remove(private)
    assert not private.exists()
