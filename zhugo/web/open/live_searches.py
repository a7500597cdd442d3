"""Searches of the positions that people look at: one for each position, however many look at it.

A game has as many sessions in the daemon as positions of it are searched at a time, mostly one. A session goes with
its viewers from node to node, so its tree is kept. The last session of a game is kept when nobody searches, too.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Literal

from protocol.client import Client, Opening, SearchHandle, Session
from protocol.errors import AnswerTimeout, ProtocolError, RefusedError
from protocol.messages import Limits, Report, Restriction, SearchSettings
from zhugo.shared.waiting import place_text

NEXT_SECONDS = 1.0
"""How often a search that is silent is looked after."""
AGAIN_SECONDS = 0.5
POLL_SECONDS = 0.2
"""How often one that waits for room is looked after."""
REPORT_SECONDS = 0.1
"""Between two reports: what an eye can still follow."""
MAX_CHILDREN, PV_LENGTH = 24, 12


@dataclass(frozen=True)
class Target:
    """What is searched. ``only``: moves that may be played first, all if empty; ``avoid``: those that may not.

    ``visits``, ``seconds``: where the search ends, None for never.
    """

    game: str
    node: int
    only: tuple[int, ...] = ()
    avoid: tuple[int, ...] = ()
    visits: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class SearchedPosition:
    """The position of a target as the daemon takes it: ``kind`` and ``spec`` as ``games.load`` does."""

    kind: str
    spec: dict[str, Any]
    record: list[int]
    to_play: Literal[1, -1]


@dataclass(frozen=True)
class Found:
    """A report on a target, or why there is none. ``running``: the search goes on."""

    target: Target
    report: Report | None
    running: bool
    failure: str = ""


class LiveSearches:
    """``told`` hears of every report, in threads of their own. ``client`` waits for a daemon."""

    def __init__(self, client: Callable[[], Client], told: Callable[[Found], None]) -> None:
        self._client, self._told = client, told
        self._lock = threading.Lock()
        self._slots: dict[str, list[_Slot]] = {}
        """Of each game."""
        self._wanted: dict[int, tuple[Target, bool]] = {}
        """By viewer; with it, whether ownership is wanted."""

    def want(
        self, viewer: int, target: Target | None, place: SearchedPosition | None = None, *, ownership: bool = False
    ) -> None:
        """From now on ``viewer`` wants to hear of this; None: of nothing. ``place``: of the target.

        Whose each point is is found out as long as anybody wants it who hears of the same target.
        """
        with self._lock:
            before, _ = self._wanted.pop(viewer, (None, False))
            if target is not None:
                self._wanted[viewer] = target, ownership
            if before != target:
                self._move(before, target, place)
            for slot in [slot for slots in self._slots.values() for slot in slots]:
                slot.attune(self._is_owned(slot.target))

    def _move(self, before: Target | None, target: Target | None, place: SearchedPosition | None) -> None:
        """Have somebody search the target, and nobody what is not wanted any more."""
        free = self._freed(before)
        there = None if target is None else self._slot_of(target)
        if target is not None and there is None:
            assert place is not None
            self._slot(target.game, free).aim(target, place, self._is_owned(target))
            return
        if free is not None:
            self._rest(free)
        if there is not None:
            there.tell_again()

    def _is_owned(self, target: Target | None) -> bool:
        return any(ownership for wanted, ownership in self._wanted.values() if wanted == target)

    def _slot_of(self, target: Target) -> _Slot | None:
        return next((slot for slot in self._slots.get(target.game, ()) if slot.target == target), None)

    def has(self, session: str) -> bool:
        """Whether this is the name of a session of these."""
        with self._lock:
            return any(slot.session_name == session for slots in self._slots.values() for slot in slots)

    def forget(self, game: str) -> None:
        """Give back what the game has in the daemon."""
        with self._lock:
            self._wanted = {viewer: wanted for viewer, wanted in self._wanted.items() if wanted[0].game != game}
            for slot in self._slots.pop(game, []):
                slot.close()

    def close(self) -> None:
        """End all of it."""
        with self._lock:
            slots = [slot for each in self._slots.values() for slot in each]
            self._slots.clear()
            self._wanted.clear()
        for slot in slots:
            slot.close()
        for slot in slots:
            slot.join()

    def _freed(self, before: Target | None) -> _Slot | None:
        """The slot of a target that nobody wants any more."""
        if before is None or any(before == wanted for wanted, _ in self._wanted.values()):
            return None
        return self._slot_of(before)

    def _rest(self, slot: _Slot) -> None:
        """Nobody wants what the slot searches. The game keeps one session with its tree."""
        slots = self._slots[slot.game]
        if len(slots) > 1:
            slots.remove(slot)
            slot.close()
        else:
            slot.aim(None, None)

    def _slot(self, game: str, free: _Slot | None) -> _Slot:
        slots = self._slots.setdefault(game, [])
        if free is not None and free.game != game:
            self._rest(free)
            free = None
        found = free or next((slot for slot in slots if slot.target is None), None)
        if found is None:
            found = _Slot(game, self._client, self._told)
            slots.append(found)
        return found


def session_prefix(game: str) -> str:
    """How the names of a game's sessions in the daemon begin."""
    return f"web {game}"


