"""What a run through a recording stops at: ``node=C3 D4 | session=review | event=park``, joined by ``&``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, get_args

from daemon.core import search_tree as st
from daemon.core.core_queries import original_of
from daemon.core.session import Session
from daemon.core.tree_events import TreeEvent, What
from protocol import messages as m
from zhugo.debugger.reading.labels import moves_of
from zhugo.shared.errors import UserError


class HasTreeEvents(Protocol):
    """A core behind an event, as ``seekable_core.SeekableCore`` is."""

    @property
    def tree_events(self) -> list[TreeEvent]:
        """What happened in the event."""


class HasInbound(Protocol):
    """An event, as ``recording.Entry`` is."""

    @property
    def inbound(self) -> m.Inbound | None:
        """What the core was told."""


Condition = Callable[[HasTreeEvents, HasInbound], bool]

INSIDE: dict[str, tuple[What, ...]] = {
    "ticket": ("ticket", "promoted"),
    "collision": ("collided",),
    "pseudo": ("given", "taken"),
    "release": ("released",),
    "park": ("parked",),
    "wake": ("woken",),
    "speculate": ("speculative",),
}
"""What an event may hold -> the tree events that say so."""

MESSAGES = tuple(kind.__name__.lower() for kind in get_args(m.Inbound))


def condition(text: str) -> Condition:
    """Whether the event that a core stands behind meets every term of ``text``. Raises ``UserError``."""
    terms = [_term(term) for term in text.split("&")]
    return lambda seekable, entry: all(term(seekable, entry) for term in terms)


def _term(text: str) -> Condition:
    key, is_there, value = (part.strip() for part in text.partition("="))
    if is_there and value and key in _TERMS:
        return _TERMS[key](value)
    raise UserError(f"{text.strip()!r} is no condition; say node=MOVES, session=NAME or event=KIND, joined by &")


def _event(kind: str) -> Condition:
    kind = kind.lower()
    if kind in INSIDE:
        return lambda seekable, _: any(tree_event.what in INSIDE[kind] for tree_event in seekable.tree_events)
    if kind in MESSAGES:
        return lambda _, entry: type(entry.inbound).__name__.lower() == kind
    raise UserError(f"no event is called {kind!r}; there are {', '.join((*INSIDE, *MESSAGES))}")


def _session(name: str) -> Condition:
    return lambda seekable, entry: (
        getattr(entry.inbound, "session", None) == name
        or any(tree_event.session.name == name for tree_event in seekable.tree_events)
    )


def _node(line: str) -> Condition:
    return lambda seekable, _: any(_concerns(tree_event, line) for tree_event in seekable.tree_events)


def _concerns(tree_event: TreeEvent, text: str) -> bool:
    """Whether something happened to the node that these moves behind the cursor lead to, or that has this number."""
    node = node_at(tree_event.session, text)
    return node in tree_event.path


def node_at(session: Session, text: str) -> int:
    """The node of this number, or that these moves lead to from the cursor, or NONE. Raises ``UserError``."""
    if text.strip().isdigit():
        node = int(text)
        return node if node < session.tree.used[st.NODES] else st.NONE
    node = session.cursor
    for move in moves_of(session, text):
        node = int(st.child_of(session.tree, original_of(session.tree, node), move))
        if node == st.NONE:
            return st.NONE
    return node


_TERMS: dict[str, Callable[[str], Condition]] = {"node": _node, "session": _session, "event": _event}
