"""A core can be put to any moment of a recording, and what it holds there can be looked at."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from daemon.core import search_tree as st
from daemon.core.core_queries import choices, halving_choices, nodes_above, owners, parked
from daemon.core.tree_events import TreeEvent
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.unit.debugger.recorded import record
from zhugo.debugger.reading.breakpoints import condition
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.console import Prompt
from zhugo.shared.errors import UserError


def test_going_back_is_as_if_one_had_never_gone_on(recording: Recording) -> None:
    once = SeekableCore(recording, HashedReferee())
    digests = [once.core.digests()]
    tree_events = [len(once.tree_events)]
    for _ in once.run():
        digests.append(once.core.digests())
        tree_events.append(len(once.tree_events))
    assert len(set(map(str, digests))) > 15
    for goes_back in (True, False):
        seekable = SeekableCore(recording, HashedReferee(), goes_back=goes_back)
        last = len(recording.entries)
        for number in (last, last - 1, 7, 8, 0, 20, 19, last, 1):
            seekable.go_to(number)
            assert (seekable.at, seekable.core.digests(), len(seekable.tree_events)) == (
                number,
                digests[number],
                tree_events[number],
            )
        assert seekable.difference is None


def test_there_is_no_moment_outside_the_recording(recording: Recording) -> None:
    with pytest.raises(UserError, match="no event 1000"):
        SeekableCore(recording, HashedReferee()).go_to(1000)


@pytest.mark.parametrize("rule", ["capped", "virtual-loss", "wu-uct"])
def test_the_choice_that_is_shown_is_the_one_that_a_walk_makes(tmp_path: Path, rule: str) -> None:
    path = tmp_path / "trace"
    record(path, 40, m.SearchSettings(collisions=rule, noise_weight=0.2))  # type: ignore[arg-type]
    compared = []

    def listener(tree_event: TreeEvent) -> None:
        if tree_event.what in ("walked", "collided"):
            nodes = nodes_above(tree_event.session.tree, tree_event.leaf)
            for depth, (parent, child) in enumerate(pairwise(nodes)):
                compared.append(choices(tree_event.session, parent, depth)[0].child == child)

    for _ in SeekableCore(Recording.load(path), HashedReferee(), listener).run():
        pass
    assert all(compared)
    assert len(compared) > 100


@pytest.mark.parametrize("rule", ["capped", "virtual-loss", "wu-uct", "blocking"])
def test_by_halving_the_choice_that_is_shown_is_the_one_that_a_walk_makes(tmp_path: Path, rule: str) -> None:
    path = tmp_path / "trace"
    record(path, 60, m.SearchSettings(collisions=rule, root_selection="gumbel", gumbel_moves=4))  # type: ignore[arg-type]
    compared = []

    def listener(tree_event: TreeEvent) -> None:
        if tree_event.what in ("walked", "collided") and (found := halving_choices(tree_event.session)):
            compared.append(found[0].child == nodes_above(tree_event.session.tree, tree_event.leaf)[1])

    for _ in SeekableCore(Recording.load(path), HashedReferee(), listener).run():
        pass
    assert all(compared)
    assert len(compared) > 50


def test_every_locked_leaf_has_its_owner_and_who_is_parked_is_parked_on_one(recording: Recording) -> None:
    seekable = SeekableCore(recording, HashedReferee())
    held = stuck = 0
    for _ in seekable.run():
        core = seekable.core
        tree = seekable.session().tree if core.sessions.by_name else None
        if tree is None:
            continue
        locked = {leaf for leaf in range(tree.used[st.NODES]) if tree.state[leaf] in (st.IN_FLIGHT, st.SPECULATED)}
        assert {leaf for _, leaf in owners(core.tickets)} == locked
        for met in parked(core.tickets).values():
            assert {leaf for _, leaf in met} <= locked
            stuck += 1
        held += len(locked)
    assert held > 20
    assert stuck > 0


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("event=park", {"parked"}),
        ("event=pseudo", {"given", "taken"}),
        ("event=wake & session=s", {"woken"}),
        ("event=ticket & node=root", {"ticket"}),
    ],
)
def test_a_run_stops_at_what_happened_inside_an_event(recording: Recording, text: str, kinds: set[str]) -> None:
    stop, seekable = condition(text), SeekableCore(recording, HashedReferee())
    stops = 0
    for entry in seekable.run():
        happened = bool(kinds & {tree_event.what for tree_event in seekable.tree_events})
        assert stop(seekable, entry) == happened
        stops += happened
    assert stops > 0


def test_a_run_stops_at_messages(recording: Recording) -> None:
    stop, seekable = condition("event=search"), SeekableCore(recording, HashedReferee())
    assert [type(entry.inbound) for entry in seekable.run() if stop(seekable, entry)] == [m.Search]


@pytest.mark.parametrize("text", ["event=lunch", "colour=red", "node", "session=", ""])
def test_what_is_no_condition_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"no condition|no event is called"):
        condition(text)


def say(recording: Recording, *lines: str) -> list[str]:
    said = io.StringIO()
    console = Console(file=said, width=200, highlight=False)
    Prompt(recording, HashedReferee(), console, []).obey_all(lines)
    return said.getvalue().splitlines()


def test_by_hand(recording: Recording) -> None:
    last = len(recording.entries)
    said = say(recording, "to 8", "step", "", "back 2", "run event=park", "who", "tree root 1", "story root", "run")
    events = [line.split()[1] for line in said if line.startswith("event ") and line.split()[1].isdigit()]
    assert events[:4] == ["8", "9", "10", "8"]
    assert events[-1] == str(last)
    assert any("parked on" in line for line in said)
    assert any("root" in line and "expanded" in line for line in said)
    assert any("gets its ticket" in line for line in said)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("dance", "is no command"),
        ("back", "no event -1"),
        ("to the end", "is no number"),
        ("tree 99999", "there is no node 99999"),
        ("story 7,7", "'7' is no move of session"),
        ("use another", "no session 'another'"),
        ("run colour=red", "is no condition"),
    ],
)
def test_what_cannot_be_done_by_hand_is_told_and_the_prompt_stays(recording: Recording, line: str, answer: str) -> None:
    said = say(recording, *([] if line == "back" else ["to 12"]), line, "to 3")
    assert any(answer in each for each in said)
    assert said[-1].startswith("event 3 ")


def test_the_tree_at_a_root_that_chooses_by_halving_says_who_is_next(tmp_path: Path) -> None:
    record(tmp_path / "trace", settings=m.SearchSettings(root_selection="gumbel", gumbel_moves=3))
    recording = Recording.load(tmp_path / "trace")
    said = say(recording, "to 25", "tree root 1")
    seekable = SeekableCore(recording, HashedReferee())
    seekable.go_to(25)
    found = halving_choices(seekable.session())
    (title,) = (at for at, line in enumerate(said) if line.startswith("next by halving"))
    assert said[title].strip() == f"next by halving: the best sum of those with {found[0].due} visits"
    rows = [line.split() for line in said[title:] if line.strip()[:1].isdigit()]
    assert [(row[0], row[3], row[4]) for row in rows] == [
        (str(one.move), f"{one.score:+.3f}", str(one.begun)) for one in found
    ]
