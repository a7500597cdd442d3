"""A net's module by our own kernels: the whole as a program, or else every part that can be one."""

from __future__ import annotations

from torch import Tensor, nn

from daemon.evaluation.devices.winograd_blocks import Unfit, write
from daemon.evaluation.devices.winograd_nets import as_program, called
from daemon.evaluation.devices.winograd_program import Arrays, Builder


class PointsProgram(nn.Module):
    """A module that takes points to points, as a program."""

    def __init__(self, module: nn.Module, quantized: bool, arrays: Arrays) -> None:
        """``module``: it begins with a convolution, or with a norm before one. Raises ``Unfit``."""
        super().__init__()
        first = next(one for one in module.modules() if isinstance(one, nn.Conv2d))
        builder = Builder(quantized)
        x = builder.buffer(first.in_channels)
        self._program = builder.program([x], [write(builder, x, module)], arrays)

    def forward(self, x: Tensor) -> Tensor:
        n, _, height, width = x.shape
        (out,) = called(self._program, x)
        return out.view(n, height, width, -1).permute(0, 3, 1, 2)


def with_winograd(module: nn.Module, quantized: bool = False) -> nn.Module:
    """The module changed as above, or another; evaluated in inference mode, by any number of threads at a time.

    quantized: multiply in int16.
    """
    return as_program(module, quantized) or with_programs(module, quantized)


def with_programs(module: nn.Module, quantized: bool = False) -> nn.Module:
    """The module with every part that can be a program as one: rows of blocks, blocks, convolutions."""
    return _changed(module, quantized, Arrays())


def _changed(module: nn.Module, quantized: bool, arrays: Arrays) -> nn.Module:
    try:
        return PointsProgram(module, quantized, arrays)
    except (Unfit, StopIteration):
        pass
    for name, child in module.named_children():
        setattr(module, name, _changed(child, quantized, arrays))
    return module
