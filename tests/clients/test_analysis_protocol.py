"""The analysis protocol over a daemon: what is answered, in which order, and how searches are ended."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from protocol.errors import ConnectionLost
from tests.clients.analysis import ENDLESS, SMALL, Talk, engine
from tests.daemons import PATIENCE, LocalDaemon, eventually
from zhugo.bridges.analysis import stdio
from zhugo.bridges.analysis.absent import Absent
from zhugo.bridges.analysis.engine import Engine, next_due
from zhugo.bridges.analysis.settings import Settings, changed

EVERYTHING = {
    "includeOwnership": True,
    "includeMovesOwnership": True,
    "includePolicy": True,
    "includePVVisits": True,
    "includeNoResultValue": True,
}


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with engine(tmp_path) as made:
        yield Talk(made)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Talk]:
    """One turn at a time."""
    with engine(tmp_path, at_once=1) as made:
        yield Talk(made)


def test_an_answer_has_every_field_that_was_asked_for(talk: Talk) -> None:
    answer = talk.ask(id="q", **{**SMALL, "maxVisits": 30}, **EVERYTHING)
    assert answer["turnNumber"] == 0
    assert answer["rootInfo"]["visits"] == 30
    assert answer["rootInfo"]["currentPlayer"] == "B"
    assert sum(info["visits"] for info in answer["moveInfos"]) == 29
    assert [info["order"] for info in answer["moveInfos"]] == list(range(len(answer["moveInfos"])))
    assert len(answer["ownership"]) == 25
    assert len(answer["policy"]) == 26
    assert sum(prior for prior in answer["policy"] if prior >= 0) == pytest.approx(1, abs=0.01)
    for info in answer["moveInfos"]:
        assert info["pv"][0] == info["move"]
        assert len(info["pvVisits"]) == len(info["pv"])
        assert info["pvVisits"][0] == info["visits"]
        assert len(info["ownership"]) == 25


def test_what_was_not_asked_for_is_left_out(talk: Talk) -> None:
    answer = talk.ask(id="q", **SMALL)
    assert not {"ownership", "policy"} & answer.keys()
    assert not {"ownership", "pvVisits"} & {name for info in answer["moveInfos"] for name in info}


def test_occupied_points_have_no_policy(talk: Talk) -> None:
    answer = talk.ask(id="q", **{**SMALL, "moves": [["B", "A5"]]}, includePolicy=True)
    assert answer["policy"][0] == -1
    assert min(answer["policy"][1:]) >= 0


def test_numbers_are_seen_from_the_side_that_was_named(talk: Talk) -> None:
    said: dict[str, dict[str, Any]] = {}
    white_to_play = {**SMALL, "moves": [["B", "C3"]], "includeOwnership": True}
    for side in ("BLACK", "WHITE", "SIDETOMOVE"):
        said[side] = talk.ask(id=side, **white_to_play, overrideSettings={"reportAnalysisWinratesAs": side})
    black, white, mover = (said[side] for side in ("BLACK", "WHITE", "SIDETOMOVE"))
    assert black["rootInfo"]["winrate"] == pytest.approx(1 - white["rootInfo"]["winrate"])
    assert black["rootInfo"]["scoreLead"] == pytest.approx(-white["rootInfo"]["scoreLead"])
    assert black["ownership"] == pytest.approx([-owner for owner in white["ownership"]])
    # the move to choose is better than its bound says for White, who is to play
    assert white["moveInfos"][0]["lcb"] < white["moveInfos"][0]["winrate"]
    assert {**white, "id": ""} == {**mover, "id": ""}


def test_an_advantage_that_the_net_cannot_be_told_of_is_mentioned_once(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    for query in ("a", "b"):
        answer = talk.ask(id=query, **SMALL, overrideSettings={"playoutDoublingAdvantage": 1.0})
        assert "error" not in answer
    assert capsys.readouterr().err.count("no input for a playout doubling advantage") == 1


def test_each_turn_ends_in_exactly_one_last_answer(talk: Talk) -> None:
    moves = [["B", "A1"], ["W", "B1"], ["B", "C1"]]
    talk.send(id="q", **{**SMALL, "moves": moves}, analyzeTurns=[0, 1, 2, 3], reportDuringSearchEvery=0.001)
    talk.engine.drain()
    assert sorted(talk.finals("q")) == [0, 1, 2, 3]


def test_as_many_turns_are_searched_as_the_searchers_ask_for_leaves(tmp_path: Path) -> None:
    with engine(tmp_path, at_once=None, searchers=3, batch=4) as made:
        talk = Talk(made)
        for number in range(20):
            talk.send(id=f"q{number}", **ENDLESS)
        eventually(lambda: len(made.client.status().sessions) == 12, "they run")
        talk.send(id="stop", action="terminate", terminateId="q0")
        talk.wait(id="q0", isDuringSearch=False)
        eventually(lambda: len(made.client.status().sessions) == 12, "the next one runs")
        talk.send(id="stop", action="terminate_all")


def test_urgent_turns_come_first_and_equals_in_their_order(narrow: Talk) -> None:
    narrow.send(id="running", **ENDLESS)
    eventually(lambda: len(narrow.engine.client.status().sessions) == 1, "it runs")
    moves = [["B", "A1"], ["W", "B1"]]
    narrow.send(id="turns", **{**SMALL, "moves": moves}, analyzeTurns=[0, 1, 2], priorities=[1, 5, -1])
    narrow.send(id="same", **SMALL, priority=1)
    narrow.send(id="stop", action="terminate", terminateId="running")
    narrow.engine.drain()
    order = [(a["id"], a["turnNumber"]) for a in narrow.answers if a.get("isDuringSearch") is False]
    assert order == [("running", 0), ("turns", 1), ("turns", 0), ("same", 0), ("turns", 2)]


def test_reports_come_while_a_search_runs_and_none_after_it(talk: Talk) -> None:
    talk.send(id="q", **ENDLESS, reportDuringSearchEvery=0.01)
    talk.wait(id="q", isDuringSearch=True)
    talk.send(id="stop", action="terminate", terminateId="q")
    last = talk.wait(id="q", isDuringSearch=False)
    assert last["rootInfo"]["visits"] > 0
    talk.engine.drain()
    assert [a for a in talk.answers if a["id"] == "q"][-1] == last


@pytest.mark.parametrize(
    ("first", "every", "elapsed", "due"),
    [
        (0.1, 0.1, 0.1, 0.2),
        (0.1, 0.1, 0.1003, 0.2),  # what comes late does not make the next one late
        (0.1, 0.1, 0.5501, 0.6),
        (0.05, 1.0, 0.05, 1.05),
        (2.0, 0.5, 2.0, 2.5),
    ],
)
def test_reports_keep_their_beat(first: float, every: float, elapsed: float, due: float) -> None:
    assert next_due(elapsed, first, every) == pytest.approx(due, abs=1e-5)
    assert next_due(elapsed, first, every) <= due


def test_a_first_report_alone_is_the_only_one(talk: Talk) -> None:
    talk.send(id="q", **ENDLESS, firstReportDuringSearchAfter=0.01)
    talk.wait(id="q", isDuringSearch=True)
    talk.send(id="other", **{**SMALL, "maxVisits": 100}, reportDuringSearchEvery=0.01)
    talk.wait(id="other", isDuringSearch=False)
    assert len([a for a in talk.answers if a.get("id") == "q"]) == 1


def test_what_has_not_begun_ends_without_results(narrow: Talk) -> None:
    narrow.send(id="running", **ENDLESS)
    narrow.send(id="waiting", **{**SMALL, "moves": [["B", "A1"]]}, analyzeTurns=[0, 1])
    narrow.send(id="stop", action="terminate", terminateId="waiting", turnNumbers=[1])
    assert narrow.answers == [
        {"id": "waiting", "isDuringSearch": False, "noResults": True, "turnNumber": 1},
        {"id": "stop", "action": "terminate", "terminateId": "waiting", "turnNumbers": [1]},
    ]
    narrow.send(id="all", action="terminate_all")
    narrow.engine.drain()
    assert narrow.finals("waiting") == [1, 0]
    assert narrow.finals("running") == [0]


def test_to_terminate_what_is_not_there_is_no_mistake(talk: Talk) -> None:
    talk.send(id="stop", action="terminate", terminateId="nobody")
    talk.send(id="stop2", action="terminate_all", turnNumbers=[])
    assert [a["id"] for a in talk.answers] == ["stop", "stop2"]


def test_actions_are_echoed_with_what_they_ask_for(talk: Talk) -> None:
    talk.send(id="v", action="query_version", extra=1)
    talk.send(id="m", action="query_models")
    talk.send(id="c", action="clear_cache")
    version, models, cleared = (talk.wait(id=name) for name in "vmc")
    assert (version["id"], version["action"], version["extra"]) == ("v", "query_version", 1)
    # as a client that compares versions takes it apart
    assert len(version["version"].split(".")) == 3
    assert [model["name"] for model in models["models"]] == ["emulated-hashed"]
    assert cleared == {"id": "c", "action": "clear_cache"}


def test_clearing_the_cache_has_positions_evaluated_anew(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(talk.engine.client, "clear_cache", lambda: asked.append("clear"))
    talk.send(id="c", action="clear_cache")
    assert asked == ["clear"]
    assert talk.answers == [{"id": "c", "action": "clear_cache"}]


def test_models_are_told_when_the_daemon_has_them_and_nobody_waits_meanwhile(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, loaded = talk.engine.client, threading.Event()
    now = client.status
    monkeypatch.setattr(client, "status", lambda: now() if loaded.is_set() else structs.replace(now(), searchers=[]))
    talk.send(id="m", action="query_models")
    talk.send(id="v", action="query_version")
    assert [answer["id"] for answer in talk.answers] == ["v"]
    loaded.set()
    assert [model["name"] for model in talk.wait(id="m")["models"]] == ["emulated-hashed"]


def test_models_are_told_though_the_queries_have_ended_before_the_daemon_has_them(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = talk.engine.client
    now, asked = client.status, iter(range(3))
    monkeypatch.setattr(
        client, "status", lambda: now() if next(asked, 9) == 9 else structs.replace(now(), searchers=[])
    )
    queries, answers = tmp_path / "queries", tmp_path / "answers"
    queries.write_text('{"id": "m", "action": "query_models"}')
    with queries.open("rb") as source, answers.open("wb") as target:
        stdio.run(talk.engine, Settings(), drain=True, source=source.fileno(), target=target.fileno())
    assert [model["name"] for model in json.loads(answers.read_text())["models"]] == ["emulated-hashed"]


def test_moves_that_are_not_allowed_are_not_looked_at(talk: Talk) -> None:
    few = [{"player": "B", "moves": ["A1", "C3"], "untilDepth": 1}]
    only = talk.ask(id="only", **{**SMALL, "maxVisits": 20}, allowMoves=few)
    assert set() < {info["move"] for info in only["moveInfos"]} <= {"A1", "C3"}
    without = talk.ask(id="without", **{**SMALL, "maxVisits": 40}, avoidMoves=few)
    assert not {info["move"] for info in without["moveInfos"]} & {"A1", "C3"}


@pytest.mark.parametrize(
    "restriction",
    [
        {"allowMoves": [{"player": "B", "moves": [], "untilDepth": 1}]},
        {"allowMoves": [{"player": "B", "moves": ["C3"], "untilDepth": 5}], "moves": [["B", "C3"], ["W", "A1"]]},
        {
            "avoidMoves": [
                {"player": "B", "moves": ["A1", "A2", "pass"], "untilDepth": 1},
                {"player": "B", "moves": ["B1", "B2"], "untilDepth": 2},
            ],
            "boardXSize": 2,
            "boardYSize": 2,
        },
    ],
    ids=["nothing allowed", "nothing playable allowed", "everything avoided"],
)
def test_where_no_move_is_left_none_is_told(talk: Talk, restriction: dict[str, Any]) -> None:
    answer = talk.ask(id="q", **{**SMALL, "maxVisits": 40, **restriction}, includePolicy=True, includeOwnership=True)
    assert answer["moveInfos"] == []
    assert answer["rootInfo"]["visits"] == 1
    points = restriction.get("boardXSize", 5) ** 2
    assert (len(answer["policy"]), len(answer["ownership"])) == (points + 1, points)


def test_what_the_other_player_may_not_play_leaves_this_one_all(talk: Talk) -> None:
    nothing = [{"player": "W", "moves": [], "untilDepth": 1}]
    assert talk.ask(id="q", **{**SMALL, "maxVisits": 20}, allowMoves=nothing)["moveInfos"] != []


def test_a_game_goes_on_in_the_daemon_that_was_played_by_other_rules(talk: Talk) -> None:
    suicide = [["W", "A3"], ["W", "B2"], ["W", "B1"], ["B", "A1"], ["B", "A2"]]
    answer = talk.ask(id="q", **{**SMALL, "moves": suicide, "rules": "chinese", "includePolicy": True})
    assert answer["rootInfo"]["visits"] == SMALL["maxVisits"]
    assert answer["policy"][20] > 0  # A1 is empty again, and White's to play


def test_a_single_visit_looks_at_no_move(talk: Talk) -> None:
    answer = talk.ask(id="q", **{**SMALL, "maxVisits": 1})
    assert answer["moveInfos"] == []
    assert answer["rootInfo"]["visits"] == 1


def test_time_ends_a_search_too(talk: Talk) -> None:
    talk.ask(id="warm", **SMALL)
    answer = talk.ask(id="q", **ENDLESS, overrideSettings={"maxTime": 1.0})
    assert 0 < answer["rootInfo"]["visits"] < ENDLESS["maxVisits"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"nonsense", {}),
        (b"[1]", {}),
        (b'"text"', {}),
        (b"{}", {}),
        (b'{"id": 7}', {}),
        (b'{"id": "q", "action": "dance"}', {}),
        (b'{"id": "q", "moves": []', {}),
        (b"\xff\xfe\x00", {}),
        (b"[" * 100_000, {}),
        (b'{"id": "q", "action": "terminate"}', {"id": "q", "field": "terminateId"}),
        (b'{"id": "q", "action": "terminate_all", "turnNumbers": "all"}', {"id": "q", "field": "turnNumbers"}),
        (b'{"id": "q", "boardXSize": 9}', {"id": "q"}),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_a_bad_line_gets_one_error_and_nothing_else(tmp_path: Path, line: bytes, error: dict[str, str]) -> None:
    with engine(tmp_path) as made:
        talk = Talk(made)
        talk.line(line)
        (answer,) = talk.answers
        assert "\n" not in answer["error"]
        assert len(json.dumps(answer)) < 1000
        assert {name: answer.get(name) for name in error} == error
        assert ("id" in answer) == ("field" in answer) == bool(error)
        assert talk.ask(id="after", **SMALL)["rootInfo"]["visits"] == 8


def test_a_warning_does_not_keep_a_query_from_its_answer(talk: Talk) -> None:
    talk.ask(id="q", **SMALL, overrideSettings={"humanSLCpuctPermanent": 1.0})
    assert talk.answers[0].keys() == {"warning", "field", "id"}
    assert talk.answers[0]["field"] == "overrideSettings"


def test_a_search_that_fails_is_told_and_ends_its_turn(talk: Talk) -> None:
    talk.send(id="big", **{**SMALL, "maxVisits": 5}, avoidMoves=[{"player": "B", "moves": [], "untilDepth": 1}] * 64)
    talk.send(id="ok", **SMALL)
    talk.engine.drain()
    assert talk.finals("big") == talk.finals("ok") == [0]


def test_clients_know_nothing_of_each_other(talk: Talk) -> None:
    other = Talk(talk.engine, changed(Settings(), "", {"maxVisits": 3})[0])
    talk.send(id="q", **ENDLESS)
    other.send(id="stop", action="terminate_all")
    without_visits = {name: value for name, value in SMALL.items() if name != "maxVisits"}
    assert other.ask(id="q", **without_visits)["rootInfo"]["visits"] == 3
    assert talk.answers == []
    other.conversation.end()
    talk.conversation.end()
    talk.engine.drain()
    assert talk.finals("q") == [0]


def test_a_client_that_comes_back_finds_its_searches_where_it_left_them(tmp_path: Path) -> None:
    with engine(tmp_path) as made:
        absent = Absent(made)
        cut_off = Talk(made, absent=absent)
        moves = [["B", "A1"]]
        cut_off.send(id="q", **{**ENDLESS, "moves": moves}, analyzeTurns=[0, 1], reportDuringSearchEvery=0.01)
        cut_off.wait(id="q", isDuringSearch=True, turnNumber=0)
        cut_off.wait(id="q", isDuringSearch=True, turnNumber=1)
        cut_off.send(id="stop", action="terminate", terminateId="q", turnNumbers=[1])
        cut_off.wait(id="q", isDuringSearch=False, turnNumber=1)
        sessions = {one.session for one in made.client.status().sessions}
        cut_off.conversation.leave()
        cut_off.conversation.end()
        told = len(cut_off.answers)

        back = Talk(made, absent=absent)
        # another query with the same id is another query
        assert back.ask(id="q", **SMALL)["rootInfo"]["visits"] == 8
        back.send(id="q", **{**ENDLESS, "moves": moves}, analyzeTurns=[0, 1], reportDuringSearchEvery=0.01)
        back.wait(id="q", isDuringSearch=True, turnNumber=0)
        assert len(cut_off.answers) == told
        assert sessions & {one.session for one in made.client.status().sessions}
        back.send(id="stop", action="terminate_all")
        made.drain()
        assert sorted(back.finals("q")) == [0, 0, 1]


def test_what_came_to_its_end_while_the_client_was_away_is_said_when_it_is_back(tmp_path: Path) -> None:
    with engine(tmp_path, at_once=1) as made:
        absent = Absent(made)
        cut_off, busy = Talk(made, absent=absent), Talk(made)
        busy.send(id="busy", **ENDLESS)
        cut_off.send(id="q", **SMALL)
        cut_off.conversation.leave()
        busy.send(id="stop", action="terminate_all")
        made.drain()
        back = Talk(made, absent=absent)
        back.send(id="q", **SMALL)
        assert back.finals("q") == [0]
        assert cut_off.answers == []


def test_a_client_that_does_not_come_back_is_given_up(tmp_path: Path) -> None:
    with engine(tmp_path) as made:
        cut_off = Talk(made, absent=Absent(made, grace=0.01))
        cut_off.send(id="q", **ENDLESS)
        eventually(lambda: len(made.client.status().sessions) == 1, "it runs")
        cut_off.conversation.leave()
        made.drain()


@pytest.mark.parametrize("queries", [0, 5])
def test_when_the_daemon_is_lost_it_is_told_and_nobody_waits(tmp_path: Path, queries: int) -> None:
    with LocalDaemon(tmp_path) as local, local.client() as client:
        made = Engine(client, 2)
        talk = Talk(made)
        for number in range(queries):
            talk.send(id=f"q{number}", **ENDLESS)
        eventually(lambda: len(client.status().sessions) == min(2, queries), "they run")
        local.kill()
        assert isinstance(made.lost.result(PATIENCE), ConnectionLost)
        made.drain()
