"""What a configuration of KataGo's makes of the GTP engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.messages import Limits
from tests.clients.fake_session import FakeClient, FakeController, FakeSession
from zhugo.bridges.gtp import search_factor
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.configuration import Configuration, understood
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import serve
from zhugo.bridges.gtp.settings import Settings
from zhugo.shared.errors import UserError
from zhugo.shared.katago_config import read


def configuration(directory: Path, text: str) -> Configuration:
    (directory / "gtp.cfg").write_text(text)
    return understood(read([directory / "gtp.cfg"], []))


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def engine(client: FakeClient) -> Engine:
    return Engine(client.connect, Settings(None, None, symmetry_pruning=False), FakeController())


def session(client: FakeClient) -> FakeSession:
    assert client.session is not None
    return client.session


def say(engine: Engine, *lines: str) -> list[str]:
    said: list[str] = []
    serve(commands_of(engine), lines, said.append)
    return said


USUAL = """
logDir = gtp_logs
logToStderr = false
rules = tromp-taylor
allowResignation = true
resignThreshold = -0.80
resignConsecTurns = 5
maxVisits = 500
# maxPlayouts = 300
maxTime = 10.0
ponderingEnabled = true
maxTimePondering = 60.0
lagBuffer = 1.0
numSearchThreads = 6
searchFactorAfterOnePass = 0.50
analysisPVLen = 9
reportAnalysisWinratesAs = BLACK
analysisWideRootNoise = 0.04
cpuctExploration = 1.0
nnCacheSizePowerOfTwo = 20
playoutDoublingAdvantage = 0
useGraphSearch = false
ogsChatToStderr = true
"""


def test_what_is_understood_is_used_and_the_rest_is_named(tmp_path: Path, engine: Engine) -> None:
    found = configuration(tmp_path, USUAL)
    assert found.unused == ("logDir", "numSearchThreads", "nnCacheSizePowerOfTwo")
    found.apply(engine)
    settings = engine.settings
    assert (settings.visits, settings.seconds, settings.ponder) == (500, 10.0, True)
    assert (settings.resign_below, settings.resign_after) == (pytest.approx(0.1), 5)
    assert settings.for_pondering() == Limits(seconds=60.0)
    assert engine.clock.lag == 1.0
    assert (settings.pv_length, settings.perspective, settings.chat) == (9, "black", True)
    assert (settings.wide_root_noise, settings.search.exploration) == (0.04, 1.0)
    assert engine.game.rules.ko == "POSITIONAL"


@pytest.mark.parametrize(("text", "below"), [
    ("resignThreshold = -0.9", 0.0),
    ("allowResignation = false\nresignThreshold = -0.9", 0.0),
    ("allowResignation = true", 0.05),
    ("allowResignation = true\nresignThreshold = -0.98", 0.01),
])  # fmt: skip
def test_nobody_resigns_unless_that_is_allowed(tmp_path: Path, engine: Engine, text: str, below: float) -> None:
    configuration(tmp_path, text).apply(engine)
    assert engine.settings.resign_below == pytest.approx(below)


@pytest.mark.parametrize(("text", "advantage", "player", "per_point"), [
    ("playoutDoublingAdvantage = -1.5", -1.5, 0, None),
    ("playoutDoublingAdvantage = 1\nplayoutDoublingAdvantagePla = WHITE", 1.0, -1, None),
    ("dynamicPlayoutDoublingAdvantageCapPerOppLead = 0.1", None, 0, 0.1),
    ("dynamicPlayoutDoublingAdvantageCapPerOppLead = 0\nplayoutDoublingAdvantage = 0", 0.0, 0, 0.0),
])  # fmt: skip
def test_how_much_stronger_it_is_taken_to_be(
    tmp_path: Path, engine: Engine, text: str, advantage: float | None, player: int, per_point: float | None
) -> None:
    found = configuration(tmp_path, text)
    found.apply(engine)
    settings = engine.settings
    assert (settings.advantage, settings.advantage_of, settings.advantage_per_point) == (advantage, player, per_point)
    assert found.unused == ()


@pytest.mark.parametrize(("text", "expected"), [
    ("rules = japanese", {"scoring": "TERRITORY", "ko": "SIMPLE", "komi": 6.5}),
    ("rules = aga-button", {"hasButton": True, "komi": 7.0}),
    ("koRule = SITUATIONAL\nscoringRule = AREA\nmultiStoneSuicideLegal = true", {"ko": "SITUATIONAL", "suicide": True}),
    ("koRule = SIMPLE\nscoringRule = TERRITORY\ntaxRule = SEKI\nmultiStoneSuicideLegal=false", {"tax": "SEKI"}),
    ("whiteBonusPerHandicapStone = 1\nhasButton = false", {"whiteHandicapBonus": "N"}),
    ("whiteHandicapBonus = N-1\nfriendlyPassOk = true", {"whiteHandicapBonus": "N-1", "friendlyPassOk": True}),
    ("defaultBoardSize = 13", {"size": (13, 13), "komi": 7.5}),
    ("defaultBoardXSize = 9\ndefaultBoardYSize = 7", {"size": (9, 7)}),
    ("defaultBoardXSize = 9", {"size": (19, 19)}),
])  # fmt: skip
def test_the_first_game_is_as_it_says(tmp_path: Path, engine: Engine, text: str, expected: dict[str, Any]) -> None:
    found = configuration(tmp_path, text)
    found.apply(engine)
    game = engine.game
    is_now = {**game.rules.as_dict(), "komi": game.komi, "size": (game.width, game.height)}
    assert {name: is_now[name] for name in expected} == expected
    assert found.unused == ()


def test_a_forced_komi_is_that_of_every_game(tmp_path: Path, engine: Engine) -> None:
    configuration(tmp_path, "ignoreGTPAndForceKomi = 6").apply(engine)
    lines = ("get_komi", "komi 7.5", "get_komi", "boardsize 9", "kata-set-rules japanese", "get_komi")
    said = say(engine, *lines)
    assert [answer for answer in said if answer != "=\n\n"] == ["= 6\n\n"] * 3
    assert len(said) == len([*lines])


def test_a_session_of_others_keeps_its_game(tmp_path: Path, client: FakeClient) -> None:
    engine = Engine(client.connect, Settings(None, None), FakeController(), shared=True)
    configuration(tmp_path, "rules = japanese\ndefaultBoardSize = 9\nmaxVisits = 7").apply(engine)
    assert client.session is None, "nothing was asked of it"
    assert engine.settings.visits == 7
    assert engine.game.width == 19


@pytest.mark.parametrize(("text", "complaint"), [
    ("maxVisits = many", "line 1: syntax error: maxVisits is no number: many"),
    ("\nmaxVisits = 0", "line 2: maxVisits is a whole number from 2 to"),
    ("ponderingEnabled = yes", "line 1: ponderingEnabled is true or false, not yes"),
    ("rules = house", "line 1: unknown rules 'house'"),
    ("rules = chinese\nkoRule = SIMPLE", "line 2: koRule beside rules: either the name of all, or each of them"),
    ("koRule = NEVER", "line 1: rules option ko is one of"),
    ("koRule = SIMPLE\ntaxRule = HIGH", "line 2: rules option tax is one of"),
    ("hasButton = maybe", "line 1: hasButton is true or false, not maybe"),
    ("scoringRule = TERRITORY\nhasButton = true", "line 2: a button needs area scoring"),
    ("defaultBoardSize = 20", "line 1: the size of a board is 2 to 19, not 20"),
    ("defaultBoardSize = 99999999999999999999999", "line 1: the size of a board is 2 to 19"),
    ("ignoreGTPAndForceKomi = 6.3", "line 1: komi is a whole or half number, not 6.3"),
    ("ignoreGTPAndForceKomi = nan", "line 1: komi is a whole or half number, not nan"),
    ("reportAnalysisWinratesAs = RED", "line 1: reportAnalysisWinratesAs is BLACK or WHITE or SIDETOMOVE, not RED"),
    ("chosenMoveTemperature = -1", "line 1: chosenMoveTemperature is a number from 0 to 5"),
    ("playoutDoublingAdvantage = 3.5", "line 1: playoutDoublingAdvantage is a number from -3 to 3, not 3.5"),
    ("playoutDoublingAdvantagePla = both", "line 1: playoutDoublingAdvantagePla is BLACK, WHITE or empty, not both"),
    (
        "dynamicPlayoutDoublingAdvantageCapPerOppLead = 0.6",
        "line 1: dynamicPlayoutDoublingAdvantageCapPerOppLead is a number from 0 to 0.5, not 0.6",
    ),
])  # fmt: skip
def test_what_cannot_be_is_said_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        configuration(tmp_path, text)
    assert f"configuration {tmp_path / 'gtp.cfg'}, {complaint}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_katago_alone_can_do_is_no_mistake(tmp_path: Path) -> None:
    found = configuration(tmp_path, "humanSLCpuctPermanent = 0.2\nantiMirror = true\nmaxVisits = 1")
    assert found.unused == ("humanSLCpuctPermanent", "antiMirror")
    assert found.values["maxVisits"] == 2, "with which the policy chooses, as it does in KataGo with 1"


def test_moves_are_drawn_less_and_less(tmp_path: Path, engine: Engine, client: FakeClient) -> None:
    text = (
        "chosenMoveTemperatureEarly = 0.8\nchosenMoveTemperature = 0.2\nchosenMoveTemperatureHalflife = 4\nmaxVisits=5"
    )
    configuration(tmp_path, text).apply(engine)
    settings = engine.settings
    temperatures = [settings.for_play(moves).temperature for moves in (0, 4, 8, 1000)]
    assert temperatures == pytest.approx([0.8, 0.5, 0.35, 0.2])
    assert settings.for_play(1, 81).temperature < settings.for_play(1).temperature
    assert settings.for_play(0).seed != settings.for_play(1).seed
    assert settings.for_analysis().temperature == 0.0
    say(engine, "genmove b")
    assert session(client).settings.temperature == pytest.approx(0.8)
    assert Settings(10, None).for_play(5).temperature == 0.0


def test_pondering_has_limits_of_its_own(tmp_path: Path, engine: Engine, client: FakeClient) -> None:
    configuration(tmp_path, "ponderingEnabled = true\nmaxVisits = 5\nmaxVisitsPondering = 50").apply(engine)
    say(engine, "genmove b")
    assert [limits.visits for _, limits, _ in session(client).searches] == [5, 50]


def test_it_thinks_less_after_passes(tmp_path: Path, engine: Engine, client: FakeClient) -> None:
    text = "maxVisits = 100\nsearchFactorAfterOnePass = 0.5\nsearchFactorAfterTwoPass = 0.25"
    configuration(tmp_path, text).apply(engine)
    say(engine, "boardsize 5", "genmove b", "play w pass", "genmove b", "play w pass", "genmove b", "play w A1")
    say(engine, "genmove b")
    assert [limits.visits for _, limits, _ in session(client).searches if limits.visits] == [100, 50, 25, 100]


def test_it_thinks_less_while_it_wins(tmp_path: Path, engine: Engine) -> None:
    text = "searchFactorWhenWinning = 0.4\nsearchFactorWhenWinningThreshold = 0.8"
    configuration(tmp_path, text).apply(engine)
    for value, share in ((1.0, 1.0), (1.0, 1.0), (0.9, 0.7), (0.5, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 0.4)):
        engine.recent_values.append(value)
        assert search_factor.factor_of_move(engine, 1) == pytest.approx(share)
    assert search_factor.factor_of_move(engine, -1) == 1.0
    engine.clear()
    assert search_factor.factor_of_move(engine, 1) == 1.0, "the next game begins anew"


def test_a_part_of_the_limits() -> None:
    assert search_factor.scaled(Limits(100, 30, 2.0), 0.5, 2) == Limits(50, 15, 1.0)
    assert search_factor.scaled(Limits(3), 0.1, 2) == Limits(2)
    assert search_factor.scaled(Limits(), 0.1, 2) == Limits()
