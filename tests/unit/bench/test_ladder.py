"""A ladder: its pairs and their Elo, when its test ends it, what it tells the players, and how it goes on."""

from __future__ import annotations

import json
import math
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import ladder
from bench.katago import Setup
from bench.ladder import Plan, measure
from bench.ladder_pairs import Test as SequentialTest
from bench.ladder_pairs import outcomes, pairs_of
from bench.ladder_sides import Effort, Ours, ask_katago, build, folder_of, katago_side, ours, settings_of
from games.go import sgf
from zhugo.shared.errors import UserError
from zhugo.strength.elo import elo, elo_of_pairs, expected_score
from zhugo.strength.match.journal import FILE
from zhugo.strength.match.sides import Side
from zhugo.strength.match.tally import GameLine

FAKE = [sys.executable, "-IS", str(Path(__file__).parents[2] / "fake_gtp.py")]
VISITS, CLOCK = Effort(200, None, 1, 0.0), Effort(None, 0.5, 2, 0.05)
SPEC = {"size": 5, "komi": 0.5, "rules": "chinese"}


def line(number: int, winner: str | None) -> GameLine:
    return GameLine(number, "black" if number % 2 == 0 else "white", "Void", winner, "agreed")


def test_pairs_are_of_games_with_a_result_from_the_same_opening() -> None:
    games = [line(5, "second"), line(0, "first"), line(1, "nobody"), line(2, "first"), line(4, "first"), line(3, None)]
    assert pairs_of(games) == [0.75, 0.5]  # the second pair has a game without a result
    assert outcomes([0.75, 0.5, 0.5, 0.0]) == {"0": 1, "½": 0, "1": 2, "1½": 1, "2": 0}


@pytest.mark.parametrize(
    ("pairs", "difference", "error"),
    [
        # by hand: the variance is (what the pairs have + 2/8) / (n + 1); 400 / ln 10 = 173.718
        ([0.5] * 19, 0.0, 4 * 173.718 * math.sqrt(0.25 / 20 / 19)),
        ([1.0, 0.0, 0.5], 0.0, 4 * 173.718 * math.sqrt(0.75 / 4 / 3)),
        ([1.0, 0.5, 1.0, 0.5], 190.85, 173.718 / 0.1875 * math.sqrt(0.5 / 5 / 4)),
    ],
)
def test_elo_over_pairs(pairs: list[float], difference: float, error: float) -> None:
    found = elo_of_pairs(pairs)
    assert found is not None
    assert (found.elo, found.elo_error) == pytest.approx((difference, error), abs=0.01)
    assert found.elo_low is not None
    assert found.elo_high is not None
    assert found.elo_low < difference < found.elo_high


def test_games_that_follow_their_opening_are_worth_less_doubt() -> None:
    same_colour_wins, by_chance = elo_of_pairs([0.5] * 100), elo([1.0, 0.0] * 100)
    assert same_colour_wins is not None
    assert by_chance is not None
    assert same_colour_wins.elo_error < 0.2 * by_chance.elo_error


def test_a_sweep_leaves_one_end_open_and_no_pairs_say_nothing() -> None:
    swept = elo_of_pairs([1.0] * 10)
    assert swept is not None
    assert (swept.score, swept.elo_high) == (1.0, None)
    assert 100 < (swept.elo_low or 0) < swept.elo
    assert elo_of_pairs([]) is None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    chances = [0.25, 0.2, 0.35, 0.1, 0.1]  # of 0, ½, 1, 1½, 2 points: 0.4 in the mean
    held = 0
    for _ in range(500):
        found = elo_of_pairs(rng.choice([0.0, 0.25, 0.5, 0.75, 1.0], 30, p=chances).tolist())
        assert found is not None
        low, high = found.elo_low, found.elo_high
        held += (low is None or low <= -70.4) and (high is None or high >= -70.4)
    assert 0.92 <= held / 500 <= 0.99


