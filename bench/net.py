"""How many positions a net evaluates in a second behind each backend, by board size and batch: the device alone.

The backends take turns, so that all of them see the same machine; a CPU's are told by the time that they took of a
core, which means the same while others work, too.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.noise import noise
from daemon.evaluation.devices.backends import Backend, ThisMachine, candidates
from daemon.evaluation.devices.open_device import can_have, open_device
from daemon.gpu_client import Device
from nets import BUNDLED
from nets.facts import game_of, sizes_of
from protocol.choices import DeviceName

SIZES = (9, 13, 19)
BATCHES = (1, 4, 16)
DEVICES: tuple[DeviceName, ...] = ("cuda", "openvino", "winograd", "torch")
ROUNDS = 9
EVALUATIONS = 16
"""In a turn at least, so that a clock of the system can tell how long they take."""

INSTRUCTIONS = ("avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd")


def measure(
    file: Path | None = None,
    sizes: Sequence[int] = SIZES,
    batches: Sequence[int] = BATCHES,
    rounds: int = ROUNDS,
    devices: Sequence[DeviceName] = DEVICES,
) -> dict[str, Any]:
    """Evaluations a second and core of the net in ``file``, the bundled one for None, on every device that is there.

    A row for each board size and batch, a column for each backend: medians over the rounds. Sizes that the net does not
    play are left out. Raises ``NetError``, and ``GameError`` for a net of another game.
    """
    least, most = sizes_of(file or BUNDLED)
    opened = {
        backend: open_device(file, backend, 1, max(batches))
        for backend in can_have(list(_backends(devices)), game_of(file or BUNDLED))
    }
    rows = []
    for size in sizes:
        for n in batches if least <= size <= most else ():
            rates = _rates(opened, size, n, rounds)
            rows.append({"size": size, "batch": n, **{str(one): round(rate, 1) for one, rate in rates.items()}})
    for device in opened.values():
        device.close()
    name = next(iter(opened.values())).info.name
    return {"net": name, "cpu": instructions(), "unit": "evaluations per second and core", "rates": rows}


def instructions() -> str:
    """Those of this CPU that matter here."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    flags = next((line.split(":", 1)[1].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return " ".join(one for one in INSTRUCTIONS if one in flags)


def _backends(devices: Sequence[DeviceName]) -> Iterator[Backend]:
    machine = ThisMachine()
    for device in devices:
        if machine.missing(device) is None:
            yield from candidates(device, "auto", machine)


def _rates(opened: dict[Backend, Device], size: int, n: int, rounds: int) -> dict[Backend, float]:
    batches = {backend: noise(device.info.features, size, n) for backend, device in opened.items()}
    times = -(-EVALUATIONS // n)
    taken: dict[Backend, list[float]] = {backend: [] for backend in opened}
    for turn in range(rounds + 1):
        for backend, device in opened.items():
            clock = time.perf_counter if backend.device == "cuda" else time.process_time
            if not turn:  # the first is for what is compiled
                device.submit(batches[backend]).result()
                continue
            device.submit(batches[backend]).result()  # as in a search, where nobody else comes in between
            begun = clock()
            for _ in range(times):
                device.submit(batches[backend]).result()
            taken[backend].append((clock() - begun) / (n * times))
    return {backend: 1.0 / max(1e-9, statistics.median(seconds)) for backend, seconds in taken.items()}
