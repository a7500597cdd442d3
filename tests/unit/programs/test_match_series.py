"""A whole match: who plays what, what is kept, and how it goes on after an interruption."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from games.go import sgf
from games.go.game import Go
from games.go.handicap import fixed_handicap
from games.go.position import Position
from zhugo.shared.errors import UserError
from zhugo.strength.match.arbiter import Arbiter
from zhugo.strength.match.game import Terms
from zhugo.strength.match.journal import FILE, Journal
from zhugo.strength.match.match import Match
from zhugo.strength.match.program import Program
from zhugo.strength.match.series import play_match
from zhugo.strength.match.show import describe, summary
from zhugo.strength.match.sides import Side, parse
from zhugo.strength.match.tally import GameLine, Tally

FAKE = Path(__file__).parents[2] / "fake_gtp.py"
TERMS = Terms({"size": 5, "komi": 0.5, "rules": "chinese"}, seconds=60.0, max_moves=75)


def side(options: str) -> Side:
    return Side(f"fake {options}", (sys.executable, "-IS", str(FAKE), *options.split()))


STRONG, WEAK = side("--score B+1"), side("--resign-at 4")
MATCH = Match((STRONG, WEAK), games=4, terms=TERMS, opening_moves=3, seed=1, referee=None)


def played(match: Match) -> tuple[list[GameLine], list[int]]:
    """All games of the match, and the numbers of those that were played now, in order of their ends."""
    now: list[int] = []
    return play_match(match, lambda number, _games: now.append(number)), now


def test_sides_take_black_in_turns_and_share_each_opening(tmp_path: Path) -> None:
    games, _now = played(replace(MATCH, out=tmp_path))
    assert [game.first for game in games] == ["black", "white", "black", "white"]
    assert [game.result for game in games] == ["B+R", "W+R", "B+R", "W+R"]
    assert [game.winner for game in games] == ["first"] * 4
    records = [sgf.read(tmp_path / str(game.sgf)) for game in games]
    openings = [record.record[:3] for record in records]
    assert openings[0] == openings[1] != openings[2] == openings[3]
    assert [record.info["black"] for record in records[:2]] == [STRONG.text, WEAK.text]
    assert [record.info["result"] for record in records[:2]] == ["B+R", "W+R"]


def test_games_at_the_same_time_are_the_same_games() -> None:
    games, now = played(replace(MATCH, games=7, parallel=3))
    assert sorted(now) == list(range(7))
    assert [game.number for game in games] == list(range(7))
    assert all(game.winner == "first" for game in games)


def test_a_match_goes_on_where_it_stopped(tmp_path: Path) -> None:
    short, long = replace(MATCH, games=3, out=tmp_path), replace(MATCH, games=5, out=tmp_path)
    first, _now = played(short)
    kept = (tmp_path / FILE).read_bytes()
    # killed in the middle of writing a line
    (tmp_path / FILE).write_bytes(kept + b'{"game": {"number": 3, "first": "wh')
    games, now = played(long)
    assert now == [3, 4]
    assert games[:3] == first
    assert (tmp_path / FILE).read_bytes().startswith(kept)
    assert played(long) == (games, [])


def test_the_second_half_of_an_opening_is_played_after_an_interruption(tmp_path: Path) -> None:
    # other openings would be drawn now, as they are with another net
    match = replace(MATCH, out=tmp_path)
    with Journal(tmp_path) as journal:
        journal.begin(match.settings())
        journal.add_opening(0, ["C3", "A1", "E5"])
    games, _now = played(match)
    assert [sgf.read(tmp_path / str(game.sgf)).record[:3] for game in games[:2]] == [[12, 20, 4]] * 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"seed": 2}, "seed 1, not 2"),
        ({"terms": replace(TERMS, spec={**TERMS.spec, "komi": 7.5})}, "komi 0.5, not 7.5"),
        ({"sides": (STRONG, STRONG)}, "second 'fake --resign-at 4', not"),
        ({"referee": STRONG}, "referee None, not"),
    ],
)
def test_other_settings_are_another_match(change: dict[str, object], complaint: str, tmp_path: Path) -> None:
    match = replace(MATCH, games=1, out=tmp_path)
    played(match)
    with pytest.raises(UserError, match=complaint):
        played(replace(match, **change))  # type: ignore[arg-type]


def test_a_match_without_a_game_may_begin_again_otherwise(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"exit code 2|unrecognized"):
        played(replace(MATCH, sides=(STRONG, side("--no-such-option")), out=tmp_path))
    games, _now = played(replace(MATCH, games=1, out=tmp_path))
    assert [game.result for game in games] == ["B+R"]


def test_a_program_that_does_not_start_is_told_of_while_the_other_still_starts() -> None:
    slow = Side("slow", (sys.executable, "-IS", "-c", "import time; time.sleep(600)"))
    with pytest.raises(UserError, match="'fake --no-such-option' ended at 'name'"):
        played(replace(MATCH, sides=(slow, side("--no-such-option"))))


def test_a_net_that_was_replaced_is_another_side(tmp_path: Path) -> None:
    net = tmp_path / "net.bin.gz"
    net.write_bytes(b"one")
    before = replace(MATCH, sides=(parse(f"net:{net}@5"), WEAK)).settings()
    net.write_bytes(b"other")
    assert before != replace(MATCH, sides=(parse(f"net:{net}@5"), WEAK)).settings()


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(UserError, match="another match is writing"):
        Journal(tmp_path)


def test_a_handicap_is_in_the_records_and_the_journal(tmp_path: Path) -> None:
    spec = {"size": 7, "komi": 0.5, "rules": "chinese", "black": fixed_handicap(7, 7, 2), "to_play": "white"}
    terms = Terms(spec, 60.0, 147)
    sides = (side("--score B+1"), side("--score W+1"))
    match = replace(MATCH, games=2, sides=sides, terms=terms, referee=side("--score B+3.5"), out=tmp_path)
    games, _now = played(match)
    assert [(game.first, game.result, game.how) for game in games] == [
        ("black", "B+3.5", "arbiter"),
        ("white", "B+3.5", "arbiter"),
    ]
    records = [sgf.read(tmp_path / str(game.sgf)) for game in games]
    assert [record.game.black for record in records] == [(18, 30), (18, 30)]
    assert [record.game.to_play for record in records] == [-1, -1]
    assert records[0].record[:3] == records[1].record[:3]
    with pytest.raises(UserError, match="handicap 2, not None"):
        played(replace(match, terms=Terms({"size": 7, "komi": 0.5, "rules": "chinese"}, 60.0, 147)))


@dataclass
class Recorder:
    """A program that says B+1 to everything."""

    asked: list[str] = field(default_factory=list)
    commands: frozenset[str] = frozenset()

    def ask(self, command: str, _seconds: float) -> str:
        self.asked.append(command)
        return "B+1"


def test_the_arbiter_sees_the_handicap_and_whose_move_is_whose() -> None:
    recorder = Recorder()
    spec = {"size": 7, "komi": 0.5, "rules": "chinese", "black": [30, 18], "to_play": "white"}
    Arbiter(STRONG, cast(Program, recorder))(Position(Go.from_spec(spec), [0, 1, 49, 49]))
    assert recorder.asked[:8] == [
        *("boardsize 7", "clear_board", "komi 0.5", "set_free_handicap C3 E5"),
        *("play white A7", "play black B7", "play white pass", "play black pass"),
    ]


@pytest.mark.parametrize(
    "line", ["hello", "[]", '{"format": 1}', '{"format": 9, "terms": {}}', '{"game": {"number": 1}}']
)
def test_a_file_that_is_no_journal_is_left_alone(line: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(line + "\n")
    with pytest.raises(UserError, match=FILE):
        Journal(tmp_path)
    assert (tmp_path / FILE).read_text() == line + "\n"


def test_a_program_that_crashes_loses_and_is_started_again() -> None:
    games, _now = played(replace(MATCH, games=2, sides=(side("--score 0"), side("--crash-at 3"))))
    assert [(game.winner, game.how) for game in games] == [("first", "forfeit")] * 2
    assert all("out of luck" in game.note for game in games)


def test_a_program_that_fails_in_game_after_game_ends_the_match(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'fake --crash-at 2' failed in 3 games running: .*out of luck"):
        played(replace(MATCH, games=50, sides=(STRONG, side("--crash-at 2")), out=tmp_path))
    with Journal(tmp_path) as journal:
        assert len(journal.games) == 3


def test_a_program_that_cannot_play_at_all_does_not_begin() -> None:
    with pytest.raises(UserError, match="'fake --crash-at 1' ended at 'genmove black': out of luck"):
        played(replace(MATCH, sides=(STRONG, side("--crash-at 1"))))


def test_a_size_that_a_program_does_not_take_ends_the_match() -> None:
    with pytest.raises(UserError, match="'fake --largest 4' answers 'boardsize 5'"):
        played(replace(MATCH, sides=(STRONG, side("--largest 4"))))


def test_the_arbiter_is_a_program_too() -> None:
    sides = (side("--score B+1"), side("--score W+1"))
    games, _now = played(replace(MATCH, games=2, sides=sides, referee=side("--score W+3.5")))
    assert [(game.result, game.how) for game in games] == [("W+3.5", "arbiter")] * 2
    assert [game.winner for game in games] == ["second", "first"]
    assert games[1].note == "Black says W+1, White says B+1"


def test_the_tally() -> None:
    results = [("black", "first"), ("white", "first"), ("black", "second"), ("white", "nobody"), ("black", None)]
    games = [GameLine(number, first, "?", winner, "agreed") for number, (first, winner) in enumerate(results)]
    games.append(GameLine(5, "white", "B+F", "second", "forfeit", "it crashed"))
    games.append(GameLine(6, "black", "B+1", "first", "arbiter", opinions=("B+1", "W+1")))
    tally = Tally.of(games)
    assert (tally.games, tally.wins, tally.draws, tally.losses, tally.no_result) == (7, 3, 1, 2, 1)
    assert (tally.wins_as_black, tally.wins_as_white) == (2, 1)
    assert (tally.forfeits, tally.disagreements) == ((1, 0), 1)
    assert tally.elo is not None
    assert tally.elo.score == pytest.approx(3.5 / 6)
    assert json.loads(json.dumps(tally.as_dict()))["elo"] == pytest.approx(58.5, abs=0.1)
    said = "\n".join(summary(MATCH, games))
    assert f"{STRONG.text} won 3 of 7, drew 1, {WEAK.text} 2; 1 without a result" in said
    assert f"{STRONG.text} forfeited 1" in said
    assert describe(MATCH, games[5]) == f"game 6: {WEAK.text} (B) {STRONG.text} (W) B+F, 0 moves, forfeit: it crashed"


def test_an_unfinished_match_has_no_elo() -> None:
    assert Tally.of([]).elo is None
    assert Tally.of([]).as_dict()["games"] == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a side is a GTP command line"),
        ("'", "is no command line"),
        ("no_such_program --mode gtp", "there is no program no_such_program"),
        ("net:no_such_file@400", "net no_such_file: No such file"),
        ("net:no_such_file", "net:FILE@VISITS"),
        ("bundled", "bundled@VISITS"),
    ],
)
def test_a_side_that_is_none(text: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        parse(text)


def test_a_net_plays_through_zhugo_gtp() -> None:
    argv = parse("bundled@400 --batch 4").argv
    assert argv[-5:] == ("gtp", "--visits", "400", "--batch", "4")
