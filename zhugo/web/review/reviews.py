"""All reviews of all open games; see the room's contract in ``zhugo.web.review``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from games.go.sgf import Segment
from protocol.client import Client
from zhugo.review.move_costs import Position
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions
from zhugo.web import messages as m
from zhugo.web.record import RecordTree
from zhugo.web.review.game_review import GameReview
from zhugo.web.review.nets import borrowed, by_name, daemon_of
from zhugo.web.review.spots import Spot, spots_of
from zhugo.web.review.worker import Tell, Worker
from zhugo.web.store.analyses import AnalysisStore, position_key

LINGER_SECONDS = 120.0
"""How long the daemon of a second net stays without work."""


class Reviews:
    """The reviews behind one server; ``close`` it before the daemon's client.

    client: gives the client of the engine's daemon, or raises ``ConnectionLost`` while there is none; called from the
    review's thread. tell: hears every message, with the game's name in it, from threads of the reviews; must not call
    back with a lock held that callers of this class hold, and returns soon. nets: files by the names of
    ``Welcome.nets``. options: whose device a second net's daemon uses, too.
    is_own: whether a session of the engine's daemon, by its name, is an analysis of the same page.
    """

    def __init__(
        self,
        client: Callable[[], Client],
        store: AnalysisStore,
        tell: Tell,
        nets: Mapping[str, Path] | None = None,
        options: DaemonOptions | None = None,
        is_own: Callable[[str], bool] = lambda _session: False,
    ) -> None:
        self._store, self._tell = store, tell
        self._nets, self._options = by_name(nets or {}), options or DaemonOptions()
        self._lock = threading.Condition()
        self._reviews: dict[tuple[str, str | None], GameReview] = {}
        self._recent: list[str] = []
        """Games, that which was looked at last first."""
        self._workers: dict[str | None, Worker] = {}
        own = Worker(lambda: self._of(None), self._lock, borrowed(client), store, tell, is_own=is_own)
        self._workers[None] = own

    @property
    def nets(self) -> list[str]:
        """Second nets that there are."""
        return sorted(self._nets)

    def put(self, game: str, tree: RecordTree) -> None:
        """A game that was opened, or whose record changed. What the store knows of new positions is told.

        The record is read before this returns, and not touched later.
        """
        spots = spots_of(tree)
        with self._lock:
            self._review(game, None)
            for (name, net), review in self._reviews.items():
                if name == game:
                    self._place(review, net, spots, tree.width, tree.height)

    def look(self, game: str, node: int) -> None:
        """Somebody looks at this node now."""
        with self._lock:
            if game in self._recent:
                self._recent.remove(game)
            self._recent.insert(0, game)
            for (name, _), review in self._reviews.items():
                if name == game:
                    review.view = node
            self._lock.notify_all()

    def start(self, game: str, visits: int, net: str | None = None) -> None:
        """Have every position searched with so many visits, by the second net ``net`` or the engine's own; 0 ends it.

        A review that runs goes on with the new number. Raises ``UserError`` without such a net or game.
        """
        if net is not None and net not in self._nets:
            raise UserError(f"there is no net {net!r} to compare with")
        with self._lock:
            own = self._reviews.get((game, None))
            if own is None:
                raise UserError("there is no such game to review")
            worker = self._workers.get(net)
            if net is not None and visits and (worker is None or worker.over):
                self._workers[net] = self._worker(net, daemon_of(self._nets[net], self._options), LINGER_SECONDS)
            if (review := self._reviews.get((game, net))) is None:
                if not visits:
                    return
                review = self._review(game, net)
                review.view = own.view
                self._place(review, net, own.spots, own.width, own.height)
            review.start(visits)
            if (worker := self._workers.get(net)) is not None:
                if visits and not worker.serves:
                    review.failure = "its daemon is starting"
                worker.changed(review)
            state = review.state()
        self._tell(state)

    def learn(self, game: str, segment: Segment, position: Position) -> None:
        """What a live analysis of the engine's own net found at a position of a game; it is kept in the store, too.

        Not of searches that were kept to some moves, or from some.
        """
        if not position.visits:
            return
        key = position_key(segment.spec, segment.record)
        with self._lock:
            review = self._reviews.get((game, None))
            if review is not None and review.learn(key, position):
                self._workers[None].changed(review)
        self._workers[None].keep(key, position)

    def tell_all(self, game: str, tell: Tell) -> None:
        """Tell somebody who comes to a game all that is known of it."""
        messages: list[m.Reviewed | m.ReviewState | m.Summary | None] = []
        with self._lock:
            for (name, _), review in self._reviews.items():
                if name == game:
                    messages += [
                        review.everything(),
                        review.state() if review.visits else None,
                        review.summary(),
                    ]
        for message in messages:
            if message is not None:
                tell(message)

    def analyses(self, game: str, net: str | None = None) -> dict[int, Position]:
        """What is known of a game's positions, by node."""
        with self._lock:
            review = self._reviews.get((game, net))
            return {} if review is None else review.analyses()

    def position(self, game: str, node: int) -> Position | None:
        """What the engine's own net knows of a position of a game."""
        with self._lock:
            review = self._reviews.get((game, None))
            return None if review is None else review.position(node)

    def drop(self, game: str) -> None:
        """Forget a game that was closed or removed; the store keeps what it has."""
        with self._lock:
            for key in [key for key in self._reviews if key[0] == game]:
                self._reviews.pop(key).start(0)
            if game in self._recent:
                self._recent.remove(game)
            self._lock.notify_all()

    def close(self) -> None:
        """End all reviews, and the daemons of second nets."""
        for worker in [*self._workers.values()]:
            worker.close()

    def _review(self, game: str, net: str | None) -> GameReview:
        return self._reviews.setdefault((game, net), GameReview(game, net))

    def _place(self, review: GameReview, net: str | None, spots: list[Spot], width: int, height: int) -> None:
        fresh = review.put(spots, width, height)
        if (worker := self._workers.get(net)) is not None:
            worker.recall(review, fresh)
            worker.changed(review)

    def _worker(
        self, net: str | None, connecting: Callable[[], AbstractContextManager[Client]], linger: float | None = None
    ) -> Worker:
        return Worker(lambda: self._of(net), self._lock, connecting, self._store, self._tell, linger)

    def _of(self, net: str | None) -> list[GameReview]:
        """Those of a worker, of games that were looked at last first."""
        found = [review for (_, name), review in self._reviews.items() if name == net]
        places = {game: at for at, game in enumerate(self._recent)}
        return sorted(found, key=lambda review: places.get(review.game, len(places)))
