"""Games as people see them: boards drawn for a terminal, names of moves, results in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

import games
from games import Game, Leaves
from games.game import ANY_FEATURES
from games.go.game import Go
from games.go.position import Position
from games.openspiel.game import OpenSpielGame
from zhugo.bridges.play.dots_board import labelled


@dataclass(frozen=True)
class Standing:
    """to_play: +1 the first player, -1 the second. result: +1 the first won, -1 the second, 0 drawn, None not over."""

    to_play: int
    result: int | None
    lead: float


class Shown(Protocol):
    """A game to play in a terminal."""

    title: str
    players: dict[int, str]
    """What +1 and -1 are called."""

    @property
    def game(self) -> Game:
        """What the search plays."""

    def picture(self, record: Sequence[int]) -> str:
        """The position after these moves."""

    def move_names(self, record: Sequence[int]) -> dict[int, str]:
        """The legal moves after these."""

    def margin(self, standing: Standing) -> str:
        """By how much a game was won, where that is known."""


class ShownGo:
    """Go, with GTP's coordinates."""

    def __init__(self, game: Go) -> None:
        self.game = game
        self.title = f"Go {game.width}×{game.height}, komi {game.komi:g}"
        self.players = {1: "Black (X)", -1: "White (O)"}

    def picture(self, record: Sequence[int]) -> str:
        return Position(self.game, record).showboard()

    def move_names(self, record: Sequence[int]) -> dict[int, str]:
        legal = Position(self.game, record).legal()
        return {int(move): self.game.vertex(int(move)) for move in np.flatnonzero(legal)}

    def margin(self, standing: Standing) -> str:
        return f" by {abs(standing.lead):g}"


class ShownOpenSpiel:
    """A game of OpenSpiel, in its own words."""

    def __init__(self, game: OpenSpielGame) -> None:
        self.game = game
        self.title = game.own_features
        self.players = {1: "player 1", -1: "player 2"}

    def picture(self, record: Sequence[int]) -> str:
        return self.game.picture(record)

    def move_names(self, record: Sequence[int]) -> dict[int, str]:
        return self.game.move_names(record)

    def margin(self, _standing: Standing) -> str:
        return ""


class ShownDotsAndBoxes(ShownOpenSpiel):
    """With coordinates, for its moves are named by them."""

    def picture(self, record: Sequence[int]) -> str:
        return labelled(super().picture(record))


def shown(name: str, spec: dict[str, Any]) -> Shown:
    """The game that ``games.load`` gives, to be shown. Raises ``GameError``."""
    game = games.load(name, spec)
    if isinstance(game, Go):
        return ShownGo(game)
    assert isinstance(game, OpenSpielGame)
    return ShownDotsAndBoxes(game) if game.short_name == "dots_and_boxes" else ShownOpenSpiel(game)


def standing(game: Game, record: Sequence[int]) -> Standing:
    """How things stand after these moves. Raises ``IllegalMove``."""
    leaves = Leaves([game.root(record)], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
    planes, values = (np.zeros((1, *shape), np.float32) for shape in game.feature_shapes(ANY_FEATURES))
    found = game.replay(leaves, ANY_FEATURES, planes, values)
    result = int(found.result[0]) if found.terminal[0] else None
    return Standing(int(found.to_play[0]), result, float(found.lead[0]))
