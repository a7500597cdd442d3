"""From prepared roots to leaves: the part of a batch that every kind of features shares.

A kind of features is one kernel ``encode(batch, rules, work, verdicts, planes, global_inputs)`` which, for every leaf
i, calls ``leaf_position`` and ``judge`` and fills row i of ``planes``, float32[n, C, points], and ``global_inputs``,
float32[n, G]. It holds no GIL, so that the device's thread gets on meanwhile.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games.go.board import MAX_POINTS, WHITE, Board, Undo, copy_board, new_boards, new_undos
from games.go.ladders import new_readers
from games.go.moves import LEGAL, check, check_unruled, history_key, legal_moves, play
from games.go.patterns import NO_PATTERN, pattern_of
from games.go.position_key import position_key
from games.go.scoring import ScoreRules, final_lead, new_score_memory, opening_bonus

NOW, ONE_AGO, TWO_AGO = 0, 1, 2
"""Which board of a root's or the work's three. Where the game has fewer moves, the earlier ones are its first."""

PAST = 7
"""Of how many positions before the present one the stones are kept for those features that look so far back."""


class Batch(NamedTuple):
    """n leaves and the k roots that they start from.

    boards: BOARD[k, 3]. past_stones: int8[k, PAST, MAX_POINTS + 1], one move ago first, empty boards before the first
    move; int8[0, ...] for features that do without. history: uint64, root r's positions for superko are
    history[history_start[r]:history_start[r + 1]]. patterns: uint64[k], of the roots' last moves. root_of, offsets,
    moves: as in ``games.game.Leaves``.
    """

    boards: NDArray[Any]
    past_stones: NDArray[np.int8]
    history: NDArray[np.uint64]
    history_start: NDArray[np.int64]
    patterns: NDArray[np.uint64]
    root_of: NDArray[np.int32]
    offsets: NDArray[np.int32]
    moves: NDArray[np.uint16]


class Work(NamedTuple):
    """Memory that the kernels work in, one for every thread of kernels.

    boards: BOARD[3], the leaf's and, where asked for, those one and two moves before it. past_stones: int8[PAST,
    MAX_POINTS + 1], the leaf's, where the batch has them. past: uint64, the leaf's positions for superko, ``history``
    of ``moves``; long enough for every root and path of the batch. pattern: uint64[1], the leaf's. undo: UNDO[1].
    readers: READER[1]. score: SCORE_MEMORY[1]. caught, attacks: uint8[MAX_POINTS], what ``mark_ladders`` fills. notes:
    uint8[3, MAX_POINTS], what features note of every point.
    """

    boards: NDArray[Any]
    past_stones: NDArray[np.int8]
    past: NDArray[np.uint64]
    pattern: NDArray[np.uint64]
    undo: NDArray[Any]
    readers: NDArray[Any]
    score: NDArray[Any]
    caught: NDArray[np.uint8]
    attacks: NDArray[np.uint8]
    notes: NDArray[np.uint8]


class Verdicts(NamedTuple):
    """The arrays of ``games.game.Positions``, to be filled."""

    to_play: NDArray[np.int8]
    terminal: NDArray[np.bool_]
    result: NDArray[np.float32]
    lead: NDArray[np.float32]
    legal: NDArray[np.bool_]
    patterns: NDArray[np.uint64]
    keys: NDArray[np.uint64]


def new_work(past: int) -> Work:
    """Work for roots and paths of together at most ``past`` positions."""
    return Work(
        boards=new_boards(3),
        past_stones=new_past_stones(),
        past=np.zeros(past, np.uint64),
        pattern=np.zeros(1, np.uint64),
        undo=new_undos(1),
        readers=new_readers(),
        score=new_score_memory(),
        caught=np.zeros(MAX_POINTS, np.uint8),
        attacks=np.zeros(MAX_POINTS, np.uint8),
        notes=np.zeros((3, MAX_POINTS), np.uint8),
    )


def new_past_stones() -> NDArray[np.int8]:
    """int8[PAST, MAX_POINTS + 1], empty."""
    return np.zeros((PAST, MAX_POINTS + 1), np.int8)


def new_verdicts(count: int, num_moves: int) -> Verdicts:
    """Empty verdicts on ``count`` leaves."""
    return Verdicts(
        to_play=np.zeros(count, np.int8),
        terminal=np.zeros(count, np.bool_),
        result=np.zeros(count, np.float32),
        lead=np.zeros(count, np.float32),
        legal=np.zeros((count, num_moves), np.bool_),
        patterns=np.zeros(count, np.uint64),
        keys=np.zeros(count, np.uint64),
    )


@njit(cache=True)
def play_record(
    boards: NDArray[Any],
    past_stones: NDArray[np.int8],
    record: NDArray[np.int64],
    unchecked: int,
    history: NDArray[np.uint64],
    u: Undo,
) -> Any:
    """Play a whole record on boards[NOW] and leave the last positions before its end in the other two.

    ``past_stones``, empty boards, takes the stones of more of them. ``history`` takes the first position and one more a
    move, switches too. The first ``unchecked`` moves need not be legal by the board's rules but by some. Returns (moves
    played, LEGAL, pattern of the last move), or (index, answer of ``check``, NO_PATTERN) of the first illegal move.
    """
    b = boards[NOW]
    copy_board(boards[ONE_AGO], b)
    copy_board(boards[TWO_AGO], b)
    history[0] = history_key(b)
    pattern = NO_PATTERN
    left = 0
    for i in range(len(record)):
        left += record[i] <= b.points
    for i in range(len(record)):
        move = record[i]
        if move <= b.points:
            answer = check_unruled(b, move) if i < unchecked else check(b, history, i + 1, move)
            if answer != LEGAL:
                return i, answer, NO_PATTERN
            if left <= 2:
                copy_board(boards[left], b)
            if left <= PAST:
                past_stones[left - 1] = b.stones
            left -= 1
            if left == 0:
                pattern = pattern_of(b, move)
        play(b, move, u)
        history[i + 1] = history_key(b)
    return len(record), LEGAL, pattern


@njit(cache=True)
def leaf_position(batch: Batch, i: int, with_earlier: bool, work: Work) -> int:
    """Make leaf i on ``work.boards``; the earlier two boards only when ``with_earlier``.

    Returns how many entries of ``work.past`` it has.
    """
    r = batch.root_of[i]
    begin = batch.offsets[i]
    end = batch.offsets[i + 1]
    keeps_stones = len(batch.past_stones) > 0
    work.pattern[0] = batch.patterns[r]
    b = work.boards[NOW]
    copy_board(b, batch.boards[r, NOW])
    count = 0
    for j in range(batch.history_start[r], batch.history_start[r + 1]):
        work.past[count] = batch.history[j]
        count += 1
    if with_earlier and end - begin < 2:
        copy_board(work.boards[ONE_AGO], batch.boards[r, ONE_AGO])
        copy_board(work.boards[TWO_AGO], batch.boards[r, TWO_AGO - (end - begin)])
    if keeps_stones:
        for ago in range(end - begin, PAST):
            work.past_stones[ago] = batch.past_stones[r, ago - (end - begin)]
    for j in range(begin, end):
        if with_earlier and end - j <= 2:
            copy_board(work.boards[end - j], b)
        if keeps_stones and end - j <= PAST:
            work.past_stones[end - j - 1] = b.stones
        if j == end - 1:
            work.pattern[0] = pattern_of(b, int(batch.moves[j]))
        play(b, int(batch.moves[j]), work.undo[0])
        work.past[count] = history_key(b)
        count += 1
    return count


@njit(cache=True)
def judge(i: int, count: int, rules: ScoreRules, work: Work, verdicts: Verdicts) -> None:
    """Say what the rules say of ``work.boards[NOW]`` in row i. Two passes in a row end the game."""
    b = work.boards[NOW]
    verdicts.to_play[i] = b.to_play
    verdicts.patterns[i] = work.pattern[0]
    terminal = b.passes >= 2
    verdicts.terminal[i] = terminal
    verdicts.lead[i] = 0.0
    verdicts.result[i] = 0.0
    verdicts.keys[i] = 0
    if terminal:
        lead = final_lead(b, rules, work.score[0])
        verdicts.lead[i] = lead
        verdicts.result[i] = 1.0 if lead > 0.0 else (-1.0 if lead < 0.0 else 0.0)
        for move in range(b.points + 1):
            verdicts.legal[i, move] = False
    else:
        legal_moves(b, work.past, count, verdicts.legal[i])
        verdicts.keys[i] = position_key(b, verdicts.legal[i])


@njit(cache=True)
def effective_komi(b: Board, rules: ScoreRules) -> float:
    """What White is given on top of area: komi, bonus for a handicap, button, and under territory rules prisoners.

    A stone on the board is a point of area and none of territory; a stone taken off is a prisoner, which is worth one.
    """
    komi = rules.komi + opening_bonus(b, rules)
    if b.button == 1 or b.button == WHITE:
        komi -= 0.5 * b.button
    if rules.scoring != 0:
        for p in range(b.points):
            komi += b.stones[p]
        komi += b.captured_black - b.captured_white
    return float(komi)
