"""A thread that has positions searched by one daemon, for all games that are reviewed there."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

from protocol.client import Client, Opening, SearchHandle, Session
from protocol.errors import ConnectionLost, ProtocolError, RefusedError, SessionLost
from protocol.messages import Limits, Priority, Status
from zhugo.review.move_costs import Position
from zhugo.shared.errors import is_for_the_user, one_line
from zhugo.shared.waiting import place_text
from zhugo.web import messages as m
from zhugo.web.review.game_review import GameReview
from zhugo.web.store.analyses import AnalysisStore, net_key

Tell = Callable[[m.Reviewed | m.ReviewState | m.Summary], None]

FEWEST, MOST = 4, 32
"""Positions searched at a time: one for each leaf of the searchers' batches, within these bounds."""
SMALL = 100
"""Visits of a search that is over soon: then the others go on beside the position in view."""
TELL_SECONDS, SUM_SECONDS = 0.2, 1.0
"""How often the page is told of positions, and of the summary."""
LOOK_SECONDS = 0.3
"""How often the daemon is asked whether somebody else searches."""
POLL_SECONDS = 0.02
RETRY_SECONDS = 2.0
END_SECONDS = 15.0
PV_LENGTH = 15


@dataclass(frozen=True)
class _Wish:
    """A position that is to be searched."""

    review: GameReview
    key: bytes
    visits: int


@dataclass(eq=False)
class _Search:
    """A position that is searched, or held up. ``handle``: None while it is held up."""

    review: GameReview
    key: bytes
    visits: int
    session: Session
    handle: SearchHandle | None = None
    priority: Priority = "review"
    stopping: bool = False


