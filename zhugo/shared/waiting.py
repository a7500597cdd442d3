"""What people are told while a daemon that others use, too, has no room for one more session."""

from __future__ import annotations

import sys


def place_text(position: int) -> str:
    """Where this one stands among those that wait."""
    before = "the next" if position == 1 else f"number {position}"
    return f"the daemon has no room for another game yet; this one is {before} of those that wait"


def tell_place(position: int) -> None:
    """Say it on stderr."""
    print(place_text(position), file=sys.stderr, flush=True)
