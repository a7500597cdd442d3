"""One moment as tables for the terminal: what happened, a tree, the tickets and who waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from daemon.core import search_tree as st
from daemon.core.core_queries import STATES, halving_choices, moves_to, original_of, owners, parked
from daemon.core.session import Session
from zhugo.debugger.explaining.story import Line
from zhugo.debugger.reading.labels import ROOT, People, line, message, move_name
from zhugo.debugger.reading.recording import Entry, Recording
from zhugo.debugger.reading.seekable_core import SeekableCore

MOST_CHILDREN = 8
"""Children of a node that a tree shows, the most visited first."""


def event_line(recording: Recording, people: People, entry: Entry) -> str:
    """An event in one line: when, who said what, and what it brought."""
    answers = ", ".join(f"{message(answer)} to {people[receiver]}" for receiver, answer in entry.outbound)
    said = f"{people[entry.sender]}: {message(entry.inbound)}" if entry.inbound else message(None)
    return f"event {entry.number}  {recording.seconds(entry):.6f} s  {said}" + (f" → {answers}" if answers else "")


def story_table(lines: Iterable[Line]) -> Table:
    """A story; what must not be stands out."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("event", justify="right")
    table.add_column("s", justify="right")
    table.add_column("who", no_wrap=True)
    table.add_column("what")
    last = None
    for one in lines:
        when = (str(one.number), f"{one.seconds:.6f}") if one.number != last else ("", "")
        last = one.number
        table.add_row(*when, one.who, f"! {one.text}" if one.alarm else one.text, style="bold red" if one.alarm else "")
    return table


def tree_table(seekable: SeekableCore, people: People, session: Session, node: int, depth: int) -> Table:
    """The tree below a node, ``depth`` moves deep; values and utilities U from Black's side."""
    t = session.tree
    held = owners(seekable.core.tickets)
    title = f"{session.name} behind event {seekable.at}, from {line(session, moves_to(t, node))}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("move", no_wrap=True)
    for name in ("node", "N", "weight", "value", "U", "P", "pseudo"):
        table.add_column(name, justify="right")
    table.add_column("state")
    table.add_column("owner")
    for below, each in _nodes(session, node, depth):
        name = move_name(session, int(t.move[each])) if t.parent[each] != st.NONE else ROOT
        value, utility = (f"{mean[each]:+.3f}" if t.visits[each] else "" for mean in (t.mean_value, t.mean_utility))
        prior = f"{t.prior[each]:.3f}" if t.prior[each] >= 0 else ""
        owner = held.get((session.serial, each))
        table.add_row(
            "  " * below + name,
            str(each),
            str(t.visits[each]),
            f"{t.weight[each]:.3f}",
            value,
            utility,
            prior,
            str(t.pseudo[each]),
            STATES[t.state[each]],
            people[owner] if owner else "",
        )
    return table


def halving_table(session: Session) -> Table | None:
    """Whom the cursor chooses next by sequential halving, and the numbers that it compares; None where PUCT chooses.

    Visits are those since the search began, see ``HalvingChoice``.
    """
    found = halving_choices(session)
    if not found:
        return None
    title = f"next by halving: the best sum of those with {found[0].due} visits"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("move", no_wrap=True)
    for name in ("g + logit", "sigma(q)", "sum", "visits", "N", "P"):
        table.add_column(name, justify="right")
    for one in found[:MOST_CHILDREN]:
        numbers = (f"{one.noise:+.3f}", f"{one.sigma:+.3f}", f"{one.score:+.3f}")
        table.add_row(move_name(session, one.move), *numbers, str(one.begun), str(one.visits), f"{one.prior:.3f}")
    return table


def _nodes(session: Session, node: int, depth: int, below: int = 0) -> Iterator[tuple[int, int]]:
    """(how deep, node) of the node and what hangs below it, the most visited first."""
    yield below, node
    if below == depth:
        return
    t = session.tree
    children = st.children_of(t, original_of(t, node))
    likeliest = np.lexsort((t.move[children], -t.prior[children], -t.pseudo[children], -t.edge_visits[children]))
    for child in children[likeliest][:MOST_CHILDREN].tolist():
        yield from _nodes(session, child, depth, below + 1)


def holdings_table(seekable: SeekableCore, people: People) -> Table:
    """Who holds which tickets, who is parked on what, and who has nothing to do."""
    core = seekable.core
    table = Table(title=f"behind event {seekable.at}", title_justify="left", box=SIMPLE_HEAD)
    for name in ("searcher", "has", "session", "leaves"):
        table.add_column(name)
    stuck = parked(core.tickets)
    for who in people.searchers:
        rows = [(who, "parked on", serial, [leaf]) for serial, leaf in sorted(stuck.get(who, ()))]
        if (grant := core.tickets.live.get(who)) is not None:
            rows = [(who, f"grant {grant.grant}", part.serial, part.leaves.tolist()) for part in grant.parts]
        for _, what, serial, leaves in rows:
            session = core.sessions.by_serial.get(serial)
            table.add_row(people[who], what, *_leaves(session, leaves))
        if not rows:
            here = who in core.peers
            table.add_row(
                people[who], "waits for work" if who in core.tickets.waiting else "nothing" if here else "left"
            )
    return table


def _leaves(session: Session | None, leaves: list[int]) -> tuple[str, str]:
    if session is None:
        return "closed", f"{len(leaves)} leaves"
    root = len(session.record)
    shown = [
        line(session, moves_to(session.tree, leaf)[root:])
        + (" (speculative)" if session.tree.state[leaf] == st.SPECULATED else "")
        for leaf in leaves
    ]
    return session.name, "; ".join(shown)
