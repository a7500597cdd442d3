"""What training may be told of the inside of a net, beside what its outputs should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from zhugo.learning.training.batches import Batch
from zhugo.learning.training.net import Model


class Hints(Protocol):
    """Targets for the trunk of a net at some of its depths (FitNets, Romero et al. 2015)."""

    weight: float
    """Of the sum of the hints' errors among the losses."""

    def targets(self, batch: Batch) -> list[Tensor]:
        """What the trunk should be at each depth."""

    def forward(
        self, model: Model, batch: Batch, targets: list[Tensor], fed: bool
    ) -> tuple[list[Tensor], tuple[Tensor, ...]]:
        """Trunk at each depth, and outputs; ``fed``: of parts that each see the target of the depth before."""

    def errors(self, trunk: Sequence[Tensor], targets: Sequence[Tensor]) -> list[Tensor]:
        """How far the trunk is from the targets at each depth, a mean over the batch."""

    def to(self, device: torch.device) -> None:
        """Work on a device from now on."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that ``load_state_dict`` needs to go on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where ``state_dict`` was taken."""
