"""One search of a recording, followed event by event: what was said and handed out, and how its root grew."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from daemon.core.choice import children, order, permitted, preferences
from daemon.core.counters import Counters
from daemon.core.scheduler import Scheduler
from daemon.core.session import Session
from daemon.core.sessions import Referee
from daemon.replay.replay import again
from protocol import messages as m
from zhugo.debugger.reading.labels import People, line, message, move_name
from zhugo.debugger.reading.recording import Entry, Recording
from zhugo.shared.errors import UserError

_OWN = ("request", "session", "name", "pid", "token", "net", "grant", "phases", "cached")
"""Fields of messages that differ from run to run: who sent it, and how it is numbered."""

_EVALUATION = ("to_play", "terminal", "value", "lead", "priors", "score", "errors", "patterns", "keys")
"""The arrays of an update that the core takes up; the last four may have no rows."""

_NO_MATTER = (m.Heartbeat, m.Tick, m.Paused, m.Principals, m.Watch, m.Query, m.AskStatus, m.AskCheck, m.ClearCache)
"""Messages that change nothing in a search, and of which there are the more the longer it takes."""

Path = tuple[int, ...]
"""Moves from the searched position."""


@dataclass(frozen=True)
class SearchMessage:
    """A message that may change the search. ``leaves``: of an update or a failure, those of this search.

    ``evaluation``: a digest of what an update says of them. ``rest``: all else that it says, but for times and for what
    it is called by.
    """

    number: int
    seconds: float
    who: str
    told: str
    kind: str
    leaves: tuple[Path, ...]
    evaluation: bytes
    rest: str

    @property
    def content(self) -> tuple[object, ...]:
        """What is the same in two recordings that have not yet parted."""
        return self.who, self.kind, self.leaves, self.evaluation, self.rest


@dataclass(frozen=True)
class SearchGrant:
    """Tickets of one grant for leaves of the search."""

    number: int
    seconds: float
    who: str
    told: str
    leaves: tuple[Path, ...]


@dataclass(frozen=True)
class Root:
    """The candidates at the searched position behind one event, in move order.

    ``q``: mean values, Black's, NaN without visits. ``total``: visits of the position. ``best``: what the settings hold
    for the best move, None without a visit.
    """

    number: int
    seconds: float
    total: int
    moves: NDArray[np.int64]
    visits: NDArray[np.int64]
    q: NDArray[np.float64]
    best: int | None


@dataclass
class Searched:
    """``settings``: the session's, and the limits. ``roots``: at 1, 2, 4, 8 … visits, as soon as there were so many.

    ``bests``: the root behind every event that changed the best move; ``end``: behind the last that gave it a visit.
    ``parks``: how often a searcher came to be parked. ``updated``: leaves whose evaluation the core took.
    ``counters``: what was counted meanwhile, of all sessions.
    """

    path: str
    session: Session
    record: list[int]
    settings: dict[str, Any]
    began: float
    messages: list[SearchMessage] = field(default_factory=list)
    grants: list[SearchGrant] = field(default_factory=list)
    roots: list[Root] = field(default_factory=list)
    bests: list[Root] = field(default_factory=list)
    end: Root | None = None
    parks: int = 0
    updated: int = 0
    counters: Counters = field(default_factory=Counters)

    def line(self, moves: Sequence[int]) -> str:
        """Moves as people write them."""
        return line(self.session, moves)

    def move(self, move: int | None) -> str | None:
        """One move as people write it."""
        return None if move is None else move_name(self.session, move)


def searched(recording: Recording, referee: Referee, session: str | None = None, which: int = 1) -> Searched:
    """Replay the recording up to the end of its ``which``-th search, counted in this session or in all.

    Raises ``UserError`` when there is none, or when what is lived through is not what was recorded; ``TraceError``.
    """
    core = recording.core(referee)
    people, follower, left = People(recording), None, which
    for entry in recording.entries:
        before = copy.copy(core.counters)
        if (difference := again(core, entry.record)) is not None:
            raise UserError(f"{recording.path} does not replay here: event {entry.number}: {difference.text}")
        asked = entry.inbound
        if follower is None and isinstance(asked, m.Search) and session in (None, asked.session):
            left -= asked.session in core.sessions.by_name
            if left == 0:
                follower = _Follower(recording, people, core, entry, asked, before)
        if follower is not None and follower.follow(entry):
            break
    if follower is None:
        raise UserError(f"{recording.path} has no search {which}" + (f" in session {session!r}" if session else ""))
    return follower.finished()


class _Follower:
    """``search``: what ``asked`` asks for; it has just begun. ``before``: the counters before it did."""

    def __init__(
        self, recording: Recording, people: People, core: Scheduler, asked: Entry, search: m.Search, before: Counters
    ) -> None:
        self._recording, self._people, self._core = recording, people, core
        self._asked, self._search, self._before = asked, search, before
        self._session = core.sessions.by_name[search.session]
        record = list(self._session.record)
        settings = {**msgspec.structs.asdict(self._session.settings), **msgspec.structs.asdict(search.limits)}
        self._found = Searched(str(recording.path), self._session, record, settings, recording.seconds(asked))
        self._rows: dict[int, list[tuple[int, Path]]] = {}  # grant -> row and leaf
        self._parked: set[tuple[bytes, float]] = set()

    def follow(self, entry: Entry) -> bool:
        """One event that has just happened. Whether it ended the search."""
        if entry is not self._asked:
            self._take(entry)
        for receiver, answer in entry.outbound:
            if isinstance(answer, m.Grant):
                self._give(entry, receiver, answer)
        parked = {(who, held.since) for who, held in self._core.tickets.waiting.items() if held.blocking}
        self._found.parks += len(parked - self._parked)
        self._parked = parked
        self._look(entry)
        return any(
            isinstance(answer, m.Report)
            and answer.final
            and (receiver, answer.request) == (self._asked.sender, self._search.request)
            for receiver, answer in entry.outbound
        )

    def finished(self) -> Searched:
        """All that was followed."""
        now, before = vars(self._core.counters), vars(self._before)
        self._found.counters = Counters(**{name: now[name] - before[name] for name in now})
        return self._found

    def _take(self, entry: Entry) -> None:
        told = entry.inbound
        ours = self._session.name
        if told is None or isinstance(told, _NO_MATTER) or getattr(told, "session", ours) != ours:
            return
        rows: list[tuple[int, Path]] = []
        if isinstance(told, m.Update | m.Failed):
            rows = self._rows.pop(told.grant, [])
        leaves = tuple(leaf for _, leaf in rows)
        said = SearchMessage(
            *self._place(entry, entry.sender, told), type(told).__name__, leaves, *_content(told, rows)
        )
        self._found.messages.append(said)
        if isinstance(told, m.Update) and not any(
            isinstance(answer, m.Refused | m.Revoked) for _, answer in entry.outbound
        ):
            self._found.updated += len(rows)

    def _give(self, entry: Entry, receiver: bytes, grant: m.Grant) -> None:
        starts = [part.first for part in grant.parts] + [len(grant.offsets) - 1]
        rows = []
        for part, begin, end in zip(grant.parts, starts, starts[1:], strict=False):
            if (part.record, part.spec) == (self._found.record, self._session.spec):
                paths = (grant.moves[grant.offsets[row] : grant.offsets[row + 1]] for row in range(begin, end))
                rows += [(row, tuple(path.tolist())) for row, path in zip(range(begin, end), paths, strict=True)]
        if rows:
            self._rows[grant.grant] = rows
            leaves = tuple(leaf for _, leaf in rows)
            self._found.grants.append(SearchGrant(*self._place(entry, receiver, grant), leaves))

    def _look(self, entry: Entry) -> None:
        """At the root, if it has more visits."""
        found, session = self._found, self._session
        if session.record != found.record or (found.end is not None and session.visits == found.end.total):
            return
        tree, cursor = session.tree, session.cursor
        below = permitted(children(tree, cursor, session.puct), session.avoid[0 if tree.to_play[cursor] > 0 else 1])
        first = order(below, preferences(session, below))[:1]
        best = int(below.move[first[0]]) if below.visits.any() else None
        root = Root(entry.number, self._seconds(entry), session.visits, below.move, below.visits, below.value, best)
        if root.total >= 1 << len(found.roots):
            found.roots += [root] * (root.total.bit_length() - len(found.roots))
        if best is not None and (not found.bests or best != found.bests[-1].best):
            found.bests.append(root)
        found.end = root

    def _place(self, entry: Entry, peer: bytes, told: m.AnyMessage) -> tuple[int, float, str, str]:
        return entry.number, self._seconds(entry), self._people[peer], message(told)

    def _seconds(self, entry: Entry) -> float:
        return self._recording.seconds(entry)


def _content(told: m.Inbound, rows: list[tuple[int, Path]]) -> tuple[bytes, str]:
    """The digest of an evaluation, and the rest."""
    evaluation = b""
    if isinstance(told, m.Update):
        numbers = [row for row, _ in rows if row < len(told.value)]
        arrays = [getattr(told, name) for name in _EVALUATION]
        values = b"".join(array[numbers].tobytes() for array in arrays if len(array))
        evaluation = blake2b(values, digest_size=16).digest()
    said = msgspec.structs.asdict(told).items()
    return evaluation, repr([value for name, value in said if name not in _OWN and not isinstance(value, np.ndarray)])
