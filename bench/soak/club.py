"""A process of members, each in a thread: ``python -m bench.soak.club OPTIONS``, OPTIONS as JSON; its ledger on stdout.

It lives until standard input ends, so that members act to the end and check once more.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.soak.member import Ledger, Member
from protocol.client import Client
from protocol.keys import read_credentials

RECONNECT = 600.0
"""Seconds that members wait for a daemon that died."""


class Options(Struct, frozen=True):
    """``keys``: the members' files. ``everybody``: all members of the club, by name."""

    address: str
    keys: list[str]
    everybody: list[str]
    seed: int


def main() -> None:
    """See the module."""
    options = msgspec.json.decode(sys.argv[1], type=Options)
    ended = threading.Event()
    members, threads = [], []
    for number, file in enumerate(options.keys):
        members.append(_member(options, Path(file), options.seed + number, ended))
        threads.append(threading.Thread(target=members[-1].live, name=file))
        threads[-1].start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(msgspec.json.encode([member.ledger for member in members]).decode())


def _member(options: Options, file: Path, seed: int, ended: threading.Event) -> Member:
    credentials = read_credentials(file)

    def connect() -> Client:
        return Client.connect(
            options.address, credentials.name, timeout=RECONNECT, answer_timeout=RECONNECT, reconnect=RECONNECT,
            credentials=credentials,
        )  # fmt: skip

    others = [name for name in options.everybody if name != credentials.name]
    return Member(credentials.name, connect, others, seed, ended)


def total(ledgers: list[Ledger]) -> Ledger:
    """All of them as one."""
    whole = Ledger()
    for ledger in ledgers:
        whole.done.update(ledger.done)
        whole.first_reports += ledger.first_reports
        whole.faults += ledger.faults
    return whole


if __name__ == "__main__":
    main()
