"""What numba imports for the first kernel of a process, but without scipy.

numba looks in scipy for a matrix product, where it is installed (OpenSpiel brings it). No kernel here has one, and the
look takes a third of the time in which a process gets ready.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import cast

_SCIPY = "scipy.linalg"


def load_numba() -> None:
    """Import it all now. To be called before the first kernel runs; scipy can be imported afterwards."""
    if _SCIPY in sys.modules:
        return
    sys.modules[_SCIPY] = cast(ModuleType, None)  # to Python, a module that is not there
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[_SCIPY]
