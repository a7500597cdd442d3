"""What evaluates nets that come and go, as those of self-play, of the arena and of a run of learning do.

Nothing is measured for them, and nothing calibrated: such a net is replaced before that would have paid.
"""

from __future__ import annotations

from daemon.devices.backends import Backend, Machine, ThisMachine, candidates
from protocol.choices import DeviceName, Precision


def settled(device: DeviceName, precision: Precision, machine: Machine | None = None) -> Backend:
    """The backend that these options mean, settled at once. Raises ``DeviceError`` for what this machine has not.

    ``auto`` is the fastest arithmetic, as a rule, that the hardware has, but for int8, which wants to be calibrated.
    """
    if device == "emulated":
        return Backend(device, precision)
    found = candidates(device, precision, machine or ThisMachine())
    return next((backend for backend in found if backend.precision != "int8"), found[0])
