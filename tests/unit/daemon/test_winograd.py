"""Our own convolutions say what torch says, in every net that there is, on every size of board."""

from __future__ import annotations

import copy
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import games
import nets
from daemon.evaluation.devices import winograd_cpu, winograd_kernels, winograd_steps
from daemon.evaluation.devices.accuracy import evaluate
from daemon.evaluation.devices.real_positions import sample
from daemon.evaluation.devices.torch_cpu import TorchDevice
from daemon.evaluation.devices.winograd_activations import RELU
from daemon.evaluation.devices.winograd_blocks import Unfit
from daemon.evaluation.devices.winograd_blocks import write as write_steps
from daemon.evaluation.devices.winograd_cpu import WinogradDevice
from daemon.evaluation.devices.winograd_int16 import LARGEST, quantize, quantized_weights
from daemon.evaluation.devices.winograd_kernels import transformed_weights
from daemon.evaluation.devices.winograd_nets import as_program
from daemon.evaluation.devices.winograd_products import in_strips, multiply
from daemon.evaluation.devices.winograd_program import Builder, Norm
from daemon.evaluation.devices.winograd_tiles import begin, count_rows, cut, tiles
from daemon.gpu_client import Batch
from games import Positions
from nets import Net, NetError
from nets.zhugo_model import Config, dump, initialized
from tests.unit import leela_zero_writer, test_game_net
from tests.unit.katago_writer import write
from tests.unit.test_katago_versions import SPECS

SHAPES = [(1, 2, 2), (3, 9, 9), (2, 7, 12), (5, 19, 19), (4, 13, 5)]
"""Positions, height and width."""


