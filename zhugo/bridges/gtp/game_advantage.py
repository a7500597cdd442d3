"""The playout doubling advantage of the searches of one conversation, and the searches that it follows from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from games.game import takes_players
from games.go.position import Position
from protocol.messages import Report
from zhugo.bridges.gtp.playout_advantage import (
    CAP_PER_POINT,
    HandicapGame,
    MoveSearch,
    dynamic_advantage,
    last_before,
    with_search,
)
from zhugo.bridges.gtp.settings import Settings
from zhugo.shared.advantage import NO_INPUT, PLAYERS, is_known_to, with_advantage


class Turn(NamedTuple):
    """Who is searched for, after so many entries of the record."""

    player: int
    moves: int


class GameAdvantage:
    """What searches are told. It is no part of the game, which is the same for the search of a move and an analysis.

    All advantages are Black's. ``features``: the kind of the net's inputs, None while it is not known.
    """

    def __init__(self, settings: Settings, shared: bool, features: Callable[[], str | None]) -> None:
        """``shared``: others look at the same tree, which a change would drop: none is dynamic unless told so."""
        self._settings, self._shared, self._features = settings, shared, features
        self._searches: list[MoveSearch] = []
        self._dynamic = self.latest = 0.0
        """``latest``: that of the latest search for a move."""
        self._warned = False

    @property
    def per_point(self) -> float:
        """The dynamic advantage's cap for each point of the opponent's lead, before the board's size is looked at."""
        asked = self._settings.advantage_per_point
        return asked if asked is not None else 0.0 if self._shared else CAP_PER_POINT

    def spec_of_analysis(self, position: Position) -> dict[str, Any]:
        """What a session that analyzes this position is asked for: its game, with what was set, not the dynamic one."""
        return self._spec(position, self._told(self._settings.static_advantage(position.to_play)))

    def spec_of_play(self, position: Position, turn: Turn) -> dict[str, Any]:
        """What a session is asked for that searches for a move, in this position or a variation from it."""
        last = last_before(self._searches, turn.moves)
        self._dynamic = dynamic_advantage(HandicapGame.of(position), self.per_point, last)
        settings = self._settings
        static_first = settings.advantage is not None and settings.advantage_per_point is None
        self.latest = self._told(settings.static_advantage(turn.player) if static_first else self._dynamic)
        return self._spec(position, self.latest)

    def note(self, report: Report) -> None:
        """A search for a move, for which ``spec_of_play`` was asked last, has ended with this report."""
        self._searches = with_search(self._searches, MoveSearch(len(report.record), self._dynamic, report.value))

    def take_back(self, left: int) -> None:
        """So many entries of the record are left."""
        self._searches = [search for search in self._searches if search.moves <= left]

    def clear(self) -> None:
        """Another game begins."""
        self._searches.clear()

    def _spec(self, position: Position, advantage: float) -> dict[str, Any]:
        """The game's specification with what is said of it to the net."""
        spec = with_advantage(position.game.spec(), advantage)
        features = self._features() if self._settings.profile else None
        return spec if features is None or not takes_players(features) else {**spec, PLAYERS: self._settings.profile}

    def _told(self, advantage: float) -> float:
        """It, or 0 where the net has no input for it: so such a net's tree is never dropped for it."""
        features = self._features() if advantage else None
        if features is None or is_known_to(features):
            return advantage
        asked = bool(self._settings.advantage) or bool(self._settings.advantage_per_point)
        if asked and not self._warned:
            self._warned = True
            print(NO_INPUT, file=sys.stderr, flush=True)
        return 0.0
