"""GPUs as NVIDIA's library tells of them, made up here: what is shown of them, and that their lack is no error."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from daemon.evaluation.gpu_monitor import GpuMonitor, GpuUse, Nvml, described
from daemon.process.metrics import make_registry
from tests.daemons import eventually
from tests.unit.daemon.test_metrics import figures
from zhugo.shared.status_view import is_on_this_machine, view

GIB = 2**30
H200 = GpuUse(0, "NVIDIA H200", 0.83, 41 * GIB, 140 * GIB, 412.0)
PART = GpuUse(1, "NVIDIA H200 MIG 1g.18gb", None, 2 * GIB, 16 * GIB, None)


class NVMLError(Exception):
    """As the library has it."""


@dataclass
class Rates:
    gpu: int


@dataclass
class Memory:
    used: int
    total: int


def library(uses: Sequence[GpuUse]) -> Any:
    """NVIDIA's, with these GPUs; the handle of one is what it says."""

    def told(value: Any) -> Any:
        if value is None:
            raise NVMLError("Not Supported")
        return value

    made: Any = types.ModuleType("pynvml")
    made.NVMLError = NVMLError
    made.nvmlInit = lambda: None
    made.nvmlDeviceGetCount = lambda: len(uses)
    made.nvmlDeviceGetHandleByIndex = lambda number: uses[number]
    made.nvmlDeviceGetName = lambda use: use.name.encode()
    made.nvmlDeviceGetUtilizationRates = lambda use: Rates(round(100 * told(use.busy)))
    made.nvmlDeviceGetMemoryInfo = lambda use: Memory(told(use.used), use.memory)
    made.nvmlDeviceGetPowerUsage = lambda use: round(1000 * told(use.watts))
    return made


def no_driver() -> Any:
    made = library([])

    def fail() -> None:
        raise NVMLError("Driver Not Loaded")

    made.nvmlInit = fail
    return made


def test_every_gpu_says_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library([H200, PART]))
    assert Nvml().read() == [H200, PART]


@pytest.mark.parametrize("there", [None, no_driver(), library([])], ids=["no library", "no driver", "no GPU"])
def test_where_nothing_is_there_nothing_is_read(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", there)
    reader = Nvml()
    assert (reader.read(), reader.read()) == ([], [])
    with GpuMonitor(reader, every=0.001) as monitor:
        monitor._thread.join()
        assert (list(monitor.now()), monitor.lap()) == ([], None)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (H200, "GPU 83%, 41.0 of 140.0 GiB, 412 W"),
        (PART, "GPU 2.0 of 16.0 GiB"),
        (GpuUse(0, "?", busy=0.0), "GPU 0%"),
    ],
)
def test_a_gpu_in_a_few_words(use: GpuUse, words: str) -> None:
    assert described(use) == words


class Turned:
    """A reader of two GPUs that are busier at every reading."""

    def __init__(self) -> None:
        self.readings = 0

    def read(self) -> list[GpuUse]:
        self.readings += 1
        n = self.readings
        return [GpuUse(number, "G", 0.1 * min(n, 5), n * GIB, 80 * GIB, 100.0) for number in range(2)]


def test_a_lap_is_what_all_of_them_did_since_the_last() -> None:
    reader = Turned()
    with GpuMonitor(reader, every=0.001) as monitor:
        eventually(lambda: reader.readings > 20, "it reads on")
    (one, other), lap = monitor.now(), monitor.lap()
    assert lap is not None
    assert (one.number, other.number) == (0, 1)
    assert lap.used == 2 * reader.readings * GIB
    assert (lap.memory, lap.watts) == (160 * GIB, 200.0)
    assert lap.busy is not None
    assert 0.3 < lap.busy < 0.5
    assert monitor.lap() is None


class Fixed:
    def __init__(self, *uses: GpuUse) -> None:
        self._uses = uses

    def read(self) -> Sequence[GpuUse]:
        return self._uses


def test_metrics_of_gpus() -> None:
    def samples(*uses: GpuUse) -> dict[tuple[str, str], float]:
        registry = make_registry(figures, Fixed(*uses))
        families = [family for family in registry.collect() if family.name.startswith("zhugo_gpu")]
        return {(sample.name, sample.labels["gpu"]): sample.value for family in families for sample in family.samples}

    assert samples(H200, PART) == {
        ("zhugo_gpu_busy_ratio", "0"): 0.83,
        ("zhugo_gpu_memory_used_bytes", "0"): 41 * GIB,
        ("zhugo_gpu_memory_used_bytes", "1"): 2 * GIB,
        ("zhugo_gpu_memory_bytes", "0"): 140 * GIB,
        ("zhugo_gpu_memory_bytes", "1"): 16 * GIB,
        ("zhugo_gpu_watts", "0"): 412.0,
    }
    assert samples() == {}


@pytest.mark.parametrize("uses", [(), (H200, PART)])
def test_the_status_shows_the_gpus_there_are(uses: Sequence[GpuUse]) -> None:
    text = io.StringIO()
    Console(file=text, width=120).print(view(figures().status, None, uses))
    rows = [" ".join(line.split()) for line in text.getvalue().splitlines()]
    shown = [row for row in rows if "NVIDIA" in row]
    assert (
        shown
        == [
            "0 NVIDIA H200 83% 41.0 GiB 140.0 GiB 412 W",
            "1 NVIDIA H200 MIG 1g.18gb 2.0 GiB 16.0 GiB",
        ][: len(uses)]
    )
    assert ("GPUs, whoever uses them" in text.getvalue()) is bool(uses)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("ipc:///run/zhugo/master.sock", True),
        ("tcp://127.0.0.1:5555", True),
        ("tcp://localhost:5555", True),
        ("tcp://[::1]:5555", True),
        ("tcp://10.0.0.7:5555", False),
        ("tcp://club.example:5555", False),
    ],
)
def test_only_a_daemon_on_this_machine_shares_its_gpus(address: str, here: bool) -> None:
    assert is_on_this_machine(address) is here
