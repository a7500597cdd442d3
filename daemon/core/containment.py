"""Faults of the core's own, each kept within the session that it happened in.

What a session does to its own state, a selection, an update, a report, is one *step* of an event. A step that raises
has changed nothing but that session, which is closed before the event ends; all others go on. A replay need not raise
again (a fault from lack of memory would not): it is told which steps failed, and leaves them out. What is raised
outside every step is not caught here, since what it has changed is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from protocol.messages import RefusalKind

_T = TypeVar("_T")

MAX_TEXT = 500


class Refusal(ValueError):
    """A message cannot be obeyed; nothing has changed. The text is the reason."""

    kind: RefusalKind = ""


class Forbidden(Refusal):
    """The sender's principal may not say that."""

    kind = "forbidden"


class OverQuota(Refusal):
    """The principal has as much as it may."""

    kind = "quota"


class NoRoom(Refusal):
    """The daemon holds as much as it may, and others may make room."""


class Failure(Refusal):
    """A message cannot be obeyed, for something of the core's own went wrong; the text says what."""

    def __init__(self, told: str) -> None:
        super().__init__(f"failed: {told}")


@dataclass(frozen=True)
class Fault:
    """Step ``step`` of an event failed, counted from 1; ``text`` is one line. ``error``: None where it was replayed."""

    step: int
    text: str
    error: Exception | None = None


class Containment:
    """The steps of one event. ``faults``: those that failed."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._failed: dict[int, str] = {}  # sessions that failed: serial -> why
        self._to_close: list[int] = []
        self._planned: dict[int, str] = {}
        self._step = 0

    def begin(self, planned: Sequence[tuple[int, str]] = ()) -> None:
        """An event begins. ``planned``: the steps that failed when it happened, and why."""
        self.faults, self._failed, self._to_close, self._planned, self._step = [], {}, [], dict(planned), 0

    def demand(self, work: Callable[[], _T], serial: int | None = None) -> _T:
        """What ``work`` gives, on the session ``serial`` or on none that is there. Raises ``Failure`` if it fails.

        A ``Refusal`` of its own goes through, as no fault.
        """
        if serial in self._failed:
            raise Failure(self._failed[serial])
        self._step += 1
        planned = self._planned.get(self._step)
        try:
            if planned is None:
                return work()
            fault = Fault(self._step, planned)
        except Refusal:
            raise
        except Exception as error:
            fault = Fault(self._step, describe(error), error)
        self.faults.append(fault)
        if serial is not None:
            self._failed[serial] = fault.text
            self._to_close.append(serial)
        raise Failure(fault.text)

    def attempt(self, serial: int, work: Callable[[], _T], otherwise: _T) -> _T:
        """What ``work`` on this session gives; ``otherwise`` if it fails, or the session has failed in this event."""
        try:
            return self.demand(work, serial)
        except Failure:
            return otherwise

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has failed in this event, and nothing is known to fail."""
        return not (self.faults or self._planned)

    def count(self, steps: int) -> None:
        """So many steps were done together, none of which failed."""
        self._step += steps

    def has_failed(self, serial: int) -> bool:
        """Whether this session failed in this event."""
        return serial in self._failed

    def why(self, serial: int) -> str:
        """Why this session failed in this event."""
        return self._failed.get(serial, "")

    def next_failed(self) -> tuple[int, str] | None:
        """A session that failed and was not named here yet, to be closed, and why; None where there is none."""
        if not self._to_close:
            return None
        serial = self._to_close.pop(0)
        return serial, self._failed[serial]


def describe(error: Exception) -> str:
    """One line on what was raised, and where."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    said = " ".join(str(error).split())[:MAX_TEXT]
    place = ""
    if trace is not None:
        file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
        place = f"{file}, line {trace.tb_lineno}"
    return f"{type(error).__name__} ({'; '.join(part for part in (said, place) if part)})"
