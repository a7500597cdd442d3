"""ZhuGo's 26 planes and 10 global inputs; 31 and 15 with the last moves. "Own" is the player to move.

| planes | what |
|---|---|
| 0, 1 | own stones, opponent's stones |
| 2, 3 | all ones when Black is to move; when White is |
| 4 | legal moves, but for those that fill an own true eye |
| 5-12 | stones by the liberties of their chain: plane 5 + i is set when there are more than i |
| 13-20 | legal moves by the liberties of the own chain after them: plane 13 + i is set when they are more than i |
| 21 | own chains that die in a ladder if the opponent is to move, or in atari though own move |
| 22 | the opponent's chains that die so |
| 23 | moves that put an opponent's chain into a ladder that works |
| 24 | points forbidden by ko or superko |
| 25 | 1 / (1 + d), d the distance to the nearest edge |
| 26-30 | where the last five moves were played, latest first, as far back as the players took turns |

A *true eye* is an empty point with own stones on all sides and, of the diagonals, fewer than two of the
opponent's, fewer than one on the edge.

| global input | what |
|---|---|
| 0 | komi for the player to move, as area scoring sees it (``effective_komi``), in units of 20 points |
| 1 | under area scoring: triangular wave of that komi, 0 at komi that allows a draw, ±0.5 half a point from it |
| 2 | territory scoring |
| 3, 4 | tax on seki at least; tax on all |
| 5, 6 | superko; situational |
| 7 | suicide is legal |
| 8 | the last move was a pass that counts: another ends the game |
| 9 | the button is to be had |
| 10-14 | which of the last five moves were passes |
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import (
    BLACK,
    BUTTON_FREE,
    EMPTY,
    KO_SIMPLE,
    KO_SITUATIONAL,
    MAX_SIZE,
    NO_POINT,
    WALL,
    WHITE,
    Board,
    Undo,
    bit_of,
    count_beside,
    put,
    take_back,
)
from games.go.ladders import CAPTURES_BLACK, CAPTURES_WHITE, liberties_after, mark_ladders
from games.go.leaf_positions import NOW, Batch, Verdicts, Work, effective_komi, judge, leaf_position
from games.go.moves import KO, SUPERKO, check
from games.go.recent_moves import fill_recent, known_moves
from games.go.rules import TAXES
from games.go.scoring import ScoreRules

PLANES = 26
GLOBALS = 10
WITHOUT_HISTORY, WITH_HISTORY = "zhugo", "zhugo_history"
"""The features' names, without and with the last moves."""

RAMP = 8

OWN, OPPONENT, BLACK_TO_MOVE, WHITE_TO_MOVE, SENSIBLE = 0, 1, 2, 3, 4
LIBERTIES = 5
LIBERTIES_AFTER = LIBERTIES + RAMP
OWN_CAUGHT = LIBERTIES_AFTER + RAMP
OPPONENT_CAUGHT, LADDER_MOVES, FORBIDDEN, EDGE = OWN_CAUGHT + 1, OWN_CAUGHT + 2, OWN_CAUGHT + 3, OWN_CAUGHT + 4

_EDGE = (1.0 / (1.0 + np.arange(MAX_SIZE))).astype(np.float32)
_TAX_SEKI, _TAX_ALL = TAXES["SEKI"], TAXES["ALL"]


@njit(cache=True)
def is_true_eye(b: Board, p: int, color: int) -> bool:
    """Whether the empty point ``p`` is a true eye of ``color``, as said above."""
    if count_beside(b, p, color) + count_beside(b, p, WALL) < 4:
        return False
    bad = 0
    edge = 0
    for k in range(4, 8):
        s = b.stones[b.neighbours[p, k]]
        bad += s == -color
        edge |= s == WALL
    return bad + edge < 2


@njit(cache=True)
def exact_liberties_after(b: Board, p: int, color: int, u: Undo) -> int:
    """Liberties of the chain that ``color`` has after playing ``p``, legal; 0 after suicide."""
    if count_beside(b, p, -color) > 0:
        for k in range(4):
            q = b.neighbours[p, k]
            if b.stones[q] == -color and b.liberties[b.head[q]] == 1:
                put(b, p, color, u)
                count = b.liberties[b.head[p]] if b.stones[p] == color else 0
                take_back(b, u)
                return int(count)
    if count_beside(b, p, color) == 0:
        return int(count_beside(b, p, EMPTY))
    return int(liberties_after(b, p, color, NO_POINT))


@njit(cache=True)
def komi_wave(komi: float, points: int) -> float:
    """0 where komi allows a draw, rising to 0.5 half a point above it, falling to -0.5 half a point below the next.

    Komi that is as odd or even as the number of points allows a draw.
    """
    beyond = (komi - points) % 2.0
    if beyond < 0.5:
        return beyond
    return 1.0 - beyond if beyond < 1.5 else beyond - 2.0


@njit(cache=True)
def _capped_liberties_after(b: Board, p: int, color: int, u: Undo) -> int:
    """``exact_liberties_after``, RAMP for all that is more; without sets of points where it joins one chain or none."""
    joined = NO_POINT
    simple = True
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == color:
            head = b.head[q]
            if b.liberties[head] > RAMP:
                return RAMP
            simple &= (joined == NO_POINT) | (joined == head)
            joined = head
        elif b.stones[q] == -color:
            simple &= b.liberties[b.head[q]] > 1
    if not simple:
        return min(exact_liberties_after(b, p, color, u), RAMP)
    if joined == NO_POINT:
        return count_beside(b, p, EMPTY)
    count = b.liberties[joined] - 1
    for k in range(4):
        q = b.neighbours[p, k]
        count += (b.stones[q] == EMPTY) & (b.liberty_set[joined, q >> 6] & bit_of(q) == 0)
    return int(min(count, RAMP))


