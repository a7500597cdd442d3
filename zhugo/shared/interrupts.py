"""Ctrl-C and SIGTERM: a command ends soon, in order, and without a traceback, wherever it was.

There are three phases. While a command loads its modules, nothing must be ended in order: the process just ends. While
it works, ``KeyboardInterrupt`` or ``SystemExit`` is raised, so that what it began is ended too. After that, the process
just ends again. This is the first thing that a command loads, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM)

AGAIN = 0.02
"""Seconds until a signal that could not be raised is tried again."""

PATIENCE = 30.0
"""Seconds that a command may take to end in order after SIGTERM."""

_IMPORT = "<frozen importlib"


def exit_code(number: int) -> int:
    """That of a process which such a signal ended, as shells count."""
    return 128 + number


def go_at_once() -> None:
    """From now on these signals end the process on the spot, and without a word."""
    for number in _heeded():
        signal.signal(number, lambda came, _frame: os._exit(exit_code(came)))


def _heeded() -> list[signal.Signals]:
    """Those that the process was not started to ignore, as by ``nohup``."""
    return [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]


class Interrupts:
    """Within the context signals are raised; behind it they do what they did before. For the main thread.

    ``came``: the last signal that came in it, or None. ``waits``: it could not be raised so far.
    """

    def __init__(self) -> None:
        self.came: int | None = None
        self.waits = False

    def __enter__(self) -> Interrupts:
        self._report = sys.unraisablehook
        sys.unraisablehook = self._raise_what_was_lost
        self._before = {number: signal.signal(number, self._take) for number in _heeded()}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._report

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.came = number
        if _imports(frame):
            # A module that is left half way raises errors of its own, or takes the process with it if it is in C.
            self._try_again(number)
        elif number == signal.SIGTERM:
            _watch_the_end(exit_code(number))
            raise SystemExit(exit_code(number))
        else:
            raise KeyboardInterrupt

    def _raise_what_was_lost(self, lost: sys.UnraisableHookArgs) -> None:
        """C that calls Python, as LLVM does, swallows what is raised there, and so do finalizers."""
        if self.came is not None and issubclass(lost.exc_type, KeyboardInterrupt | SystemExit):
            self._try_again(self.came)
        else:
            self._report(lost)

    def _try_again(self, number: int) -> None:
        if self.waits:
            return
        self.waits = True

        def later() -> None:
            self.waits = False
            _to_main_thread(number)

        _after(AGAIN, later)


def _imports(frame: FrameType | None) -> bool:
    """Whether an import is on its way there."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(_IMPORT):
            return True
        frame = frame.f_back
    return False


def _watch_the_end(code: int) -> None:
    """Whatever hangs, the process ends."""

    def later() -> None:
        end_children()
        os._exit(code)

    _after(PATIENCE, later)


def _after(seconds: float, call: object) -> None:
    import threading

    timer = threading.Timer(seconds, call)  # type: ignore[arg-type]
    timer.daemon = True
    timer.start()


def _to_main_thread(number: int) -> None:
    import threading

    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, number)


def end_children() -> None:
    """End the processes of pools and workers, which would else outlive this one for a while."""
    multiprocessing = sys.modules.get("multiprocessing")
    for child in multiprocessing.active_children() if multiprocessing is not None else ():
        child.terminate()


def leave(code: int) -> None:
    """End the process though threads of it still work. What was printed gets out."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # nobody is there to read
    end_children()
    os._exit(code)
