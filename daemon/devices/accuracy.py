"""How far a net strays from itself when it is evaluated in fewer bits, and which backend ``auto`` takes for that."""

from __future__ import annotations

import hashlib
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
import numpy as np

from daemon.devices import kept
from daemon.devices.backends import Backend
from daemon.gpu_client import Batch, Device, take
from nets import Evaluations, facts

LEAST_AGREEMENT, MOST_WIN_RATE_ERROR = 0.98, 0.01
"""What ``auto`` asks of a backend: the share of positions with the same best move, the mean error of the win rate."""

MEASURING = 2
"""Raised whenever what an earlier version of this module measured must not be used."""


class Accuracy(msgspec.Struct, frozen=True):
    """A backend beside the same net evaluated by torch in f32, over many positions.

    agreement: share of the positions whose likeliest move is the same. win_rate, worst_win_rate: mean and largest
    error of the win rate, in [0, 1]. score, worst_score: the same of the lead, points; None where the net has none.
    rate: positions a second on the largest board of the sample.
    """

    positions: int
    agreement: float
    win_rate: float
    worst_win_rate: float
    score: float | None
    worst_score: float | None
    rate: float

    @property
    def suffices(self) -> bool:
        """Whether ``auto`` may take it."""
        return self.agreement >= LEAST_AGREEMENT and self.win_rate <= MOST_WIN_RATE_ERROR


def evaluate(
    device: Device, samples: Sequence[Batch], size: int, clock: Callable[[], float]
) -> tuple[list[Evaluations], float]:
    """Evaluate each sample in batches of at most ``size``; and seconds a position, the median, on the largest board.

    clock: what the seconds are of. For a device on the CPU it is the process's own time, which means the same on a busy
    machine as on an idle one.
    """
    largest = max(sample.planes[0, 0].size for sample in samples)
    found, seconds = [], []
    for sample in samples:
        parts = []
        for first in range(0, len(sample), size):
            rows = np.arange(first, min(first + size, len(sample)))
            batch = Batch(sample.planes[rows], sample.global_inputs[rows], take(sample.positions, rows))
            begun = clock()
            parts.append(device.submit(batch).result().evaluations)
            if sample.planes[0, 0].size == largest:
                seconds.append((clock() - begun) / len(rows))
        fields = zip(*((part.value, part.lead, part.priors, part.ownership) for part in parts), strict=True)
        found.append(Evaluations(*map(np.concatenate, fields)))
    return found, statistics.median(seconds)


def compare(reference: Sequence[Evaluations], found: Sequence[Evaluations], rate: float) -> Accuracy:
    """What differs; both are of the same positions."""
    same = np.concatenate(
        [a.priors.argmax(axis=1) == b.priors.argmax(axis=1) for a, b in zip(reference, found, strict=True)]
    )
    win_rate = np.abs(np.concatenate([(a.value - b.value) / 2 for a, b in zip(reference, found, strict=True)]))
    lead = np.abs(np.concatenate([a.lead - b.lead for a, b in zip(reference, found, strict=True)]))
    has_lead = bool(np.isfinite(lead).all())
    return Accuracy(
        len(same),
        float(same.mean()),
        float(win_rate.mean()),
        float(win_rate.max()),
        float(lead.mean()) if has_lead else None,
        float(lead.max()) if has_lead else None,
        rate,
    )


def choose(
    net: Path, backends: Sequence[Backend], measure: Callable[[], dict[str, Accuracy]], hardware: str
) -> tuple[Backend, str]:
    """The fastest of these backends of one device that is accurate enough, and why, in a line.

    What ``measure`` finds, by precision, is kept: a net that was once measured on a machine gets the same backend for
    ever. f32 is the yardstick and always accurate enough.
    """
    if len(backends) == 1:
        return backends[0], f"nothing but {backends[0].precision} to choose from"
    device = backends[0].device
    names = " ".join(backend.precision for backend in backends)
    name = f"accuracy-{_digest(net.read_bytes())}-{_digest(f'{_versions()} {hardware} {device} {names}'.encode())}"
    found = msgspec.json.decode(
        kept.keep(name, lambda: msgspec.json.encode(_told(net, measure, device, names))), type=dict[str, Accuracy]
    )
    accurate = [one for one in backends if one.precision == "f32" or found[one.precision].suffices]
    best = max(accurate, key=lambda one: found[one.precision].rate)
    others = [_judgement(one, found) for one in backends if one != best]
    return best, f"{_judgement(best, found)}; not {'; not '.join(others)}"


def _told(net: Path, measure: Callable[[], dict[str, Accuracy]], device: str, names: str) -> dict[str, Accuracy]:
    facts.check(net)  # before anything is said: what is wrong with a net is told in one line
    what = f"measuring speed and accuracy of the net on {device} ({names}), the first time only (a minute or two) …"
    print(what, file=sys.stderr, flush=True)  # noqa: T201
    return measure()


def _judgement(backend: Backend, found: dict[str, Accuracy]) -> str:
    one = found[backend.precision]
    agreement = f"{one.agreement:.1%} same best moves as f32, win rate off by {one.win_rate:.2%}"
    return f"{backend.precision} ({one.rate:.0f}/s, {agreement})"


def _versions() -> str:
    found = [f"measuring {MEASURING}"]
    for package in ("torch", "openvino"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


def cpu() -> str:
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return " ".join(line for line in lines[:30] if line.startswith(("model name", "model\t", "stepping", "flags")))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]
