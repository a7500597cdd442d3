"""A net that searches many positions at once, in this process and on one core."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from daemon.evaluation.devices.searcher_device import make_device
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.process.in_process_daemon import InProcessDaemon
from games.game import ANY_FEATURES
from protocol import messages as m
from protocol.choices import DeviceName, Precision
from zhugo.shared.backend import settled
from zhugo.shared.errors import UserError
from zhugo.shared.kernels import load_kernels

_PATIENCE = 3600.0
"""Seconds for all searches of a call, which end long before unless the device hangs."""


@dataclass(frozen=True)
class Search:
    """How an engine searches positions of a game, which is as ``games.load`` takes it. visits: of every search."""

    game: str
    spec: dict[str, Any]
    visits: int
    at_once: int
    device: DeviceName = "auto"
    precision: Precision = "auto"


class Engine:
    """A net behind a daemon of its own. A context manager."""

    def __init__(self, net: Path, search: Search) -> None:
        """Raises ``NetError``, ``GameError`` or ``DeviceError``; ``UserError`` for a device that looks at no net."""
        if search.device == "emulated":
            raise UserError("an emulated device makes its answers up: nets cannot be told apart on it")
        self._search = search
        backend = settled(search.device, search.precision, net)
        options = SearcherOptions(
            "",
            "engine",
            "",
            backend.device,
            backend.precision,
            str(net),
            search.at_once,
            "off",
            threads=1,
            features=ANY_FEATURES,
            cache_mb=0,
        )
        self._device = make_device(options)[0]
        load_kernels(search.game, search.spec, self._device.info.features)
        self._daemon = InProcessDaemon(self._device, m.BatchRequest(search.at_once))
        self._open: set[int] = set()
        self._daemon.send(m.Hello(m.PROTOCOL_VERSION, "client", "engine", os.getpid()))

    def search(self, records: Mapping[int, Sequence[int]]) -> dict[int, m.Report]:
        """What is found at the end of each record; the tree of a key's record before this one is kept.

        Raises ``UserError`` when a search fails.
        """
        for place, record in records.items():
            self._go(place, list(record))
            self._daemon.send(m.Search(place, str(place), m.Limits(visits=self._search.visits), pv_length=1))
        found: dict[int, m.Report] = {}
        while len(found) < len(records):
            match self._daemon.receive(_PATIENCE):
                case m.Report() as report if report.reason == "failed":
                    raise UserError(report.failure)
                case m.Report() as report:
                    found[report.request] = report
                case m.Refused() as refused:
                    raise UserError(refused.reason)
                case None:
                    raise UserError("the device does not answer")
                case _:
                    pass  # welcomes and plain yeses
        return found

    def forget(self) -> None:
        """Drop every tree."""
        for place in self._open:
            self._daemon.send(m.Close(place, str(place)))
        self._open.clear()

    def _go(self, place: int, record: list[int]) -> None:
        if place in self._open:
            self._daemon.send(m.Goto(place, str(place), record))
            return
        self._open.add(place)
        settings = m.SearchSettings(policy=True)
        self._daemon.send(m.Open(place, str(place), self._search.game, self._search.spec, record, settings))

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._device.close()
