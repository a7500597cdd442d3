"""When the session is told of a playout doubling advantage: over a session that searches nothing."""

from __future__ import annotations

from typing import cast

import pytest

from protocol.client import Client
from tests.clients.fake_session import FakeController
from tests.clients.test_gtp_engine import Table
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.settings import Settings

FOUR = ("komi 0.5", "fixed_handicap 4")
"""White is taken to be 2 doublings stronger at first, see ``test_playout_advantage``."""


def told(table: Table, *lines: str) -> float:
    """Black's advantage that the last of these searches was told of."""
    for line in lines:
        table.say(line)
    return float(table.session.spec.get("playout_doubling_advantage", 0.0))


def test_a_move_of_a_handicap_game_is_searched_with_it_and_an_analysis_is_not() -> None:
    table = Table()
    assert told(table, *FOUR, "genmove w") == -2.0
    assert told(table, "kata-analyze 10") == 0.0
    assert told(table, "kata-genmove_analyze b 10") != 0.0
    assert told(table, "lz-analyze 10") == 0.0
    assert told(table, "clear_board", "komi 7.5", "genmove b") == 0.0


SET = [
    # parameters, the search, what it is told
    ({"playoutDoublingAdvantage": 1.5}, "genmove w", -1.5),
    ({"playoutDoublingAdvantage": 1.5}, "genmove b", 1.5),
    ({"playoutDoublingAdvantage": 1.5}, "kata-analyze w 10", -1.5),
    ({"playoutDoublingAdvantage": 1.5}, "kata-analyze b 10", 1.5),
    ({"playoutDoublingAdvantage": 1.5, "playoutDoublingAdvantagePla": "BLACK"}, "genmove w", 1.5),
    ({"playoutDoublingAdvantage": 1.5, "playoutDoublingAdvantagePla": "b"}, "kata-analyze w 10", 1.5),
    ({"playoutDoublingAdvantage": -1, "playoutDoublingAdvantagePla": "White"}, "kata-analyze b 10", 1.0),
    # it alone takes precedence over the dynamic one, be it 0
    ({"playoutDoublingAdvantage": 0}, "genmove w", 0.0),
    ({"playoutDoublingAdvantage": ""}, "genmove w", -2.0),
    ({"playoutDoublingAdvantagePla": "BLACK"}, "genmove w", -2.0),
    # with both the dynamic one counts for moves, the other for analyses
    (
        {"playoutDoublingAdvantage": 1, "dynamicPlayoutDoublingAdvantageCapPerOppLead": 0.02},
        "genmove w",
        -0.875,
    ),
    ({"playoutDoublingAdvantage": 1, "dynamicPlayoutDoublingAdvantageCapPerOppLead": 0.02}, "lz-analyze 10", -1.0),
    ({"dynamicPlayoutDoublingAdvantageCapPerOppLead": 0}, "genmove w", 0.0),
]


@pytest.mark.parametrize(("params", "search", "expected"), SET)
def test_what_was_set(params: dict[str, float | str], search: str, expected: float) -> None:
    table = Table()
    for line in FOUR:
        table.say(line)
    for name, value in params.items():
        table.say(f"kata-set-param {name} {value}")
    assert told(table, search) == expected


def test_what_a_controller_is_told_of_it() -> None:
    table = Table()
    assert table.say("kata-get-param playoutDoublingAdvantage") == "0.0"
    assert table.say("kata-get-param playoutDoublingAdvantagePla") == '"E"', "as in KataGo"
    assert table.say("kata-get-param dynamicPlayoutDoublingAdvantageCapPerOppLead") == "0.045"
    table.say('kata-set-params {"playoutDoublingAdvantage": -0.5, "playoutDoublingAdvantagePla": "WHITE"}')
    assert table.say("kata-get-param playoutDoublingAdvantage") == "-0.5"
    assert table.say("kata-get-param playoutDoublingAdvantagePla") == '"W"'
    table.say("kata-set-param playoutDoublingAdvantagePla")
    assert table.say("kata-get-param playoutDoublingAdvantagePla") == '"E"'


def test_a_tree_is_kept_while_the_advantage_is_the_same() -> None:
    table = Table()
    table.session.value = 0.7  # White wins 15 % of it, which is what is wanted
    assert told(table, *FOUR, "genmove w", "play b C10", "genmove w") == -2.0
    assert table.session.did.count("reset") == 1
    # a move that is taken back is searched for as it was before
    assert told(table, "gg-undo 2", "play b C11", "genmove w", "undo", "genmove w") == -2.0
    assert table.session.did.count("reset") == 1


