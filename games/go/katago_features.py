"""KataGo's V7 inputs: 22 planes and 19 global numbers. "Own" is the player to move.

| planes | what |
|---|---|
| 0 | all ones |
| 1, 2 | own stones, opponent's stones |
| 3-5 | stones of chains with 1, 2, 3 liberties |
| 6 | points forbidden by ko or superko |
| 9-13 | where the last five moves were played, latest first |
| 14-16 | chains that die in a ladder: now, one move ago, two moves ago |
| 17 | moves that put an opponent's chain into a ladder that works |
| 18, 19 | own area, opponent's area, where the rules count area |

| global input | what |
|---|---|
| 0-4 | which of the last five moves were passes |
| 5 | komi for the player to move, as area scoring sees it, in units of 20 points |
| 6, 7 | superko; of which kind, 0.5 positional, -0.5 situational |
| 8 | suicide is legal |
| 9 | territory scoring |
| 10, 11 | tax on seki at least; tax on all |
| 14 | another pass ends the game |
| 17 | the button is to be had |
| 18 | under area scoring: triangular wave of komi, see ``features.komi_wave`` |

The others stay 0: planes 7, 8, 20, 21 and inputs 12, 13 tell of the encore, the play after the end of KataGo's
territory rules, and 15, 16 of handicap in playouts. What each of them means is what the nets have learned from
(cpp/neuralnet/nninputs.cpp, fillRowV7; cpp/game/boardhistory.cpp).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.area import full_area
from games.go.board import BLACK, BUTTON_FREE, EMPTY, KO_SIMPLE, KO_SITUATIONAL, MAX_POINTS, RECENT, Board
from games.go.features import komi_wave
from games.go.ladders import CAPTURES_BLACK, CAPTURES_WHITE, mark_ladders
from games.go.moves import KO, SUPERKO, check
from games.go.replay import NOW, Batch, Verdicts, Work, effective_komi, judge, replay_leaf
from games.go.rules import SCORINGS, TAXES
from games.go.scoring import ScoreMemory, ScoreRules

PLANES = 22
GLOBALS = 19

ON_BOARD, OWN, OPPONENT, LIBERTIES, FORBIDDEN = 0, 1, 2, 3, 6
RECENT_MOVES, CAUGHT, LADDER_MOVES, OWN_AREA, OPPONENT_AREA = 9, 14, 17, 18, 19
_BOARDS = 3
"""Of how many boards, the leaf's and those before it, the net is told the ladders."""

RECENT_PASSES, KOMI, SUPERKO_RULE, KIND_OF_SUPERKO, SUICIDE, TERRITORY = 0, 5, 6, 7, 8, 9
TAX_SEKI, TAX_ALL, PASS_ENDS, BUTTON, WAVE = 10, 11, 14, 17, 18

_KOMI_MARGIN = 20.0
"""Komi beyond the number of points by more than this is cut off."""

_TERRITORY = SCORINGS["TERRITORY"]
_NO_TAX, _TAX_ALL = TAXES["NONE"], TAXES["ALL"]


@njit(cache=True, nogil=True)
def encode(
    batch: Batch,
    rules: ScoreRules,
    work: Work,
    verdicts: Verdicts,
    planes: NDArray[np.float32],
    global_inputs: NDArray[np.float32],
) -> None:
    """Replay, judge and encode every leaf. planes: float32[n, PLANES, points]; global_inputs: float32[n, GLOBALS]."""
    for i in range(len(batch.root_of)):
        count = replay_leaf(batch, i, True, work)
        judge(i, count, rules, work, verdicts)
        b = work.boards[NOW]
        pass_ends = b.passes >= 1 and b.button != BUTTON_FREE
        # A pass that ends the game before the dead stones are off is nothing that the net knows: it is told of no pass,
        # and no history.
        hidden = pass_ends and rules.scoring != _TERRITORY and rules.remove_pass_dead != 0
        told = 0 if hidden else 1 if verdicts.terminal[i] else RECENT
        known = known_moves(b, told)
        planes[i] = 0.0
        global_inputs[i] = 0.0
        _fill_stones(b, planes[i])
        _fill_forbidden(b, verdicts.legal[i], work.past, count, planes[i])
        _fill_recent(b, known, planes[i], global_inputs[i])
        _fill_ladders(b, known, work, planes[i])
        _fill_area(b, rules, work.score[0], planes[i])
        _fill_rules(b, rules, global_inputs[i])
        global_inputs[i, PASS_ENDS] = pass_ends and not hidden


@njit(cache=True)
def known_moves(b: Board, most: int) -> int:
    """How many of the last moves the net is told, at most ``most``: as far back as the players took turns."""
    known = 0
    player = -b.to_play
    while known < most and b.recent_players[known] == player:
        player = -player
        known += 1
    return known


