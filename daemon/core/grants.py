"""What is kept of grants, and of batch requests that are held."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daemon.core.rechecks import Picked
from daemon.core.searcher_history import ALONE
from protocol import messages as m


@dataclass(frozen=True)
class Part:
    """The tickets of a grant that belong to one session: leaf i is row ``first + i`` of the grant."""

    serial: int
    first: int
    leaves: NDArray[np.int32]


@dataclass(frozen=True)
class LiveGrant:
    """A batch of live tickets.

    ``kind``: batches of one kind take about as long. ``began``: when it was made, and later by every pause since.
    ``seconds``: how long it may take while somebody else waits for work. ``picked``: rows that are to be evaluated
    again by others; ``checks``: what others evaluated, whose rows come last.
    """

    grant: int
    num_moves: int
    leaves: int
    parts: list[Part]
    kind: str
    began: float
    seconds: float
    picked: list[Picked] = field(default_factory=list)
    checks: list[int] = field(default_factory=list)
    optimistic: bool = False

    def deadline(self, wanted: bool) -> float:
        """When its leaves are taken back. ``wanted``: somebody else waits for work."""
        return self.began + (self.seconds if wanted else ALONE * self.seconds)


@dataclass
class Waiting:
    """A batch request that is held: parked on the leaves in flight that block it, or, blocked by none, idle until there
    is work.

    ``unfinished``: it stopped at a bound and is to be served again at once. ``held_back``: its searcher let grants run
    out, and others can do the work.
    """

    batch_request: m.BatchRequest
    since: float
    blocking: set[tuple[int, int]] = field(default_factory=set)  # (session serial, leaf)
    unfinished: bool = False
    held_back: bool = False
