"""What each step of a search takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Seconds. event: of a message to the core; select, update, forecast: of each leaf of it. wire: for a message from
    one process to another. encode: of a leaf. latency, per_leaf: of a batch on the device.
    """

    event: float = 40e-6
    select: float = 8e-6
    update: float = 8e-6
    forecast: float = 8e-6
    wire: float = 100e-6
    encode: float = 50e-6
    latency: float = 5e-3
    per_leaf: float = 0.0

    def device(self, leaves: int) -> float:
        """Of a batch of so many leaves."""
        return self.latency + leaves * self.per_leaf
