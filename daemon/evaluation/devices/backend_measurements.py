"""A net on a piece of hardware: what was measured of its backends, kept on disk."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from daemon.evaluation.devices import backend_choice, disk_cache
from daemon.evaluation.devices.accuracy import Accuracy
from daemon.evaluation.devices.backend_choice import Choice
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.openvino_library import cpu_limit
from nets.facts import identity_of

MEASURING = 8
"""Raised whenever what an earlier version of this program measured must not be used."""


@dataclass(frozen=True)
class NetOnHardware:
    """sha256: of the net's file. architecture: as ``nets.facts.identity_of`` has it."""

    net: Path
    sha256: str
    architecture: str
    hardware: str

    @classmethod
    def of(cls, net: Path, hardware: str) -> NetOnHardware:
        """The net in a file. Raises ``NetError``."""
        return cls(net, *identity_of(net), hardware)

    def keep(self, backend: Backend, found: Accuracy) -> None:
        """Remember what was measured of a backend, for this net and for others of its architecture."""
        for whose in (self.sha256, self.architecture):
            disk_cache.put(self._name(whose, backend), msgspec.json.encode(found))

    def own(self, backend: Backend) -> Accuracy | None:
        """What was measured of a backend with this net."""
        return self._find(self.sha256, backend)

    def known(self, backend: Backend) -> Accuracy | None:
        """What was measured of a backend with this net, or else last with one of its architecture."""
        return self.own(backend) or self._find(self.architecture, backend)

    def part(self, backend: Backend, what: str, make: Callable[[], bytes]) -> bytes:
        """A part of a measurement that is under way: as it was kept, or made and kept until ``tidy_up``."""
        name = f"{self._part}{_digest(f'{_about(self.hardware, backend)} {what}')}"
        found = disk_cache.find(name)
        if found is None:
            found = make()
            disk_cache.put(name, found)
        return found

    def tidy_up(self) -> None:
        """Forget the parts: all is measured."""
        disk_cache.remove(self._part)

    def choose(self, backends: Sequence[Backend], is_ready: Callable[[Backend], bool]) -> Choice:
        """Which of these backends to take by what is known now."""
        own, others = (
            {one: found for one in backends if (found := self._find(whose, one)) is not None}
            for whose in (self.sha256, self.architecture)
        )
        return backend_choice.choose(backends, own, others, is_ready)

    @property
    def _part(self) -> str:
        return f"part-{self.sha256[:24]}-"

    def _find(self, whose: str, backend: Backend) -> Accuracy | None:
        found = disk_cache.find(self._name(whose, backend))
        return None if found is None else msgspec.json.decode(found, type=Accuracy)

    def _name(self, whose: str, backend: Backend) -> str:
        return f"accuracy-{whose[:24]}-{_digest(_about(self.hardware, backend))}"


def hardware_of(backends: Sequence[Backend]) -> str:
    """The name of what these backends, all on a GPU or all on the CPU, work on."""
    if backends[0].device == "cuda":
        import torch

        return str(torch.cuda.get_device_name())
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    told = [line for line in lines[:30] if line.startswith(("model name", "model\t", "stepping", "flags"))]
    return " ".join([*told, *(["limited to " + limit] if (limit := cpu_limit()) else [])])


def _about(hardware: str, backend: Backend) -> str:
    """What a measurement depends on beside the net."""
    found = [f"measuring {MEASURING}"]
    for package in ("torch", "openvino", "numpy"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return f"{', '.join(found)} {hardware} {backend}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
