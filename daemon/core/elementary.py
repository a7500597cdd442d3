"""Elementary functions made of + - * / and square roots alone.

Those five are rounded alike on every processor; what a system's library gives for a logarithm is not, and a trace must
come out the same to the bit wherever it is replayed.
"""

from __future__ import annotations

import math

from daemon.core.kernels import kernel


@kernel
def logarithm(x: float) -> float:
    """The natural logarithm of x > 0, to 1e-12 of its size: log x = 2 log sqrt x, then a series."""
    scale = 2.0
    while x > 1.5 or x < 0.67:
        x = math.sqrt(x)
        scale *= 2.0
    y = (x - 1.0) / (x + 1.0)
    square = y * y
    total = 1.0 / 15.0
    for odd in range(13, 0, -2):
        total = total * square + 1.0 / odd
    return scale * y * total


@kernel
def exponential_of_minus(x: float) -> float:
    """e ** -x of x >= 0, to 1e-9 of its size: a series for x / 2 ** k, squared k times. 0 from 50 on."""
    if x >= 50.0:
        return 0.0
    squarings = 0
    while x > 0.25:
        x *= 0.5
        squarings += 1
    total = 1.0
    for term in range(10, 0, -1):
        total = 1.0 - x / term * total
    for _ in range(squarings):
        total *= total
    return total


@kernel
def arctangent(x: float) -> float:
    """The arc tangent, to 1e-12: atan x = 2 atan(x / (1 + sqrt(1 + x ** 2))), thrice, then its series."""
    for _ in range(3):
        x = x / (1.0 + math.sqrt(1.0 + x * x))
    square = x * x
    total = 1.0 / 19.0
    for odd in range(17, 0, -2):
        total = 1.0 / odd - square * total
    return 8.0 * x * total
