"""The device that a searcher works with, made by its options."""

from __future__ import annotations

from pathlib import Path

from daemon.backends import Backend, ThisMachine, candidates
from daemon.device_emulated import EmulatedDevice, Emulation
from daemon.gpu_client import Device
from daemon.options import SearcherOptions
from protocol.messages import Wish

BATCHES = {"cuda": 32, "openvino": 4, "torch": 8, "emulated": 16}
"""How many leaves a searcher asks for. On a CPU a large batch saves little, and a small one hardly bends the search.

Measured with b6c96 on 19x19, one thread, ms a position in batches of 1, 4, 8, 16: torch f32 9.3, 7.6, 7.2, 6.9;
OpenVINO bf16 4.2, 3.6, 3.5, 3.4.
"""


def make_device(options: SearcherOptions) -> tuple[Device, Wish]:
    """The device that the options name, and what to ask the master for. Raises ``NetError`` or ``DeviceError``."""
    if options.device == "emulated":
        emulation = Emulation(options.latency, options.latency_per_leaf, options.outputs)
        device: Device = EmulatedDevice(Path(options.private) / "device", emulation, options.features)
        return device, _wish(options, "emulated")
    net = None if options.net is None else Path(options.net)
    choice = [one for one in candidates(options.device, options.precision, ThisMachine()) if one.precision != "int8"]
    backend = choice[0]
    wish = _wish(options, backend.device)
    return open_device(net, backend, options.threads, wish.leaves), wish


def open_device(net: Path | None, backend: Backend, threads: int, full: int, why: str = "") -> Device:
    """The net in a file, the bundled one for None, behind this backend; ``full`` is the size of most batches.

    Raises ``NetError`` or ``DeviceError``.
    """
    if backend.device == "openvino":
        from daemon import openvino_model
        from daemon.device_openvino import OpenVinoDevice

        return OpenVinoDevice(openvino_model.load(net), backend.precision, threads, full, why)
    import nets
    from daemon.device_torch import TorchDevice

    return TorchDevice(nets.load(net), threads, backend.precision, why)


def _wish(options: SearcherOptions, device: str) -> Wish:
    # Speculation pays where a larger batch costs little.
    speculate = options.speculate == "on" or (options.speculate == "auto" and device == "cuda")
    return Wish(options.batch or BATCHES[device], speculate)
