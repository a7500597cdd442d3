"""How accurate and how fast a net is behind each backend of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from daemon.evaluation.devices.accuracy import LEAST_AGREEMENT, MOST_WIN_RATE_ERROR, Accuracy
from daemon.evaluation.devices.backend_measurements import NetOnHardware, hardware_of
from daemon.evaluation.devices.backends import Backend, ThisMachine, candidates
from daemon.evaluation.devices.measurement import STARTS, measure
from nets.facts import game_of
from protocol.choices import DeviceName, Precision


@dataclass(frozen=True)
class Row:
    """One backend beside torch in f32; shares and errors as ``devices.accuracy.Accuracy`` has them."""

    backend: str
    positions: int
    same_best_move: float
    win_rate_error: float
    worst_win_rate_error: float
    score_error: float | None
    worst_score_error: float | None
    evaluations_per_s: float
    accurate_enough: bool


def check(net: Path, device: DeviceName, precision: Precision, threads: int) -> dict[str, Any]:
    """Measure the backends that these options leave on this machine; ``auto`` stands for all that are there.

    What is found is kept, so that daemons choose by it.

    Raises ``NetError``, ``DeviceError``, ``GameError``.
    """
    backends = _all(device, precision)
    rows = [asdict(_row(*one)) for one in _measured(net, backends, threads)]
    demands = {"same_best_move_at_least": LEAST_AGREEMENT, "win_rate_error_at_most": MOST_WIN_RATE_ERROR}
    return {"net": str(net), "beside": "torch f32", "auto_demands": demands, "backends": rows}


def _all(device: DeviceName, precision: Precision) -> list[list[Backend]]:
    machine = ThisMachine()
    every: tuple[DeviceName, ...] = ("cuda", "openvino", "winograd", "torch")
    names = [name for name in every if machine.missing(name) is None] if device == "auto" else [device]
    if precision == "auto":
        return [list(candidates(name, precision, machine)) for name in names]
    if device == "auto":
        names = [next(iter(candidates(device, precision, machine))).device]
    return [list(candidates(name, precision, machine)) for name in names]


def _measured(net: Path, backends: Sequence[Sequence[Backend]], threads: int) -> list[tuple[Backend, Accuracy]]:
    rows = []
    for of_one_device in backends:
        found = measure(net, of_one_device, threads, STARTS)
        rows += list(found.items())
        if game_of(net) == "go":  # of other games' nets nothing is ever chosen by it
            subject = NetOnHardware.of(net, hardware_of(of_one_device))
            for backend in of_one_device:
                subject.keep(backend, found[backend])
    return rows


def _row(backend: Backend, found: Accuracy) -> Row:
    return Row(
        str(backend),
        found.positions,
        found.agreement,
        found.win_rate,
        found.worst_win_rate,
        found.score,
        found.worst_score,
        found.rate,
        found.suffices,
    )