@njit(cache=True)
def _fill_stones(b: Board, planes: NDArray[np.float32]) -> None:
    for p in range(b.points):
        planes[ON_BOARD, p] = 1.0
        s = b.stones[p]
        if s == EMPTY:
            continue
        planes[OWN if s == b.to_play else OPPONENT, p] = 1.0
        liberties = b.liberties[b.head[p]]
        if liberties <= 3:
            planes[LIBERTIES + liberties - 1, p] = 1.0


@njit(cache=True)
def _fill_forbidden(
    b: Board, legal: NDArray[np.bool_], past: NDArray[np.uint64], count: int, planes: NDArray[np.float32]
) -> None:
    for p in range(b.points):
        if b.stones[p] == EMPTY and not legal[p]:
            answer = check(b, past, count, p)
            if answer in (KO, SUPERKO):
                planes[FORBIDDEN, p] = 1.0


@njit(cache=True)
def _fill_recent(b: Board, known: int, planes: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    for ago in range(known):
        move = b.recent_moves[ago]
        if move < b.points:
            planes[RECENT_MOVES + ago, move] = 1.0
        else:
            values[RECENT_PASSES + ago] = 1.0


@njit(cache=True)
def _fill_ladders(b: Board, known: int, work: Work, planes: NDArray[np.float32]) -> None:
    """Where the net is not told of an earlier board, the one after it stands for it."""
    catches = CAPTURES_WHITE if b.to_play == BLACK else CAPTURES_BLACK
    for ago in range(_BOARDS):
        if ago <= known:
            mark_ladders(work.boards[NOW + ago], work.readers[0], work.caught, work.attacks)
        for p in range(b.points):
            if work.caught[p] != 0:
                planes[CAUGHT + ago, p] = 1.0
            if ago == 0 and work.attacks[p] & catches != 0:
                planes[LADDER_MOVES, p] = 1.0


@njit(cache=True)
def _fill_area(b: Board, rules: ScoreRules, m: ScoreMemory, planes: NDArray[np.float32]) -> None:
    if rules.scoring == _TERRITORY:
        return
    full_area(b, b.suicide != 0, m.area, m.owner)
    if rules.tax != _NO_TAX:
        _drop_taxed(b, m)
    for p in range(b.points):
        if m.owner[p] != EMPTY:
            planes[OWN_AREA if m.owner[p] == b.to_play else OPPONENT_AREA, p] = 1.0


@njit(cache=True)
def _drop_taxed(b: Board, m: ScoreMemory) -> None:
    """Leave only stones of every part of ``m.owner`` that touches a dame or has a stone in atari.

    (cpp/game/board.cpp, calculateIndependentLifeArea)
    """
    m.owner[MAX_POINTS] = EMPTY
    doubtful = np.zeros(MAX_POINTS, np.bool_)
    for p in range(b.points):
        m.done[p] = 0
    for seed in range(b.points):
        if m.owner[seed] == EMPTY or m.done[seed] != 0:
            continue
        count = _flood_part(b, seed, m)
        found = False
        for i in range(count):
            found = found or _is_doubtful(b, m.queue[i], m)
        for i in range(count):
            doubtful[m.queue[i]] = found
    for p in range(b.points):
        if doubtful[p] and b.stones[p] != m.owner[p]:
            m.owner[p] = EMPTY


@njit(cache=True)
def _flood_part(b: Board, seed: int, m: ScoreMemory) -> int:
    """Collect the points of one owner around ``seed`` in ``m.queue``. Returns how many they are."""
    m.done[seed] = 1
    m.queue[0] = seed
    count = 1
    i = 0
    while i < count:
        for k in range(4):
            q = b.neighbours[m.queue[i], k]
            if m.owner[q] == m.owner[seed] and m.done[q] == 0:
                m.done[q] = 1
                m.queue[count] = q
                count += 1
        i += 1
    return count


@njit(cache=True)
def _is_doubtful(b: Board, p: int, m: ScoreMemory) -> bool:
    if b.stones[p] == m.owner[p] and b.liberties[b.head[p]] == 1:
        return True
    for k in range(4):
        q = b.neighbours[p, k]
        if b.stones[q] == EMPTY and m.owner[q] == EMPTY:
            return True
    return False


@njit(cache=True)
def _fill_rules(b: Board, rules: ScoreRules, values: NDArray[np.float32]) -> None:
    bound = b.points + _KOMI_MARGIN
    komi = min(max(-b.to_play * effective_komi(b, rules), -bound), bound)
    values[KOMI] = komi / 20.0
    if b.ko_rule != KO_SIMPLE:
        values[SUPERKO_RULE] = 1.0
        values[KIND_OF_SUPERKO] = -0.5 if b.ko_rule == KO_SITUATIONAL else 0.5
    values[SUICIDE] = b.suicide != 0
    values[TERRITORY] = rules.scoring == _TERRITORY
    values[TAX_SEKI] = rules.tax != _NO_TAX
    values[TAX_ALL] = rules.tax == _TAX_ALL
    values[BUTTON] = b.button == BUTTON_FREE
    if rules.scoring != _TERRITORY:
        values[WAVE] = komi_wave(komi, b.points)
