"""What a searcher that joins a daemon can be told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.evaluation.machine import cores
from daemon.evaluation.searcher_options import SearcherOptions
from protocol.choices import AUTO, DeviceChoice, Devices, Outputs, Precision, Speculate

MAX_IN_FLIGHT = 64


@dataclass(frozen=True)
class JoinOptions:
    """None and "auto" leave the choice to the searcher; ``latency`` is in seconds.

    ``name``: as which the daemon knows it. ``key``: the file of a key's holder, None where the daemon wants none.
    ``net``: a file, which must be the daemon's net. ``in_flight``: batches that may be on their way or at work at a
    time, each of a logical searcher of its own. ``packs``: results go out packed, and rounded a little.
    """

    address: str
    name: str
    key: Path | None = None
    net: Path | None = None
    device: Devices = AUTO
    precision: Precision = "auto"
    device_choice: DeviceChoice = "background"
    batch: int | None = None
    per_tree: int | None = None
    in_flight: int = 2
    threads: int | None = None
    packs: bool = True
    speculate: Speculate = "auto"
    cache_mb: int | None = None
    latency: float = 0.005
    latency_per_leaf: float = 0.0
    outputs: Outputs = "hashed"

    @property
    def names(self) -> list[str]:
        """Of the logical searchers."""
        return [self.name] if self.in_flight == 1 else [f"{self.name} {index}" for index in range(self.in_flight)]

    def for_device(self, net: Path | None, sha256: str, private: str) -> SearcherOptions:
        """What these mean for the device. ``private``: a directory of this process."""
        return SearcherOptions(
            self.address,
            f"{self.name} 0",
            private,
            self.device.name,
            self.precision,
            None if net is None else str(net),
            self.batch,
            self.speculate,
            self.threads or cores(),
            self.latency,
            self.latency_per_leaf,
            self.outputs,
            sha256=sha256,
            cache_mb=self.cache_mb,
            choice=self.device_choice,
            per_tree=self.per_tree,
            device_number=self.device.of_searcher(0),
            device_numbers=self.device.numbers,
        )
