"""The core and its journal: one event after the other, whatever goes wrong at one.

The core itself contains the failure of a session (``containment``). After any other exception the core cannot be
trusted. It is then restored from the trace, as it was before this event, and the event is dropped. Without a trace, or
when that does not help, it begins anew and all peers must greet again. Either way the trace says so, and a replay takes
the same course.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.core.answers import Answers
from daemon.core.containment import describe
from daemon.process.log import log
from daemon.replay.step import Frames, failed_event, understand
from protocol.codec import number_of
from protocol.errors import TraceError
from protocol.messages import Inbound
from protocol.trace import Failed

if TYPE_CHECKING:
    from daemon.core.scheduler import Scheduler

SOON = 100
"""A core that was restored from its trace and fails again within so many events begins anew: the fault is in its state.
"""


Encoded = list[tuple[bytes, list[bytes | memoryview]]]
"""Receivers and frames."""


@dataclass(frozen=True)
class Taken:
    """What became of an event. ``message``: None where it was dropped. ``encoded``: the frames of the answers.

    ``away``: for how many seconds nobody was heard, since the core was made again.
    """

    message: Inbound | None
    answers: Answers
    encoded: Encoded
    away: float = 0.0


Write = Callable[[float, bytes, Frames, Answers, Failed | None], Encoded]
"""Puts an event into the trace: its time, sender, frames, answers, and what failed. Gives the answers' frames."""

Restored = Callable[[], "Scheduler"]
"""Makes the core of the trace again, without the event that is not there yet. Raises ``TraceError``."""


class JournaledCore:
    """See the module. ``core`` is the one that counts now."""

    def __init__(self, core: Scheduler, written: Write, restored: Restored | None = None) -> None:
        self.core = core
        self._write = written
        self._restored = restored
        self._handled = SOON

    def take(self, sender: bytes, frames: Frames, now: float) -> Taken:
        """One event: what to send to whom, once it is in the trace. Raises ``TraceError`` where it cannot be there."""
        try:
            message = understand(sender, frames)
        except Exception as error:  # no memory for it, say; the core has seen nothing of it
            return self._drop(sender, frames, now, error)
        try:
            answers = self.core.handle(sender, message, now)
            encoded = self._write(now, sender, frames, answers, failed_event(self.core.faults))
        except TraceError:
            raise
        except Exception as error:
            why = describe(error)
        else:
            self._handled += 1
            for fault in self.core.faults:
                _say(f"failed at {type(message).__name__}: {fault.text}; what it was about is closed, all else goes on")
            return Taken(message, answers, encoded)
        # out of the exception's reach, which holds what may be large
        return self._recover(sender, frames, now, f"{type(message).__name__}: {why}")

    def forget_trace(self) -> None:
        """What happens from now on is not in the trace."""
        self._restored = None

    def _drop(self, sender: bytes, frames: Frames, now: float, error: Exception) -> Taken:
        why = describe(error)
        _say(f"could not read a message: {why}")
        answers = self.core.drop(sender, number_of(frames), now, why)
        return Taken(None, answers, self._write(now, sender, frames, answers, Failed(dropped=why)))

    def _recover(self, sender: bytes, frames: Frames, now: float, why: str) -> Taken:
        """Go on with a core that can be trusted."""
        began = time.monotonic()
        numbers = self.core.numbers
        answers, failed = self.core.begin_anew(now, numbers), Failed(dropped=why, anew=numbers)
        if self._restored is not None and self._handled >= SOON:
            try:
                core = self._restored()
            except Exception as error:  # the old one has begun anew already
                _say(f"its trace does not bring its state back: {describe(error)}")
            else:
                self.core = core
                answers, failed = core.drop(sender, number_of(frames), now, why), Failed(dropped=why)
        self._handled = 0
        went_on = (
            "every session is gone"
            if failed.anew is not None
            else "the state came from the trace again, without this message"
        )
        _say(f"failed at {why}; {went_on}")
        encoded = self._write(now, sender, frames, answers, failed)
        return Taken(None, answers, encoded, time.monotonic() - began)


def _say(text: str) -> None:
    log("fault", text, level="error")
