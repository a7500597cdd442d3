"""The first layer in one step: what the student's first block sees is linear in its inputs, and so is the teacher's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from nets.zhugo_model import ZhuGoModel
from zhugo.learning.distill.teacher import Hints, Teacher
from zhugo.learning.training.batches import Batch

_RIDGE = 1e-3
"""Added to the second moments of the inputs, for some never vary."""


@torch.no_grad()
def fit_stem(model: ZhuGoModel, teacher: Teacher, hints: Hints, batches: Sequence[Batch]) -> None:
    """Set the student's first convolution and its layer of global inputs to the least-squares solution."""
    width = model.stem.weight[0].numel() + model.from_globals.in_features + 1
    double = model.stem.weight.detach().double()
    moments, products = double.new_zeros(width, width), double.new_zeros(width, len(hints.basis))
    points = 0
    for batch in batches:
        x, y = _inputs(model, batch), hints.of(teacher.trunk(batch))[0]
        y = y.permute(0, 2, 3, 1).flatten(0, 2)
        points += len(x)
        moments += (x.T @ x).double()
        products += (x.T @ y).double()
    ridge = _RIDGE * points * torch.eye(width, device=double.device)
    solution = torch.linalg.solve(moments + ridge, products).float().T
    channels, (_, planes, side, _) = len(solution), model.stem.weight.shape
    kernel, from_globals, bias = solution.split((planes * side * side, model.from_globals.in_features, 1), dim=1)
    model.stem.weight[:channels] = kernel.reshape(channels, planes, side, side)
    model.from_globals.weight[:channels] = from_globals
    assert model.stem.bias is not None
    model.stem.bias[:channels] = bias[:, 0]


def _inputs(model: ZhuGoModel, batch: Batch) -> Tensor:
    """All that one output of the first layer depends on: [n * s * s, planes * side² + globals + 1]."""
    side = model.stem.kernel_size[0]
    patches = functional.unfold(batch.planes, side, padding=side // 2)
    n, _, points = patches.shape
    constant = torch.cat((batch.globals_, batch.globals_.new_ones(n, 1)), dim=1)[:, :, None].expand(-1, -1, points)
    return torch.cat((patches, constant), dim=1).permute(0, 2, 1).flatten(0, 1)
