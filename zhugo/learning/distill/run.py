"""A run of distillation: positions come in, a student learns, and everything is kept so that the run can go on later.

| file | what |
|---|---|
| positions/*.npz | labelled positions (``zhugo.learning.samples``) |
| state.pt, log.jsonl, tensorboard | training (``zhugo.learning.training.run``); lines with ``held_out``: examinations |
| net.safetensors | the net of the last checkpoint |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import nets
from games.go.features import WITHOUT_HISTORY
from nets.zhugo_model import Config, ZhuGoModel, features_of, initialized, load_trainable
from protocol.files import write_whole
from zhugo.learning.distill.examination import examine
from zhugo.learning.distill.imitation import Imitation
from zhugo.learning.distill.older import identity, upgraded
from zhugo.learning.distill.positions import Positions
from zhugo.learning.distill.stem import fit_stem
from zhugo.learning.distill.teacher import TEACHER_FEATURES, Teacher
from zhugo.learning.training.batches import Batch, game_of, make_batch
from zhugo.learning.training.checkpoint import Checkpoint
from zhugo.learning.training.plan import Mix, Training, Weights
from zhugo.learning.training.run import Run
from zhugo.learning.training.schedule import Phase
from zhugo.learning.training.symmetries import symmetries
from zhugo.learning.training.trainer import Trainer

SHARES = {7: 0.04, 9: 0.30, 11: 0.06, 13: 0.16, 15: 0.06, 17: 0.08, 19: 0.30}
"""Of the steps, by size."""

FIRST_LOOK = 3
"""Batches of each size, as one, that the hints and the stem are measured on."""

PHASES = (
    Phase(until=0.1, rate=1.0, last_rate=0.02, warm_up=30, average=0.0, fed=True),
    Phase(until=1.0, rate=0.1, last_rate=0.002, warm_up=30, average=0.998),
)
"""Fed blocks are a few layers each and stand high rates; at those, the whole net forgets its first layers in a few
steps."""

WEIGHTS = Weights(policy=0.5, value=0.5, lead=0.05, ownership=1.0)

POSITIONS, NET = "positions", "net.safetensors"
LOG_EVERY = 25
"""Steps. Checkpoints fall on multiples of it, so that a run that goes on writes the same lines."""

_LONGEST_STEP = 3.0
"""Seconds: a longer step means that the process was stopped meanwhile, and does not count as time spent."""


@dataclass(frozen=True)
class Plan:
    """How long a run is, in steps or in minutes of training, and how often, in steps, it keeps and examines itself.

    points: in one batch, so that a step costs about the same on every size. examined: held-out positions of each size.
    """

    steps: int | None
    minutes: float | None
    seed: int = 1
    save_every: int = 200
    examine_every: int = 1000
    points: int = 4800
    examined: int = 300
    threads: int = 1

    def progress(self, steps: int, seconds: float) -> float:
        """The share of the run that is over."""
        return steps / self.steps if self.steps else seconds / 60.0 / (self.minutes or 1.0)


class LabelledPositions:
    """The ``zhugo.learning.training.run.Samples`` of a teacher: every batch is of one size."""

    def __init__(self, folder: Positions, plan: Plan, features: str) -> None:
        """``features``: what the student sees."""
        self.folder, self._plan, self._features = folder, plan, features

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self._plan.seed, 1, step])
        sizes = list(self.folder.counts())
        shares = np.array([SHARES.get(size, 0.01) for size in sizes])
        return self.of_size(int(rng.choice(sizes, p=shares / shares.sum())), self._plan.points, rng)

    def of_size(self, size: int, points: int, rng: np.random.Generator) -> Batch:
        """Positions of so many points together, or four of them, turned at random."""
        rows = self.folder.draw(size, max(4, points // (size * size)), rng)
        turns = symmetries(game_of(rows[0]), self._features)
        return make_batch(rows, turns, rng, TEACHER_FEATURES, self._features)


class Distillation:
    """A student in its folder, fresh or as it was left."""

    def __init__(
        self, directory: Path, teacher: Path, config: Config, plan: Plan, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """``say`` hears lines for a person. Raises ``UserError`` when the run was begun otherwise."""
        self.directory, self.plan = directory, plan
        self.net = nets.load(teacher)
        self.features = features_of(config)
        blind = self.features == WITHOUT_HISTORY
        self.imitation = Imitation(Teacher(self.net, blind), config)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            model = initialized(config)
        training = Training(
            precision="bfloat16",
            threads=plan.threads,
            save_every=plan.save_every,
            weights=WEIGHTS,
            mix=Mix(first=1.0, last=1.0),
        )
        self.trainer = Trainer(config, model, training, say, phases=PHASES, hints=self.imitation)
        of = identity(asdict(config), self.net.sha256)
        checkpoint = Checkpoint(directory, of, "another teacher or another shape of net", upgraded(say))
        state = checkpoint.read()
        folder = Positions(directory / POSITIONS, None if state is None else state["known"])
        self.samples = LabelledPositions(folder, plan, self.features)
        self.run = Run(
            directory,
            self.trainer,
            self.samples,
            checkpoint,
            state,
            log_every=LOG_EVERY,
            longest_step=_LONGEST_STEP,
            on_save=self._on_save,
        )

    @property
    def progress(self) -> float:
        """The share of the run that is over."""
        return self.plan.progress(self.trainer.steps, self.run.seconds)

    def train(self) -> Iterator[dict[str, Any]]:
        """Learn until the plan is over. Yields what it writes into the log, as it writes it."""
        torch.set_num_threads(self.plan.threads)  # with another number, sums come out in another order
        if self.imitation.hints is None:
            self._begin()
        every = self.plan.examine_every
        while self.progress < 1.0:
            examined = (self.trainer.steps // every + 1) * every
            until = min(examined, self.plan.steps or examined)
            for entry in self.run.learn_until(until, lambda _: self.progress):
                yield entry.line()
            if self.trainer.steps == examined:
                yield self._log_examination()
        yield self._log_examination()

    def positions(self) -> int:
        """How many positions there are to learn from by now."""
        self.samples.folder.refresh()
        return sum(self.samples.folder.counts().values())

    def _begin(self) -> None:
        """Measure the teacher, and set the first layer."""
        rng, points = np.random.default_rng([self.plan.seed, 0]), FIRST_LOOK * self.plan.points
        sizes = self.samples.folder.counts()
        batches = [self.samples.of_size(size, points, rng).to(self.trainer.device) for size in sizes]
        hints = self.imitation.measure(batches)
        assert isinstance(self.trainer.module, ZhuGoModel)
        fit_stem(self.trainer.module, self.imitation.teacher, hints, batches)

    def examine(self) -> dict[str, dict[str, float]]:
        """The present net on positions that it does not learn from, by size."""
        _, model = load_trainable(self.trainer.dump())
        model.eval().to(self.trainer.device)
        folder = self.samples.folder
        return {
            str(size): examine(
                model,
                self.imitation.teacher,
                folder.held_out(size, self.plan.examined),
                self.trainer.device,
                self.features,
            )
            for size in folder.counts()
        }

    def _log_examination(self) -> dict[str, Any]:
        line = {
            "step": self.trainer.steps,
            "seconds": round(self.run.seconds, 1),
            "progress": round(self.progress, 4),
            "held_out": self.examine(),
            "positions": {str(size): count for size, count in self.samples.folder.counts().items()},
        }
        self.run.log.add(line)
        return line

    def _on_save(self) -> None:
        """What comes from here on is learned from what has come by now."""
        self.samples.folder.refresh()
        write_whole(self.directory / NET, self.trainer.dump())
