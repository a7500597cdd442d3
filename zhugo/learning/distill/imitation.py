"""A student's trunk learns from its teacher's: the hints of distillation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nets.zhugo_model import Config, ZhuGoModel
from zhugo.learning.distill.teacher import Hints, Teacher
from zhugo.learning.training.batches import Batch
from zhugo.learning.training.net import Model


class Imitation:
    """The ``zhugo.learning.training.hints.Hints`` of a teacher, once they are measured."""

    weight = 4.0
    """The hints say most, for they say it at every point; the outputs' gradients are as large with the noise of a few
    positions, the lead's above all. With these weights the hints' is about as long as all of theirs."""

    def __init__(self, teacher: Teacher, config: Config) -> None:
        """``config``: of the student."""
        self.teacher, self._config = teacher, config
        self.hints: Hints | None = None
        self._device = torch.device("cpu")

    def measure(self, batches: Sequence[Batch]) -> Hints:
        """Have the hints that fit teacher and student, by the teacher's trunk on some positions."""
        self.hints = Hints.measure(self.teacher, batches, self._config.blocks, self._config.channels)
        return self.hints

    def targets(self, batch: Batch) -> list[Tensor]:
        assert self.hints is not None
        return self.hints.of(self.teacher.trunk(batch))

    def forward(
        self, model: Model, batch: Batch, targets: list[Tensor], fed: bool
    ) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        assert isinstance(model, ZhuGoModel)
        if not fed:
            trunk = model.trunk(batch.planes, batch.globals_)
            return trunk, model.heads(trunk[-1], batch.globals_)
        targets = [_widened(target, self._config.channels) for target in targets]
        blocks = [block(target) for block, target in zip(model.blocks, targets, strict=False)]
        return [model.enter(batch.planes, batch.globals_), *blocks], model.heads(targets[-1], batch.globals_)

    def errors(self, trunk: Sequence[Tensor], targets: Sequence[Tensor]) -> list[Tensor]:
        assert self.hints is not None
        return self.hints.errors(trunk, targets)

    def to(self, device: torch.device) -> None:
        self._device = device
        self.teacher.to(device)
        if self.hints is not None:
            self.hints.to(device)

    def state_dict(self) -> dict[str, Any]:
        assert self.hints is not None
        return dict(vars(self.hints))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.hints = Hints(**state)
        self.hints.to(self._device)


def _widened(x: Tensor, channels: int) -> Tensor:
    """Zeros for the channels that the teacher lacks."""
    missing = channels - x.shape[1]
    return x if missing == 0 else functional.pad(x, (0, 0, 0, 0, 0, missing))
