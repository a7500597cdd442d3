"""OpenVINO says of a position what torch says of it; in bytes, nearly so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

pytest.importorskip("openvino", reason="OpenVINO is not installed")

import torch

import nets
from daemon.evaluation.devices import accuracy, disk_cache, openvino_library, openvino_model, quantize
from daemon.evaluation.devices.evaluation_cache import CachedDevice
from daemon.evaluation.devices.openvino_cpu import OpenVinoDevice
from daemon.evaluation.devices.openvino_model import Model
from daemon.evaluation.devices.real_positions import sample
from daemon.evaluation.devices.torch_cpu import TorchDevice
from daemon.gpu_client import Batch, take
from nets import NetError
from tests.unit.daemon.batches import boards


@pytest.fixture(scope="module")
def model() -> Model:
    """The bundled net, by the user's own cache."""
    return openvino_model.load(nets.BUNDLED)


@pytest.fixture(scope="module")
def samples(model: Model) -> list[Batch]:
    """A few positions of each game."""
    found = sample(model.features, range(model.min_size, model.max_size + 1), (2,))
    return [some(batch, range(0, len(batch), 6)) for batch in found]


def some(batch: Batch, rows: range) -> Batch:
    where = np.array(rows)
    return Batch(batch.planes[where], batch.global_inputs[where], take(batch.positions, where))


def evaluate(device: OpenVinoDevice | TorchDevice, batches: list[Batch], size: int = 4) -> list[nets.Evaluations]:
    found = accuracy.evaluate(device, batches, size, lambda: 0.0)[0]
    device.close()
    return found


def test_f32_is_what_torch_says(model: Model, samples: list[Batch]) -> None:
    assert {batch.planes.shape[2] for batch in samples} == {9, 13, 19}
    expected = evaluate(TorchDevice(nets.load(), 1), samples)
    found = evaluate(OpenVinoDevice(model, "f32", 1, 4), samples)
    for one, other in zip(found, expected, strict=True):
        for field in ("value", "priors", "ownership"):
            assert np.abs(getattr(one, field) - getattr(other, field)).max() < 1e-4
        assert np.abs(one.lead - other.lead).max() < 1e-2, "of some 360 points"


class Small(torch.nn.Module):
    """Three convolutions as a trunk, with a norm between that makes channels of very different size, and heads."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Conv2d(4, 8, 3, padding=1)
        self.scale = torch.nn.Parameter(torch.logspace(-2, 1, 8)[:, None, None])
        self.second = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.third = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.head = torch.nn.Conv2d(8, 2, 1)

    def forward(self, planes: torch.Tensor, globals_: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x = torch.relu(self.first(planes) * self.scale)
        x = self.third(torch.nn.functional.mish(self.second(x)))
        points = self.head(torch.relu(x)).flatten(2)
        policy = 5 * torch.cat([points[:, 0], globals_[:, :1]], dim=1)
        return policy, torch.tanh(points[:, 1].mean(1)), globals_[:, 1], torch.tanh(points[:, 1])


@pytest.fixture
def in_bytes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], tuple[Any, Any]]:
    """``Small``, and the same in bytes as far as a divergence allows."""
    example = (torch.zeros(1, 4, 5, 5), torch.zeros(1, 3))
    model = openvino_library.openvino().convert_model(Small().requires_grad_(False), example_input=example)
    assert len(quantize.trunk(model)) == 3, "the head keeps its floating point"

    def make(divergence: float) -> tuple[Any, Any]:
        monkeypatch.setattr(quantize, "DIVERGENCE", divergence)
        return model, quantize.quantized(model, [boards(40, seed, 5, 5) for seed in range(3)], 1)[0]

    return make


def policies(*models: Any) -> list[np.ndarray]:
    batch, settings = boards(40, 3, 5, 5), {"INFERENCE_PRECISION_HINT": "f32"}
    inputs = [batch.planes, batch.global_inputs]
    return [openvino_library.core().compile_model(one, "CPU", settings)(inputs)[0] for one in models]


def convolutions_in_bytes(model: Any) -> int:
    constants = [node for node in model.get_ops() if node.get_type_name() == "Constant"]
    return [node.get_element_type().get_type_name() for node in constants].count("i8")


def test_in_bytes_it_is_nearly_that(in_bytes: Callable[[float], tuple[Any, Any]]) -> None:
    model, small = in_bytes(1.0)
    exact, near = policies(model, small)
    assert 0.0 < np.std(near - exact) < 0.03 * np.std(exact)
    assert convolutions_in_bytes(small) == 3


def test_what_bends_the_policy_too_much_stays_in_floating_point(
    in_bytes: Callable[[float], tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, none = in_bytes(0.0)
    assert convolutions_in_bytes(none) == 0
    assert np.array_equal(*policies(model, none))
    losses = iter([0.1, 0.3, 0.1, 0.0])
    monkeypatch.setattr(quantize._Policies, "divergence", lambda *_: next(losses))
    model, two = in_bytes(0.2)
    assert convolutions_in_bytes(two) == 2
    weights = [node.input_value(1).get_node().get_type_name() for node in two.get_ordered_ops() if kind(node) == "3x3"]
    assert weights == ["Multiply", "Constant", "Multiply"], "the second loses most"


@pytest.mark.parametrize(("in_bf16", "rest"), [(0.1, "bf16"), (0.3, "f32")])
def test_the_rest_is_in_bf16_where_that_alone_does_less_than_bytes_may(
    in_bf16: float, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantize, "DIVERGENCE", 0.2)
    losses = {"f32": 0.1, "bf16": in_bf16}
    monkeypatch.setattr(quantize._Policies, "divergence", lambda _, __, precision="f32": losses[precision])
    example = (torch.zeros(1, 4, 5, 5), torch.zeros(1, 3))
    model = openvino_library.openvino().convert_model(Small().requires_grad_(False), example_input=example)
    assert quantize.quantized(model, [boards(40, seed, 5, 5) for seed in range(3)], 1)[1] == rest


def test_a_calibration_goes_on_where_it_was_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (torch.zeros(1, 4, 5, 5), torch.zeros(1, 3))
    model = openvino_library.openvino().convert_model(Small().requires_grad_(False), example_input=example)
    batches = [boards(40, seed, 5, 5) for seed in range(3)]
    monkeypatch.setattr(quantize, "DIVERGENCE", 1.0)
    whole = openvino_model.serialized(quantize.quantized(model, batches, 1)[0])
    parts: dict[str, bytes] = {}

    def keep(name: str, make: Callable[[], bytes]) -> bytes:
        if name not in parts:
            parts[name] = make()
            raise KeyboardInterrupt
        return parts[name]

    ends, again = 0, None
    while again is None:
        try:
            again = quantize.quantized(model, batches, 1, keep)[0]
        except KeyboardInterrupt:
            ends += 1
    assert ends == len(parts) > 5
    assert openvino_model.serialized(again)[1] == whole[1], "and comes to the same"
    monkeypatch.setattr(quantize, "AT_ONCE", 10)
    assert openvino_model.serialized(quantize.quantized(model, batches, 1)[0])[1] == whole[1]


def kind(node: Any) -> str:
    """A convolution's kernel."""
    if node.get_type_name() != "Convolution":
        return ""
    return "x".join(str(side) for side in node.input_value(1).get_shape()[2:])


