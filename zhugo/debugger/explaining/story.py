"""Everything that ever happened to one node: by whom, when, and the numbers of PUCT, or of halving, that led there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from daemon.core import search_tree as st
from daemon.core.core_queries import (
    STATES,
    Choice,
    HalvingChoice,
    choices,
    halving_choices,
    moves_to,
    original_of,
    owners,
    parked,
)
from daemon.core.search_tree import Tree
from daemon.core.session import Session
from daemon.core.sessions import Referee
from daemon.core.tree_events import TreeEvent, What
from protocol import messages as m
from zhugo.debugger.reading.labels import People, line, move_name, moves_of
from zhugo.debugger.reading.recording import Entry, Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.shared.errors import UserError

RIVALS = 2
"""Other candidates whose scores are shown beside that of the one that was chosen."""

MOST_LEAVES = 4
"""Leaves that one line names."""

_WALKS: tuple[What, ...] = ("walked", "collided")

AT_LEAF: dict[What, str] = {
    "collided": "meets it in flight and stops: over the cap",
    "ticket": "gets its ticket",
    "promoted": "makes its speculative ticket a real one",
    "speculative": "gets a speculative ticket for it",
    "given": "meets it in flight: pseudo-visits +{amount:g}",
    "taken": "takes away what it caused: pseudo-visits −{amount:g}",
    "backed up": "counts its known value {amount:+.3f}",
    "updated": "updates it: value {amount:+.3f}",
    "kept": "brings its speculative result {amount:+.3f}, which is kept",
    "no ticket": "brings a result {amount:+.3f} though it has no ticket",
    "released": "loses its ticket",
    "parked": "is parked on it",
    "woken": "was parked on it and looks again",
}

_BELOW: dict[What, str] = {
    "collided": "meets {leaves} in flight and stops: over the cap",
    "ticket": "walks through it to {leaves}, and gets the ticket",
    "promoted": "walks through it to {leaves}, and makes the speculative ticket a real one",
    "speculative": "gets a speculative ticket for {leaves}",
    "given": "meets {leaves} in flight: pseudo-visits +{amount:g}",
    "taken": "takes away what {leaves} caused: pseudo-visits −{amount:g}",
    "backed up": "counts the known value of {leaves}, together {amount:+.3f}",
    "updated": "updates {leaves}, together {amount:+.3f}",
    "released": "loses the ticket of {leaves}",
}


@dataclass(frozen=True)
class Target:
    """A node for all of a recording: the session's name, and the moves from the start of its game."""

    session: str
    moves: tuple[int, ...]


@dataclass(frozen=True)
class Line:
    """One thing that happened to the node, or, with ``alarm``, that must not have. ``number``: of the event."""

    number: int
    seconds: float
    who: str
    text: str
    alarm: bool = False


@dataclass(frozen=True)
class _NodeEvent:
    tree_event: TreeEvent
    leaf: str
    because: str


def target(recording: Recording, referee: Referee, what: str, session: str | None, from_start: bool = False) -> Target:
    """The node that a person names: its number, or moves from the first position that was searched, or from the start.

    Raises ``UserError`` when there is no such node.
    """
    seekable = SeekableCore(recording, referee, listens=False)
    number = int(what) if what.isdigit() else None
    known: Session | None = None
    for entry in seekable.run():
        if known is None and isinstance(asked := entry.inbound, m.Search) and session in (None, asked.session):
            known = seekable.core.sessions.by_name.get(asked.session)
            if known is not None and number is None:
                record = () if from_start else tuple(known.record)
                return Target(known.name, (*record, *moves_of(known, what)))
        if known is not None and number is not None and number < known.tree.used[st.NODES]:
            return Target(known.name, tuple(moves_to(known.tree, number)))
    if known is None:
        raise UserError("nothing was ever searched" + (f" in session {session!r}" if session else ""))
    raise UserError(f"session {known.name!r} never had a node {number}; it had {known.tree.used[st.NODES]}")


def story(recording: Recording, referee: Referee, node: Target, until: int | None = None) -> Iterator[Line]:
    """The lines of its story, in order, up to and with event ``until``, and what does not hold then."""
    return _StoryWriter(recording, referee, node).tell(until)


