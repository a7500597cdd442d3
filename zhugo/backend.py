"""What evaluates nets that come and go, as those of self-play, of the arena and of a run of learning do.

Nothing is measured for them, and nothing calibrated: such a net is replaced before that would have paid. Their searches
are this process's own, which makes ready what a daemon makes ready when it starts.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from daemon import search_tree
from daemon.compiling import compiling
from daemon.devices.backends import Backend, Machine, ThisMachine, candidates
from daemon.devices.emulated import EmulatedDevice, Emulation
from daemon.inprocess import InProcessDaemon
from protocol import messages as m
from protocol.choices import DeviceName, Precision

_VISITS = 8


def settled(device: DeviceName, precision: Precision, machine: Machine | None = None) -> Backend:
    """The backend that these options mean, settled at once. Raises ``DeviceError`` for what this machine has not.

    ``auto`` is the fastest arithmetic, as a rule, that the hardware has, but for int8, which wants to be calibrated.
    """
    if device == "emulated":
        return Backend(device, precision)
    found = candidates(device, precision, machine or ThisMachine())
    return next((backend for backend in found if backend.precision != "int8"), found[0])


def load_kernels(game: str, spec: dict[str, Any], features: str) -> None:
    """Load what a search of this game in this process runs, or compile it, and say so.

    Processes that come here at the same time do it one after the other: the later ones find on disk what the first has
    compiled. Raises ``GameError``.
    """
    _load_kernels(msgspec.json.encode([game, spec, features]))


@cache
def _load_kernels(what: bytes) -> None:
    game, spec, features = msgspec.json.decode(what)
    with (
        tempfile.TemporaryDirectory(prefix="zhugo-kernels-") as private,
        compiling("the kernels of search and game", 60, Path(search_tree.__file__)),
    ):
        device = EmulatedDevice(Path(private) / "device", Emulation(), features)
        daemon = InProcessDaemon(device, m.Wish(2))
        daemon.send(m.Hello(m.PROTOCOL_VERSION, "client", "kernels", os.getpid()))
        daemon.send(m.Open(1, "kernels", game, spec))
        daemon.send(m.Search(2, "kernels", m.Limits(visits=_VISITS)))
        while (heard := daemon.receive(0.0)) is not None:
            if isinstance(heard, m.Report) and heard.request == 2 and heard.chosen is not None:
                daemon.send(m.Play(3, "kernels", heard.chosen))
                daemon.send(m.Search(4, "kernels", m.Limits(visits=_VISITS)))
        device.close()
