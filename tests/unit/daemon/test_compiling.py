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

_FIRST_BOARD = """
import sys
from games.go.game import Go
Go.from_spec({{"size": 9}})
assert "numba" in sys.modules
assert "scipy.linalg" not in sys.modules
"""


@pytest.mark.parametrize("program", [_FIRST_KERNEL, _FIRST_BOARD], ids=["a searcher's", "a client's"])
def test_the_first_kernel_does_without_scipy_which_can_be_had_afterwards(program: str) -> None:
    pytest.importorskip("scipy")
    done = subprocess.run(
        [sys.executable, "-c", program.format(file=__file__)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
