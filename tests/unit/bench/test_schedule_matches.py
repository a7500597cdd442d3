"""Games between schedules at equal time: the game's rules are another program's, and equal players are equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyspiel
import pytest

from bench.schedules.breakthrough import SIZE, Breakthrough
from bench.schedules.go_with_net import GoWithNet
from bench.schedules.kept import Kept
from bench.schedules.matches import CELLS, EVEN, USUAL, Cell, Matches, measured, opening, play_pair, searched
from protocol.messages import ILLEGAL_PRIOR

GAME = Breakthrough()
QUICK = Cell(5e-3, 42e-3)


def looked(record: list[int]) -> tuple[float, bool, np.ndarray]:  # type: ignore[type-arg]
    seen = GAME.evaluate([(1, tuple(record))])
    return float(seen["value"][0]), bool(seen["terminal"][0]), seen["priors"][0]


def square(row: int, column: int) -> str:
    return f"{'abcdefg'[column]}{SIZE - row}"


def theirs(move: int, side: int) -> str:
    """A move as OpenSpiel writes it, but for the star of one that takes."""
    row, column = divmod(move // 3, SIZE)
    return square(row, column) + square(row + side, column + move % 3 - 1)


@pytest.mark.parametrize("seed", range(5))
def test_its_rules_are_those_of_openspiel(seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = pyspiel.load_game(f"breakthrough(rows={SIZE},columns={SIZE})").new_initial_state()
    record: list[int] = []
    while not state.is_terminal():
        _, over, priors = looked(record)
        assert not over
        side = 1 - 2 * (len(record) % 2)
        legal = np.flatnonzero(priors != ILLEGAL_PRIOR).tolist()
        named = {state.action_to_string(action).rstrip("*"): action for action in state.legal_actions()}
        assert {theirs(move, side) for move in legal} == set(named)
        record.append(int(rng.choice(legal)))
        state.apply_action(named[theirs(record[-1], side)])
    value, over, _ = looked(record)
    assert over
    assert value == state.returns()[0]


def move(start: str, aslant: int) -> int:
    column, row = "abcdefg".index(start[0]), SIZE - int(start[1])
    return 3 * (row * SIZE + column) + 1 + aslant


def test_who_reaches_the_last_row_next_is_said_to_win_and_the_move_is_the_likeliest() -> None:
    # one pawn of Black goes up the a-file's side while White steps to and fro on the other
    record = [move("a6", 0), move("g2", 0), move("a5", 0), move("g3", 0), move("a4", 0), move("g4", 0)]
    value, over, priors = looked([*record, move("a3", 1), move("f2", 0)])
    assert not over
    assert value > 0.9
    best = int(np.where(priors == ILLEGAL_PRIOR, 0, priors).argmax())
    assert theirs(best, 1)[:2] == "b2"


def test_openings_are_even_and_the_same_each_time() -> None:
    records = [opening(GAME, number) for number in range(8)]
    assert records == [opening(GAME, number) for number in range(8)]
    assert len({tuple(record) for record in records}) == 8
    assert all(abs(looked(record)[0]) <= EVEN for record in records)


def test_a_schedule_is_as_good_as_itself() -> None:
    pair = play_pair("breakthrough", QUICK, USUAL, 1)
    assert pair["score"] == 0.5
    assert pair["evaluations"][0] == pair["evaluations"][1]


def test_both_sides_have_as_long_and_who_encodes_with_more_processes_evaluates_more(tmp_path: Path) -> None:
    keep = tmp_path / "kept.jsonl"
    matches = Matches(1, ("spread",), (QUICK,))
    (row,) = measured(matches, 1, Kept(keep), lambda _: None)
    assert row["evaluations_a_move"] > 3 * row["evaluations_of_double_buffer_2"]
    assert row["pairs"] == 1
    before = keep.read_text()
    assert measured(matches, 1, Kept(keep), lambda _: None) == [row]
    assert keep.read_text() == before, "a pair was played again"


def test_a_move_has_as_long_as_the_sequential_search_takes_for_so_many_visits() -> None:
    assert [cell.seconds for cell in CELLS] == [pytest.approx(0.22), pytest.approx(0.04056), pytest.approx(1.88)]


@pytest.mark.long
def test_go_with_the_bundled_net_is_searched_too() -> None:
    game = GoWithNet()
    record = opening(game, 1)
    found = searched(game, "together", Cell(5e-3, 0.5e-3), record)
    assert found.evaluations > 100
    assert game.evaluate([(1, (*record, found.move))])["to_play"].tolist() == [1 - 2 * ((len(record) + 1) % 2)]
