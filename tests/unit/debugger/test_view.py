"""What the page knows of a recording is what a replay of it says, at every event and of every node."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from daemon.core import search_tree as st
from daemon.core.checkpoint import save
from daemon.core.core_queries import halving_choices, owners, parked
from daemon.core.session import Session
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.daemons import ROOT
from tests.unit.debugger.faults import forget_a_pseudo_visit
from tests.unit.debugger.recorded import CLIENT, Daemon, record
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.reading.seekable_core import SeekableCore
from zhugo.debugger.showing.view.gather import CLOSED, HOLDINGS, WHATS, Gathered, gather
from zhugo.debugger.showing.view.pack import pack
from zhugo.debugger.showing.view.page import page

NUMBERS = ("visits", "weight", "mean_value", "mean_utility", "pseudo", "state", "prior")


def plain(path: Path) -> None:
    record(path)


def another_rule(path: Path) -> None:
    record(path, settings=m.SearchSettings(collisions="virtual-loss", noise_weight=0.2))


def little_memory(path: Path) -> None:
    """A search that goes on after a move where memory is short, so that the tree drops what is beside it."""
    daemon = Daemon(path, m.SearchSettings(max_bytes=7_000))
    daemon.search(60)
    daemon.say(CLIENT, m.Goto(7, "s", [int(np.argmax(visits_of_moves(daemon.core.sessions.by_name["s"])))]))
    daemon.say(CLIENT, m.Search(8, "s", m.Limits(visits=50)))
    daemon.work_off()
    daemon.end()


def moves_and_sessions(path: Path) -> None:
    """Two sessions of one name, one after the other, the first closed in the middle of its search; a searcher goes."""
    daemon = Daemon(path)
    daemon.search(30)
    daemon.say(CLIENT, m.Goto(7, "s", [1, 2]))
    daemon.say(CLIENT, m.Search(8, "s", m.Limits(visits=20)))
    daemon.say(CLIENT, m.Close(9, "s"))
    daemon.say(CLIENT, m.Open(10, "s", "hashed", {"num_moves": 4, "size": 1}))
    daemon.say(b"b", m.Goodbye())
    daemon.end()


def without_its_first_part(path: Path) -> None:
    """A trace that went on in another file in the middle of a search, and of which only that one was kept."""
    daemon = Daemon(path)
    daemon.search(30)
    daemon.writer.go_on(save(daemon.core), daemon.core.digests())
    daemon.say(CLIENT, m.Search(3, "s", m.Limits(visits=60)))
    daemon.work_off()
    daemon.end()
    path.unlink()


def by_halving(path: Path) -> None:
    record(path, settings=m.SearchSettings(root_selection="gumbel", gumbel_moves=3))


RECORDINGS = [plain, another_rule, little_memory, moves_and_sessions, without_its_first_part, by_halving]


def visits_of_moves(session: Session) -> list[int]:
    tree = session.tree
    children = {int(tree.move[child]): int(tree.visits[child]) for child in st.children_of(tree, 0)}
    return [children.get(move, 0) for move in range(session.num_moves)]


@pytest.fixture(params=RECORDINGS, ids=lambda make: make.__name__)
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    path = tmp_path / "some.trace"
    request.param(path)
    return Recording.load(path)


class Page:
    """Reads what was gathered as the page's scripts do."""

    def __init__(self, found: Gathered) -> None:
        self.facts, self.arrays = found.facts, found.arrays

    def sequence(self, name: str, event: int) -> int:
        """The place of what holds behind an event, or -1."""
        return int(np.searchsorted(self.arrays[f"{name}.event"], event, "right")) - 1

    def session(self, number: int, event: int) -> tuple[int, int, int]:
        at = self.sequence(f"sessions.{number}", event)
        if at < 0:
            return CLOSED, 0, 0
        tree, cursor, searching = (
            int(self.arrays[f"sessions.{number}.{column}"][at]) for column in ("tree", "cursor", "searching")
        )
        return tree, cursor, searching

    def number(self, tree: int, column: str, node: int, event: int) -> Any:
        kind = "value" if column in ("visits", "weight", "mean_value", "mean_utility", "begun") else column
        counts = self.arrays[f"trees.{tree}.{kind}.count"]
        start, end = int(counts[:node].sum()), int(counts[: node + 1].sum())
        events = self.arrays[f"trees.{tree}.{kind}.event"][start:end]
        at = start + int(np.searchsorted(events, event, "right")) - 1
        if at < start:
            return st.NO_PRIOR if column == "prior" else 0
        return self.arrays[f"trees.{tree}.{kind}.{column}"][at]

    def holding(self, searcher: int, event: int) -> tuple[str, int, list[tuple[int, int]]]:
        name = f"holdings.{searcher}"
        at = self.sequence(name, event)
        start = int(self.arrays[f"{name}.count"][:at].sum())
        rows = slice(start, start + int(self.arrays[f"{name}.count"][at]))
        pairs = zip(self.arrays[f"{name}.tree"][rows].tolist(), self.arrays[f"{name}.leaf"][rows].tolist(), strict=True)
        return HOLDINGS[self.arrays[f"{name}.kind"][at]], int(self.arrays[f"{name}.grant"][at]), list(pairs)


