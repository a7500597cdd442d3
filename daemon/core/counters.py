"""Counters of the core, and how busy the device was. Fed by the scheduler; read by ``Status``."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from daemon.core.collisions import Selected
from protocol.messages import Phases

WINDOW = 10.0
"""Seconds of device work that ``busy_share`` looks back on."""

RECENT = 64
"""Batches of a searcher that its mean phase times are of."""


@dataclass
class DeviceMeter:
    """The device's busy time: the union of the intervals that searchers report, which may overlap and come late."""

    intervals: deque[tuple[float, float]] = field(default_factory=deque)
    settled: float = 0.0  # busy seconds before the window
    settled_until: float = 0.0

    def add(self, begin: float, end: float) -> None:
        """Count the device as busy from ``begin`` to ``end``; empty and backward intervals are left out."""
        if not end > begin:
            return
        place = len(self.intervals)
        while place and self.intervals[place - 1][0] > begin:
            place -= 1
        self.intervals.insert(place, (begin, end))
        while self.intervals[0][1] < self.intervals[-1][1] - WINDOW:
            first, last = self.intervals.popleft()
            self.settled += max(0.0, last - max(first, self.settled_until))
            self.settled_until = max(self.settled_until, last)

    def _union(self) -> float:
        busy, until = 0.0, self.settled_until
        for begin, end in self.intervals:
            busy += max(0.0, end - max(begin, until))
            until = max(until, end)
        return busy

    def busy_share(self) -> float:
        """Busy share from the first beginning in the window to the last end; 0 before any work."""
        if not self.intervals:
            return 0.0
        begin = max(self.settled_until, self.intervals[0][0])
        span = max(end for _, end in self.intervals) - begin
        return min(1.0, self._union() / span) if span > 0 else 0.0

    def busy_seconds(self) -> float:
        """Busy time since the start."""
        return self.settled + self._union()


@dataclass
class DeviceMeters:
    """One meter for each device: by its number, or None where the searchers share one without a number.

    Devices of other machines have texts in place of numbers. ``gone``: busy seconds of those that are there no more.
    """

    meters: dict[int | str | None, DeviceMeter] = field(default_factory=dict)
    gone: float = 0.0

    def add(self, key: int | str | None, begin: float, end: float) -> None:
        """Count a device as busy, as ``DeviceMeter.add`` does."""
        self.meters.setdefault(key, DeviceMeter()).add(begin, end)

    def forget(self, key: int | str | None) -> None:
        """No searcher works with this one any more; one of this machine may come back."""
        if isinstance(key, str) and (meter := self.meters.pop(key, None)) is not None:
            self.gone += meter.busy_seconds()

    def busy_share(self) -> float:
        """The mean over the devices; 0 before any work."""
        shares = [meter.busy_share() for meter in self.meters.values()]
        return sum(shares) / len(shares) if shares else 0.0

    def busy_seconds(self) -> float:
        """Of all devices together, since the start."""
        return self.gone + sum(meter.busy_seconds() for meter in self.meters.values())


@dataclass
class Counters:
    """Sums since the start; see ``messages.Status``."""

    visits: int = 0
    batches: int = 0
    leaves: int = 0
    cached: int = 0
    collisions: int = 0
    pseudo_visits: int = 0
    parked_seconds: float = 0.0
    speculative: int = 0
    speculative_used: int = 0
    refused: int = 0
    searcher_deaths: int = 0
    revoked: int = 0
    late: int = 0
    failures: int = 0
    restarts: int = 0

    def selected(self, selected: Selected) -> None:
        """Count what one selection did."""
        self.visits += selected.backups
        self.leaves += selected.real + selected.speculative
        self.collisions += selected.collisions
        self.pseudo_visits += selected.pseudo_visits
        self.speculative += selected.speculative
        self.speculative_used += selected.reused + selected.promoted


@dataclass
class PhaseMeter:
    """Phase times of one searcher's last batches."""

    recent: deque[Phases] = field(default_factory=deque)
    batches: int = 0
    leaves: int = 0

    def __post_init__(self) -> None:
        self.recent = deque(self.recent, RECENT)

    def add(self, phases: Phases, leaves: int) -> None:
        """Count one batch."""
        self.recent.append(phases)
        self.batches += 1
        self.leaves += leaves

    def means(self) -> tuple[float, float, float, float]:
        """Mean seconds of select (with the wait for work), encode, device, and from the device's end to the update."""
        if not self.recent:
            return 0.0, 0.0, 0.0, 0.0
        n = len(self.recent)
        return (
            sum(p.encode - p.select for p in self.recent) / n,
            sum(p.submit - p.encode for p in self.recent) / n,
            sum(p.device_end - p.device for p in self.recent) / n,
            sum(p.update - p.device_end for p in self.recent) / n,
        )
