"""Faults planted in the core are found by a replay or an invariant, and the story of a node explains them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from daemon import search_tree as st
from daemon.hashed_game import HashedReferee
from daemon.tickets import LiveGrant, Tickets
from protocol import messages as m
from tests.unit.tracing.recorded import record
from zhugo.tracing.playback import play
from zhugo.tracing.recording import Recording


def forget_a_pseudo_visit(patch: pytest.MonkeyPatch) -> None:
    """An update leaves the pseudo-visits that its leaf caused where they are."""
    update = st.update_leaves

    def faulty(arrays: Any, leaves: Any, *rest: Any) -> int:
        tree = st.Tree(*arrays)
        caused = [(int(leaf), int(tree.origin[leaf]), int(tree.caused[leaf])) for leaf in leaves if tree.caused[leaf]]
        visits = int(update(arrays, leaves, *rest))
        for leaf, origin, amount in caused:
            st.add_pseudo.py_func(tree, leaf, origin, amount)
            tree.caused[leaf] = 0
        return visits

    patch.setattr(st, "update_leaves", faulty)


def update_twice(patch: pytest.MonkeyPatch) -> None:
    """A ticket is good for two updates."""
    update = Tickets.update

    def faulty(self: Tickets, searcher: bytes, message: m.Update, now: float) -> LiveGrant:
        grant = update(self, searcher, message, now)
        for part in grant.parts:
            rows = slice(part.first, part.first + len(part.leaves))
            self.sessions.by_serial[part.serial].update(part.leaves, rows, message)
        return grant

    patch.setattr(Tickets, "update", faulty)


def never_wake(patch: pytest.MonkeyPatch) -> None:
    """Who is parked stays parked when the leaf is released."""
    released = Tickets._released

    def faulty(self: Tickets, grant: LiveGrant, now: float) -> None:
        held = {who: waiting for who, waiting in self.waiting.items() if waiting.met}
        for who in held:
            del self.waiting[who]
        released(self, grant, now)
        self.waiting.update(held)

    patch.setattr(Tickets, "_released", faulty)


Fault = Callable[[pytest.MonkeyPatch], None]
FAULTS: list[tuple[Fault, str, str]] = [
    (forget_a_pseudo_visit, "pseudo-visits are not what the leaves in flight caused", "are counted, but given and not"),
    (update_twice, "without priors sent visits|a leaf has visits|are locked|counts", "though it has no ticket"),
    (never_wake, "is parked on what is not in flight", "though nobody holds its ticket, and was not woken"),
]


def replayed(recording: Recording, check: bool) -> tuple[bool, str]:
    said = io.StringIO()
    same = play(recording, HashedReferee(), Console(file=said, width=300), check=check)
    return same, said.getvalue()


@pytest.mark.parametrize("fault", [fault for fault, *_ in FAULTS])
def test_a_fault_of_the_recorded_core_is_found_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """The trace of a faulty core, replayed by a sound one: the answers part, and the event is named."""
    path = tmp_path / "trace"
    with monkeypatch.context() as patch:
        fault(patch)
        record(path)
    same, said = replayed(Recording.load(path), check=False)
    assert not same
    assert "different: byte " in said
    assert "in the trace" in said


@pytest.mark.parametrize(("fault", "broken", "told"), FAULTS, ids=[fault.__name__ for fault, *_ in FAULTS])
def test_a_fault_of_this_core_is_found_by_what_always_holds_and_explained_by_a_story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, broken: str, told: str
) -> None:
    """The core that recorded has the fault too, so every answer is the same, and only the invariants know."""
    path = tmp_path / "trace"
    with monkeypatch.context() as patch:
        fault(patch)
        record(path)
    fault(monkeypatch)
    recording = Recording.load(path)
    assert replayed(recording, check=False)[0]
    same, said = replayed(recording, check=True)
    assert not same
    assert any(part in said for part in broken.split("|")), said
    assert told in said


def test_without_a_fault_nothing_is_found(recording: Recording) -> None:
    same, said = replayed(recording, check=True)
    assert same
    assert "broken" not in said
