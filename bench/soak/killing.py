"""The daemon of the club: started with a journal, killed, started again where it was; and what its processes hold."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil

START_SECONDS = 600.0
END_SECONDS = 60.0


@dataclass
class Memory:
    """Resident MiB of the master, and of all of its searchers, at a time on the machine's clock."""

    at: float
    master: float
    searchers: float


@dataclass
class ClubDaemon:
    """``http``: its port for health. ``options``: beside these and journal and keys. All lies in ``folder``."""

    folder: Path
    address: str
    http: int
    options: list[str]
    memory: list[Memory] = field(default_factory=list)
    restores: list[float] = field(default_factory=list)
    """Seconds from each new start to a daemon that serves: everything restored, a searcher there."""
    kills: dict[str, int] = field(default_factory=lambda: {"searcher": 0, "master": 0})

    def start(self) -> None:
        """Start it, or start it again with its journal."""
        trace = self.folder / "journal" / "trace"
        trace.parent.mkdir(exist_ok=True)
        with (self.folder / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "daemon.tree_master", "--address", self.address,
                    "--keys", str(self.folder / "keys"), "--journal", str(trace),
                    "--http", f"127.0.0.1:{self.http}",
                    *self.options,
                ],
                stdout=log,
                stderr=log,
            )  # fmt: skip
        began = time.monotonic()
        while not self._serves():
            if self._process.poll() is not None or time.monotonic() > began + START_SECONDS:
                raise RuntimeError(f"the daemon did not start; see {self.folder / 'daemon.log'}")
            time.sleep(0.05)
        self.restores.append(time.monotonic() - began)

    def kill_searcher(self, drawn: random.Random) -> None:
        """Kill one of its searchers, if one is there."""
        if searchers := self._searchers():
            drawn.choice(searchers).kill()
            self.kills["searcher"] += 1

    def kill_master(self) -> None:
        """Kill the master, and start it again."""
        self._process.kill()
        self._process.wait()
        self.kills["master"] += 1
        self.start()

    def sample(self) -> None:
        """Note what its processes hold."""
        try:
            master = psutil.Process(self._process.pid).memory_info().rss
            searchers = sum(each.memory_info().rss for each in self._searchers())
        except psutil.NoSuchProcess:
            return
        self.memory.append(Memory(time.monotonic(), master / (1 << 20), searchers / (1 << 20)))

    def end(self) -> int:
        """End it in order: the exit code."""
        self._process.terminate()
        return self._process.wait(END_SECONDS)

    def __enter__(self) -> ClubDaemon:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _serves(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.http}/readyz", timeout=5.0) as answer:
            return bool(answer.status == 200)
        return False

    def _searchers(self) -> list[psutil.Process]:
        found = []
        for child in psutil.Process(self._process.pid).children():
            with suppress(psutil.NoSuchProcess):  # or one that died a moment ago
                if "daemon.searcher" in " ".join(child.cmdline()):
                    found.append(child)
        return found
