"""Products of many small matrices, by a kernel of our own.

Libraries copy both matrices before they multiply, which pays for large ones. Here the second, the weights, is ordered
once, in the strips in which it is read. A *tile* of the product, so many rows of so many vectors, stays in registers
for all of the sum. With b6c96 on an AMD EPYC all products of a batch of 4 on 19x19 took 7.6 ms so by AVX2, by the
better of OpenBLAS and MKL 10.6; by AVX-512 6.8 and 7.6. One position of 19x19 went 1.6 times as fast by AVX2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import njit
from numba.core import config, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from daemon.evaluation.devices.vectors import flat_kernel, pointer

Floats = NDArray[np.float32]


def _has_avx512() -> bool:
    """Whether numba compiles for it."""
    settings: Any = config
    if settings.CPU_NAME not in (None, "host"):
        return "+avx512f" in (settings.CPU_FEATURES or "")
    return bool(get_host_cpu_features().get("avx512f", False))


LANES, ROWS = (16, 8) if _has_avx512() else (8, 4)
"""Numbers of a vector, and rows of the largest tile: what the registers hold beside three vectors of the weights."""

NARROW = LANES == 8
"""Whether tiles of integers are but two vectors wide: a product takes a register before it is added."""

_INDEX, _INT32 = ir.IntType(64), ir.IntType(32)
_NUMBERS, _PAIRS = ir.VectorType(ir.FloatType(), LANES), ir.VectorType(_INT32, LANES)
_HALVES, _PRODUCTS = ir.VectorType(ir.IntType(16), 2 * LANES), ir.VectorType(_INT32, 2 * LANES)
_EVERYWHERE = ir.Constant(_PAIRS, [0] * LANES)
_NOTHING = ir.Constant(_NUMBERS, ir.Undefined)
_FUSED = ("contract",)


def _multiply_add(builder: Any, a: Any, b: Any, total: Any) -> Any:
    """total + a b, in numbers."""
    return builder.fadd(builder.fmul(a, b, flags=_FUSED), total, flags=_FUSED)


def _multiply_add_int16(builder: Any, a: Any, b: Any, total: Any) -> Any:
    """The same of pairs of int16, of which both products are added. The compiler makes an instruction of it, or two."""
    a, b = (builder.sext(builder.bitcast(pairs, _HALVES), _PRODUCTS) for pairs in (a, b))
    products = builder.mul(a, b)
    nothing = ir.Constant(_PRODUCTS, ir.Undefined)
    every_other = [ir.Constant(_PAIRS, list(range(first, 2 * LANES, 2))) for first in (0, 1)]
    return builder.add(total, builder.add(*(builder.shuffle_vector(products, nothing, one) for one in every_other)))


def _tile(rows: int, vectors: int, quantized: bool) -> Any:
    """In a kernel: a tile of a b, summed over ``depth``, from places a_at, b_at and out_at of flat arrays on.

    b is a strip as wide as the tile. Sums of integers are multiplied by the scales of their row and column.
    """

    def typed(
        _typing: Any, a: Any, a_at: Any, b: Any, b_at: Any, depth: Any, columns: Any, out: Any, out_at: Any,
        of_rows: Any, row: Any, of_columns: Any, column: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            a, b, out, of_rows, of_columns = (
                pointer(context, builder, signature.args[at], arguments[at]) for at in (0, 2, 6, 8, 10)
            )
            _, a_at, _, b_at, depth, columns, _, out_at, _, first, _, column = arguments
            lines = [builder.gep(a, [builder.add(a_at, builder.mul(depth, _INDEX(at)))]) for at in range(rows)]
            sums = _summed(builder, lines, builder.gep(b, [b_at]), depth, vectors, quantized)
            if quantized:
                scales = builder.gep(of_rows, [first]), builder.gep(of_columns, [column])
                sums = _scaled(builder, sums, *scales)
            for at, line in enumerate(sums):
                begin = builder.gep(out, [builder.add(out_at, builder.mul(columns, _INDEX(at)))])
                for vector, number in enumerate(line):
                    builder.store(number, _vector_at(builder, begin, vector), align=4)
            return context.get_dummy_value()

        given = a, a_at, b, b_at, depth, columns, out, out_at, of_rows, row, of_columns, column
        return types.void(*given), generate

    return intrinsic(typed)


def _scaled(builder: Any, sums: list[list[Any]], of_rows: Any, of_columns: Any) -> list[list[Any]]:
    """Sums of integers as numbers; both scales from these places on."""
    wide = [builder.load(_vector_at(builder, of_columns, at), align=4) for at in range(len(sums[0]))]
    scaled = []
    for at, line in enumerate(sums):
        scale = _everywhere(builder, builder.gep(of_rows, [_INDEX(at)]))
        numbers = [builder.sitofp(total, _NUMBERS) for total in line]
        scaled.append([builder.fmul(one, builder.fmul(scale, other)) for one, other in zip(numbers, wide, strict=True)])
    return scaled


def _summed(builder: Any, lines: list[Any], b: Any, depth: Any, vectors: int, quantized: bool) -> list[list[Any]]:
    """The loop over ``depth``, at least 1: the sums of each row, all in registers."""
    kind, add = (_PAIRS, _multiply_add_int16) if quantized else (_NUMBERS, _multiply_add)
    before, loop, after = builder.block, builder.append_basic_block("sum"), builder.append_basic_block("summed")
    builder.branch(loop)
    builder.position_at_end(loop)
    place = builder.phi(_INDEX)
    sums = [[builder.phi(kind) for _ in range(vectors)] for _ in lines]
    weights = builder.gep(b, [builder.mul(place, _INDEX(vectors * LANES))])
    loaded = [builder.load(_vector_at(builder, weights, vector), align=4) for vector in range(vectors)]
    added = []
    for line, row in zip(lines, sums, strict=True):
        number = _everywhere(builder, builder.gep(line, [place]))
        added.append([add(builder, number, *both) for both in zip(loaded, row, strict=True)])
    following = builder.add(place, _INDEX(1))
    zero = ir.Constant(kind, None)
    pairs = [(sums[row][at], zero, added[row][at]) for row in range(len(sums)) for at in range(vectors)]
    for phi, first, next_one in [(place, _INDEX(0), following), *pairs]:
        phi.add_incoming(first, before)
        phi.add_incoming(next_one, loop)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)
    builder.position_at_end(after)
    return added


def _everywhere(builder: Any, place: Any) -> Any:
    """The number there in all lanes of a vector."""
    number = builder.insert_element(_NOTHING, builder.load(place), _INT32(0))
    return builder.shuffle_vector(number, _NOTHING, _EVERYWHERE)


def _vector_at(builder: Any, first: Any, vector: int) -> Any:
    return builder.bitcast(builder.gep(first, [_INDEX(vector * LANES)]), _NUMBERS.as_pointer())


def _strip(vectors: int, quantized: bool) -> Any:
    """In a kernel: a strip of a product, all rows of it."""
    most, four, one = (_tile(rows, vectors, quantized) for rows in (ROWS, 4, 1))

    @njit(inline="always")
    def strip(
        a: Floats, a_at: int, b: Floats, b_at: int, rows: int, depth: int, columns: int, out: Floats, out_at: int,
        of_rows: Floats, first: int, of_columns: Floats, column: int,
    ) -> None:  # fmt: skip
        row = 0
        while row < rows:
            line, to, at = a_at + row * depth, out_at + row * columns, first + row
            if row + ROWS <= rows:
                most(a, line, b, b_at, depth, columns, out, to, of_rows, at, of_columns, column)
                row += ROWS
            elif row + 4 <= rows:
                four(a, line, b, b_at, depth, columns, out, to, of_rows, at, of_columns, column)
                row += 4
            else:
                one(a, line, b, b_at, depth, columns, out, to, of_rows, at, of_columns, column)
                row += 1

    return strip


_three, _two, _one = (_strip(vectors, quantized=False) for vectors in (3, 2, 1))
_three_int16, _two_int16, _one_int16 = (_strip(vectors, quantized=True) for vectors in (3, 2, 1))


@njit(inline="always")
def strip_width(columns: int, quantized: bool) -> int:
    """Columns of the next strip, where so many are left."""
    left = columns // LANES
    return LANES * (3 if (left == 3 or left > 4) and not (quantized and NARROW) else min(left, 2))


def in_strips(weights: Floats, quantized: bool = False) -> Floats:
    """The numbers of b[k, depth, columns], flat, as ``multiply`` reads them: strip by strip of each matrix."""
    columns, first, strips = weights.shape[2], 0, []
    while first < columns:
        width = strip_width.py_func(columns - first, quantized)
        strips.append(weights[:, :, first : first + width].reshape(len(weights), -1))
        first += width
    return np.concatenate(strips, axis=1).ravel()


@flat_kernel
def multiply(
    a: Floats,
    b: Floats,
    out: Floats,
    rows: NDArray[np.int64],
    every: int,
    depth: int,
    columns: int,
    of_rows: Floats,
    of_columns: Floats,
) -> None:
    """out[k, m, n] = a[k, m, l] b[k, l, n], all flat, for m below rows[k] of the ``every`` for which there is room.

    b: ``in_strips``. depth, of l, is at least 1; columns, of n, a multiple of ``vectors.WIDTH``. of_rows[k, every],
    of_columns[k, n]: empty, or the scales of a and b, which are pairs of int16 then, as ``winograd_int16`` makes them.
    """
    quantized = len(of_rows) > 0
    for matrix in range(len(rows)):
        a_at, count, row, column = matrix * every * depth, rows[matrix], matrix * every, 0
        while column < columns:
            at = matrix * columns + column
            b_at, to = at * depth, row * columns + column
            width = strip_width(columns - column, quantized)
            vectors = width // LANES
            if quantized and vectors == 3:
                _three_int16(a, a_at, b, b_at, count, depth, columns, out, to, of_rows, row, of_columns, at)
            elif quantized and vectors == 2:
                _two_int16(a, a_at, b, b_at, count, depth, columns, out, to, of_rows, row, of_columns, at)
            elif quantized:
                _one_int16(a, a_at, b, b_at, count, depth, columns, out, to, of_rows, row, of_columns, at)
            elif vectors == 3:
                _three(a, a_at, b, b_at, count, depth, columns, out, to, of_rows, row, of_columns, at)
            elif vectors == 2:
                _two(a, a_at, b, b_at, count, depth, columns, out, to, of_rows, row, of_columns, at)
            else:
                _one(a, a_at, b, b_at, count, depth, columns, out, to, of_rows, row, of_columns, at)
            column += width
