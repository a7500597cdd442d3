"""One run through a recording, and all that the page shows, as names and arrays.

Arrays of lists are flat, with a ``count`` for each list. Events count from 1; the values of event 0, before the first,
are those that nothing is recorded for. Nodes have the numbers that ``replay`` gives them. Times are seconds since the
first event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from daemon.core.core_queries import STATES, parked
from daemon.core.session import Session
from daemon.core.sessions import Referee
from daemon.core.tree_events import TreeEvent, What
from protocol.messages import NetInfo
from zhugo.debugger.explaining.story import AT_LEAF
from zhugo.debugger.explaining.timeline import Follower, Timeline
from zhugo.debugger.reading.breakpoints import INSIDE
from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Entry, Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.tables import event_line
from zhugo.debugger.showing.view.halvings import HalvingHistory
from zhugo.debugger.showing.view.histories import Arrays, TreeHistory
from zhugo.debugger.showing.view.moves import game_facts

WHATS: tuple[What, ...] = get_args(What)
HOLDINGS = ("not here", "nothing", "waits for work", "grant", "parked on")
"""What a searcher may have, by number."""

FATES = ("updated", "failed", "lost", "unfinished")
CLOSED = -1
"""In place of a tree that is not there, or not there any more."""


@dataclass(frozen=True)
class Gathered:
    """What the page shows: ``facts`` are names and words, ``arrays`` everything that there is much of."""

    facts: dict[str, Any]
    arrays: Arrays


def gather(recording: Recording, referee: Referee) -> Gathered:
    """Replay the recording. Raises ``TraceError`` when this program cannot replay it."""
    return _Gatherer(recording, referee).gather()


@dataclass
class _Sequence:
    """What something was from which event on, an entry for each change; ``rows`` of numbers, some with a list."""

    events: list[int] = field(default_factory=list)
    rows: list[tuple[int, ...]] = field(default_factory=list)
    lists: list[tuple[tuple[int, int], ...]] = field(default_factory=list)

    def follow(self, event: int, row: tuple[int, ...], items: tuple[tuple[int, int], ...] = ()) -> None:
        if not self.rows or (self.rows[-1], self.lists[-1]) != (row, items):
            self.events.append(event)
            self.rows.append(row)
            self.lists.append(items)

    def arrays(self, names: tuple[str, ...]) -> Arrays:
        columns = np.array(self.rows, np.int32).reshape(-1, len(names)).T
        return {"event": _ints(self.events), **dict(zip(names, columns, strict=True))}

    def list_arrays(self) -> Arrays:
        pairs = np.array([pair for items in self.lists for pair in items], np.int32).reshape(-1, 2)
        return {"count": _ints([len(items) for items in self.lists]), "tree": pairs[:, 0], "leaf": pairs[:, 1]}


class _Gatherer:
    def __init__(self, recording: Recording, referee: Referee) -> None:
        self._recording = recording
        self._people = People(recording)
        self._seekable = SeekableCore(recording, referee)
        self._follower = Follower(recording, self._seekable)
        self._known: dict[int, Session] = {}  # by serial, the closed ones too
        self._trees: list[TreeHistory] = []
        self._tree_session: list[int] = []  # the place of the session that each tree is of
        self._tree_of: dict[int, int] = {}  # session serial -> its tree now
        self._dropped: set[int] = set()  # sessions whose tree lost nodes in this event
        self._sessions: dict[int, _Sequence] = {}
        self._halvings: dict[int, HalvingHistory] = {}
        self._holdings = {who: _Sequence() for who in self._people.searchers}
        self._times: list[float] = []
        self._texts: list[str] = []
        self._tree_events: list[tuple[int, int, int, int, float]] = []
        self._tree_event_counts: list[int] = []
        self._differences: list[str] = []

    def gather(self) -> Gathered:
        self._look(0)  # a recording whose first parts are gone begins with a core that knows something
        for entry in self._seekable.run():
            seconds = self._recording.seconds(entry)
            self._follower.follow(entry, seconds)
            self._times.append(seconds)
            self._texts.append(event_line(self._recording, self._people, entry))
            self._look(entry.number)
            self._keep_tree_events()
            self._warn(entry)
        self._follower.finish(self._recording)
        return Gathered(self._facts(), self._arrays())

    def _look(self, event: int) -> None:
        """See how everything is behind this event."""
        self._follow_sessions(event)
        self._follow_holdings(event)

    def _warn(self, entry: Entry) -> None:
        if self._seekable.difference is not None and not self._differences:
            self._differences.append(f"event {entry.number} came out otherwise: {self._seekable.difference.text}")

    def _follow_sessions(self, event: int) -> None:
        sessions = self._seekable.core.sessions
        self._dropped.clear()
        for serial, session in sessions.by_serial.items():
            tree = self._tree(session)
            self._trees[tree].follow(session.tree, event)
            searching = session in sessions.searches.running
            self._sessions[serial].follow(event, (tree, session.cursor, int(searching)))
            self._halvings[serial].follow(session, event)
        for serial in self._sessions.keys() - sessions.by_serial.keys():
            self._sessions[serial].follow(event, (CLOSED, 0, 0))
            self._halvings[serial].follow(None, event)

    def _tree(self, session: Session) -> int:
        """The number of the session's tree; a new one when nodes were dropped, for then numbers change."""
        serial = session.serial
        if serial not in self._known:
            self._known[serial], self._sessions[serial] = session, _Sequence()
            self._halvings[serial] = HalvingHistory()
        elif self._trees[self._tree_of[serial]].is_of(session.tree):
            return self._tree_of[serial]
        else:
            self._dropped.add(serial)
        self._tree_of[serial] = len(self._trees)
        self._trees.append(TreeHistory())
        self._tree_session.append(list(self._known).index(serial))
        return self._tree_of[serial]

    def _follow_holdings(self, event: int) -> None:
        core = self._seekable.core
        stuck = parked(core.tickets)
        for who, holdings in self._holdings.items():
            number, leaves = 0, sorted(stuck.get(who, ()))
            kind = "parked on" if leaves else "waits for work" if who in core.tickets.waiting else "nothing"
            if (grant := core.tickets.live.get(who)) is not None:
                kind, number = "grant", grant.grant
                leaves = [(part.serial, leaf) for part in grant.parts for leaf in part.leaves.tolist()]
            elif who not in core.peers:
                kind = "not here"
            on_trees = tuple((self._tree_of[serial], leaf) for serial, leaf in leaves)
            holdings.follow(event, (HOLDINGS.index(kind), number), on_trees)

    def _keep_tree_events(self) -> None:
        """What happened in the event, without the walks, which are told by what they led to."""
        tree_events = self._seekable.tree_events
        kept = [
            tree_event
            for tree_event, following in zip_longest(tree_events, tree_events[1:])
            if tree_event.what != "walked" and not _is_answered_by(tree_event, following)
        ]
        self._tree_events += [self._tree_event(tree_event) for tree_event in kept]
        self._tree_event_counts.append(len(kept))

    def _tree_event(self, tree_event: TreeEvent) -> tuple[int, int, int, int, float]:
        serial = tree_event.session.serial
        if serial not in self._tree_of:  # opened and closed in one event
            self._tree(tree_event.session)
        tree = CLOSED if serial in self._dropped else self._tree_of[serial]
        return (
            WHATS.index(tree_event.what),
            self._searcher(tree_event.searcher),
            tree,
            tree_event.leaf,
            tree_event.amount,
        )

    def _searcher(self, who: bytes) -> int:
        """The index of a searcher among all of them, -1 for other peers."""
        searchers = self._people.searchers
        return searchers.index(who) if who in searchers else -1

    def _facts(self) -> dict[str, Any]:
        recording = self._recording
        return {
            "file": recording.path.name.encode(errors="replace").decode(),
            "header": {"versions": recording.header.versions, "options": recording.header.options},
            "nets": list(dict.fromkeys(f"{net.name} on {net.device}" for net in self._nets())),
            "warnings": recording.warnings() + self._differences,
            "texts": self._texts,
            "searchers": [self._people[who] for who in self._people.searchers],
            "sessions": [game_facts(session) for session in self._known.values()],
            "trees": self._tree_session,
            "states": STATES,
            "holdings": HOLDINGS,
            "fates": FATES,
            "whats": WHATS,
            "words": AT_LEAF,
            "kinds": {kind: [WHATS.index(what) for what in whats] for kind, whats in INSIDE.items()},
        }

    def _nets(self) -> list[NetInfo]:
        first = [hello.net for _, hello in self._recording.hellos if hello.net is not None]
        return first + [net for _, net in self._recording.changes]

    def _arrays(self) -> Arrays:
        tree_events = np.array(self._tree_events, np.float64).reshape(-1, 5).T
        found: Arrays = {"events.time": np.array(self._times), "notes.count": _ints(self._tree_event_counts)}
        for name, column in zip(("what", "searcher", "tree", "leaf"), tree_events, strict=False):
            found[f"notes.{name}"] = column.astype(np.int32)
        found["notes.amount"] = tree_events[4].astype(np.float32)
        for number, tree in enumerate(self._trees):
            found |= _under(f"trees.{number}", tree.arrays())
        for number, sequence in enumerate(self._sessions.values()):
            found |= _under(f"sessions.{number}", sequence.arrays(("tree", "cursor", "searching")))
        for number, halving in enumerate(self._halvings.values()):
            found |= _under(f"halvings.{number}", halving.arrays())
        for number, sequence in enumerate(self._holdings.values()):
            found |= _under(f"holdings.{number}", sequence.arrays(("kind", "grant")) | sequence.list_arrays())
        return found | self._course_arrays(self._follower.timeline)

    def _course_arrays(self, timeline: Timeline) -> Arrays:
        batches, waits, samples = timeline.batches, timeline.waits, timeline.samples
        times = ("asked", "granted", "over", "encode", "submit", "device", "device_end", "update")
        numbers = ("grant", "leaves", "requested", "cached")
        found: Arrays = {f"batches.{name}": np.array([getattr(one, name) for one in batches], float) for name in times}
        found |= {f"batches.{name}": _ints([getattr(one, name) for one in batches]) for name in numbers}
        found["batches.searcher"] = _ints([self._searcher(one.searcher) for one in batches])
        found["batches.fate"] = _ints([FATES.index(one.fate) for one in batches])
        found["waits.searcher"] = _ints([self._searcher(one.searcher) for one in waits])
        found["waits.parked"] = _ints([one.kind == "parked" for one in waits])
        found["waits.begin"] = np.array([one.begin for one in waits], float)
        found["waits.end"] = np.array([one.end for one in waits], float)
        counts = ("tickets", "parked", "pseudo", "visits")
        return found | {f"samples.{name}": _ints([getattr(one, name) for one in samples]) for name in counts}


def _is_answered_by(tree_event: TreeEvent, following: TreeEvent | None) -> bool:
    """Whether a collision was answered by the pseudo-visits that the next note tells of."""
    return tree_event.what == "collided" and following is not None and following.what == "given"


def _ints(values: list[Any]) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}
