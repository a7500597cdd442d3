"""The first answer that did not come out as recorded: the event, the node, both messages, and the node's story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from daemon.core.core_queries import find
from daemon.core.scheduler import Scheduler
from daemon.core.session import Session
from daemon.replay.replay import Answer, Difference
from protocol import messages as m
from protocol.codec import Malformed, decode
from zhugo.debugger.explaining.story import Target


@dataclass(frozen=True)
class Parting:
    """Where a replay and its recording part. ``target``: the first node that they disagree on, None if they name none.

    ``was``, ``now``: the two answers, None on the side that has none.
    """

    difference: Difference
    was: m.AnyMessage | None
    now: m.AnyMessage | None
    target: Target | None


def parting(core: Scheduler, difference: Difference) -> Parting:
    """What a difference is about, from the replaying core right after it."""
    was, now = _decoded(difference.was), _decoded(difference.now)
    return Parting(difference, was, now, _target(core, was, now))


def _decoded(answer: Answer | None) -> m.AnyMessage | None:
    if answer is None:
        return None
    try:
        return decode(answer[1])
    except Malformed:
        return None


def _target(core: Scheduler, was: m.AnyMessage | None, now: m.AnyMessage | None) -> Target | None:
    if isinstance(was, m.Grant | None) and isinstance(now, m.Grant | None):
        return _of_grants(core, was, now)
    if isinstance(was, m.Report | None) and isinstance(now, m.Report | None):
        return _of_reports(core, was, now)
    return None


def _of_grants(core: Scheduler, was: m.Grant | None, now: m.Grant | None) -> Target | None:
    for there, here in zip_longest(_leaves(core, was), _leaves(core, now)):
        if there != here:
            return _deepest(core, here or there)
    return next(_leaves(core, now), None)  # the same leaves went to somebody else


def _leaves(core: Scheduler, grant: m.Grant | None) -> Iterator[Target]:
    """Each leaf of a grant, as far as its session is open."""
    if grant is None:
        return
    by_position = {session.position: session for session in core.sessions.by_name.values()}
    ends = [part.first for part in grant.parts[1:]] + [len(grant.offsets) - 1]
    for part, end in zip(grant.parts, ends, strict=True):
        session = by_position.get(part.position)
        for leaf in range(part.first, end) if session else ():
            path = grant.moves[grant.offsets[leaf] : grant.offsets[leaf + 1]].tolist()
            assert session is not None
            yield Target(session.name, (*part.record, *path))


def _deepest(core: Scheduler, target: Target | None) -> Target | None:
    """The last node on the way to a leaf that the replaying core has."""
    if target is None:
        return None
    tree, moves = core.sessions.by_name[target.session].tree, target.moves
    while moves and find(tree, moves) < 0:
        moves = moves[:-1]
    return Target(target.session, moves)


def _of_reports(core: Scheduler, was: m.Report | None, now: m.Report | None) -> Target | None:
    report = now or was
    session: Session | None = core.sessions.by_name.get(report.session) if report else None
    if report is None or session is None:
        return None
    others = {child.move: child for child in was.children} if was and now else {}
    for child in report.children:
        if child != others.get(child.move):
            return Target(session.name, (*report.record, child.move))
    return Target(session.name, tuple(report.record))
