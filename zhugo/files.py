"""Files that are there whole or not at all, whatever happens to who writes them."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` in place of what the file had. Raises ``OSError``, and leaves the file as it was, on a full disk."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
