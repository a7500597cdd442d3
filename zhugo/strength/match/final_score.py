"""The score of a game that ended with two passes: what both players make of it, and an arbiter where they differ.

We count the board. The players are only asked which stones are dead, and not even that under rules that take none off.
Where land is left open, the dead stones do not say whose it is: then a score that both players state counts more than
our count, which gives open land to nobody.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from games.go.coords import from_vertex
from games.go.life import Fate, by_the_rules, with_dead
from games.go.position import Position
from zhugo.strength.match.program import Program, Refusal

Arbiter = Callable[[Position], str]
"""Scores a board on which the players differ."""
LEAST_SECONDS = 120.0
"""For judging a board, which may take a program much longer than a move."""


@dataclass(frozen=True)
class PlayerScore:
    """What a player makes of a final board; None where it does not say.

    counted: our own count with the stones off that it calls dead. said: its own score. open_land: they leave land open.
    """

    counted: str | None
    said: str | None
    open_land: bool = False

    @property
    def score(self) -> str | None:
        """Its score, as we count it where that can be."""
        return self.counted or self.said

    def __str__(self) -> str:
        if self.counted and self.said and self.counted != self.said:
            return f"{self.counted} (and counts {self.said})"
        return self.score or "nothing"


@dataclass(frozen=True)
class Verdict:
    """The score as SGF writes it. ``by``: "agreed" or "arbiter"."""

    score: str
    by: str


def settle(position: Position, black: PlayerScore, white: PlayerScore, arbiter: Arbiter) -> Verdict:
    """The score of the position: the players' where it is the same, else the arbiter's."""
    if (black.open_land or white.open_land) and black.said is not None and black.said == white.said:
        return Verdict(black.said, "agreed")
    if black.score is not None and black.score == white.score:
        return Verdict(black.score, "agreed")
    return Verdict(arbiter(position), "arbiter")


def score_of_player(position: Position, player: Program, seconds: float) -> PlayerScore:
    """The score of a final board by one of its players. Raises ``ProgramFailed``."""
    limit = max(seconds, LEAST_SECONDS)
    counted = said = None
    open_land = False
    with suppress(Refusal, ValueError):
        dead = dead_stones(position, player, limit)
        counted = position.final_score(dead)
        open_land = position.game.rules.takes_dead_off and with_dead(position, dead).has_open_land
    with suppress(Refusal):
        said = normal_score(player.ask("final_score", limit))
    return PlayerScore(counted, said, open_land)


def count(position: Position, player: Program, seconds: float) -> str:
    """The score without what the program calls dead. Raises ``Refusal``, ``ValueError`` and ``ProgramFailed``."""
    return position.final_score(dead_stones(position, player, seconds))


def dead_stones(position: Position, player: Program, seconds: float) -> list[int]:
    """What the program calls dead where the rules take it off. Raises as ``count`` does."""
    if not position.game.rules.takes_dead_off:
        return by_the_rules(position).points(Fate.DEAD)
    width, height = position.game.width, position.game.height
    dead = [from_vertex(word, width, height) for word in player.ask("final_status_list dead", seconds).split()]
    if position.game.points in dead:
        raise ValueError("a pass is no stone")
    return dead


def normal_score(text: str) -> str | None:
    """A score as every program is understood to mean it, ``B+3.0`` and ``B+3`` being one; None for no score."""
    side, _, points = text.strip().upper().partition("+")
    if side in ("0", "DRAW", "JIGO"):
        return "0"
    try:
        margin = float(points)
    except ValueError:
        return None
    if side not in ("B", "W") or not math.isfinite(margin):
        return None
    return f"{side}+{margin:g}" if margin else "0"
