"""Which backend auto takes: the fastest that is accurate enough and ready; and what is still to be found out."""

from __future__ import annotations

import pytest

from daemon.evaluation.devices.accuracy import Accuracy
from daemon.evaluation.devices.backend_choice import Choice, choose, plain_words
from daemon.evaluation.devices.backends import Backend

INT8, BF16, F32 = BACKENDS = [Backend("openvino", one) for one in ("int8", "bf16", "f32")]  # type: ignore[arg-type]


def accuracy(agreement: float, win_rate: float, rate: float) -> Accuracy:
    return Accuracy(100, agreement, win_rate, win_rate * 5, None, None, rate)


GOOD, POOR, EXACT = accuracy(0.99, 0.001, 300), accuracy(0.97, 0.001, 500), accuracy(1.0, 0.0, 150)
FASTER, SLOWER = accuracy(0.99, 0.002, 500), accuracy(0.99, 0.002, 200)


def all_ready(_backend: Backend) -> bool:
    return True


@pytest.mark.parametrize(("int8", "bf16", "expected"), [
    (FASTER, GOOD, "int8"),
    (accuracy(0.979, 0.002, 500), GOOD, "bf16"),
    (accuracy(0.99, 0.011, 500), GOOD, "bf16"),
    (accuracy(0.98, 0.01, 500), GOOD, "int8"),
    (POOR, accuracy(0.97, 0.001, 300), "f32"),
    (accuracy(0.99, 0.002, 100), accuracy(0.99, 0.001, 120), "f32"),
])  # fmt: skip
def test_the_fastest_that_is_accurate_enough(int8: Accuracy, bf16: Accuracy, expected: str) -> None:
    chosen = choose(BACKENDS, {INT8: int8, BF16: bf16, F32: EXACT}, {}, all_ready)
    assert chosen.backend.precision == expected
    assert chosen.ahead == (), "nothing is left to be found out"
    assert chosen.why.startswith(f"{expected} (")
    assert "\n" not in chosen.why


def test_f32_needs_no_proof() -> None:
    found = {INT8: accuracy(0.1, 0.1, 9), BF16: accuracy(0.1, 0.1, 9), F32: accuracy(0.9, 0.1, 1)}
    assert choose(BACKENDS, found, {}, all_ready).backend == F32


def test_where_nothing_is_known_it_is_the_exact_one_and_all_are_measured_the_slowest_to_make_last() -> None:
    chosen = choose(BACKENDS, {}, {}, all_ready)
    assert (chosen.backend, chosen.ahead) == (F32, (F32, BF16, INT8))
    assert chosen.why == "f32, which is exact; int8 and bf16 not measured yet"


def test_what_is_known_is_taken_before_all_is() -> None:
    chosen = choose(BACKENDS, {F32: EXACT, BF16: GOOD}, {}, all_ready)
    assert (chosen.backend, chosen.ahead) == (BF16, (INT8,))


def test_another_net_of_its_architecture_speaks_for_a_net_until_it_was_measured_itself() -> None:
    known = {F32: EXACT, BF16: GOOD, INT8: FASTER}
    chosen = choose(BACKENDS, {}, known, all_ready)
    assert chosen.backend == INT8
    assert "by another net of its architecture" in chosen.why
    assert set(chosen.ahead) == set(BACKENDS)
    assert choose(BACKENDS, {INT8: POOR}, known, all_ready).backend == BF16, "its own word counts more"


def test_what_must_be_calibrated_is_not_taken_before_it_is_ready() -> None:
    def uncalibrated(backend: Backend) -> bool:
        return backend != INT8

    known = {F32: EXACT, BF16: GOOD, INT8: FASTER}
    chosen = choose(BACKENDS, {}, known, uncalibrated)
    assert chosen.backend == BF16
    assert "; int8 (500/s, 99.0% same best moves as f32, win rate off by 0.20%, by another net" in chosen.why
    assert ") not ready yet; not f32 (150/s" in chosen.why
    again = choose(BACKENDS, known, {}, uncalibrated)
    assert (again.backend, again.ahead) == (BF16, (INT8,)), "measured once, and its calibrated form was lost"


