"""Which device evaluates, and in which arithmetic: what was asked for, set against what there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from daemon.gpu_client import DeviceError
from protocol.choices import DeviceName, Precision

KNOWN: dict[str, tuple[Precision, ...]] = {
    "cuda": ("f16", "bf16", "f32"),
    "openvino": ("int8", "bf16", "f32"),
    "winograd": ("int16", "f32"),
    "torch": ("bf16", "f32"),
}
"""The precisions in which a device can evaluate if the hardware does its part, the fastest first as a rule."""


@dataclass(frozen=True)
class Backend:
    """One way to evaluate a net."""

    device: DeviceName
    precision: Precision

    def __str__(self) -> str:
        return f"{self.device} {self.precision}"


class Machine(Protocol):
    """What this machine has."""

    def missing(self, device: str) -> str | None:
        """None when the device is there, or else why it is not and what to do about it."""

    def precisions(self, device: str) -> frozenset[str]:
        """In what the hardware behind a device that is there can calculate."""


class ThisMachine:
    """The machine that this process runs on. Imports torch or OpenVINO only when there is no other way to know."""

    def missing(self, device: str) -> str | None:
        why = _plainly_missing(device)
        if why is None and device == "cuda":
            import torch

            return None if torch.cuda.is_available() else "torch sees no CUDA device; use --device auto"
        return why

    def precisions(self, device: str) -> frozenset[str]:
        if device == "openvino":
            from daemon.evaluation.devices.openvino_library import capabilities

            named = {"FP32": "f32", "BF16": "bf16", "INT8": "int8"}
            return frozenset(named[name] for name in capabilities() if name in named)
        if device == "winograd":
            return frozenset({"f32", "int16"})
        import torch

        if device == "cuda":
            bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
            return frozenset({"f32", "f16"} | ({"bf16"} if bf16 else set()))
        bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return frozenset({"f32"} | ({"bf16"} if bf16 else set()))


def candidates(device: DeviceName, precision: Precision, machine: Machine) -> Sequence[Backend]:
    """The backends that these options leave to choose from, at least one.

    ``auto`` takes a GPU if there is one; on a CPU all that OpenVINO, or else torch, and our own convolutions can do.
    What is fastest as a rule comes first. Raises ``DeviceError``.
    """
    names = [device] if device != "auto" else _there(machine)
    if (why := machine.missing(names[0])) is not None:
        raise DeviceError(f"--device {names[0]}: {why}")
    can = [Backend(name, one) for name in names for one in KNOWN[name] if one in machine.precisions(name)]
    can.sort(key=lambda one: one.precision == "f32")
    if precision == "auto":
        return can
    if len(names) == 1:
        _check_known(names[0], precision)
    found = [one for one in can if one.precision == precision]
    if not found:
        hardware, others = "GPU" if names[0] == "cuda" else "CPU", {one.precision for one in can}
        raise DeviceError(f"--precision {precision}: this {hardware} has no such arithmetic; use {_either(others)}")
    return found


def check(device: DeviceName, precision: Precision) -> None:
    """Raise ``DeviceError`` for what can be seen to be wrong at a glance, without torch and OpenVINO."""
    if device in KNOWN:
        if (why := _plainly_missing(device)) is not None:
            raise DeviceError(f"--device {device}: {why}")
        _check_known(device, precision)


def _plainly_missing(device: str) -> str | None:
    if device == "openvino" and find_spec("openvino") is None:
        return "OpenVINO is not installed; pip install 'zhugo[openvino]', or use --device torch"
    nodes = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")
    if device == "cuda" and not any(Path(node).exists() for node in nodes):
        return "this machine has no NVIDIA GPU, or no driver for it; use --device auto"
    return None


def _check_known(device: str, precision: Precision) -> None:
    if precision not in ("auto", *KNOWN[device]):
        raise DeviceError(f"--precision {precision}: {device} evaluates in {_either(KNOWN[device])} only")


def _there(machine: Machine) -> list[DeviceName]:
    """The devices among which ``auto`` chooses."""
    if machine.missing("cuda") is None:
        return ["cuda"]
    library: DeviceName = "openvino" if machine.missing("openvino") is None else "torch"
    return [library, "winograd"] if machine.missing("winograd") is None else [library]


def _either(names: Iterable[str]) -> str:
    *rest, last = sorted(names)
    return f"{', '.join(rest)} or {last}" if rest else last
