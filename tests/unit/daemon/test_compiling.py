"""What a process imports with its first kernel."""

import subprocess
import sys

import pytest

_FIRST_KERNEL = """
import sys
from pathlib import Path
from numba import njit
from daemon.process.compiling import compiling

@njit
def twice(number: int) -> int:
    return 2 * number

with compiling("a kernel", 1, Path({file!r})):
    assert twice(21) == 42
assert "scipy.linalg" not in sys.modules
from scipy.linalg import solve
"""


def test_the_first_kernel_does_without_scipy_which_can_be_had_afterwards() -> None:
    pytest.importorskip("scipy")
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_KERNEL.format(file=__file__)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
