"""Positions for a run: a process of its own that plays games through a daemon while the student learns."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from protocol.client import Client
from zhugo.learning.distill.selfplay import GAMES_AT_ONCE, play_until
from zhugo.shared.errors import UserError, is_for_the_user, one_line
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import client

NICENESS = 5
"""The games leave the student the processor."""

_END_SECONDS = 20.0
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Supply:
    """Which positions a run wants. teacher: the net that plays. visits: of every search. positions: of all sizes."""

    teacher: Path
    sha256: str
    directory: Path
    positions: int
    visits: int
    seed: int
    daemon: DaemonOptions
    at_once: int = GAMES_AT_ONCE

    def play(self, on_more: Callable[[int], None]) -> None:
        """Play until all are there; ``on_more(n)`` hears how many there are. Raises ``UserError``."""
        options = self.daemon if self.daemon.connect else replace(self.daemon, net=self.teacher)
        with client(options, "train") as connected:
            _check_net(connected, self.sha256)
            for count in play_until(
                connected, self.directory, self.positions, self.visits, self.seed, self.at_once, net=self.sha256
            ):
                on_more(count)


def _check_net(connected: Client, sha256: str) -> None:
    found = {searcher.net.sha256 for searcher in connected.status().searchers if searcher.net is not None}
    if found - {sha256}:
        raise UserError("the daemon searches with another net than the teacher")


@contextmanager
def beside(supply: Supply) -> Iterator[Callable[[], bool]]:
    """Have the positions played by another process during the block.

    The block gets a function that tells whether they are still played; it raises ``UserError`` if that has failed.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(supply, sender, os.getpid()), name="zhugo games", daemon=True)
    process.start()
    sender.close()

    def check() -> bool:
        with suppress(EOFError):
            if receiver.poll():
                raise UserError(receiver.recv_bytes().decode())
        if process.exitcode:
            raise UserError(f"the process that plays the games ended with code {process.exitcode}")
        return process.is_alive()

    try:
        yield check
    finally:
        process.terminate()
        process.join(_END_SECONDS)
        receiver.close()


def _run(supply: Supply, sender: Connection, parent: int) -> None:
    """The process. Ctrl-C is for the parent, which ends it in good order; if the parent is killed, it ends itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=_end_with, args=(parent,), name="watch", daemon=True).start()
    os.nice(NICENESS)
    try:
        supply.play(lambda _: None)
    except Exception as error:
        if not is_for_the_user(error):
            raise
        sender.send_bytes(one_line(error).encode())


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
