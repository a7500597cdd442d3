"""How the core compiles its loops."""

from __future__ import annotations

from numba import njit

kernel = njit(cache=True, _nrt=False)  # type: ignore[call-overload]  # an option that its stubs leave out
"""Compiles a kernel that makes no arrays.

Without numba's runtime no references are counted. Otherwise each look at a field of a ``Tree`` counts one, atomically,
up and down, which made a walk five times slower.
"""

inlined_kernel = njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
