"""What a query of the analysis protocol means, and what is said of one that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from games.go.game import Go
from games.go.position import Position
from protocol.messages import Limits, Restriction
from zhugo.bridges.analysis.errors import QueryError
from zhugo.bridges.analysis.fields import KNOWN
from zhugo.bridges.analysis.query import Turn, read
from zhugo.bridges.analysis.settings import Settings, changed, configured
from zhugo.shared.errors import UserError

LEAST = {"id": "q", "rules": "tromp-taylor", "boardXSize": 9, "boardYSize": 9, "moves": []}
THREE = [["B", "E5"], ["W", "C3"], ["B", "G7"]]


def _read(**fields: Any) -> list[Turn]:
    turns, warnings = read({**LEAST, **fields}, Settings())
    assert warnings == []
    return turns


def _one(**fields: Any) -> Turn:
    (turn,) = _read(**fields)
    return turn


def _position(turn: Turn) -> Position:
    return Position(Go.from_spec(turn.place.spec), turn.place.moves())


def test_the_last_turn_is_searched_unless_others_are_asked_for() -> None:
    assert [turn.number for turn in _read(moves=THREE)] == [3]
    assert [turn.number for turn in _read(moves=THREE, analyzeTurns=[2, 0, 2])] == [0, 2]
    assert _read(moves=THREE, analyzeTurns=[]) == []


def test_each_turn_is_the_position_after_so_many_moves() -> None:
    for turn in _read(moves=THREE, analyzeTurns=[0, 1, 2, 3]):
        position = _position(turn)
        assert int(abs(position.stones).sum()) == turn.number
        assert position.to_play == turn.place.to_play == (1 if turn.number % 2 == 0 else -1)


@pytest.mark.parametrize(
    ("fields", "to_play"),
    [
        ({}, 1),
        ({"initialPlayer": "w"}, -1),
        ({"initialStones": [["B", "C3"]]}, 1),
        ({"initialStones": [["B", "C3"], ["B", "G7"]]}, -1),
        ({"initialStones": [["B", "C3"], ["B", "G7"]], "initialPlayer": "B"}, 1),
        ({"initialStones": [["B", "C3"], ["B", "G7"], ["W", "E5"]]}, 1),
        ({"moves": [["W", "E5"]], "analyzeTurns": [0]}, -1),
        ({"moves": [["W", "E5"]]}, 1),
        ({"moves": [["W", "E5"], ["W", "C3"]]}, 1),
        ({"moves": [["B", "E5"], ["B", "C3"]], "analyzeTurns": [1]}, -1),
    ],
)
def test_who_is_to_play(fields: dict[str, Any], to_play: int) -> None:
    turn = _one(**fields)
    assert _position(turn).to_play == turn.place.to_play == to_play


def test_stones_and_moves_lie_where_they_are_said_to() -> None:
    fields = {"initialStones": [["b", "A9"], ["White", "J1"]], "moves": [["B", "(1,0)"], ["W", "pass"], ["B", "b8"]]}
    stones = _position(_one(**fields)).stones
    assert {(int(row), int(col)): int(stones[row, col]) for row, col in zip(*stones.nonzero(), strict=True)} == {
        (0, 0): 1, (8, 8): -1, (0, 1): 1, (1, 1): 1,
    }  # fmt: skip


def test_several_black_moves_at_the_start_are_a_handicap_that_white_is_paid_for() -> None:
    handicap = {"rules": "chinese", "moves": [["B", "C3"], ["B", "G7"], ["W", "E5"]]}
    placed = {"rules": "chinese", "initialStones": [["B", "C3"], ["B", "G7"]], "moves": [["W", "E5"]]}
    assert _position(_one(**handicap)).lead() == _position(_one(**placed)).lead()
    one = {"rules": "chinese", "moves": [["B", "C3"], ["W", "E5"], ["B", "G7"]]}
    assert _position(_one(**one)).lead() == _position(_one(**handicap)).lead() + 2


def test_a_game_that_two_passes_ended_is_searched_as_if_it_went_on() -> None:
    passed = _one(moves=[*THREE, ["W", "pass"], ["B", "pass"]])
    assert passed.place.ended
    assert not _position(passed).is_over
    assert _position(passed).to_play == passed.place.to_play == -1
    assert (_position(passed).stones == _position(_one(moves=THREE)).stones).all()
    assert _position(_one(moves=[*THREE, ["W", "pass"], ["B", "pass"], ["W", "C4"]])).color_at(47) == -1


@pytest.mark.parametrize(
    ("rules", "komi"),
    [
        ("japanese", 6.5),
        ("Chinese", 7.5),
        ("stone_scoring", 7.5),
        ("new zealand", 7.5),
        ('{"scoring": "TERRITORY"}', 6.5),
        ("ancient-territory", 6.5),
        ("koSIMPLEscoreAREAtaxNONEsui0", 7.5),
        ("koSIMPLEscoreAREAtaxNONEsui0komi5", 5.0),
        ('{"ko": "SIMPLE", "komi": 5.5}', 5.5),
        ({"ko": "SIMPLE", "komi": 5.5}, 5.5),
    ],
)
def test_komi_is_that_of_the_rules_unless_it_is_given(rules: Any, komi: float) -> None:
    assert _one(rules=rules).place.spec["komi"] == komi
    assert _one(rules=rules, komi=-3).place.spec["komi"] == -3


def test_the_bonus_of_a_handicap_can_be_given_apart_from_the_rules() -> None:
    assert _one(rules="chinese", whiteHandicapBonus="N-1").place.spec["rules"]["whiteHandicapBonus"] == "N-1"


def test_hashes_tell_positions_apart_and_symmetric_ones_only_by_one_of_the_two() -> None:
    place = {name: _one(moves=[["B", vertex]]).place for name, vertex in (("a", "C3"), ("b", "G7"), ("c", "C4"))}
    assert len({one.this_hash for one in place.values()}) == 3
    assert place["a"].sym_hash == place["b"].sym_hash != place["c"].sym_hash
    other_player = _one(moves=[["B", "C3"], ["W", "pass"]]).place
    assert other_player.this_hash != place["a"].this_hash
    assert all(len(one.this_hash) == 32 for one in place.values())


def test_priorities_belong_to_the_turns_beside_them() -> None:
    assert _one(priority=7).priority == 7
    turns = _read(moves=THREE, analyzeTurns=[2, 0], priorities=[5, -5])
    assert {turn.number: turn.priority for turn in turns} == {0: -5, 2: 5}


def test_moves_that_are_avoided_or_allowed() -> None:
    avoided = [{"player": "B", "moves": ["A9", "pass"], "untilDepth": 3}]
    assert _one(avoidMoves=avoided).wishes.restrictions == (Restriction(1, [0, 81], 3),)
    allowed = [{"player": "W", "moves": ["B9"], "untilDepth": 1}]
    assert _one(allowMoves=allowed).wishes.restrictions == (Restriction(-1, [1], 1, allow=True),)


def test_settings_of_a_query_and_which_count_for_more() -> None:
    wishes = _one(
        maxVisits=50,
        analysisPVLen=3,
        includeOwnership=True,
        overrideSettings={
            "maxVisits": 7,
            "maxTime": "2.5",
            "reportAnalysisWinratesAs": "sidetomove",
            "wideRootNoise": 0.04,
        },
    ).wishes
    assert wishes.limits == Limits(visits=50, seconds=2.5)
    assert (wishes.perspective, wishes.pv_length) == ("SIDETOMOVE", 4)
    assert (wishes.search.ownership, wishes.search.policy, wishes.search.noise_weight) == (True, False, 0.04)


@pytest.mark.parametrize(
    ("fields", "temperature", "reduction"),
    [
        ({}, 1.0, 0.1),
        ({"rootPolicyTemperature": 1.2, "rootFpuReductionMax": 0.0}, 1.2, 0.0),
        ({"overrideSettings": {"rootPolicyTemperature": 1.5, "rootFpuReductionMax": 0.3}}, 1.5, 0.3),
        ({"rootPolicyTemperature": 1.2, "overrideSettings": {"rootPolicyTemperature": 1.5}}, 1.2, 0.1),
    ],
)
def test_how_wide_the_root_is_searched(fields: dict[str, Any], temperature: float, reduction: float | None) -> None:
    search = _one(**fields).wishes.search
    assert (search.root_temperature, search.root_fpu_reduction) == (temperature, reduction)


@pytest.mark.parametrize(
    ("settings", "black"),
    [
        # of turns 0 and 3, where Black and White are to move
        ({"playoutDoublingAdvantage": 1.5}, [1.5, -1.5]),
        ({"playoutDoublingAdvantage": "-1.5"}, [-1.5, 1.5]),
        ({"playoutDoublingAdvantage": 1.5, "playoutDoublingAdvantagePla": "BLACK"}, [1.5, 1.5]),
        ({"playoutDoublingAdvantage": 2, "playoutDoublingAdvantagePla": "w"}, [-2.0, -2.0]),
        ({"playoutDoublingAdvantage": 2, "playoutDoublingAdvantagePla": ""}, [2.0, -2.0]),
        ({"playoutDoublingAdvantage": 0, "playoutDoublingAdvantagePla": "WHITE"}, [None, None]),
        ({"playoutDoublingAdvantagePla": "WHITE"}, [None, None]),
    ],
)
def test_how_much_stronger_a_player_is_taken_to_be(settings: dict[str, Any], black: list[float | None]) -> None:
    turns = _read(moves=THREE, analyzeTurns=[0, 3], overrideSettings=settings)
    assert [turn.place.spec.get("playout_doubling_advantage") for turn in turns] == black
    assert turns[0].place.this_hash == _one().place.this_hash
    assert all(turn.has_moves for turn in turns)


def test_what_a_query_leaves_open_the_configuration_says() -> None:
    settings, _ = changed(Settings(), "", {"maxVisits": "12"})
    (turn,), _ = read(LEAST, settings)
    assert turn.wishes.limits == Limits(visits=12)


@pytest.mark.parametrize(
    ("fields", "warned"),
    [
        ({"komii": 7}, "komii"),
        ({"overrideSettings": {"humanSLProfile": "rank_3d", "humanSLChosenMoveProp": 0.5}}, None),
        ({"overrideSettings": {"humanSLRootExploreProbWeightless": 0.5}}, "overrideSettings"),
        ({"overrideSettings": {"humanSLRootExploreProbWeightless": 0.0}}, None),
        ({"overrideSettings": {"playoutDoublingAdvantage": 1.5, "playoutDoublingAdvantagePla": "W"}}, None),
        (
            {"overrideSettings": {"playoutDoublingAdvantage": 0, "ignorePreRootHistory": False, "antiMirror": False}},
            None,
        ),
        ({"overrideSettings": {"rootSymmetryPruning": False, "nnPolicyTemperature": 1.0}}, None),
        ({"overrideSettings": {"nnPolicyTemperature": 0.8}}, "overrideSettings"),
        ({"overrideSettings": {"rootPolicyTemperature": 1.2, "rootFpuReductionMax": 0}}, None),
        ({"rootFpuReductionMax": 0.0, "rootPolicyTemperature": 1.2}, None),
        ({"includeOwnershipStdev": True}, "includeOwnershipStdev"),
        ({"includeMovesOwnershipStdev": True}, "includeMovesOwnershipStdev"),
        ({"includeNoResultValue": True}, "includeNoResultValue"),
        ({"includePVVisits": True, "firstReportDuringSearchAfter": 0.1}, None),
    ],
)
def test_what_has_no_effect_is_said(fields: dict[str, Any], warned: str | None) -> None:
    turns, warnings = read({**LEAST, **fields}, Settings())
    assert len(turns) == 1
    assert [field for field, _ in warnings] == ([warned] if warned else [])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"boardXSize": None}, "boardXSize"),
        ({"boardXSize": 29}, "boardXSize"),
        ({"boardYSize": "9"}, "boardYSize"),
        ({"moves": None}, "moves"),
        ({"moves": "E5"}, "moves"),
        ({"moves": [["B"]]}, "moves"),
        ({"moves": [["X", "E5"]]}, "moves"),
        ({"moves": [["B", "K5"]]}, "moves"),
        ({"moves": [["B", "(9,0)"]]}, "moves"),
        ({"moves": [["B", "E5"], ["W", "E5"]]}, "moves"),
        ({"moves": [["B", "E5"], ["B", "E5"]]}, "moves"),
        ({"rules": 5}, "rules"),
        ({"rules": "quidditch"}, "rules"),
        ({"rules": {"ko": "SPIGHT"}}, "rules"),
        ({"rules": "{"}, "rules"),
        ({"komi": 7.25}, "komi"),
        ({"komi": 1e9}, "komi"),
        ({"whiteHandicapBonus": "2"}, "whiteHandicapBonus"),
        ({"initialStones": [["B", "pass"]]}, "initialStones"),
        ({"initialPlayer": "E"}, "initialPlayer"),
        ({"analyzeTurns": [1]}, "analyzeTurns"),
        ({"analyzeTurns": [-1]}, "analyzeTurns"),
        ({"analyzeTurns": 0}, "analyzeTurns"),
        ({"priorities": [1]}, "priorities"),
        ({"priorities": [1, 2], "analyzeTurns": [0]}, "priorities"),
        ({"priorities": [1], "priority": 1, "analyzeTurns": [0]}, "priority"),
        ({"priority": 2**62 + 1}, "priority"),
        ({"maxVisits": 0}, "maxVisits"),
        ({"maxVisits": 1.5}, "maxVisits"),
        ({"analysisPVLen": 0}, "analysisPVLen"),
        ({"includeOwnership": 1}, "includeOwnership"),
        ({"includePVVisits": "yes"}, "includePVVisits"),
        ({"reportDuringSearchEvery": 0}, "reportDuringSearchEvery"),
        ({"firstReportDuringSearchAfter": -1}, "firstReportDuringSearchAfter"),
        ({"avoidMoves": [{"player": "B", "moves": ["A1"]}]}, "avoidMoves"),
        ({"avoidMoves": [{"player": "B", "moves": ["Z99"], "untilDepth": 1}]}, "avoidMoves"),
        ({"avoidMoves": [], "allowMoves": []}, "allowMoves"),
        ({"allowMoves": [{"player": "B", "moves": ["A1"], "untilDepth": 1}] * 2}, "allowMoves"),
        ({"overrideSettings": []}, "overrideSettings"),
        ({"overrideSettings": {"maxTime": "soon"}}, "overrideSettings"),
        ({"overrideSettings": {"reportAnalysisWinratesAs": "GREEN"}}, "overrideSettings"),
        ({"overrideSettings": {"playoutDoublingAdvantage": 3.5}}, "overrideSettings"),
        ({"overrideSettings": {"playoutDoublingAdvantagePla": "both"}}, "overrideSettings"),
    ],
)
def test_the_field_that_is_wrong_is_named(fields: dict[str, Any], field: str) -> None:
    query = {name: value for name, value in {**LEAST, **fields}.items() if value is not None}
    with pytest.raises(QueryError) as caught:
        read(query, Settings())
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(KNOWN - {"id", "action", "terminateId", "turnNumbers"}))
def test_null_is_no_value_of_a_field(name: str) -> None:
    with pytest.raises(QueryError) as caught:
        read({**LEAST, name: None}, Settings())
    assert caught.value.field == name


def test_stones_without_a_liberty_are_captured() -> None:
    turn = _one(initialStones=[["B", "A1"], ["W", "A2"], ["W", "B1"]], initialPlayer="B")
    assert turn.place.spec["black"] == []
    assert len(turn.place.spec["white"]) == 2


KO = [
    ["B", "B1"],
    ["B", "A2"],
    ["B", "B3"],
    ["W", "C1"],
    ["W", "D2"],
    ["W", "C3"],
    ["W", "B2"],
    ["B", "C2"],
    ["W", "B2"],
]


@pytest.mark.parametrize(
    ("rules", "moves"),
    [
        ("japanese", KO),
        ("tromp-taylor", [*KO[:-1], ["W", "pass"], ["B", "pass"], ["W", "B2"]]),
        ("chinese", [["W", "A3"], ["W", "B2"], ["W", "B1"], ["B", "A1"], ["B", "A2"]]),
    ],
    ids=["ko", "superko", "suicide"],
)
def test_a_game_is_analyzed_that_was_played_by_other_rules(rules: str, moves: list[list[str]]) -> None:
    turns = _read(rules=rules, moves=moves, analyzeTurns=[len(moves) - 1, len(moves)])
    before, after = (_position(turn) for turn in turns)
    assert "unchecked" not in turns[0].place.spec
    assert after.game.rules == before.game.rules
    assert after.to_play == -before.to_play or moves[-2][0] == moves[-1][0]
    assert (after.stones != before.stones).any()


def test_a_clients_words_for_an_illegal_move() -> None:
    with pytest.raises(QueryError, match=r"^Illegal move 1: E5"):
        _read(moves=[["B", "E5"], ["W", "E5"]])


def test_a_configuration_of_katagos_is_read(tmp_path: Any) -> None:
    file = tmp_path / "analysis.cfg"
    file.write_text("# maxVisits = 3\nmaxVisits = 11 # so many\nnumSearchThreads=8\nreportAnalysisWinratesAs = WHITE\n")
    settings = configured(file, "maxTime=2,numSearchThreadsPerAnalysisThread=4")
    assert settings.limits() == Limits(visits=11, seconds=2.0)
    assert settings.report_analysis_winrates_as == "WHITE"
    with pytest.raises(UserError, match="maxVisits"):
        configured(None, "maxVisits=many")
    with pytest.raises(UserError, match="nowhere"):
        configured(tmp_path / "nowhere.cfg", None)


SET_UP = "(;SZ[9]KM[6.5]RU[Japanese];B[ee];W[ec];AB[gg]AW[cc]AE[ee];B[dd])"


def test_a_game_may_come_as_sgf() -> None:
    turns, warnings = read({"id": "q", "sgf": SET_UP, "analyzeTurns": [0, 1, 2, 3]}, Settings())
    assert [turn.number for turn in turns] == [0, 1, 2, 3]
    assert [int(abs(_position(turn).stones).sum()) for turn in turns] == [0, 1, 3, 4]
    assert [turn.place.length for turn in turns] == [0, 1, 0, 1]  # no history reaches across stones that are set up
    assert Go.from_spec(turns[0].place.spec).komi == 6.5
    assert [field for field, _ in warnings] == ["sgf"]
    (turn,), _ = read({"id": "q", "sgf": SET_UP}, Settings())
    assert turn.number == 3


@pytest.mark.parametrize(
    ("fields", "field", "complaint"),
    [
        ({"sgf": 7}, "sgf", "the text of a game"),
        ({"sgf": "hello"}, "sgf", "no SGF"),
        ({"sgf": SET_UP, "moves": []}, "moves", "not together with sgf"),
        ({"sgf": SET_UP, "komi": 7}, "komi", "not together with sgf"),
        ({"sgf": SET_UP, "analyzeTurns": [4]}, "analyzeTurns", "Invalid turn number: 4"),
    ],
)
def test_sgf_that_makes_no_sense(fields: dict[str, Any], field: str, complaint: str) -> None:
    with pytest.raises(QueryError, match=complaint) as caught:
        read({"id": "q", **fields}, Settings())
    assert caught.value.args[0] == field or getattr(caught.value, "field", None) == field


def test_an_illegal_move_of_a_record_leaves_the_turns_before_it() -> None:
    (turn,), warnings = read({"id": "q", "sgf": "(;SZ[9];B[ee];W[ee];B[gg])"}, Settings())
    assert turn.number == 1
    assert warnings == [
        ("sgf", "move 2 is illegal: white E5: occupied; the move before it is kept, 2 moves are left out")
    ]
