"""Delta debugging: a list that fails, made so short that no single item can be left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def minimized(items: list[Item], failing: Callable[[list[Item]], list[Item] | None]) -> Iterator[list[Item]]:
    """The shortest list that fails so far, behind every try; the last is 1-minimal (Zeller and Hildebrandt 2002).

    Leaves out chunks of half the list, then of a quarter, and so on to single items, until none of those can be spared.
    Later chunks go first, for what comes last depends on most and fewest depend on it. ``failing``: the part of a list,
    from its beginning, that is enough to fail, or None; a function of the list.
    """
    size = max(1, len(items) // 2)
    while items:
        before, end = len(items), len(items)
        while end > 0:
            begin = max(0, end - size)
            if (shorter := failing(items[:begin] + items[end:])) is not None:
                items = shorter
            yield items
            end = min(begin, len(items))
        if size > 1:
            size = max(1, size // 2)
        elif len(items) == before:
            return
