"""Files that are written whole or not at all, even if their writer is killed or the power fails."""

from __future__ import annotations

import os
from pathlib import Path

_ANYBODY = 0o666


def write_whole(path: Path, data: bytes | memoryview, mode: int = _ANYBODY) -> None:
    """Put ``data`` in place of what the file had. Raises ``OSError``, and leaves the file as it was, on a full disk.

    ``mode``: its permissions, less the user's mask.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or the new name could outlive a power failure that the data does not
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def sync_directory(path: Path) -> None:
    """Have the disk know of what was made, renamed and removed there. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
