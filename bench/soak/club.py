"""A process of members, each in a thread: ``python -m bench.soak.club OPTIONS``, with OPTIONS as JSON.

It writes ``READY`` when all of its members are there, lives until standard input ends, has every member check once
more, and writes their ledgers as JSON.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.soak.member import Ledger, Member
from protocol.client import Client
from protocol.errors import ConnectionLost
from protocol.keys import read_credentials

READY = "all are here"
RECONNECT = 600.0
"""Seconds that members wait for a daemon that died."""


class Options(Struct, frozen=True):
    """``keys``: the members' files. ``everybody``: all members of the club, by name. ``pause``: see ``Member``."""

    address: str
    keys: list[str]
    everybody: list[str]
    seed: int
    pause: tuple[float, float]


def main() -> None:
    """See the module."""
    options = msgspec.json.decode(sys.argv[1], type=Options)
    ended = threading.Event()
    members, threads = [], []
    for number, file in enumerate(options.keys):
        members.append(_member(options, Path(file), options.seed + number, ended))
        threads.append(threading.Thread(target=members[-1].live, name=file))
        threads[-1].start()
    print(READY, flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(msgspec.json.encode([member.ledger for member in members]).decode())


def _member(options: Options, file: Path, seed: int, ended: threading.Event) -> Member:
    credentials = read_credentials(file)

    def connect() -> Client:
        until = time.monotonic() + RECONNECT
        while True:
            try:
                return Client.connect(
                    options.address, credentials.name, timeout=RECONNECT, answer_timeout=RECONNECT,
                    reconnect=RECONNECT, credentials=credentials,
                )  # fmt: skip
            except ConnectionLost:  # it was killed a moment ago
                if time.monotonic() > until:
                    raise
            time.sleep(0.2)

    others = [name for name in options.everybody if name != credentials.name]
    return Member(credentials.name, connect, others, seed, options.pause, ended)


def total(ledgers: list[Ledger]) -> Ledger:
    """All of them as one."""
    whole = Ledger()
    for ledger in ledgers:
        for what, times in ledger.done.items():
            whole.count(what, times)
        whole.first_reports += ledger.first_reports
        whole.faults += ledger.faults
    return whole


if __name__ == "__main__":
    main()
