"""The program ``zhugo-searchd``: the master's process, from its command line to its exit code.

One life of a daemon: its parts put together, and what each failure says. The parts are in ``daemon.process``.
"""

from __future__ import annotations

import gc
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.process.log import announce, configure, log
from daemon.process.master import Master
from daemon.process.options import OptionError, Options
from daemon.process.reloading import Reloading
from daemon.process.searchers import SearchersFailed
from daemon.process.signals import EndingSignals, Interrupted
from daemon.replay.step import SHELL
from daemon.replay.versions import versions
from protocol.errors import DiskFullError, ProtocolError, TraceError
from protocol.messages import PROTOCOL_VERSION, Goodbye, SetBounds
from protocol.trace import FORMAT, Header, TraceReader, TraceWriter, parts
from protocol.trace_lock import TraceLock

if TYPE_CHECKING:
    from daemon.core.config import Config
    from daemon.process.referee import GamesReferee
    from daemon.replay.replay import Restored

LONGEST_ABSENCE = 1e9
"""Seconds that a daemon can have been gone."""


def serve(options: Options, make_master: type[Master] = Master, read_again: Callable[[], Options] | None = None) -> int:
    """Run a daemon to its end. The exit code: 0, or 2 behind one line on stderr.

    ``make_master``: for a master that lets itself be watched. ``read_again``: what is asked for at a reload.
    """
    configure(options.log_format, options.log_level)
    try:
        options.check()
        asked, options = options, options.settled()
        options.check()
        _check_device(options)
        options = _with_schedule(options)
        with EndingSignals() as signals, suppress(Interrupted), make_master(options, signals) as master:
            if options.ray is not None:
                _place_on_ray(options, master)
            master.start()
            _announce(options, master.addresses)
            master.show_figures()
            if read_again is not None:
                reloading = Reloading(asked, read_again, lambda message: master.tell(SHELL, message))
                master.on_reload(reloading.reload)
            with signals.interruptible():
                _prepare(options, master)
                if asked.journal is not None and options.resume is not None:
                    master.tell(SHELL, SetBounds(**asdict(options.bounds)))  # a service has those of its configuration
            master.run()
    except (OptionError, ProtocolError, SearchersFailed) as error:
        log("failed", str(error), level="error")
        return 2
    return 0


def _place_on_ray(options: Options, master: Master) -> None:
    from daemon.remote.ray_searchers import RaySearchers
    from daemon.remote.scaling import Load

    def load() -> Load:
        core = master.core
        return Load(len(core.sessions.searches.running), len(core.tickets.waiting))

    master.employ(RaySearchers(options, master.addresses, load))


def _check_device(options: Options) -> None:
    """Say at once what a searcher would say later."""
    from daemon.evaluation.devices.backends import check
    from daemon.gpu_client import DeviceError

    try:
        check(options.device, options.precision)
    except DeviceError as error:
        raise OptionError(str(error)) from None


def _with_schedule(options: Options) -> Options:
    if options.schedule != "auto":
        return options
    from daemon.process.schedule_choice import settled

    options, why = settled(options)
    announce(f"schedule: {why}", "schedule", schedule=options.schedule)
    return options


def _announce(options: Options, addresses: Sequence[str]) -> None:
    for address in addresses:
        announce(f"listening at {address}", "listening", address=address)
    device = _device(options)
    announce(f"{options.searchers} searchers, device: {device}", "begins", searchers=options.searchers, device=device)


def _device(options: Options) -> str:
    if options.device == "emulated":
        return f"emulated, {options.latency * 1000:g} ms a batch"
    return f"{options.device}, precision: {options.precision}, threads each: {options.threads_each()}"


def _prepare(options: Options, master: Master) -> None:
    """Make the core while the searchers start, for both take their time."""
    from daemon.core.config import Config
    from daemon.core.scheduler import Scheduler
    from daemon.process.referee import GamesReferee
    from daemon.process.warm_up import warm_up
    from daemon.replay.replay import restore

    referee = GamesReferee()
    path = options.trace or options.resume
    again = None if path is None else lambda: restore(path, referee).core
    if options.resume is None:
        version = versions().get("zhugo", "")
        config = Config(
            options.lease,
            grant=options.grant,
            version=version,
            bounds=options.bounds,
            recheck=options.recheck,
            recheck_seed=secrets.randbits(63),
        )
        master.adopt(Scheduler(referee, config), _begin_trace(options, config, master), again)
    else:
        lock = TraceLock(options.resume)  # before it is read, or it might grow meanwhile
        gone = _seconds_since(parts(options.resume)[-1])
        began = time.process_time()
        restored, trace = _resumed(options, options.resume, referee, lock)
        master.resume(restored.core, trace, again, restored.time, gone, time.process_time() - began)
        for sender in [sender for sender, peer in restored.core.peers.items() if peer.is_searcher]:
            master.tell(sender, Goodbye())
    warm_up(referee)
    gc.freeze()  # what is loaded by now stays, and is no place to look for garbage in the middle of a search


def _begin_trace(options: Options, config: Config, master: Master) -> TraceWriter | None:
    """The trace that was asked for; None where none was, or the disk is full and it is not required."""
    if options.trace is None:
        return None
    try:
        return TraceWriter(options.trace, _header(options, asdict(config)), options.trace_bytes, options.trace_keep)
    except DiskFullError as error:
        master.go_on_without_trace(error)
        return None


def _resumed(options: Options, path: Path, referee: GamesReferee, lock: TraceLock) -> tuple[Restored, TraceWriter]:
    """The core to go on with, and its trace. Raises ``TraceError``, whose text says what else can be done."""
    from daemon.core.checkpoint import save
    from daemon.replay.replay import from_checkpoint, restore, what_else

    size = options.trace_bytes, options.trace_keep
    written = TraceReader(parts(path)[-1]).written
    if options.resume_from == "end" and written != PROTOCOL_VERSION:
        told = f"{path} was written with protocol {written}; this program speaks {PROTOCOL_VERSION}"
        raise TraceError(f"{told}; {what_else(path)}")
    if options.resume_from == "checkpoint":
        restored = from_checkpoint(path, referee)
        header = _header(options, asdict(restored.core.config))
        return restored, TraceWriter.begin_again(path, header, save(restored.core), lock, *size)
    try:
        restored = restore(path, referee)
        if restored.behind:
            told = f"{parts(path)[-1]}: {restored.behind} bytes at its end are no whole event and are left out"
            log("trace_torn", told, level="warning", bytes=restored.behind)
    except TraceError as error:
        raise TraceError(f"{error}; {what_else(path)}") from error
    return restored, TraceWriter.resume(path, restored.end, *size, lock)


def _seconds_since(trace: Path) -> float:
    """How long ago it was last written, by the wall clock, for another one need not have lived as long."""
    return min(max(0.0, time.time() - trace.stat().st_mtime), LONGEST_ABSENCE)


def _header(options: Options, config: dict[str, object]) -> Header:
    settings = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(options).items()}
    return Header(FORMAT, PROTOCOL_VERSION, versions(), settings, config, time.time())


def main(make_master: type[Master] = Master) -> None:
    """Run the command."""
    from daemon.process.cli import options_of_command_line, read_again

    asked = options_of_command_line()
    code = serve(asked, make_master, read_again) if isinstance(asked, Options) else asked
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody need be there to read
            stream.flush()
    # Everything is closed and removed; to take numba's machinery down as well is a third of a second for nothing.
    os._exit(code or 0)


if __name__ == "__main__":
    main()
