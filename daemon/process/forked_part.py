"""A child process that writes the beginning of the trace's next part while the master goes on.

It is a fork: its memory is the master's as it was at that moment, so the state that it writes is of one moment, however
long that takes. It touches nothing of the master's but this memory: no socket, no lock, no thread.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import warnings
from contextlib import suppress
from typing import NoReturn

import msgspec

from daemon.core import checkpoint
from daemon.core.scheduler import Scheduler
from protocol.errors import TraceError
from protocol.next_part import NextPart, Written
from protocol.trace import write_beginning

NICENESS = 5
"""It takes no core from the master that the master or a searcher could use."""

_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


class ForkedPart:
    """The child. ``descriptor`` becomes readable when it has something to say, and when it has ended."""

    def __init__(self, part: NextPart, core: Scheduler) -> None:
        """Start it. Raises ``TraceError`` when the system gives no process."""
        self.part = part
        self.descriptor, told = os.pipe()
        parent = os.getpid()
        try:
            with warnings.catch_warnings():  # of threads that the child would miss: it needs none of them
                warnings.simplefilter("ignore", DeprecationWarning)
                self._pid = os.fork()
        except OSError as error:
            os.close(self.descriptor)
            os.close(told)
            raise TraceError(f"cannot write the trace {part.place}: {error.strerror}") from error
        if self._pid == 0:
            _write(part, core, told, parent)
        os.close(told)
        os.set_blocking(self.descriptor, False)
        self._text = b""

    def is_over(self) -> bool:
        """Whether it has ended, memory and all; to be asked when ``descriptor`` is readable."""
        try:
            data = os.read(self.descriptor, 4096)
        except BlockingIOError:
            return False
        self._text += data
        return not data

    def result(self) -> Written:
        """How far it came, when it is over. Raises ``TraceError`` with the reason if it failed."""
        os.close(self.descriptor)
        text = self._text
        _, status = os.waitpid(self._pid, 0)
        try:
            return msgspec.msgpack.decode(text, type=Written)
        except msgspec.DecodeError:
            code = os.waitstatus_to_exitcode(status)
            reason = text.decode(errors="replace") or f"the process that wrote it ended with code {code}"
        self.part.discard()
        raise TraceError(f"the trace goes on in {self.part.before}, and not in {self.part.place.name}: {reason}")

    def end(self) -> None:
        """End it before it is done."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.close(self.descriptor)
        os.waitpid(self._pid, 0)
        self.part.discard()


def _write(part: NextPart, core: Scheduler, told: int, parent: int) -> NoReturn:
    """What the child does. It never returns into the master's code, whatever happens."""
    code = 1
    try:
        _leave(told, parent)
        written = write_beginning(part, checkpoint.save(core), core.digests())
        os.write(told, msgspec.msgpack.encode(written))
        code = 0
    except BaseException as error:  # nobody above may see it
        with suppress(OSError):
            os.write(told, str(error).encode()[:4000])
    finally:
        os._exit(code)


def _leave(told: int, parent: int) -> None:
    """Become independent: end with the parent, close its files, and run at low priority."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    gc.disable()  # it would touch, and so copy, every object that there is
    os.nice(NICENESS)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, told)
    os.closerange(told + 1, os.sysconf("SC_OPEN_MAX"))
