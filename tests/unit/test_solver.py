"""The exact solutions beside what OpenSpiel's own states come to, every line of play followed."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from bench.solver import best, solver
from games import GameError
from games.openspiel import catalogue


def value(state: Any, known: dict[str, float]) -> float:
    """The first player's result when both play on without a mistake."""
    key = f"{state.current_player()} {state.observation_tensor(0)}"
    if state.is_terminal():
        return float((state.returns()[0] > 0) - (state.returns()[0] < 0))
    if key not in known:
        values = [value(state.child(move), known) for move in state.legal_actions()]
        known[key] = (max, min)[state.current_player()](values)
    return known[key]


def positions(text: str, free: int, count: int, seed: int) -> list[tuple[list[int], Any]]:
    """Records of random games with the states behind them, each with at most ``free`` more moves to play."""
    _, game = catalogue.load(text)
    draws, found = random.Random(seed), []
    while len(found) < count:
        state, record = game.new_initial_state(), []
        while not state.is_terminal():
            if game.max_game_length() - len(record) <= free:
                found.append((list(record), state.clone()))
            record.append(draws.choice(state.legal_actions()))
            state.apply_action(record[-1])
    return draws.sample(found, count)


@pytest.mark.parametrize(
    ("text", "free", "count"),
    [
        ("connect_four(rows=3,columns=3,x_in_row=3)", 9, 40),
        ("connect_four(rows=2,columns=4,x_in_row=2)", 8, 30),
        ("connect_four(rows=3,columns=4,x_in_row=3)", 10, 40),
        ("connect_four(rows=4,columns=5)", 11, 60),
        ("connect_four(rows=5,columns=4)", 11, 60),
        ("dots_and_boxes(num_rows=1,num_cols=1)", 4, 20),
        ("dots_and_boxes(num_rows=1,num_cols=3)", 10, 40),
        ("dots_and_boxes(num_rows=2,num_cols=1)", 7, 40),
        ("dots_and_boxes", 9, 40),
        ("dots_and_boxes(num_rows=3,num_cols=3)", 8, 30),
        ("dots_and_boxes(num_rows=4,num_cols=4)", 8, 20),
        ("dots_and_boxes(num_rows=5,num_cols=5)", 7, 20),
    ],
)
def test_every_value_is_what_all_lines_of_play_come_to(text: str, free: int, count: int) -> None:
    known: dict[str, float] = {}
    for record, state in positions(text, free, count, seed=1):
        side = (1, -1)[state.current_player()]
        expected = {move: side * value(state.child(move), known) for move in state.legal_actions()}
        assert solver(text).values(record) == expected, record


@pytest.mark.parametrize(
    ("text", "record", "found"),
    [
        ("connect_four(rows=4,columns=5)", [2, 0, 2, 0, 2], {2}),  # three in a column must be stopped
        ("connect_four(rows=4,columns=5)", [2, 0, 2, 0, 2, 0], {0, 2}),  # win at once, or later
        ("dots_and_boxes(num_rows=1,num_cols=1)", [0, 1, 2], {3}),
        ("dots_and_boxes(num_rows=1,num_cols=2)", [0, 1, 2, 3, 4, 5, 6], set()),
    ],
)
def test_the_best_moves(text: str, record: list[int], found: set[int]) -> None:
    values = solver(text).values(record)
    assert (best(values) if values else set()) == found


def test_whole_boards_are_solved() -> None:
    assert set(solver("connect_four(rows=4,columns=5)").values([]).values()) == {-1, 0}
    inner = {2, 3, 7, 10}
    assert best(solver("dots_and_boxes").values([])) == set(range(12)) - inner


@pytest.mark.parametrize("text", ["connect_four", "dots_and_boxes(num_rows=5,num_cols=6)", "tic_tac_toe"])
def test_what_is_too_large_or_unknown_is_refused(text: str) -> None:
    with pytest.raises(GameError, match=re.escape(f"{text} cannot be solved here")):
        solver(text)
