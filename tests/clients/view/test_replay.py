"""The page in a real browser shows what ``replay`` says of the same moment."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from daemon.core import search_tree as st
from daemon.core.core_queries import halving_choices, moves_to
from daemon.process.referee import GamesReferee
from daemon.replay.hashed_game import HashedReferee
from games.go.game import Go
from games.go.position import Position
from protocol import messages as m
from tests.clients.view.page import ViewPage, opened
from tests.clients.view.replayed import cells, replayed_tree
from tests.clients.view.sessions import NINE, WIDE
from tests.unit.debugger.recorded import record
from zhugo.debugger.explaining.timeline import Timeline, timeline
from zhugo.debugger.reading.breakpoints import condition
from zhugo.debugger.reading.labels import People
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.tables import event_line, holdings_table
from zhugo.debugger.showing.view.page import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ZHUGO = Path(sys.executable).parent / "zhugo"


def some_events(recording: Recording, count: int = 8) -> list[int]:
    """Events anywhere, in no order."""
    return random.Random(5).sample(range(1, len(recording.entries) + 1), count)


def test_it_shows_what_replay_says_at_any_event(shown: ViewPage, seekable: SeekableCore, found: Timeline) -> None:
    recording, people = seekable.recording, found.people
    compared = 0
    for event in some_events(recording):
        seekable.go_to(event)
        shown.go(event)
        entry = recording.entries[event - 1]
        assert shown.said == event_line(recording, people, entry)
        for number, name in enumerate(("nine", "wide")):
            shown.page.select_option("#session", str(number))
            shown.settle()
            if name not in seekable.core.sessions.by_name:
                assert shown.rows() == []
                continue
            session = seekable.core.sessions.by_name[name]
            expected = replayed_tree(seekable, people, name, session.cursor, 1)
            assert [row[1:] for row in shown.rows()] == [row[1:] for row in expected]
            assert [row[0] for row in shown.rows()] == ["root", *(row[0] for row in expected[1:])]
            compared += len(expected)
    assert compared > 50


def test_it_shows_who_has_what_at_any_event(shown: ViewPage, seekable: SeekableCore, found: Timeline) -> None:
    kinds = [
        held for event in some_events(seekable.recording) for held in holdings_alike(shown, seekable, found, event)
    ]
    assert any(kind.startswith("grant ") for kind in kinds)


def holdings_alike(shown: ViewPage, seekable: SeekableCore, found: Timeline, event: int) -> list[str]:
    """What the searchers have behind an event, which the page and ``replay`` agree on."""
    seekable.go_to(event)
    shown.go(event)
    told: dict[str, list[str]] = {}
    for searcher, has, session, leaves in cells(holdings_table(seekable, found.people)):
        lines = told.setdefault(searcher, [has])
        lines += leaves.split("; ") if session and session == shown_session(seekable) else []
    for name, has, *lines in shown.holdings():
        here = [line for line in lines if not line.endswith(" elsewhere")]
        assert [has.replace("not here", "left"), *here] == told[name]
    return [has for has, *_ in told.values()]


def shown_session(seekable: SeekableCore) -> str:
    """The session that the page shows by itself: the one that is searched, else the first that is open."""
    sessions = seekable.core.sessions
    names = [session.name for session in sessions.searches.running] or list(sessions.by_name)
    return min(names, default="")


def test_the_counts_are_those_of_the_moment(shown: ViewPage, found: Timeline, recording: Recording) -> None:
    for event in some_events(recording):
        shown.go(event)
        last = [sample for sample in found.samples if sample.time == found.samples[event - 1].time][-1]
        counts = shown.counts()
        share = 100.0 * last.pseudo / last.visits if last.visits else 0.0
        assert counts["tickets"] == str(last.tickets)
        assert counts["parked searchers"] == str(last.parked)
        assert float(counts["pseudo-visit share"].removesuffix(" %")) == pytest.approx(share, abs=0.051)


def test_the_board_has_the_stones_and_the_numbers(shown: ViewPage, seekable: SeekableCore) -> None:
    last = max(entry.number for entry in seekable.run() if len(seekable.core.sessions.by_name) == 2)
    seekable.go_to(last)
    shown.go(last)
    for number, (name, spec) in enumerate({"nine": NINE, "wide": WIDE}.items()):
        shown.page.select_option("#session", str(number))
        shown.settle()
        session = seekable.core.sessions.by_name[name]
        for node in (session.cursor, *some_nodes(session.tree, session.cursor)):
            shown.page.goto(f"{shown.address}#event={last}&session={number}&node={node}")
            shown.page.wait_for_selector(f'#path button[disabled][data-node="{node}"]')
            assert shown.stones() == stones(spec, moves_to(session.tree, node))
            children = st.children_of(session.tree, node).tolist()
            for heat, texts in (
                ("visits", {child: str(session.tree.visits[child] or "") for child in children}),
                ("pseudo", {child: str(session.tree.pseudo[child] or "") for child in children}),
                ("value", {child: q_text(session.tree, child) for child in children}),
            ):
                shown.page.check(f'#heat input[value="{heat}"]', force=True)
                shown.settle()
                drawn = shown.numbers()
                assert {child: drawn[int(session.tree.move[child])] for child in children} == texts


def some_nodes(tree: st.Tree, cursor: int) -> list[int]:
    """Nodes here and there below the cursor."""
    below = [node for node in range(cursor + 1, int(tree.used[st.NODES])) if tree.visits[node]]
    return random.Random(3).sample(below, 3)


def stones(spec: dict[str, Any], moves: list[int]) -> dict[int, int]:
    """What the rules leave on the board."""
    there = Position(Go.from_spec(spec), moves).stones.reshape(-1)
    return {int(point): int(there[point]) for point in np.flatnonzero(there)}


def q_text(tree: st.Tree, node: int) -> str:
    return f"{tree.mean_value[node]:+.2f}" if tree.visits[node] else ""


def test_a_game_without_a_board_is_a_list_of_moves(shown_hashed: ViewPage, hashed: Recording) -> None:
    seekable = SeekableCore(hashed, HashedReferee(), goes_back=True)
    for event in (shown_hashed.event, 15, 22):
        seekable.go_to(event)
        shown_hashed.go(event)
        tree = seekable.session().tree
        children = st.children_of(tree, 0)
        visits = {int(tree.move[child]): str(tree.visits[child] or "") for child in children}
        numbers = shown_hashed.numbers()
        assert visits.items() <= numbers.items()
        assert all(text == "" for move, text in numbers.items() if move not in visits)


def test_it_shows_who_is_parked_where(shown_hashed: ViewPage, hashed: Recording) -> None:
    seekable = SeekableCore(hashed, HashedReferee(), goes_back=True)
    found, park = timeline(hashed, HashedReferee()), condition("event=park")
    parks = [entry.number for entry in seekable.run() if park(seekable, entry)]
    assert "parked on" in [held for event in parks[:6] for held in holdings_alike(shown_hashed, seekable, found, event)]


def test_it_shows_whom_a_root_chooses_by_halving(browser: Browser, tmp_path: Path) -> None:
    record(tmp_path / "g.trace", settings=m.SearchSettings(root_selection="gumbel", gumbel_moves=3))
    recording = Recording.load(tmp_path / "g.trace")
    file = tmp_path / "g.html"
    file.write_text(page(recording, HashedReferee()))
    seekable = SeekableCore(recording, HashedReferee(), goes_back=True)
    with opened(browser, file) as shown:
        for event in (25, 12, 3):
            seekable.go_to(event)
            shown.go(event)
            found = halving_choices(seekable.session())
            rows = shown.page.locator("#halving-panel:not([hidden]) #halving tr").all_inner_texts()
            assert [row.split() for row in rows] == [
                [str(one.move), f"{one.noise:+.3f}", f"{one.sigma:+.3f}", f"{one.score:+.3f}", str(one.begun)]
                for one in found
            ]
            assert len(found) == (3 if event > 3 else 0)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_search_of_100_000_visits_opens_and_is_scrubbed(browser: Browser, tmp_path: Path) -> None:
    trace, file = tmp_path / "long.trace", tmp_path / "long.html"
    device = ("--device", "emulated", "--latency-ms", "0", "--batch", "64")
    search = ("genmove", "--size", "9", "--visits", "100000", *device, "--trace", trace)
    for command in (search, ("trace", "view", trace, "--out", file)):
        subprocess.run([ZHUGO, *command], check=True, capture_output=True, timeout=900)
    assert file.stat().st_size < 30_000_000
    seekable = SeekableCore(Recording.load(trace), GamesReferee())
    people = People(seekable.recording)
    with opened(browser, file) as shown:
        for event in sorted([*some_events(seekable.recording, 4), shown.event]):
            seekable.go_to(event)
            shown.go(event)
            expected = replayed_tree(seekable, people, "genmove", 0, 1)
            assert [row[1:] for row in shown.rows()] == [row[1:] for row in expected]
        assert int(shown.rows()[0][2]) > 99_000
