"""A net as a program: its layers in a row, through which one call of a kernel goes.

Between two layers the interpreter and torch take some 20 µs, a third of all the time of three positions of 9x9.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from daemon.evaluation.devices import winograd_steps as steps
from daemon.evaluation.devices.vectors import WIDTH
from daemon.evaluation.devices.winograd_activations import IDENTITY, MISH, MISH_SCALE8, RELU, SILU
from daemon.evaluation.devices.winograd_attention import Heads, rooms
from daemon.evaluation.devices.winograd_int16 import quantized_weights
from daemon.evaluation.devices.winograd_kernels import Floats, transformed_weights
from daemon.evaluation.devices.winograd_products import in_strips
from daemon.evaluation.devices.winograd_tiles import PRODUCTS, padded, room, tiles
from nets.katago.layers import MishOfFew, MishScale8
from nets.katago.transformer import RotationModel

Layer = nn.Conv2d | nn.Linear

_KINDS: dict[type[nn.Module], int] = {
    nn.Identity: IDENTITY, nn.ReLU: RELU, nn.SiLU: SILU, nn.Mish: MISH, MishOfFew: MISH, MishScale8: MISH_SCALE8,
}  # fmt: skip


def kind_of(activation: nn.Module) -> int | None:
    """Which of ``winograd_activations`` a module is, None for none."""
    return _KINDS.get(type(activation))


class Buffer(NamedTuple):
    """What is said of each point of n positions, or of whole ones: [n, points, channels] or [n, channels]."""

    number: int
    channels: int
    of_points: bool


@dataclass(frozen=True)
class Norm:
    """activation(scale * x + bias), [channels] each; one of ``winograd_activations``."""

    scale: Tensor
    bias: Tensor
    activation: int


@dataclass
class Builder:
    """Writes a program, step by step; every method that does gives the buffer that the step writes.

    quantized: multiply in int16, where points are multiplied and their channels fill vectors.
    """

    quantized: bool = False
    buffers: list[Buffer] = field(default_factory=list)
    _steps: list[list[int]] = field(default_factory=list)
    _numbers: list[Floats] = field(default_factory=list)
    _rotations: list[RotationModel] = field(default_factory=list)
    _count: int = 0

    def buffer(self, channels: int, of_points: bool = True) -> Buffer:
        """A new one."""
        self.buffers.append(Buffer(len(self.buffers), channels, of_points))
        return self.buffers[-1]

    def layer(
        self,
        x: Buffer,
        layer: Layer,
        *,
        bias: Tensor | None = None,
        added: Buffer | None = None,
        norm: Norm | None = None,
        residual: Buffer | None = None,
        activation: int = IDENTITY,
        into: Buffer | None = None,
    ) -> Buffer:
        """activation(layer(norm(x)) + residual).

        bias: what takes the place of the layer's own; added: the same for each position. into: where it goes; it may be
        what is ``residual``.
        """
        weights = layer.weight.detach().numpy()
        outputs = len(weights)
        out = into or self.buffer(outputs, x.of_points)
        bias = layer.bias if bias is None else bias
        kernel = layer.kernel_size[0] if isinstance(layer, nn.Conv2d) else 1 if x.of_points else steps.ALONE
        self._step(steps.LAYER, x, out, kernel)
        step = self._steps[-1]
        ordered = _ordered(weights)
        if self.quantized and x.of_points and ordered.shape[1] % WIDTH == 0:
            integers, scales = quantized_weights(ordered)
            step[steps.WEIGHTS], step[steps.SCALES] = self._keep(integers), self._keep(scales)
        else:
            step[steps.WEIGHTS] = self._keep(in_strips(ordered))
        step[steps.BIAS] = self._keep(np.zeros(outputs, np.float32) if bias is None else bias.detach().numpy())
        if added is not None:
            step[steps.ADDED] = added.number
        if residual is not None:
            step[steps.RESIDUAL] = residual.number
        if norm is not None:
            step[steps.NORM] = self._keep(torch.cat((norm.scale.ravel(), norm.bias.ravel())).detach().numpy())
            step[steps.NORM_ACTIVATION] = norm.activation
        step[steps.ACTIVATION] = activation
        return out

    def pool(self, x: Buffer, for_value: bool = False) -> Buffer:
        """``nets.pooling.pool``, or ``pool_for_value``."""
        out = self.buffer(3 * x.channels, of_points=False)
        self._step(steps.POOL_FOR_VALUE if for_value else steps.POOL, x, out, 1)
        return out

    def rms(self, x: Buffer, norm: Norm, epsilon: float, of_board: bool = False) -> Buffer:
        """activation(x / rms * scale + bias), rms over the channels of a point, or of all points."""
        out = self.buffer(x.channels)
        self._step(steps.RMS_OF_BOARD if of_board else steps.RMS, x, out, 1)
        numbers = (norm.scale.ravel(), norm.bias.ravel(), torch.tensor([epsilon]))
        self._steps[-1][steps.NORM] = self._keep(torch.cat(numbers).detach().numpy())
        self._steps[-1][steps.ACTIVATION] = norm.activation
        return out

    def gate(self, x: Buffer) -> Buffer:
        """silu(one half of the channels) times the other."""
        out = self.buffer(x.channels // 2)
        self._step(steps.GATE, x, out, 1)
        return out

    def attention(self, x: Buffer, heads: Heads, rotation: RotationModel | None) -> Buffer:
        """Of queries, keys and values of all heads, as ``winograd_attention.attend``."""
        out = self.buffer(heads[0] * heads[3])
        self._step(steps.ATTENTION, x, out, 1)
        self._steps[-1][steps.HEADS : steps.TURNS] = heads
        if rotation is not None:
            known = [one for one in self._rotations if _alike(one, rotation)]
            self._rotations += [] if known else [rotation]
            before = self._rotations[: self._rotations.index(known[0] if known else rotation)]
            self._steps[-1][steps.TURNS] = sum(2 * one.of_row.numel() for one in before)
            self._steps[-1][steps.TURNED_HEADS] = len(rotation.of_row)
        return out

    def _step(self, kind: int, x: Buffer, out: Buffer, kernel: int) -> None:
        step = [0] * steps.FIELDS
        for optional in (steps.SCALES, steps.ADDED, steps.NORM, steps.RESIDUAL):
            step[optional] = steps.NONE
        step[steps.KIND], step[steps.KERNEL] = kind, kernel
        step[steps.SOURCE], step[steps.TARGET] = x.number, out.number
        step[steps.INPUTS], step[steps.OUTPUTS] = x.channels, out.channels
        self._steps.append(step)

    def _keep(self, numbers: Floats) -> int:
        """Where they lie among all numbers, at the beginning of a line of the cache."""
        first = self._count
        count = -(-numbers.size // 16) * 16
        self._numbers.append(np.concatenate([numbers.ravel(), np.zeros(count - numbers.size, np.float32)]))
        self._count += count
        return first

    def program(self, inputs: Sequence[Buffer], outputs: Sequence[Buffer]) -> Program:
        """What was written, from these buffers to those."""
        numbers = torch.empty(self._count)  # torch lets it begin with a line of the cache
        torch.cat([torch.from_numpy(kept) for kept in self._numbers], out=numbers)
        return Program(np.array(self._steps), numbers.numpy(), self.buffers, inputs, outputs, self._rotations)


def _ordered(weights: Floats) -> Floats:
    """[parts, inputs, outputs] as products have them, of weights[outputs, inputs], or [outputs, inputs, side, side].

    Channels may be more than the net has: there it is 0.
    """
    outputs, inputs, *sides = weights.shape
    if sides and sides[0] > 1:
        return transformed_weights(np.ascontiguousarray(weights))
    wide = np.zeros((1, inputs, padded(outputs)), np.float32)
    wide[0, :, :outputs] = weights.reshape(outputs, inputs).T
    return wide


@dataclass(frozen=True)
class _Layout:
    """Where buffers lie for boards of one size and so many positions, ``turns``, and how long arrays must be."""

    places: NDArray[np.int64]
    turns: Floats
    lengths: tuple[int, ...]


class _Arrays(threading.local):
    """What a program writes while it runs, of each thread its own."""

    def __init__(self) -> None:
        self._kept = [np.zeros(0, np.float32)] * 5
        self.rows = np.zeros(PRODUCTS, np.int64)

    def of(self, lengths: Sequence[int]) -> list[Floats]:
        """memory, before, after, work and of_rows, with anything in them."""
        for which, length in enumerate(lengths):
            if len(self._kept[which]) < length:
                self._kept[which] = torch.zeros(length).numpy()
        return self._kept


class Program:
    """Takes what the net is given to what it says; any number of threads may call it at a time."""

    def __init__(
        self,
        rows: NDArray[np.int64],
        numbers: Floats,
        buffers: Sequence[Buffer],
        inputs: Sequence[Buffer],
        outputs: Sequence[Buffer],
        rotations: Sequence[RotationModel],
    ) -> None:
        self._steps, self._numbers = rows, numbers
        self._inputs, self._outputs = inputs, outputs
        self._slots, self._of = _shared(rows, buffers, {one.number for one in (*inputs, *outputs)})
        self._rotations = rotations
        self._arrays = _Arrays()
        self._layout, self._turns = cache(self._laid_out), cache(self._turned)

    def __call__(self, board: tuple[int, int, int], *given: Floats) -> list[Floats]:
        """Of ``given``, one for each input, [n, points, channels] or [n, channels], the outputs, likewise.

        board: positions, height and width. Raises ``ValueError`` for other numbers of channels.
        """
        n, height, width = board
        layout = self._layout(board)
        memory, *workspaces = self._arrays.of(layout.lengths)
        for buffer, numbers in zip(self._inputs, given, strict=True):
            if numbers.shape[-1] != buffer.channels:
                raise ValueError(f"the net is given {numbers.shape[-1]} channels, not {buffer.channels}")
            self._part(memory, layout, buffer, numbers.shape)[...] = numbers
        constants = self._steps.ravel(), layout.places, board, self._numbers, layout.turns
        steps.run(*constants, memory, *workspaces, self._arrays.rows)
        shapes = [(n, height * width, one.channels) if one.of_points else (n, one.channels) for one in self._outputs]
        return [self._part(memory, layout, one, shape).copy() for one, shape in zip(self._outputs, shapes, strict=True)]

    def _part(self, memory: Floats, layout: _Layout, buffer: Buffer, shape: tuple[int, ...]) -> Floats:
        first = int(layout.places[buffer.number])
        return memory[first : first + int(np.prod(shape))].reshape(shape)

    def _laid_out(self, board: tuple[int, int, int]) -> _Layout:
        n, height, width = board
        sizes = [n * slot.channels * (height * width if slot.of_points else 1) for slot in self._slots]
        first = np.concatenate([[0], np.cumsum([-(-size // 16) * 16 for size in sizes])])
        before = after = between = scales = 0
        for step in self._steps[self._steps[:, steps.KIND] == steps.LAYER].tolist():
            kernel, inputs, outputs = step[steps.KERNEL], step[steps.INPUTS], step[steps.OUTPUTS]
            rows = tiles(height, width, kernel) if kernel > 1 else height * width if kernel else 1
            quantized = step[steps.SCALES] != steps.NONE
            every = min(n, steps.positions_at_once.py_func(rows, kernel, inputs + outputs, quantized)) * rows
            if kernel > 1:
                every, inputs = PRODUCTS * (every | 1), padded(inputs)
                between = max(between, room(height, width, kernel))
            before, after = max(before, every * inputs), max(after, every * padded(outputs))
            scales = max(scales, every)
        for step in self._steps[self._steps[:, steps.KIND] == steps.ATTENTION].tolist():
            given, scored = rooms(height * width, tuple(step[steps.HEADS : steps.TURNS]))
            before, after = max(before, given), max(after, scored)
        return _Layout(first[self._of], self._turns(height, width), (int(first[-1]), before, after, between, scales))

    def _turned(self, height: int, width: int) -> Floats:
        """Of each rotation [heads, points, 2, pairs]."""
        with torch.inference_mode():
            turns = [torch.cat(rotation(height, width), dim=3).ravel().numpy() for rotation in self._rotations]
        return np.concatenate([np.zeros(0, np.float32), *turns])


def _alike(one: RotationModel, other: RotationModel) -> bool:
    return torch.equal(one.of_row, other.of_row) and torch.equal(one.of_column, other.of_column)


def _shared(
    rows: NDArray[np.int64], buffers: Sequence[Buffer], kept: set[int]
) -> tuple[list[Buffer], NDArray[np.int64]]:
    """Slots for all buffers, and which of them each has: one is used again when its buffer was read for the last time.

    ``kept`` are not: inputs and outputs.
    """
    read = rows[:, [steps.SOURCE, steps.ADDED, steps.RESIDUAL]]
    last = {number: max(np.flatnonzero((read == number).any(axis=1)), default=-1) for number in range(len(buffers))}
    slots: list[Buffer] = []
    of = np.full(len(buffers), -1, np.int64)
    free: list[int] = []

    def take(buffer: Buffer) -> None:
        fitting = [slot for slot in free if slots[slot][1:] == buffer[1:]]
        if fitting:
            free.remove(fitting[0])
            of[buffer.number] = fitting[0]
        else:
            of[buffer.number] = len(slots)
            slots.append(buffer)

    for number in sorted(kept):
        take(buffers[number])
    for at, step in enumerate(rows):
        if of[step[steps.TARGET]] < 0:
            take(buffers[step[steps.TARGET]])
        free += [int(of[number]) for number, end in last.items() if end == at and number not in kept]
    return slots, of
