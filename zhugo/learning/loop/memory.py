"""What a preset asks of memory, worked out before anything is begun."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from games import Game
from zhugo.learning.loop.preset import Preset
from zhugo.learning.selfplay.player import bytes_of_a_tree
from zhugo.learning.training.net import Model

_COPIES = 5
"""Of the weights in training: themselves, their average, their gradients, and what the optimizer keeps, at most two."""


@dataclass(frozen=True)
class Needs:
    """Bytes, in f32. training: of the training device, for the weights and for a whole batch, which is taken in parts
    where there is less. worker: of the machine, for the trees and the evaluations of each, beside the program itself
    and its net."""

    training: int
    worker: int

    def __str__(self) -> str:
        return (
            f"memory: training asks for about {_in_words(self.training)} in f32, and takes its batches in parts where"
            f" there is less; each worker for up to {_in_words(self.worker)} of trees and evaluations"
        )


def needs(preset: Preset, game: Game, model: Model) -> Needs:
    """Of a preset with its game and its net."""
    planes, globals_ = game.feature_shapes(game.own_features)
    batch = preset.training.batch
    weights = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    kept = kept_for_gradients(
        model, torch.empty(batch, *planes, device="meta"), torch.empty(batch, *globals_, device="meta")
    )
    plan = preset.plan(game, Path())
    trees = plan.games_at_once * bytes_of_a_tree(plan, game.num_moves)
    return Needs(_COPIES * weights + kept, trees + (plan.cache_mb << 20))


def kept_for_gradients(model: nn.Module, planes: Tensor, globals_: Tensor) -> int:
    """Bytes that a step keeps between the net's outputs and its gradients; nothing is computed for inputs on "meta"."""
    net = copy.deepcopy(model).to("meta").requires_grad_(True).train()
    own = {weight.untyped_storage()._cdata for weight in net.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        net(planes, globals_)
    return sum(one.untyped_storage().nbytes() for place, one in kept.items() if place not in own)


def _in_words(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
