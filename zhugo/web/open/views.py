"""Who looks where: the viewers of every game, who follows whom, and what is searched for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from msgspec import structs

from games.game import GameError
from games.go.sgf import Segment
from protocol.client import Client
from zhugo.review.move_costs import Position
from zhugo.shared.errors import UserError
from zhugo.web import messages as m
from zhugo.web.open import reported
from zhugo.web.open.live_searches import Found, LiveSearches, SearchedPosition, Target
from zhugo.web.open.open_game import OpenGame
from zhugo.web.open.viewer import Viewer
from zhugo.web.record import BadEdit
from zhugo.web.review import Reviews

LEARN_SECONDS = 2.0
"""How often a search that goes on is taken into the review of its game, and kept on disk."""


class Views:
    """Not safe by itself: whoever calls holds the service's lock.

    ``game`` gives an open game by its name. ``told`` hears of what searches find, in threads of theirs; it takes the
    lock, and calls ``found``.
    """

    def __init__(
        self,
        client: Callable[[], Client],
        game: Callable[[str], OpenGame],
        reviews: Reviews,
        told: Callable[[Found], None],
    ) -> None:
        self._game, self._reviews = game, reviews
        self._viewers: dict[int, Viewer] = {}
        self._count = 0
        self._live = LiveSearches(client, told)
        self._learnt_at: dict[Target, float] = {}

    def __iter__(self) -> Iterator[Viewer]:
        return iter(list(self._viewers.values()))

    def enter(self, tell: Callable[[m.Told], None]) -> Viewer:
        """Another viewer."""
        self._count += 1
        viewer = Viewer(self._count, tell)
        self._viewers[viewer.number] = viewer
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """A viewer is gone."""
        del self._viewers[viewer.number]
        self._learn_last(viewer)
        self._live.want(viewer.number, None)
        for other in self._viewers.values():
            if other.follows == viewer.number:
                other.follows = None
        if viewer.game is not None:
            self.tell_who(viewer.game)

    def of(self, game: str) -> list[Viewer]:
        """Those who look at a game."""
        return [viewer for viewer in self if viewer.game == game]

    def tell(self, game: str, message: m.Told | None) -> None:
        """Tell all who look at a game."""
        if message is not None:
            for viewer in self.of(game):
                viewer.tell(message)

    def tell_who(self, game: str) -> None:
        """Tell all who look at a game who they are, and the game that is played whether there is anybody."""
        shown = [viewer.shown() for viewer in self.of(game)]
        self.tell(game, m.Viewers(game, shown))
        playing = self._game(game).playing
        if playing is not None:
            playing.played.watched(bool(shown))

    def show(self, viewer: Viewer, game: OpenGame, node: int | None) -> None:
        """Have a viewer look at a game: at a node of it, or where its main line ends."""
        self._learn_last(viewer)
        before, viewer.game, viewer.follows = viewer.game, game.name, None
        viewer.tell(game.message())
        self._reviews.tell_all(game.name, viewer.tell)
        if game.playing is not None:
            self.tell_play(game, [viewer])
        self._put(viewer, node if node is not None and node in game.tree else game.tree.end_of(0))
        for name in {before, game.name} - {None}:
            assert name is not None
            self.tell_who(name)

    def hide(self, game: str) -> None:
        """A game is no more: who looked at it looks at nothing, and its searches end."""
        for viewer in self.of(game):
            viewer.game = None
            self._live.want(viewer.number, None)
        self._live.forget(game)

    def forget(self, game: str) -> None:
        """Nobody looks at a game any more, and what it has in the daemon is given back."""
        self._live.forget(game)

    def move(self, viewer: Viewer, node: int) -> None:
        """A viewer goes to a node of the game, and who follows goes too."""
        assert viewer.game is not None
        self._put(viewer, node)
        for other in self.of(viewer.game):
            if other is not viewer and self._follows(other, viewer):
                self._put(other, node, viewer.number)
        self.tell_who(viewer.game)

    def move_on(self, game: OpenGame, before: int, node: int) -> None:
        """The game goes on to ``node``: who looked at its last move, ``before``, goes along."""
        for viewer in self.of(game.name):
            if viewer.node == before and before != node:
                self._put(viewer, node)
        self.tell_who(game.name)

    def follow(self, viewer: Viewer, number: int | None) -> None:
        """Have a viewer follow another one, or nobody. Raises ``UserError``."""
        leader = None if number is None else self._viewers.get(number)
        if number is not None and (leader is None or leader.game != viewer.game or leader is viewer):
            raise UserError("nobody of this number looks at the game")
        if leader is not None and self._follows(leader, viewer):
            raise UserError(f"{leader.name or leader.number} follows you")
        viewer.follows = number
        if leader is not None:
            self._put(viewer, leader.node, leader.number)
        assert viewer.game is not None
        self.tell_who(viewer.game)

    def leave_nodes(self, game: OpenGame, gone: set[int], node: int) -> None:
        """Nodes were deleted: who looked at one looks at ``node``."""
        for viewer in self.of(game.name):
            if viewer.node in gone:
                self._put(viewer, node)

    def aim(self, viewer: Viewer) -> None:
        """Have searched what the viewer wants now."""
        target, place = viewer.target(), None
        if target is not None:
            try:
                place = searched(self._game(target.game).place(target.node))
            except (GameError, BadEdit) as error:
                viewer.tell(m.Failed("analyze", str(error)))
                target = None
        self._live.want(viewer.number, target, place, ownership=viewer.wish.ownership)

    def tell_play(self, game: OpenGame, viewers: list[Viewer]) -> None:
        """Tell these of the game that is played."""
        playing = game.playing
        assert playing is not None
        standing = playing.standing()
        for viewer in viewers:
            viewer.tell(standing.play(game.name, playing.node))
            if (warned := standing.warned(game.name, playing.node)) is not None:
                viewer.tell(warned)

    def searches_in(self, session: str) -> bool:
        """Whether the session of this name is one of an analysis."""
        return self._live.has(session)

    def found(self, found: Found) -> None:
        """A search has something to say."""
        told = [viewer for viewer in self if viewer.target() == found.target]
        target, report = found.target, found.report
        if report is None:
            for viewer in told:
                viewer.tell(m.Failed("analyze", found.failure))
            return
        game = self._game(target.game)
        if target.node not in game.tree:
            return
        if not (target.only or target.avoid) and report.visits:
            game.live[target.node] = Position.of(report)
            if not found.running or time.monotonic() > self._learnt_at.get(target, 0.0) + LEARN_SECONDS:
                self._learnt_at[target] = time.monotonic()
                self._learn(game, target)
        cost = game.cost(target.node, lambda node: self._reviews.position(game.name, node))
        analysis = reported.analysis(game.name, target.node, report, found.running, cost)
        for viewer in told:
            if viewer.is_due(found):
                viewer.tell(analysis)

    def close(self) -> None:
        """End all searches."""
        self._live.close()

    def _put(self, viewer: Viewer, node: int, leader: int | None = None) -> None:
        assert viewer.game is not None
        self._learn_last(viewer)
        if node != viewer.node and (viewer.wish.only or viewer.wish.avoid):
            viewer.wish = structs.replace(viewer.wish, only=[], avoid=[])
        viewer.node = node
        viewer.tell(m.At(viewer.game, node, leader))
        self._reviews.look(viewer.game, node)
        self.aim(viewer)

    def _follows(self, viewer: Viewer, leader: Viewer) -> bool:
        """Whether ``viewer`` follows ``leader``, through others too."""
        seen: set[int] = set()
        at: Viewer | None = viewer
        while at is not None and at.follows is not None and at.number not in seen:
            seen.add(at.number)
            if at.follows == leader.number:
                return True
            at = self._viewers.get(at.follows)
        return False

    def _learn_last(self, viewer: Viewer) -> None:
        """A viewer goes elsewhere: what was found there is kept."""
        target = viewer.target()
        if target is not None and self._learnt_at.pop(target, None) is not None:
            self._learn(self._game(target.game), target)

    def _learn(self, game: OpenGame, target: Target) -> None:
        position = game.live.get(target.node)
        if position is not None and target.node in game.tree:
            self._reviews.learn(game.name, game.place(target.node), position)


def searched(place: Segment) -> SearchedPosition:
    """A position of a record, for the daemon."""
    to_play: m.Color = 1 if place.game.to_play * (-1) ** len(place.record) > 0 else -1
    return SearchedPosition("go", place.spec, place.record, to_play)
