"""What is wrong with a query."""

from __future__ import annotations


class QueryError(Exception):
    """A query that cannot be followed: ``field`` is the one that is wrong, the text says why."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def shortened(value: object, length: int = 80) -> str:
    """What a client sent, fit to be sent back to it."""
    text = str(value)
    return text if len(text) <= length else text[:length] + "…"
