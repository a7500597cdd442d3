"""OpenVINO says of KataGo's newer nets what torch says of them, whatever the board and the batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino", reason="OpenVINO is not installed")

import torch

import nets
from daemon.evaluation.devices.openvino_library import core
from daemon.evaluation.devices.openvino_model import convert
from tests.unit.katago_writer import POOLING, RESIDUAL, Attention, FeedForward, Spec, write

BLOCKS = (Attention(), [POOLING, FeedForward(), Attention(6, 2, 4, 3, "learned")], FeedForward(), Attention(2, 1, 2, 4))


def test_openvino_evaluates_a_transformer_as_torch_does(tmp_path: Path) -> None:
    file = tmp_path / "net.bin"
    file.write_bytes(write(Spec(17, BLOCKS, "ACTIVATION_SILU", rms=0, seed=3)))
    net = nets.load(file)
    model = core().compile_model(convert(net), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rng = np.random.default_rng(1)
    for n, height, width in ((1, 19, 19), (3, 5, 9), (2, 2, 2)):
        planes, values = (rng.random(shape, np.float32) for shape in ((n, 22, height, width), (n, 20)))
        found = model([planes, values])
        with torch.inference_mode():
            expected = net.module(torch.from_numpy(planes), torch.from_numpy(values))
        for index, output in enumerate(expected):
            np.testing.assert_allclose(found[index], output, rtol=1e-4, atol=1e-4)


def test_half_precision_keeps_most_of_a_transformer(tmp_path: Path) -> None:
    """By torch's autocast, as the devices do it; what is lost beyond that is for ``accuracy`` to judge."""
    file = tmp_path / "net.bin"
    file.write_bytes(write(Spec(17, BLOCKS, "ACTIVATION_SILU", rms=0, seed=3)))
    module = nets.load(file).module
    planes, values = torch.rand(2, 22, 9, 9), torch.rand(2, 20)
    with torch.inference_mode():
        exact = module(planes, values)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = module(planes, values)
    for one, other in zip(exact, rounded, strict=True):
        torch.testing.assert_close(other, one, rtol=0.1, atol=0.1)


def test_mish_between_products_of_few_positions(tmp_path: Path) -> None:
    """On some CPUs OpenVINO compiles no such thing for a fixed small batch, as devices have it."""
    file = tmp_path / "net.bin"
    file.write_bytes(write(Spec(15, (RESIDUAL,), "ACTIVATION_MISH", metadata=True, seed=4)))
    net = nets.load(file)
    planes, values = (np.random.default_rng(1).random(shape, np.float32) for shape in ((4, 22, 9, 9), (4, 211)))
    model = convert(net)
    model.reshape({model.inputs[0]: planes.shape, model.inputs[1]: values.shape})
    found = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([planes, values])
    with torch.inference_mode():
        expected = net.module(torch.from_numpy(planes), torch.from_numpy(values))
    for index, output in enumerate(expected):
        np.testing.assert_allclose(found[index], output, rtol=1e-4, atol=1e-4)
