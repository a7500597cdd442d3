"""What numba imports for the first kernel of a process, but without scipy; and a full disk is no reason to stop.

numba looks in scipy for a matrix product, where it is installed (OpenSpiel brings it). No kernel here has one, and the
look takes a third of the time in which a process gets ready.

A kernel that was compiled and cannot be kept on disk is compiled again by the next process; numba itself would fail.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any, cast

_SCIPY = "scipy.linalg"


def load_numba() -> None:
    """Import it all now. To be called before the first kernel runs; scipy can be imported afterwards."""
    _forgive_full_disks()
    if _SCIPY in sys.modules:
        return
    sys.modules[_SCIPY] = cast(ModuleType, None)  # to Python, a module that is not there
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[_SCIPY]


def _forgive_full_disks() -> None:
    caching = importlib.import_module("numba.core.caching")
    write = caching.IndexDataCacheFile.save
    if write.__module__ != caching.__name__:
        return

    def write_if_it_can(file: Any, key: Any, data: Any) -> None:
        with suppress(OSError):
            write(file, key, data)

    caching.IndexDataCacheFile.save = write_if_it_can
