"""One backend opened for a net, and what a searcher with it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

import nets
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.disk_cache import Keep
from daemon.evaluation.machine import cores
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.gpu_client import Device, DeviceError
from daemon.schedules.interface import Request
from daemon.schedules.service import request_for
from protocol.messages import BatchRequest

BATCHES = {"cuda": 32, "openvino": 16, "winograd": 16, "torch": 8, "emulated": 16}
"""How many leaves a searcher asks for.

Measured with b6c96 on 19x19, one thread, ms a position in batches of 1, 4, 8, 16: torch f32 9.3, 7.6, 7.2, 6.9;
OpenVINO bf16 4.2, 3.6, 3.5, 3.4. What is between two batches has its price too, and the cores get slow while they wait:
eight trees at a time, 200 visits each, went 1.3 times as fast on 9x9 in batches of 16 as in batches of 4, and 1.1 times
on 19x19; in batches of 32 no faster than in 4.
"""

PER_TREE = {"openvino": 3, "winograd": 3}
"""How many of them at most may come from one tree: a small batch hardly bends its search, and what is guessed to fill
it is seldom in vain.

b6c96, one tree, two cores, visits a second of batches of 2 and 3 beside those of 4, medians of two or three runs in
turn: int8 by AVX2 on 9x9 1.15 and 1.17; winograd by AVX2 on 19x19 1.03 and 1.08; bf16 by AMX on 9x9 0.86 and 1.04. Of
100 evaluations 79, 93 and 86 were visits in batches of 4, 2 and 3.
"""

SPECULATING = ("cuda", "openvino", "winograd")
"""Devices whose batches are filled by speculation: where a larger batch costs little, and where it costs less than the
core that stands still while its searcher is parked.
"""

SHALLOW = ("openvino", "winograd", "torch")
"""Those of which every leaf has its full price, so that they speculate only on what is likely to be wanted.

In a model of two searchers (b6c96, batches of 4, 400 visits on 9x9) a search without speculation takes 1.19 times as
long. It costs 1.07 evaluations a visit if near, 1.12 if not; and where one searcher is often held up, 1.07 and 1.23.
"""


def can_have(backends: Sequence[Backend], game: str) -> Sequence[Backend]:
    """The backends that a net for this game can have. Raises ``DeviceError`` when none is left."""
    if game == "go":
        return backends
    left = [backend for backend in backends if backend.precision != "int8"]
    if not left:
        raise DeviceError(f"--precision int8: calibrated on games of Go, so not for a net that plays {game}")
    return left


def open_device(
    net: Path | None, backend: Backend, threads: int, full: int, why: str = "", number: int | None = None
) -> Device:
    """The net in a file, the bundled one for None, behind this backend; ``full`` is the size of most batches.

    number: of the GPU that CUDA shows first, where there are several to choose from. Raises ``NetError`` or
    ``DeviceError``.
    """
    net = net or nets.BUNDLED
    if backend.device == "openvino":
        from daemon.evaluation.devices import openvino_model
        from daemon.evaluation.devices.openvino_cpu import OpenVinoDevice

        model = openvino_model.load(net)
        if backend.precision == "int8":
            model = openvino_model.in_bytes(model, cores())  # others wait for it
        return OpenVinoDevice(model, backend.precision, threads, full, why)
    if backend.device == "cuda":
        from daemon.evaluation.devices.cuda import CudaDevice

        return CudaDevice(nets.load(net), backend.precision, full, why, number)
    if backend.device == "winograd":
        from daemon.evaluation.devices.winograd_cpu import WinogradDevice

        return WinogradDevice(nets.load(net), threads, backend.precision, why)
    from daemon.evaluation.devices.torch_cpu import TorchDevice

    return TorchDevice(nets.load(net), threads, backend.precision, why)


def is_ready(sha256: str, backend: Backend) -> bool:
    """Whether a net of this hash can be opened behind this backend within seconds: it need not be calibrated."""
    if backend.precision != "int8":
        return True
    from daemon.evaluation.devices.openvino_model import has_in_bytes

    return has_in_bytes(sha256)


def make_ready(net: Path, backend: Backend, keep: Keep) -> None:
    """Make what ``open_device`` needs; ``keep``: so that a calibration goes on where an earlier one was ended."""
    if backend.device == "openvino":
        from daemon.evaluation.devices import openvino_model

        model = openvino_model.load(net)
        if backend.precision == "int8":
            openvino_model.in_bytes(model, cores(), keep)


def batch_request_for(options: SearcherOptions, device: str) -> BatchRequest:
    """What a searcher on this device asks the master for, as far as the options leave it open."""
    usual = _usual_request(options, device)
    scheduled = request_for(
        options.schedule, options.encoders, Request(usual.leaves, usual.speculate, 0, usual.per_tree)
    )
    return replace(
        usual,
        leaves=scheduled.leaves,
        speculate=scheduled.speculate,
        per_tree=scheduled.per_tree,
        ahead=scheduled.ahead,
    )


def _usual_request(options: SearcherOptions, device: str) -> BatchRequest:
    speculate = options.speculate == "on" or (options.speculate == "auto" and device in SPECULATING)
    shallow = speculate and device in SHALLOW
    if options.batch is not None:
        return BatchRequest(options.batch, speculate, shallow, options.per_tree)
    return BatchRequest(BATCHES[device], speculate, shallow, options.per_tree or PER_TREE.get(device))