class Worker:
    """Searches for ``reviews`` until ``close``; with ``linger`` also until so many seconds have passed without work.

    ``lock``: held by whoever looks into a review or changes one; ``notify`` it behind a change. ``connecting``: makes a
    client, and lets it go. Where there is none the worker says why in the state of its reviews, and tries again.
    ``is_own``: whether a session of this name is an analysis of the same page.
    """

    def __init__(
        self,
        reviews: Callable[[], Sequence[GameReview]],
        lock: threading.Condition,
        connecting: Callable[[], AbstractContextManager[Client]],
        store: AnalysisStore,
        tell: Tell,
        linger: float | None = None,
        is_own: Callable[[str], bool] = lambda _session: False,
    ) -> None:
        self._is_own = is_own
        self._reviews, self._lock, self._connecting = reviews, lock, connecting
        self._store, self._tell, self._linger = store, tell, linger
        self._closed = False
        self._running: list[_Search] = []
        self._held: deque[_Search] = deque()
        self._name = f"review-{secrets.token_hex(4)}-"
        self._numbers = itertools.count()
        self._net = ""
        self._at_once = FEWEST
        self._others = False
        self._asked = self._told = self._summed = 0.0
        self._priority: Priority = "review"
        self._opening: tuple[_Wish, Opening] | None = None
        """A position for whose session the daemon has no room yet."""
        self._fresh: list[tuple[GameReview, bytes]] = []
        self._dirty: set[GameReview] = set()
        self._unsummed: set[GameReview] = set()
        self.over = False
        """Whether it has ended."""
        self.serves = False
        """Whether it has a daemon that answers."""
        self._thread = threading.Thread(target=self._run, name="review", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; returns when it has ended, or cannot soon: a daemon that is starting ends with this process."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        self._thread.join(END_SECONDS)

    def recall(self, review: GameReview, keys: Sequence[bytes]) -> None:
        """Look these positions up in the store. With the lock held."""
        self._fresh += [(review, key) for key in keys]
        self._dirty.add(review)
        self._lock.notify_all()

    def changed(self, review: GameReview) -> None:
        """Something is known, wanted or looked at anew. With the lock held."""
        self._dirty.add(review)
        self._unsummed.add(review)
        self._lock.notify_all()

    def keep(self, key: bytes, position: Position) -> None:
        """Keep what somebody else found with this daemon's net."""
        self._store.put(key, self._net, position)

    # The thread.

    def _run(self) -> None:
        try:
            while not self._closed and not self.over:
                try:
                    with self._connecting() as client:
                        self._serve(client)
                except ConnectionLost as error:
                    self._wait_for_daemon(one_line(error))
                except Exception as error:
                    if not is_for_the_user(error):
                        raise
                    self._give_up(one_line(error))
        finally:
            self.over = True

    def _wait_for_daemon(self, why: str) -> None:
        self.serves = False
        self._running.clear()
        self._held.clear()
        self._opening = None
        self._fail(why, stop=False)
        with self._lock:
            self._lock.wait_for(lambda: self._closed, RETRY_SECONDS)

    def _give_up(self, why: str) -> None:
        """There is no such daemon: nothing is reviewed until somebody asks again."""
        self._running.clear()
        self._held.clear()
        self._opening = None
        self._fail(why, stop=True)
        with self._lock:
            self._lock.wait_for(lambda: self._closed or self._wanted(), RETRY_SECONDS if self._linger is None else 0.0)
            self.over |= self._linger is not None

    def _fail(self, why: str, *, stop: bool) -> None:
        self._told = 0.0
        self._say()  # what was found until then
        states = []
        with self._lock:
            for review in self._reviews():
                if review.visits:
                    if stop:
                        review.start(0)
                    review.failure = why
                    states.append(review.state())
        for state in states:
            self._tell(state)

    def _serve(self, client: Client) -> None:
        before, self._net = self._net, self._net_of(client)
        with self._lock:
            self.serves = True
            for review in self._reviews():
                if before not in ("", self._net):
                    self.recall(review, review.forget())
                if review.visits and review.failure:
                    review.failure = ""
                    self._dirty.add(review)
        idle_since = time.monotonic()
        while not self._closed:
            self._look_up()
            self._collect()
            self._look_around(client)
            self._fill(client)
            self._say()
            now = time.monotonic()
            with self._lock:
                if self._running or self._opening or self._wanted():
                    idle_since = now
                    self._lock.wait_for(lambda: self._closed, POLL_SECONDS)
                elif self._linger is not None and now > idle_since + self._linger:
                    self.over = True
                    break
                elif not (self._dirty or self._fresh or self._unsummed):
                    self._lock.wait(self._linger)
        for search in (*self._running, *self._held):
            with suppress(ProtocolError):
                search.session.close()
        if self._opening is not None:
            self._opening[1].cancel()

    def _net_of(self, client: Client) -> str:
        """The key of the daemon's net, as soon as a searcher is there; ``""`` for an emulated one, which has none."""
        while not self._closed:
            status = client.status()
            self._at_once = _at_once(status)
            if status.searchers:
                return net_key(status)
            with self._lock:
                self._lock.wait_for(lambda: self._closed, LOOK_SECONDS)
        return ""

    def _wanted(self) -> bool:
        return bool(self._held) or any(next(review.missing(), None) is not None for review in self._reviews())

    def _look_up(self) -> None:
        """What the store knows of positions that are new here."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        found = self._store.get_all([key for _, key in fresh], self._net)
        with self._lock:
            for review, key in fresh:
                if key in found and review.learn(key, found[key]):
                    self._dirty.add(review)
                    self._unsummed.add(review)

    def _collect(self) -> None:
        """Take in what was found by searches that are over."""
        for search in [one for one in self._running if one.handle is not None and one.handle.over]:
            assert search.handle is not None
            self._running.remove(search)
            try:
                report = search.handle.result()
            except SessionLost:
                continue  # the daemon came back without it: it is missing still
            except RefusedError as error:
                self._refuse(search.review, search.key, str(error))
                continue
            position = Position.of(report)
            if report.reason == "failed":
                self._refuse(search.review, search.key, report.failure)
            elif report.reason == "stopped" and report.visits < search.visits:
                search.handle = None
                self._held.append(search)
                self._take(search, position)
                continue
            elif report.reason == "terminal":
                with self._lock:
                    search.review.end(search.key, position)
                    self.changed(search.review)
            elif report.visits < search.visits:
                self._take(search, position)
                self._refuse(search.review, search.key, f"a search ended before its time ({report.reason})")
            else:
                self._take(search, position)
            self._leave(search)

    def _take(self, search: _Search, position: Position) -> None:
        if position.visits:
            self._store.put(search.key, self._net, position)
            with self._lock:
                search.review.learn(search.key, position)
                self.changed(search.review)

    def _refuse(self, review: GameReview, key: bytes, why: str) -> None:
        with self._lock:
            review.refuse(key, why)
            self.changed(review)

    def _leave(self, search: _Search) -> None:
        with suppress(ProtocolError):
            search.session.close()

    def _look_around(self, client: Client) -> None:
        """Whether somebody else has this daemon search."""
        now = time.monotonic()
        if now < self._asked + LOOK_SECONDS or not (self._running or self._held or self._wanted_now()):
            return
        self._asked = now
        status = client.status()
        self._at_once = _at_once(status)
        searching = [one.session for one in status.sessions if one.searching]
        others = [session for session in searching if not session.startswith(self._name)]
        self._others = bool(others)
        self._priority = "live" if others and all(map(self._is_own, others)) else "review"

    def _wanted_now(self) -> bool:
        with self._lock:
            return self._wanted()

    def _room(self) -> int:
        """How many searches may run at this moment."""
        if self._others:
            return 1
        views = [one for one in self._running if one.visits > SMALL and one.review.in_view(one.key)]
        return max(2, self._at_once // 4) if views else self._at_once

    def _fill(self, client: Client) -> None:
        """Begin what there is room for, what is in view even beyond it; hold up what there is no room for."""
        with self._lock:
            stale = [one for one in self._held if one.key not in set(one.review.missing())]
        for search in stale:
            self._held.remove(search)
            self._leave(search)
        if self._opening is not None:
            self._wait_for_room(*self._opening)
        while self._opening is None and (found := self._next()) is not None:
            if isinstance(found, _Search):
                self._resume(found)
            else:
                self._begin(client, found)
        self._hold_up()

    def _next(self) -> _Search | _Wish | None:
        with self._lock:
            busy = {(one.review, one.key) for one in self._running}
            free = len(self._running) < self._room()
            rest = None
            for review in self._reviews():
                for key in review.missing():
                    if (review, key) in busy:
                        continue
                    wish = _Wish(review, key, review.visits)
                    if review.in_view(key) and (free or not self._others):
                        return self._held_search(review, key) or wish
                    rest = rest or wish
                    break
            if not free or rest is None:
                return None
            return self._held[0] if self._held else rest

    def _held_search(self, review: GameReview, key: bytes) -> _Search | None:
        return next((one for one in self._held if one.review is review and one.key == key), None)

    def _begin(self, client: Client, wish: _Wish) -> None:
        with self._lock:
            place = wish.review.place(wish.key)
        if place is None:
            return
        name = f"{self._name}{next(self._numbers)}"
        self._opening = wish, client.begin_open(name, "go", place.spec, place.record, priority="review")
        self._wait_for_room(*self._opening, LOOK_SECONDS)

    def _wait_for_room(self, wish: _Wish, opening: Opening, seconds: float = 0.0) -> None:
        """Search it as soon as its session is there; sessions of searches that end meanwhile make room for it."""
        try:
            session = opening.poll(seconds)
        except RefusedError as error:
            self._opening = None
            self._refuse(wish.review, wish.key, str(error))
            return
        told = place_text(opening.position) if session is None and opening.position else ""
        with self._lock:
            unwanted = not wish.review.visits or wish.review.place(wish.key) is None
            if wish.review.failure != told:
                wish.review.failure = told
                self._dirty.add(wish.review)
        if session is not None:
            self._opening = None
            self._running.append(self._searched(_Search(wish.review, wish.key, wish.visits, session)))
        elif unwanted:
            self._opening = None
            opening.cancel()

    def _resume(self, search: _Search) -> None:
        self._held.remove(search)
        search.visits = search.review.visits or search.visits
        search.stopping = False
        self._running.append(self._searched(search))

    def _searched(self, search: _Search) -> _Search:
        """Begin it. People wait for a review, but not for each position: it lets live searches go before it, as all
        reviews do. Beside analyses of its own page alone, which may have no end, it takes turns with them: both are of
        the same people, and of one key, whose share of the daemon they part.
        """
        search.priority = self._priority
        limits = Limits(visits=search.visits)
        search.handle = search.session.search(limits, pv_length=PV_LENGTH, priority=search.priority)
        return search

    def _hold_up(self) -> None:
        """Stop what goes beyond the room, the newest first but for what is in view; what has another priority than it
        should have now; and what nobody wants any more.
        """
        with self._lock:
            unwanted = [one for one in self._running if not one.review.visits or one.review.place(one.key) is None]
            rest = [one for one in self._running if one not in unwanted]
            rest.sort(key=lambda one: not one.review.in_view(one.key))
            beyond = rest[self._room() :] if self._others or len(rest) > self._room() else []
            if self._others:
                beyond += [one for one in rest[: self._room()] if one.priority != self._priority]
        for search in (*unwanted, *beyond):
            if search.handle is not None and not search.stopping:
                search.stopping = True
                search.session.stop_soon()

    def _say(self) -> None:
        """Tell the page of what is new, every so often."""
        now = time.monotonic()
        messages: list[m.Reviewed | m.ReviewState | m.Summary] = []
        with self._lock:
            if self._dirty and now >= self._told + TELL_SECONDS:
                self._told = now
                for review in self._dirty:
                    if (news := review.news()) is not None:
                        messages.append(news)
                    messages.append(review.state())
                self._dirty.clear()
            calm = not self._running and not self._dirty
            if self._unsummed and (calm or now >= self._summed + SUM_SECONDS):
                self._summed = now
                messages += [summary for review in self._unsummed if (summary := review.summary()) is not None]
                self._unsummed.clear()
        for message in messages:
            self._tell(message)


def _at_once(status: Status) -> int:
    leaves = sum(searcher.batch_size for searcher in status.searchers)
    return max(FEWEST, min(MOST, leaves))
