"""The score of a position as it stands, by area or by territory.

Dead stones come off first: those that the players name, or, where nobody is asked, those that cannot live even if
their owner plays on and the other always passes (pass-dead), or none. Every other stone is alive; an empty region
belongs to the colour that alone touches it. A *group* is a connected set of points of one owner. Where nobody says
which groups are in seki, one is taken to be that touches a dame and has no more than one eye of at most two points.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.area import AREA_MEMORY, full_area
from games.go.board import BLACK, EMPTY, MAX_POINTS, WHITE, Board
from games.go.rules import HANDICAP_BONUSES, SCORINGS, TAXES, Rules

_TERRITORY = SCORINGS["TERRITORY"]
_NO_TAX, _TAX_ALL = TAXES["NONE"], TAXES["ALL"]
_NO_BONUS, _BONUS_BUT_ONE = HANDICAP_BONUSES.index("0"), HANDICAP_BONUSES.index("N-1")
_N = MAX_POINTS + 1
_BIGGEST_SEKI_EYE = 2


class ScoreRules(NamedTuple):
    """What counting needs of the rules, as kernels take it.

    komi: points for White, with what it gets for a handicap that was set up. remove_pass_dead: 1 when pass-dead stones
    come off. handicap: stones of that handicap, -1 where white stones were set up, too. handicap_bonus: of
    ``HANDICAP_BONUSES``.
    """

    komi: float
    scoring: int
    tax: int
    remove_pass_dead: int
    handicap: int = 0
    handicap_bonus: int = 0


SCORE_MEMORY = np.dtype(
    [
        ("area", AREA_MEMORY),
        ("owner", np.int8, (_N,)),  # whose each point is
        ("seki", np.uint8, (_N,)),  # on at least one point of every group in seki; 0 on all points of others
        ("done", np.uint8, (_N,)),  # visited by the flood over groups; 2 by the flood over eyes
        ("queue", np.int16, (_N,)),  # points of the group being flooded
        ("eye", np.int16, (_N,)),  # points of the eye being flooded
    ],
    align=True,
)
ScoreMemory: TypeAlias = Any
"""One element of an array of dtype ``SCORE_MEMORY``. ``owner`` and ``seki`` last until the next call, no more."""


def score_rules(rules: Rules, komi: float, handicap_stones: int = 0) -> ScoreRules:
    """``rules`` for the kernels here. ``handicap_stones``: set up; -1 where there are white ones, too."""
    return ScoreRules(
        komi=float(komi + rules.handicap_bonus(handicap_stones)),
        handicap=handicap_stones,
        handicap_bonus=HANDICAP_BONUSES.index(rules.whiteHandicapBonus),
        scoring=SCORINGS[rules.scoring],
        tax=TAXES[rules.tax],
        remove_pass_dead=int(rules.takes_dead_off),
    )


def new_score_memory(count: int = 1) -> NDArray[Any]:
    """Memory for the kernels here; one for every thread of kernels."""
    return np.zeros(count, dtype=SCORE_MEMORY)


@njit(cache=True)
def opening_bonus(b: Board, rules: ScoreRules) -> int:
    """What White gets beside ``komi`` because Black opened with more stones than one, as a free handicap is played.

    With set-up black stones they are one handicap. (cpp/game/boardhistory.cpp, computeNumHandicapStones)
    """
    if rules.handicap_bonus == _NO_BONUS or rules.handicap < 0:
        return 0
    bonus = 0
    for stones, sign in ((rules.handicap + b.opening_black, 1), (rules.handicap, -1)):
        if stones >= 2:
            bonus += sign * (stones - (rules.handicap_bonus == _BONUS_BUT_ONE))
    return bonus


@njit(cache=True)
def plain_owners(b: Board, m: ScoreMemory) -> None:
    """Fill ``m.owner`` with every stone alive: Tromp-Taylor's area."""
    for p in range(b.points):
        m.owner[p] = b.stones[p]
        m.done[p] = 0
    for seed in range(b.points):
        if b.stones[seed] != EMPTY or m.done[seed] != 0:
            continue
        count = 1
        m.queue[0] = seed
        m.done[seed] = 1
        touched_black = False
        touched_white = False
        i = 0
        while i < count:
            for k in range(4):
                q = b.neighbours[m.queue[i], k]
                s = b.stones[q]
                touched_black = touched_black or s == BLACK
                touched_white = touched_white or s == WHITE
                if s == EMPTY and m.done[q] == 0:
                    m.done[q] = 1
                    m.queue[count] = q
                    count += 1
            i += 1
        owner = EMPTY
        if touched_black != touched_white:
            owner = BLACK if touched_black else WHITE
        for i in range(count):
            m.owner[m.queue[i]] = owner


