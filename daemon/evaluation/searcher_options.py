"""What the master tells a searcher when it starts, and how a searcher says that it cannot work."""

from __future__ import annotations

from msgspec import Struct

from daemon.schedules.service import ScheduleName
from games.game import ANY_FEATURES
from protocol.choices import DeviceChoice, DeviceName, Outputs, Precision, Speculate

FATAL = "fatal: "
"""Begins the line of a searcher that can never work as asked, before it ends with ``FATAL_CODE``."""

FATAL_CODE = 2


class SearcherOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """What the master tells a searcher on its command line, as JSON. ``private`` is the daemon's own directory.

    ``device_number``: the device that this searcher has of several, whose numbers are ``device_numbers``.

    ``sha256``: of the net that the daemon has; empty for the first searcher, whose net it then is.

    ``schedule``: what it does with its ``encoders``, processes of its own, see ``daemon.schedules.service``.
    ``encode_seconds``: what each position takes beyond what it needs, for trials.

    What "auto" and None come to is the searcher's affair, for the master looks at no device.
    """

    address: str
    name: str
    private: str
    device: DeviceName
    precision: Precision
    net: str | None
    batch: int | None
    speculate: Speculate
    threads: int
    latency: float = 0.0
    latency_per_leaf: float = 0.0
    outputs: Outputs = "hashed"
    features: str = ANY_FEATURES
    sha256: str = ""
    cache_mb: int | None = None
    symmetries: bool = False
    symmetry_seed: int = 0
    choice: DeviceChoice = "known"
    per_tree: int | None = None
    device_number: int | None = None
    device_numbers: tuple[int, ...] = ()
    schedule: ScheduleName = "double-buffer"
    encoders: int = 0
    encode_seconds: float = 0.0

    @property
    def first(self) -> bool:
        """Whether this searcher speaks for all of the daemon's, which have the same options."""
        return self.name.endswith(" 0")
