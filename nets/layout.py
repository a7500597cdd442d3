"""How a module lies in memory to play, and in ZhuGo's files."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

from nets import zhugo_file

M = TypeVar("M", bound=nn.Module)


def ready(module: M) -> M:
    """The module itself: evaluation mode, no gradients, channels last.

    torch's convolutions on a CPU gain about a tenth by that layout on 19x19 and lose nothing on 9x9; the weights'
    layout decides, inputs may come as they are.
    """
    module.eval().requires_grad_(False)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module


def halves(module: nn.Module) -> zhugo_file.Weights:
    """A module's weights by name, rounded to half precision; row by row, however they lie in the module's memory."""
    weights = {name: tensor.detach().to("cpu", torch.float16) for name, tensor in module.state_dict().items()}
    return {name: tensor.contiguous().numpy() for name, tensor in weights.items()}


def filled(module: M, data: bytes) -> M:
    """A module on torch's device "meta" filled with the weights of a file, float32. Raises ``NetError``."""
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    weights = zhugo_file.weights(data, shapes)
    state = {name: torch.tensor(array, dtype=torch.float32) for name, array in weights.items()}
    module.load_state_dict(state, assign=True)
    return module
