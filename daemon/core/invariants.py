"""What always holds (ARCHITECTURE.md), checked over everything at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from daemon.core import search_tree as st
from daemon.core.compaction import settled
from daemon.core.guests import has_owner
from daemon.core.gumbel import Halving
from daemon.core.search_tree import Tree
from daemon.core.session import Session
from daemon.core.sessions import Sessions
from daemon.core.tickets import Tickets
from daemon.core.value_biases import count_biases
from protocol.messages import SearchSettings
from protocol.principals import principal_name

_Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
"""One truth a node."""


class InvariantError(AssertionError):
    """Something that always holds does not; the text names session and node and tells what is known of them.

    ``session``, ``node``: the session's name and the node, None where none can be named.
    """

    def __init__(self, text: str, session: str | None = None, node: int | None = None) -> None:
        super().__init__(text)
        self.session = session
        self.node = node


@dataclass(frozen=True)
class _Checked:
    """What is looked at of a session: its tree, as it will be when a compaction that is under way is done."""

    name: str
    tree: Tree
    cursor_path: list[int]
    settings: SearchSettings
    cap_holds: bool

    @classmethod
    def of(cls, session: Session) -> _Checked:
        tree, cursor_path = settled(session.tree, session.cursor_path)
        return cls(session.name, tree, cursor_path, session.settings, session.cap_holds)


def check(sessions: Sessions, tickets: Tickets, clients: Mapping[bytes, str]) -> None:
    """Raise ``InvariantError`` for the first thing that does not hold. ``clients``: who is there, with their tokens."""
    for session in sessions.by_name.values():
        _check_session(_Checked.of(session))
        _check_biases(session)
        _check_halving(session)
        _check_tickets(session, tickets)
    check_books(sessions, tickets, clients)


def check_books(sessions: Sessions, tickets: Tickets, clients: Mapping[bytes, str]) -> None:
    """Raise ``InvariantError`` if what stands beside the trees does not fit together. It looks at no node but a few."""
    _check_clients(sessions, clients)
    _check_guests(sessions)
    _check_memory(sessions)
    for told in sessions.shares.faults():
        raise InvariantError(told)
    for told in [*sessions.storeroom.faults(), *sessions.searches.queue.faults(), *sessions.admission.faults()]:
        raise InvariantError(told)
    by_name, by_serial = sessions.by_name, sessions.by_serial
    if {session.serial for session in by_name.values()} != set(by_serial):
        raise InvariantError(f"sessions by name {list(by_name)} are not those by number {list(by_serial)}")
    for name, session in by_name.items():
        if session.name != name or by_serial[session.serial] is not session:
            raise InvariantError(f"session {name!r} is filed wrongly", name)
    searches, most = sessions.searches, sessions.bounds.running_searches
    searching = [session.serial for session in [*searches.running, *searches.queue.waiting]]
    if searches.queue.waiting and len(searches.running) < (most or math.inf) and not searches.holds:
        raise InvariantError(f"{len(searches.queue.waiting)} searches wait, while {len(searches.running)} go on")
    if sorted(searching) != sorted(each.serial for each in by_serial.values() if each.search is not None):
        raise InvariantError("not those sessions are served that search")
    held: Counter[int] = Counter()
    for grant in tickets.live.values():
        for part in grant.parts:
            held[part.serial] += len(part.leaves)
    for session in by_name.values():
        if session.in_flight != held[session.serial]:
            told = f"counts {session.in_flight} in flight, tickets are live for {held[session.serial]}"
            raise InvariantError(f"session {session.name!r}: {told}", session.name)
    _check_grants(tickets)
    _check_rechecks(tickets)
    _check_waiting(sessions, tickets)


def _check_memory(sessions: Sessions) -> None:
    """What all trees hold together, and those of each owner, is what each of them does."""
    held: Counter[str] = Counter()
    for session in sessions.by_serial.values():
        held[session.owner] += session.bytes_held()
    if (counted := sessions.memory.total) != held.total():
        raise InvariantError(f"all trees count as {counted} bytes and hold {held.total()}")
    for owner, budget in sessions.budgets.items():
        if budget.total != held[owner]:
            raise InvariantError(f"the trees of {owner!r} count as {budget.total} bytes and hold {held[owner]}")


def _check_clients(sessions: Sessions, clients: Mapping[bytes, str]) -> None:
    """A session belongs to clients that are there, as do its search and its watches; no two clients have one token."""
    tokens = [(principal_name(who), token) for who, token in clients.items() if token]
    if len(set(tokens)) < len(tokens):
        raise InvariantError("two clients of one principal have the same token")
    for name, session in sessions.by_name.items():
        if not session.clients or not session.clients <= clients.keys():
            raise InvariantError(f"session {name!r} belongs to {session.clients}, of whom not all are there", name)
        if session.search is not None and session.search.client not in session.clients:
            raise InvariantError(f"session {name!r} searches for {session.search.client!r}, who is not in it", name)
    for name, record in sessions.storeroom.records.items():
        if not record.clients <= clients.keys():
            told = f"belongs to {record.clients}, of whom not all are there"
            raise InvariantError(f"stored session {name!r} {told}", name)
    for opening in sessions.admission.queue.waiting:
        if any(sender not in clients for sender, _ in opening.asked):
            told = f"is waited for by {[sender for sender, _ in opening.asked]}, of whom not all are there"
            raise InvariantError(f"session {opening.key!r} {told}", opening.key)
    for name, watchers in sessions.searches.watchers.items():
        found = sessions.by_name.get(name) or sessions.storeroom.records.get(name)
        if found is None or any(watcher.client not in found.clients for watcher in watchers):
            raise InvariantError(f"session {name!r} is watched by somebody who is not in it", name)


def _check_guests(sessions: Sessions) -> None:
    """A session has a client of its owner; a client of another is a guest by an invitation that holds, or sees all."""
    for name, session in sessions.by_name.items():
        if not has_owner(session):
            raise InvariantError(f"no client of {session.owner!r} is in session {name!r}", name)
        for client in session.clients:
            by, own = session.guests.get(client), principal_name(client) == session.owner
            if by is None and not own and not sessions.sees_all(client):
                raise InvariantError(f"{client!r} is in session {name!r} and was not invited", name)
            if by is not None and (own or by not in session.invitations):
                raise InvariantError(f"{client!r} is a guest in session {name!r} by {by!r}, which does not hold", name)
        if not session.guests.keys() <= session.clients:
            raise InvariantError(f"session {name!r} has guests who are not in it", name)


def story(tree: Tree, node: int) -> str:
    """One line on a node: its path, and every number that it has."""
    path = []
    at = node
    while tree.parent[at] != st.NONE:
        path.append(int(tree.move[at]))
        at = int(tree.parent[at])
    fields = {name: getattr(tree, name)[node].item() for name in st.NODE_FIELDS}
    return f"node {node} at {path[::-1]}: " + ", ".join(f"{name} {value:.6g}" for name, value in fields.items())


def _first(session: _Checked, wrong: _Mask, complaint: str) -> None:
    if wrong.any():
        node = int(np.argmax(wrong))
        raise InvariantError(f"session {session.name!r}: {complaint}; {story(session.tree, node)}", session.name, node)


def _check_session(session: _Checked) -> None:
    t = session.tree
    used = int(t.used[st.NODES])
    parent, state = t.parent[:used], t.state[:used]
    visits, edge_visits = t.visits[:used], t.edge_visits[:used]
    has_parent = parent != st.NONE
    expanded = state == st.EXPANDED

    _first(session, (visits < 0) | (edge_visits < 0), "fewer visits than none")
    from_children = np.zeros(used, np.int64)
    np.add.at(from_children, parent[has_parent], edge_visits[has_parent])
    _first(session, expanded & (visits != 1 + from_children), "visits are not 1 + the children's edge visits")
    _first(session, ~expanded & (from_children != 0), "a node without priors sent visits to a child")
    leaf = ~expanded & (state != st.TERMINAL) & (state != st.TRANSPOSED)
    _first(session, leaf & (visits != 0), "a leaf has visits")
    _first(session, edge_visits > visits, "more edge visits than visits")
    _check_means(session, has_parent, expanded)
    mass = np.zeros(used)
    counted = has_parent & (visits > 0) & (t.prior[:used] >= 0)
    np.add.at(mass, parent[counted], t.prior[:used][counted])
    _first(session, np.abs(mass - t.visited_mass[:used]) > 1e-6, "visited mass is not the visited children's")
    _first(session, t.temporary[:used] != 0, "a temporary count was left")
    _check_pseudo(session)
    _check_rows(session)
    for node, child in pairwise(session.cursor_path):
        if t.parent[child] != node and child not in t.original[st.children_of(t, node)]:
            raise InvariantError(f"session {session.name!r}: the cursor path is broken at {story(t, child)}")
    _check_transpositions(session)


def _check_transpositions(session: _Checked) -> None:
    """Each shows its original and is on its list, nobody has a key twice, and records of crossings are not lost."""
    t = session.tree
    used = int(t.used[st.NODES])
    state, original = t.state[:used], t.original[:used]
    if not t.key[:used].any():
        return
    is_one = state == st.TRANSPOSED
    _first(session, is_one != (original != st.NONE), "an original without a transposition, or the other way round")
    ones = np.flatnonzero(is_one)
    of = original[ones]
    wrong = np.zeros(used, bool)
    wrong[ones] = (state[of] != st.EXPANDED) | (t.key[ones] != t.key[of]) | (t.first_child[ones] != st.NONE)
    for name in st.SHOWN:
        array = getattr(t, name)
        wrong[ones] |= array[ones] != array[of]
    _first(session, wrong, "a transposition does not show its original")
    listed = np.zeros(used, np.int64)
    for node in np.flatnonzero((state == st.EXPANDED) & (t.transposition[:used] != st.NONE)):
        one = int(t.transposition[node])
        while one != st.NONE:
            listed[one] += original[one] == node
            one = int(t.transposition[one])
    _first(session, listed != is_one, "a transposition is not once on the list of its original")
    keyed = np.flatnonzero((state == st.EXPANDED) & (t.key[:used] != 0))
    if len(np.unique(t.key[keyed])) != len(keyed):
        raise InvariantError(f"session {session.name!r}: two originals have one key")
    records = _records(t, int(t.used[st.FREE_CROSSING]))
    for leaf in np.flatnonzero(t.crossed[:used] != st.NONE):
        records += _records(t, int(t.crossed[leaf]))
    if sorted(records) != list(range(int(t.used[st.CROSSINGS]))):
        raise InvariantError(f"session {session.name!r}: of {t.used[st.CROSSINGS]} crossings {records} are known")


def _records(t: Tree, record: int) -> list[int]:
    found = []
    while record != st.NONE:
        found.append(record)
        record = int(t.next_crossing[record])
    return found


def _check_means(session: _Checked, has_parent: _Mask, expanded: _Mask) -> None:
    """Weights and means are such as evaluations and children can have made."""
    t = session.tree
    used = int(t.used[st.NODES])
    parent, visits, weight = t.parent[:used], t.visits[:used], t.weight[:used]
    counted = visits > 0
    _first(session, (weight > 0.0) != counted, "weight without visits, or visits without weight")
    _first(session, t.lead_weight[:used] > weight * (1 + 1e-9), "more weight of leads than weight")
    _first(session, t.weight_squared[:used] > weight * weight * (1 + 1e-9), "the sum of squares > the square")
    _first(session, np.abs(t.mean_value[:used]) > 1 + 1e-9, "a mean value outside [-1, 1]")
    for name in ("utility", "score"):
        mean, square = getattr(t, f"mean_{name}")[:used], getattr(t, f"mean_squared_{name}")[:used]
        _first(session, ~np.isfinite(mean), f"the mean {name} is no number")
        _first(session, counted & (mean * mean > square + 1e-6 * (1 + square)), f"a negative variance of the {name}")
    if t.used[st.STALE_NODES]:
        return
    # What follows holds for nodes whose children were never searched from below them: they do not tell those above.
    own = t.own_weight[:used].astype(np.float64) * np.where(expanded, 1, visits)
    below, least, most = np.zeros(used), np.full(used, np.inf), np.full(used, -np.inf)
    whole = counted.copy()
    shared = (t.state[:used] == st.TRANSPOSED) | (t.transposition[:used] != st.NONE)
    whole[parent[has_parent & (shared | (visits != t.edge_visits[:used]))]] = False
    child = np.flatnonzero(has_parent & counted & (visits == t.edge_visits[:used]))
    np.add.at(below, parent[child], weight[child])
    np.minimum.at(least, parent[child], t.mean_value[child])
    np.maximum.at(most, parent[child], t.mean_value[child])
    whole &= t.state[:used] != st.TRANSPOSED
    _first(session, whole & (weight > (own + below) * (1 + 1e-9)), "more weight than it and its children have")
    value = t.value[:used].astype(np.float64)
    outside = (t.mean_value[:used] < np.minimum(least, value) - 1e-9) | (
        t.mean_value[:used] > np.maximum(most, value) + 1e-9
    )
    _first(session, whole & outside, "the mean value is none of its evaluation and its children's")


def _check_biases(session: Session) -> None:
    """The table of value biases is the sum of what the nodes put there, by pattern."""
    if session.compacting:
        return
    of = session.backup_parameters
    patterns, expected = np.zeros_like(of.patterns), np.zeros_like(of.biases)
    count_biases(session.tree, patterns, expected)
    found = {int(of.patterns[i]): of.biases[i] for i in np.flatnonzero(of.patterns)}
    for entry in np.flatnonzero(patterns):
        pattern, put = int(patterns[entry]), expected[entry]
        has = found.pop(pattern, np.zeros(2))
        if (np.abs(put - has) > 1e-6 * (1 + np.abs(has))).any():
            told = f"the value bias of pattern {pattern} is {has}, the nodes put {put} there"
            raise InvariantError(f"session {session.name!r}: {told}", session.name)
    if found:
        told = f"the value bias of pattern {min(found)} is there, which no node put there"
        raise InvariantError(f"session {session.name!r}: {told}", session.name)


def _check_halving(session: Session) -> None:
    """Gumbel's choice counts as many leaves in flight below each move of the cursor as there are."""
    if session.compacting or not session.halving.under_way:
        return
    expected = Halving()
    expected.numbers = session.halving.numbers.copy()
    expected.count_in_flight(session.tree, session.cursor)
    if not np.array_equal(expected.numbers, session.halving.numbers):
        told = f"counts {session.halving.in_flight} leaves in flight by move, {expected.in_flight} are"
        raise InvariantError(f"session {session.name!r}: {told}", session.name, session.cursor)


