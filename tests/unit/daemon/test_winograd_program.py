"""Programs say what their layers say one by one, whatever buffers they share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor, nn

from daemon.evaluation.devices.vectors import WIDTH, load, store
from daemon.evaluation.devices.winograd_activations import IDENTITY, MISH, MISH_SCALE8, RELU, SILU, activated
from daemon.evaluation.devices.winograd_program import Buffer, Builder, Norm, Program, kind_of
from nets.katago.layers import MishOfFew, MishScale8
from nets.pooling import pool, pool_for_value

BOARDS = [(1, 9, 9), (3, 5, 7), (2, 19, 19)]
"""Positions, height and width."""
MODULES: dict[int, nn.Module] = {
    IDENTITY: nn.Identity(), RELU: nn.ReLU(), SILU: nn.SiLU(), MISH: nn.Mish(), MISH_SCALE8: MishScale8(),
}  # fmt: skip
CHANNELS = (1, 5, 16, 21, 40)

T = TypeVar("T")
Values = dict[Buffer, Tensor]
"""[n, channels, height, width] or [n, channels]."""


class RandomProgram:
    """Twenty layers of every kind, each with any of what a layer may have; ``say`` is what torch makes of them."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self._rng = np.random.default_rng(seed)
        builder = Builder()
        self.inputs = [builder.buffer(6), builder.buffer(4, of_points=False)]
        self._say: list[Callable[[Values], None]] = []
        for _ in range(20):
            x = self._any(builder.buffers)
            if x.of_points and self._rng.random() < 0.2:
                self._pool(builder, x)
            else:
                self._layer(builder, x)
        self.outputs = [builder.buffers[at] for at in sorted({2, 7, len(builder.buffers) - 1})]
        self.program = builder.program(self.inputs, self.outputs)

    def _any(self, buffers: list[Buffer]) -> Buffer:
        return buffers[self._rng.integers(len(buffers))]

    def _pool(self, builder: Builder, x: Buffer) -> None:
        for_value = bool(self._rng.integers(2))
        out = builder.pool(x, for_value)
        self._say.append(lambda values: values.update({out: (pool_for_value if for_value else pool)(values[x])}))

    def _layer(self, builder: Builder, x: Buffer) -> None:
        outputs = int(self._rng.choice(CHANNELS))
        side = int(self._rng.choice([1, 3, 5]))
        conv = nn.Conv2d(x.channels, outputs, side, padding=side // 2, bias=bool(self._rng.integers(2)))
        layer = conv if x.of_points else nn.Linear(x.channels, outputs, bias=bool(self._rng.integers(2)))
        layer.requires_grad_(False)
        scale, shift = torch.rand(x.channels), torch.randn(x.channels)
        norm = self._maybe(Norm(scale, shift, self._kind()))
        activation, own = self._kind(), self._maybe(torch.randn(outputs))
        alike = [one for one in builder.buffers if one[1:] == (outputs, x.of_points)]
        residual = self._maybe(self._any(alike)) if alike else None
        biases = [one for one in builder.buffers if one[1:] == (outputs, False)]
        added = self._maybe(self._any(biases)) if biases else None
        changes = residual is not None and residual not in (x, added, *self.inputs) and self._rng.random() < 0.5
        into = residual if changes else None
        out = builder.layer(
            x, layer, bias=own, added=added, norm=norm, residual=residual, activation=activation, into=into
        )

        def say(values: Values) -> None:
            given, broad = values[x], (-1, 1, 1) if x.of_points else (-1,)
            if norm is not None:
                given = given * norm.scale.view(broad) + norm.bias.view(broad)
                given = MODULES[norm.activation](given)
            said = layer(given)
            if layer.bias is not None and (own is not None or added is not None):
                said = said - layer.bias.view(broad)
            if added is not None:
                said = said + values[added].view(*values[added].shape, *broad[1:])
            elif own is not None:
                said = said + own.view(broad)
            said = said if residual is None else said + values[residual]
            values[out] = MODULES[activation](said)

        self._say.append(say)

    def _kind(self) -> int:
        return int(self._rng.integers(len(MODULES)))

    def _maybe(self, something: T) -> T | None:
        return something if self._rng.integers(2) else None

    def say(self, given: list[Tensor]) -> list[Tensor]:
        values = dict(zip(self.inputs, given, strict=True))
        for say in self._say:
            say(values)
        return [values[one] for one in self.outputs]


@njit(fastmath=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
def _each(x: NDArray[np.float32], kind: int, out: NDArray[np.float32]) -> None:
    for at in range(0, len(x), WIDTH):
        store(out, at, activated(load(x, at), kind))


@pytest.mark.parametrize("kind", MODULES)
def test_activations_are_torchs(kind: int) -> None:
    """From where they are nothing to where they are all, and wherever the exponential is bounded."""
    x = np.concatenate([np.linspace(-12, 12, 4800), np.linspace(-500, 500, 480), [0.0] * 16]).astype(np.float32)
    out = np.empty_like(x)
    _each(x, kind, out)
    expected = MODULES[kind](torch.from_numpy(x.astype(np.float64))).numpy()
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-30)
    assert kind_of(MODULES[kind]) == kind


def test_an_activation_that_is_written_out_is_the_same_and_others_are_not_known() -> None:
    assert kind_of(MishOfFew()) == MISH
    assert kind_of(nn.GELU()) is None


def given_for(program: RandomProgram, n: int, height: int, width: int) -> list[Tensor]:
    return [torch.randn((n, one.channels, *((height, width) if one.of_points else ()))) for one in program.inputs]


def by_points(values: list[Tensor]) -> list[NDArray[np.float32]]:
    """As programs have them: [n, points, channels]."""
    return [one.flatten(2).transpose(1, 2).numpy() if one.dim() == 4 else one.numpy() for one in values]


@pytest.mark.parametrize("seed", range(40))
def test_a_program_says_what_its_layers_say_one_by_one(seed: int) -> None:
    random = RandomProgram(seed)
    for board in BOARDS:
        given = given_for(random, *board)
        for ours, theirs in zip(random.program(board, *by_points(given)), by_points(random.say(given)), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-5 * max(1.0, float(np.abs(theirs).max())))


def chain(layers: int) -> Program:
    """Convolutions of 8 channels in a row."""
    builder = Builder()
    first = x = builder.buffer(8)
    for _ in range(layers):
        x = builder.layer(x, nn.Conv2d(8, 8, 3, padding=1).requires_grad_(False))
    return builder.program([first], [x])


def test_a_buffer_is_used_again_when_nobody_reads_it_any_more() -> None:
    """Between the first and the last of a row there are never more than two."""
    assert chain(12)._laid_out((1, 9, 9)).lengths[0] == chain(6)._laid_out((1, 9, 9)).lengths[0]


def test_what_a_program_said_stays_when_it_is_called_again() -> None:
    program = chain(1)
    (first,) = program((1, 4, 4), np.ones((1, 16, 8), np.float32))
    kept = first.copy()
    program((1, 4, 4), np.zeros((1, 16, 8), np.float32))
    np.testing.assert_array_equal(first, kept)


def test_several_threads_call_it_at_a_time() -> None:
    program = chain(4)
    given = [np.random.default_rng(seed).normal(size=(3, 81, 8)).astype(np.float32) for seed in range(4)]
    expected = [program((3, 9, 9), x)[0] for x in given]
    wrong: list[int] = []

    def call(which: int) -> None:
        for _ in range(50):
            if not np.array_equal(program((3, 9, 9), given[which])[0], expected[which]):
                wrong.append(which)

    threads = [threading.Thread(target=call, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
