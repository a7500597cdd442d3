"""Daemons to test with: a whole one in this process, and a real one in processes of its own."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation
from daemon.process.local_master import LocalMaster
from daemon.process.referee import GamesReferee
from daemon.searcher import Searcher
from protocol import messages as m
from protocol.client import Client, Reconnect
from protocol.errors import ConnectionLost
from protocol.transport import Transport

ROOT = Path(__file__).parent.parent
PATIENCE = 120.0
"""Seconds that anything may take on a busy machine before a test gives up."""


Tell = Callable[[str], None]


def _ignore(_text: str) -> None:
    pass


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.01)


class LocalDaemon:
    """Core, searchers and clients in threads of this process."""

    def __init__(self, directory: Path, searchers: int = 2, batch: int = 4, config: Config | None = None) -> None:
        self.core = Scheduler(GamesReferee(), config or Config())
        self._master = LocalMaster(self.core)
        self._ended = False
        self._devices = [EmulatedDevice(directory / "device", Emulation(0.001)) for _ in range(searchers)]
        self._threads = [
            threading.Thread(target=self._search, args=(device, batch, f"searcher {number}"))
            for number, device in enumerate(self._devices)
        ]
        for thread in self._threads:
            thread.start()

    def client(self, name: str = "test", reconnect: float = 0.0, tell: Tell = _ignore) -> Client:
        again = Reconnect(self._master.connect, reconnect, tell) if reconnect else None
        return Client(self._master.connect(), name, PATIENCE, reconnect=again)

    def connect(self) -> Transport:
        """A connection, for a client to be made with."""
        return self._master.connect()

    def cut(self) -> None:
        """Break all connections."""
        self._master.cut()

    def kill(self) -> None:
        self._master.lose()

    def tell(self, sender: bytes, message: m.Inbound, now: float) -> None:
        """Have something happen to the core at a time of its own."""
        self._master.deliver(sender, message, now)

    def restart(self, core: Scheduler) -> None:
        """Live again, with this core, which has met nobody that is here now."""
        self.core = core
        self._master.come_back(core)

    def __enter__(self) -> LocalDaemon:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._ended = True
        self._master.lose()
        for thread, device in zip(self._threads, self._devices, strict=True):
            thread.join()
            device.close()

    def _search(self, device: EmulatedDevice, batch: int, name: str) -> None:
        searcher = Searcher(self._master.connect(), device, m.BatchRequest(batch), name)
        while not self._ended:
            with suppress(ConnectionLost):  # as every daemon here ends, and some begin again
                searcher.run()
            time.sleep(0.01)
            searcher.go_over(self._master.connect())


class RealDaemon:
    """``zhugo-searchd`` with an emulated device. ``lines``: what it wrote on stderr, once it has ended."""

    def __init__(self, directory: Path, *options: str, latency_ms: float = 1.0, batch: int = 8) -> None:
        self.address = f"ipc://{directory / 'd'}"
        arguments = ["--device", "emulated", "--latency-ms", str(latency_ms), "--batch", str(batch), *options]
        self.process = start("--address", self.address, *arguments)

    def client(self, name: str = "test", reconnect: float = 0.0, tell: Tell = _ignore) -> Client:
        return Client.connect(self.address, name, PATIENCE, reconnect=reconnect, tell=tell)

    def searchers(self) -> list[int]:
        """Pids of the searchers that live now."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def kill(self) -> None:
        """As power does when it fails, but for the machine."""
        self.process.kill()
        self.process.wait()

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and wait: the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> RealDaemon:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.process.poll() is None:
            self.end()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


def start(*options: str) -> subprocess.Popen[str]:
    """``zhugo-searchd`` with these options."""
    return subprocess.Popen(
        [sys.executable, "-m", "daemon.tree_master", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def readable(descriptor: int) -> bool:
    """Whether there is something to read there now."""
    return bool(select.select([descriptor], [], [], 0)[0])


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and not as a mere zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def open_files() -> set[str]:
    """What this process has open: the targets of its file descriptors."""
    targets = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            targets.add(f"{entry.name} -> {entry.readlink()}")
        except OSError:
            continue  # the one that lists the directory
    return targets
