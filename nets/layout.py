"""How a module is laid out in memory to play."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def ready(module: M) -> M:
    """The module itself: evaluation mode, no gradients, channels last.

    torch's convolutions on a CPU gain about a tenth by that layout on 19x19 and lose nothing on 9x9; the weights'
    layout decides, inputs may come as they are.
    """
    module.eval().requires_grad_(False)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module
