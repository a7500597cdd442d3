"""A batch says of each position what its shard and the rules say, from the mover's side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec.structs import replace

import games
from tests.unit.learning.training.played import GO, TIC_TAC_TOE, play, positions_after, write
from zhugo.learning.samples.files import save
from zhugo.learning.samples.shard import Row, make_shard
from zhugo.learning.training.batches import make_batch
from zhugo.learning.training.plan import Growth
from zhugo.learning.training.symmetries import symmetries
from zhugo.learning.training.window import Window
from zhugo.shared.errors import UserError


def rows_of(directory: Path, count: int) -> list[Row]:
    """Some positions of a folder."""
    window = Window(directory, Growth())
    window.refresh()
    return window.draw(count, np.random.default_rng(1))


@pytest.mark.parametrize("kind", [GO, TIC_TAC_TOE], ids=["go", "tic_tac_toe"])
def test_a_batch_is_what_the_shard_says_seen_by_the_mover(tmp_path: Path, kind: tuple[str, dict[str, Any]]) -> None:
    rows = rows_of(write(tmp_path, [1, 2, 3], kind), 40)
    batch = make_batch(rows)
    told = positions_after(games.load(*kind), [shard.moves_before(row) for shard, row in rows])
    np.testing.assert_array_equal(batch.legal.numpy(), told.legal)
    assert torch.allclose(batch.policy.sum(1), torch.ones(40))
    for i, (shard, row) in enumerate(rows):
        game, own = int(shard.of_game[row]), int(shard.to_play[row])
        moves, counts = shard.policy(row)
        np.testing.assert_allclose(batch.policy[i, moves.astype(int)], counts / counts.sum(), rtol=1e-6)
        assert float(batch.result[i]) == shard.result[game] * own
        assert float(batch.searched[i]) == pytest.approx(float(shard.value[row] * own))
        assert bool(batch.full[i]) == bool(shard.full[row])
        assert float(batch.weight[i]) == 1.0
        assert bool(batch.scored[i]) == (kind is GO)
        if kind is GO:
            assert float(batch.lead[i]) == pytest.approx(float(shard.lead[game] * own))
            np.testing.assert_array_equal(batch.ownership[i], shard.ownership_of(row) * own)


def test_weights_go_with_their_positions(tmp_path: Path) -> None:
    games_of = [play(*TIC_TAC_TOE, number) for number in (1, 2)]
    weighed = [
        replace(game, positions=[replace(one, weight=0.25 + one.ply) for one in game.positions]) for game in games_of
    ]
    save(make_shard(weighed), tmp_path / "1.npz")
    rows = rows_of(tmp_path, 20)
    assert make_batch(rows).weight.tolist() == [0.25 + float(shard.ply[row]) for shard, row in rows]


def test_turning_moves_everything_together(tmp_path: Path) -> None:
    """Under every symmetry each position is one of those that its game's turned records lead to."""
    rows = rows_of(write(tmp_path, [1, 2], GO), 30)
    game = games.load(*GO)
    plain, known = make_batch(rows), symmetries(game)
    turned = make_batch(rows, known, np.random.default_rng(3))
    drawn = np.random.default_rng(3).integers(len(known), size=len(rows))
    assert len(set(drawn.tolist())) == 8
    for i, number in enumerate(drawn):
        symmetry = known[number]
        np.testing.assert_array_equal(turned.planes[i], symmetry.of_planes(plain.planes[i : i + 1].numpy())[0])
        np.testing.assert_array_equal(turned.policy[i], plain.policy[i].numpy()[symmetry.moves])
        np.testing.assert_array_equal(turned.legal[i], plain.legal[i].numpy()[symmetry.moves])
        np.testing.assert_array_equal(turned.ownership[i], plain.ownership[i].numpy()[symmetry.points])
    assert torch.equal(turned.result, plain.result)


def test_games_of_several_komis_go_into_one_batch_and_of_several_sizes_do_not(tmp_path: Path) -> None:
    write(tmp_path, [1], GO)
    rows = rows_of(write(tmp_path, [2], ("go", {"size": 7, "komi": 0.5})), 30)
    assert len({float(value) for value in make_batch(rows).globals_[:, 0].abs()}) > 1
    rows = rows_of(write(tmp_path, [3], ("go", {"size": 8})), 60)
    with pytest.raises(UserError, match="different sizes"):
        make_batch(rows)


def test_games_by_other_rules_are_refused(tmp_path: Path) -> None:
    (shard, _), *_ = rows_of(write(tmp_path, [1]), 1)
    shard.move[:] = shard.record[0]  # each search but the first visited a stone that lies there
    later = int(np.flatnonzero(shard.ply > 0)[0])
    with pytest.raises(UserError, match="an illegal move"):
        make_batch([(shard, later)])
