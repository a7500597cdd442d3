"""Every position of a game searched, many at a time so that the device's batches are full."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from protocol.client import Client, SearchHandle, Session
from protocol.messages import Limits, SearchSettings
from zhugo.review.moves import Position
from zhugo.searching import finished

OVER = "terminal"
AT_ONCE = 32
"""Positions searched at a time: enough for every batch to be filled from trees that do not meet each other."""


def search_positions(
    client: Client,
    spec: dict[str, object],
    records: Sequence[Sequence[int]],
    limits: Limits,
    on_done: Callable[[int], None],
    at_once: int = AT_ONCE,
) -> list[Position]:
    """Search the position behind each of ``records``; ``on_done(n)`` hears of every n-th that is ready.

    A limit of seconds is for the whole: it is shared out among as many positions as run at a time. Raises ``UserError``
    with the daemon's reason when a search fails.
    """
    limits = _shared_out(limits, len(records), at_once)
    running: deque[tuple[Session, SearchHandle]] = deque()
    positions: list[Position] = []

    def take_one() -> None:
        session, search = running.popleft()
        report = finished(search)
        # Two passes end the search's game with dead stones on the board; the players, who passed, agreed about those.
        ended = report.reason == OVER and positions
        positions.append(replace(positions[-1], candidates=()) if ended else Position.of(report))
        session.close()
        on_done(len(positions))

    for number, record in enumerate(records):
        if len(running) == at_once:
            take_one()
        session = client.open(f"review-{number}", "go", spec, record, SearchSettings())
        running.append((session, session.search(limits)))
    while running:
        take_one()
    return positions


def _shared_out(limits: Limits, count: int, at_once: int) -> Limits:
    if limits.seconds is None:
        return limits
    rounds = max(1, -(-count // at_once))
    return Limits(visits=limits.visits, seconds=limits.seconds / rounds)
