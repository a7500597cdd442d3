"""Distillation: labelled positions, what a batch holds, what a step learns, and runs that go on after kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import games
import nets
from games.go.board import RECENT
from games.go.features import GLOBALS, PLANES
from nets.facts import describe, features_of
from nets.zhugo_model import Config, ZhuGoModel, initialized, load_trainable
from tests.daemons import LocalDaemon
from tests.unit.katago_writer import POOLING, RESIDUAL, Spec, write
from zhugo.learning.distill.curves import draw
from zhugo.learning.distill.examination import agreement
from zhugo.learning.distill.imitation import Imitation
from zhugo.learning.distill.positions import Positions
from zhugo.learning.distill.run import NET, PHASES, POSITIONS, WEIGHTS, Distillation, Plan
from zhugo.learning.distill.selfplay import ORDER, play_shard, play_until
from zhugo.learning.distill.stem import fit_stem
from zhugo.learning.distill.teacher import TEACHER_FEATURES, Hints, Teacher, without_history
from zhugo.learning.samples.files import load, save
from zhugo.learning.samples.shard import PRIOR_UNIT, Row, Shard
from zhugo.learning.training import batches as of_training
from zhugo.learning.training.batches import Batch
from zhugo.learning.training.checkpoint import STATE
from zhugo.learning.training.log import read
from zhugo.learning.training.losses import losses
from zhugo.learning.training.plan import Mix, Training
from zhugo.learning.training.symmetries import symmetries
from zhugo.learning.training.trainer import Trainer
from zhugo.shared.errors import UserError

SMALL = Config("small", blocks=2, channels=12, inner=8, pairs=1, pooling=(1,), pooled=4, head=4, hidden=8)
BLIND = Spec(8, (RESIDUAL, POOLING))
PLAN = Plan(steps=75, minutes=None, save_every=50, examine_every=50, points=500, examined=20)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Shard]]:
    """Three games of each of two sizes, labelled by a device that makes things up."""
    with LocalDaemon(tmp_path_factory.mktemp("device")) as daemon, daemon.client() as client:
        yield {
            size: play_shard(client, size, 3, np.random.default_rng(size), at_once=3, first_id=10 * size)
            for size in (7, 9)
        }


@pytest.fixture(scope="module")
def teacher_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "teacher.bin"
    path.write_bytes(write(BLIND))
    return path


@pytest.fixture
def teacher(teacher_file: Path) -> Teacher:
    return Teacher(nets.load(teacher_file), blind=True)


def make_batch(rows: list[Row]) -> Batch:
    """What a student and its teacher see, as it lies."""
    return of_training.make_batch(rows, hint_features=TEACHER_FEATURES)


@pytest.fixture
def directory(shards: dict[int, Shard], tmp_path: Path) -> Path:
    """The folder of a run with all its positions."""
    return with_positions(tmp_path, shards)


def with_positions(folder: Path, shards: dict[int, Shard]) -> Path:
    """This folder, with these positions to learn from."""
    (folder / POSITIONS).mkdir()
    for size, shard in shards.items():
        save(shard, folder / POSITIONS / f"{size}.npz")
    return folder


@pytest.fixture(scope="module")
def over(
    shards: dict[int, Shard], teacher_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Any]]:
    """The folder of a run that is over, and what it told. A test leaves it as it is."""
    folder = with_positions(tmp_path_factory.mktemp("over"), shards)
    return folder, list(Distillation(folder, teacher_file, SMALL, PLAN).train())


class TestPositions:
    def test_every_position_of_every_game_is_labelled(self, shards: dict[int, Shard]) -> None:
        for size, shard in shards.items():
            lengths = np.diff(shard.record_start)
            assert len(lengths) == shard.games == 3
            assert shard.of_game.tolist() == np.repeat(np.arange(3), lengths).tolist()
            assert shard.ply.tolist() == [ply for length in lengths for ply in range(length)]
            assert (shard.visits == 3).all()
            assert shard.position_ownership.shape == (len(shard), size * size)
            sums = [int(shard.policy(row)[1].sum()) * PRIOR_UNIT for row in range(len(shard))]
            np.testing.assert_allclose(sums, 1.0, atol=0.01)
            assert (np.abs(shard.value) <= 1).all()
            assert set(shard.to_play.tolist()) == {-1, 1}

    def test_a_label_belongs_to_its_position(self, shards: dict[int, Shard]) -> None:
        shard = shards[7]
        for row in range(0, len(shard), 7):
            game = games.load("go", shard.spec_of(row))
            leaf = games.Leaves(
                [game.root(shard.moves_before(row))],
                np.zeros(1, np.int32),
                np.zeros(2, np.int32),
                np.zeros(0, np.uint16),
            )
            planes, values = (np.empty((1, *shape), np.float32) for shape in game.feature_shapes("zhugo"))
            told = game.replay(leaf, "zhugo", planes, values)
            assert told.to_play[0] == shard.to_play[row]
            assert np.flatnonzero(told.legal[0]).tolist() == shard.policy(row)[0].tolist()

    def test_komi_differs_from_position_to_position(self, shards: dict[int, Shard]) -> None:
        assert len(set(shards[9].position_komi.tolist())) > 20
        assert ((2 * shards[9].position_komi) % 1 == 0).all()

    def test_a_file_keeps_everything(self, shards: dict[int, Shard], tmp_path: Path) -> None:
        save(shards[7], tmp_path / "x.npz")
        kept = load(tmp_path / "x.npz")
        for name, array in vars(shards[7]).items():
            np.testing.assert_array_equal(getattr(kept, name), array)

    def test_the_first_game_is_never_learned_from(self, directory: Path) -> None:
        folder = Positions(directory / POSITIONS)
        rng = np.random.default_rng(1)
        assert all(shard.of_game[row] > 0 for shard, row in folder.draw(7, 500, rng))
        assert all(shard.of_game[row] == 0 for shard, row in folder.held_out(7, 500))
        assert folder.held_out(7, 50) == folder.held_out(7, 50)
        assert folder.counts() == {shard.specs[0]["size"]: int((shard.of_game > 0).sum()) for shard in folder.shards}

    def test_a_folder_sees_what_comes(self, shards: dict[int, Shard], tmp_path: Path) -> None:
        folder = Positions(tmp_path)
        assert folder.counts() == {}
        save(shards[9], tmp_path / "1.npz")
        folder.refresh()
        folder.refresh()
        assert len(folder.shards) == 1
        assert list(folder.counts()) == [9]

    def test_games_are_played_until_there_are_enough(self, tmp_path: Path) -> None:
        with LocalDaemon(tmp_path) as daemon, daemon.client() as client:
            first = list(play_until(client, tmp_path / "p", 60, 1, seed=1, at_once=2))
            again = list(play_until(client, tmp_path / "p", 60, 1, seed=1, at_once=2))
        assert first == again
        assert first[-1] >= 60
        assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
            f"{number:05}-{size}.npz" for number, size in enumerate(ORDER[: len(first)])
        ]


class TestBatches:
    def test_student_and_teacher_see_the_same_turned_position(self, shards: dict[int, Shard]) -> None:
        rows = [(shards[7], row) for row in range(10, 40)]
        known = symmetries(games.load("go", {"size": 7}))
        turned = of_training.make_batch(rows, known, np.random.default_rng(3), TEACHER_FEATURES)
        plain = make_batch(rows)
        drawn = np.random.default_rng(3).integers(8, size=len(rows))
        assert len(set(drawn.tolist())) == 8
        for i, number in enumerate(drawn):
            points = known[number].points.copy()
            for name in ("planes", "hint_planes"):
                before, after = (getattr(batch, name)[i].flatten(1) for batch in (plain, turned))
                torch.testing.assert_close(before[:, points], after)
            torch.testing.assert_close(plain.ownership[i, points], turned.ownership[i])
        torch.testing.assert_close(plain.hint_globals, turned.hint_globals)

    def test_the_teacher_is_told_no_history(self, shards: dict[int, Shard]) -> None:
        batch = make_batch([(shards[7], row) for row in range(5, 40)])
        assert batch.hint_planes[:, 9:14].any()
        planes, globals_ = without_history(batch.hint_planes, batch.hint_globals)
        assert not planes[:, 9:14].any()
        assert not globals_[:, :5].any()
        assert (planes[:, 14] == planes[:, 16]).all()

    def test_labels_are_those_of_the_player_to_move(self, shards: dict[int, Shard]) -> None:
        shard = shards[9]
        batch = make_batch([(shard, row) for row in range(20)])
        np.testing.assert_allclose(batch.searched.numpy(), shard.value[:20] * shard.to_play[:20])
        np.testing.assert_allclose(batch.lead.numpy(), shard.position_lead[:20] * shard.to_play[:20])
        torch.testing.assert_close(batch.policy.sum(1), torch.ones(20))
        torch.testing.assert_close(batch.result, batch.searched)  # of a game that nobody finished
        assert batch.full.all()
        assert batch.scored.all()

    def test_who_says_what_the_labels_say_loses_nothing(self, shards: dict[int, Shard]) -> None:
        batch = make_batch([(shards[9], row) for row in range(20)])
        outputs = batch.policy.clamp(min=1e-9).log(), batch.searched, batch.lead, batch.ownership
        assert all(abs(float(loss)) < 1e-2 for loss in losses(outputs, batch, 1.0).values())
        assert agreement(outputs, batch) == {"top1": 1.0, "win_rate_error": 0.0, "lead_error": 0.0}


class TestLearning:
    def test_a_student_of_the_last_moves_has_a_teacher_who_sees_them(
        self, shards: dict[int, Shard], teacher_file: Path, tmp_path: Path
    ) -> None:
        config = replace(SMALL, planes=PLANES + RECENT, globals=GLOBALS + RECENT)
        plan = replace(PLAN, steps=25)
        run = Distillation(with_positions(tmp_path, shards), teacher_file, config, plan)
        *_, examined = run.train()
        assert set(examined["held_out"]) == {"7", "9"}
        net = nets.load(tmp_path / NET)
        assert net.features == "zhugo_history"
        assert features_of(tmp_path / NET) == describe(tmp_path / NET).features == "zhugo_history"
        batch = make_batch([(shards[7], row) for row in range(8)])
        seeing, blind = Teacher(nets.load(teacher_file), blind=False), Teacher(nets.load(teacher_file), blind=True)
        assert not torch.equal(seeing.trunk(batch)[0], blind.trunk(batch)[0])
        first = make_batch([(shards[7], 0)])
        assert torch.equal(seeing.trunk(first)[0], blind.trunk(first)[0]), "before the first move there is none"

    def test_the_trunk_is_seen_at_every_depth(self, teacher: Teacher, shards: dict[int, Shard]) -> None:
        batch = make_batch([(shards[7], row) for row in range(8)])
        trunk = teacher.trunk(batch)
        assert [tuple(x.shape) for x in trunk] == [(8, 12, 7, 7)] * 3

    def test_a_net_without_such_a_trunk_cannot_teach(self) -> None:
        with pytest.raises(UserError, match="cannot teach"):
            Teacher(nets.load(None), blind=True)

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
        imitation = Imitation(teacher, SMALL)
        hints = imitation.measure(batches)
        torch.manual_seed(1)
        training = Training(precision="bfloat16", weights=WEIGHTS, mix=Mix(first=1.0, last=1.0))
        student = Trainer(SMALL, initialized(SMALL), training, print, phases=PHASES, hints=imitation)
        assert isinstance(student.module, ZhuGoModel)
        fit_stem(student.module, teacher, hints, batches)
        fed = [student.learn(batches[k % 2], 0.1 * k / 60) for k in range(60)]
        assert student.phase == 0
        free = [student.learn(batches[k % 2], 0.1 + 0.9 * k / 40) for k in range(40)]
        assert (student.phase, student.phase_began) == (1, 60)
        assert sum(fed[-1].hints) < 0.9 * sum(fed[0].hints)
        assert sum(free[-1].hints) < sum(free[0].hints)
        assert fed[-1].losses["ownership"] < fed[0].losses["ownership"]


def _weights(path: Path) -> dict[str, list[float]]:
    _, model = load_trainable(path.read_bytes())
    return {name: tensor.flatten().tolist() for name, tensor in model.state_dict().items()}


class TestRuns:
    def run(self, directory: Path, teacher_file: Path, config: Config = SMALL, plan: Plan = PLAN) -> Distillation:
        return Distillation(directory, teacher_file, config, plan)

    def curve(self, directory: Path) -> list[Any]:
        """The log without what the clock has to do with."""
        timed = {"seconds", "steps_per_s"}
        return [{key: entry[key] for key in entry.keys() - timed} for entry in read(directory)]

    def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(
        self, over: tuple[Path, list[Any]], directory: Path, teacher_file: Path
    ) -> None:
        killed = self.run(directory, teacher_file)
        for entry in killed.train():
            if entry["step"] == 75:
                break  # after the checkpoint at 50
        list(self.run(directory, teacher_file).train())
        assert self.curve(directory) == self.curve(over[0])
        assert _weights(directory / NET) == _weights(over[0] / NET)

    def test_the_net_of_a_run_plays(self, over: tuple[Path, list[Any]]) -> None:
        net = nets.load(over[0] / NET)
        assert (net.name, net.features) == ("small", "zhugo")
        policy = net.module(torch.rand(1, 26, 13, 13), torch.rand(1, 10))[0]
        assert policy.shape == (1, 170)

    def test_an_examination_tells_of_every_size(self, over: tuple[Path, list[Any]]) -> None:
        found = over[1][-1]["held_out"]
        assert found.keys() == {"7", "9"}
        assert all(0 <= of_size["top1"] <= 1 for of_size in found.values())

    def test_another_shape_or_teacher_does_not_go_on_with_it(
        self, over: tuple[Path, list[Any]], teacher_file: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(UserError, match="another teacher or another shape"):
            self.run(over[0], teacher_file, replace(SMALL, inner=6))
        other = tmp_path / "other.bin"
        other.write_bytes(write(replace(BLIND, seed=2)))
        with pytest.raises(UserError, match="another teacher or another shape"):
            self.run(over[0], other)

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
    def test_a_broken_checkpoint_is_named(self, content: bytes, directory: Path, teacher_file: Path) -> None:
        (directory / STATE).write_bytes(content)
        with pytest.raises(UserError, match=r"state\.pt cannot be read"):
            self.run(directory, teacher_file)

    def test_the_curves_become_a_picture(self, over: tuple[Path, list[Any]], tmp_path: Path) -> None:
        draw(read(over[0]), tmp_path / "curves.svg")
        assert "<svg" in (tmp_path / "curves.svg").read_text()

    def test_a_finished_run_has_nothing_left_to_do(self, over: tuple[Path, list[Any]], teacher_file: Path) -> None:
        again = self.run(over[0], teacher_file)
        assert again.progress == 1.0
        assert [entry["step"] for entry in again.train()] == [75]
