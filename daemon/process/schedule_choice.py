"""``--schedule auto``: measure what encoding and the device take, and say which schedule suits that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from daemon.evaluation.machine import cores
from daemon.evaluation.schedule_probe import Taken, probe
from daemon.gpu_client import DeviceError
from daemon.process.options import OptionError, Options
from daemon.schedules.choice import Steps, choose

TREE, WIRE = 20e-6, 200e-6
"""Seconds that the master has to do for a leaf, and that a message takes, on a slow machine."""


def settled(options: Options) -> tuple[Options, str]:
    """The same with a schedule that can be run, and why it is that one. Raises ``OptionError``."""
    plain = replace(options, schedule="double-buffer", encoders=None)
    with TemporaryDirectory(prefix="zhugo-") as folder:
        try:
            taken = probe(plain.for_searcher("", "probe 0", str(Path(folder))))
        except DeviceError as error:
            raise OptionError(f"--schedule auto: {error}") from error
    return chosen(options, taken, cores())


def chosen(options: Options, taken: Taken, machine: int) -> tuple[Options, str]:
    """What suits a machine of so many cores."""
    steps = Steps(taken.encode, taken.latency, TREE, WIRE, machine, taken.batch)
    simple, spread = f"double-buffer-{options.searchers}", "spread" if options.searchers == 1 else "spread-2"
    name = choose(steps, (simple, spread))
    told = f"{1e6 * taken.encode:,.0f} us to encode a position, {1e3 * taken.latency:.1f} ms a batch of {taken.batch}"
    if name == simple:
        return replace(options, schedule="double-buffer", encoders=None), f"double-buffer, for it takes {told}"
    return replace(options, schedule="spread"), f"spread, for it takes {told}"
