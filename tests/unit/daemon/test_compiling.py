"""What a process imports with its first kernel, and what becomes of one that the disk does not take."""

import subprocess
import sys
from pathlib import Path

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


_FULL_DISK = """
import resource
from games.first_kernel import load_numba
load_numba()
from kernel import twice
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
assert twice(21) == 42
"""


@pytest.mark.parametrize("program", [_FIRST_KERNEL, _FIRST_BOARD], ids=["a searcher's", "a client's"])
def test_the_first_kernel_does_without_scipy_which_can_be_had_afterwards(program: str) -> None:
    pytest.importorskip("scipy")
    done = subprocess.run(
        [sys.executable, "-c", program.format(file=__file__)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_kernel_that_the_disk_does_not_take_is_used_all_the_same(tmp_path: Path) -> None:
    kernel = "from numba import njit\n\n@njit(cache=True)\ndef twice(number):\n    return 2 * number\n"
    (tmp_path / "kernel.py").write_text(kernel)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{_FULL_DISK}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not [*tmp_path.rglob("*.nbi"), *tmp_path.rglob("*.nbc")]
