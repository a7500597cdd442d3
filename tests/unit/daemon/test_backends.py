"""Which backend comes of which options on which machine."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from daemon.evaluation.devices import backends
from daemon.evaluation.devices.backend_choice import exact
from daemon.evaluation.devices.backends import Backend, ThisMachine, candidates, check
from daemon.gpu_client import DeviceError

ALL = frozenset({"f32", "f16", "bf16", "int8"})


@dataclass(frozen=True)
class Machine:
    """One that has these devices, each able to do these precisions."""

    devices: tuple[str, ...]
    precision: frozenset[str] = ALL

    def missing(self, device: str) -> str | None:
        return None if device in self.devices else "not there; get one"

    def precisions(self, device: str) -> frozenset[str]:
        assert device in self.devices, "asked of a device that is not there"
        return self.precision


EVERYTHING = Machine(("cuda", "openvino", "torch"))
PLAIN = Machine(("torch",), frozenset({"f32"}))
OLD = Machine(("openvino", "torch"), frozenset({"f32", "int8"}))


class Usual(Machine):
    """One whose CPU has several devices, of which one knows other precisions."""

    def precisions(self, device: str) -> frozenset[str]:
        return frozenset({"f32", "int16"}) if device == "winograd" else super().precisions(device)


USUAL = Usual(("openvino", "winograd", "torch"))
WITHOUT_OPENVINO = Usual(("winograd", "torch"))


@pytest.mark.parametrize(("device", "precision", "machine", "expected"), [
    ("auto", "auto", EVERYTHING, "cuda f16, cuda bf16, cuda f32"),
    ("auto", "auto", Machine(("openvino", "torch")), "openvino int8, openvino bf16, openvino f32"),
    ("auto", "auto", Machine(("torch",)), "torch bf16, torch f32"),
    ("auto", "auto", PLAIN, "torch f32"),
    ("auto", "auto", OLD, "openvino int8, openvino f32"),
    ("auto", "auto", USUAL, "openvino int8, openvino bf16, winograd int16, openvino f32, winograd f32"),
    ("auto", "auto", WITHOUT_OPENVINO, "torch bf16, winograd int16, torch f32, winograd f32"),
    ("auto", "auto", Usual(("cuda", "openvino", "winograd", "torch")), "cuda f16, cuda bf16, cuda f32"),
    ("auto", "f32", USUAL, "openvino f32, winograd f32"),
    ("auto", "int8", USUAL, "openvino int8"),
    ("auto", "int16", USUAL, "winograd int16"),
    ("winograd", "auto", USUAL, "winograd int16, winograd f32"),
    ("openvino", "auto", USUAL, "openvino int8, openvino bf16, openvino f32"),
    ("auto", "bf16", EVERYTHING, "cuda bf16"),
    ("auto", "int8", OLD, "openvino int8"),
    ("torch", "auto", EVERYTHING, "torch bf16, torch f32"),
    ("openvino", "f32", EVERYTHING, "openvino f32"),
])  # fmt: skip
def test_what_the_options_leave(device: str, precision: str, machine: Machine, expected: str) -> None:
    assert ", ".join(map(str, candidates(device, precision, machine))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("device", "precision", "machine", "complaint"), [
    ("cuda", "auto", PLAIN, "--device cuda: not there; get one"),
    ("openvino", "auto", PLAIN, "--device openvino: not there; get one"),
    ("auto", "bf16", PLAIN, "--precision bf16: this CPU has no such arithmetic; use f32"),
    ("openvino", "bf16", OLD, "--precision bf16: this CPU has no such arithmetic; use f32 or int8"),
    ("cuda", "bf16", Machine(("cuda",), frozenset({"f32", "f16"})), "this GPU has no such arithmetic; use f16 or f32"),
    ("openvino", "f16", EVERYTHING, "--precision f16: openvino evaluates in bf16, f32 or int8 only"),
    ("winograd", "bf16", USUAL, "--precision bf16: winograd evaluates in f32 or int16 only"),
    ("auto", "f16", USUAL, "--precision f16: this CPU has no such arithmetic; use bf16, f32, int16 or int8"),
    ("auto", "int8", WITHOUT_OPENVINO, "--precision int8: this CPU has no such arithmetic; use bf16, f32 or int16"),
    ("torch", "int8", EVERYTHING, "--precision int8: torch evaluates in bf16 or f32 only"),
])  # fmt: skip
def test_what_cannot_be_is_said_in_one_line(device: str, precision: str, machine: Machine, complaint: str) -> None:
    with pytest.raises(DeviceError) as caught:
        candidates(device, precision, machine)  # type: ignore[arg-type]
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_can_be_seen_at_a_glance_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    check("auto", "f16")
    check("emulated", "auto")
    check("torch", "bf16")
    with pytest.raises(DeviceError, match="torch evaluates in bf16 or f32 only"):
        check("torch", "int8")
    monkeypatch.setattr(backends, "find_spec", lambda _: None)
    with pytest.raises(DeviceError, match=r"--device openvino: OpenVINO is not installed; pip install"):
        check("openvino", "auto")


@pytest.mark.parametrize(("machine", "begins"), [
    (USUAL, "winograd f32"),
    (WITHOUT_OPENVINO, "winograd f32"),
    (OLD, "openvino f32"),
    (PLAIN, "torch f32"),
    (EVERYTHING, "cuda f32"),
])  # fmt: skip
def test_a_new_net_begins_with_what_is_exact_and_needs_no_conversion(machine: Machine, begins: str) -> None:
    assert str(exact(candidates("auto", "auto", machine))) == begins


def test_our_own_convolutions_are_there_on_every_machine() -> None:
    assert ThisMachine().missing("winograd") is None
    assert ThisMachine().precisions("winograd") == {"f32", "int16"}


def test_a_backend_says_what_it_is() -> None:
    assert str(Backend("openvino", "int8")) == "openvino int8"
