"""Moves that can change nothing any more, since they are inside an area that is settled for good. Pure.

An area is *settled* when it is a pass-alive chain's, or walled in by such chains alone with so little room that the
opponent cannot live there (``area.mark_area``). Whatever is played, its walls stand. A chain of either colour in it
touches nothing outside, so a move there takes and gives no liberty elsewhere. What is left is what it does to the
count, to kos and to whose turn it is.

Where dead stones come off without being captured (``Rules.takes_dead_off``):

- In an area of one's own a stone adds nothing by area, and costs a point by territory. Taxes do not see it either, for
  the area is one group before and after. Stones of the opponent in it come off anyway.
- In the opponent's area a stone comes off again, by territory as a prisoner. It threatens nothing: the area is the
  opponent's even if he never answers. So it is no ko threat.

Where stones count until they are captured (Tromp-Taylor), less is certain. A stone in the opponent's area counts until
he takes it, and so do his stones in one's own. So only those parts of one's own area are left out where he has none: a
move there changes no count, and it does not help to be the first there, since whatever he puts there can be taken
later.

Such a move hands over the turn as a pass does. A pass does so for nothing, takes the button where there is one, and
lifts a simple ko too. Where a pass ends the game it ends it by the same count. The difference is in kos: a pass does
not change the board, which superko looks at, and a game that ends leaves a ko as it stands. So while a ko or superko
forbids a point nothing is useless, nor, by superko, while a chain outside of settled areas has a single liberty, and
may be what a cycle of captures begins with. Cycles that begin with none are not foreseen.

KataGo (cpp/search/searchhelpers.cpp, isAllowedRootMove) leaves out moves in the settled areas of both players, by all
rules, but only when the opponent has passed four times.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.go import territory
from games.go.area import mark_area, new_area_memory
from games.go.board import BLACK, EMPTY, WHITE
from games.go.position import Position


def useless_moves(position: Position, takes_dead_off: bool | None = None) -> list[int]:
    """The points, in order, where the player to move may play and that change nothing.

    takes_dead_off: whether dead stones come off at the end without being captured; None: as the rules of the game say.
    """
    rules, player = position.game.rules, position.to_play
    stones = position.stones.reshape(-1)
    settled = settled_areas(position)
    legal = position.legal()[: len(stones)]
    if not settled.any() or _is_ko(position, settled, legal):
        return []
    if rules.takes_dead_off if takes_dead_off is None else takes_dead_off:
        useless = settled != EMPTY
    else:
        useless = np.zeros(len(stones), np.bool_)
        inside = np.flatnonzero((settled == player) & (stones != player)).tolist()
        for part in territory.regions(inside, territory.neighbours_of(position.board_with(stones))):
            useless[list(part)] = all(stones[point] == EMPTY for point in part)
    return np.flatnonzero(useless & legal).tolist()


def settled_areas(position: Position) -> NDArray[np.int8]:
    """int8[points]: whose each point is for good, BLACK, WHITE, or EMPTY for nobody yet."""
    board: Any = position.board_with(position.stones.reshape(-1))
    memory, owners = new_area_memory()[0], np.zeros(position.game.points, np.int8)
    for color in (BLACK, WHITE):
        mark_area(board, color, bool(board["suicide"]), False, False, memory, owners)
    return owners


def _is_ko(position: Position, settled: NDArray[np.int8], legal: NDArray[np.bool_]) -> bool:
    """Whether a move may matter for what it does to a ko, or to what superko forbids."""
    stones = position.stones.reshape(-1)
    illegal = np.flatnonzero((stones == EMPTY) & ~legal).tolist()
    if any(position.why_illegal(point) in ("ko", "superko") for point in illegal):
        return True
    if position.game.rules.ko == "SIMPLE":
        return False
    open_chains = [chain for chain in position.chains() if settled[chain[0]] == EMPTY]
    return any(len(position.liberties(chain[0])) == 1 for chain in open_chains)
