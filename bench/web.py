"""What the board in the browser costs a search: visits a second under a page that looks on, beside a plain client's.

Both search the same empty board in one daemon, in turns, so that neither has the machine at a better time. The server
is a process of its own, as people run it; the page is a WebSocket that reads ten analyses a second, and draws nothing.
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

from websockets.sync.client import ClientConnection, connect

from protocol.client import Client
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import served

WARM_SECONDS = 1.0


def measure(options: DaemonOptions, size: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Medians over the rounds; ``of_plain``: the page's visits a second as a part of the plain client's."""
    numbers = itertools.count()
    options = replace(options, cache_mb=0)  # or the second of both searches would find what the first left
    with served(options, "bench") as address, Client.connect(address, "plain") as client, _page(address) as page:
        pairs, messages, octets = [], 0, 0
        for _ in range(rounds):
            plain = _plain(client, f"plain {next(numbers)}", size, seconds)
            rate, count, length = _looked_at(client, page, size, seconds)
            pairs.append((plain, rate))
            messages, octets = messages + count, octets + length
    return {
        "plain_visits_per_s": statistics.median(plain for plain, _ in pairs),
        "page_visits_per_s": statistics.median(rate for _, rate in pairs),
        "of_plain": statistics.median(rate / plain for plain, rate in pairs),
        "analyses_per_s": messages / (rounds * seconds),
        "bytes_per_analysis": octets / max(1, messages),
        "rounds": rounds,
    }


def _plain(client: Client, name: str, size: int, seconds: float) -> float:
    session = client.open(name, "go", {"size": size})
    session.search()
    time.sleep(WARM_SECONDS)
    rate = _rate(client, lambda: time.sleep(seconds))
    session.stop()
    session.close()
    return rate


def _looked_at(client: Client, page: ClientConnection, size: int, seconds: float) -> tuple[float, int, int]:
    """Visits a second, and how many analyses of how many bytes came meanwhile."""
    _ask(page, "new_game", width=size, height=size)
    _ask(page, "analyze", on=True, ownership=False)
    _read(page, WARM_SECONDS)
    found: list[int] = []
    rate = _rate(client, lambda: found.extend(_read(page, seconds)))
    _ask(page, "analyze", on=False)
    _read(page, WARM_SECONDS)
    return rate, len(found), sum(found)


def _rate(client: Client, wait: Callable[[], object]) -> float:
    before = client.status()
    wait()
    after = client.status()
    return (after.visits - before.visits) / (after.uptime - before.uptime)


@contextmanager
def _page(address: str) -> Iterator[ClientConnection]:
    with TemporaryDirectory() as home:
        command = [sys.executable, "-P", "-m", "zhugo.cli", "web", "--connect", address, "--no-browser"]
        server = subprocess.Popen([*command, "--port", "0", "--home", home], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[-1]
            with connect(url.replace("http", "ws").replace("/?", "/socket?"), max_size=None) as page:
                _ask(page, "hello")
                yield page
        finally:
            server.terminate()
            server.wait()
            if server.stdout is not None:
                server.stdout.close()


def _ask(page: ClientConnection, kind: str, **fields: Any) -> None:
    page.send(json.dumps({"type": kind, **fields}))


def _read(page: ClientConnection, seconds: float) -> list[int]:
    """The lengths of the analyses that come within so many seconds."""
    end = time.monotonic() + seconds
    found = []
    while (left := end - time.monotonic()) > 0:
        try:
            text = page.recv(timeout=left)
        except TimeoutError:
            break
        if json.loads(text)["type"] == "analysis":
            found.append(len(text))
    return found
