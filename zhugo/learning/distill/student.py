"""The student while it learns: weights, their running average, optimizer, and what one step is."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from nets.zhugo_model import Config, ZhuGoModel, initialized
from zhugo.learning.distill.batches import Batch
from zhugo.learning.distill.losses import HINTS_WEIGHT, WEIGHTS, losses
from zhugo.learning.distill.teacher import Hints, Teacher
from zhugo.learning.training.optimizer import Optimizer

FED_UNTIL = 0.1
"""Share of the run in which every block sees the teacher's trunk in place of the student's own."""

AVERAGE = 0.998
"""Weight that the running average keeps at each step."""

FED_RATE, FREE_RATE = 1.0, 0.1
"""The highest learning rate while the blocks are fed and after that. Fed blocks are a few layers each and stand high
rates; at those, the whole net forgets its first layers in a few steps."""

_LAST_SHARE = 0.02
"""What is left of a phase's rate at its end."""

_WARM_UP = 30
"""Steps from 0 to the highest rate, in each phase."""


@dataclass(frozen=True)
class Step:
    """What a step found. losses: of the outputs. hints: of each depth. norm: of the gradient."""

    losses: dict[str, float]
    hints: list[float]
    norm: float


class Student:
    """A net that learns. ``progress`` is the share of the run that is over."""

    def __init__(self, config: Config, seed: int) -> None:
        torch.manual_seed(seed)
        self.config = config
        self.model = initialized(config)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = Optimizer(self.model)
        self.average: AveragedModel | None = None
        self.steps = 0
        self.phase_began = 0

    def learn(self, batch: Batch, teacher: Teacher, hints: Hints, progress: float) -> Step:
        """One step down the losses of a batch."""
        if self.average is None and progress >= FED_UNTIL:
            self._set_free()
        targets = hints.of(teacher.trunk(batch))
        with torch.autocast("cpu", torch.bfloat16):
            if progress < FED_UNTIL:
                trunk, outputs = self._fed(batch, targets)
            else:
                trunk = self.model.trunk(batch.planes, batch.globals_)
                outputs = self.model.heads(trunk[-1], batch.globals_)
        missed = hints.errors(trunk, targets)
        parts = losses(outputs, batch)
        loss = HINTS_WEIGHT * torch.stack(missed).sum() + sum(WEIGHTS[name] * parts[name] for name in parts)
        assert isinstance(loss, Tensor)
        self.optimizer.clear()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = self.optimizer.step(self.rate(progress))
        self.steps += 1
        if self.average is not None:
            self.average.update_parameters(self.model)
        found = {name: float(value.detach()) for name, value in parts.items()}
        return Step(found, [float(error.detach()) for error in missed], norm)

    def _fed(self, batch: Batch, targets: list[Tensor]) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        """Trunk and outputs when each part gets what the teacher has there."""
        targets = [_widened(target, self.config.channels) for target in targets]
        blocks = [block(target) for block, target in zip(self.model.blocks, targets, strict=False)]
        trunk = [self.model.enter(batch.planes, batch.globals_), *blocks]
        return trunk, self.model.heads(targets[-1], batch.globals_)

    def rate(self, progress: float) -> float:
        """The learning rate: in each phase up over the first steps, then down along a cosine."""
        fed = progress < FED_UNTIL
        over = progress / FED_UNTIL if fed else (progress - FED_UNTIL) / (1.0 - FED_UNTIL)
        down = 0.5 * (1.0 + math.cos(math.pi * min(1.0, over)))
        warm = min(1.0, (self.steps - self.phase_began + 1) / _WARM_UP)
        return warm * (FED_RATE if fed else FREE_RATE) * (_LAST_SHARE + (1.0 - _LAST_SHARE) * down)

    def _set_free(self) -> None:
        """Begin the second phase: gradients are of another size from now on, so the optimizer forgets the old ones."""
        self.optimizer = Optimizer(self.model)
        self.average = self._averaged()
        self.phase_began = self.steps

    def _averaged(self) -> AveragedModel:
        return AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))  # type: ignore[no-untyped-call]

    def best(self) -> ZhuGoModel:
        """The net to play with: a copy of the average, or of the weights while there is none."""
        model = self.model if self.average is None else self.average.module
        assert isinstance(model, ZhuGoModel)
        return copy.deepcopy(model).eval().requires_grad_(False)

    def state_dict(self) -> dict[str, Any]:
        """Everything that ``load_state_dict`` needs to go on."""
        return {
            "model": self.model.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "phase_began": self.phase_began,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where ``state_dict`` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.phase_began = state["steps"], state["phase_began"]
        if state["average"] is not None:
            self.average = self._averaged()
            self.average.load_state_dict(state["average"])


def _widened(x: Tensor, channels: int) -> Tensor:
    """Zeros for the channels that the teacher lacks."""
    missing = channels - x.shape[1]
    return x if missing == 0 else torch.nn.functional.pad(x, (0, 0, 0, 0, 0, missing))
