"""How a board is cut into the tiles of Winograd's convolutions, and where each of their points is multiplied.

Tiles come in two sizes: a full one has ``step`` points to a side, 5 for kernels of 3x3 and 3 for those of 5x5; a short
one has one less, which does without the point 1/2, for which it is nothing that is multiplied. Along either side the
full ones come first, and there are as few as will do: 19 points are 5, 5, 5 and 4, and 9 are 5 and 4. So 14 % of the
products are saved on 9x9, 18 % on 13x13, and 7 % on 19x19.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import WIDTH

SIDE = 7
"""Of a full tile of inputs, those around it included."""

PRODUCTS = SIDE * SIDE
"""Points of a full tile of inputs, each of which has a product of matrices of its own: that of row i and column j is
the (7 i + j)th."""

AT_ONCE, QUANTIZED_AT_ONCE = 12288, 3072
"""Tiles times channels, of inputs and outputs together, that are worked on at once: so a workspace has 2.4 MB at most
and stays in a cache, and four positions of 19x19 share one look at the weights of a net of 96 channels. Those in
int16 are half as long, and one position of 19x19 at a time is 5 to 8 % faster."""

HALF = 5
"""Where the point 1/2 stands among the seven."""

inlined = njit(inline="always")


@inlined
def cut(length: int, kernel: int) -> tuple[int, int]:
    """How many tiles there are along a side, and how many of them are full."""
    step = SIDE + 1 - kernel
    count = (length + step - 1) // step
    return count, max(0, length - count * (step - 1))


@inlined
def begin(tile: int, full: int, kernel: int) -> int:
    """The first point of a tile along a side of which so many are full."""
    return tile * (SIDE + 1 - kernel) - max(0, tile - full)


@inlined
def in_vectors(channels: int) -> int:
    """How many channels tiles, and columns products, have for so many of a net."""
    return (channels + WIDTH - 1) // WIDTH * WIDTH


def padded(channels: int) -> int:
    """The same outside of kernels."""
    return int(in_vectors.py_func(channels))


def tiles(height: int, width: int, kernel: int) -> int:
    """How many tiles cover a board, for kernels of this side."""
    return int(cut.py_func(height, kernel)[0] * cut.py_func(width, kernel)[0])


def room(height: int, width: int, kernel: int) -> int:
    """How many numbers kernels need for what lies between their steps on one board."""
    step = SIDE + 1 - kernel
    around = SIDE - step
    return ((-(-height // step) * step + around) * (-(-width // step) * step + around) + PRODUCTS) * WIDTH


@inlined
def count_rows(positions: int, height: int, width: int, kernel: int, rows: NDArray[np.int64]) -> None:
    """Fill rows[49]: how many tiles have a point in each of the products; in the first all of them."""
    (count, tall), (other, broad) = cut(height, kernel), cut(width, kernel)
    for i in range(SIDE):
        for j in range(SIDE):
            rows[i * SIDE + j] = positions * (tall if i == HALF else count) * (broad if j == HALF else other)