@pytest.mark.parametrize(
    ("losses", "costs", "chosen"),
    [
        ([], [], []),
        ([0.1, 0.1], [1, 1], [0, 1]),
        ([0.1, 0.3, 0.1], [1, 1, 1], [0, 2]),
        ([0.15, 0.15], [1, 2], [1]),
        ([0.21], [1], []),
        ([0.0, 0.0], [5, 1], [0, 1]),
    ],
)
def test_those_that_lose_least_for_their_cost_are_chosen_until_enough_is_lost(
    losses: list[float], costs: list[int], chosen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantize, "DIVERGENCE", 0.2)
    assert sorted(quantize.worthwhile(losses, costs)) == chosen


def test_results_do_not_depend_on_when_they_are_fetched(model: Model, samples: list[Batch]) -> None:
    device = OpenVinoDevice(model, "f32", 1, 4)
    longest = max(samples, key=len)
    parts = [some(longest, range(first, first + 2)) for first in (0, 2, 4)]
    one_by_one = [device.submit(part).result().evaluations.value for part in parts]
    pending = [device.submit(part) for part in parts]
    together = [one.result(timeout=60.0) for one in reversed(pending)][::-1]
    for alone, result in zip(one_by_one, together, strict=True):
        assert np.array_equal(alone, result.evaluations.value)
        assert result.begin <= result.end


def test_remembered_evaluations_are_those_of_the_net_bit_for_bit(model: Model, samples: list[Batch]) -> None:
    """While batches have one size: of another size, the same position differs in its last bits."""
    longest = max(samples, key=len)
    plain, cached = OpenVinoDevice(model, "f32", 1, 4), CachedDevice(OpenVinoDevice(model, "f32", 1, 4), 1 << 24)
    batches = [some(longest, range(first, first + 4)) for first in (0, 4, 0, 4)]
    mixed = np.array([0, 6, 5, 1])
    batches.append(Batch(longest.planes[mixed], longest.global_inputs[mixed], take(longest.positions, mixed)))
    for batch in batches:
        expected, found = (device.submit(batch).result().evaluations for device in (plain, cached))
        for field in ("value", "lead", "priors", "ownership"):
            assert np.array_equal(getattr(found, field), getattr(expected, field))


def test_a_board_that_the_net_does_not_know_is_refused(model: Model) -> None:
    batch = sample(model.features, range(9, 10), (2,))[0]
    tiny = Batch(batch.planes[:, :, :3, :3].copy(), batch.global_inputs, batch.positions)
    with pytest.raises(NetError, match="not 3x3"):
        OpenVinoDevice(model, "f32", 1, 4).submit(tiny)


