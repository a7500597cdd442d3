"""The story of a node tells everything that happened to it, and the numbers that led there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daemon.core import search_tree as st
from daemon.core.core_queries import find, moves_to
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from protocol.trace import TraceReader, TraceWriter
from tests.unit.debugger.recorded import record
from zhugo.debugger.explaining.story import Line, Target, story, target
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.shared.errors import UserError


def tell(recording: Recording, what: str, until: int | None = None) -> list[Line]:
    return list(story(recording, HashedReferee(), target(recording, HashedReferee(), what, None), until))


def test_a_leaf_gets_its_ticket_is_met_updated_and_walked_through(recording: Recording) -> None:
    told = [line.text for line in tell(recording, "root")]
    assert told[0] == "gets its ticket"
    assert told[1].startswith("meets it in flight and stops: over the cap")
    assert any(text.startswith("is parked on it") for text in told)
    updated = next(number for number, text in enumerate(told) if text.startswith("updates it: value "))
    woken = next(number for number, text in enumerate(told) if text.startswith("was parked on it and looks again"))
    assert updated < woken
    assert told[-1].startswith("expanded, N 60, ")


def test_the_numbers_of_puct_stand_with_every_walk_below_the_cursor(recording: Recording) -> None:
    told = [line.text for line in tell(recording, "1")]
    walks = [text for text in told if "ticket" in text and "in flight" not in text]
    assert walks
    assert all("U " in text and " + exploration " in text and "; beside it " in text for text in walks)


HALVING = r": \d g \+ logit (\S+) \+ sigma\(q\) (\S+) = (\S+) \(0 visits since the search began, 0 due; N 0, P "


def test_at_a_root_that_chooses_by_halving_its_numbers_stand_there(tmp_path: Path) -> None:
    path = tmp_path / "gumbel.trace"
    core = record(path, settings=m.SearchSettings(root_selection="gumbel", gumbel_moves=3))
    recording = Recording.load(path)
    tree = core.sessions.by_name["s"].tree
    drawn = [int(tree.move[child]) for child in st.children_of(tree, 0) if tree.visits[child] > 0]
    assert len(drawn) == 3
    for move in drawn:
        told = [line.text for line in tell(recording, f"{move},")]
        found = re.search(HALVING, next(text for text in told if text.startswith("gets its ticket")))
        assert found is not None
        assert float(found[1]) + float(found[2]) == pytest.approx(float(found[3]), abs=2e-3)
        assert not any(" + exploration " in text for text in told)
    child = find(tree, [drawn[0]])
    below = st.children_of(tree, child)
    likeliest = int(tree.move[below[tree.visits[below].argmax()]])
    told = [line.text for line in tell(recording, f"{drawn[0]},{likeliest}")]
    assert any(" + exploration " in text for text in told)


def test_every_node_of_a_search_has_a_story_whose_last_numbers_are_its_own(recording: Recording) -> None:
    seekable = SeekableCore(recording, HashedReferee())
    for _ in seekable.run():
        pass
    session = seekable.session()
    tree = session.tree
    for node in range(int(tree.used[st.NODES])):
        lines = list(story(recording, HashedReferee(), Target("s", tuple(moves_to(tree, node)))))
        assert f"N {tree.visits[node]}, " in lines[-1].text
        assert not any(line.alarm for line in lines)


def test_a_story_can_end_early(recording: Recording) -> None:
    whole = tell(recording, "root")
    part = tell(recording, "root", until=12)
    assert whole[: len(part)] == part
    assert 0 < len(part) < len(whole)


@pytest.mark.parametrize(
    ("what", "session", "told"),
    [
        ("9,9", None, "'9' is no move of session 's'"),
        ("123456", None, "never had a node 123456"),
        ("root", "t", "nothing was ever searched in session 't'"),
    ],
)
def test_what_was_never_there_has_no_story(recording: Recording, what: str, session: str | None, told: str) -> None:
    with pytest.raises(UserError, match=told):
        target(recording, HashedReferee(), what, session)


def test_a_damaged_recording_is_read_up_to_the_damage(trace: Path) -> None:
    whole = Recording.load(trace)
    damaged = bytearray(trace.read_bytes())
    at = whole.entries[12].byte
    damaged[at + 20] ^= 1
    trace.write_bytes(damaged)
    part = Recording.load(trace)
    assert len(part.entries) == 12
    assert part.damage is not None
    assert f"damaged at byte {at}" in part.damage
    assert part.torn is None
    trace.write_bytes(damaged[: at + 5])
    torn = Recording.load(trace)
    assert (len(torn.entries), torn.damage, torn.torn) == (12, None, at)


def test_a_recording_of_nothing_has_no_story(trace: Path) -> None:
    TraceWriter(trace, TraceReader(trace).header).close()
    with pytest.raises(UserError, match="nothing was ever searched"):
        target(Recording.load(trace), HashedReferee(), "root", None)
