"""Leela Zero's 18 planes. "Own" is the player to move; the net knows no komi but 7.5 and no rules but area scoring.

| planes | what |
|---|---|
| 0-7 | own stones now, one move ago, ... seven moves ago |
| 8-15 | opponent's stones, likewise |
| 16, 17 | all ones when Black is to move; when White is |

Boards from before the first move are empty. The one global input is +1 when Black is to move, -1 when White is.
(leela-zero, src/Network.cpp, gather_features)
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import BLACK, Board
from games.go.leaf_positions import NOW, PAST, Batch, Verdicts, Work, judge, leaf_position
from games.go.scoring import ScoreRules

PLANES = 18
GLOBALS = 1

_BOARDS = PAST + 1
BLACK_TO_MOVE, WHITE_TO_MOVE = 2 * _BOARDS, 2 * _BOARDS + 1


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
        count = leaf_position(batch, i, False, work)
        judge(i, count, rules, work, verdicts)
        b = work.boards[NOW]
        _fill_stones(b, b.stones, 0, planes[i])
        for ago in range(1, _BOARDS):
            _fill_stones(b, work.past_stones[ago - 1], ago, planes[i])
        for p in range(b.points):
            planes[i, BLACK_TO_MOVE, p] = b.to_play == BLACK
            planes[i, WHITE_TO_MOVE, p] = b.to_play != BLACK
        global_inputs[i, 0] = b.to_play


@njit(cache=True)
def _fill_stones(b: Board, stones: NDArray[np.int8], ago: int, planes: NDArray[np.float32]) -> None:
    for p in range(b.points):
        planes[ago, p] = stones[p] == b.to_play
        planes[_BOARDS + ago, p] = stones[p] == -b.to_play
