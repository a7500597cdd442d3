"""How many positions a net evaluates in a second, by backend, threads, board size and batch: the device alone."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.noise import noise
from daemon.evaluation.devices.backends import Backend, ThisMachine, candidates
from daemon.evaluation.devices.open_device import open_device
from daemon.gpu_client import Device
from protocol.choices import DeviceName

SIZES = (9, 19)
BATCHES = (1, 4, 16, 64)
THREADS = (1, 2)
DEVICES: tuple[DeviceName, ...] = ("cuda", "openvino", "winograd", "torch")
RUNS = 5
_RUN_SECONDS = 0.2


def measure(
    file: Path | None = None,
    sizes: Sequence[int] = SIZES,
    batches: Sequence[int] = BATCHES,
    threads: Sequence[int] = THREADS,
) -> dict[str, Any]:
    """Evaluations a second of the net in ``file``, the bundled one for None, on every device that is there.

    A row for each backend, number of threads and size, a column for each batch: medians of several runs each. Raises
    ``NetError``.
    """
    rows = []
    name = ""
    for backend in _backends():
        for count in threads if backend.device != "cuda" else (1,):
            device = open_device(file, backend, count, max(batches))
            name = device.info.name
            for size in sizes:
                rates = {f"batch_{n}": round(_rate(device, size, n), 1) for n in batches}
                rows.append({"backend": str(backend), "threads": count, "size": size, **rates})
            device.close()
    return {"net": name, "unit": "evaluations per second", "backends": rows}


def _backends() -> Iterator[Backend]:
    machine = ThisMachine()
    for device in DEVICES:
        if machine.missing(device) is None:
            yield from candidates(device, "auto", machine)


def _rate(device: Device, size: int, n: int) -> float:
    """Median of several runs."""
    batch = noise(device.info.features, size, n)
    rates = []
    for run in range(RUNS + 1):
        begin = time.perf_counter()
        done = 0
        while (elapsed := time.perf_counter() - begin) < _RUN_SECONDS:
            device.submit(batch).result()
            done += n
        if run:
            rates.append(done / elapsed)
    return statistics.median(rates)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None), indent=1))
