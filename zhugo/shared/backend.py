"""What evaluates nets that are soon replaced, as in self-play, the arena and a run of learning.

They are neither measured nor calibrated before they play: such a net is replaced before that would pay. (Bytes took 14
s of calibration for 3 blocks of 48 filters, and were then slower than f32.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from daemon.evaluation.devices.accuracy import MOST_WIN_RATE_ERROR, Accuracy
from daemon.evaluation.devices.backend_measurements import NetOnHardware, hardware_of
from daemon.evaluation.devices.backends import Backend, Machine, ThisMachine, candidates
from protocol.choices import DeviceName, Precision

LEAST_AGREEMENT = 0.9
"""Share of positions with the same best move as in f32, for nets that learn."""


def settled(
    device: DeviceName, precision: Precision, net: Path | None = None, machine: Machine | None = None
) -> Backend:
    """The backend that these options mean, settled at once. Raises ``DeviceError`` for what this machine has not.

    ``auto`` is the fastest that is accurate enough, by what was measured of the net or of its architecture on this
    machine; where nothing was, the fastest as a rule that the hardware has. It is never int8, which wants to be
    calibrated for every net.
    """
    if device == "emulated":
        return Backend(device, precision)
    backends = to_choose_from(device, precision, machine)
    if net is None or len(backends) == 1:
        return backends[0]
    return fastest(backends, NetOnHardware.of(net, hardware_of(backends)).known)


def to_choose_from(device: DeviceName, precision: Precision, machine: Machine | None = None) -> Sequence[Backend]:
    """What the options leave, the fastest as a rule first, but for int8 unless that was asked for.

    Our own convolutions come last: many of these nets are small, and on small boards, where libraries are as fast, and
    every process would load or compile their kernels first.
    """
    found = sorted(candidates(device, precision, machine or ThisMachine()), key=lambda one: one.device == "winograd")
    return [backend for backend in found if backend.precision != "int8"] or found


def fastest(backends: Sequence[Backend], known: Callable[[Backend], Accuracy | None]) -> Backend:
    """The first of which nothing is known, or else the fastest, of those that are not known to be too inaccurate."""
    found = {backend: known(backend) for backend in backends}
    able = [one for one in backends if one.precision == "f32" or (told := found[one]) is None or is_enough(told)]
    return max(able, key=lambda one: math.inf if (told := found[one]) is None else told.rate)


def is_enough(accuracy: Accuracy) -> bool:
    """Whether nets that learn may be evaluated so: their searches have noise, and are there to be learned from.

    The policy of a young net is flat, so that rounding often changes which move is the likeliest: bf16 does in 4 % of
    the positions for random weights of 3 blocks and 48 filters, while the win rate is off by 0.1 %.
    """
    return accuracy.agreement >= LEAST_AGREEMENT and accuracy.win_rate <= MOST_WIN_RATE_ERROR


def convert(net: Path, device: DeviceName, precision: Precision) -> None:
    """Put a net into the form that its backend wants, without a word, where there is one. Raises ``NetError``."""
    if settled(device, precision).device == "openvino":
        from daemon.evaluation.devices import openvino_model

        openvino_model.load(net, quietly=True)