def test_it_follows_the_searches_of_this_game_and_goes_back_with_undo() -> None:
    table = Table()
    table.session.value = 0.0
    assert told(table, *FOUR, "genmove w") == -2.0
    assert told(table, "play b C10", "genmove w") == -1.875
    assert told(table, "play b C9", "genmove w") == -1.75
    assert told(table, "undo", "reg_genmove w") == -1.75, "of the same position"
    assert told(table, "gg-undo 2", "genmove w") == -1.875
    table.session.value = 0.98
    assert told(table, "play b C9", "genmove w") == -1.75, "as the search before it said"
    assert told(table, "play b C8", "genmove w") == -1.875
    assert told(table, "clear_board", "fixed_handicap 4", "genmove w") == -2.0


def test_pondering_is_told_what_the_next_move_will_be() -> None:
    table = Table(Settings(10, None, ponder=True))
    table.session.value = 0.0
    assert told(table, *FOUR, "genmove w") == -1.875
    resets = table.session.did.count("reset")
    assert told(table, "play b C10", "kata-search w") == -1.875
    assert table.session.did.count("reset") == resets


def test_pondering_stays_on_the_side_of_who_moved() -> None:
    table = Table(Settings(10, None, ponder=True, advantage=1.0))
    assert told(table, "genmove b") == 1.0
    assert told(table, "play w C10", "genmove b") == 1.0
    assert table.session.did.count("reset") == 1


def test_nothing_of_the_game_is_lost_with_it() -> None:
    table = Table()
    told(table, *FOUR, "genmove w")
    recent, estimates = list(table.engine.recent_values), dict(table.engine.estimates)
    told(table, "kata-set-param playoutDoublingAdvantage 1", "kata-analyze 10")
    assert table.engine.recent_values == recent
    assert table.engine.estimates == estimates
    assert "playout_doubling_advantage" not in table.engine.game.spec()


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ("kata-get-params", 0),
        ("kata-set-param playoutDoublingAdvantage 1", 1),
        ("kata-set-param dynamicPlayoutDoublingAdvantageCapPerOppLead 0.045", 1),
    ],
)
def test_a_net_without_an_input_for_it_plays_on_and_that_is_said_once(
    asked: str, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table()
    table.client.features = "leela_zero"
    assert table.engine.net.features == "leela_zero"
    table.say(asked)
    assert told(table, *FOUR, "genmove w", "play b C10", "genmove w", "kata-raw-nn 0") == 0.0
    assert capsys.readouterr().err.count("no input for a playout doubling advantage") == lines


def test_the_raw_net_is_told_what_was_set_for_analyses() -> None:
    table = Table()
    for line in (*FOUR, "kata-raw-nn 0"):
        table.say(line)
    assert table.client.other is not None
    assert "playout_doubling_advantage" not in table.client.other.spec
    for line, black in (("kata-raw-nn 0", -1.5), ("kata-raw-nn b 0", 1.5)):
        table.say("kata-set-param playoutDoublingAdvantage 1.5")
        table.say(line)
        assert table.client.other.spec["playout_doubling_advantage"] == black


def test_in_a_shared_session_there_is_a_dynamic_one_only_if_it_is_set() -> None:
    table = Table(shared=True)
    assert table.say("kata-get-param dynamicPlayoutDoublingAdvantageCapPerOppLead") == "0.0"
    assert told(table, *FOUR, "genmove w") == 0.0
    assert told(table, "undo", "kata-set-param dynamicPlayoutDoublingAdvantageCapPerOppLead 0.045", "genmove w") == -2.0
    guest = Engine(lambda: cast(Client, table.client), Settings(10, None), FakeController(), shared=True)
    assert guest.position.record == table.session.record
    assert "playout_doubling_advantage" not in guest.game.spec()


def test_the_chat_says_it_as_katago_does(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(Settings(10, None, chat=True))
    for line in ("genmove b", "clear_board", *FOUR, "genmove w"):
        table.say(line)
    even, handicap = (line for line in capsys.readouterr().err.splitlines() if line.startswith("MALKOVICH"))
    assert "PDA" not in even
    assert " (PDA 2.00) PV " in handicap
