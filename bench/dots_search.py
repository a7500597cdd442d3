"""Alpha-beta over dots and boxes, exact when it may go to the end of the game: boards of up to 60 lines (5×5 boxes).

A position is the lines that are drawn, a bit each, and nothing else: what the mover still gets, less what the other
gets, is its *margin*. Of moves that provably come to the same, one is searched (Barker and Korf, "Solving
Dots-And-Boxes", AAAI 2012; Berlekamp, "The Dots and Boxes Game"):

- A box that can be taken is taken at once, but for the last two of a chain, or the last four of one that can be taken
  from both ends: there the other choice is to draw the line that leaves them to the other side, who must then move
  elsewhere. Of several such chains all but one are taken, and one of four before one of two is left.
- Of a chain or a ring, a run of boxes that lack two lines each, one line is tried: any, but the middle one of two
  boxes, which leaves the other side no choice. Chains with both ends at the same box are left out of this.
- Two lines of a box that have no box behind them are the same line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MAX_LINES = 60
TABLE_BITS = 21
TO_THE_END = 100
"""A depth that no game has."""


class Board(NamedTuple):
    """boxes: int64[B], the four lines of each. lines: int64[B, 4], one by one; beyond: int64[B, 4], the box behind each
    of them, -1 for none. twins: int64[n, 2], pairs of lines that are the same."""

    boxes: NDArray[np.int64]
    lines: NDArray[np.int64]
    beyond: NDArray[np.int64]
    twins: NDArray[np.int64]


class Table(NamedTuple):
    """What is known of positions that were met: the later in the place of the earlier. Key 0 is an empty place.

    bounds: int8[n, 3]: the margin is from the first to the second, by a search as deep as the third says.
    """

    keys: NDArray[np.int64]
    bounds: NDArray[np.int8]
    best: NDArray[np.int64]


def make_table(bits: int = TABLE_BITS) -> Table:
    """An empty one of 2**bits places."""
    return Table(np.zeros(1 << bits, np.int64), np.zeros((1 << bits, 3), np.int8), np.zeros(1 << bits, np.int64))


def make_board(rows: int, columns: int) -> Board:
    """The board with so many boxes; bit m is the line that OpenSpiel's move m draws: across, row by row, then down."""
    down = (rows + 1) * columns
    lines = np.zeros((rows * columns, 4), np.int64)
    beyond = np.full((rows * columns, 4), -1, np.int64)
    for row in range(rows):
        for column in range(columns):
            box = row * columns + column
            above, left = row * columns + column, down + row * (columns + 1) + column
            lines[box] = [1 << above, 1 << above + columns, 1 << left, 1 << left + 1]
            for side, (other, is_there) in enumerate(
                (
                    (box - columns, row > 0),
                    (box + columns, row + 1 < rows),
                    (box - 1, column > 0),
                    (box + 1, column + 1 < columns),
                )
            ):
                beyond[box, side] = other if is_there else -1
    twins = [
        (lines[box, one], lines[box, other])
        for box in range(rows * columns)
        for one in range(4)
        for other in range(one + 1, 4)
        if beyond[box, one] < 0 and beyond[box, other] < 0
    ]
    return Board(lines.sum(1), lines, beyond, np.array(twins, np.int64).reshape(-1, 2))


@njit(cache=True)
def search(drawn: int, depth: int, alpha: int, beta: int, board: Board, table: Table, nodes: NDArray[np.int64]) -> int:
    """The margin of the player to move, fail-soft: exact between ``alpha`` and ``beta``, else a bound beyond them.

    depth: moves, captures that are forced not counted, before the rest is played by rule. nodes: int64[1], how many may
    still be looked at; below 0 the answer means nothing.
    """
    nodes[0] -= 1
    if nodes[0] < 0:
        return 0
    drawn, gained, take, leave = _captures(_one_of_twins(drawn, board), board)
    left = _boxes_left(drawn, board)
    if left == 0:
        return gained
    alpha, beta = alpha - gained, beta - gained
    if alpha >= left:
        return gained + left
    if beta <= -left:
        return gained - left
    if depth <= 0:
        return gained + _played_by_rule(drawn, board)
    low: int = -left
    high: int = left
    slot = _slot(drawn, len(table.keys))
    known = 0
    if table.keys[slot] == drawn:
        known = table.best[slot]
        if table.bounds[slot, 2] >= depth:
            low, high = max(low, table.bounds[slot, 0]), min(high, table.bounds[slot, 1])
            if low >= beta or low == high:
                return gained + low
            if high <= alpha:
                return gained + high
    most, best, at_least = -left - 1, 0, max(alpha, low)
    if take:
        most = 1 + search(drawn | take, depth - 1, at_least - 1, beta - 1, board, table, nodes)
        if most < beta:
            most = max(most, -search(drawn | leave, depth - 1, -beta, -max(at_least, most), board, table, nodes))
    else:
        moves = _moves(drawn, board, known)
        for move in moves:
            value = -search(drawn | move, depth - 1, -beta, -at_least, board, table, nodes)
            if value > most:
                most, best = value, move
                at_least = max(at_least, most)
                if most >= beta:
                    break
    if nodes[0] < 0:
        return 0
    table.keys[slot], table.best[slot] = drawn, best
    table.bounds[slot, 0] = low if most <= alpha else max(low, most)
    table.bounds[slot, 1] = high if most >= beta else min(high, most)
    table.bounds[slot, 2] = depth
    return gained + most