class _Slot:
    """A session of a game in the daemon, and the thread that searches there."""

    def __init__(self, game: str, client: Callable[[], Client], told: Callable[[Found], None]) -> None:
        self.game = game
        self.target: Target | None = None
        self._client, self._told = client, told
        self.session_name = f"{session_prefix(game)} {token_hex(3)}"
        self._place: SearchedPosition | None = None
        self._ownership = self._is_over = False
        self._changed = threading.Condition()
        self._turn = 0
        """Counts what it was aimed at."""
        self._closed = False
        self._session: Session | None = None
        self._of: Client | None = None
        self._opening: Opening | None = None
        """Of the session, while the daemon has no room for it."""
        self._thread = threading.Thread(target=self._run, name=self.session_name, daemon=True)
        self._thread.start()

    def attune(self, ownership: bool) -> None:
        """Find out whose each point is, or not any more."""
        if self.target is not None and ownership != self._ownership:
            self.aim(self.target, self._place, ownership)

    def tell_again(self) -> None:
        """Somebody else hears of the target, too: a search that has ended says once more what it found."""
        if self._is_over:
            self.aim(self.target, self._place, self._ownership)

    def aim(self, target: Target | None, place: SearchedPosition | None, ownership: bool = False) -> None:
        """Search this from now on, or nothing; the tree is kept."""
        with self._changed:
            self.target, self._place, self._turn = target, place, self._turn + 1
            self._ownership, self._is_over = ownership, False
            self._changed.notify()
            session = self._session
        if session is not None:
            with contextlib.suppress(ProtocolError):
                session.stop_soon()

    def close(self) -> None:
        """End it soon."""
        self._closed = True
        self.aim(None, None)

    def join(self) -> None:
        """Until it has ended."""
        self._thread.join()

    def _run(self) -> None:
        done = 0
        while True:
            with self._changed:
                while not self._closed and self._turn == done:
                    self._changed.wait()
                target, place, done = self.target, self._place, self._turn
            if self._closed:
                break
            if target is not None and place is not None:
                self._search(target, place, done)
                with self._changed:
                    self._is_over = self._turn == done
        if self._opening is not None:
            self._opening.cancel()
        if self._session is not None:
            with contextlib.suppress(ProtocolError):
                self._session.close()

    def _search(self, target: Target, place: SearchedPosition, turn: int) -> None:
        """Tell of the target until it is another one, or its search has ended."""
        while turn == self._turn:
            try:
                search = self._begin(target, place, turn)
            except RefusedError as error:
                self._told(Found(target, None, False, str(error)))
                return
            except ProtocolError:
                if self._closed:
                    return
                self._wait(turn)
                continue
            if self._follow(search, target, turn):
                return

    def _follow(self, search: SearchHandle, target: Target, turn: int) -> bool:
        """Whether the search has come to its end, and not that of its daemon or session."""
        while turn == self._turn:
            try:
                report = search.next(NEXT_SECONDS)
            except AnswerTimeout:
                continue
            except ProtocolError:
                self._session = None
                return False
            if turn != self._turn:
                break
            if report.final and report.reason in ("failed", "closed"):
                self._told(Found(target, None, False, report.failure))
                return report.reason == "failed"
            self._told(Found(target, report, not report.final))
            if report.final:
                return True
        return True

    def _begin(self, target: Target, place: SearchedPosition, turn: int) -> SearchHandle:
        """Raises ``ProtocolError``."""
        client = self._client()
        if client is not self._of:
            self._session, self._opening, self._of = None, None, client
        settings = SearchSettings(ownership=self._ownership, policy=True)
        session = self._session or self._opened(client, target, place, settings, turn)
        if session.spec != place.spec:
            session.reset(place.kind, place.spec, place.record)
        elif session.record != place.record:
            session.goto(place.record)
        session.configure(settings)
        return session.search(
            Limits(visits=target.visits, seconds=target.seconds),
            REPORT_SECONDS,
            _restrictions(target, place),
            max_children=MAX_CHILDREN,
            pv_length=PV_LENGTH,
        )

    def _opened(
        self, client: Client, target: Target, place: SearchedPosition, settings: SearchSettings, turn: int
    ) -> Session:
        """The session, for which the daemon may have no room yet: then it goes on waiting where it waits already, and
        what is wanted by then is searched there. Raises ``ProtocolError``.
        """
        opening = self._opening
        if opening is None:
            opening = self._opening = client.begin_open(
                self.session_name, place.kind, place.spec, place.record, settings, share=True
            )
        told = 0
        while self._session is None:
            try:
                self._session = opening.poll(POLL_SECONDS)
            except ProtocolError:
                self._opening = None
                raise
            if self._session is None and turn != self._turn:
                raise AnswerTimeout("something else is wanted")
            if self._session is None and opening.position != told:
                told = opening.position
                self._told(Found(target, None, True, place_text(told)))
        self._opening = None
        return self._session

    def _wait(self, turn: int) -> None:
        with self._changed:
            if turn == self._turn:
                self._changed.wait(AGAIN_SECONDS)


def _restrictions(target: Target, place: SearchedPosition) -> Sequence[Restriction]:
    """As the daemon has them: what the player to move may not do."""
    found = [Restriction(place.to_play, list(target.avoid), 1)] if target.avoid else []
    return [*found, Restriction(place.to_play, list(target.only), 1, allow=True)] if target.only else found
