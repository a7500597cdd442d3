"""The whole recording through a fresh core, and what a person is told of it."""

from __future__ import annotations

from itertools import islice

from rich.console import Console

from daemon.core.core_queries import moves_to
from daemon.core.invariants import InvariantError
from daemon.core.sessions import Referee
from protocol.trace import End, Event
from zhugo.debugger.explaining.first_difference import parting
from zhugo.debugger.explaining.story import Target, story
from zhugo.debugger.reading.breakpoints import Condition
from zhugo.debugger.reading.labels import People, line, message
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.real_time import at_its_own_speed
from zhugo.debugger.showing.tables import event_line, holdings_table, story_table

TAIL = 12
"""Lines of a story that explain a fault: the last ones."""


def play(
    recording: Recording,
    referee: Referee,
    console: Console,
    until: int | None = None,
    stops: list[Condition] | None = None,
    check: bool = False,
    speed: float | None = None,
) -> bool:
    """Replay, to ``until`` or where one of ``stops`` holds, and print how it went; whether everything was the same.

    ``check``: also check what must always hold behind every event, which takes longer. ``speed``: as
    ``at_its_own_speed`` says; without it as fast as it goes, and unseen.
    """
    seekable = SeekableCore(recording, referee, listens=bool(stops))
    people, met = People(recording), False
    for entry in seekable.run(until) if speed is None else at_its_own_speed(seekable, console, speed, until):
        broken = seekable.broken_rule() if check or seekable.difference else None
        met = any(stop(seekable, entry) for stop in stops or [])
        if seekable.difference or broken or met:
            console.print(event_line(recording, people, entry), markup=False, soft_wrap=True)
        if seekable.difference or broken:
            _tell_fault(seekable, referee, console, broken)
            return False
        if met:
            break
    console.print(_summary(seekable), markup=False, soft_wrap=True)
    for name, digest in seekable.core.digests().items():
        console.print(f"  tree of {name}: {digest}", markup=False)
    if stops and not met:
        console.print("nothing to stop at")
    if not seekable.is_over:
        console.print(holdings_table(seekable, people))
    return True


def _summary(seekable: SeekableCore) -> str:
    events = answers = ends = 0
    for entry in islice(seekable.recording.entries, seekable.at):
        match entry.record:
            case End():
                ends += 1
            case Event(outbound=outbound):
                events, answers = events + 1, answers + len(outbound)
    return f"the same: {events:,} events, {answers:,} answers, {ends} orderly ends"


def _tell_fault(seekable: SeekableCore, referee: Referee, console: Console, broken: InvariantError | None) -> None:
    """What differs or does not hold, and the story of the node that it is about."""
    entry, target = seekable.entry, None
    assert entry is not None
    if seekable.difference is not None:
        found = parting(seekable.core, seekable.difference)
        target = found.target
        console.print(f"different: byte {entry.byte}, {found.difference.text}", markup=False, soft_wrap=True)
        people = People(seekable.recording)
        for name, sent, answer in (
            ("in the trace", seekable.difference.was, found.was),
            ("here", seekable.difference.now, found.now),
        ):
            told = "nothing" if sent is None else f"{message(answer)} to {people[sent[0]]}"
            console.print(f"  {name:12} {told}", markup=False, soft_wrap=True)
    if broken is not None:
        console.print(f"broken: {broken}", markup=False, soft_wrap=True)
        session = seekable.core.sessions.by_name.get(broken.session or "")
        if session is not None and broken.node is not None:
            target = Target(session.name, tuple(moves_to(session.tree, broken.node)))
    if target is not None:
        _tell_story(seekable, referee, console, target)


def _tell_story(seekable: SeekableCore, referee: Referee, console: Console, target: Target) -> None:
    session = seekable.core.sessions.by_name[target.session]
    lines = list(story(seekable.recording, referee, target, seekable.at))
    earlier = f", without {len(lines) - TAIL} earlier lines" if len(lines) > TAIL else ""
    name = line(session, target.moves[len(session.record) :])
    console.print(f"the story of {name} in session {session.name}{earlier}:", markup=False)
    console.print(story_table(lines[-TAIL:]))
