"""A net in bytes: post-training quantization of an OpenVINO model.

The convolutions up to the heads, which take nearly all of the time, multiply bytes; the heads and whatever is pooled
stay in floating point, for there a byte loses too much. Three things keep the rest close to the original, and
the last two are why this is not left to OpenVINO's own tool, whose result agrees with the net in 88 % of the positions
where this one does in 97 % (b6c96):

- every output channel of the weights has a scale of its own;
- every input channel has one too: what it is divided by before it is rounded is multiplied into the weights
  (SmoothQuant, Xiao et al. 2023), so that a channel of small numbers keeps as many steps as one of large ones;
- weights are rounded one after the other, each making up for what those before it did to the layer's outputs on real
  positions (GPTQ, Frantar et al. 2023).

What is lost nevertheless is for ``accuracy`` to judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from daemon.gpu_client import Batch

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

BALANCE = 0.6
"""How much of the work of a channel's scale its activations decide, and how much its weights; 1 and 0 at the ends."""
DAMPING = 0.01
PATCHES = 340
"""Places on the boards of one batch whose surroundings stand for all when weights are rounded."""

_STEPS = 255
_MOST = 127


@dataclass
class _Seen:
    """What came into a convolution.

    low, high: float32[inputs]. products: float64[k, k], sums over ``patches`` places, k = inputs * rows * columns.
    """

    low: Floats
    high: Floats
    products: Doubles
    patches: int = 0

    @classmethod
    def nothing(cls, weights: Floats) -> _Seen:
        _, inputs, rows, columns = weights.shape
        k = inputs * rows * columns
        return cls(np.zeros(inputs, np.float32), np.zeros(inputs, np.float32), np.zeros((k, k)))

    def add(self, x: Floats, kernel: tuple[int, int], rng: np.random.Generator) -> None:
        self.low = np.minimum(self.low, x.min(axis=(0, 2, 3)))
        self.high = np.maximum(self.high, x.max(axis=(0, 2, 3)))
        rows, columns = kernel
        padded = np.pad(x, ((0, 0), (0, 0), (rows // 2,) * 2, (columns // 2,) * 2))
        windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
        n, _, height, width = x.shape
        where = (rng.integers(0, n, PATCHES), rng.integers(0, height, PATCHES), rng.integers(0, width, PATCHES))
        chosen = windows[where[0], :, where[1], where[2]].reshape(PATCHES, -1).astype(np.float64)
        self.products += chosen.T @ chosen
        self.patches += PATCHES


def quantized(model: Any, batches: Iterable[Batch], threads: int) -> Any:
    """A copy of an ``openvino.Model`` in bytes, calibrated on these positions.

    model: two inputs, planes and globals, dynamic in all but their channels.
    """
    model = model.clone()
    convolutions = trunk(model)
    with threadpool_limits(threads):  # threads of numpy's that wait for each other spin, which a busy machine punishes
        seen = _observe(model, convolutions, batches, threads)
        for convolution, inputs in zip(convolutions, seen, strict=True):
            _into_bytes(convolution, inputs)
    model.validate_nodes_and_infer_types()
    return model


def trunk(model: Any) -> list[Any]:
    """The convolutions that can be in bytes: those up to the last that is larger than a point; then heads begin."""
    convolutions = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    large = [index for index, node in enumerate(convolutions) if max(_weights(node).shape[2:]) > 1]
    return convolutions[: large[-1] + 1] if large else []


def _weights(convolution: Any) -> Floats:
    weights: Floats = convolution.input_value(1).get_node().get_data()
    return weights


def _observe(model: Any, convolutions: list[Any], batches: Iterable[Batch], threads: int) -> list[_Seen]:
    from daemon.devices.openvino_model import core

    watched = model.clone()
    by_name = {node.get_friendly_name(): node for node in watched.get_ordered_ops()}
    names = [node.input_value(0).get_node().get_friendly_name() for node in convolutions]
    inner = sorted(set(names))  # two convolutions may have the same input
    watched.add_outputs([by_name[name].output(0) for name in inner])
    compiled = core().compile_model(
        watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    )
    place = {name: len(model.outputs) + index for index, name in enumerate(inner)}
    seen = [_Seen.nothing(_weights(node)) for node in convolutions]
    rng = np.random.default_rng(0)
    for batch in batches:
        outputs = compiled([batch.planes, batch.global_inputs])
        for node, name, inputs in zip(convolutions, names, seen, strict=True):
            rows, columns = _weights(node).shape[2:]
            inputs.add(outputs[place[name]], (rows, columns), rng)
    return seen


def _into_bytes(convolution: Any, seen: _Seen) -> None:
    from daemon.devices.openvino_model import openvino

    opset = openvino().opset13
    weights = _weights(convolution)
    scale = balanced(weights, seen.low, seen.high)
    below = _steps_below(seen.low / scale)
    ratio = below / (_STEPS - below)
    # A product and one range for all, not a range for each channel: OpenVINO 2026.4 fuses those wrongly behind a norm.
    divided = opset.multiply(convolution.input_value(0), 1.0 / scale[None, :, None, None])
    low, high = np.float32(-ratio), np.float32(1.0)
    rounded = opset.fake_quantize(divided, low, high, low, high, _STEPS + 1)
    k = np.repeat(scale.astype(np.float64), weights.shape[2] * weights.shape[3])
    bytes_, steps = rounded_weights(
        weights.reshape(len(weights), -1).astype(np.float64) * k, seen.products / seen.patches / np.outer(k, k)
    )
    in_bytes = opset.constant(bytes_.reshape(weights.shape), np.int8)
    floats = opset.multiply(opset.convert(in_bytes, "f32"), steps.astype(np.float32)[:, None, None, None])
    convolution.input(0).replace_source_output(rounded.output(0))
    convolution.input(1).replace_source_output(floats.output(0))


def balanced(weights: Floats, low: Floats, high: Floats) -> Floats:
    """float32[inputs], what each input channel is divided by: the least that leaves all of them within [-1, 1]."""
    reach = np.maximum(np.maximum(-low, high), 1e-6)
    weight = np.maximum(np.abs(weights).max(axis=(0, 2, 3)), 1e-9)
    wanted = reach**BALANCE / weight ** (1.0 - BALANCE)
    scale: Floats = (wanted * (reach / wanted).max()).astype(np.float32)
    return scale


def _steps_below(low: Floats) -> int:
    """How many of the steps lie below zero, so that zero is one of them; ``low``: in units of the highest value."""
    least = min(0.0, float(low.min()))
    return min(_STEPS // 2 + 1, int(np.ceil(_STEPS * -least / (1.0 - least))))


def rounded_weights(weights: Doubles, products: Doubles) -> tuple[NDArray[np.int8], Doubles]:
    """int8[outputs, k], and float64[outputs], the step of each row, of weights[outputs, k].

    products: float64[k, k], the mean products of a convolution's inputs. Columns are rounded one by one, those of the
    strongest inputs first, and what a rounding changes in the outputs is taken back by the columns still to come.
    """
    order = np.argsort(-np.diag(products), kind="stable")
    steps = np.maximum(np.abs(weights).max(axis=1), 1e-12) / _MOST
    left = weights[:, order] / steps[:, None]
    damped = products[np.ix_(order, order)]
    damped[np.diag_indices_from(damped)] += DAMPING * np.trace(products) / len(products) + 1e-12
    # Row i: how an error in column i is best spread over itself and the columns behind it.
    spread = np.linalg.cholesky(np.linalg.inv(damped)).T
    bytes_ = np.empty(weights.shape, np.int8)
    for i in range(left.shape[1]):
        whole = np.clip(np.rint(left[:, i]), -_MOST, _MOST)
        bytes_[:, order[i]] = whole
        left[:, i:] -= np.outer((left[:, i] - whole) / spread[i, i], spread[i, i:])
    return bytes_, steps