def lived(recording: Recording) -> Iterator[tuple[int, SeekableCore]]:
    """Every event, with the core behind it."""
    seekable = SeekableCore(recording, HashedReferee())
    for entry in seekable.run():
        yield entry.number, seekable


def test_every_node_has_its_numbers_at_every_event(recorded: Recording) -> None:
    page = Page(gather(recorded, HashedReferee()))
    compared = 0
    for event, seekable in lived(recorded):
        sessions = seekable.core.sessions
        for serial, session in sessions.by_serial.items():
            tree, cursor, searching = page.session(serial - 1, event)
            assert (cursor, searching) == (session.cursor, session in sessions.searches.running)
            used = int(session.tree.used[st.NODES])
            assert int((page.arrays[f"trees.{tree}.born"] <= event).sum()) == used
            for node in range(used):
                assert page.arrays[f"trees.{tree}.parent"][node] == session.tree.parent[node]
                for column in NUMBERS:
                    assert page.number(tree, column, node, event) == getattr(session.tree, column)[node]
                begun = session.tree.visits[node] - session.tree.edge_visits[node]
                assert page.number(tree, "begun", node, event) == begun
                compared += 1
        for number in range(len(page.facts["sessions"])):
            assert (page.session(number, event)[0] == CLOSED) == (number + 1 not in sessions.by_serial)
    assert compared > 250


def test_memory_that_runs_short_begins_another_tree(tmp_path: Path) -> None:
    little_memory(tmp_path / "trace")
    found = gather(Recording.load(tmp_path / "trace"), HashedReferee())
    assert found.facts["trees"] == [0, 0]


def test_every_searcher_has_what_it_has(recorded: Recording) -> None:
    page = Page(gather(recorded, HashedReferee()))
    kinds = set()
    for event, seekable in lived(recorded):
        core = seekable.core
        held, stuck = owners(core.tickets), parked(core.tickets)
        serials = {page.session(serial - 1, event)[0]: serial for serial in core.sessions.by_serial}
        for number, name in enumerate(page.facts["searchers"]):
            who = name[-1].lower().encode()
            kind, grant, leaves = page.holding(number, event)
            kinds.add(kind)
            assert (kind == "grant") == (who in core.tickets.live)
            assert (kind == "parked on") == (who in stuck)
            if kind == "grant":
                assert grant == core.tickets.live[who].grant
            there = {(serials[tree], leaf) for tree, leaf in leaves if tree in serials}
            expected = stuck.get(who, set()) | {key for key, owner in held.items() if owner == who}
            assert there == {(serial, leaf) for serial, leaf in expected if serial in core.sessions.by_serial}
    assert {"grant", "parked on", "waits for work"} <= kinds


def test_what_halving_compares_is_there_at_every_event(tmp_path: Path) -> None:
    by_halving(tmp_path / "gumbel.trace")
    recording = Recording.load(tmp_path / "gumbel.trace")
    shown = Page(gather(recording, HashedReferee()))
    name, compared = "halvings.0", 0
    for event, seekable in lived(recording):
        at = shown.sequence(name, event)
        counts = shown.arrays[f"{name}.count"]
        start = int(counts[: max(at, 0)].sum())
        rows = range(start, start + (int(counts[at]) if at >= 0 else 0))
        sessions = seekable.core.sessions.by_name
        expected = halving_choices(sessions["s"]) if "s" in sessions else []
        assert [int(shown.arrays[f"{name}.move"][row]) for row in rows] == [one.move for one in expected]
        for row, one in zip(rows, expected, strict=True):
            assert shown.arrays[f"{name}.due"][at] == one.due
            assert shown.arrays[f"{name}.begun"][row] == one.begun
            for column in ("noise", "sigma", "score"):
                assert shown.arrays[f"{name}.{column}"][row] == np.float32(getattr(one, column))
            compared += 1
    assert compared > 50


def test_every_event_tells_what_it_did(recorded: Recording) -> None:
    found = gather(recorded, HashedReferee())
    counts = found.arrays["notes.count"].tolist()
    at = 0
    for event, seekable in lived(recorded):
        told = found.arrays["notes.what"][at : at + counts[event - 1]].tolist()
        at += counts[event - 1]
        tree_events = [tree_event.what for tree_event in seekable.tree_events if tree_event.what != "walked"]
        answered = [pair == ("collided", "given") for pair in pairwise([*tree_events, "the end"])]
        assert [WHATS[what] for what in told] == [
            what for what, told in zip(tree_events, answered, strict=True) if not told
        ]
    assert set(found.facts["words"]) >= {found.facts["whats"][what] for what in found.arrays["notes.what"]}


