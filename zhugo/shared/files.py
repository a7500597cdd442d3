"""Files that are written whole or not at all, even if their writer is killed."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Put ``data`` in place of what the file had. Raises ``OSError``, and leaves the file as it was, on a full disk."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or the new name could outlive a power failure that the data does not
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
