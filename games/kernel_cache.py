"""Compiled kernels on disk that no longer fit their source.

numba keeps a compiled kernel until the file changes that it stands in. But kernels of other files are compiled into it,
and when only those change the old code would go on running, silently. So a room whose kernels call each other forgets
all of them when any of its files has changed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_STAMP = "kernels.stamp"


def forget_stale_kernels(room: Path) -> None:
    """Remove the compiled kernels in the folder ``room`` unless they were made from its files as they are.

    To be called before the room's kernels are imported. A folder that cannot be written to is left alone.
    """
    files = [(file.name, file.stat()) for file in sorted(room.glob("*.py"))]
    stamp = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in files)
    cache = room / "__pycache__"
    with suppress(OSError):
        if (cache / _STAMP).is_file() and (cache / _STAMP).read_text() == stamp:
            return
        for kernel in cache.glob("*.nb[ic]"):
            kernel.unlink(missing_ok=True)
        cache.mkdir(exist_ok=True)
        (cache / _STAMP).write_text(stamp)