def test_a_board_is_compiled_once_whatever_batches_come_along(
    model: Model, samples: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = OpenVinoDevice(model, "f32", 1, 4)
    longest = max(samples, key=len)
    device.submit(some(longest, range(1))).result()
    monkeypatch.setattr(device, "_compile", lambda *_: pytest.fail("a search waits for this"))
    for size in (4, 3, 5):
        assert len(device.submit(some(longest, range(size))).result().evaluations.value) == size


@pytest.mark.parametrize(("capabilities", "rest", "hint"), [
    ({"FP32", "INT8", "BF16"}, "bf16", "bf16"),
    ({"FP32", "INT8"}, "bf16", "f32"),
    ({"FP32", "INT8", "BF16"}, "f32", "f32"),
])  # fmt: skip
def test_what_is_not_in_bytes_is_in_bf16_only_where_the_cpu_has_it(
    model: Model, capabilities: set[str], rest: Any, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere OpenVINO would imitate it, which made a net in bytes three times as slow with AVX-512 and no bf16."""
    monkeypatch.setattr(openvino_library, "capabilities", lambda: frozenset(capabilities))
    device = OpenVinoDevice(msgspec.structs.replace(model, rest=rest), "int8", 1, 4)
    assert device._settings["INFERENCE_PRECISION_HINT"] == hint


@pytest.mark.parametrize(("limit", "bf16"), [
    ("AVX2", False), ("avx2", False), ("AVX512_CORE", False),
    ("AVX512_CORE_AMX", True), ("DEFAULT", True), (None, True),
])  # fmt: skip
def test_what_onednn_may_not_use_is_no_capability(
    limit: str | None, bf16: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenVINO told of bf16 all the same, and then could not compile."""
    monkeypatch.setattr(openvino_library, "core", CpuWithBf16)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if limit is not None:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert openvino_library.capabilities() == {"FP32", "INT8"} | ({"BF16"} if bf16 else set())


class CpuWithBf16:
    """OpenVINO's core on a CPU that multiplies bf16."""

    def get_property(self, *_: str) -> list[str]:
        return ["FP32", "INT8", "BF16"]


def test_a_net_is_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path)
    first = openvino_model.load(nets.BUNDLED)
    monkeypatch.setattr(openvino_model, "convert", lambda _: pytest.fail("converted again"))
    assert openvino_model.load(nets.BUNDLED) == first
    assert first.sha256 == nets.load().sha256


def test_a_file_that_holds_no_net_is_named(tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(b"nothing of the kind")
    for path in (tmp_path / "net", tmp_path / "missing"):
        with pytest.raises(NetError, match=str(path)):
            openvino_model.load(path)


# Rounding.


def correlated(k: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((400, k)) @ (rng.standard_normal((k, k)) / 3) + 0.5


def test_weights_are_rounded_for_the_outputs() -> None:
    inputs = correlated(40)
    weights = np.random.default_rng(1).standard_normal((16, 40))
    bytes_, steps = quantize.rounded_weights(weights, inputs.T @ inputs / len(inputs))
    plain = np.rint(weights / steps[:, None]) * steps[:, None]
    errors = [np.square(inputs @ (rounded - weights).T).mean() for rounded in (bytes_ * steps[:, None], plain)]
    assert errors[0] < 0.6 * errors[1]
    assert np.abs(bytes_).max() <= 127


def test_channels_are_divided_so_that_nothing_is_cut_off_and_little_is_lost() -> None:
    rng = np.random.default_rng(2)
    reach = np.array([1, 10, 0.3, 100, 5, 1e-3], np.float32)
    inputs = reach * rng.random((500, 6)).astype(np.float32)
    weights = rng.standard_normal((8, 6, 1, 1)).astype(np.float32) / np.sqrt(reach[:, None, None])
    low, high = np.minimum(0, inputs.min(axis=0)), inputs.max(axis=0)

    def lost(scale: np.ndarray) -> float:
        w = weights[:, :, 0, 0] * scale
        step = np.abs(w).max(axis=1, keepdims=True) / 127
        return float(
            np.square(np.rint(inputs / scale * 255) / 255 @ (np.rint(w / step) * step).T - inputs / scale @ w.T).mean()
        )

    scale = quantize.balanced(weights, low, high, np.square(inputs.astype(np.float64)).mean(axis=0))
    assert (high / scale).max() == pytest.approx(1.0)
    assert lost(scale) < lost(high), "each channel as far as it reaches"
    assert lost(scale) < lost(np.full(6, high.max(), np.float32)), "all channels alike"


@pytest.mark.parametrize(("low", "steps"), [(0.0, 0), (-1.0, 128), (-0.1, 24), (-1e-9, 1)])
def test_zero_is_a_step(low: float, steps: int) -> None:
    below = quantize._steps_below(np.array([low, 0.0], np.float32))
    assert below == steps
    assert below / (255 - below) >= -low - 1e-6, "and nothing is cut off"
