"""How much stronger than the opponent the engine takes itself to be: KataGo's playout doubling advantage. Pure.

A net that has an input for it evaluates positions as if one player had so many doublings of playouts more than the
other. Who gives a handicap has a lost position by any other measure, and would play to lose by little; so told, he
plays to win. The *dynamic* advantage follows from the handicap and from how the game goes.

Formula and numbers are KataGo's (cpp/command/gtp.cpp, updateDynamicPDAHelper, launchGenMove and what they call):

- s = (361 / points of the board) ** 0.75; a game is one with a handicap if a player is ahead by max(4 / s, 2) points or
  more at its start, as ``resign_rule.black_advantage`` counts them, on a board of more than 7 lines each way.
- The cap of the other player's advantage is c · (his arrears − max(4 / s, 2)) · s, at most 2.75, in eighths; c is
  ``dynamicPlayoutDoublingAdvantageCapPerOppLead``.
- At first, and while White has no stone, the advantage is the cap. Then it follows the value of the engine's last
  search for a move, so that his win rate stays between 5 and 25 %: it grows by an eighth below, and shrinks by one
  above, within 0 and the cap.

All advantages here are Black's, in doublings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from games.go.position import Position
from zhugo.bridges.gtp.resign_rule import black_advantage, handicap

CAP_PER_POINT, MOST_PER_POINT = 0.045, 0.5
"""KataGo's default of ``dynamicPlayoutDoublingAdvantageCapPerOppLead``, and the most that it takes."""
MOST_DYNAMIC = 2.75
STEP = 0.125
LEAST_VALUE, MOST_VALUE = -0.9, -0.5
"""Of the player who is behind: the values of win rates of 5 and 25 %."""
LEAST_POINTS, LEAST_ON_19 = 2.0, 4.0
SMALL = 7
"""A board of so many lines is too small for a handicap game."""


class MoveSearch(NamedTuple):
    """A search for a move: after ``moves`` entries of the record, with this dynamic advantage, it came to ``value``.

    Both are Black's.
    """

    moves: int
    advantage: float
    value: float


@dataclass(frozen=True)
class HandicapGame:
    """A game as the advantage sees it. ``black_ahead``: points, at its start. ``white_stones``: are there any."""

    width: int
    height: int
    black_ahead: float
    white_stones: bool = True

    @classmethod
    def of(cls, position: Position) -> HandicapGame:
        """That of a position and its record."""
        ahead = black_advantage(position, handicap(position)[0])
        return cls(position.game.width, position.game.height, ahead, bool((position.stones < 0).any()))

    def cap(self, per_point: float) -> float:
        """The most that the player who is behind may be stronger, 0 in an even game."""
        scale = math.pow(19.0 * 19.0 / (self.width * self.height), 0.75)
        start = max(LEAST_ON_19 / scale, LEAST_POINTS)
        behind = abs(self.black_ahead)
        if per_point <= 0.0 or behind < start or min(self.width, self.height) <= SMALL:
            return 0.0
        cap = min(MOST_DYNAMIC, per_point * (behind - start) * scale)
        return math.floor(cap / STEP + 0.5) * STEP


def dynamic_advantage(game: HandicapGame, per_point: float, last: MoveSearch | None) -> float:
    """The advantage to search for a move with, after ``last`` if there was one in this game."""
    cap = game.cap(per_point)
    behind = -1.0 if game.black_ahead >= 0 else 1.0
    if last is None or not game.white_stones:
        return behind * cap + 0.0
    advantage, value = behind * last.advantage, behind * last.value
    if value < LEAST_VALUE:
        advantage += STEP
    elif value > MOST_VALUE:
        advantage -= STEP
    return behind * min(max(advantage, 0.0), cap) + 0.0


def last_before(searches: Sequence[MoveSearch], moves: int) -> MoveSearch | None:
    """The latest of the searches, in order of moves, that came before so many entries of the record."""
    return next((search for search in reversed(searches) if search.moves < moves), None)


def with_search(searches: Sequence[MoveSearch], new: MoveSearch) -> list[MoveSearch]:
    """The searches up to a new one, which takes the place of those at its position and behind it."""
    return [*(search for search in searches if search.moves < new.moves), new]