@njit(cache=True)
def _slot(drawn: int, places: int) -> int:
    mixed = np.uint64(drawn) * np.uint64(0x9E3779B97F4A7C15)
    return int((mixed ^ (mixed >> np.uint64(32))) & np.uint64(places - 1))


@njit(cache=True)
def _one_of_twins(drawn: int, board: Board) -> int:
    """Where one of two twins is drawn, the first."""
    for at in range(len(board.twins)):
        one, other = board.twins[at, 0], board.twins[at, 1]
        if drawn & other and not drawn & one:
            drawn ^= one | other
    return drawn


@njit(cache=True)
def _boxes_left(drawn: int, board: Board) -> int:
    left = 0
    for box in board.boxes:
        if box & ~drawn:
            left += 1
    return left


@njit(cache=True)
def _single(lines: int) -> bool:
    return lines != 0 and lines & (lines - 1) == 0


@njit(cache=True)
def _pair(lines: int) -> bool:
    return _single(lines & (lines - 1))


@njit(cache=True)
def _behind(box: int, line: int, board: Board) -> int:
    """The box on the other side of one of a box's lines, -1 for none."""
    for side in range(4):
        if board.lines[box, side] == line:
            return int(board.beyond[box, side])
    return -1


@njit(cache=True)
def _captures(drawn: int, board: Board) -> tuple[int, int, int, int]:
    """Take what is to be taken. The lines that are drawn then, the boxes taken, and the line that takes on and the one
    that leaves the rest to the other side, 0 both where there is no choice."""
    gained = 0
    while True:
        take, leave, is_four, boxes_open, went_on = 0, 0, False, 0, False
        for box in range(len(board.boxes)):
            line = board.boxes[box] & ~drawn
            if not _single(line):
                continue
            other = _behind(box, line, board)
            of_other = board.boxes[other] & ~drawn if other >= 0 else 0
            choice, four = 0, False
            if _pair(of_other):
                choice, four = _choice(other, of_other ^ line, drawn, board)
            if choice == 0:
                drawn |= line
                gained += 1 + (of_other == line)
                went_on = True
            else:
                boxes_open += 1
                if choice == leave:
                    boxes_open -= 1  # the other end of the same four
                elif take == 0 or (is_four and not four):
                    take, leave, is_four = line, choice, four
        if went_on:
            continue
        if boxes_open <= 1:
            return drawn, gained, take, leave
        drawn, taken = _take_others(drawn, leave, board)
        gained += taken


@njit(cache=True)
def _choice(box: int, line: int, drawn: int, board: Board) -> tuple[int, bool]:
    """``box`` lacks ``line`` and the one through which a box before it can be taken: the line that leaves both, and
    whether four boxes are left with it; 0 where what is there must be taken."""
    after = _behind(box, line, board)
    if after < 0:
        return line, False
    of_after = board.boxes[after] & ~drawn
    if _single(of_after):
        return 0, False
    if not _pair(of_after):
        return line, False
    last = _behind(after, of_after ^ line, board)
    if last >= 0 and _single(board.boxes[last] & ~drawn):
        return line, True
    return 0, False


@njit(cache=True)
def _take_others(drawn: int, leave: int, board: Board) -> tuple[int, int]:
    """Take one box of a chain that is not the one of the line ``leave``."""
    for box in range(len(board.boxes)):
        line = board.boxes[box] & ~drawn
        if _single(line):
            other = _behind(box, line, board)
            if (board.boxes[other] & ~drawn) ^ line != leave:
                return drawn | line, 1
    return drawn, 0