def _check_rows(session: _Checked) -> None:
    t = session.tree
    row = t.row[: int(t.used[st.NODES])]
    with_row = np.flatnonzero(row != st.NONE)
    owned = np.zeros(len(row), bool)
    owned[with_row] = t.owner[row[with_row]] == with_row
    _first(session, (row != st.NONE) & ~owned, "its row of priors is another's")


def _check_pseudo(session: _Checked) -> None:
    t = session.tree
    used = int(t.used[st.NODES])
    in_flight = t.state[:used] == st.IN_FLIGHT
    _first(session, ~in_flight & (t.caused[:used] != 0), "pseudo-visits outlived their leaf's ticket")
    _first(session, in_flight & (t.origin[:used] == st.NONE), "a leaf in flight does not know where its path begins")
    pending = np.bincount(t.origin[:used][in_flight], minlength=used)
    _first(session, t.pending[:used] != pending, "pending is not the number of leaves in flight from here")
    pseudo, edge_pseudo = np.zeros(used, np.int64), np.zeros(used, np.int64)
    for leaf in np.flatnonzero(in_flight):
        node, origin, crossed = int(leaf), int(t.origin[leaf]), int(t.crossed[leaf])
        while True:
            pseudo[node] += t.caused[leaf]
            if node == origin:
                break
            edge = node
            if crossed != st.NONE and t.original[t.crossing[crossed]] == node:
                edge, crossed = int(t.crossing[crossed]), int(t.next_crossing[crossed])
                pseudo[edge] += t.caused[leaf]
            edge_pseudo[edge] += t.caused[leaf]
            node = int(t.parent[edge])
    _first(session, t.pseudo[:used] != pseudo, "pseudo-visits are not what the leaves in flight caused")
    told = "edge pseudo-visits are not what the leaves in flight below the parent's cursor caused"
    _first(session, t.edge_pseudo[:used] != edge_pseudo, told)
    if session.settings.collisions == "capped" and session.cap_holds:
        over = t.pseudo[:used] > session.settings.cap * t.visits[:used] + 1
        _first(session, over & (t.state[:used] == st.EXPANDED), "pseudo-visits over the cap")