def inputs(net: Net, n: int, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Planes of noise and zeros, and globals of noise."""
    rng = np.random.default_rng(n * height)
    shapes = games.load(net.game, net.spec or {"size": 9}).feature_shapes(net.features)
    planes = rng.random((n, shapes[0][0], height, width), np.float32) * (rng.random((n, 1, height, width)) < 0.4)
    return torch.from_numpy(planes.astype(np.float32)), torch.from_numpy(rng.random((n, *shapes[1]), np.float32))


def assert_alike(net: Net, *shapes: tuple[int, int, int]) -> None:
    """It is a program that says the same within 1e-4 of what an output reaches, or of 1, in int16 within 0.05."""
    for quantized in (False, True):
        program = as_program(copy.deepcopy(net.module), quantized)
        assert not isinstance(program, type(net.module))
        with torch.inference_mode():
            for shape in shapes:
                given = inputs(net, *shape)
                for ours, theirs in zip(program(*given), net.module(*given), strict=True):
                    assert ours.shape == theirs.shape
                    assert ours.dtype == torch.float32
                    reach = max(1.0, float(theirs.abs().max()))
                    assert (ours - theirs).abs().max() <= (0.05 if quantized else 1e-4) * reach


@pytest.mark.parametrize("name", SPECS)
def test_every_version_block_and_activation_of_katago(name: str, tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(write(SPECS[name]))
    assert_alike(nets.load(tmp_path / "net"), *SHAPES)


def test_the_bundled_net() -> None:
    """More positions of 19x19 than any layer works on at once, too."""
    assert_alike(nets.load(), (2, 9, 9), (1, 13, 13), (1, 7, 10), (13, 19, 19))


def test_a_net_of_our_own_with_odd_numbers_of_channels(tmp_path: Path) -> None:
    torch.manual_seed(1)
    config = Config("odd", stem=3, blocks=2, channels=33, inner=70, pairs=2, pooling=(1,), pooled=9, head=10, hidden=7)
    (tmp_path / "net").write_bytes(dump(config, initialized(config)))
    assert_alike(nets.load(tmp_path / "net"), *SHAPES)


@pytest.mark.parametrize(("version", "size"), [(1, 9), (2, 13)])
def test_leela_zero(version: int, size: int, tmp_path: Path) -> None:
    weights = leela_zero_writer.weights(channels=10, size=size)
    (tmp_path / "net").write_bytes(leela_zero_writer.write(weights, version))
    net = nets.load(tmp_path / "net")
    assert_alike(net, (3, size, size))


def test_a_net_for_another_game(tmp_path: Path) -> None:
    net = nets.load(test_game_net.written(tmp_path / "net.safetensors"))
    assert_alike(net, (3, 4, 5))


@pytest.mark.parametrize("side", [1, 3, 5])
@pytest.mark.parametrize("channels", [(1, 2), (8, 8), (32, 64), (31, 33), (100, 12)])
def test_a_convolution_with_all_that_is_drawn_into_it(side: int, channels: tuple[int, int]) -> None:
    torch.manual_seed(side)
    conv = nn.Conv2d(*channels, side, padding=side // 2).requires_grad_(False)
    norm = Norm(torch.rand(channels[0]) + 0.5, torch.randn(channels[0]), RELU)
    builder = Builder()
    x, residual = builder.buffer(channels[0]), builder.buffer(channels[1])
    program = builder.program([x, residual], [
        builder.layer(x, conv, norm=norm, residual=residual, activation=RELU), builder.layer(x, conv),
    ])  # fmt: skip
    with torch.inference_mode():
        for n, height, width in SHAPES:
            given = [torch.randn(n, count, height, width) for count in channels]
            normed = torch.relu(given[0] * norm.scale[:, None, None] + norm.bias[:, None, None])
            expected = torch.relu(conv(normed) + given[1]), conv(given[0])
            found = program((n, height, width), *(by_point(one).numpy() for one in given))
            for ours, theirs in zip(found, expected, strict=True):
                torch.testing.assert_close(torch.from_numpy(ours), by_point(theirs), rtol=0, atol=5e-5)


def by_point(x: torch.Tensor) -> torch.Tensor:
    """[n, points, channels] of x[n, channels, H, W]."""
    return x.flatten(2).transpose(1, 2)


@pytest.mark.parametrize("conv", [
    nn.Conv2d(8, 8, 3),
    nn.Conv2d(8, 8, 3, padding=1, stride=2),
    nn.Conv2d(8, 8, 3, padding=2, dilation=2),
    nn.Conv2d(8, 8, 3, padding=1, groups=2),
    nn.Conv2d(8, 8, 3, padding=1, padding_mode="circular"),
    nn.Conv2d(8, 8, 7, padding=3),
    nn.Conv2d(8, 8, 1, stride=2),
], ids=lambda conv: conv.extra_repr())  # fmt: skip
def test_there_are_no_steps_for_other_convolutions(conv: nn.Conv2d) -> None:
    builder = Builder()
    with pytest.raises(Unfit):
        write_steps(builder, builder.buffer(8), conv)


def test_a_net_for_which_there_are_no_steps_stays_torchs() -> None:
    net = nets.load().module
    net.stem = nn.Conv2d(1, 1, 7, padding=3)
    assert as_program(net) is net


@pytest.mark.parametrize(("height", "width", "side", "count"), [
    (19, 19, 3, 16), (9, 9, 3, 4), (13, 13, 3, 9), (5, 11, 3, 3), (19, 19, 5, 49), (9, 9, 5, 9), (2, 2, 3, 1),
])  # fmt: skip
def test_tiles_cover_the_board(height: int, width: int, side: int, count: int) -> None:
    assert tiles(height, width, side) == count


@pytest.mark.parametrize(("length", "side", "sizes"), [
    (19, 3, [5, 5, 5, 4]), (13, 3, [5, 4, 4]), (9, 3, [5, 4]), (5, 3, [5]), (7, 3, [4, 4]), (2, 3, [4]),
    (11, 3, [4, 4, 4]), (19, 5, [3, 3, 3, 3, 3, 2, 2]), (9, 5, [3, 3, 3]), (4, 5, [2, 2]), (1, 5, [2]),
])  # fmt: skip
def test_full_tiles_come_first_and_are_as_few_as_will_do(length: int, side: int, sizes: list[int]) -> None:
    count, full = cut(length, side)
    assert np.diff([begin(tile, full, side) for tile in range(count + 1)]).tolist() == sizes
    assert sum(sizes) >= length


def test_short_tiles_are_in_no_product_of_the_point_one_half() -> None:
    """On 9x19 with 3x3: rows of 5 and 4, columns of 5, 5, 5 and 4."""
    rows = np.zeros((7, 7), np.int64)
    count_rows(2, 9, 19, 3, rows.reshape(-1))
    assert rows[0, 0] == rows[6, 6] == 2 * 2 * 4
    assert set(rows[5, [0, 1, 2, 3, 4, 6]]) == {2 * 1 * 4}
    assert set(rows[[0, 1, 2, 3, 4, 6], 5]) == {2 * 2 * 3}
    assert rows[5, 5] == 2 * 1 * 3


def test_a_kernel_of_one_in_the_middle_is_the_identity() -> None:
    """Its transform is, at each pair of points, the product of what both contribute to the middle."""
    weights = np.zeros((1, 1, 3, 3), np.float32)
    weights[0, 0, 1, 1] = 1.0
    transformed = transformed_weights(weights)[:, 0, 0].reshape(7, 7)
    # at point p the middle weighs p / N(p): N(1) = (1-0)(1+1)(1-2)(1+2)(1-1/2) = -3
    assert transformed[0, 0] == 0.0
    assert transformed[1, 1] == pytest.approx(1 / 9)
    assert transformed[6, 6] == 0.0


def test_kernels_are_compiled_before_a_search_needs_them() -> None:
    winograd_steps.warm_up()
    kernels = winograd_kernels.to_tiles, winograd_kernels.from_tiles, multiply, winograd_steps.run
    compiled = [len(kernel.signatures) for kernel in kernels]
    with torch.inference_mode():
        as_program(nets.load().module)(*inputs(nets.load(), 2, 9, 9))
    assert [len(kernel.signatures) for kernel in kernels] == compiled


# Products.

NONE = np.zeros(0, np.float32)


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 9, 16, 29])
@pytest.mark.parametrize(("depth", "columns"), [(1, 16), (16, 32), (48, 48), (33, 64), (96, 96), (7, 112)])
def test_products_of_matrices(rows: int, depth: int, columns: int) -> None:
    """Rows for which there is only room are left alone."""
    rng = np.random.default_rng(rows)
    a, b = (rng.normal(size=shape).astype(np.float32) for shape in ((3, rows + 1, depth), (3, depth, columns)))
    out = np.full((3, rows + 1, columns), 5, np.float32)
    multiply(a.ravel(), in_strips(b), out.ravel(), np.full(3, rows), rows + 1, depth, columns, NONE, NONE)
    np.testing.assert_allclose(out[:, :rows], a[:, :rows] @ b, rtol=0, atol=1e-4)
    assert (out[:, rows] == 5).all()


# Integers of 16 bits.


def integers_of(weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """The integers of weights[k, depth, columns], as many columns as fit one strip."""
    pairs, _ = quantized_weights(weights)
    halves = pairs.view(np.int16).reshape(len(weights), weights.shape[1] // 2, weights.shape[2], 2)
    return halves.transpose(0, 1, 3, 2).reshape(weights.shape).astype(np.int64)


@pytest.mark.parametrize("weights", [
    np.random.default_rng(0).normal(size=(4, 96, 16)),
    np.ones((1, 96, 16)),
    np.eye(64, 16)[None] * 1e-9,
    np.where(np.arange(512) == 3, 1e6, -1e-3)[None, :, None] * np.ones((1, 1, 16)),
    np.zeros((1, 16, 16)),
], ids=["noise", "all alike", "small and lonely", "one that outshines the others", "nothing"])  # fmt: skip
def test_no_sum_is_beyond_32_bits(weights: NDArray[np.float64]) -> None:
    """Whatever the other matrix holds; and half of what there is, of either side, is used."""
    integers = np.abs(integers_of(weights.astype(np.float32)))
    largest = int(integers.sum(1).max()) * LARGEST
    assert integers.max() < 2**15
    assert largest < 2**31
    assert not integers.any() or integers.max() >= 2**14 or largest >= 2**30


def multiplied_quantized(a: NDArray[np.float32], b: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """The first ``rows`` of each a[k, every, depth] times b[k, depth, columns]; the others stay 5."""
    parts, every, depth = a.shape
    pairs, of_columns = quantized_weights(b)
    of_rows, given, count = np.full(parts * every, np.nan, np.float32), a.ravel().copy(), np.full(parts, rows)
    quantize(given, count, every, depth, given, of_rows)
    out = np.full((parts, every, b.shape[2]), 5, np.float32)
    multiply(given, pairs, out.ravel(), count, every, depth // 2, b.shape[2], of_rows, of_columns)
    return out


@pytest.mark.parametrize("rows", [1, 3, 4, 13, 29])
@pytest.mark.parametrize(("depth", "columns"), [(16, 16), (32, 48), (96, 96), (48, 112), (256, 64)])
def test_products_of_integers(rows: int, depth: int, columns: int) -> None:
    """They are those of both matrices rounded, which the product with the identity shows of the second."""
    rng = np.random.default_rng(rows)
    a, b = (rng.normal(size=shape).astype(np.float32) for shape in ((3, rows + 1, depth), (3, depth, columns)))
    a[1, 0], b[:, :, 5] = 0.0, 0.0
    found = multiplied_quantized(a, b, rows)
    assert (found[:, rows] == 5).all()
    rounded_b = multiplied_quantized(np.tile(np.eye(depth, dtype=np.float32), (3, 1, 1)), b, depth)
    np.testing.assert_allclose(rounded_b, b, rtol=0, atol=4e-5 * depth)
    scales = np.abs(a).max(2, keepdims=True) / LARGEST
    rounded_a = np.rint(a / np.where(scales > 0.0, scales, 1.0)) * scales
    np.testing.assert_allclose(found[:, :rows], (rounded_a @ rounded_b)[:, :rows], rtol=0, atol=1e-3)


def test_in_int16_the_bundled_net_says_nearly_the_same_of_real_positions() -> None:
    exact, device = WinogradDevice(nets.load(), 1), WinogradDevice(nets.load(), 1, "int16")
    samples = sample(exact.info.features, range(9, 14), [0])
    expected, found = (evaluate(one, samples, 16, time.perf_counter)[0] for one in (exact, device))
    same = [a.priors.argmax(1) == b.priors.argmax(1) for a, b in zip(expected, found, strict=True)]
    off = np.concatenate([np.abs(a.value - b.value) / 2 for a, b in zip(expected, found, strict=True)])
    assert np.concatenate(same).mean() >= 0.99
    assert 0.0 < off.mean() < 5e-4
    assert device.info.device == "Winograd's convolutions on the CPU, int16, 1 thread"
    exact.close()
    device.close()


# The device.


def bundled_batch(n: int, size: int = 9) -> Batch:
    net = nets.load()
    planes, values = inputs(net, n, size, size)
    legal = np.ones((n, size * size + 1), np.bool_)
    zeros = np.zeros(n, np.float32)
    return Batch(
        planes.numpy(), values.numpy(), Positions(np.ones(n, np.int8), np.zeros(n, np.bool_), zeros, zeros, legal)
    )


@pytest.mark.parametrize("threads", [1, 3])
def test_the_device_says_what_torchs_says(threads: int) -> None:
    ours, theirs = WinogradDevice(nets.load(), threads, why="as asked"), TorchDevice(nets.load(), 1)
    for n in (1, 2, 7):
        batch = bundled_batch(n)
        pending = ours.submit(batch)
        found, expected = pending.result(60.0), theirs.submit(batch).result()
        assert pending.result() is found
        assert found.begin < found.end
        for name in ("value", "priors", "ownership"):
            field, other = getattr(found.evaluations, name), getattr(expected.evaluations, name)
            np.testing.assert_allclose(field, other, rtol=0, atol=1e-4)
        np.testing.assert_allclose(found.evaluations.lead, expected.evaluations.lead, rtol=0, atol=1e-2)
    assert ours.info.device == f"Winograd's convolutions on the CPU, f32, {threads} thread{'s' if threads > 1 else ''}"
    assert (ours.info.why, ours.info.features) == ("as asked", "zhugo_history")
    ours.close()
    theirs.close()


def test_inputs_of_another_kind_are_refused() -> None:
    program = as_program(nets.load().module)
    planes, values = inputs(nets.load(), 1, 9, 9)
    with torch.inference_mode(), pytest.raises(ValueError, match=r"26 channels, not 31"):
        program(planes[:, :26], values)


def test_a_board_that_the_net_does_not_know_is_refused() -> None:
    device = WinogradDevice(nets.load(), 1)
    with pytest.raises(NetError, match="not 3x3"):
        device.submit(bundled_batch(1, 3))
    device.close()


def test_a_result_is_not_waited_for_longer_than_asked() -> None:
    device = WinogradDevice(nets.load(), 1)
    started, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        go_on.wait(60.0)

    device._executor.submit(wait)
    started.wait(60.0)
    pending = device.submit(bundled_batch(1))
    with pytest.raises(TimeoutError):
        pending.result(0.01)
    go_on.set()
    assert len(pending.result(60.0).evaluations.value) == 1
    device.close()


def test_this_thread_goes_on_while_the_device_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter is let go of in every step that takes long."""
    monkeypatch.setattr(winograd_cpu, "QUICK", 0.0)
    device = WinogradDevice(nets.load(), 1)
    batch = bundled_batch(16, 19)
    device.submit(batch).result()
    pending, turns = device.submit(batch), 0
    while True:
        try:
            pending.result(0.001)
            break
        except TimeoutError:
            turns += 1
    assert turns > 3
    device.close()


def test_a_quick_batch_is_evaluated_by_who_waits_for_it() -> None:
    """One that is expected to take long is not: it would keep this thread from anything else."""
    device = WinogradDevice(nets.load(), 1)
    batch = bundled_batch(3)
    expected = device.submit(batch).result().evaluations
    device._executor.shutdown()
    device._pace = winograd_cpu.QUICK / (4 * 81)
    pending = device.submit(batch)
    found = pending.result(0.0)
    assert pending.result() is found
    assert torch.get_num_threads() == 1
    np.testing.assert_array_equal(found.evaluations.priors, expected.priors)
    assert found.begin < found.end
    device._pace = winograd_cpu.QUICK / (4 * 81)
    with pytest.raises(RuntimeError, match="after shutdown"):
        device.submit(bundled_batch(5))


def test_several_threads_share_even_a_quick_batch() -> None:
    device = WinogradDevice(nets.load(), 2)
    device.submit(bundled_batch(2)).result()
    device._executor.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        device.submit(bundled_batch(1))