def test_its_bounds_are_walds() -> None:
    low, high = SequentialTest(0, 20, alpha=0.05, beta=0.1).bounds
    assert (low, high) == pytest.approx((math.log(0.1 / 0.95), math.log(0.9 / 0.05)))
    assert expected_score(0) == 0.5
    assert expected_score(190.85) == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize(
    ("pairs", "verdict"), [([], "open"), ([1.0] * 3, "open"), ([1.0] * 30, "elo1"), ([0.0] * 30, "elo0")]
)
def test_what_is_accepted(pairs: list[float], verdict: str) -> None:
    assert SequentialTest(0, 60).verdict(pairs) == verdict


def test_it_errs_as_seldom_as_was_asked() -> None:
    rng = np.random.default_rng(2)
    asked = SequentialTest(0, 80, alpha=0.05, beta=0.05)
    wrong = 0
    for _ in range(200):
        pairs: list[float] = []
        while (found := asked.verdict(pairs)) == "open":
            pairs.append(float(rng.binomial(2, 0.5)) / 2)
        wrong += found == "elo1"
    assert wrong <= 0.05 * 200 + 3 * math.sqrt(0.05 * 0.95 * 200)


def test_equal_visits_are_a_sequential_search_on_either_side(tmp_path: Path) -> None:
    mine = ours(VISITS, tmp_path / "net.bin.gz", settings_of("--ours", ["cpuctExploration=0.9", "cache-mb=8"]))
    words = mine.side("zhugo", None).argv
    for option, value in (("--visits", "200"), ("--searchers", "1"), ("--batch", "1"), ("--precision", "f32")):
        assert words[words.index(option) + 1] == value
    assert words[words.index("--cache-mb") + 1] == "8"
    assert words[-2:] == ("--override-config", "earlyEnd=false,rootPruneUselessMoves=false,cpuctExploration=0.9")
    shared = mine.side("zhugo", "ipc:///somewhere").argv
    assert shared[shared.index("gtp") :] == (
        "gtp", "--visits", "200", "--connect", "ipc:///somewhere", "--override-config",
        "earlyEnd=false,rootPruneUselessMoves=false,cpuctExploration=0.9",
    )  # fmt: skip
    theirs = (
        katago_side(Setup("katago", Path("n")), VISITS, "chinese", {"lagBuffer": "0"}, Path("c")).argv[-1].split(",")
    )
    assert {"numSearchThreads=1", "maxVisits=200", "allowResignation=false", "lagBuffer=0"} <= set(theirs)
    assert not any(word.startswith("chosenMoveTemperature") for word in theirs)


