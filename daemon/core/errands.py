"""What the core has its shell do for stored sessions (``storeroom``), beside sending answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Keep:
    """Errand: keep this; its name is ``digest``. Say ``StoreLost`` where that fails."""

    serial: int
    digest: str
    data: bytes


@dataclass(frozen=True)
class Fetch:
    """Errand: bring back what has this name, as ``Restored``, or say ``StoreLost``."""

    serial: int
    digest: str


@dataclass(frozen=True)
class Forget:
    """Errand: what has this name is not needed any more."""

    digest: str


Errand = Keep | Fetch | Forget
