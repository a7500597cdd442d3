"""Two traces of one search are aligned: where they part is named, and so is what that did to the root."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.console import Console

from daemon.replay.hashed_game import HashedGame, HashedReferee
from protocol import messages as m
from tests.unit.debugger import recorded
from tests.unit.debugger.recorded import Daemon, record
from zhugo.debugger.explaining.search import Root, Searched, searched
from zhugo.debugger.explaining.search_diff import diff, distances
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.search_diff_tables import told
from zhugo.shared.errors import UserError


def followed(path: Path, session: str | None = None, which: int = 1) -> Searched:
    return searched(Recording.load(path), HashedReferee(), session, which)


def compared(one: Path, other: Path) -> dict[str, Any]:
    return diff(followed(one), followed(other))


def in_text(found: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    for part in told(found):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


class Hurried(Daemon):
    """One grant's result is late, so that the other searcher's comes first."""

    def _work(self, searcher: bytes, grant: m.Grant) -> None:
        super()._work(searcher, grant)
        if grant.grant == LATE:
            self.due = sorted((time + 0.012 * (update.grant == LATE), who, update) for time, who, update in self.due)


LATE = 15
"""A grant while whose work the other searcher holds one, too."""


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Where a second trace goes."""
    return tmp_path / "other.trace"


def test_a_trace_is_the_same_as_itself(trace: Path) -> None:
    found = compared(trace, trace)
    assert found["same"]
    assert (found["first_message"], found["first_grant"], found["settings"]) == (None, None, {})
    assert found["best_move"]["share"] == 0.0
    assert {(row["total_variation"], row["kl"]) for row in found["roots"]} == {(0.0, 0.0)}
    assert in_text(found).endswith("the same: every message, every ticket and the root\n")


def test_times_make_no_difference(trace: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "DEVICE", 0.020)
    record(other)
    found = compared(trace, other)
    assert found["same"]
    assert found["a"]["seconds"] < found["b"]["seconds"]


def test_who_comes_first_makes_a_difference(trace: Path, other: Path) -> None:
    daemon = Hurried(other)
    daemon.search(60)
    daemon.end()
    found = compared(trace, other)
    assert not found["same"]
    message, grant = found["first_message"], found["first_grant"]
    assert {message["a"]["who"], message["b"]["who"]} == {"searcher A", "searcher B"}
    assert message["why"] == f"{message['a']['who']} comes first in A, {message['b']['who']} in B"
    assert grant["a"]["event"] >= message["a"]["event"]


def test_another_rule_hands_out_other_tickets_of_which_the_story_is_offered(trace: Path, other: Path) -> None:
    record(other, settings=msgspec.structs.replace(recorded.BROAD, collisions="uncapped"))
    found = compared(trace, other)
    assert found["settings"] == {"collisions": {"a": "capped", "b": "uncapped"}}
    given = found["first_grant"]
    assert given["a"]["leaf"] != given["b"]["leaf"]
    text = in_text(found)
    assert f"zhugo trace story {other} {given['b']['leaf'].replace(' ', ',')}" in text
    assert text.index("the first tickets that differ") < text.index("the first message that differs")
    assert found["sums"]["collisions"]["b"] != found["sums"]["collisions"]["a"]


def test_the_tokens_of_searchers_make_no_difference(tmp_path: Path) -> None:
    traces = [tmp_path / "one.trace", tmp_path / "two.trace"]
    for path in traces:
        daemon = Daemon(path)
        daemon.say(recorded.CLIENT, m.Search(2, "s", m.Limits(visits=20)))
        for searcher in (b"a", b"b"):  # as those of a command, which greet when its search has begun
            daemon.say(
                searcher, m.Hello(m.PROTOCOL_VERSION, "searcher", "a searcher", 2, token=f"{path} {searcher!r}"[-64:])
            )
            daemon.say(searcher, m.Select(m.BatchRequest(4)))
        daemon.work_off()
        daemon.end()
    assert compared(*traces)["same"]


@pytest.mark.parametrize("array", ["value", "score", "errors", "patterns"])
def test_another_word_of_the_net_is_told_from_other_leaves(
    trace: Path, other: Path, monkeypatch: pytest.MonkeyPatch, array: str
) -> None:
    evaluate = HashedGame.evaluate

    def otherwise(self: HashedGame, records: list[list[int]]) -> dict[str, Any]:
        arrays = evaluate(self, records)
        arrays[array] = arrays[array] ^ np.uint64(1) if array == "patterns" else arrays[array] * np.float32(0.99)
        return arrays

    monkeypatch.setattr(HashedGame, "evaluate", otherwise)
    record(other)
    found = compared(trace, other)
    assert found["first_message"]["why"] == "the same leaves get other values"
    assert found["first_message"]["same_before"] < 4, "the first evaluations may say no error"
    assert not found["same"]


