"""The teacher's trunk as targets for the student's trunk, in the student's units.

The student's trunk imitates the teacher's, depth by depth (FitNets, Romero et al. 2015; block by block as in Li et al.
2020, "Blockwisely supervised neural architecture search"). Each block then has a target of its own at every point of
the board, which says far more of a position than a policy and a result do.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from games.go.board import RECENT
from games.go.katago_features import LAYOUTS, RECENT_PASSES
from nets import Net
from nets.layout import ready
from zhugo.learning.training.batches import Batch
from zhugo.shared.errors import UserError

TEACHER_FEATURES = "katago_v7"

_LADDER_BOARDS = 3
"""Of how many boards, the position's and those before it, a teacher sees the ladders."""

_FLOOR = 0.01
"""Added to the variance of a channel, in units of that of the last block's, so that none is told to be exact."""


class Teacher:
    """A KataGo net in bfloat16, which is finer than what a student can follow."""

    def __init__(self, net: Net, blind: bool) -> None:
        """``blind``: it sees no history, as its student. Raises ``UserError`` when the net is none to learn from."""
        blocks = getattr(net.module, "blocks", None)
        if net.features != TEACHER_FEATURES or not isinstance(blocks, nn.Sequential):
            raise UserError(f"net {net.name} cannot teach: it must be a KataGo net with inputs of version 7")
        self.module = ready(net.module)
        self.blocks = len(blocks)
        self._seen: list[Tensor] = []
        blocks[0].register_forward_pre_hook(lambda _, inputs: self._seen.append(inputs[0]))
        for block in blocks:
            block.register_forward_hook(lambda _, __, output: self._seen.append(output))
        self._device = torch.device("cpu")
        self._blind = blind

    def to(self, device: torch.device) -> None:
        """Work on a device from now on."""
        self.module.to(device)
        self._device = device

    def policy(self, batch: Batch) -> Tensor:
        """Logits of the policy, laid out as ``Batch.policy``: float32."""
        return self._look(batch)

    def trunk(self, batch: Batch) -> list[Tensor]:
        """What the first block sees, and what each block leaves: [n, C, s, s] each."""
        self._look(batch)
        return list(self._seen)

    def _look(self, batch: Batch) -> Tensor:
        self._seen.clear()
        planes, globals_ = batch.hint_planes, batch.hint_globals
        if self._blind:
            planes, globals_ = without_history(planes, globals_)
        with torch.no_grad(), torch.autocast(self._device.type, torch.bfloat16):
            policy: Tensor = self.module(planes, globals_)[0]
        return policy.float()


def without_history(planes: Tensor, globals_: Tensor) -> tuple[Tensor, Tensor]:
    """KataGo's inputs for the same positions without history."""
    recent, ladders = LAYOUTS[TEACHER_FEATURES].recent, LAYOUTS[TEACHER_FEATURES].ladders
    planes, globals_ = planes.clone(), globals_.clone()
    planes[:, recent : recent + RECENT] = 0.0
    planes[:, ladders + 1 : ladders + _LADDER_BOARDS] = planes[:, ladders : ladders + 1]
    globals_[:, RECENT_PASSES : RECENT_PASSES + RECENT] = 0.0
    return planes, globals_


class Hints:
    """The teacher's trunk in the student's terms: which depths, which directions, in which units.

    basis: float32[channels, C], from the teacher's channels to the student's first ones. depths: for what the student's
    first block sees and each block leaves, the teacher's depth. variance: float32[depths, channels], of the targets.
    """

    def __init__(self, basis: Tensor, depths: Sequence[int], variance: Tensor) -> None:
        self.basis, self.depths, self.variance = basis, list(depths), variance

    def to(self, device: torch.device) -> None:
        """Work on a device from now on."""
        self.basis, self.variance = self.basis.to(device), self.variance.to(device)

    @classmethod
    def measure(cls, teacher: Teacher, batches: Sequence[Batch], blocks: int, channels: int) -> Hints:
        """Hints for a student of ``blocks`` and ``channels``, from the teacher's trunk on some positions.

        Each of the teacher's channels becomes one of the student's; if it has more, their principal components do. The
        unit is the standard deviation behind the last block.
        """
        depths = [round(k * teacher.blocks / blocks) for k in range(blocks + 1)]
        trunks = [teacher.trunk(batch) for batch in batches]
        last = torch.cat([_by_point(trunk[-1]) for trunk in trunks])
        if last.shape[1] <= channels:
            basis = torch.diag(1.0 / last.std(0).clamp(min=1e-3))
        else:
            values, vectors = torch.linalg.eigh(torch.cov(last.T))
            basis = (vectors[:, -channels:] / values[-channels:].clamp(min=1e-6).sqrt()).T
        variance = torch.stack(
            [torch.cat([_by_point(trunk[depth]) for trunk in trunks]).matmul(basis.T).var(0) for depth in depths]
        )
        return cls(basis.contiguous(), depths, variance)

    def of(self, trunk: Sequence[Tensor]) -> list[Tensor]:
        """The targets, float32[n, channels, s, s] for each depth, from what ``Teacher.trunk`` gave."""
        if self.basis.count_nonzero() == len(self.basis):  # a scale for each channel
            scale = self.basis.diagonal()[:, None, None]
            return [trunk[depth] * scale for depth in self.depths]
        weight = self.basis[:, :, None, None]
        return [nn.functional.conv2d(trunk[depth].float(), weight) for depth in self.depths]

    def errors(self, student: Sequence[Tensor], targets: Sequence[Tensor]) -> list[Tensor]:
        """For each depth, the share of the targets' variance that the student's trunk misses."""
        return [
            ((x[:, : t.shape[1]] - t).square().mean((0, 2, 3)) / (variance + _FLOOR)).mean()
            for x, t, variance in zip(student, targets, self.variance, strict=True)
        ]


def _by_point(x: Tensor) -> Tensor:
    """[n, C, s, s] -> float32[n * s * s, C]."""
    return x.permute(0, 2, 3, 1).flatten(0, 2).float()
