"""What a schedule hears and says, and what it declares of itself.

A *slot* is one who asks the core for leaves: it holds at most one grant. A *worker* is a process that encodes. A leaf
is known by any name that tells it from all others; what a leaf is encoded into is its *tensor*.

A driver obeys the actions in their order, and tells the schedule of each thing that comes of them. A schedule reads no
clock and draws no number, so that what it does is a function of what it heard.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Leaf = Hashable


@dataclass(frozen=True)
class Granted:
    """The core gave this slot leaves to evaluate; ``ahead``: what may be wanted next, the likeliest first."""

    slot: int
    leaves: tuple[Leaf, ...]
    ahead: tuple[Leaf, ...] = ()


@dataclass(frozen=True)
class Encoded:
    """A worker has done its task."""

    worker: int


@dataclass(frozen=True)
class Evaluated:
    """The device has done the batch of these slots; those that were revoked meanwhile are left out."""

    slots: tuple[int, ...]


@dataclass(frozen=True)
class WorkerLost:
    """A worker died; there is another of its number, which has nothing of what the old one was at."""

    worker: int


@dataclass(frozen=True)
class Revoked:
    """The core took this slot's leaves back, or the slot's process died and greeted anew. It holds nothing now."""

    slot: int


Event = Granted | Encoded | Evaluated | WorkerLost | Revoked


@dataclass(frozen=True)
class Request:
    """What a slot asks for, as in ``messages.BatchRequest``."""

    leaves: int
    speculate: bool = False
    ahead: int = 0
    per_tree: int | None = None


@dataclass(frozen=True)
class Ask:
    """Ask the core for leaves for this slot; it may not have any yet, then ``Granted`` comes later."""

    slot: int
    request: Request


@dataclass(frozen=True)
class Encode:
    """Have this worker, which has nothing to do, encode these leaves."""

    worker: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Submit:
    """Put the grants of these slots into the device's queue as one batch. All of their leaves are encoded."""

    slots: tuple[int, ...]


@dataclass(frozen=True)
class Update:
    """Bring the core the evaluations of this slot's grant, and ask for the next leaves in the same message."""

    slot: int
    request: Request


@dataclass(frozen=True)
class Drop:
    """Nobody will use the tensors of these leaves."""

    leaves: tuple[Leaf, ...]


Action = Ask | Encode | Submit | Update | Drop

Rule = Literal["capped", "uncapped", "virtual-loss"]


@dataclass(frozen=True)
class Plan:
    """What a schedule declares.

    ``label``: how the report calls it. ``selects``, ``encodes``, ``waits``, ``in_flight``: who selects and encodes, who
    waits for whom, and what may be in flight, each in a few words. ``slots``, ``workers``: how many there are.
    ``requests``: what each slot asks for. ``main_encodes``: worker 0 is the process that selects. ``collisions``: the
    rule that it was made for. ``keep``: tensors that may wait without a grant.
    """

    name: str
    label: str
    selects: str
    encodes: str
    waits: str
    in_flight: str
    slots: int
    workers: int
    request: Request
    main_encodes: bool = False
    collisions: Rule = "capped"
    keep: int = 0

    @property
    def processes(self) -> int:
        """How many processes there are, the one that selects among them."""
        return self.workers + (not self.main_encodes)


@dataclass
class Counts:
    """What became of leaves and tensors. Every tensor is used, dropped, or waits: see ``Course.check``.

    ``granted``: leaves, of which ``ready`` were encoded when they were granted and ``begun`` were being encoded.
    ``submitted``: leaves, in ``batches``. ``encoded``: tensors made, again and again where one was dropped or lost.
    ``dropped``: tensors that nobody used. ``most``: tensors that existed at a time. ``predicted``: leaves of forecasts.
    """

    granted: int = 0
    ready: int = 0
    begun: int = 0
    submitted: int = 0
    batches: int = 0
    encoded: int = 0
    used: int = 0
    dropped: int = 0
    most: int = 0
    predicted: int = 0


class Schedule(Protocol):
    """One way to schedule a search. See the module."""

    plan: Plan
    counts: Counts

    def begin(self) -> Sequence[Action]:
        """What to do first. To be called once."""

    def hear(self, event: Event) -> Sequence[Action]:
        """What to do now that this has happened."""

    @property
    def tensors(self) -> int:
        """How many tensors exist: of grants, and of leaves that nobody was granted yet."""

    def check(self) -> None:
        """Raise ``ScheduleError`` unless everything is in order that always must be."""


class ScheduleError(Exception):
    """A schedule or its driver did something that must never happen; the text says what."""
