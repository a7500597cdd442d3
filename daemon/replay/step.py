"""One event through the core, frames in and frames out: what the master, a replay and tests in one process share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from daemon.core.answers import Answers
from daemon.core.containment import Fault
from protocol.codec import Malformed, decode, encode, number_of
from protocol.messages import OF_THE_SHELL, AnyMessage, Inbound, MalformedInput
from protocol.trace import Failed

Frames = Sequence[bytes | memoryview]

SHELL = b""
"""Sender of what the shell itself tells the core."""


class Core(Protocol):
    """The pure core, as ``scheduler.Scheduler`` is."""

    def handle(self, sender: bytes, message: Inbound, now: float) -> Answers:
        """What to send to whom because of ``message``. Raises for nothing that a peer can send."""

    def next_deadline(self) -> float | None:
        """When the core wants a ``Tick``."""

    def digests(self) -> dict[str, str]:
        """Session -> digest of its tree."""


def understand(sender: bytes, frames: Frames) -> Inbound:
    """The message that these frames are; ``MalformedInput`` for what is none, or not for this sender to say."""
    try:
        message: AnyMessage = decode(frames)
    except Malformed as error:
        return MalformedInput(str(error)[:1000], number_of(frames))
    if sender != SHELL and isinstance(message, OF_THE_SHELL):
        return MalformedInput(f"{type(message).__name__} is the shell's")
    if isinstance(message, Inbound):
        return message
    return MalformedInput(f"{type(message).__name__} is not for the master")


def failed_event(faults: Sequence[Fault]) -> Failed | None:
    """How a trace tells of faults that a core contained; None where there are none."""
    return Failed([(fault.step, fault.text) for fault in faults]) if faults else None


def raise_first(faults: Sequence[Fault]) -> None:
    """Raise the first exception that the core contained, for tests that expect none."""
    for fault in faults:
        if fault.error is not None:
            raise fault.error


def step(core: Core, sender: bytes, frames: Frames, now: float) -> list[tuple[bytes, list[bytes | memoryview]]]:
    """One event as it stands in a trace: frames in, frames out."""
    answers = core.handle(sender, understand(sender, frames), now)
    return [(receiver, encode(answer)) for receiver, answer in answers]
