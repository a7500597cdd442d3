"""Files and checkpoints of distillation from before it shared format and trainer with self-play."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from nets.zhugo_model import Config, initialized
from zhugo.learning.distill.older import identity, upgraded
from zhugo.learning.distill.positions import Positions
from zhugo.learning.distill.run import PHASES
from zhugo.learning.samples.files import load
from zhugo.learning.training.checkpoint import STATE, Checkpoint
from zhugo.learning.training.optimizer import Optimizer
from zhugo.learning.training.plan import Training
from zhugo.learning.training.trainer import Trainer

SMALL = Config("small", blocks=1, channels=8, inner=8, pairs=1, pooling=(0,), pooled=4, head=4, hidden=8)


def written(path: Path) -> Path:
    """Two games of 2x2, of one and of two positions."""
    policy = np.array([[0.5, 0.25, 0.125, 0.0625, 0.0625], [0.0, 0.5, 0.5, 0.0, 6e-8], [1.0, 0, 0, 0, 0]], np.float16)
    np.savez_compressed(
        path,
        size=2,
        rules=np.array(["chinese", "japanese"]),
        record=np.array([3, 0, 1], np.uint16),
        record_start=np.array([0, 1, 3]),
        game=np.array([0, 1, 1], np.int32),
        ply=np.array([0, 0, 1], np.int32),
        komi=np.array([0.5, 7.5, -3.0], np.float32),
        to_play=np.array([1, 1, -1], np.int8),
        visits=np.array([3, 4, 5], np.int32),
        policy=policy,
        value=np.array([0.25, 0.5, -1.0], np.float32),
        lead=np.array([1.0, -2.0, 3.5], np.float32),
        ownership=np.array([[127, -127, 0, 1]] * 3, np.int8),
    )
    return path


def test_an_older_file_of_positions_is_a_shard(tmp_path: Path) -> None:
    shard = load(written(tmp_path / "00000-2.npz"))
    assert (shard.game, shard.games, len(shard), shard.labelled) == ("go", 2, 3, True)
    assert [shard.moves_before(row) for row in range(3)] == [[], [], [0]]
    assert shard.spec_of(0) == {"size": 2, "rules": "chinese", "komi": 0.5}
    assert shard.spec_of(2) == {"size": 2, "rules": "japanese", "komi": -3.0}
    moves, counts = shard.policy(1)
    assert (moves.tolist(), counts.tolist()) == ([1, 2, 4], [2**23, 2**23, 1])
    assert [shard.lead_of(row) for row in range(3)] == [1.0, -2.0, 3.5]
    np.testing.assert_allclose(shard.ownership_of(2), [1.0, -1.0, 0.0, 1 / 127])
    assert np.isnan(shard.result).all()


def test_older_files_lie_beside_each_other(tmp_path: Path) -> None:
    written(tmp_path / "00000-2.npz")
    written(tmp_path / "00001-2.npz")
    folder = Positions(tmp_path)
    assert (folder.games, folder.positions, folder.counts()) == (4, 6, {2: 4})


@pytest.mark.parametrize("fed", [True, False])
def test_an_older_checkpoint_goes_on(tmp_path: Path, fed: bool) -> None:
    model = initialized(SMALL)
    average = Trainer(SMALL, initialized(SMALL), Training(), print).average.state_dict()
    state = {
        "config": asdict(SMALL),
        "teacher": "ab",
        "student": {
            "model": model.state_dict(),
            "average": None if fed else average,
            "optimizer": Optimizer(model.to(memory_format=torch.channels_last)).state_dict(),
            "steps": 50,
            "phase_began": 0 if fed else 20,
        },
        "hints": {"basis": torch.eye(8), "depths": [0, 1], "variance": torch.ones(2, 8)},
        "rng": np.random.default_rng(1).bit_generator.state,
        "seconds": 12.5,
    }
    torch.save(state, tmp_path / STATE)
    said: list[str] = []
    read = Checkpoint(tmp_path, identity(asdict(SMALL), "ab"), "another teacher", upgraded(said.append)).read()
    assert read is not None
    assert said == ["the checkpoint is of an earlier version; the run goes on from step 50"]
    trainer = Trainer(SMALL, initialized(SMALL), Training(), print, phases=PHASES)
    trainer.load_state_dict(read["trainer"])
    assert (trainer.steps, trainer.phase, trainer.phase_began) == ((50, 0, 0) if fed else (50, 1, 20))
    assert (read["known"], read["seconds"]) == (None, 12.5)
    played = trainer.average.module.state_dict()
    for name, tensor in model.state_dict().items():
        assert torch.equal(trainer.module.state_dict()[name], tensor)
        assert torch.equal(played[name], tensor if fed else average[f"module.{name}"])
