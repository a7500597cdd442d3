"""The net alone: what as many processes as a daemon has searchers evaluate when they do nothing else.

No daemon can make more evaluations than that, and how near it comes is what its own work costs.
"""

from __future__ import annotations

import time
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from tempfile import TemporaryDirectory

from bench.noise import noise
from daemon.evaluation.devices.searcher_device import make_device
from daemon.gpu_client import Device
from daemon.process.options import Options
from protocol.choices import Devices
from zhugo.shared.options import DaemonOptions
from zhugo.shared.process_places import next_place, places
from zhugo.shared.workers import Workers


class _Process:
    """What a process works with."""

    device: Device
    together: Barrier


def evaluations_per_s(options: DaemonOptions, size: int, batch: int, seconds: float) -> float:
    """Of all processes together, in batches of ``batch`` positions. Raises ``NetError`` and ``DeviceError``.

    The device is what is known to be best by now; as a daemon that has just run found it.
    """
    devices = Devices.parse(options.device)
    count = options.searchers or devices.searchers
    given = Options(
        searchers=count,
        net=options.net,
        device=devices.name,
        device_numbers=devices.numbers,
        precision=options.precision,
        device_choice="known",
        latency=Options.latency if options.latency_ms is None else options.latency_ms / 1e3,
        batch=batch,
        cache_mb=0,
    )
    with TemporaryDirectory() as directory:
        together = get_context("spawn").Barrier(count)
        with Workers(count, _begin, (given, directory, together, places())) as pool:
            rates = [pool.submit(_rate, size, batch, seconds) for _ in range(count)]
            return sum(rate.result() for rate in rates)


def _begin(options: Options, directory: str, together: Barrier, taken: Synchronized[int]) -> None:
    told = options.for_searcher("", f"searcher {next_place(taken)}", directory)
    _Process.device, _Process.together = make_device(told)[0], together


def _rate(size: int, batch: int, seconds: float) -> float:
    device = _Process.device
    positions = noise(device.info.features, size, batch)
    for _ in range(3):
        device.submit(positions).result()
    _Process.together.wait()
    begin, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begin) < seconds:
        device.submit(positions).result()
        done += batch
    return done / elapsed
