"""A disk without room, by the limit that the kernel has for the size of a file: every writer meets it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

COMPLAINT = "File too large"


@contextmanager
def no_room(size: int = 100) -> Iterator[None]:
    """No file of this process, and of those that it starts, gets larger than ``size`` bytes meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
