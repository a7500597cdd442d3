"""KataGo's commands and parameters that GUIs do not look for in a list."""

from __future__ import annotations

import pytest

from tests.clients.test_gtp_engine import Table
from zhugo.bridges.gtp.param_commands import ALL
from zhugo.bridges.gtp.protocol import GtpError
from zhugo.shared.katago_config import is_neutral

ANSWERED = (
    "genmove_debug",
    "kata-search_debug",
    "kata-debug-print-tc",
    "gomill-cpu_time",
    "analyze",
    "genmove_analyze",
)


def test_they_are_answered_and_not_listed() -> None:
    table = Table(size=5)
    assert set(ANSWERED) <= set(table.commands)
    assert not set(ANSWERED) & set(table.say("list_commands").split())
    known = {name: table.say(f"known_command {name}") for name in ANSWERED}
    assert known == {name: "false" if "analyze" in name else "true" for name in ANSWERED}
    assert float(table.say("gomill-cpu_time")) > 0


def test_what_a_search_came_to_is_said_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    table = Table(size=5)
    assert table.say("kata-search_debug b") == "A5"
    assert table.say("genmove_debug b") == "A5"
    assert capfd.readouterr().err.count("zhugo: A5 9 visits, value 0.2000") == 2
    assert len(table.engine.position.record) == 1


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ("kata-time_settings none", "Black no limit"),
        ("time_settings 60 0 0", "Black main 60 aim "),
        ("kata-time_settings byoyomi 60 10 3", "Black main 60 period 10 stones 1 periods 3 aim "),
        ("kata-time_settings fischer-capped 60 5 70 20", "Black main 60 increment 5 most 70 longest 20 aim "),
    ],
)
def test_both_clocks_are_told(settings: str, line: str) -> None:
    table = Table(size=5)
    table.say(settings)
    black, white = table.say("kata-debug-print-tc").splitlines()
    assert black.startswith(line)
    assert white == black.replace("Black", "White")


def test_every_number_for_sabaki_has_a_point() -> None:
    table = Table(size=5)
    table.session.value = 1.0
    line = table.say("analyze b 100 rootInfo true ownership true pvVisits true").splitlines()[0]
    words = line.split()
    assert words[words.index("winrate") + 1] == "1.0"
    whole = {words[at - 1] for at, word in enumerate(words) if word.isdigit()}
    assert whole == {"visits", "edgeVisits", "order", "pvVisits", "9"}  # pvVisits 9 4
    assert words[words.index("ownership") + 1 :] == ["0.0"] * 25


@pytest.mark.parametrize("name", ALL)
def test_what_a_parameter_is_said_to_be_can_be_set(name: str) -> None:
    table = Table(size=5)
    value = table.say(f"kata-get-param {name}")
    table.say(f"kata-set-param {name} {value}")
    assert table.say(f"kata-get-param {name}") == value or name.startswith("max")


def test_noise_of_a_search_for_a_move_is_apart_from_that_of_an_analysis() -> None:
    table = Table(size=5)
    table.say('kata-set-params {"wideRootNoise": 0.25, "analysisWideRootNoise": 0.75}')
    table.say("kata-search b")
    assert table.session.settings.noise_weight == 0.25
    table.say("kata-analyze b 100")
    assert table.session.settings.noise_weight == 0.75
    table.say("kata-set-param wideRootNoise 0")
    table.say("kata-search b")
    assert table.session.settings.noise_weight == 0.0


def test_with_one_visit_the_policy_chooses_which_takes_two() -> None:
    table = Table(size=5)
    table.say("kata-set-param maxVisits 1")
    table.say("kata-search b")
    assert [limits.visits for _, limits, _ in table.session.searches] == [2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("humanSLRootExploreProbWeightless", "0.5"),
        ("antiMirror", "true"),
        ("delayMoveScale", "1"),
        ("rootEndingBonusPoints", "0.5"),
        ("fillDameBeforePass", "true"),
    ],
)
def test_what_only_katago_can_do_is_refused(name: str, value: str) -> None:
    assert not is_neutral(name, value)
    with pytest.raises(GtpError, match=f"^{name} is .*, not {value}$"):
        Table(size=5).say(f"kata-set-param {name} {value}")