@njit(cache=True)
def _flood_eye(b: Board, seed: int, color: int, m: ScoreMemory) -> int:
    """Mark the eye around ``seed``: connected points of the owner without his stones. Returns its size."""
    m.eye[0] = seed
    m.done[seed] = 2
    count = 1
    i = 0
    while i < count:
        for k in range(4):
            q = b.neighbours[m.eye[i], k]
            if m.done[q] != 2 and m.owner[q] == color and b.stones[q] != color:
                m.done[q] = 2
                m.eye[count] = q
                count += 1
        i += 1
    return count


@njit(cache=True)
def _flood_group(b: Board, seed: int, m: ScoreMemory) -> int:
    """Collect the group around ``seed`` in ``m.queue``. Returns its number of points."""
    color = m.owner[seed]
    m.queue[0] = seed
    m.done[seed] = 1
    count = 1
    i = 0
    while i < count:
        for k in range(4):
            q = b.neighbours[m.queue[i], k]
            if m.done[q] == 0 and m.owner[q] == color:
                m.done[q] = 1
                m.queue[count] = q
                count += 1
        i += 1
    return count


@njit(cache=True)
def _is_seki(b: Board, count: int, color: int, m: ScoreMemory) -> bool:
    """Whether the group in ``m.queue[:count]`` touches a dame and lacks room for two eyes."""
    touches_dame = False
    eyes = 0
    points = 0
    for i in range(count):
        p = m.queue[i]
        for k in range(4):
            q = b.neighbours[p, k]
            touches_dame = touches_dame or (b.stones[q] == EMPTY and m.owner[q] == EMPTY)
        if b.stones[p] != color and m.done[p] != 2:
            eyes += 1
            points += _flood_eye(b, p, color, m)
    return touches_dame and eyes <= 1 and points <= _BIGGEST_SEKI_EYE


@njit(cache=True)
def find_seki(b: Board, m: ScoreMemory) -> None:
    """Fill ``m.seki`` with the points of groups that look like it, with ``m.owner`` as it is."""
    m.owner[MAX_POINTS] = EMPTY
    for p in range(MAX_POINTS + 1):
        m.done[p] = 0
        m.seki[p] = 0
    for seed in range(b.points):
        color = m.owner[seed]
        if color != EMPTY and m.done[seed] == 0:
            count = _flood_group(b, seed, m)
            if _is_seki(b, count, color, m):
                for i in range(count):
                    m.seki[m.queue[i]] = 1


@njit(cache=True)
def board_lead(b: Board, rules: ScoreRules, m: ScoreMemory) -> float:
    """Black's lead in points with ``m.owner`` and ``m.seki`` as they are; komi, button and prisoners included.

    ``m.seki`` is not looked at where nothing is taxed. ``m.owner`` loses the points that the tax takes from seki.
    """
    lead = 0.0
    m.owner[MAX_POINTS] = EMPTY
    for p in range(MAX_POINTS + 1):
        m.done[p] = 0
    for seed in range(b.points):
        color = m.owner[seed]
        if color == EMPTY or m.done[seed] != 0:
            continue
        count = _flood_group(b, seed, m)
        seki = False
        for i in range(count):
            seki = seki or (rules.tax != _NO_TAX and m.seki[m.queue[i]] != 0)
        value = 0
        for i in range(count):
            p = m.queue[i]
            own_stone = b.stones[p] == color
            if rules.scoring == _TERRITORY:
                value += 0 if own_stone or seki else 1
                value += 1 if b.stones[p] == -color else 0
            elif own_stone or not seki:
                value += 1
            if seki and not own_stone:
                m.owner[p] = EMPTY
        if rules.tax == _TAX_ALL and not seki:
            value -= 2
        lead += color * value
    if rules.scoring == _TERRITORY:
        lead += b.captured_white - b.captured_black
    if b.button == BLACK or b.button == WHITE:
        lead += 0.5 * b.button
    return float(lead - rules.komi - opening_bonus(b, rules))


@njit(cache=True)
def final_lead(b: Board, rules: ScoreRules, m: ScoreMemory) -> float:
    """Black's lead in points where nobody names dead stones."""
    if rules.remove_pass_dead != 0:
        full_area(b, b.suicide != 0, m.area, m.owner)
    else:
        plain_owners(b, m)
    if rules.tax != _NO_TAX:
        find_seki(b, m)
    return float(board_lead(b, rules, m))