def _check_tickets(session: Session, tickets: Tickets) -> None:
    parts = [part for grant in tickets.live.values() for part in grant.parts if part.serial == session.serial]
    owned = np.concatenate([part.leaves for part in parts]) if parts else np.zeros(0, np.int32)
    state = session.tree.state[: session.tree.used[st.NODES]]
    locked = np.flatnonzero((state == st.IN_FLIGHT) | (state == st.SPECULATED))
    if (asked := session.root_policy.asked) != st.NONE:
        if state[asked] != st.EXPANDED:
            told = f"session {session.name!r}: priors are asked for anew where there are none"
            raise InvariantError(told, session.name, asked)
        locked = np.sort(np.append(locked, asked))
    if not np.array_equal(np.sort(owned), locked):
        told = f"session {session.name!r}: leaves {locked} are locked, tickets live for {np.sort(owned)}"
        raise InvariantError(told, session.name, int(np.setxor1d(owned, locked, assume_unique=False)[0]))
    if session.compacting and len(locked):
        raise InvariantError(f"session {session.name!r}: leaves {locked} are in flight while nodes are dropped")
    if session.in_flight != len(locked):
        raise InvariantError(f"session {session.name!r}: counts {session.in_flight} in flight, {len(locked)} are")


def _check_waiting(sessions: Sessions, tickets: Tickets) -> None:
    for who, held in tickets.waiting.items():
        if who in tickets.live:
            raise InvariantError(f"{who!r} waits and holds grant {tickets.live[who].grant}")
        for serial, leaf in held.blocking:
            session = sessions.by_serial.get(serial)
            if session is None or (leaf != session.root_policy.asked and session.tree.state[leaf] != st.IN_FLIGHT):
                known = story(session.tree, leaf) if session else "its session is closed"
                name = session.name if session else None
                raise InvariantError(f"{who!r} is parked on what is not in flight: {known}", name, leaf)
        if held.held_back:
            _check_held_back(who, tickets)
        elif not held.blocking and not held.unfinished:
            _check_idle(who, sessions)


