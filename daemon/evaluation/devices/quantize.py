"""A net in bytes: post-training quantization of an OpenVINO model.

Most of the convolutions that are larger than a point, which take nearly all of the time, multiply bytes; the heads and
whatever is pooled stay in floating point, for there a byte loses too much. Four things keep the rest close to the
original. OpenVINO's own tool lacks them: its result agrees with the net in 88 % of the positions, this one in 98 %
(b6c96).

- every output channel of the weights has a scale of its own;
- every input channel has one too: it is divided by it before it is rounded, and the weights are multiplied with it
  (SmoothQuant, Xiao et al. 2023). So a channel of small numbers keeps as many steps as one of large ones. The scale is
  chosen for the least rounding of both together;
- weights are rounded one after the other, each making up for what those before it did to the layer's outputs on real
  positions (GPTQ, Frantar et al. 2023);
- convolutions whose bytes bend the policy most for the time that they save stay in floating point, until what the
  others do to it together is small. (What each does alone adds up: 0.68 for 0.70 thousandths of a nat, b6c96.)
  Floating point is bf16 where that alone bends the policy less than the bytes may, and f32 elsewhere.

What is lost nevertheless is for ``accuracy`` to judge.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from daemon.evaluation.devices.disk_cache import Keep, anew
from daemon.evaluation.devices.openvino_library import core, openvino, supported
from daemon.gpu_client import Batch, take
from nets import RawOutputs, decode

Floating = Literal["bf16", "f32"]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

DIVERGENCE = 0.3e-3
"""What the convolutions in bytes may together do to the policy: Kullback-Leibler divergence, nats, the mean over
positions. (bf16 alone does 0.13e-3 to b6c96. Best moves change in 2 % of the positions at about 0.55e-3.)"""

DAMPING = 0.01
PATCHES = 1000
"""Places on the boards of one batch whose surroundings stand for all when weights are rounded."""
MADE_UP = 0.8
"""How much of the error of rounded weights remains after each has made up for those before it: seen with b6c96."""
EVERY = 3
"""Of each batch, every so many positions show what a convolution in bytes does to the policy."""

AT_ONCE = 1
"""Convolutions that are observed and rounded in one go, from which a calibration goes on if it is ended: a second or
two of work for a net of a million weights. Each go evaluates the net up to there; one for all of them would be a third
faster, and take much memory for large nets.
"""

_ARRAYS = ("scale", "below", "weights", "steps")
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

    def add(self, x: Floats, kernel: tuple[int, int], places: Sequence[NDArray[np.int64]]) -> None:
        """``places``: which position, row and column."""
        self.low = np.minimum(self.low, x.min(axis=(0, 2, 3)))
        self.high = np.maximum(self.high, x.max(axis=(0, 2, 3)))
        rows, columns = kernel
        padded = np.pad(x, ((0, 0), (0, 0), (rows // 2,) * 2, (columns // 2,) * 2))
        windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
        chosen = windows[places[0], :, places[1], places[2]].reshape(PATCHES, -1).astype(np.float64)
        self.products += chosen.T @ chosen
        self.patches += PATCHES


@dataclass(frozen=True)
class _Rounded:
    """A convolution in bytes. ``name``: its friendly name in the model.

    scale: float32[inputs], what its inputs are divided by. below: how many of their steps lie below zero. weights:
    int8[outputs, inputs, rows, columns], for the inputs so divided; steps: float32[outputs], what one of it stands for.
    """

    name: str
    scale: Floats
    below: int
    weights: NDArray[np.int8]
    steps: Floats


def quantized(model: Any, batches: Sequence[Batch], threads: int, keep: Keep = anew) -> tuple[Any, Floating]:
    """A copy of an ``openvino.Model`` in bytes, calibrated on these positions; and the arithmetic of the rest of it.

    model: two inputs, planes and globals, dynamic in all but their channels; outputs as ``nets.RawOutputs`` has them.
    keep: of its parts, so that a calibration goes on where an earlier one was ended.
    """
    convolutions = trunk(model)
    rounded: list[_Rounded] = []
    for first in range(0, len(convolutions), AT_ONCE):
        some = range(first, min(first + AT_ONCE, len(convolutions)))
        make = partial(_observed_and_rounded, model, convolutions, some, batches, threads)
        rounded += _unpacked(keep(f"rounded from {first}", make))
    policies = _Policies(model, [_thinned(batch) for batch in batches], threads, keep)

    def loss(one: int) -> float:
        def make() -> bytes:
            return msgspec.json.encode(policies.divergence(_in_bytes(model, rounded, [one])))

        return msgspec.json.decode(keep(f"loss of {one}", make), type=float)

    losses = [loss(one) for one in range(len(rounded))]
    costs = [one.weights.size for one in rounded]  # every weight is used as often as any other: once a point
    rest: Floating = "bf16" if policies.divergence(model, "bf16") < DIVERGENCE else "f32"
    return _in_bytes(model, rounded, worthwhile(losses, costs)), rest


def worthwhile(losses: Sequence[float], costs: Sequence[int]) -> list[int]:
    """Which convolutions go into bytes: those that lose least for what they cost, until ``DIVERGENCE`` is lost."""
    chosen, lost = [], 0.0
    for one in sorted(range(len(losses)), key=lambda one: losses[one] / costs[one]):
        lost += losses[one]
        if lost > DIVERGENCE:
            break
        chosen.append(one)
    return chosen


class _Policies:
    """The policies of a model for some positions, beside which others are set."""

    def __init__(self, model: Any, batches: Sequence[Batch], threads: int, keep: Keep) -> None:
        self._batches, self._threads = batches, threads
        self._exact: Doubles = np.frombuffer(keep("policies", lambda: self._of(model, "f32").tobytes()), np.float64)

    def divergence(self, model: Any, precision: Floating = "f32") -> float:
        """How far the policies of another model, or of the same in other arithmetic, are from these: nats, the mean."""
        bent = self._of(model, precision)
        logs = np.log(np.maximum(self._exact, 1e-12)) - np.log(np.maximum(bent, 1e-12))
        # The last two terms cancel but for rows that sum to 1 only nearly; with them no term is negative.
        return float((self._exact * logs - self._exact + bent).sum()) / sum(map(len, self._batches))

    def _of(self, model: Any, precision: Floating) -> Doubles:
        """Priors of all positions in one row."""
        compiled = _compiled(model, self._threads, precision)
        found = []
        for batch in self._batches:
            outputs = compiled([batch.planes, batch.global_inputs])
            raw = RawOutputs(*(outputs[place] for place in range(len(model.outputs))))
            found.append(decode(raw, batch.positions).priors.ravel())
        return np.concatenate(found).astype(np.float64)


def _thinned(batch: Batch) -> Batch:
    rows = np.arange(0, len(batch), EVERY)
    return Batch(batch.planes[rows], batch.global_inputs[rows], take(batch.positions, rows))


def _compiled(model: Any, threads: int, precision: Floating = "f32") -> Any:
    settings = {"INFERENCE_PRECISION_HINT": supported(precision), "INFERENCE_NUM_THREADS": threads}
    return core().compile_model(model, "CPU", settings)


def trunk(model: Any) -> list[Any]:
    """The convolutions that can be in bytes: those larger than a point. Heads have none, and others save little."""
    convolutions = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    return [node for node in convolutions if max(_weights(node).shape[2:]) > 1]


def _weights(convolution: Any) -> Floats:
    weights: Floats = convolution.input_value(1).get_node().get_data()
    return weights


def _observed_and_rounded(
    model: Any, convolutions: list[Any], some: range, batches: Sequence[Batch], threads: int
) -> bytes:
    with threadpool_limits(threads):  # threads of numpy's that wait for each other spin, which a busy machine punishes
        seen = _observe(model, convolutions, some, batches, threads)
        return _packed([_rounded(convolutions[one], inputs) for one, inputs in zip(some, seen, strict=True)])


def _packed(rounded: Sequence[_Rounded]) -> bytes:
    file = io.BytesIO()
    arrays = {str(number): np.array(one.name) for number, one in enumerate(rounded)}
    arrays |= {
        f"{number} {key}": np.asarray(getattr(one, key)) for number, one in enumerate(rounded) for key in _ARRAYS
    }
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _unpacked(content: bytes) -> list[_Rounded]:
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        count = sum(" " not in key for key in kept.files)
        rows = [[kept[f"{number} {key}"] for key in _ARRAYS] for number in range(count)]
        return [
            _Rounded(str(kept[str(number)]), scale, int(below), weights, steps)
            for number, (scale, below, weights, steps) in enumerate(rows)
        ]


def _observe(model: Any, convolutions: list[Any], some: range, batches: Sequence[Batch], threads: int) -> list[_Seen]:
    """What comes into some of the convolutions; nothing is evaluated that lies behind them."""
    watched = model.clone()
    by_name = {node.get_friendly_name(): node for node in watched.get_ordered_ops()}
    names = {one: convolutions[one].input_value(0).get_node().get_friendly_name() for one in some}
    inner = sorted(set(names.values()))  # two convolutions may have the same input
    outputs = [by_name[name].output(0) for name in inner]
    compiled = _compiled(openvino().Model(outputs, watched.get_parameters()), threads)
    place = {name: index for index, name in enumerate(inner)}
    seen = {one: _Seen.nothing(_weights(convolutions[one])) for one in some}
    rng = np.random.default_rng(0)
    for batch in batches:
        outputs = compiled([batch.planes, batch.global_inputs])
        n, _, height, width = batch.planes.shape
        for one in range(len(convolutions)):  # each has places of its own, whichever of them are observed together
            places = [rng.integers(0, end, PATCHES) for end in (n, height, width)]
            if one in seen:
                rows, columns = _weights(convolutions[one]).shape[2:]
                seen[one].add(outputs[place[names[one]]], (rows, columns), places)
    return list(seen.values())


def _rounded(convolution: Any, seen: _Seen) -> _Rounded:
    weights = _weights(convolution)
    outputs, inputs, rows, columns = weights.shape
    products = seen.products / seen.patches
    scale = balanced(weights, seen.low, seen.high, np.diag(products).reshape(inputs, -1).sum(axis=1))
    k = np.repeat(scale.astype(np.float64), rows * columns)
    bytes_, steps = rounded_weights(weights.reshape(outputs, -1) * k, products / np.outer(k, k))
    below = _steps_below(seen.low / scale)
    name = convolution.get_friendly_name()
    return _Rounded(name, scale, below, bytes_.reshape(weights.shape), steps.astype(np.float32))


def _in_bytes(model: Any, rounded: Sequence[_Rounded], chosen: Collection[int]) -> Any:
    """A copy of the model with these of its convolutions in bytes."""
    opset = openvino().opset13
    model = model.clone()
    by_name = {node.get_friendly_name(): node for node in model.get_ordered_ops()}
    for one in (rounded[index] for index in chosen):
        convolution = by_name[one.name]
        ratio = one.below / (_STEPS - one.below)
        # A product and one range for all, not a range for each channel: OpenVINO 2026.4 fuses those wrongly behind a
        # norm.
        divided = opset.multiply(convolution.input_value(0), 1.0 / one.scale[None, :, None, None])
        low, high = np.float32(-ratio), np.float32(1.0)
        inputs = opset.fake_quantize(divided, low, high, low, high, _STEPS + 1)
        whole = opset.convert(opset.constant(one.weights, np.int8), "f32")
        weights = opset.multiply(whole, one.steps[:, None, None, None])
        convolution.input(0).replace_source_output(inputs.output(0))
        convolution.input(1).replace_source_output(weights.output(0))
    model.validate_nodes_and_infer_types()
    return model


def balanced(weights: Floats, low: Floats, high: Floats, power: Doubles) -> Floats:
    """float32[inputs], what each input channel is divided by, so that all of them are within [-1, 1].

    Of several that lie between the channels' own reach and even weights the one with which rounding is expected to
    change the outputs least. power: float64[inputs], the mean square of a channel's inputs, summed over the kernel.
    """
    reach = np.maximum(np.maximum(-low, high), 1e-6).astype(np.float64)
    largest = np.abs(weights).max(axis=(2, 3)).astype(np.float64)
    weight = np.maximum(largest.max(axis=0), 1e-9)
    strength = (weights.astype(np.float64) ** 2).sum(axis=(0, 2, 3))

    def error(scale: Doubles) -> float:
        of_inputs = ((scale / _STEPS) ** 2 * strength).sum()
        of_weights = (((largest * scale).max(axis=1) / _MOST) ** 2).sum() * (power / scale**2).sum()
        return float(of_inputs + MADE_UP * of_weights)

    def between(balance: float, share: float) -> Doubles:
        wanted = reach**balance / weight ** (1.0 - balance)
        scale: Doubles = np.maximum(reach, share * wanted * (reach / wanted).max())
        return scale

    tried = product((0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0), (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2))
    return min((between(*one) for one in tried), key=error).astype(np.float32)


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
