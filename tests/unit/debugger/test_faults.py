"""Faults planted in the core are found by a replay or an invariant, and the story of a node explains them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from daemon.replay.hashed_game import HashedReferee
from tests.unit.debugger.faults import FAULTS, Fault, forget_a_pseudo_visit, never_wake, update_twice
from tests.unit.debugger.recorded import record
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.playback import play

SIGNS: list[tuple[Fault, str, str]] = [
    (forget_a_pseudo_visit, "pseudo-visits are not what the leaves in flight caused", "are counted, but given and not"),
    (update_twice, "without priors sent visits|a leaf has visits|are locked|counts", "though it has no ticket"),
    (never_wake, "is parked on what is not in flight", "though nobody holds its ticket, and was not woken"),
]


def replayed(recording: Recording, check: bool) -> tuple[bool, str]:
    said = io.StringIO()
    same = play(recording, HashedReferee(), Console(file=said, width=300), check=check)
    return same, said.getvalue()


@pytest.mark.parametrize("fault", FAULTS)
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


@pytest.mark.parametrize(("fault", "broken", "told"), SIGNS, ids=[fault.__name__ for fault, *_ in SIGNS])
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
