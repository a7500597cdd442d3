"""What becomes of the numbers between two layers, in kernels: a vector or one number at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from daemon.evaluation.devices.vectors import exponential, first, larger, splat
from daemon.evaluation.devices.winograd_tiles import inlined

IDENTITY, RELU, SILU, MISH, MISH_SCALE8 = range(5)

_F = np.float32


@inlined
def activated(x: Any, kind: int) -> Any:
    """The activation of a vector.

    SiLU is x e / (e + 1), e = exp(x). Mish, x tanh(ln(1 + e)), is x h / (h + 2) for h = e (e + 2); where e is small
    nothing is lost so.
    """
    out = x
    if kind == RELU:
        out = larger(x, splat(_F(0.0)))
    elif kind != IDENTITY:
        scale = _F(8.0) if kind == MISH_SCALE8 else _F(1.0)
        e = exponential(scale * x)
        h, rest = e, _F(1.0)
        if kind != SILU:
            h, rest = e * (_F(2.0) + e), _F(2.0)
        out = x * (h / (rest + h))
    return out


@inlined
def activated_one(x: Any, kind: int) -> Any:
    """The same of one number."""
    return first(activated(splat(x), kind))
