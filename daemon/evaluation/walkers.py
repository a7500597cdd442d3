"""A searcher's process under ``--schedule threads``: walkers of one leaf each, every one a searcher to the master.

The core grants a peer one batch at a time. So each walker is a peer of its own, in a thread with its own connection;
they share a device that takes what is ready whenever it is free.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence


def names_of(searcher: str, count: int) -> list[str]:
    """Of the walkers of this searcher; the first has its name."""
    return [searcher, *(f"{searcher}, walker {number}" for number in range(2, count + 1))]


def walk(names: Sequence[str], work: Callable[[str], None]) -> None:
    """Have each of them work, in a thread of its own, until all have been told to retire.

    Raises what the first one raises that cannot go on; the process is then to end, with what the others are at.
    """
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def live(name: str) -> None:
        try:
            work(name)
        except BaseException as error:  # whatever it is, it ends the process
            ended.put(error)
        else:
            ended.put(None)

    for name in names:
        threading.Thread(target=live, args=(name,), name=name, daemon=True).start()
    for _ in names:
        if (error := ended.get()) is not None:
            raise error
