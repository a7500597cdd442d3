"""OpenVINO, if it is installed, imported when something first needs it."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any


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
    """The arithmetic that this CPU has, in OpenVINO's words."""
    return frozenset(core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
