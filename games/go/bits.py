"""The two machine instructions on 64-bit words that the kernels' sets of points need and numba does not name."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _popcount(_context: Any, _word: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


def _lowest_bit(_context: Any, _word: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

    return types.int64(types.uint64), generate


popcount: Any = intrinsic(_popcount)
"""popcount(uint64) -> int64, the number of set bits."""

lowest_bit: Any = intrinsic(_lowest_bit)
"""lowest_bit(uint64) -> int64, the index of the lowest set bit; 64 for zero."""
