"""The watch over the searcher processes: starts them, passes on what they say, restarts those that die."""

from __future__ import annotations

import os
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from daemon.evaluation.child_process import command, environment
from daemon.evaluation.searcher_options import FATAL, FATAL_CODE, SearcherOptions
from daemon.process.log import log

STARTS_IN_VAIN = 5
"""Deaths of searchers that end the daemon, if none was ever ready to work."""

QUICKEST_RESTART = 0.5
"""Seconds between two births in one place, at least."""

SLOWEST_RESTART = 60.0
"""Seconds until another try, at most."""


class SearchersFailed(Exception):
    """No searcher was ever ready to work; the text is one clear line that says why."""


class AnySearchers(Protocol):
    """The searchers that a daemon has of its own, wherever they run. ``Searchers`` says what each of these does."""

    def start_one(self) -> None: ...

    def descriptors(self) -> Iterator[int]: ...

    def greeted(self, pid: int, sha256: str = "") -> None: ...

    def watch(self) -> list[int]: ...

    def next_restart(self) -> float | None: ...

    def is_due(self) -> bool: ...

    def end(self, patience: float) -> None: ...


@dataclass(eq=False)
class _Place:
    """One searcher's place, and the process in it, if there is one. ``born`` and ``due`` are monotonic times.

    ``wanted``: who dies here is replaced. ``vain``: how many processes have died here, one after another, before they
    were ready.
    """

    name: str
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    due: float = 0.0
    greeted: bool = False
    wanted: bool = True
    vain: int = 0
    text: bytes = b""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))


