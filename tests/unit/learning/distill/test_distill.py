"""Distillation: labelled positions, what a batch holds, what a step learns, and runs that go on after kill -9."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import games
import nets
from nets.zhugo_model import Config, initialized, load_trainable
from tests.daemons import LocalDaemon
from tests.unit.katago_writer import POOLING, RESIDUAL, Spec, write
from zhugo.learning.distill.batches import make_batch
from zhugo.learning.distill.curves import draw, read_log
from zhugo.learning.distill.losses import agreement, losses
from zhugo.learning.distill.run import LOG, NET, POSITIONS, STATE, Plan, Run
from zhugo.learning.distill.selfplay import ORDER, play_shard, play_until
from zhugo.learning.distill.shards import Folder, Shard, load, save
from zhugo.learning.distill.stem import fit_stem
from zhugo.learning.distill.student import FED_UNTIL, Student
from zhugo.learning.distill.teacher import Hints, Teacher
from zhugo.shared.errors import UserError

SMALL = Config("small", blocks=2, channels=12, inner=8, pairs=1, pooling=(1,), pooled=4, head=4, hidden=8)
BLIND = Spec(8, (RESIDUAL, POOLING))


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Shard]]:
    """Three games of each of two sizes, labelled by a device that makes things up."""
    with LocalDaemon(tmp_path_factory.mktemp("device")) as daemon, daemon.client() as client:
        yield {size: play_shard(client, size, 3, np.random.default_rng(size), at_once=3) for size in (7, 9)}


@pytest.fixture(scope="module")
def teacher_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "teacher.bin"
    path.write_bytes(write(BLIND))
    return path


@pytest.fixture
def teacher(teacher_file: Path) -> Teacher:
    return Teacher(nets.load(teacher_file))


@pytest.fixture
def directory(shards: dict[int, Shard], tmp_path: Path) -> Path:
    """The folder of a run with all its positions."""
    (tmp_path / POSITIONS).mkdir()
    for size, shard in shards.items():
        save(shard, tmp_path / POSITIONS / f"{size}.npz")
    return tmp_path


class TestPositions:
    def test_every_position_of_every_game_is_labelled(self, shards: dict[int, Shard]) -> None:
        for size, shard in shards.items():
            lengths = np.diff(shard.record_start)
            assert len(lengths) == len(shard.rules) == 3
            assert shard.game.tolist() == np.repeat(np.arange(3), lengths).tolist()
            assert shard.ply.tolist() == [ply for length in lengths for ply in range(length)]
            assert (shard.visits == 3).all()
            assert shard.policy.shape == (len(shard), size * size + 1)
            np.testing.assert_allclose(shard.policy.astype(np.float32).sum(1), 1.0, atol=0.01)
            assert (np.abs(shard.value) <= 1).all()
            assert set(shard.to_play.tolist()) == {-1, 1}

    def test_a_label_belongs_to_its_position(self, shards: dict[int, Shard]) -> None:
        shard = shards[7]
        for row in range(0, len(shard), 7):
            spec = {"size": 7, "komi": float(shard.komi[row]), "rules": str(shard.rules[shard.game[row]])}
            game = games.load("go", spec)
            leaf = games.Leaves(
                [game.root(shard.moves_before(row))],
                np.zeros(1, np.int32),
                np.zeros(2, np.int32),
                np.zeros(0, np.uint16),
            )
            planes, values = (np.empty((1, *shape), np.float32) for shape in game.feature_shapes("zhugo"))
            told = game.replay(leaf, "zhugo", planes, values)
            assert told.to_play[0] == shard.to_play[row]
            assert told.legal[0].tolist() == (shard.policy[row] > 0).tolist()

    def test_komi_differs_from_position_to_position(self, shards: dict[int, Shard]) -> None:
        assert len(set(shards[9].komi.tolist())) > 20
        assert ((2 * shards[9].komi) % 1 == 0).all()

    def test_a_file_keeps_everything(self, shards: dict[int, Shard], tmp_path: Path) -> None:
        save(shards[7], tmp_path / "x.npz")
        kept = load(tmp_path / "x.npz")
        for name, array in vars(shards[7]).items():
            np.testing.assert_array_equal(getattr(kept, name), array)

    @pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half of one"])
    def test_what_is_no_file_of_positions_is_named(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(UserError, match=r"^positions .*x\.npz: "):
            load(tmp_path / "x.npz")

    def test_the_first_game_is_never_learned_from(self, directory: Path) -> None:
        folder = Folder(directory / POSITIONS)
        folder.refresh()
        rng = np.random.default_rng(1)
        assert all(shard.game[row] > 0 for shard, row in folder.draw(7, 500, rng))
        assert all(shard.game[row] == 0 for shard, row in folder.held_out(7, 500))
        assert folder.held_out(7, 50) == folder.held_out(7, 50)
        assert folder.counts() == {size: int((shard.game > 0).sum()) for size, shard in sorted(_all(folder).items())}

    def test_a_folder_sees_what_comes(self, shards: dict[int, Shard], tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        folder.refresh()
        assert folder.counts() == {}
        save(shards[9], tmp_path / "1.npz")
        folder.refresh()
        folder.refresh()
        assert len(folder.by_size[9]) == 1

    def test_games_are_played_until_there_are_enough(self, tmp_path: Path) -> None:
        with LocalDaemon(tmp_path) as daemon, daemon.client() as client:
            first = list(play_until(client, tmp_path / "p", 60, 1, seed=1, at_once=2))
            again = list(play_until(client, tmp_path / "p", 60, 1, seed=1, at_once=2))
        assert first == again
        assert first[-1] >= 60
        assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
            f"{number:05}-{size}.npz" for number, size in enumerate(ORDER[: len(first)])
        ]


def _all(folder: Folder) -> dict[int, Shard]:
    return {size: shards[0] for size, shards in folder.by_size.items()}


class TestBatches:
    @pytest.mark.parametrize("symmetry", range(8))
    def test_everything_turns_together(self, shards: dict[int, Shard], symmetry: int) -> None:
        rows = [(shards[7], row) for row in range(10, 30)]
        plain, turned = make_batch(rows), make_batch(rows, symmetry)

        def turn(x: torch.Tensor) -> torch.Tensor:
            board = torch.rot90(x[..., :49].reshape(*x.shape[:-1], 7, 7), symmetry % 4, (-2, -1))
            board = board.flip(-1) if symmetry >= 4 else board
            return torch.cat((board.flatten(-2), x[..., 49:]), dim=-1)

        for name in ("policy", "legal", "ownership"):
            torch.testing.assert_close(turn(getattr(plain, name)), getattr(turned, name))
        for name in ("planes", "teacher_planes"):
            torch.testing.assert_close(turn(getattr(plain, name).flatten(2)), getattr(turned, name).flatten(2))

    def test_the_teacher_is_told_no_history(self, shards: dict[int, Shard]) -> None:
        batch = make_batch([(shards[7], row) for row in range(5, 40)])
        assert not batch.teacher_planes[:, 9:14].any()
        assert not batch.teacher_globals[:, :5].any()
        assert (batch.teacher_planes[:, 14] == batch.teacher_planes[:, 16]).all()

    def test_labels_are_those_of_the_player_to_move(self, shards: dict[int, Shard]) -> None:
        shard = shards[9]
        batch = make_batch([(shard, row) for row in range(20)])
        np.testing.assert_allclose(batch.value.numpy(), shard.value[:20] * shard.to_play[:20])
        np.testing.assert_allclose(batch.lead.numpy(), shard.lead[:20] * shard.to_play[:20])
        torch.testing.assert_close(batch.policy.sum(1), torch.ones(20))

    def test_who_says_what_the_labels_say_loses_nothing(self, shards: dict[int, Shard]) -> None:
        batch = make_batch([(shards[9], row) for row in range(20)])
        outputs = batch.policy.clamp(min=1e-9).log(), batch.value, batch.lead, batch.ownership
        assert all(abs(float(loss)) < 1e-3 for loss in losses(outputs, batch).values())
        assert agreement(outputs, batch) == {"top1": 1.0, "win_rate_error": 0.0, "lead_error": 0.0}


class TestLearning:
    def test_the_trunk_is_seen_at_every_depth(self, teacher: Teacher, shards: dict[int, Shard]) -> None:
        batch = make_batch([(shards[7], row) for row in range(8)])
        trunk = teacher.trunk(batch)
        assert [tuple(x.shape) for x in trunk] == [(8, 12, 7, 7)] * 3

    def test_a_net_without_such_a_trunk_cannot_teach(self) -> None:
        with pytest.raises(UserError, match="cannot teach"):
            Teacher(nets.load(None))

    @pytest.mark.parametrize(("channels", "expected"), [(12, 12), (16, 12), (8, 8)])
    def test_hints_fit_the_students_trunk(
        self, teacher: Teacher, shards: dict[int, Shard], channels: int, expected: int
    ) -> None:
        batches = [make_batch([(shards[7], row) for row in range(40)])]
        hints = Hints.measure(teacher, batches, 2, channels)
        targets = hints.of(teacher.trunk(batches[0]))
        assert [x.shape[1] for x in targets] == [expected] * 3
        np.testing.assert_allclose(targets[-1].float().var((0, 2, 3)).numpy(), 1.0, rtol=0.05)
        assert all(float(error) == 0 for error in hints.errors(targets, targets))

    def test_a_shallower_student_skips_depths(self, teacher: Teacher, shards: dict[int, Shard]) -> None:
        batches = [make_batch([(shards[7], row) for row in range(10)])]
        assert Hints.measure(teacher, batches, 1, 12).depths == [0, 2]
        assert Hints.measure(teacher, batches, 4, 12).depths == [0, 0, 1, 2, 2]

    def test_the_first_layer_is_found_in_one_step(self, teacher: Teacher, shards: dict[int, Shard]) -> None:
        torch.manual_seed(1)
        batches = [make_batch([(shard, row) for row in range(60)]) for shard in shards.values()]
        hints = Hints.measure(teacher, batches, 2, 12)
        model = initialized(SMALL)

        def missed() -> float:
            with torch.no_grad():
                x = model.enter(batches[0].planes, batches[0].globals_)
                return float(hints.errors([x] * 3, hints.of(teacher.trunk(batches[0])))[0])

        before = missed()
        fit_stem(model, teacher, hints, batches)
        assert missed() < 0.1 * before

    def test_steps_lower_what_is_missed(self, teacher: Teacher, shards: dict[int, Shard]) -> None:
        batches = [make_batch([(shards[7], row) for row in range(begin, begin + 20)]) for begin in (0, 20)]
        hints = Hints.measure(teacher, batches, 2, 12)
        student = Student(SMALL, seed=1)
        fit_stem(student.model, teacher, hints, batches)
        fed = [student.learn(batches[k % 2], teacher, hints, FED_UNTIL * k / 60) for k in range(60)]
        free = [student.learn(batches[k % 2], teacher, hints, FED_UNTIL + 0.9 * k / 40) for k in range(40)]
        assert sum(fed[-1].hints) < 0.9 * sum(fed[0].hints)
        assert sum(free[-1].hints) < sum(free[0].hints)
        assert fed[-1].losses["ownership"] < fed[0].losses["ownership"]
        assert student.average is not None


def _weights(path: Path) -> dict[str, list[float]]:
    _, model = load_trainable(path.read_bytes())
    return {name: tensor.flatten().tolist() for name, tensor in model.state_dict().items()}


class TestRuns:
    PLAN = Plan(steps=75, minutes=None, save_every=50, examine_every=50, points=500, examined=20)

    def run(self, directory: Path, teacher_file: Path, config: Config = SMALL, plan: Plan = PLAN) -> Run:
        torch.set_num_threads(1)  # with more, sums come out in another order
        return Run(directory, teacher_file, config, plan)

    def curve(self, directory: Path) -> list[Any]:
        """The log without what the clock has to do with."""
        timed = {"seconds", "seconds_per_step"}
        return [{key: entry[key] for key in entry.keys() - timed} for entry in read_log(directory / LOG)]

    def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(
        self, directory: Path, teacher_file: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        list(self.run(directory, teacher_file).train())
        other = tmp_path_factory.mktemp("other")
        (other / POSITIONS).symlink_to(directory / POSITIONS)
        killed = self.run(other, teacher_file)
        for entry in killed.train():
            if entry["step"] == 75:
                break  # after the checkpoint at 50
        list(self.run(other, teacher_file).train())
        assert self.curve(other) == self.curve(directory)
        assert _weights(other / NET) == _weights(directory / NET)

    def test_a_finished_run_has_nothing_left_to_do(self, directory: Path, teacher_file: Path) -> None:
        list(self.run(directory, teacher_file).train())
        again = self.run(directory, teacher_file)
        assert again.progress == 1.0
        assert [entry["step"] for entry in again.train()] == [75]

    def test_the_net_of_a_run_plays(self, directory: Path, teacher_file: Path) -> None:
        list(self.run(directory, teacher_file).train())
        net = nets.load(directory / NET)
        assert (net.name, net.features) == ("small", "zhugo")
        policy = net.module(torch.rand(1, 26, 13, 13), torch.rand(1, 10))[0]
        assert policy.shape == (1, 170)

    def test_an_examination_tells_of_every_size(self, directory: Path, teacher_file: Path) -> None:
        entries = list(self.run(directory, teacher_file).train())
        found = entries[-1]["held_out"]
        assert found.keys() == {"7", "9"}
        assert all(0 <= of_size["top1"] <= 1 for of_size in found.values())

    def test_another_shape_or_teacher_does_not_go_on_with_it(
        self, directory: Path, teacher_file: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        list(self.run(directory, teacher_file).train())
        with pytest.raises(UserError, match="another teacher or another shape"):
            self.run(directory, teacher_file, replace(SMALL, inner=6))
        other = tmp_path_factory.mktemp("other") / "other.bin"
        other.write_bytes(write(replace(BLIND, seed=2)))
        with pytest.raises(UserError, match="another teacher or another shape"):
            self.run(directory, other)

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
    def test_a_broken_checkpoint_is_named(self, content: bytes, directory: Path, teacher_file: Path) -> None:
        (directory / STATE).write_bytes(content)
        with pytest.raises(UserError, match=r"state\.pt cannot be read"):
            self.run(directory, teacher_file)

    def test_the_curves_become_a_picture(self, directory: Path, teacher_file: Path) -> None:
        list(self.run(directory, teacher_file).train())
        draw(read_log(directory / LOG), directory / "curves.svg")
        assert "<svg" in (directory / "curves.svg").read_text()

    def test_a_log_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / LOG).write_text(json.dumps({"step": 1}) + "\n{")
        with pytest.raises(UserError, match=r"log\.jsonl"):
            read_log(tmp_path / LOG)
