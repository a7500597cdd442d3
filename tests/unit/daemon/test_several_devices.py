"""Several devices of a kind: how they are named, who has which, and how busy each of them is."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from msgspec import UNSET
from rich.console import Console

from daemon.core.checkpoint import load, save
from daemon.core.counters import DeviceMeters
from daemon.core.scheduler import Scheduler
from daemon.evaluation.devices import gpus
from daemon.evaluation.devices.searcher_device import make_device
from daemon.gpu_client import DeviceError
from daemon.process.options import OptionError, Options
from daemon.replay.hashed_game import HashedReferee, optimism_of, records_of
from protocol import messages as m
from protocol.choices import Devices
from tests.core.local import Local
from zhugo.shared.busy import busy_share
from zhugo.shared.status_view import view


@pytest.mark.parametrize(("text", "name", "numbers"), [
    ("auto", "auto", ()), ("cuda", "cuda", ()), ("cuda:0", "cuda", (0,)), ("cuda:0,1", "cuda", (0, 1)),
    ("cuda:3,1", "cuda", (3, 1)), ("emulated:0,1,2", "emulated", (0, 1, 2)), ("torch", "torch", ()),
])  # fmt: skip
def test_devices_as_text(text: str, name: str, numbers: tuple[int, ...]) -> None:
    found = Devices.parse(text)
    assert (found.name, found.numbers, str(found)) == (name, numbers, text)


@pytest.mark.parametrize(("text", "complaint"), [
    ("tpu", "'tpu' is not one of auto, cuda, "),
    ("torch:0", "'torch:0': only cuda and emulated have numbers"),
    ("cuda:", "'cuda:': numbers of devices with commas, such as cuda:0,1"),
    ("cuda:0,", "numbers of devices with commas"),
    ("cuda:x", "numbers of devices with commas"),
    ("cuda:-1", "numbers of devices with commas"),
    ("cuda:١", "numbers of devices with commas"),
    ("cuda:0,0", "each number once, from 0 to 63"),
    ("cuda:64", "each number once, from 0 to 63"),
])  # fmt: skip
def test_what_names_no_devices(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Devices.parse(text)


def test_searchers_get_devices_in_turn() -> None:
    devices = Devices.parse("cuda:2,5")
    assert [devices.of_searcher(index) for index in range(5)] == [2, 5, 2, 5, 2]
    assert (devices.searchers, Devices().searchers) == (4, 2)
    options = Options(device="cuda", device_numbers=(2, 5), searchers=4)
    told = [options.for_searcher("a", f"searcher {index}", "/p") for index in range(4)]
    assert [one.device_number for one in told] == [2, 5, 2, 5]
    assert {one.device_numbers for one in told} == {(2, 5)}


def test_there_are_as_many_searchers_as_devices_at_least() -> None:
    with pytest.raises(OptionError, match="--searchers 1: fewer than the devices of --device cuda:0,1"):
        Options(device="cuda", device_numbers=(0, 1), searchers=1).check()
    Options(device="cuda", device_numbers=(0, 1), searchers=0).check()


@pytest.mark.parametrize(("number", "numbers", "seen", "expected"), [
    (0, (0,), None, "0"), (0, (0, 1), None, "0,1"), (1, (0, 1), None, "1,0"), (5, (1, 3, 5), None, "5,1,3"),
    (1, (0, 1), "4,6", "6,4"), (0, (0,), "GPU-8f3a, GPU-11bc", "GPU-8f3a"),
])  # fmt: skip
def test_cuda_shows_a_searchers_gpu_first(
    number: int, numbers: tuple[int, ...], seen: str | None, expected: str
) -> None:
    environment = {} if seen is None else {gpus.VISIBLE: seen}
    gpus.put_first(number, numbers, environment)
    assert environment == {gpus.VISIBLE: expected}


def test_a_gpu_that_is_hidden_from_us_is_not_there() -> None:
    environment = {gpus.VISIBLE: "4,6"}
    with pytest.raises(DeviceError, match="--device cuda:2: CUDA_VISIBLE_DEVICES=4,6 leaves no GPU of that number"):
        gpus.put_first(0, (0, 2), environment)


@pytest.mark.parametrize(("number", "there", "missing"), [(0, 2, 7), (7, 0, 7), (1, 1, 7)])
def test_the_first_gpu_that_cuda_does_not_show_is_named(number: int, there: int, missing: int) -> None:
    with pytest.raises(DeviceError, match=f"--device cuda:0,1,7: there is no GPU {missing}$"):
        gpus.check_all_there(number, (0, 1, 7), there)
    gpus.check_all_there(number, (0, 1, 7), 3)


def test_a_searcher_has_the_queue_of_its_own_emulated_device(tmp_path: Path) -> None:
    options = Options(device="emulated", device_numbers=(0, 1), searchers=3)
    devices = [make_device(options.for_searcher("", f"searcher {index}", str(tmp_path)))[0] for index in range(3)]
    assert [device.info.number for device in devices] == [0, 1, 0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["device-0", "device-1"]
    alone = make_device(Options(device="emulated").for_searcher("", "searcher 0", str(tmp_path)))[0]
    assert alone.info.number is UNSET
    assert (tmp_path / "device").exists()


def test_each_device_has_a_meter() -> None:
    meters = DeviceMeters()
    assert meters.busy_share() == 0.0
    for begin in range(4):  # the first is always busy, the second half of the time
        meters.add(0, float(begin), begin + 1.0)
        meters.add(1, float(begin), begin + 0.5)
    assert meters.busy_seconds() == pytest.approx(6.0)
    assert meters.meters[0].busy_share() == pytest.approx(1.0)
    assert meters.meters[1].busy_share() == pytest.approx(2.0 / 3.5)
    assert meters.busy_share() == pytest.approx((1.0 + 2.0 / 3.5) / 2.0)


def test_the_status_shows_each_device() -> None:
    local = Local()
    for number, searcher in enumerate((b"one", b"two")):
        net = m.NetInfo("n", "", "any", "GPU", number=number)
        local.say(searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", searcher.decode(), 1, net))
    local.ask(m.Search, "s", m.Limits(visits=20))
    for number, searcher in enumerate((b"one", b"two")):
        grant = local.select(searcher)
        assert grant is not None
        phases = m.Phases(0.0, 0.0, 0.0, 0.0, 1.0 + number, 3.0)
        local.say(searcher, m.Update(grant.grant, phases, **local.game.evaluate(records_of(grant), optimism_of(grant))))
    (status,) = local.ask(m.AskStatus)
    assert isinstance(status, m.Status)
    assert status.devices == [m.DeviceStatus(0, 1.0, 1.0), m.DeviceStatus(1, 1.0, 2.0)]
    assert (status.device_busy, status.device_seconds) == (1.0, 3.0)
    assert busy_share(status, status, 1.0) == 0.0

    again = Scheduler(HashedReferee(), local.core.config)
    load(again, [bytes(frame) for frame in save(local.core)])
    assert again.devices == local.core.devices

    text = StringIO()
    Console(file=text, width=120).print(view(status, None))
    shown = text.getvalue().splitlines()
    at = next(row for row, line in enumerate(shown) if "Devices" in line)
    assert [line.split()[:3] for line in shown[at + 4 : at + 6]] == [["0", "GPU", "1"], ["1", "GPU", "1"]]


def test_one_device_has_no_number() -> None:
    local = Local()
    local.greet(b"one")
    (status,) = local.ask(m.AskStatus)
    assert isinstance(status, m.Status)
    assert status.devices is UNSET
