"""What it costs to make a leaf ready for the net: replay its path, find the legal moves, fill the features."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import games
from games import Game, Leaves
from games.go import sgf
from games.openspiel.game import OpenSpielGame

RECORDS = Path(games.__file__).parent / "records"
"""Games that KataGo and GNU Go played for this project."""

PATH_LENGTHS = 8
ROOTS = 4
RUNS = 9
RANDOM_BATCHES = 30


def measure(features: str) -> float:
    """Microseconds of one core a position of 19×19, roots prepared before, see ``_cost``."""
    work = []
    for read in map(sgf.read, sorted(RECORDS.glob("*.sgf"))):
        if (read.game.width, read.game.height) == (19, 19):
            work += _batches(read.game, read.record[:190], 30)
    return _cost(work, features)


def measure_game(text: str) -> float:
    """The same of leaves 1 to 8 random moves into a game of OpenSpiel. Raises ``GameError``."""
    game, draws = OpenSpielGame(text), random.Random(1)
    return _cost([(game, _random_leaves(game, draws)) for _ in range(RANDOM_BATCHES)], game.own_features)


def _random_leaves(game: OpenSpielGame, draws: random.Random) -> Leaves:
    """32 leaves below the first position."""
    paths: list[list[int]] = []
    for number in range(ROOTS * PATH_LENGTHS):
        path: list[int] = []
        while len(path) <= number % PATH_LENGTHS and (legal := list(game.move_names(path))):
            path.append(draws.choice(legal))
        paths.append(path)
    return _leaves([game.root([])], np.zeros(len(paths), np.int32), paths)


def _batches(game: Game, record: Sequence[int], begin: int) -> list[tuple[Game, Leaves]]:
    """Batches of 32 leaves along a game: 4 roots 8 moves apart, 1 to 8 moves deep from each."""
    made = []
    for first in range(begin, len(record) - ROOTS * PATH_LENGTHS, ROOTS * PATH_LENGTHS):
        starts = [first + i * PATH_LENGTHS for i in range(ROOTS)]
        paths = [record[start : start + length] for start in starts for length in range(1, PATH_LENGTHS + 1)]
        roots = [game.root(record[:start]) for start in starts]
        made.append((game, _leaves(roots, np.repeat(np.arange(ROOTS, dtype=np.int32), PATH_LENGTHS), paths)))
    return made


def _leaves(roots: Sequence[Any], root_of: NDArray[np.int32], paths: Sequence[Sequence[int]]) -> Leaves:
    return Leaves(
        roots=roots,
        root_of=root_of,
        offsets=np.cumsum([0] + [len(path) for path in paths], dtype=np.int32),
        moves=np.concatenate([np.array(path, np.uint16) for path in paths]),
    )


def _cost(work: Sequence[tuple[Game, Leaves]], features: str) -> float:
    """Microseconds of one core a position: the median of several runs over all batches.

    Processor time, so that other work on the machine does not count.
    """
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