def state_of(session: Session, node: int) -> str:
    """The numbers of a node in one line."""
    t = session.tree
    counts = f"{STATES[t.state[node]]}, N {t.visits[node]}, weight {t.weight[node]:.3f}"
    means = f"value {t.mean_value[node]:+.3f}, U {t.mean_utility[node]:+.3f}" if t.visits[node] else "no value"
    return f"{counts}, {means}, pseudo {t.pseudo[node]}"


def because(session: Session, node: int, path: Sequence[int]) -> str:
    """How a walk that went this path weighs this node now, beside its rivals; seen by the player to move before it.

    By PUCT; below a cursor with Gumbel's choice by sequential halving. path: as in ``TreeEvent``.
    """
    t = session.tree
    above = path[path.index(node) + 1 :]
    if t.original[above[0]] == node:  # the walk came to it by another order of moves
        node, above = above[0], above[1:]
    if above[0] == session.cursor and session.halving.under_way:
        return _because_of_halving(session, node)
    found = choices(session, above[0], sum(t.state[each] != st.TRANSPOSED for each in above) - 1)
    own = next((one for one in found if one.child == node), None)
    if own is None:
        return "no candidate of PUCT"
    rivals = [one for one in found if one is not own][:RIVALS]
    others = ", ".join(f"{move_name(session, one.move)} {one.score:.3f}" for one in rivals) or "nothing else"
    return f"{_numbers(session, own)}; beside it {others}"


def _because_of_halving(session: Session, node: int) -> str:
    found = halving_choices(session)
    own = next((one for one in found if one.child == node), None)
    if own is None:
        return "no candidate of sequential halving"
    rivals = [f"{move_name(session, one.move)} {one.score:.3f} ({one.begun})" for one in found if one is not own]
    others = ", ".join(rivals[:RIVALS]) or "nothing else"
    return f"{halving_text(session, own)}; beside it {others}"


def halving_text(session: Session, one: HalvingChoice) -> str:
    """Why sequential halving chooses a move, or not, in one line."""
    terms = f"g + logit {one.noise:+.3f} + sigma(q) {one.sigma:+.3f} = {one.score:.3f}"
    counts = f"{one.begun} visits since the search began, {one.due} due; N {one.visits}, P {one.prior:.3f}"
    return f"{move_name(session, one.move)} {terms} ({counts})"


def _numbers(session: Session, one: Choice) -> str:
    pseudo = f"+{one.pseudo}" if one.pseudo else ""
    name = move_name(session, one.move)
    terms = f"U {one.utility:+.3f} + exploration {one.exploration:.3f} = {one.score:.3f}"
    return f"{name} {terms} (N {one.visits}{pseudo}, P {one.prior:.3f})"


