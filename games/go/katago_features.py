"""KataGo's V7 inputs: 22 planes and 19 global numbers, filled straight into a batch buffer.

What each of them says is what the nets learned from (cpp/neuralnet/nninputs.cpp, fillRowV7, and
cpp/game/boardhistory.cpp). The encore of KataGo's territory rules is not played here, so planes 7, 8, 20, 21 and
globals 12, 13 stay 0, as do 15 and 16, which weaken a player for handicap.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import EMPTY, KO_POSITIONAL, KO_SIMPLE, RECENT, Board
from games.go.ladders import CAPTURES_BLACK, CAPTURES_WHITE
from games.go.moves import KO, LEGAL, check_point

PLANES = 22
GLOBALS = 19

# Planes, all seen by the player to move.
ON_BOARD = 0
OWN, OTHER = 1, 2
LIBERTIES = 3  # and 4, 5: stones with 1, 2, 3 liberties
KO_BANNED = 6  # empty points forbidden by ko or superko
RECENT_MOVES = 9  # to 13: where the last five moves were played, latest first
LADDERED = 14  # stones of caught chains; 15 a move ago, 16 two moves ago
CATCHING = 17  # where an atari on a chain of the opponent catches it
OWN_AREA, OTHER_AREA = 18, 19

# Globals.
PASSES = 0  # to 4: which of the last five moves were passes
SELF_KOMI = 5  # komi for the player to move, in units of 20 points
SUPERKO, SUPERKO_KIND = 6, 7
SUICIDE = 8
TERRITORY = 9
TAX_SEKI, TAX_ALL = 10, 11
PASS_ENDS = 14  # a pass now would end the game
BUTTON = 17
PARITY = 18  # a wave over komi that says how close the game is to a draw

_KOMI_UNIT = np.float32(20.0)
_KOMI_MARGIN = 20.0
"""Komi beyond the board's area by more than this is cut off."""


@njit(cache=True)
def turns_known(b: Board, most: int) -> int:
    """How many of the last moves, at most ``most``, the net is told: as far back as the players alternate."""
    known = 0
    player = -b.to_play
    while known < min(most, RECENT) and b.recent_players[known] == player:
        player = -player
        known += 1
    return known


@njit(cache=True)
def fill_planes(
    b: Board,
    known: int,
    legal: NDArray[np.bool_],
    caught: NDArray[np.uint8],
    catching: NDArray[np.uint8],
    area: NDArray[np.int8],
    planes: NDArray[np.float32],
) -> None:
    """Fill planes[22, points], all of it.

    known: ``turns_known``. legal[points + 1]: for the player to move. caught[3, >= points]: ``mark_ladders`` now, a
    move ago and two moves ago; where ``known`` does not reach, the board that it does reach. catching[>= points]: its
    ``moves`` now. area[>= points]: owner of each point, all ``EMPTY`` where the rules do not count area.
    """
    own = b.to_play
    catch = CAPTURES_WHITE if own == 1 else CAPTURES_BLACK
    planes[:] = 0.0
    for p in range(b.points):
        planes[ON_BOARD, p] = 1.0
        stone = b.stones[p]
        if stone == EMPTY:
            if not legal[p] and check_point(b, p, own) in (LEGAL, KO):
                planes[KO_BANNED, p] = 1.0
            if catching[p] & catch:
                planes[CATCHING, p] = 1.0
        else:
            planes[OWN if stone == own else OTHER, p] = 1.0
            liberties = b.liberties[b.head[p]]
            if liberties <= 3:
                planes[LIBERTIES + liberties - 1, p] = 1.0
        for ago in range(3):
            if caught[ago, p] != 0:
                planes[LADDERED + ago, p] = 1.0
        if area[p] != EMPTY:
            planes[OWN_AREA if area[p] == own else OTHER_AREA, p] = 1.0
    for ago in range(known):
        if b.recent_moves[ago] < b.points:
            planes[RECENT_MOVES + ago, b.recent_moves[ago]] = 1.0


@njit(cache=True)
def fill_globals(
    b: Board,
    known: int,
    self_komi: float,
    territory: bool,
    tax: int,
    button: bool,
    pass_ends: bool,
    globals_: NDArray[np.float32],
) -> None:
    """Fill globals_[19], all of it.

    known: ``turns_known``. self_komi: points that the player to move gets at the end over what his area or territory
    gives: komi, handicap, and under territory scoring the stones that were played. tax: 0 none, 1 on seki, 2 on every
    group. button: still to be taken. pass_ends: a pass now ends the game, and the net is to believe it.
    """
    globals_[:] = 0.0
    for ago in range(known):
        if b.recent_moves[ago] == b.points:
            globals_[PASSES + ago] = 1.0
    bound = b.points + _KOMI_MARGIN
    self_komi = min(max(self_komi, -bound), bound)
    globals_[SELF_KOMI] = np.float32(self_komi) / _KOMI_UNIT
    if b.ko_rule != KO_SIMPLE:
        globals_[SUPERKO] = 1.0
        globals_[SUPERKO_KIND] = 0.5 if b.ko_rule == KO_POSITIONAL else -0.5
    globals_[SUICIDE] = b.suicide
    if territory:
        globals_[TERRITORY] = 1.0
    if tax >= 1:
        globals_[TAX_SEKI] = 1.0
    if tax == 2:
        globals_[TAX_ALL] = 1.0
    if pass_ends:
        globals_[PASS_ENDS] = 1.0
    if button:
        globals_[BUTTON] = 1.0
    if not territory:
        globals_[PARITY] = _parity(self_komi, b.points)


@njit(cache=True)
def _parity(self_komi: float, points: int) -> float:
    """A triangle wave of period 2 in komi, rising through 0 where a draw is possible, with extremes of a half there
    half a point to either side; which komis can draw depends on whether the number of points is even."""
    offset = 0.0 if points % 2 == 0 else 1.0
    beyond = self_komi - offset - 2.0 * np.floor((self_komi - offset) / 2.0)
    if beyond < 0.5:
        return beyond
    if beyond < 1.5:
        return 1.0 - beyond
    return beyond - 2.0
