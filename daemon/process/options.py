"""What a daemon can be told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from typing import Literal

from daemon.core.bounds import Bounds
from daemon.evaluation.machine import cores
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.process.log import LogFormat, LogLevel
from daemon.process.syncing import Fsync
from daemon.schedules.service import ScheduleName, Wishes, encoders_for, trouble
from protocol.addresses import check, is_local
from protocol.choices import DeviceChoice, DeviceName, Devices, Outputs, Precision, Speculate
from protocol.errors import TraceError
from protocol.trace import parts

ResumeFrom = Literal["end", "checkpoint"]
"""Where to go on with a trace: where it ends, or at the last state of the core that stands in it whole."""

MAX_SEARCHERS = 64

MAX_ENCODERS = 128


JOURNAL_KEEP, RESTART_SECONDS = 2, 10.0
"""Of a journal, unless told otherwise: files that stay, and seconds that a restart may replay."""


class OptionError(ValueError):
    """Options that cannot be followed; the text is one clear line."""


@dataclass(frozen=True)
class Options:
    """Settings of a daemon; None and "auto" leave the choice to it. ``latency`` is in seconds.

    ``addresses``: beside a socket in the daemon's own private directory. ``keys``: the folder of those who may come in
    at addresses of tcp. ``insecure``: other machines may come in without a key. ``trace_bytes``: when the trace goes on
    in another file; ``trace_keep``: how many of these stay, None for all; ``trace_required``: end rather than go on
    without it. ``restart_seconds``: it goes on in another file, too, where a restart would replay longer. ``resume``:
    the trace that is restored first and then written on; ``journal``: the same,
    begun where there is none. ``parent``: the daemon ends when
    this process does. ``lease``: seconds of silence after which a searcher is given up. ``grant``: seconds that
    every batch may take. ``device_choice``: whether an "auto" waits for measurements. ``cache_mb``: of evaluations
    that each searcher remembers. ``symmetries``: positions are turned and mirrored at random, from the seed.
    ``bounds``: what clients may make it keep and do. ``reader_bytes``: what may wait for one peer that does not read.
    ``per_tree``: leaves of one tree in a batch, at most. ``recheck``: the share of results of searchers elsewhere that
    is evaluated twice. ``ray``: the cluster on which searchers are placed, so many at least and at most.
    ``device_numbers``: of the devices that searchers get in turn, where there are several.
    ``store``: the folder of sessions that nobody uses. ``fsync``: when the trace is on the disk. ``drain``: seconds in
    which searches may come to their end when the daemon is told to. ``http``: where metrics are served.
    ``otlp``: where spans go. ``schedule``: how searchers share the work, with ``encoders`` of each, processes of its
    own. ``encode_seconds``: what each position takes more, for trials.
    ``log_format``, ``log_level``: see ``daemon.process.log``.
    """

    addresses: tuple[str, ...] = ()
    searchers: int = 2
    net: Path | None = None
    device: DeviceName = "auto"
    device_numbers: tuple[int, ...] = ()
    precision: Precision = "auto"
    device_choice: DeviceChoice = "background"
    latency: float = 0.005
    latency_per_leaf: float = 0.0
    outputs: Outputs = "hashed"
    batch: int | None = None
    speculate: Speculate = "auto"
    threads: int | None = None
    trace: Path | None = None
    trace_bytes: int = 512 << 20
    trace_keep: int | None = None
    trace_required: bool = False
    resume: Path | None = None
    resume_from: ResumeFrom = "end"
    journal: Path | None = None
    restart_seconds: float | None = None
    parent: int | None = None
    lease: float = 30.0
    grant: float = 5.0
    cache_mb: int | None = None
    symmetries: bool = False
    symmetry_seed: int = 0
    bounds: Bounds = field(default_factory=Bounds)
    reader_bytes: int = 32 << 20
    per_tree: int | None = None
    recheck: float = 0.0
    ray: str | None = None
    ray_key: Path | None = None
    gpus_per_searcher: float = 0.0
    min_searchers: int | None = None
    max_searchers: int | None = None
    fsync: Fsync = "never"
    store: Path | None = None
    drain: float = 0.0
    http: str | None = None
    otlp: str | None = None
    schedule: ScheduleName = "double-buffer"
    encoders: int | None = None
    encode_seconds: float = 0.0
    log_format: LogFormat = "text"
    log_level: LogLevel = "info"
    keys: Path | None = None
    insecure: bool = False

    @property
    def keeps_trace(self) -> bool:
        """Whether events are recorded."""
        return not (self.trace is None and self.resume is None and self.journal is None)

    def settled(self) -> Options:
        """The same, where it was seen whether the journal is there: then it is resumed, else begun.

        A journal is for restarts: it keeps no more than they need, unless told otherwise.
        """
        if self.journal is None:
            return self
        if self.trace_keep is None or self.restart_seconds is None:
            keep, seconds = self.trace_keep or JOURNAL_KEEP, self.restart_seconds or RESTART_SECONDS
            return replace(self, trace_keep=keep, restart_seconds=seconds).settled()
        later = self.journal.parent.glob(f"{escape(self.journal.name)}.*")
        there = self.journal.exists() or any(each.name.rpartition(".")[2].isdecimal() for each in later)
        if there:
            return replace(self, journal=None, resume=self.journal)
        return replace(self, journal=None, trace=self.journal)

    def check(self) -> None:
        """Raise ``OptionError`` for what can be seen to be wrong before anything starts."""
        for address in self.addresses:
            check(address)
            if self.keys is None and not self.insecure and not is_local(address):
                raise OptionError(
                    f"{address}: other machines could do everything there; demand keys with --keys, or say --insecure"
                )
        if self.trace is not None and self.resume is not None:
            raise OptionError("--resume writes on in the trace that it replays; leave --trace out")
        if self.journal is not None and (self.trace is not None or self.resume is not None):
            raise OptionError("--journal stands for --trace and --resume; leave these out")
        if self.resume_from != "end" and self.resume is None and self.journal is None:
            raise OptionError("--resume-from has no use without --resume")
        if self.trace_keep is not None and not self.keeps_trace:
            raise OptionError("--trace-keep has no use without --trace")
        if self.restart_seconds is not None and not self.keeps_trace:
            raise OptionError("--restart-seconds has no use without --trace")
        if self.trace_required and not self.keeps_trace:
            raise OptionError("--trace-required has no use without --trace")
        if self.fsync != "never" and not self.keeps_trace:
            raise OptionError("--fsync has no use without --trace")
        if self.net is not None and self.device == "emulated":
            raise OptionError("--net has no use with --device emulated")
        if self.device_numbers and self.searchers and self.searchers < len(self.device_numbers):
            devices = Devices(self.device, self.device_numbers)
            raise OptionError(f"--searchers {self.searchers}: fewer than the devices of --device {devices}")
        if self.precision != "auto" and self.device == "emulated":
            raise OptionError("--precision has no use with --device emulated")
        wishes = Wishes(self.searchers, self.encoders, self.batch, self.ray is not None)
        if (why := trouble(self.schedule, wishes)) is not None:
            raise OptionError(why)
        if self.net is not None:
            check_file("net", self.net)
        if self.resume is not None:
            try:
                parts(self.resume)
            except TraceError as error:
                raise OptionError(str(error)) from error

    @property
    def own_searchers(self) -> int:
        """Processes of this machine that evaluate."""
        return self.searchers if self.ray is None else 0

    def for_searcher(self, address: str, name: str, private: str) -> SearcherOptions:
        """What these mean for the searcher ``name``, which ends with its index."""
        number = Devices(self.device, self.device_numbers).of_searcher(int(name.rpartition(" ")[2]))
        return SearcherOptions(
            address,
            name,
            private,
            self.device,
            self.precision,
            None if self.net is None else str(self.net),
            self.batch,
            self.speculate,
            self.threads_each(),
            self.latency,
            self.latency_per_leaf,
            self.outputs,
            cache_mb=self.cache_mb,
            symmetries=self.symmetries,
            symmetry_seed=self.symmetry_seed,
            choice=self.device_choice,
            per_tree=self.per_tree,
            device_number=number,
            device_numbers=self.device_numbers,
            schedule=self.schedule,
            encoders=self.encoders or encoders_for(self.schedule, cores(), self.searchers),
            encode_seconds=self.encode_seconds,
        )

    def threads_each(self) -> int:
        """Threads with which a searcher evaluates, when its device is the CPU."""
        return self.threads or max(1, cores() // max(1, self.searchers))


def check_file(what: str, path: Path) -> None:
    """Raise ``OptionError`` unless ``path`` is a file that can be read and is not empty."""
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise OptionError(f"{what} {path}: {error.strerror}") from error
    if empty:
        raise OptionError(f"{what} {path}: the file is empty")
