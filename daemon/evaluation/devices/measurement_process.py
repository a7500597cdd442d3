"""A process of low priority that measures what a choice lacks.

Started as ``python -m daemon.evaluation.devices.measurement_process OPTIONS`` with a pipe as standard input, whose end
ends it. Exits with 2 and one line on stderr when there is nothing to measure with.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from daemon.evaluation.child_process import command, environment
from daemon.evaluation.devices.backend_measurements import NetOnHardware
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.searcher_options import FATAL_CODE
from daemon.gpu_client import DeviceError
from games.game import GameError
from nets.errors import NetError
from protocol.choices import DeviceName, Precision

NICENESS = 10
"""A tenth of a core where the searchers keep all cores busy, so that it gets there all the same."""


class MeasuringOptions(msgspec.Struct, frozen=True):
    """What the process is told on its command line, as JSON. ``backends``: pairs of a device and a precision."""

    net: str
    sha256: str
    architecture: str
    hardware: str
    backends: list[tuple[DeviceName, Precision]]
    threads: int

    @property
    def subject(self) -> NetOnHardware:
        """The net to measure."""
        return NetOnHardware(Path(self.net), self.sha256, self.architecture, self.hardware)


def start(subject: NetOnHardware, backends: Sequence[Backend], threads: int) -> subprocess.Popen[bytes]:
    """The process, which measures this net behind these backends. Its standard input and error are pipes."""
    options = MeasuringOptions(
        str(subject.net),
        subject.sha256,
        subject.architecture,
        subject.hardware,
        [(one.device, one.precision) for one in backends],
        threads,
    )
    return subprocess.Popen(
        command("daemon.evaluation.devices.measurement_process", msgspec.json.encode(options).decode()),
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        process_group=0,  # Ctrl-C goes to the process that started it, which then ends it
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process if it has not ended, and close its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stderr):
        assert pipe is not None
        with suppress(OSError):
            pipe.close()


def main() -> NoReturn:
    """See the module."""
    with suppress(OSError):
        os.nice(NICENESS)
    threading.Thread(target=_end_with_input, name="watch over the searcher", daemon=True).start()
    from daemon.evaluation.devices.measurement import complete  # which takes its time to load, so at this priority

    options = msgspec.json.decode(sys.argv[1], type=MeasuringOptions)
    try:
        complete(options.subject, [Backend(*one) for one in options.backends], options.threads)
    except (NetError, GameError, DeviceError) as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        os._exit(FATAL_CODE)
    os._exit(0)  # torch takes its time to go


def _end_with_input() -> None:
    while os.read(0, 64):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
