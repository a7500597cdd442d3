"""How the core compiles its loops."""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic
from numba.np import arrayobj as _arrayobj

kernel = njit(cache=True, _nrt=False)  # type: ignore[call-overload]  # an option that its stubs leave out
"""Compiles a kernel that makes no arrays.

Without numba's runtime no references are counted. Otherwise each look at a field of a ``Tree`` counts one, atomically,
up and down, which made a walk five times slower.
"""

inlined_kernel = njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]

cgutils: Any = _cgutils  # numba's own modules have no types
arrayobj: Any = _arrayobj


def _array_at(_typing: Any, address: Any, shape: Any, dtype: Any) -> Any:
    """In a kernel: the array of this shape and element type that lies at an address. Somebody else keeps it alive."""
    kind = types.Array(dtype.dtype, len(shape), "C")

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        element = context.get_data_type(kind.dtype)
        size = context.get_constant(types.intp, context.get_abi_sizeof(element))
        lengths = cgutils.unpack_tuple(builder, arguments[1])
        strides = [size]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        array = arrayobj.make_array(kind)(context, builder)
        data = builder.inttoptr(arguments[0], element.as_pointer())
        arrayobj.populate_array(array, data=data, shape=lengths, strides=strides, itemsize=size, meminfo=None)
        return array._getvalue()

    return kind(address, shape, dtype), generate


array_at: Any = intrinsic(_array_at)
