"""Vectors of ``WIDTH`` numbers in numba's kernels, which calculate with them as with numbers.

Of loops over flat arrays the compiler often cannot prove that what is written is not read later, and leaves them to
single numbers. These are vectors in its own words, and it splits them as the processor needs it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 16

flat_kernel = njit(cache=True, nogil=True, fastmath=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
"""Compiles a kernel that makes no arrays. numba's runtime is left out, for it would count references at every step."""

_NUMBERS = ir.VectorType(ir.FloatType(), WIDTH)
_PLACES = ir.VectorType(ir.IntType(32), WIDTH)
_BYTES = 4
_ROUNDS = 1.5 * 2.0**23
"""Added to a small number, it leaves the number, rounded, in the last bits."""
_MANTISSA = 23
"""Bits of a number behind those of its exponent."""


class _Vector(types.Type):
    """numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name=f"float32x{WIDTH}")


@register_model(_Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _NUMBERS)  # type: ignore[no-untyped-call]


_VECTOR = _Vector()


def pointer(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    """In the words of LLVM: to the first number of an array of this type."""
    return context.make_array(kind)(context, builder, value=array).data


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Of the numbers of the array, the first argument, from the index on, which is the second."""
    first = pointer(context, builder, signature.args[0], arguments[0])
    return builder.bitcast(builder.gep(first, [arguments[1]]), _NUMBERS.as_pointer())


def _load(_typing: Any, array: Any, index: Any) -> Any:
    """``WIDTH`` numbers of a flat array from ``index`` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=_BYTES)

    return _VECTOR(array, index), generate


def _store(_typing: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write them there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _place(context, builder, signature, arguments), align=_BYTES)
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


def _splat(_typing: Any, _number: Any) -> Any:
    """The same number everywhere."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        nothing = ir.Constant(_NUMBERS, ir.Undefined)
        first = builder.insert_element(nothing, arguments[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(first, nothing, ir.Constant(_PLACES, [0] * WIDTH))

    return _VECTOR(types.float32), generate


def _larger(_typing: Any, one: Any, other: Any) -> Any:
    """Of each two numbers the larger one."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return _VECTOR(one, other), generate


def _magnitude(_typing: Any, one: Any) -> Any:
    """Of each number how far it is from 0."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return _called(builder, f"llvm.fabs.v{WIDTH}f32", _NUMBERS, arguments)

    return _VECTOR(one), generate


def _largest(_typing: Any, one: Any) -> Any:
    """The largest number of them all."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        name = f"llvm.vector.reduce.fmax.v{WIDTH}f32"
        return _called(builder, name, ir.FloatType(), arguments, fastmath=("nnan",))

    return types.float32(one), generate


def _total(_typing: Any, one: Any) -> Any:
    """The sum of all numbers."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.FloatType(), [ir.FloatType(), _NUMBERS])
        function = builder.module.declare_intrinsic(f"llvm.vector.reduce.fadd.v{WIDTH}f32", (), kind)
        return builder.call(function, [ir.Constant(ir.FloatType(), -0.0), arguments[0]], fastmath=("reassoc",))

    return types.float32(one), generate


def _called(builder: Any, name: str, result: Any, arguments: Any, fastmath: tuple[str, ...] = ()) -> Any:
    function = builder.module.declare_intrinsic(name, (), ir.FunctionType(result, [_NUMBERS] * len(arguments)))
    return builder.call(function, arguments, fastmath=fastmath)


def _exponential(_typing: Any, one: Any) -> Any:
    """e to the power of each number, those beyond 30 of which are 30, and those below -80 -80.

    Its relative error is some 1e-7, and what rounding the power leaves, 6e-8 times it.
    """

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        def constant(number: float) -> Any:
            return ir.Constant(_NUMBERS, [number] * WIDTH)

        power = arguments[0]
        for sign, bound in (("<", 30.0), (">", -80.0)):
            power = builder.select(builder.fcmp_ordered(sign, power, constant(bound)), power, constant(bound))
        power = builder.fmul(power, constant(1.0 / math.log(2.0)))
        rounded = _called(builder, f"llvm.rint.v{WIDTH}f32", _NUMBERS, [power])
        rest = builder.fsub(power, rounded)
        terms = [math.log(2.0) ** k / math.factorial(k) for k in range(7)]
        total = constant(terms[-1])
        for term in reversed(terms[:-1]):
            total = builder.fadd(builder.fmul(total, rest), constant(term))
        whole = builder.shl(builder.fptosi(rounded, _PLACES), ir.Constant(_PLACES, [_MANTISSA] * WIDTH))
        return builder.bitcast(builder.add(builder.bitcast(total, _PLACES), whole), _NUMBERS)

    return _VECTOR(one), generate


def _first(_typing: Any, one: Any) -> Any:
    """The first number."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), 0))

    return types.float32(one), generate


def _store_int16(_typing: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write them, rounded to integers of 16 bits, there: two take the place of one number. None may be beyond 32767."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rounded = builder.fadd(arguments[2], ir.Constant(_NUMBERS, [_ROUNDS] * WIDTH))
        halves = builder.trunc(builder.bitcast(rounded, _PLACES), ir.VectorType(ir.IntType(16), WIDTH))
        place = _place(context, builder, signature, arguments)
        builder.store(halves, builder.bitcast(place, halves.type.as_pointer()), align=_BYTES)
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


def _operation(name: str) -> Any:
    def typed(_typing: Any, one: Any, other: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments)

        return _VECTOR(one, other), generate

    return intrinsic(typed)


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)
splat: Any = intrinsic(_splat)
larger: Any = intrinsic(_larger)
magnitude: Any = intrinsic(_magnitude)
largest: Any = intrinsic(_largest)
total: Any = intrinsic(_total)
store_int16: Any = intrinsic(_store_int16)
exponential: Any = intrinsic(_exponential)
first: Any = intrinsic(_first)


def _define(sign: Callable[[Any, Any], Any], instruction: str) -> None:
    """What ``sign`` between two vectors means, or between a number and a vector."""
    calculate = _operation(instruction)

    @overload(sign, strict=False)  # types of arguments are not to be compared
    def chosen(a: Any, b: Any) -> Any:
        if not isinstance(b, _Vector):
            return None
        return (lambda a, b: calculate(a, b)) if isinstance(a, _Vector) else (lambda a, b: calculate(splat(a), b))


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
