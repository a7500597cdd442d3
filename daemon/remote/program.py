"""The program ``zhugo-searcher``: joins a daemon wherever it is, and works until a signal ends it.

Exit codes: 0 after Ctrl-C or SIGTERM, 2 behind one line on stderr for what can never work.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from daemon.evaluation.devices.backends import check
from daemon.gpu_client import DeviceError
from daemon.remote.ending import Ending, Pauses
from daemon.remote.fetching import Asking, NetFacts
from daemon.remote.joined import Daemon, Joined, NeverWorks, OtherNet
from daemon.remote.net_cache import NetDamaged
from daemon.remote.options import JoinOptions
from daemon.searcher import warm_up, work_in_batches
from games import GameError
from nets import NetError
from protocol.addresses import check as check_address
from protocol.addresses import private_directory
from protocol.errors import ConnectionLost, ProtocolError, RefusedError, WrongDaemon
from protocol.keys import read_credentials
from protocol.sockets import Dealer

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """One line for whoever reads it."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)  # noqa: T201


class Program:
    """One life: from the daemon's net to the last goodbye."""

    def __init__(self, options: JoinOptions) -> None:
        """Raises ``ProtocolError``, ``DeviceError`` and ``NeverWorks`` for what can be seen to be wrong at once."""
        check_address(options.address)
        check(options.device.name, options.precision)
        if options.net is not None and options.device.name == "emulated":
            raise NeverWorks("--net has no use with --device emulated")
        self._options = options
        credentials = None if options.key is None else read_credentials(options.key)
        self._daemon = Daemon(options.address, lambda wake: Dealer(options.address, wake, credentials))
        self._signalled = False
        self._ending = Ending()
        self._private = private_directory()

    def run(self) -> None:
        """Work until a signal comes. Raises ``NeverWorks`` and what nets and devices trip over."""
        is_main = threading.current_thread() is threading.main_thread()
        handlers = {number: signal.signal(number, self._note) for number in ENDING} if is_main else {}
        try:
            while not self._signalled:
                facts, net = self._the_net()
                if facts is not None:
                    self._work_with(facts, net)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self._ending.close()
            shutil.rmtree(self._private, ignore_errors=True)

    def end(self) -> None:
        """Say goodbye and work no more; any thread may ask for it."""
        self._signalled = True
        self._ending.end()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.end()
        signal.signal(number, signal.SIG_DFL)  # the second one is not argued with

    def _work_with(self, facts: NetFacts, net: Path | None) -> None:
        from daemon.evaluation.devices.searcher_device import make_device

        device, batch_request = make_device(self._options.for_device(net, facts.sha256, str(self._private)))
        if device.info.sha256 != facts.sha256:
            raise NeverWorks(f"the file of net {facts.sha256[:12]}… has changed")
        joined = Joined(self._daemon, device, batch_request, self._options.names, _machine(), say, self._options.packs)
        try:
            warm_up(device.info)
            gc.freeze()  # what is loaded by now stays: looking for garbage in it takes 50 ms, in the middle of a search
            say(f"{_named(facts)}; {device.info.device}; {self._options.in_flight} in flight")
            joined.run(self._ending)
        except OtherNet:
            say("the daemon evaluates with another net now")
            if not self._signalled:
                over, self._ending = self._ending, Ending()
                over.close()
        finally:
            joined.close()

    def _the_net(self) -> tuple[NetFacts | None, Path | None]:
        """The daemon's net and its file, whenever the daemon is there; none when this ends before."""
        pauses = Pauses()
        while not self._signalled:
            try:
                if not self._daemon.is_there():
                    raise ConnectionLost(f"nobody listens at {self._options.address}")
                return self._ask()
            except WrongDaemon:
                raise
            except OtherNet:
                say("the daemon evaluates with another net now")
            except (ConnectionLost, NetDamaged) as error:
                if not self._signalled:
                    pause = pauses.next()
                    say(f"{error}; the next try is in {pause:g} s")
                    self._ending.wait(pause)
        return None, None

    def _ask(self) -> tuple[NetFacts, Path | None]:
        transport = self._daemon.connect(self._ending.descriptor)
        try:
            asking = Asking(transport, self._ending.came)
            facts = asking.facts()
            self._check(facts)
            if not facts.sha256 or self._options.net is not None:
                return facts, self._options.net
            return facts, self._fetched(asking, facts)
        except RefusedError as error:
            if "evaluates with" in error.reason:  # it was changed while its file came
                raise OtherNet from error
            raise NeverWorks(f"the daemon at {self._options.address} refuses its net: {error.reason}") from error
        except OSError as error:
            raise NeverWorks(f"the net cannot be kept here: {error.strerror or error}") from error
        finally:
            transport.abandon()

    def _check(self, facts: NetFacts) -> None:
        """Raise ``NeverWorks`` where what this searcher is to evaluate with is not the daemon's."""
        emulated = self._options.device.name == "emulated"
        if emulated and facts.sha256:
            raise NeverWorks(f"--device emulated: the daemon evaluates with {_named(facts)}")
        if not emulated and not facts.sha256:
            raise NeverWorks("the daemon evaluates with no net, for its device is emulated; use --device emulated")
        if (path := self._options.net) is not None:
            import hashlib

            from nets.files import read_file

            own = hashlib.sha256(read_file(path)).hexdigest()
            if own != facts.sha256:
                raise NeverWorks(
                    f"net {path} is {own[:12]}…, the daemon evaluates with {facts.sha256[:12]}…; "
                    "without --net it is fetched from there"
                )

    def _fetched(self, asking: Asking, facts: NetFacts) -> Path:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(_named(facts), total=facts.size, start=False, visible=False)

            def tell(here: int, size: int) -> None:
                progress.start_task(task)
                progress.update(task, completed=here, total=size, visible=True)

            return asking.fetch(facts, tell)


def _named(facts: NetFacts) -> str:
    return f"net {facts.sha256[:12]}…" if facts.sha256 else "no net"


def _machine() -> str:
    """Whose monotonic clock this process reads: the machine's name, and which of its lives this is."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    life = boot.read_text()[:8] if boot.exists() else "unknown"
    return f"{socket.gethostname()[:100]}, {life}"


def complaint(work: Callable[[], None]) -> str:
    """Do it: why it can never be done, in one line, or nothing."""
    try:
        work()
    except (NeverWorks, NetError, GameError, DeviceError, ProtocolError) as error:
        return str(error)
    return ""


def work(options: JoinOptions) -> int:
    """The whole program, but for its command line: the exit code."""
    work_in_batches()
    if why := complaint(lambda: Program(options).run()):
        say(f"zhugo-searcher: {why}")
        return 2
    return 0


def main() -> None:
    """Run the command."""
    from daemon.remote.cli import options_of_command_line

    asked = options_of_command_line()
    code = work(asked) if isinstance(asked, JoinOptions) else asked
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)  # torch takes its time to go, and leaves nothing that the end of the process does not remove


if __name__ == "__main__":
    main()