def test_what_its_architecture_is_known_to_be_slower_with_is_not_measured() -> None:
    known = {F32: EXACT, BF16: GOOD, INT8: SLOWER}
    chosen = choose(BACKENDS, {F32: EXACT, BF16: GOOD}, known, all_ready)
    assert (chosen.backend, chosen.ahead, chosen.found) == (BF16, (), GOOD)
    assert choose(BACKENDS, {F32: EXACT, BF16: POOR}, known, all_ready).ahead == (INT8,)


def test_where_there_is_no_choice_nothing_is_measured() -> None:
    chosen = choose([F32], {}, {}, all_ready)
    assert (chosen.backend, chosen.ahead) == (F32, ())
    assert "nothing but f32" in chosen.why


WINOGRAD = Backend("winograd", "f32")
SEVERAL = [INT8, BF16, F32, WINOGRAD]
NEARLY_EXACT = accuracy(1.0, 1e-6, 250)


@pytest.mark.parametrize(("known", "expected", "ahead"), [
    ({}, WINOGRAD, (WINOGRAD, BF16, F32, INT8)),
    ({WINOGRAD: EXACT}, WINOGRAD, (BF16, F32, INT8)),
    ({WINOGRAD: EXACT, F32: NEARLY_EXACT}, F32, (BF16, INT8)),
    ({WINOGRAD: EXACT, F32: accuracy(0.9, 0.1, 900)}, WINOGRAD, (BF16, INT8)),
    ({WINOGRAD: NEARLY_EXACT, F32: EXACT, BF16: SLOWER, INT8: SLOWER}, WINOGRAD, ()),
    ({WINOGRAD: NEARLY_EXACT, F32: EXACT, BF16: GOOD, INT8: FASTER}, INT8, ()),
    ({WINOGRAD: NEARLY_EXACT, F32: EXACT, BF16: GOOD, INT8: POOR}, BF16, ()),
])  # fmt: skip
def test_several_devices_compete(known: dict[Backend, Accuracy], expected: Backend, ahead: tuple[Backend, ...]) -> None:
    chosen = choose(SEVERAL, known, {}, all_ready)
    assert (chosen.backend, chosen.ahead) == (expected, ahead)


def test_where_several_devices_compete_they_are_named() -> None:
    chosen = choose(SEVERAL, {WINOGRAD: NEARLY_EXACT, F32: EXACT}, {}, all_ready)
    assert chosen.why.startswith("winograd f32 (250/s, 100.0% same best moves as f32, win rate off by 0.00%)")
    assert "; not openvino f32 (150/s" in chosen.why
    assert chosen.why.endswith("; openvino int8 and openvino bf16 not measured yet")


CUDA, TORCH = Backend("cuda", "f16"), Backend("torch", "f32")

LINES = [
    (Choice(F32, "…"), "", "device: CPU, by OpenVINO, in exact arithmetic (f32)"),
    (Choice(WINOGRAD, "…"), "", "device: CPU, by Winograd's convolutions, in exact arithmetic (f32)"),
    (Choice(TORCH, "…", found=EXACT), "", "device: CPU, by torch, in exact arithmetic (f32); 150 positions a second"),
    (
        Choice(CUDA, "…", found=accuracy(0.9974, 0.001, 21_456.7)),
        "from now on",
        "device: GPU, by CUDA, in half precision (f16), from now on; 21,457 positions a second; the same best move as "
        "in exact arithmetic in 99.7% of positions",
    ),
    (
        Choice(F32, "…", trouble="no game is bundled for 5x5"),
        "as before",
        "device: CPU, by OpenVINO, in exact arithmetic (f32), as before; nothing faster can be measured: no game is "
        "bundled for 5x5",
    ),
]


@pytest.mark.parametrize(("chosen", "when", "line"), LINES)
def test_a_person_is_told_in_plain_words(chosen: Choice, when: str, line: str) -> None:
    assert plain_words(chosen, when) == line
