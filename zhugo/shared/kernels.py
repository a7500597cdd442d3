"""The kernels for searches in this process, as in self-play and the arena; a daemon loads its own."""

from __future__ import annotations

import os
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from daemon.core import search_tree
from daemon.evaluation.devices.emulated import outputs
from daemon.gpu_client import Batch, Result
from daemon.process.compiling import compiling
from daemon.process.in_process_daemon import InProcessDaemon
from protocol import messages as m

_VISITS = 8


def load_kernels(game: str, spec: dict[str, Any], features: str) -> None:
    """Load what a search of this game in this process runs, or compile it, and say so.

    Processes that come here at the same time do it one after the other: the later ones find on disk what the first has
    compiled. Raises ``GameError``.
    """
    _load_kernels(msgspec.json.encode([game, spec, features]))


@cache
def _load_kernels(what: bytes) -> None:
    game, spec, features = msgspec.json.decode(what)
    with compiling("the kernels of search and game", 70, Path(search_tree.__file__)):
        daemon = InProcessDaemon(_NoNet(features), m.BatchRequest(2))
        daemon.send(m.Hello(m.PROTOCOL_VERSION, "client", "kernels", os.getpid()))
        daemon.send(m.Open(1, "kernels", game, spec))
        daemon.send(m.Open(2, "more kernels", game, spec))  # for what is done in many trees with one call
        daemon.send(m.Search(2, "kernels", m.Limits(visits=_VISITS)))
        daemon.send(m.Search(5, "more kernels", m.Limits(visits=_VISITS)))
        while (heard := daemon.receive(0.0)) is not None:
            if isinstance(heard, m.Report) and heard.request == 2 and heard.chosen is not None:
                daemon.send(m.Play(3, "kernels", heard.chosen))
                daemon.send(m.Search(4, "kernels", m.Limits(visits=_VISITS)))


class _NoNet:
    """A ``Device`` that answers at once what a hash says, without a file that a killed process would leave behind."""

    def __init__(self, features: str) -> None:
        self.info = m.NetInfo("none", "", features, "none")

    def submit(self, batch: Batch) -> Future[Result]:
        done: Future[Result] = Future()
        done.set_result(Result(outputs(batch, "hashed"), 0.0, 0.0))
        return done

    def close(self) -> None:
        """Nothing is held."""
