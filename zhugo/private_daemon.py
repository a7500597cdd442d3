"""A daemon for one command: started before it, ended after it; or the running one that the person named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from protocol.client import Client
from protocol.errors import ProtocolError
from zhugo.errors import UserError, one_line
from zhugo.options import DaemonOptions

START_SECONDS = 120.0
"""A first start compiles kernels, which takes its time on a slow machine."""
END_SECONDS = 10.0


@contextmanager
def client(options: DaemonOptions, name: str) -> Iterator[Client]:
    """A client of the daemon that ``options`` ask for; a private daemon ends with the block.

    Raises ``UserError`` when there is no such daemon or it cannot be started.
    """
    if options.connect is None:
        with _private_daemon(options) as (process, notes, address), _talk(_greet(process, notes, address, name)) as it:
            yield it
    elif needless := options.private_only():
        raise UserError(f"{', '.join(needless)}: not together with --connect, whose daemon has its own settings")
    else:
        with _talk(_connect(options.connect, name)) as it:
            yield it


@contextmanager
def _talk(connected: Client) -> Iterator[Client]:
    try:
        yield connected
    finally:
        connected.close()


def _connect(address: str, name: str) -> Client:
    try:
        return Client.connect(address, name=name, timeout=5.0)
    except ProtocolError as error:
        raise UserError(f"no daemon answers at {address}: {one_line(error)}") from error


def _greet(process: subprocess.Popen[str], notes: _Notes, address: str, name: str) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return Client.connect(address, name=name, timeout=0.5)
        except ProtocolError as error:
            if process.poll() is not None:
                raise UserError(notes.last() or f"the daemon ended with code {process.returncode}") from error
            if time.monotonic() > deadline:
                raise UserError(f"the daemon did not answer within {START_SECONDS:.0f} s") from error


@contextmanager
def _private_daemon(options: DaemonOptions) -> Iterator[tuple[subprocess.Popen[str], _Notes, str]]:
    directory = Path(tempfile.mkdtemp(prefix="zhugo-"))
    address = f"ipc://{directory / 'socket'}"
    # A session of its own: Ctrl-C is for the command, which then ends the daemon in an orderly way. Should the
    # command be killed, the daemon sees that its parent has gone.
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon.tree_master", "--address", address, *_arguments(options)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process, _Notes(process), address
    finally:
        _end(process)
        shutil.rmtree(directory, ignore_errors=True)


def _arguments(options: DaemonOptions) -> list[str]:
    chosen = {
        "--net": options.net,
        "--device": options.device,
        "--searchers": options.searchers,
        "--batch": options.batch,
        "--latency-ms": options.latency_ms,
        "--trace": options.trace,
        "--parent-pid": os.getpid(),
    }
    return [part for name, value in chosen.items() if value is not None for part in (name, str(value))]


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Notes:
    """What the daemon says on stderr, passed on line by line while it is news, and kept for when it fails.

    The line with which a daemon ends for a mistake of the person is not passed on: the command says it.
    """

    COMPLAINT = "zhugo-searchd: "

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self._lines: deque[str] = deque(maxlen=20)
        self._stream = process.stderr
        self._thread = threading.Thread(target=self._pump, name="daemon-notes", daemon=True)
        self._thread.start()

    def last(self) -> str:
        """The last line of a daemon that has ended, without its name in front."""
        self._thread.join(1.0)
        return self._lines[-1].removeprefix(self.COMPLAINT) if self._lines else ""

    def _pump(self) -> None:
        with self._stream, suppress(ValueError):
            for line in self._stream:
                self._lines.append(line.rstrip())
                if not line.startswith(self.COMPLAINT):
                    print(line, end="", file=sys.stderr, flush=True)
