"""The device that a searcher works with, made by its options."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nets
from daemon.devices.accuracy import Accuracy, choose, compare, cpu, evaluate
from daemon.devices.backends import Backend, ThisMachine, candidates
from daemon.devices.emulated import EmulatedDevice, Emulation
from daemon.devices.evaluation_cache import CachedDevice
from daemon.devices.symmetries import SymmetricDevice
from daemon.gpu_client import Batch, Device, DeviceError
from daemon.options import SearcherOptions, cores
from games import GameError
from nets.facts import game_of
from protocol.messages import Wish

BATCHES = {"cuda": 32, "openvino": 16, "torch": 8, "emulated": 16}
"""How many leaves a searcher asks for.

Measured with b6c96 on 19x19, one thread, ms a position in batches of 1, 4, 8, 16: torch f32 9.3, 7.6, 7.2, 6.9;
OpenVINO bf16 4.2, 3.6, 3.5, 3.4. What is between two batches has its price too, and the cores get slow while they wait:
eight trees at a time, 200 visits each, went 1.3 times as fast on 9x9 in batches of 16 as in batches of 4, and 1.1 times
on 19x19; in batches of 32 no faster than in 4.
"""

PER_TREE = {"openvino": 4}
"""How many of them at most may come from one tree: a small batch hardly bends its search."""

SPECULATING = ("cuda", "openvino")
"""Devices whose batches are filled by speculation: where a larger batch costs little, and where it costs less than the
core that stands still while its searcher is parked.
"""

NEAR = ("openvino", "torch")
"""Those of which every leaf has its full price, so that they speculate only on what is likely to be wanted.