def test_a_trace_that_a_kill_cut_short_has_no_more_to_say(trace: Path, other: Path) -> None:
    other.write_bytes(trace.read_bytes()[: trace.stat().st_size // 2])
    found = compared(trace, other)
    assert found["first_message"]["why"] == "B has no more"
    assert found["first_message"]["b"] is None
    assert found["b"]["visits"] < found["a"]["visits"] == 60
    assert "A  " in in_text(found)


def test_the_best_move_is_followed_from_visit_to_visit(trace: Path, other: Path) -> None:
    record(other, settings=m.SearchSettings(collisions="virtual-loss", virtual_loss=3.0))
    a, b = followed(trace), followed(other)
    differing = [visits for visits in range(1, 61) if best_at(a, visits) != best_at(b, visits)]
    best = diff(a, b)["best_move"]
    assert 0 < len(differing) < 60
    assert best["first_differs_at"] == differing[0]
    assert best["share"] == pytest.approx(len(differing) / 60)
    assert best["a"]["move"] == str(best_at(a, differing[0]))


def best_at(found: Searched, visits: int) -> int | None:
    moves = [root.best for root in found.bests if root.total <= visits]
    return moves[-1] if moves else None


def test_roots_are_compared_at_equal_visits_and_at_the_end(trace: Path, other: Path) -> None:
    record(other, 100, m.SearchSettings(collisions="blocking"))
    rows = compared(trace, other)["roots"]
    assert [row["visits"] for row in rows] == [2, 4, 8, 16, 32, "end"]
    assert all(row["visits"] <= row["a_visits"] < 2 * row["visits"] for row in rows[:-1])
    assert (rows[-1]["a_visits"], rows[-1]["b_visits"]) == (60, 100)


def root(visits: dict[int, int]) -> Root:
    moves, counts = np.array(list(visits), np.int64), np.array(list(visits.values()), np.int64)
    return Root(1, 0.0, int(counts.sum()) + 1, moves, counts, np.zeros(len(moves)), None)


@pytest.mark.parametrize(
    ("one", "other_visits", "tv", "kl"),
    [
        ({1: 10}, {1: 10}, 0.0, 0.0),
        ({1: 10}, {2: 10}, 1.0, 10 / 11 * math.log(21)),
        ({1: 30, 2: 10}, {1: 10, 2: 30}, 0.5, 20 / 41 * math.log(30.5 / 10.5)),
    ],
)
def test_distances_between_roots(one: dict[int, int], other_visits: dict[int, int], tv: float, kl: float) -> None:
    found = distances(root(one), root(other_visits))
    assert found["total_variation"] == pytest.approx(tv)
    assert found["kl"] == pytest.approx(kl)


def test_the_root_at_the_end_is_what_the_daemon_reported(trace: Path) -> None:
    found = compared(trace, trace)
    reports = [
        answer
        for entry in Recording.load(trace).entries
        for _, answer in entry.outbound
        if isinstance(answer, m.Report) and answer.final
    ]
    told_then = {str(child.move): (child.visits, child.value) for child in reports[0].children if child.visits}
    assert {row["move"]: (row["a_visits"], row["a_q"]) for row in found["moves"]} == told_then
    assert found["a"]["best"] == str(reports[0].chosen)


def another_game(path: Path) -> None:
    daemon = Daemon(path)
    daemon.say(recorded.CLIENT, m.Reset(7, "s", "hashed", {**recorded.SPEC, "seed": 3}))
    daemon.search(20)


def another_move(path: Path) -> None:
    daemon = Daemon(path)
    daemon.say(recorded.CLIENT, m.Play(7, "s", 2))
    daemon.search(20)


@pytest.mark.parametrize(("make", "reason"), [(another_game, "seed None | 3"), (another_move, "the start | after 2")])
def test_searches_of_different_positions_are_not_compared(
    trace: Path, other: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(other)
    with pytest.raises(UserError) as refused:
        compared(trace, other)
    assert str(refused.value) == f"{trace} and {other} search different positions: {reason}"


def test_a_search_is_named_by_its_session_and_its_place(trace: Path, other: Path) -> None:
    daemon = Daemon(other)
    daemon.say(recorded.CLIENT, m.Open(5, "t", "hashed", {**recorded.SPEC, "seed": 3}))
    daemon.search(60)
    daemon.say(recorded.CLIENT, m.Search(6, "t", m.Limits(visits=10)))
    daemon.work_off()
    daemon.say(recorded.CLIENT, m.Play(8, "s", 2))
    daemon.say(recorded.CLIENT, m.Search(9, "s", m.Limits(visits=90)))
    daemon.work_off()
    assert diff(followed(trace), followed(other))["same"]
    assert [followed(other, None, which).session.name for which in (1, 2, 3)] == ["s", "t", "s"]
    assert followed(other, "t").record == []
    assert followed(other, "s", 2).record == [2]
    assert diff(followed(other, "s", 2), followed(other, "s", 2))["a"]["visits"] == 90


@pytest.mark.parametrize(
    ("session", "which", "reason"),
    [(None, 2, "has no search 2"), ("t", 1, "has no search 1 in session 't'")],
)
def test_what_was_never_searched_is_told(trace: Path, session: str | None, which: int, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        followed(trace, session, which)
