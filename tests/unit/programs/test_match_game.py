"""One game between two programs: who wins, and what is said when something is wrong.

On 5x5 both play the first free point, Black A5, White B5, and so on, until one passes at its fifth move.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from games.go.handicap import fixed_handicap
from games.go.position import Position
from zhugo.strength.match.game import PlayedGame, Terms, play_game
from zhugo.strength.match.program import Program, ProgramFailed, Refusal

FAKE = Path(__file__).parents[2] / "fake_gtp.py"
TERMS = Terms({"size": 5, "komi": 0.5, "rules": "chinese"}, seconds=60.0, max_moves=75)
# two black stones are taken: two stand there, and four white ones with two points
SCORE = "W+4.5"
WHITE = "B5,D5,A4,C4"


@contextmanager
def program(options: str = "") -> Iterator[Program]:
    running = Program([sys.executable, "-IS", str(FAKE), *options.split()], "fake")
    try:
        running.greet()
        yield running
    finally:
        running.close()


def played(black: str = "", white: str = "", terms: Terms = TERMS, opening: tuple[int, ...] = ()) -> PlayedGame:
    with program(black) as one, program(white) as other:
        return play_game(one, other, terms, lambda _position: "W+9.5", opening)


def test_two_passes_end_a_game_and_the_players_agree_on_the_score() -> None:
    game = played(f"--score {SCORE}", f"--score {SCORE}")
    assert (game.result, game.how, game.note) == (SCORE, "agreed", "")
    assert game.moves == [*range(8), 25, 25]
    assert game.winner == "white"


def test_the_referee_counts_himself_with_the_dead_stones_off() -> None:
    # without White's stones the whole board is Black's
    game = played(f"--dead {WHITE}", f"--dead {WHITE}")
    assert (game.result, game.how) == ("B+24.5", "agreed")


def test_a_list_of_the_dead_and_a_score_can_agree() -> None:
    game = played(f"--dead {WHITE}", "--score B+24.5")
    assert (game.result, game.how, game.note) == ("B+24.5", "agreed", "")


@pytest.mark.parametrize(
    ("black", "white", "note"),
    [
        ("--score B+3.5", "--score W+0.5", "Black says B+3.5, White says W+0.5"),
        ("--score B+3.5", "", "Black says B+3.5, White says nothing"),
        ("--score nonsense", "--dead pass", "Black says nothing, White says nothing"),
    ],
)
def test_where_they_differ_the_arbiter_scores_and_it_is_said(black: str, white: str, note: str) -> None:
    game = played(black, white)
    assert (game.result, game.how, game.note) == ("W+9.5", "arbiter", note)


def test_who_counts_otherwise_than_the_rules_is_named() -> None:
    game = played("--dead= --score B+3", f"--score {SCORE}")
    assert (game.result, game.how) == (SCORE, "agreed")
    assert game.note == "Black says W+4.5 (and counts B+3), White says W+4.5"


def test_a_program_may_resign() -> None:
    game = played("--resign-at 3")
    assert (game.result, game.how, game.winner) == ("W+R", "resignation", "white")
    assert len(game.moves) == 4


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ("--illegal-at 2", "as move 4: black"),
        ("--nonsense-at 2", "plays 'z99' as move 4"),
        ("--error-at 2", "answers 'genmove white' with 'no'"),
        ("--crash-at 2", "ended at 'genmove white': out of luck"),
    ],
)
def test_whoever_errs_forfeits(options: str, note: str) -> None:
    note = note.replace("black", "white")
    game = played("", options)
    assert (game.result, game.how, game.winner) == ("B+F", "forfeit", "black")
    assert note in game.note
    assert "\n" not in game.note
    # whether it is of use for another game
    assert game.failed == ("white" if options.split("-")[2] in ("crash", "error") else None)


def test_a_program_that_hangs_forfeits_after_its_time() -> None:
    game = played("--hang-at 1", terms=Terms(TERMS.spec, seconds=0.5, max_moves=75))
    assert (game.result, game.how, game.failed) == ("W+F", "forfeit", "black")
    assert game.note == "'fake' does not answer 'genmove black' within 0.5 s"


def test_a_game_in_which_a_legal_move_is_refused_has_no_result() -> None:
    game = played("--refuse-at 2")
    assert (game.result, game.how, game.winner) == ("Void", "refused", None)
    assert game.note == "'fake' answers 'play white d5' with 'no'"


def test_a_game_that_does_not_end_has_no_result() -> None:
    game = played(terms=Terms(TERMS.spec, seconds=60.0, max_moves=4))
    assert (game.result, game.how, len(game.moves)) == ("Void", "too long", 4)


def test_an_opening_is_shown_to_both() -> None:
    game = played(f"--score {SCORE}", f"--score {SCORE}", opening=(12, 0, 13))
    assert game.moves[:5] == [12, 0, 13, 1, 2]


HANDICAP = Terms(
    {"size": 7, "komi": 0.5, "rules": "chinese", "black": fixed_handicap(7, 7, 2), "to_play": "white"}, 60.0, 147
)
HANDICAP_SCORE = "B+1.5"
"""White has C7 E7 G7; Black B7 D7 F7 A6, C3 E5 and the point A7, and pays White a point for each stone of two."""


@pytest.mark.parametrize("options", ["", "--handicap C3,E5", "--handicap e5,c3"])
def test_handicap_stones_stand_on_everybodys_board_and_white_begins(options: str) -> None:
    said = f"--score {HANDICAP_SCORE}"
    game = played(f"{said} {options}", said, HANDICAP)
    assert (game.result, game.how, game.note) == (HANDICAP_SCORE, "agreed", "")
    assert game.moves == [*range(8), 49, 49]


@pytest.mark.parametrize("answer", ["E3,C5", "C3", "C3,E5,E5", "pass"])
def test_a_handicap_elsewhere_is_no_game(answer: str) -> None:
    with pytest.raises(Refusal, match=f"^'fake' has its handicap at '{answer.replace(',', ' ')}', not at C3 E5$"):
        played(f"--handicap {answer}", terms=HANDICAP)


def test_a_draw_is_nobodys() -> None:
    game = played("--score 0", "--score Jigo", terms=Terms({**TERMS.spec, "komi": 0}, 60.0, 75))
    assert (game.result, game.winner) == ("0", "nobody")


def test_a_size_that_a_program_does_not_take_is_no_game() -> None:
    with pytest.raises(Refusal, match="boardsize 5"):
        played("--largest 4")


def test_a_program_that_is_none() -> None:
    with pytest.raises(ProgramFailed, match=r"^cannot start 'x': .*nowhere"):
        Program(["/nowhere/at/all"], "x")
    with pytest.raises(ProgramFailed, match=r"^'x' ended at 'name': exit code 7"):
        Program([sys.executable, "-c", "exit(7)"], "x").greet()


def test_programs_play_one_game_after_the_other() -> None:
    with ExitStack() as stack:
        black, white = (stack.enter_context(program(f"--score {SCORE}")) for _ in range(2))
        arbiter = Position.final_score
        games = [play_game(black, white, TERMS, arbiter) for _ in range(3)]
    assert [game.result for game in games] == [SCORE] * 3
