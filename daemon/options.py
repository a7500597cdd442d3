"""What a daemon can be told when it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec import Struct

MAX_SEARCHERS = 64

FATAL = "fatal: "
"""Begins the line of a searcher that can never work as asked, before it ends with ``FATAL_CODE``."""

FATAL_CODE = 2

Outputs = Literal["uniform", "hashed"]
"""What an emulated device makes up."""


class OptionError(ValueError):
    """Options that cannot be followed; the text is one clear line."""


TORCH_CPU_BATCH = 8
"""On a CPU a large batch saves little, and a small one keeps the search near a sequential one.

Measured with b6c96 on 19x19, one thread: a position costs 9.3 ms alone, 7.6 in batches of 4, 7.2 of 8, 6.9 of 16.
"""


@dataclass(frozen=True)
class Options:
    """Settings of a daemon; None and "auto" leave the choice to it. ``latency`` is in seconds.

    ``address`` None: a socket in the daemon's own private directory. ``resume``: the trace that is replayed first and
    then written on. ``parent``: the daemon ends when this process does. ``lease``: seconds of silence after which a
    searcher is given up.
    """

    address: str | None = None
    searchers: int = 2
    net: Path | None = None
    device: Literal["auto", "torch", "emulated"] = "auto"
    latency: float = 0.005
    latency_per_leaf: float = 0.0
    outputs: Outputs = "hashed"
    batch: int | None = None
    speculate: Literal["on", "off", "auto"] = "auto"
    threads: int | None = None
    trace: Path | None = None
    resume: Path | None = None
    parent: int | None = None
    lease: float = 30.0

    def check(self) -> None:
        """Raise ``OptionError`` for what can be seen to be wrong before anything starts."""
        if self.trace is not None and self.resume is not None:
            raise OptionError("--resume writes on in the trace that it replays; leave --trace out")
        if self.net is not None and self.device == "emulated":
            raise OptionError("--net has no use with --device emulated")
        if self.net is not None:
            check_file("net", self.net)
        if self.resume is not None:
            check_file("trace", self.resume)

    def work(self) -> Work:
        """The choices made."""
        device: Literal["torch", "emulated"] = "torch" if self.device == "auto" else self.device
        batch = self.batch or (16 if device == "emulated" else TORCH_CPU_BATCH)
        threads = self.threads or max(1, cores() // max(1, self.searchers))
        # Speculation pays where a larger batch costs little: on a GPU, and there is no backend for one yet.
        return Work(device, batch, self.speculate == "on", threads)


@dataclass(frozen=True)
class Work:
    """What "auto" came to."""

    device: Literal["torch", "emulated"]
    batch: int
    speculate: bool
    threads: int


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_file(what: str, path: Path) -> None:
    """Raise ``OptionError`` unless ``path`` is a file that can be read and is not empty."""
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise OptionError(f"{what} {path}: {error.strerror}") from error
    if empty:
        raise OptionError(f"{what} {path}: the file is empty")


class SearcherOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """What the master tells a searcher on its command line, as JSON. ``private`` is the daemon's own directory."""

    address: str
    name: str
    private: str
    device: Literal["torch", "emulated"]
    net: str | None
    batch: int
    speculate: bool
    threads: int
    latency: float = 0.0
    latency_per_leaf: float = 0.0
    outputs: Outputs = "hashed"
    features: str = "zhugo"

    @classmethod
    def of(cls, options: Options, address: str, name: str, private: str) -> SearcherOptions:
        """What the daemon's options mean for its searcher ``name``."""
        work = options.work()
        return cls(
            address,
            name,
            private,
            work.device,
            None if options.net is None else str(options.net),
            work.batch,
            work.speculate,
            work.threads,
            options.latency,
            options.latency_per_leaf,
            options.outputs,
        )