class _StoryWriter:
    def __init__(self, recording: Recording, referee: Referee, node: Target) -> None:
        self._recording, self._referee, self._target = recording, referee, node
        self._people = People(recording)
        self._seekable = SeekableCore(recording, referee, self._take)
        self._node_events: list[_NodeEvent] = []
        self._balance = 0  # pseudo-visits given and not taken away
        self._because = ""
        self._collided: TreeEvent | None = None  # a walk that has not yet been given a pseudo-visit
        self._place: tuple[Tree, int] | None = None

    def tell(self, until: int | None) -> Iterator[Line]:
        self._seekable.skip_to(self._before_birth(until))
        entry = self._seekable.entry
        for entry in self._seekable.run(until):
            self._settle_collision()
            told = [self._line(entry, who, text, what == "no ticket") for who, what, text in self._grouped()]
            self._node_events = []
            yield from told
            if told:
                yield from self._behind(entry)
        if entry is not None and (broken := self._seekable.broken_rule()) is not None:
            yield self._line(entry, "", str(broken), alarm=True)

    def _before_birth(self, until: int | None) -> int:
        """Events before the one that made the node; all of them if none did."""
        seekable = SeekableCore(self._recording, self._referee, listens=False)
        for _ in seekable.run(until):
            session = seekable.core.sessions.by_name.get(self._target.session)
            if session is not None and self._find(session) != st.NONE:
                self._place = None
                return seekable.at - 1
        return seekable.at

    def _behind(self, entry: Entry) -> Iterator[Line]:
        """How the node stands behind an event that concerned it."""
        session = self._seekable.core.sessions.by_name.get(self._target.session)
        node = st.NONE if session is None else self._find(session)
        if session is None or node == st.NONE:
            return
        tickets = self._seekable.core.tickets
        owner = owners(tickets).get((session.serial, node))
        held = "" if owner is None else f", ticket of {self._people[owner]}"
        yield self._line(entry, "", f"{state_of(session, node)}{held}")
        pseudo = int(session.tree.pseudo[node])
        if pseudo != self._balance:
            text = f"{pseudo} pseudo-visits are counted, but given and not taken away are {self._balance}"
            yield self._line(entry, "", text, alarm=True)
        for who, met in parked(tickets).items():
            if (session.serial, node) in met and session.tree.state[node] != st.IN_FLIGHT:
                text = f"{self._people[who]} is parked on it, though nobody holds its ticket, and was not woken"
                yield self._line(entry, "", text, alarm=True)

    def _take(self, tree_event: TreeEvent) -> None:
        """Keep what concerns the node, with its numbers as they are just then."""
        session = tree_event.session
        node = self._find(session) if session.name == self._target.session else st.NONE
        if tree_event.what == "given":
            self._collided = None
        self._settle_collision()
        if node not in tree_event.path:
            return
        if tree_event.what in _WALKS:
            self._because = because(session, node, tree_event.path) if node != tree_event.origin else ""
            self._collided = tree_event if tree_event.what == "collided" else None
            return
        if tree_event.what in ("given", "taken"):
            self._balance += int(tree_event.amount) if tree_event.what == "given" else -int(tree_event.amount)
        self._keep(tree_event)

    def _settle_collision(self) -> None:
        """A collision behind which nothing was given is a stop."""
        if self._collided is not None:
            collided, self._collided = self._collided, None
            self._keep(collided)

    def _keep(self, tree_event: TreeEvent) -> None:
        path = moves_to(tree_event.session.tree, tree_event.leaf)[len(self._target.moves) :]
        self._node_events.append(_NodeEvent(tree_event, line(tree_event.session, path) if path else "", self._because))
        self._because = ""

    def _grouped(self) -> Iterator[tuple[str, What, str]]:
        """(who, what, text) of what happened in one event, alike things below the node as one."""
        for (searcher, what, at_leaf), group in groupby(
            self._node_events,
            key=lambda node_event: (node_event.tree_event.searcher, node_event.tree_event.what, not node_event.leaf),
        ):
            node_events = list(group)
            names = list(dict.fromkeys(node_event.leaf for node_event in node_events))
            more = f" and {len(names) - MOST_LEAVES} more" if len(names) > MOST_LEAVES else ""
            amount = sum(node_event.tree_event.amount for node_event in node_events)
            template = (AT_LEAF if at_leaf else _BELOW)[what]
            text = template.format(leaves=", ".join(names[:MOST_LEAVES]) + more, amount=amount)
            why = next((node_event.because for node_event in node_events if node_event.because), "")
            yield self._people[searcher], what, text + (f": {why}" if why else "")

    def _find(self, session: Session) -> int:
        """The node in this session's tree, or NONE."""
        if self._place is not None and self._place[0] is session.tree:
            return self._place[1]
        moves, record = self._target.moves, tuple(session.record)
        behind_cursor = moves[: len(record)] == record
        node = session.cursor if behind_cursor else 0
        for move in moves[len(record) if behind_cursor else 0 :]:
            node = int(st.child_of.py_func(session.tree, original_of(session.tree, node), move))
            if node == st.NONE:
                return st.NONE
        self._place = (session.tree, node)
        return node

    def _line(self, entry: Entry, who: str, text: str, alarm: bool = False) -> Line:
        return Line(entry.number, self._recording.seconds(entry), who, text, alarm)
