"""OpenVINO, if it is installed, imported when something first needs it."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

_WITHOUT_BF16 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI"}
"""Of the instruction sets to which ``ONEDNN_MAX_CPU_ISA`` limits oneDNN those that know no bf16."""


def openvino() -> Any:
    """The package, which reports to its makers unless the part that does so cannot be found: ours reports to nobody."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@cache
def core() -> Any:
    """OpenVINO's own core."""
    return openvino().Core()


def capabilities() -> frozenset[str]:
    """The arithmetic that this CPU has and oneDNN, which calculates for OpenVINO, may use, in OpenVINO's words."""
    found = frozenset(core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    return found - {"BF16"} if cpu_limit() in _WITHOUT_BF16 else found


def cpu_limit() -> str:
    """The instruction set to which the environment limits oneDNN, of OpenVINO and of torch; empty for none.

    OpenVINO does not look at it when it tells what the CPU can do, and then fails to compile.
    """
    return os.environ.get("ONEDNN_MAX_CPU_ISA", os.environ.get("DNNL_MAX_CPU_ISA", "")).upper()


def supported(precision: str) -> str:
    """This precision, or f32 in place of a bf16 that the CPU does not have."""
    return "f32" if precision == "bf16" and "BF16" not in capabilities() else precision