class Searchers:
    """The searcher processes of a daemon; what they write on stderr goes on to this process's.

    A searcher that dies is replaced, after growing pauses if it was never ready. If no searcher was ever ready, the
    daemon ends: something is wrong with its options. A daemon that has worked goes on with the living ones, and with
    any that join it.
    """

    def __init__(self, count: int, options: Callable[[str], SearcherOptions], one_by_one: bool = False) -> None:
        """Starts none: ``start_one`` and ``watch`` do. ``options``: what to tell the searcher of a name.

        ``one_by_one``: no more places are filled than ``allow`` says.

        The others start when the first has greeted. Starting is hard work, and so the first answer comes soonest. The
        first one's net is that of all, whatever becomes of the file.
        """
        self._places = [_Place(f"searcher {index}") for index in range(count)]
        self._options = options
        self._one_greeted = False
        self._another_ready = False
        self._sha256 = ""
        self._allowed = 1 if one_by_one else count

    def start_one(self) -> None:
        """Start the first."""
        for place in self._places[:1]:
            self._spawn(place)

    def descriptors(self) -> Iterator[int]:
        """What becomes readable when one writes a line, or ends."""
        for place in self._places:
            if place.process is not None and place.process.stderr is not None:
                yield place.process.stderr.fileno()

    def greeted(self, pid: int, sha256: str = "") -> None:
        """This one works, with a net of this hash. It may be none of ours."""
        for place in self._places:
            if place.process is not None and place.process.pid == pid:
                place.greeted, place.vain, self._one_greeted = True, 0, True
                self._sha256 = self._sha256 or sha256
                return
        self._another_ready = True

    def allow(self, count: int) -> None:
        """Fill so many places."""
        self._allowed = count

    def count_greeted(self) -> int:
        """How many places from the first one on have a searcher that works, or worked."""
        return next((number for number, each in enumerate(self._places) if not each.greeted), len(self._places))

    def failed_to_start(self) -> str | None:
        """Why a searcher died before it was ready, None if none did."""
        for place in self._places:
            if place.vain:
                return place.lines[-1] if place.lines else f"{place.name} does not start"
        return None

    @property
    def is_any_there(self) -> bool:
        """Whether a process lives."""
        return any(place.process is not None for place in self._places)

    def give_up(self, index: int) -> int | None:
        """Replace the searcher of this place no more. Its pid if it was told to work and must be told to retire."""
        place = self._places[index]
        place.wanted = False
        if place.process is not None and not place.greeted:
            place.process.kill()
            return None
        return None if place.process is None else place.process.pid

    def give_up_all(self) -> list[int]:
        """The same for all places."""
        pids = [self.give_up(index) for index in range(len(self._places))]
        return [pid for pid in pids if pid is not None]

    def take_back(self) -> None:
        """Fill all places again."""
        for place in self._places:
            place.wanted, place.due = True, 0.0

    def watch(self) -> list[int]:
        """Read what they wrote, release the dead, restart who is due. The pids of the dead.

        Raises ``SearchersFailed`` when none was ever ready, and none will be.
        """
        dead = []
        for place in self._places:
            if place.process is None:
                if place in self._vacant() and time.monotonic() >= place.due:
                    self._spawn(place)
                continue
            code = place.process.poll()
            self._listen(place)
            if code is not None:
                dead.append(place.process.pid)
                self._release(place, code)
        return dead

    def next_restart(self) -> float | None:
        """When ``watch`` has something to do even if nothing happens, on the monotonic clock."""
        return min((place.due for place in self._vacant()), default=None)

    def is_due(self) -> bool:
        """Whether that time has come."""
        due = self.next_restart()
        return due is not None and time.monotonic() >= due

    def end(self, patience: float) -> None:
        """Wait for those that were told to retire; kill those that have not ended after ``patience`` seconds.

        Those that have not greeted were told nothing and hold nothing.
        """
        deadline = time.monotonic() + patience
        for place in self._places:
            process, place.process = place.process, None
            if process is None:
                continue
            if not place.greeted:
                process.kill()
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close(process)

    def _vacant(self) -> list[_Place]:
        """The places that want a process."""
        wanted = self._places[: self._allowed] if self._one_greeted else self._places[:1]
        return [place for place in wanted if place.process is None and place.wanted]

    def _spawn(self, place: _Place) -> None:
        told = msgspec.structs.replace(self._options(place.name), sha256=self._sha256)
        options = msgspec.json.encode(told).decode()
        place.process = subprocess.Popen(
            command("daemon.searcher", options),
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C is for the master, which then ends the searchers.
            process_group=0,
        )
        assert place.process.stderr is not None
        os.set_blocking(place.process.stderr.fileno(), False)
        place.born, place.greeted, place.text = time.monotonic(), False, b""

    def _listen(self, place: _Place) -> None:
        assert place.process is not None
        assert place.process.stderr is not None
        try:
            place.text += os.read(place.process.stderr.fileno(), 65536)
        except BlockingIOError:
            return
        *lines, place.text = place.text.split(b"\n")
        for raw in lines:
            line = raw.decode(errors="replace")
            place.lines.append(line.removeprefix(FATAL))
            if not line.startswith(FATAL):
                log("searcher_says", line, bare=True, searcher=place.name)

    def _release(self, place: _Place, code: int) -> None:
        process, place.process = place.process, None
        assert process is not None
        _close(process)
        reason = place.lines[-1] if place.lines else f"exit code {code}"
        if not place.wanted:
            return
        now = time.monotonic()
        if place.greeted:
            place.due = now + max(0.0, QUICKEST_RESTART - (now - place.born))
            return
        place.vain += 1
        hopeless = code == FATAL_CODE
        if not (self._one_greeted or self._another_ready):
            if hopeless:
                raise SearchersFailed(reason)
            if sum(other.vain for other in self._places) >= STARTS_IN_VAIN:
                raise SearchersFailed(f"the searchers die as soon as they start: {reason}")
        pause = SLOWEST_RESTART if hopeless else min(SLOWEST_RESTART, 0.2 * 2.0 ** min(place.vain, 30))
        place.due = now + pause
        told = f"{place.name} ended: {reason}; the next try is in {pause:.3g} s"
        log("searcher_ended", told, level="warning", bare=True, searcher=place.name, reason=reason, pause=pause)


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stderr):
        assert pipe is not None
        pipe.close()