In a model of two searchers (b6c96, batches of 4, 400 visits on 9x9) a search without speculation takes 1.19 times as
long. It costs 1.07 evaluations a visit if near, 1.12 if not; and where one searcher is often held up, 1.07 and 1.23.
"""

CACHE_MB = 64
"""Some 28,000 positions of 19x19, 100,000 of 9x9."""


def make_device(options: SearcherOptions) -> tuple[Device, Wish]:
    """The device that the options name, and what to ask the master for. Raises ``NetError`` or ``DeviceError``."""
    device, wish = _plain_device(options)
    if options.symmetries:
        _check_symmetric(options)
        device = SymmetricDevice(device, options.symmetry_seed)
    # An emulated device is there to be busy.
    megabytes = (0 if options.device == "emulated" else CACHE_MB) if options.cache_mb is None else options.cache_mb
    return CachedDevice(device, megabytes << 20) if megabytes else device, wish


def _plain_device(options: SearcherOptions) -> tuple[Device, Wish]:
    if options.device == "emulated":
        emulation = Emulation(options.latency, options.latency_per_leaf, options.outputs)
        device: Device = EmulatedDevice(Path(options.private) / "device", emulation, options.features)
        return device, wish_for(options, "emulated")
    net = nets.BUNDLED if options.net is None else Path(options.net)
    game = game_of(net)
    backends = _possible(candidates(options.device, options.precision, ThisMachine()), game)
    chosen = "auto" in (options.device, options.precision)
    backend, why = _chosen(net, game, backends, options.threads) if chosen else (backends[0], "as asked")
    if chosen and options.first:
        print(f"device: {backend}: {why}", file=sys.stderr, flush=True)  # noqa: T201
    wish = wish_for(options, backend.device)
    return open_device(net, backend, options.threads, wish.per_tree or wish.leaves, why), wish


def _check_symmetric(options: SearcherOptions) -> None:
    if options.net is not None and (game := game_of(Path(options.net))) != "go":
        raise DeviceError(f"--symmetries: those of {game} are not known, only Go's")


def _possible(backends: Sequence[Backend], game: str) -> Sequence[Backend]:
    """The backends that a net for this game can have. Raises ``DeviceError`` when none is left."""
    if game == "go":
        return backends
    left = [backend for backend in backends if backend.precision != "int8"]
    if not left:
        raise DeviceError(f"--precision int8: calibrated on games of Go, so not for a net that plays {game}")
    return left


def open_device(net: Path | None, backend: Backend, threads: int, full: int, why: str = "") -> Device:
    """The net in a file, the bundled one for None, behind this backend; ``full`` is the size of most batches.

    Raises ``NetError`` or ``DeviceError``.
    """
    net = net or nets.BUNDLED
    if backend.device == "openvino":
        from daemon.devices import openvino_model
        from daemon.devices.openvino_cpu import OpenVinoDevice

        model = openvino_model.load(net)
        if backend.precision == "int8":
            model = openvino_model.in_bytes(model, cores())  # others wait for it
        return OpenVinoDevice(model, backend.precision, threads, full, why)
    if backend.device == "cuda":
        from daemon.devices.cuda import CudaDevice

        return CudaDevice(nets.load(net), backend.precision, full, why)
    from daemon.devices.torch_cpu import TorchDevice

    return TorchDevice(nets.load(net), threads, backend.precision, why)


def measure(net: Path, backends: Sequence[Backend], threads: int, starts: Sequence[int]) -> dict[str, Accuracy]:
    """How accurate and how fast each of these backends that the net can have is, by the name of its precision.

    starts: which positions of the bundled games of Go, see ``real_positions.sample``; other games are played at random.
    Imports torch. Raises ``NetError``, ``DeviceError``, or ``GameError`` when none of the games is of a size that the
    net plays.
    """
    from daemon.devices import real_positions

    loaded = nets.load(net)
    if loaded.game == "go":
        samples = real_positions.sample(loaded.features, range(loaded.min_size, loaded.max_size + 1), starts)
    else:
        samples = [real_positions.played_at_random(loaded.game, loaded.spec, loaded.features)]
    backends = _possible(backends, game_of(net))
    reference = _evaluated(net, Backend("torch", "f32"), threads, samples, BATCHES["torch"])[0]
    found: dict[str, Accuracy] = {}
    for backend in backends:
        evaluations, seconds = _evaluated(net, backend, threads, samples, BATCHES[backend.device])
        rate = (1 if backend.device == "cuda" else threads) / max(seconds, 1e-9)
        found[backend.precision] = compare(reference, evaluations, rate)
    return found


def _evaluated(
    net: Path, backend: Backend, threads: int, samples: Sequence[Batch], size: int
) -> tuple[list[nets.Evaluations], float]:
    device = open_device(net, backend, threads, size)
    try:
        return evaluate(device, samples, size, time.perf_counter if backend.device == "cuda" else time.process_time)
    finally:
        device.close()


def _chosen(net: Path, game: str, backends: Sequence[Backend], threads: int) -> tuple[Backend, str]:
    if game != "go":
        return _exact(backends), f"f32, which is exact, for a net that plays {game}"
    hardware = cpu()
    if backends[0].device == "cuda":
        import torch

        hardware = torch.cuda.get_device_name()
    if not net.is_file():
        nets.load(net)  # which says what is wrong with it
    try:
        return choose(net, backends, lambda: measure(net, backends, threads, (1, 2, 3, 4)), hardware)
    except GameError as error:
        return _exact(backends), f"f32, which is exact, for nothing can be measured: {error}"


def _exact(backends: Sequence[Backend]) -> Backend:
    return next((backend for backend in backends if backend.precision == "f32"), backends[0])


def wish_for(options: SearcherOptions, device: str) -> Wish:
    """What a searcher on this device asks the master for, as far as the options leave it open."""
    speculate = options.speculate == "on" or (options.speculate == "auto" and device in SPECULATING)
    near = speculate and device in NEAR
    if options.batch is not None:
        return Wish(options.batch, speculate, near)
    return Wish(BATCHES[device], speculate, near, PER_TREE.get(device))
