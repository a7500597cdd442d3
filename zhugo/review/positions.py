"""The positions of games searched, many at a time and of several games, so that the device's batches are full."""

from __future__ import annotations

import itertools
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from games.go.sgf import GameRecord, Segment
from protocol.client import Client, SearchHandle, Session
from protocol.errors import RefusedError, SessionLost
from protocol.messages import Limits, SearchSettings
from zhugo.review.move_costs import Position
from zhugo.shared import records
from zhugo.shared.errors import UserError
from zhugo.shared.searching import finished
from zhugo.shared.waiting import tell_place

OVER = "terminal"
POLL_SECONDS = 1.0
AT_ONCE = 32
"""Positions searched at a time: enough for every batch to be filled from trees that do not meet each other."""


@dataclass(eq=False)
class Work:
    """A game whose positions are searched. positions: those that are ready, by number, from a run before too."""

    record: GameRecord
    limits: Limits
    positions: dict[int, Position] = field(default_factory=dict)
    failure: str | None = None

    def __post_init__(self) -> None:
        self.places: list[Segment] = []
        self.begins: set[int] = set()
        """The numbers of the positions that a segment begins with."""
        for segment in self.record.segments:
            self.begins.add(len(self.places))
            self.places += [Segment(segment.spec, record) for record in records.positions(segment)]

    @property
    def is_ready(self) -> bool:
        """Whether all positions are."""
        return len(self.positions) == len(self.places)

    def take(self, number: int, position: Position, is_over: bool) -> None:
        """A position is ready; ``is_over``: the game is, by two passes."""
        before = self.positions.get(number - 1)
        if is_over and before is not None and number not in self.begins:
            # Two passes end the search's game with dead stones on the board; the players, who passed, agreed on those.
            # So did the first of them, of whom the search expects that the other one would not agree.
            played = self.positions.get(number - 2)
            if played is not None and number - 1 not in self.begins:
                before = self.positions[number - 1] = replace(before, win_rate=played.win_rate, lead=played.lead)
            position = replace(before, candidates=())
        self.positions[number] = position


def search_games(
    client: Client, games: Iterable[Work], on_change: Callable[[Work], None], at_once: int = AT_ONCE
) -> None:
    """Search what is not ready of the games, in order; ``on_change`` hears of every position, and of every failure.

    A limit of seconds is for a whole game: it is shared out among as many positions as run at a time. A game whose
    search is refused, or fails, has a ``failure``, and the others go on.
    """
    running: deque[tuple[Work, int, Session, SearchHandle]] = deque()
    name = f"review-{secrets.token_hex(4)}"
    numbers = itertools.count()

    def opened(place: Segment) -> Session:
        """A session for one more; where there is no room for it, one that runs is finished first."""
        opening = client.begin_open(
            f"{name}-{next(numbers)}", "go", place.spec, place.record, SearchSettings(), priority="review"
        )
        session = None
        while running and session is None:
            session = opening.poll(POLL_SECONDS)
            if session is None and opening.position:
                take_one()
        return session or opening.result(tell_place)

    def begin(work: Work, number: int) -> None:
        place = work.places[number]
        try:
            session = opened(place)
            search = session.search(_shared_out(work, at_once), priority="review")
            running.append((work, number, session, search))
        except RefusedError as error:
            work.failure = str(error)
            on_change(work)

    def take_one() -> None:
        work, number, session, search = running.popleft()
        try:
            report = finished(search)
            with suppress(SessionLost):
                session.close()
        except (UserError, RefusedError) as error:
            work.failure = work.failure or str(error)
        except SessionLost:
            begin(work, number)  # the daemon came back without it
            return
        else:
            work.take(number, Position.of(report), report.reason == OVER)
        on_change(work)

    for work, number in _waiting(games):
        while len(running) >= at_once:
            take_one()
        if work.failure is None:
            begin(work, number)
    while running:
        take_one()


def _waiting(games: Iterable[Work]) -> Iterator[tuple[Work, int]]:
    for work in games:
        yield from ((work, number) for number in range(len(work.places)) if number not in work.positions)


def _shared_out(work: Work, at_once: int) -> Limits:
    limits = work.limits
    if limits.seconds is None:
        return limits
    rounds = max(1, -(-len(work.places) // at_once))
    return Limits(visits=limits.visits, seconds=limits.seconds / rounds)
