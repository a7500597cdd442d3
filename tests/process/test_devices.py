"""What a daemon says of a device that it cannot have: one line, exit code 2, nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import UnsetType

from protocol.messages import Status
from tests.daemons import PATIENCE, eventually, start
from zhugo.api.engine import Engine


@pytest.mark.parametrize(("options", "complaint"), [
    (["--device", "torch", "--precision", "int8"], "--precision int8: torch evaluates in bf16 or f32 only"),
    (["--device", "torch", "--precision", "f16"], "--precision f16: torch evaluates in bf16 or f32 only"),
    (["--device", "emulated", "--precision", "f32"], "--precision has no use with --device emulated"),
    (["--device", "emulated:0,1", "--searchers", "1"],
     "--searchers 1: fewer than the devices of --device emulated:0,1"),
])  # fmt: skip
def test_a_precision_that_is_not_there(options: list[str], complaint: str) -> None:
    process = start(*options)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors == f"zhugo-searchd: {complaint}\n"


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there() -> None:
    process = start("--device", "cuda")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors.startswith("zhugo-searchd: --device cuda: ")
    assert errors.count("\n") == 1


def test_two_devices_work_side_by_side() -> None:
    with Engine(device="emulated:0,1", latency_ms=20.0) as engine:
        client = engine._client
        for number in range(4):
            client.open(f"{number}", "go", {"size": 9}, [number]).search()
        eventually(lambda: _all_work(client.status()), "each of four searchers has had a batch")
        status = client.status()
    assert not isinstance(status.devices, UnsetType)
    assert [one.number for one in status.devices] == [0, 1]
    assert all(one.busy > 0.0 for one in status.devices)
    of_searchers = [one.net.number for one in sorted(status.searchers, key=lambda one: one.name) if one.net is not None]
    assert of_searchers == [0, 1, 0, 1]


def _all_work(status: Status) -> bool:
    return len(status.searchers) == 4 and all(one.batches for one in status.searchers)
