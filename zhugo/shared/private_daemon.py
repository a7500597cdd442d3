"""A daemon for one command: started before it, ended after it; or the running one that the person named."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from nets.facts import check
from protocol.addresses import takes_connections
from protocol.client import Client
from protocol.errors import ConnectionLost, ProtocolError, WrongDaemon
from protocol.keys import Credentials, read_credentials
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions

START_SECONDS = 600.0
"""A first start compiles kernels, which takes minutes on a slow and busy machine; it says so meanwhile."""
GREETING_SECONDS = 5.0
CONNECT_SECONDS = 5.0
"""How long a daemon may take that is not there yet."""
END_SECONDS = 10.0
RECONNECT_SECONDS = 90.0
"""How long to wait for somebody else's daemon that goes away, unless the person says: it may be started again."""
_POLL_SECONDS = 0.1


@contextmanager
def client(options: DaemonOptions, name: str) -> Iterator[Client]:
    """A client of the daemon that ``options`` ask for; a private daemon ends with the block.

    Raises ``UserError`` or ``ProtocolError`` when there is no such daemon or it cannot be started.
    """
    with starting(options, name) as connect:
        yield connect()


@contextmanager
def starting(options: DaemonOptions, name: str) -> Iterator[Callable[[], Client]]:
    """As ``client``, but the block begins while a private daemon still starts; what it gets waits for the daemon.

    Raises ``NetError`` for a bad net.
    """
    with ExitStack() as stack:
        if options.connect is not None:
            if needless := options.private_only():
                raise UserError(
                    f"{', '.join(needless)}: not together with --connect, whose daemon has its own settings"
                )
            address = options.connect
            credentials = None if options.key is None else read_credentials(options.key)
            seconds = RECONNECT_SECONDS if options.reconnect is None else options.reconnect
            yield lambda: stack.enter_context(_talk(_patient_client(address, name, seconds, credentials)))
            return
        if options.reconnect is not None:
            raise UserError("--reconnect is for a daemon that others use too: name it with --connect")
        running = stack.enter_context(_private_daemon(options))
        if options.net is not None:
            # the daemon would say it too, but after its kernels are loaded
            check(options.net)
        try:
            yield lambda: stack.enter_context(_talk(running.greet(name)))
        except ConnectionLost as error:
            raise UserError(running.complaint()) from error


def _patient_client(address: str, name: str, reconnect: float, credentials: Credentials | None) -> Client:
    """A client of the daemon there, which is waited for as long as it takes connections: it may be starting, or busy.

    Should it go away, now or later, it is waited for ``reconnect`` seconds; a line on stderr says so.

    Raises ``ProtocolError``.
    """
    deadline = time.monotonic() + START_SECONDS
    last_seen = -math.inf
    told = False
    while True:
        if takes_connections(address):
            last_seen = time.monotonic()
        try:
            return Client.connect(
                address, name, CONNECT_SECONDS, reconnect=reconnect, tell=_tell, credentials=credentials
            )
        except WrongDaemon:
            raise
        except ConnectionLost:
            now = time.monotonic()
            if now > deadline or (now > last_seen + reconnect and not takes_connections(address)):
                raise
        if not told:
            _tell(f"the daemon at {address} has not answered yet; waiting")
            told = True
        time.sleep(_POLL_SECONDS)


def _tell(text: str) -> None:
    with suppress(OSError, ValueError):  # nobody need read it
        print(f"zhugo: {text}", file=sys.stderr, flush=True)


@contextmanager
def _talk(connected: Client) -> Iterator[Client]:
    try:
        yield connected
    finally:
        connected.close()


@contextmanager
def _private_daemon(options: DaemonOptions) -> Iterator[_Running]:
    running = _Running(options)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def served(options: DaemonOptions, name: str, *more: str) -> Iterator[str]:
    """The address of a private daemon, for other processes than its client ``name``.

    ``more``: further arguments of ``zhugo-searchd``, of which the last counts. Raises ``UserError`` when it cannot be
    started, ``NetError`` for a bad net.
    """
    if options.net is not None:
        check(options.net)
    running = _Running(options, more)
    try:
        running.greet(name).close()
        yield running.address
    finally:
        running.end()


class _Running:
    """A daemon that this process started, in a private directory that the daemon makes and takes away.

    What it says on stderr is passed on line by line while it is news; the line with which it ends for a mistake of the
    person is kept back, for the command to say. ``address``: known once somebody was greeted.
    """

    COMPLAINT = "zhugo-searchd: "
    ADDRESS = "listening at "

    def __init__(self, options: DaemonOptions, more: Sequence[str] = ()) -> None:
        # A session of its own: Ctrl-C is for the command, which then ends the daemon in an orderly way. Should the
        # command be killed, the daemon sees that its parent has gone.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "daemon.tree_master", *_arguments(options), *more],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.address = ""
        self._lines: deque[str] = deque(maxlen=20)
        self._pump = threading.Thread(target=self._pass_on, name="daemon-notes", daemon=True)
        self._pump.start()

    def greet(self, name: str) -> Client:
        """A client of the daemon as soon as it answers. Raises ``UserError`` when it ends instead, or never does."""
        deadline = time.monotonic() + START_SECONDS
        self.address = self._address()
        while True:
            try:
                return Client.connect(self.address, name=name, timeout=GREETING_SECONDS)
            except ProtocolError as error:
                if self._process.poll() is not None:
                    raise UserError(self.complaint()) from error
                if time.monotonic() > deadline:
                    raise UserError(f"the daemon did not answer within {START_SECONDS:.0f} s") from error

    def complaint(self) -> str:
        """What a daemon that has ended said last, without its name in front, or else with which code it ended."""
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "the daemon does not answer any more"
        self._pump.join(1.0)
        return self._lines[-1].removeprefix(self.COMPLAINT) if self._lines else f"the daemon ended with code {code}"

    def _address(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(self.ADDRESS):
            raise UserError(self.complaint())
        return line.removeprefix(self.ADDRESS).strip()

    def end(self) -> None:
        """End the daemon, in an orderly way if it lets us."""
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._pump.join(END_SECONDS)

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
        "--precision": options.precision,
        "--device-choice": options.device_choice,
        "--searchers": options.searchers,
        "--batch": options.batch,
        "--latency-ms": options.latency_ms,
        "--outputs": options.outputs,
        "--speculate": options.speculate,
        "--cache-mb": options.cache_mb,
        "--symmetry-seed": options.symmetry_seed,
        "--trace": options.trace,
        "--trace-mb": options.trace_mb,
        "--trace-keep": options.trace_keep,
        "--parent-pid": os.getpid(),
    }
    chosen_flags = {"--symmetries": options.symmetries, "--trace-required": options.trace_required}
    flags = [flag for flag, given in chosen_flags.items() if given]
    return [*flags, *(part for name, value in chosen.items() if value is not None for part in (name, str(value)))]
