"""A second net to compare with, behind a private daemon of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from protocol.client import Client
from zhugo.shared import private_daemon
from zhugo.shared.options import DaemonOptions


def daemon_of(net: Path, options: DaemonOptions) -> Callable[[], AbstractContextManager[Client]]:
    """What starts a daemon with ``net`` and ends it again, on the device and with the arithmetic of ``options``."""
    chosen = replace(DaemonOptions(), net=net, device=options.device, precision=options.precision, searchers=1)
    return lambda: private_daemon.client(chosen, "board, second net")


def borrowed(client: Callable[[], Client]) -> Callable[[], AbstractContextManager[Client]]:
    """A client that somebody else made and will close."""

    @contextmanager
    def lent() -> Iterator[Client]:
        yield client()

    return lent


def by_name(nets: Mapping[str, Path]) -> dict[str, Path]:
    """Those whose files are there."""
    return {name: path for name, path in nets.items() if path.is_file()}
