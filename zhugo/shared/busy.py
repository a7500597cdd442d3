"""How busy the devices were between two looks at a daemon."""

from __future__ import annotations

from msgspec import UnsetType

from protocol.messages import Status


def busy_share(before: Status, after: Status, seconds: float) -> float:
    """The share of these seconds in which a device was busy, in [0, 1]: the mean of them where there are several.

    Work is known when its batch has come back, so this is exact to a batch at either end.
    """
    devices = 1 if isinstance(after.devices, UnsetType) else len(after.devices)
    return min(1.0, max(0.0, after.device_seconds - before.device_seconds) / max(seconds, 1e-9) / devices)