def test_equal_time_and_resignation_are_the_same_for_both() -> None:
    words = ours(CLOCK, None, {"precision": "auto"}).side("zhugo", None).argv
    assert "--searchers" not in words
    for option, value in (("--time", "0.5"), ("--resign-below", "0.05"), ("--precision", "auto")):
        assert words[words.index(option) + 1] == value
    theirs = katago_side(Setup("katago", Path("n")), CLOCK, "chinese", {}, Path("c")).argv[-1].split(",")
    assert {"numSearchThreads=2", "maxTime=0.5", "allowResignation=true", "resignThreshold=-0.9"} <= set(theirs)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (["speed"], "no KEY=VALUE: 'speed'"),
        (["cpuctExploration=1,fpuReductionMax=0"], "one KEY=VALUE at a time"),
        (["cpuctExplorations=1"], "has no setting named cpuctExplorations"),
        (["cpuctExploration=fast"], "cpuctExploration"),
        (["net=other.bin.gz"], "the ladder gives this itself"),
    ],
)
def test_settings_that_nobody_has(settings: list[str], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        ours(VISITS, None, settings_of("--ours", settings))


def test_katago_says_what_it_plays_with_and_what_it_does_not_know() -> None:
    script = (
        "import sys; sys.stdin.read(); print(\"WARNING: Unused key 'speed' in x\", file=sys.stderr);"
        "print('= 1.17.2\\n\\n= {\"chosenMoveTemperature\": 0.1}\\n\\n= \\n')"
    )
    side = Side("KataGo", (sys.executable, "-IS", "-c", script))
    assert ask_katago(side, {}) == ("1.17.2", {"chosenMoveTemperature": 0.1})
    with pytest.raises(UserError, match="no setting named speed"):
        ask_katago(side, {"speed": "1"})
    with pytest.raises(UserError, match="KataGo does not start: no such net"):
        ask_katago(Side("KataGo", (sys.executable, "-c", "import sys; sys.exit('no such net')")), {})


def test_a_build_is_known_by_what_plays_in_it(tmp_path: Path) -> None:
    file = tmp_path / "games" / "go" / "rules.py"
    file.parent.mkdir(parents=True)
    file.write_text("KO = 1\n")
    (tmp_path / "zhugo").mkdir()
    before = build(tmp_path)
    (tmp_path / "zhugo" / "review.py").write_text("")
    assert build(tmp_path) == before
    file.write_text("KO = 2\n")
    assert build(tmp_path) != before
    assert folder_of(Path(sys.executable).with_name("zhugo")) == Path(__file__).parents[3]
    assert folder_of(tmp_path / "none") is None


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """This engine's place is taken by a program that counts on a win for Black, as its opponent does."""
    mine = Side("zhugo", (*FAKE, "--score", "B+1"))
    monkeypatch.setattr(Ours, "side", lambda _self, _label, _address: mine)
    monkeypatch.setattr(ladder, "_shared", lambda *_: None)
    against = shlex.join([*FAKE, "--score", "B+1"])
    return Plan(VISITS, SPEC, 6, 2, 1, 75, 2, None, against=against, referee="none", out=tmp_path)


def test_each_opening_is_played_twice_with_colours_changed(plan: Plan, tmp_path: Path) -> None:
    heard: list[str] = []
    figures = measure(plan, heard.append)
    assert (figures["games"], figures["won"], figures["lost"], figures["pairs"]) == (6, 3, 3, 3)
    assert figures["points_of_pairs"] == [{"0": 0, "½": 0, "1": 3, "1½": 0, "2": 0}]
    assert (figures["elo"], figures["scored_by_referee"]) == (0.0, 0)
    assert "3-3 in 6 of 6 games, 3 whole pairs: Elo +0 [" in heard[-1]
    records = [sgf.read(file) for file in sorted(tmp_path.glob("game-*.sgf"))]
    openings = [record.record[:2] for record in records]
    assert openings[::2] == openings[1::2]
    assert [record.info["black"] == "zhugo" for record in records] == [True, False] * 3
    assert "limit: 200 visits a move" in (tmp_path / "game-0001.sgf").read_text()


def test_the_same_command_goes_on_after_a_kill(plan: Plan, tmp_path: Path) -> None:
    def stop(text: str) -> None:
        if "in 3 of 6 games" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(plan, stop)
    journal = tmp_path / FILE
    kept = journal.read_bytes()
    journal.write_bytes(kept + b'{"game": {"numb')
    assert measure(plan, lambda _: None)["games"] == 6
    assert journal.read_bytes().startswith(kept)
    numbers = [json.loads(text)["game"]["number"] for text in journal.read_text().splitlines() if '"game"' in text]
    assert sorted(numbers) == list(range(6))
    with pytest.raises(UserError, match="limit '200 visits a move', not '100 visits a move'"):
        measure(replace(plan, effort=Effort(100, None, 1, 0.0)), lambda _: None)


def test_a_test_ends_it_early_and_stays_decided(plan: Plan) -> None:
    decided = replace(plan, games=400, at_once=1, test=SequentialTest(-300, -50, alpha=0.4, beta=0.4))
    figures = measure(decided, lambda _: None)
    assert figures["test"][0]["verdict"] == "elo1"
    assert 2 <= figures["games"] < 100
    again: list[str] = []
    assert measure(decided, again.append)["games"] == figures["games"]
    assert again == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"games": 5}, "an even number, not 5"),
        ({"effort": CLOCK}, "one at a time"),
        ({"test": SequentialTest(5, 5)}, "--elo0 5 is to be below --elo1 5"),
        ({"referee": "katago"}, "needs --net"),
        ({"theirs": ["a=b"]}, "--theirs is for KataGo or zhugo"),
        ({"against": "gnugo {seconds}"}, "{seconds}, which this ladder does not limit"),
    ],
)
def test_what_cannot_be_played(plan: Plan, change: dict[str, object], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        measure(replace(plan, **change), lambda _: None)  # type: ignore[arg-type]
