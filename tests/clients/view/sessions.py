"""Two sessions of Go that the page is looked at with: a game of 9×9 that is under way, and set-up stones on 7×5."""

from __future__ import annotations

from pathlib import Path

from protocol.messages import Limits
from tests.daemons import PATIENCE, RealDaemon

VISITS = 150
NINE = {"size": 9, "komi": 7}
CORNER = [9, 0, 1, 40]
"""A8, A9, B9, which takes A9, and E5."""
WIDE = {"size": [7, 5], "komi": 0.5, "black": [8, 9], "white": [16], "to_play": "white"}


def record_two(directory: Path) -> Path:
    """A daemon's trace of both, searched at once, and of the first alone behind that."""
    with RealDaemon(directory, "--trace", str(directory / "t.trace"), latency_ms=3.0) as daemon:
        with daemon.client() as client:
            nine, wide = client.open("nine", "go", NINE, CORNER), client.open("wide", "go", WIDE)
            searches = [session.search(Limits(visits=VISITS)) for session in (nine, wide)]
            assert all(search.result(PATIENCE).final for search in searches)
            nine.search(Limits(new_visits=VISITS)).result(PATIENCE)
        daemon.end()
    return directory / "t.trace"