def _check_grants(tickets: Tickets) -> None:
    """Whatever is live ends by itself one day, and somebody looks when it does."""
    for who, grant in tickets.live.items():
        if who not in tickets.standings:
            raise InvariantError(f"{who!r} holds grant {grant.grant} and is not there")
        if tickets.due > grant.deadline(wanted=False):
            raise InvariantError(f"nobody looks after grant {grant.grant} of {who!r} before {tickets.due}")


def _check_rechecks(tickets: Tickets) -> None:
    """What is evaluated twice is in one grant at a time or waits for one; who was put out is not here."""
    rechecks = tickets.rechecks
    handed_out = sorted(number for grant in tickets.live.values() for number in grant.checks)
    if handed_out != sorted(rechecks.out) or not rechecks.out.keys().isdisjoint(rechecks.waiting):
        raise InvariantError(f"checks {sorted(rechecks.out)} are out, grants hold {handed_out}")
    for who, standing in tickets.standings.items():
        if rechecks.why_out(standing.identity):
            raise InvariantError(f"{who!r} was put out and is there")


def _check_held_back(who: bytes, tickets: Tickets) -> None:
    """Only while there are others, and not for ever."""
    standing = tickets.standings[who]
    if not any(other.free_at < standing.free_at for name, other in tickets.standings.items() if name != who):
        raise InvariantError(f"{who!r} is held back, and there is nobody else")
    if tickets.due > standing.free_at:
        raise InvariantError(f"{who!r} is held back until {standing.free_at}, and nobody looks before {tickets.due}")


def _check_idle(who: bytes, sessions: Sessions) -> None:
    """Nobody wakes who is idle before something is released; so whatever searches must hold something."""
    for session in sessions.searches.running:
        if sessions.shares.allowance(session.owner) == 0:
            continue
        if session.in_flight == 0 and not session.compacting and not sessions.compactions.frees:
            told = f"{who!r} is idle, though session {session.name!r} searches and holds nothing"
            may = f"visits that may be begun: {session.budget()}, leaves that fit: {session.room()}"
            raise InvariantError(f"{told}; {may}; {story(session.tree, session.cursor)}", session.name, session.cursor)
