"""What a net is held to: positions that random games reach, and the moves of search and policy in them."""

from __future__ import annotations

from pathlib import Path

import pytest

import games
from bench.learned import Asked, draw, rows
from bench.optimal import last_net, measure, sample
from games import GameError
from games.openspiel.game import OpenSpielGame
from tests.unit.learning.loop.test_folder import TIC_TAC_TOE, folder_of, iteration
from zhugo.learning.loop.preset import Preset
from zhugo.learning.training.net import dump, new_net
from zhugo.learning.training.plan import Shape
from zhugo.shared.errors import UserError
from zhugo.strength.arena.openings import positions_after

GAME = "dots_and_boxes(num_rows=1,num_cols=2)"
ASKED = Asked(visits=8, positions=20, games=4, every=2)


def test_positions_are_different_unfinished_and_of_all_lengths() -> None:
    game = OpenSpielGame(GAME)
    records = sample(game, 60, None, seed=1)
    assert len(records) == len({game.picture(record) for record in records}) == 60
    assert {len(record) for record in records} == set(range(7))
    assert not positions_after(game, records).terminal.any()
    assert sample(game, 60, None, seed=1) == records


def test_positions_may_be_those_with_few_moves() -> None:
    records = sample(OpenSpielGame(GAME), 40, 3, seed=1)
    assert min(len(record) for record in records) == 4  # three of seven lines are left
    with pytest.raises(GameError, match="has no position with at most 0 moves"):
        sample(OpenSpielGame(GAME), 1, 0, seed=1)


def test_a_long_search_of_a_small_game_is_optimal(tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    net.write_bytes(dump(*new_net(games.load("openspiel", {"game": GAME}), Shape(1, 8), 1)))
    found = measure(GAME, net, visits=3000, positions=30, most_moves=5)
    assert (found["positions"], found["visits"]) == (30, 3000)
    assert found["search_optimal"] >= 0.95
    assert found["search_optimal"] > found["policy_optimal"]
    assert 0 < found["choices"]["positions"] < 30
    assert found["choices"]["search_optimal"] <= found["search_optimal"]


def test_the_nets_of_a_run_are_measured_and_drawn_over_time(tmp_path: Path) -> None:
    preset = Preset(game=GAME)
    folder, game = folder_of(tmp_path / "run", preset), preset.load_game()
    with pytest.raises(UserError, match="no iteration is finished yet"):
        next(rows(GAME, tmp_path / "run", ASKED, print))
    for number in range(4):
        folder.net(number).write_bytes(dump(*new_net(game, Shape(1, 8), number)))
        if number:
            folder.add(iteration(number))
    said: list[str] = []
    found = list(rows(GAME, tmp_path / "run", ASKED, said.append))
    assert [(row["net"], row["minutes"], row["played"]) for row in found] == [(0, 0, 0), (2, 0.3, 200), (3, 0.5, 300)]
    assert len(said) == 3
    for row in found:
        assert (row["positions"], row["games"]) == (20, 12)
        assert 0.0 < row["choices_search_optimal"] <= 1.0
        assert all(0.0 <= row[f"score_{left}"] <= 0.5 for left in (5, 4, 3))
        assert row["given_away"] >= row["mistakes"] >= row["blunders"]
    draw(found, "a title", tmp_path / "pictures" / "strength.svg")
    drawn = (tmp_path / "pictures" / "strength.svg").read_text()
    assert all(
        words in drawn
        for words in ("a title", "minutes of learning", "boxes given away", "4 lines left", "without a mistake")
    )


def test_a_game_without_a_solver_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GameError, match="cannot be solved here"):
        measure("othello", tmp_path / "none", 2, 1)


def test_the_last_net_of_a_run(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "run", TIC_TAC_TOE)
    with pytest.raises(UserError, match="no iteration is finished yet"):
        last_net(tmp_path / "run")
    folder.add(iteration(1))
    folder.add(iteration(2))
    assert last_net(tmp_path / "run") == folder.net(2)
