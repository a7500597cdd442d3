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
from protocol.errors import ConnectionLost, ProtocolError
from zhugo.errors import UserError, one_line
from zhugo.options import DaemonOptions

START_SECONDS = 600.0
"""A first start compiles kernels, which takes minutes on a slow and busy machine; it says so meanwhile."""
CONNECT_SECONDS = 5.0
END_SECONDS = 10.0


@contextmanager
def client(options: DaemonOptions, name: str) -> Iterator[Client]:
    """A client of the daemon that ``options`` ask for; a private daemon ends with the block.

    Raises ``UserError`` or ``ProtocolError`` when there is no such daemon or it cannot be started.
    """
    if options.connect is None:
        with _private_daemon(options) as running, _talk(running.greet(name)) as connected:
            try:
                yield connected
            except ConnectionLost as error:
                raise UserError(running.complaint() or one_line(error)) from error
    elif needless := options.private_only():
        raise UserError(f"{', '.join(needless)}: not together with --connect, whose daemon has its own settings")
    else:
        with _talk(Client.connect(options.connect, name=name, timeout=CONNECT_SECONDS)) as connected:
            yield connected


@contextmanager
def _talk(connected: Client) -> Iterator[Client]:
    try:
        yield connected
    finally:
        connected.close()


@contextmanager
def _private_daemon(options: DaemonOptions) -> Iterator[_Running]:
    directory = Path(tempfile.mkdtemp(prefix="zhugo-"))
    running = _Running(f"ipc://{directory / 'socket'}", options)
    try:
        yield running
    finally:
        running.end()
        shutil.rmtree(directory, ignore_errors=True)


class _Running:
    """A daemon that this process started at ``address``.

    What it says on stderr is passed on line by line while it is news; the line with which it ends for a mistake of the
    person is kept back, for the command to say.
    """

    COMPLAINT = "zhugo-searchd: "

    def __init__(self, address: str, options: DaemonOptions) -> None:
        self.address = address
        # A session of its own: Ctrl-C is for the command, which then ends the daemon in an orderly way. Should the
        # command be killed, the daemon sees that its parent has gone.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "daemon.tree_master", "--address", address, *_arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._lines: deque[str] = deque(maxlen=20)
        self._pump = threading.Thread(target=self._pass_on, name="daemon-notes", daemon=True)
        self._pump.start()

    def greet(self, name: str) -> Client:
        """A client of the daemon as soon as it answers. Raises ``UserError`` when it ends instead, or never does."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return Client.connect(self.address, name=name, timeout=0.5)
            except ProtocolError as error:
                if self._process.poll() is not None:
                    complaint = self.complaint()
                    raise UserError(complaint or f"the daemon ended with code {self._process.returncode}") from error
                if time.monotonic() > deadline:
                    raise UserError(f"the daemon did not answer within {START_SECONDS:.0f} s") from error

    def complaint(self) -> str:
        """What a daemon that has ended said last, without its name in front; empty when it said nothing."""
        self._pump.join(1.0)
        return self._lines[-1].removeprefix(self.COMPLAINT) if self._lines else ""

    def end(self) -> None:
        """End the daemon, in an orderly way if it lets us."""
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _pass_on(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream, suppress(ValueError):
            for line in stream:
                self._lines.append(line.rstrip())
                if not line.startswith(self.COMPLAINT):
                    print(line, end="", file=sys.stderr, flush=True)


def _arguments(options: DaemonOptions) -> list[str]:
    chosen = {
        "--net": options.net,
        "--device": options.device,
        "--searchers": options.searchers,
        "--batch": options.batch,
        "--latency-ms": options.latency_ms,
        "--speculate": options.speculate,
        "--trace": options.trace,
        "--parent-pid": os.getpid(),
    }
    return [part for name, value in chosen.items() if value is not None for part in (name, str(value))]