@njit(cache=True)
def _look_at_points(b: Board, legal: NDArray[np.bool_], work: Work) -> None:
    """Fill ``work.notes``: row 0 the liberties of the stones, row 1 those after each legal move, at most RAMP.

    Row 2: 1 where a legal move does not fill an own true eye.
    """
    now, after, sensible = work.notes[0], work.notes[1], work.notes[2]
    color = b.to_play
    for p in range(b.points):
        now[p] = min(b.liberties[b.head[p]], RAMP) if b.stones[p] != EMPTY else 0
        after[p] = 0
        sensible[p] = legal[p]
        if legal[p]:
            empty = count_beside(b, p, EMPTY)
            opponents = count_beside(b, p, -color)
            if opponents + count_beside(b, p, color) == 0:
                after[p] = empty
            else:
                after[p] = _capped_liberties_after(b, p, color, work.undo[0])
                if empty + opponents == 0:
                    sensible[p] = not is_true_eye(b, p, color)


@njit(cache=True)
def _fill_points(b: Board, work: Work, planes: NDArray[np.float32]) -> None:
    """The planes that differ from point to point; plane by plane, which the compiler turns into vector code."""
    points = b.points
    player = b.to_play
    stones, caught, attacks = b.stones, work.caught, work.attacks
    for p in range(points):
        planes[OWN, p] = stones[p] == player
        planes[OPPONENT, p] = stones[p] == -player
        planes[OWN_CAUGHT, p] = (stones[p] == player) & (caught[p] != 0)
        planes[OPPONENT_CAUGHT, p] = (stones[p] == -player) & (caught[p] != 0)
    catches = CAPTURES_WHITE if player == BLACK else CAPTURES_BLACK
    for p in range(points):
        planes[LADDER_MOVES, p] = attacks[p] & catches != 0
        planes[FORBIDDEN, p] = 0.0
        planes[SENSIBLE, p] = work.notes[2, p]
    for i in range(RAMP):
        for p in range(points):
            planes[LIBERTIES + i, p] = work.notes[0, p] > i
        for p in range(points):
            planes[LIBERTIES_AFTER + i, p] = work.notes[1, p] > i


@njit(cache=True)
def _fill_forbidden(
    b: Board, legal: NDArray[np.bool_], past: NDArray[np.uint64], count: int, planes: NDArray[np.float32]
) -> None:
    if b.ko_point == NO_POINT and b.ko_rule == KO_SIMPLE:
        return
    for p in range(b.points):
        if b.stones[p] == EMPTY and not legal[p]:
            answer = check(b, past, count, p)
            if answer in (KO, SUPERKO):
                planes[FORBIDDEN, p] = 1.0


@njit(cache=True)
def _fill_constant(b: Board, planes: NDArray[np.float32]) -> None:
    for p in range(b.points):
        planes[BLACK_TO_MOVE, p] = b.to_play == BLACK
        planes[WHITE_TO_MOVE, p] = b.to_play == WHITE
    p = 0
    for row in range(b.height):
        down = min(row, b.height - 1 - row)
        for col in range(b.width):
            planes[EDGE, p] = _EDGE[min(down, min(col, b.width - 1 - col))]
            p += 1


@njit(cache=True)
def _fill_globals(b: Board, rules: ScoreRules, values: NDArray[np.float32]) -> None:
    komi = -b.to_play * effective_komi(b, rules)
    territory = rules.scoring != 0
    values[0] = komi / 20.0
    values[1] = 0.0 if territory else komi_wave(komi, b.points)
    values[2] = territory
    values[3] = rules.tax >= _TAX_SEKI
    values[4] = rules.tax == _TAX_ALL
    values[5] = b.ko_rule != KO_SIMPLE
    values[6] = b.ko_rule == KO_SITUATIONAL
    values[7] = b.suicide != 0
    values[8] = b.passes > 0
    values[9] = b.button == BUTTON_FREE


@njit(cache=True, nogil=True)
def encode(
    batch: Batch,
    rules: ScoreRules,
    work: Work,
    verdicts: Verdicts,
    planes: NDArray[np.float32],
    global_inputs: NDArray[np.float32],
    told: int,
) -> None:
    """Replay, judge and encode every leaf; ``told``: of how many of the last moves.

    planes: float32[n, PLANES + told, points]; global_inputs: float32[n, GLOBALS + told].
    """
    for i in range(len(batch.root_of)):
        count = leaf_position(batch, i, False, work)
        judge(i, count, rules, work, verdicts)
        b = work.boards[NOW]
        mark_ladders(b, work.readers[0], work.caught, work.attacks)
        _look_at_points(b, verdicts.legal[i], work)
        _fill_points(b, work, planes[i])
        _fill_forbidden(b, verdicts.legal[i], work.past, count, planes[i])
        _fill_constant(b, planes[i])
        _fill_globals(b, rules, global_inputs[i])
        planes[i, PLANES:] = 0.0
        global_inputs[i, GLOBALS:] = 0.0
        fill_recent(b, known_moves(b, told), planes[i], PLANES, global_inputs[i], GLOBALS)
