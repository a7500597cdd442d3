"""Pooling over the board in a way that knows the board's size (KataGo, cpp/neuralnet/eigenbackend.cpp)."""

from __future__ import annotations

import torch
from torch import Tensor


def pool(x: Tensor) -> Tensor:
    """[n, c, H, W] -> [n, 3c]: mean, mean scaled by the board's width, maximum."""
    mean = x.mean((2, 3))
    return torch.cat((mean, mean * _width(x), x.amax((2, 3))), dim=1)


def pool_for_value(x: Tensor) -> Tensor:
    """[n, c, H, W] -> [n, 3c]: mean, and mean scaled by the board's width and by its square."""
    mean = x.mean((2, 3))
    width = _width(x)
    return torch.cat((mean, mean * width, mean * (width * width - 0.1)), dim=1)


def _width(x: Tensor) -> float:
    """The mean side of the board as the pooling layers see it, 0 at 14.

    A power, not ``math.sqrt``: so a trace of the net holds for every size of board.
    """
    width: float = ((x.shape[2] * x.shape[3]) ** 0.5 - 14.0) * 0.1
    return width
