"""Decimal numbers in bytes, fast: a net may have tens of millions of them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

TOO_FEW, NOT_A_NUMBER = -1, -2
"""What ``read`` answers where it cannot read."""

_SPACE, _MINUS, _PLUS, _DOT, _ZERO, _NINE = 32, 45, 43, 46, 48, 57
_POWERS = 10.0 ** np.arange(23)
"""The powers of ten that are exact."""

_MAX_DIGITS = 18
"""More are dropped; they are far below what a float32 can tell."""


@njit(cache=True)
def _scaled(mantissa: int, exponent: int) -> float:
    """mantissa * 10 ** exponent; exact before the rounding where both are small, as they are in weights."""
    value = float(mantissa)
    left = min(abs(exponent), 400)
    while left > 0:
        power = _POWERS[min(left, 22)]
        value = value * power if exponent > 0 else value / power
        left -= 22
    return value


@njit(cache=True)
def read(data: NDArray[np.uint8], at: int, values: NDArray[np.float32]) -> int:
    """Fill ``values`` with the numbers from byte ``at`` on, which blanks and line ends part.

    Returns where the last one ends, or ``TOO_FEW`` when the data end before, or ``NOT_A_NUMBER``.
    """
    size = len(data)
    for i in range(len(values)):
        while at < size and data[at] <= _SPACE:
            at += 1
        if at == size:
            return TOO_FEW
        negative = data[at] == _MINUS
        if negative or data[at] == _PLUS:
            at += 1
        mantissa, digits, exponent, seen, in_fraction = 0, 0, 0, 0, False
        while at < size and data[at] > _SPACE:
            c = data[at]
            if _ZERO <= c <= _NINE:
                seen += 1
                if digits < _MAX_DIGITS:
                    mantissa = 10 * mantissa + (c - _ZERO)
                    digits += mantissa > 0
                    exponent -= in_fraction
                else:
                    exponent += not in_fraction
            elif c == _DOT and not in_fraction:
                in_fraction = True
            else:
                break
            at += 1
        if seen == 0:
            return NOT_A_NUMBER
        if at < size and data[at] | 32 == 101:  # e or E
            at += 1
            sign = 1
            if at < size and (data[at] == _MINUS or data[at] == _PLUS):
                sign = -1 if data[at] == _MINUS else 1
                at += 1
            power, seen = 0, 0
            while at < size and _ZERO <= data[at] <= _NINE:
                power = min(10 * power + (data[at] - _ZERO), 1000)
                seen += 1
                at += 1
            if seen == 0:
                return NOT_A_NUMBER
            exponent += sign * power
        if at < size and data[at] > _SPACE:
            return NOT_A_NUMBER
        value = _scaled(mantissa, exponent)
        values[i] = -value if negative else value
    return at
