"""What it costs to make a leaf ready for the net: replay its path, find the legal moves, fill the features."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from games.game import Leaves
from games.go import sgf
from games.go.game import Go

GAMES = Path(__file__).parent / "games"
"""19×19 games that KataGo and GNU Go played for this project."""

PATH_LENGTHS = 8
ROOTS = 4
RUNS = 9


def batches() -> list[tuple[Go, Leaves]]:
    """Batches of 32 leaves from the middles of real games: 4 roots 8 moves apart, 1 to 8 moves deep from each."""
    made = []
    for file in sorted(GAMES.glob("*.sgf")):
        read = sgf.read(file)
        game = read.game
        for first in range(30, min(len(read.record), 190) - ROOTS * PATH_LENGTHS, ROOTS * PATH_LENGTHS):
            starts = [first + i * PATH_LENGTHS for i in range(ROOTS)]
            paths = [read.record[start : start + length] for start in starts for length in range(1, PATH_LENGTHS + 1)]
            leaves = Leaves(
                roots=[game.root(read.record[:start]) for start in starts],
                root_of=np.repeat(np.arange(ROOTS, dtype=np.int32), PATH_LENGTHS),
                offsets=np.cumsum([0] + [len(path) for path in paths], dtype=np.int32),
                moves=np.concatenate([np.array(path, np.uint16) for path in paths]),
            )
            made.append((game, leaves))
    return made


def measure(features: str) -> float:
    """Microseconds of one core a position, roots prepared before: the median of several runs over all batches.

    Processor time, so that other work on the machine does not count.
    """
    work = batches()
    planes_shape, globals_shape = work[0][0].feature_shapes(features)
    size = len(work[0][1])
    planes = np.zeros((size, *planes_shape), np.float32)
    global_inputs = np.zeros((size, *globals_shape), np.float32)
    runs = []
    for _ in range(RUNS + 1):
        begin = time.thread_time()
        for game, leaves in work:
            game.replay(leaves, features, planes, global_inputs)
        runs.append((time.thread_time() - begin) / (len(work) * size) * 1e6)
    return statistics.median(runs[1:])


if __name__ == "__main__":
    for kind in ("zhugo", "katago_v7"):
        print(f"{kind} {measure(kind):.1f} µs a position")
