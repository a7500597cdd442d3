"""How far a net strays from itself when it is evaluated in fewer bits, and how fast it is then."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from daemon.gpu_client import Batch, Device, take
from nets import Evaluations

LEAST_AGREEMENT, MOST_WIN_RATE_ERROR = 0.98, 0.01
"""What ``auto`` asks of a backend: the share of positions with the same best move, the mean error of the win rate."""


class Accuracy(msgspec.Struct, frozen=True):
    """A backend beside the same net evaluated in f32, over many positions.

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


class Compared(msgspec.Struct, frozen=True):
    """The differences over a part of the positions, an entry each. lead: empty where the net has none.

    seconds: that a position took, for each batch on the largest board.
    """

    same: list[bool]
    win_rate: list[float]
    lead: list[float]
    seconds: list[float]


def evaluate(
    device: Device, samples: Sequence[Batch], size: int, clock: Callable[[], float], largest: int | None = None
) -> tuple[list[Evaluations], list[float]]:
    """Evaluate each sample in batches of at most ``size``; and seconds a position of each batch on the largest board.

    clock: what the seconds are of. For a device on the CPU it is the process's own time, which means the same on a busy
    machine as on an idle one. largest: points of that board, where the samples are but a part of all.
    """
    largest = largest or largest_board(samples)
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
        fields = zip(*(vars(part).values() for part in parts), strict=True)
        found.append(Evaluations(*map(np.concatenate, fields)))
    return found, seconds


def largest_board(samples: Sequence[Batch]) -> int:
    """Points of the largest board among them."""
    return max(int(sample.planes[0, 0].size) for sample in samples)


def compare(reference: Sequence[Evaluations], found: Sequence[Evaluations], seconds: Sequence[float]) -> Compared:
    """What differs; both are of the same positions."""
    pairs = list(zip(reference, found, strict=True))
    same = np.concatenate([a.priors.argmax(axis=1) == b.priors.argmax(axis=1) for a, b in pairs])
    win_rate = np.abs(np.concatenate([(a.value - b.value) / 2 for a, b in pairs]))
    lead = np.abs(np.concatenate([a.lead - b.lead for a, b in pairs]))
    lead = lead if np.isfinite(lead).all() else lead[:0]
    return Compared(same.tolist(), win_rate.tolist(), lead.tolist(), list(seconds))


def summed(parts: Sequence[Compared], workers: int) -> Accuracy:
    """The accuracy over all parts. workers: how many batches this machine evaluates at a time at that pace."""
    same, win_rate, lead, seconds = (
        [number for part in parts for number in getattr(part, name)] for name in ("same", "win_rate", "lead", "seconds")
    )
    has_lead = len(lead) == len(same)
    return Accuracy(
        len(same),
        statistics.fmean(same),
        statistics.fmean(win_rate),
        max(win_rate),
        statistics.fmean(lead) if has_lead else None,
        max(lead) if has_lead else None,
        workers / max(statistics.median(seconds), 1e-9),
    )
