"""Which schedule suits a machine, by what its steps take: leaves a second, where whatever is busiest sets the pace.

It leaves out that batches of one tree may not be full, and what more leaves in flight cost the search; so a schedule
that is hardly faster than a simpler one is not chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

WORTH = 1.1
"""How many times as fast as all before it a schedule must be to be taken."""


@dataclass(frozen=True)
class Steps:
    """Seconds: encode and tree of a leaf, all that the core does for it; latency of a batch of ``batch``; wire of a
    message. ``cores``: of the machine.
    """

    encode: float
    latency: float
    tree: float
    wire: float
    cores: int
    batch: int


def leaves_per_s(name: str, steps: Steps) -> float:
    """Of the schedule of this name where all batches are full. Raises ``ValueError`` where there is no rule for it."""
    batch, cores = steps.batch, steps.cores
    encode, tree, device, wire = batch * steps.encode, batch * steps.tree, steps.latency, 2 * steps.wire
    encoders = max(1, cores - 1)
    match name.rsplit("-", 1):
        case ["double-buffer", number] if number.isdecimal():
            searchers = int(number)
            host = (tree + encode) / cores
            return batch / max(device, tree, host, (tree + encode + device + wire) / searchers)
        case ["spread"] | ["spread", "2"]:
            batches = 2 if name.endswith("2") else 1
            part = -(-batch // encoders) * steps.encode
            host = (tree + encode) / cores
            return batch / max(device, tree, host, part, (tree + part + device + wire) / batches)
        case ["sequential"]:
            return 1 / (steps.encode + steps.tree + device)
        case ["ahead"]:
            return 1 / max(steps.tree + device, steps.encode / encoders)
        case ["together"]:
            return cores / (cores * steps.tree + steps.encode + device + wire)
        case ["many", "trees"]:
            return batch / (tree + encode + device)
    raise ValueError(f"no rule says how fast {name!r} is")


def choose(steps: Steps, among: tuple[str, ...] = ("double-buffer-2", "spread-2")) -> str:
    """The fastest of these; the simpler ones come first."""
    best = among[0]
    for name in among[1:]:
        if leaves_per_s(name, steps) > WORTH * leaves_per_s(best, steps):
            best = name
    return best