@njit(cache=True)
def _moves(drawn: int, board: Board, first: int) -> NDArray[np.int64]:
    """The lines to try where nothing can be taken: ``first`` if it is any, those that give nothing away, then one of
    each chain, short ones first."""
    everything, giving = 0, 0
    for box in board.boxes:
        lines = box & ~drawn
        everything |= lines
        if _pair(lines):
            giving |= lines
    moves = np.zeros(MAX_LINES, np.int64)
    count = 0
    safe = everything & ~giving
    for at in range(len(board.twins)):
        if safe & board.twins[at, 0] and safe & board.twins[at, 1]:
            safe &= ~board.twins[at, 1]
    while safe:
        line = safe & -safe
        safe ^= line
        moves[count] = line
        count += 1
    count = _chains(drawn, board, moves, count)
    for at in range(1, count):
        if moves[at] == first:
            for back in range(at, 0, -1):
                moves[back] = moves[back - 1]
            moves[0] = first
    return moves[:count]


@njit(cache=True)
def _chains(drawn: int, board: Board, moves: NDArray[np.int64], count: int) -> int:
    """Add a line for each chain and ring, short ones first, to the ``count`` moves that are there; how many there are
    then."""
    begin, seen = count, 0
    lengths = np.zeros(MAX_LINES, np.int64)
    for box in range(len(board.boxes)):
        lines = board.boxes[box] & ~drawn
        if not _pair(lines) or seen >> box & 1:
            continue
        one = lines & -lines
        length, whole, end, behind, seen = _along(box, one, drawn, board, 1, lines, seen | 1 << box)
        is_ring = behind == box
        chosen, among = end, 0
        if not is_ring:
            length, whole, _, other, seen = _along(box, lines ^ one, drawn, board, length, whole, seen)
            if behind >= 0 and behind == other:
                among = whole
            elif length == 2:
                chosen = _middle(drawn, board, whole)
        while True:
            line = among & -among if among else chosen
            among &= ~line
            at = count
            while at > begin and lengths[at - 1] > length:
                moves[at], lengths[at] = moves[at - 1], lengths[at - 1]
                at -= 1
            moves[at], lengths[at] = line, length
            count += 1
            if among == 0:
                break
    return count


@njit(cache=True)
def _along(
    box: int, line: int, drawn: int, board: Board, length: int, whole: int, seen: int
) -> tuple[int, int, int, int, int]:
    """Go on from ``box`` through ``line`` while boxes lack two lines each: the length of the chain, its lines, the last
    of them, the box behind it (``box`` itself for a ring, -1 for none), and the boxes that were seen."""
    after = _behind(box, line, board)
    while after >= 0 and after != box and _pair(board.boxes[after] & ~drawn):
        lines = board.boxes[after] & ~drawn
        seen |= 1 << after
        length += 1
        whole |= lines
        line = lines ^ line
        after = _behind(after, line, board)
    return length, whole, line, after, seen


@njit(cache=True)
def _middle(drawn: int, board: Board, whole: int) -> int:
    """The line between the two boxes of a chain that has these lines."""
    for box in range(len(board.boxes)):
        lines = board.boxes[box] & ~drawn
        if _pair(lines) and lines & whole == lines:
            for side in range(4):
                after = board.beyond[box, side]
                if lines & board.lines[box, side] and after >= 0:
                    of_after = board.boxes[after] & ~drawn
                    if _pair(of_after) and of_after & whole == of_after:
                        return int(board.lines[box, side])
    return whole & -whole


@njit(cache=True)
def _played_by_rule(drawn: int, board: Board) -> int:
    """A guess at the margin: both draw the first line that gives nothing, else open the shortest chain, and leave the
    last boxes of a chain where more are to come than they cost."""
    margin, side = 0, 1
    while True:
        drawn, gained, take, leave = _captures(drawn, board)
        margin += side * gained
        left = _boxes_left(drawn, board)
        if left == 0:
            return margin
        if take:
            ends = 0
            for box in board.boxes:
                if _single(box & ~drawn):
                    ends += 1
            cost = 2 * ends
            if left > 2 * cost:
                drawn |= leave
                side = -side
            else:
                drawn |= take
                margin += side
        else:
            drawn |= _moves(drawn, board, 0)[0]
            side = -side