def test_the_policy_of_a_node_is_what_its_evaluation_said(recorded: Recording) -> None:
    found = gather(recorded, HashedReferee())
    sums = []
    for tree, session in enumerate(found.facts["trees"]):
        moves = len(found.facts["sessions"][session]["moves"])
        policies = found.arrays[f"trees.{tree}.policy.prior"].reshape(-1, moves)
        sums += np.where(policies < 0, 0, policies).sum(axis=1).tolist()
    assert sums
    assert sums == pytest.approx([1.0] * len(sums), abs=0.01)


def test_a_replay_that_differs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trace"
    with monkeypatch.context() as patch:
        forget_a_pseudo_visit(patch)
        record(path)
    (warning,) = gather(Recording.load(path), HashedReferee()).facts["warnings"]
    assert re.match(r"event \d+ came out otherwise: ", warning)


def test_a_fault_shows_in_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pseudo-visits that nobody took away are still there at the end, though the core told that they were taken."""
    forget_a_pseudo_visit(monkeypatch)
    record(tmp_path / "trace")
    page = Page(gather(Recording.load(tmp_path / "trace"), HashedReferee()))
    assert page.number(0, "pseudo", 0, len(page.facts["texts"])) > 0


def test_a_torn_trace_is_shown_as_far_as_it_goes(trace: Path) -> None:
    whole = Recording.load(trace)
    trace.write_bytes(trace.read_bytes()[: whole.entries[20].byte + 9])
    facts = gather(Recording.load(trace), HashedReferee()).facts
    assert len(facts["texts"]) == 20
    assert "was cut short" in facts["warnings"][0]


def test_a_recording_of_nothing_is_a_page_too(recording: Recording) -> None:
    for name in ("entries", "hellos"):
        object.__setattr__(recording, name, [])
    found = gather(recording, HashedReferee())
    assert found.facts["texts"] == found.facts["sessions"] == []
    assert pack(found.facts, found.arrays)


def unpacked(text: str) -> tuple[Any, dict[str, list[float]]]:
    """What the page's ``data.js`` does."""
    whole = zlib.decompress(base64.b64decode(text))
    length = int.from_bytes(whole[:4], "little")
    head = msgspec.json.decode(whole[4 : 4 + length])
    arrays, at = {}, 4 + length
    for name, kind, size in head["arrays"]:
        body = np.frombuffer(whole, np.uint8, size * int(kind[1]), at)
        at += len(body)
        if kind[0] == "f":
            body = np.ascontiguousarray(body.reshape(int(kind[1]), size).T)
        values = body.reshape(-1).view(f"<{kind}")
        arrays[name] = (np.cumsum(values, dtype=np.int32) if kind == "i4" else values).tolist()
    assert at == len(whole)
    return head["facts"], arrays


def test_what_is_packed_is_what_is_unpacked(recorded: Recording) -> None:
    found = gather(recorded, HashedReferee())
    facts, arrays = unpacked(pack(found.facts, found.arrays))
    assert facts == msgspec.json.decode(msgspec.json.encode(found.facts))
    assert arrays == {name: array.reshape(-1).tolist() for name, array in found.arrays.items()}


def test_integers_of_any_size_are_packed() -> None:
    most = [2**31 - 1, -(2**31), 0, 2**31 - 1]
    _, arrays = unpacked(pack({}, {"most": np.array(most, np.int32), "none": np.zeros(0)}))
    assert arrays == {"most": most, "none": []}


def test_the_page_is_whole_and_asks_for_nothing(trace: Path) -> None:
    hostile = trace.rename(trace.with_name("<script>alert(1)<!--&.trace"))
    text = page(Recording.load(hostile), HashedReferee())
    assert "<script>alert" not in text
    assert not re.search(r"\{\{\w+\}\}", text)
    assert text.count("<script") == text.count("</script>") == 2
    assert "default-src 'none'" in text
    assert not re.search(
        r"""\b(src|href)\s*=|@import\s+['"]|url\(|fetch\(|XMLHttpRequest""", text.replace("@import {", "")
    )


def test_every_kind_of_numbers_on_the_board_has_its_legend() -> None:
    folder = ROOT / "zhugo" / "debugger" / "showing" / "view" / "page"
    heats = re.search(r"HEATS = \[(.*?)\]", (folder / "candidates.js").read_text())
    legends = re.search(r"LEGENDS = .*?\(\{(.*?)\}\)", (folder / "controls.js").read_text(), re.DOTALL)
    assert heats
    assert legends
    assert re.findall(r"^ +(\w+): ", legends[1], re.MULTILINE) == re.findall(r'"(\w+)"', heats[1])
