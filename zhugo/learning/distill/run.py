"""A run of distillation: positions come in, a student learns, and everything is kept so that the run can go on later.

A run's folder:

| file | what |
|---|---|
| positions/*.npz | labelled positions (``shards``) |
| state.pt | the run as it was at the last checkpoint |
| log.jsonl | one line every few steps: losses, hints, speed; and, with ``held_out``, one for every examination |
| net.safetensors | the net of the last checkpoint |
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch import Tensor

import nets
from nets.zhugo_model import Config, dump, load_trainable
from zhugo.learning.distill.batches import SYMMETRIES, Batch, make_batch
from zhugo.learning.distill.losses import agreement, losses, same_choice
from zhugo.learning.distill.shards import Folder
from zhugo.learning.distill.stem import fit_stem
from zhugo.learning.distill.student import Step, Student
from zhugo.learning.distill.teacher import Hints, Teacher
from zhugo.shared.errors import UserError, one_line
from zhugo.shared.files import write_whole

SHARES = {7: 0.04, 9: 0.30, 11: 0.06, 13: 0.16, 15: 0.06, 17: 0.08, 19: 0.30}
"""Of the steps, by size."""

FIRST_LOOK = 3
"""Batches of each size, as one, that the hints and the stem are measured on."""

POSITIONS, STATE, LOG, NET = "positions", "state.pt", "log.jsonl", "net.safetensors"
LOG_EVERY = 25
"""Steps. Checkpoints fall on multiples of it, so that a run that goes on writes the same lines."""
_CHUNK = 50
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

    def progress(self, steps: int, seconds: float) -> float:
        """The share of the run that is over."""
        return steps / self.steps if self.steps else seconds / 60.0 / (self.minutes or 1.0)


class Run:
    """A student in its folder, fresh or as it was left."""

    def __init__(self, directory: Path, teacher: Path, config: Config, plan: Plan) -> None:
        self.directory, self.plan = directory, plan
        self.net = nets.load(teacher)
        self.teacher = Teacher(self.net)
        self.folder = Folder(directory / POSITIONS)
        self.student = Student(config, plan.seed)
        self.rng = np.random.default_rng([plan.seed, 1])
        self.seconds = 0.0
        self.hints: Hints | None = None
        if (directory / STATE).exists():
            self._resume()

    @property
    def progress(self) -> float:
        """The share of the run that is over."""
        return self.plan.progress(self.student.steps, self.seconds)

    def train(self) -> Iterator[dict[str, Any]]:
        """Learn until the plan is over. Yields what it writes into the log, as it writes it."""
        if self.hints is None:
            self._begin()
        recent: list[Step] = []
        began = self.seconds
        while self.progress < 1.0:
            recent.append(self._step())
            steps = self.student.steps
            if steps % LOG_EVERY == 0:
                yield self._log(_summary(recent) | {"seconds_per_step": round((self.seconds - began) / len(recent), 4)})
                recent, began = [], self.seconds
            if steps % self.plan.save_every == 0:
                self.save()
                self.folder.refresh()
            if steps % self.plan.examine_every == 0:
                yield self._log({"held_out": self.examine()})
        self.save()
        yield self._log({"held_out": self.examine()})

    def positions(self) -> int:
        """How many positions there are to learn from by now."""
        self.folder.refresh()
        return sum(self.folder.counts().values())

    def _begin(self) -> None:
        """Measure the teacher, and set the first layer."""
        self.folder.refresh()
        batches = [self._batch(size, FIRST_LOOK * self.plan.points) for size in self.folder.counts()]
        config = self.student.config
        self.hints = Hints.measure(self.teacher, batches, config.blocks, config.channels)
        fit_stem(self.student.model, self.teacher, self.hints, batches)

    def _batch(self, size: int, points: int) -> Batch:
        rows = self.folder.draw(size, max(4, points // (size * size)), self.rng)
        return make_batch(rows, int(self.rng.integers(SYMMETRIES)))

    def _step(self) -> Step:
        begin = time.monotonic()
        sizes = list(self.folder.counts())
        shares = np.array([SHARES.get(size, 0.01) for size in sizes])
        size = int(self.rng.choice(sizes, p=shares / shares.sum()))
        assert self.hints is not None
        step = self.student.learn(self._batch(size, self.plan.points), self.teacher, self.hints, self.progress)
        if not np.isfinite(step.norm):
            raise UserError(f"step {self.student.steps}: the losses are no numbers any more")
        self.seconds += min(time.monotonic() - begin, _LONGEST_STEP)
        return step

    def examine(self) -> dict[str, dict[str, float]]:
        """The present net on positions that it does not learn from, by size.

        Beside ``agreement`` with the labels and the losses: how often its first choice is that of the teacher when that
        sees no history either (``top1_blind``), and how often that one is the label's (``blind_top1``).
        """
        _, model = load_trainable(dump(self.student.config, self.student.best()))
        model.eval()
        found = {}
        for size in self.folder.counts():
            rows = self.folder.held_out(size, self.plan.examined)
            batches = [make_batch(rows[i : i + _CHUNK]) for i in range(0, len(rows), _CHUNK)]
            with torch.inference_mode():
                outputs = _joined([model(b.planes, b.globals_) for b in batches])
            batch = Batch(*_joined([tuple(vars(b).values()) for b in batches]))
            blind = torch.cat([self.teacher.policy(b) for b in batches])
            figures = agreement(outputs, batch) | {
                "top1_blind": same_choice(outputs[0], blind, batch),
                "blind_top1": same_choice(blind, batch.policy, batch),
            }
            figures |= {name: float(value) for name, value in losses(outputs, batch).items()}
            found[str(size)] = {name: round(value, 4) for name, value in figures.items()}
        return found

    def _log(self, entry: dict[str, Any]) -> dict[str, Any]:
        now = {"step": self.student.steps, "seconds": round(self.seconds, 1), "progress": round(self.progress, 4)}
        entry = now | entry
        if "held_out" in entry:
            entry["positions"] = {str(size): count for size, count in self.folder.counts().items()}
        with (self.directory / LOG).open("a") as log:
            log.write(json.dumps(entry) + "\n")
        return entry

    def save(self) -> None:
        """Keep the run so that ``kill -9`` costs no more than what came since."""
        assert self.hints is not None
        state = {
            "config": asdict(self.student.config),
            "teacher": self.net.sha256,
            "student": self.student.state_dict(),
            "hints": vars(self.hints),
            "rng": self.rng.bit_generator.state,
            "seconds": self.seconds,
        }
        kept = io.BytesIO()
        torch.save(state, kept)
        write_whole(self.directory / STATE, kept.getvalue())
        write_whole(self.directory / NET, dump(self.student.config, self.student.best()))

    def _resume(self) -> None:
        path = self.directory / STATE
        try:
            state = torch.load(path, weights_only=True)
            if (state["teacher"], state["config"]) != (self.net.sha256, asdict(self.student.config)):
                raise UserError(f"run {self.directory}: it was begun with another teacher or another shape of net")
            self.student.load_state_dict(state["student"])
            self.hints = Hints(**state["hints"])
            self.rng.bit_generator.state = state["rng"]
            self.seconds = state["seconds"]
        except (OSError, EOFError, UnpicklingError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"run {self.directory}: {STATE} cannot be read: {one_line(error)}") from None
        self.folder.refresh()
        self._forget_after(self.student.steps)

    def _forget_after(self, steps: int) -> None:
        """Take lines out of the log that tell of steps after the checkpoint: they will be written again."""
        log = self.directory / LOG
        with suppress(FileNotFoundError):
            lines = [line for line in log.read_text().splitlines() if json.loads(line)["step"] <= steps]
            write_whole(log, "".join(line + "\n" for line in lines).encode())


def _joined(parts: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.cat(columns) for columns in zip(*parts, strict=True))


def _summary(steps: list[Step]) -> dict[str, Any]:
    """Means over some steps."""
    return {
        "losses": {name: round(float(np.mean([step.losses[name] for step in steps])), 4) for name in steps[0].losses},
        "hints": [round(float(np.mean(values)), 4) for values in zip(*(step.hints for step in steps), strict=True)],
        "norm": round(float(np.median([step.norm for step in steps])), 3),
    }
