"""Games between schedules at equal time, on a virtual clock: what more visits are worth beside better ones.

Each side has the same net and the same seconds for a move, and searches from an empty tree under its schedule. All meet
algorithm 4 with two searchers, in pairs of games from the same random opening with the colours changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol

import numpy as np

from bench.schedules.breakthrough import Breakthrough
from bench.schedules.compare import chosen
from bench.schedules.costs import Costs
from bench.schedules.go_with_net import GoWithNet
from bench.schedules.kept import Kept
from bench.schedules.simulator import Simulation
from bench.schedules.tree_driver import Job, PlaceLeaf
from daemon.schedules.table import SCHEDULES, Size, make
from protocol import messages as m
from zhugo.shared.workers import Workers
from zhugo.strength.elo import elo_of_pairs

USUAL = "double-buffer-2"
"""Whom all others meet."""

SCHEDULES_OF_ONE_TREE = tuple(name for name in SCHEDULES if name not in (USUAL, "many-trees"))
"""Those that a player can have, who has one tree."""

VISITS = 40
"""Both sides have as long for a move as the sequential search takes for so many visits."""

OPENING = 4
"""Random moves that a pair of games begins with; as many more until the net finds the position even."""

EVEN = 0.5
"""Of the value, either way."""

SETTLED = 0.98
"""A game ends where a search finds its value beyond this, either way."""

TOLD = 100
"""Pairs of games from one sign of life to the next."""

LONGEST = 150
"""Moves after which a game is a draw."""

SIZE = Size(12, 16)

GameName = Literal["breakthrough", "go-7x7"]


class Playing(Protocol):
    """A game of two players, and what evaluates its positions."""

    name: str
    num_moves: int

    def evaluate(self, leaves: Sequence[PlaceLeaf]) -> dict[str, Any]:
        """The arrays of an ``Update``: seeds are ignored."""


GAMES: Mapping[GameName, Callable[[], Playing]] = {"breakthrough": Breakthrough, "go-7x7": GoWithNet}


@dataclass(frozen=True)
class Cell:
    """Where games are played: seconds of a batch on the device, and of an encoding."""

    latency: float
    encode: float

    @property
    def seconds(self) -> float:
        """For a move."""
        return VISITS * (self.latency + self.encode)


CELLS = (Cell(5e-3, 0.5e-3), Cell(1e-3, 14e-6), Cell(5e-3, 42e-3))


@dataclass(frozen=True)
class Matches:
    """``pairs`` of games of each of ``schedules`` at each of ``cells``."""

    pairs: int
    schedules: Sequence[str] = SCHEDULES_OF_ONE_TREE
    cells: Sequence[Cell] = CELLS
    game: GameName = "breakthrough"


@cache
def playing(game: GameName) -> Playing:
    """The game of this process."""
    return GAMES[game]()


@dataclass(frozen=True)
class Found:
    """What a search came to: the move that it chooses, the first player's value, and how many evaluations it took."""

    move: int
    value: float
    evaluations: int


def searched(game: Playing, schedule: str, cell: Cell, record: Sequence[int]) -> Found:
    """A search of this position under the schedule, for as long as a move may take."""
    course = make(schedule, SIZE)
    how = m.SearchSettings(collisions=course.plan.collisions)
    job = Job(game.num_moves, None, cell.seconds, settings=how, record=tuple(record))
    simulation = Simulation(course, job, game.evaluate, Costs(encode=cell.encode, latency=cell.latency), SIZE.cores)
    simulation.run()
    value = simulation.driver.final["tree 0"].value
    return Found(chosen(simulation), value, len(simulation.driver.depths))


def opening(game: Playing, number: int) -> list[int]:
    """Random moves of which the net says that neither side has won by them."""
    rng = np.random.default_rng(number)
    while True:
        record: list[int] = []
        for _ in range(OPENING):
            record.append(int(rng.choice(np.flatnonzero(_looked(game, record)["priors"][0] != m.ILLEGAL_PRIOR))))
        seen = _looked(game, record)
        if abs(float(seen["value"][0])) <= EVEN and not seen["terminal"][0]:
            return record


def _looked(game: Playing, record: Sequence[int]) -> dict[str, Any]:
    return game.evaluate([(1, tuple(record))])


def play(game: Playing, cell: Cell, sides: tuple[str, str], record: Sequence[int]) -> dict[str, Any]:
    """One game on from a record. ``sides``: the schedules of the first player and of the second.

    ``result``: +1 the first player won, -1 the second, 0 drawn, as is what does not end. ``evaluations``, ``moves``: of
    each side.
    """
    record, evaluations, moves = list(record), [0, 0], [0, 0]
    while not (seen := _looked(game, record))["terminal"][0] and len(record) < LONGEST:
        side = int(seen["to_play"][0] < 0)
        found = searched(game, sides[side], cell, record)
        record.append(found.move)
        evaluations[side] += found.evaluations
        moves[side] += 1
        if abs(found.value) > SETTLED:
            return {"result": math.copysign(1.0, found.value), "evaluations": evaluations, "moves": moves}
    result = float(seen["value"][0]) if seen["terminal"][0] else 0.0
    return {"result": result, "evaluations": evaluations, "moves": moves}


def play_pair(name: GameName, cell: Cell, schedule: str, number: int) -> dict[str, Any]:
    """Pair ``number``: the mean score of the schedule, and what it made of its time; then the same of ``USUAL``."""
    game = playing(name)
    record = opening(game, number)
    first = play(game, cell, (schedule, USUAL), record)
    second = play(game, cell, (USUAL, schedule), record)
    return {
        "score": 0.5 + 0.25 * (first["result"] - second["result"]),
        **{what: [first[what][side] + second[what][1 - side] for side in (0, 1)] for what in ("evaluations", "moves")},
    }


def measured(matches: Matches, jobs: int, kept: Kept, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """A row for each cell and schedule: its Elo over ``USUAL``, with the ends of the 95 % interval."""
    tasks = {
        f"pair {number} of {matches.game}, {cell}, {schedule}": (cell, schedule, number)
        for number in range(matches.pairs)
        for cell in matches.cells
        for schedule in matches.schedules
    }
    with Workers(jobs) as pool:
        new = [what for what in tasks if kept.of(what) is None]
        futures = {pool.submit(play_pair, matches.game, *tasks[what]): what for what in new}
        for played, future in enumerate(as_completed(futures), 1):
            kept.add(futures[future], future.result())
            if played % TOLD == 0:
                tell(f"{played} of {len(new)} pairs of games")
    rows = []
    for cell in matches.cells:
        for schedule in matches.schedules:
            pairs = [kept.of(what) for what, task in tasks.items() if task[:2] == (cell, schedule)]
            rows.append(_row(matches.game, cell, schedule, pairs))
    return rows


def _row(game: GameName, cell: Cell, schedule: str, pairs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    strength = elo_of_pairs([pair["score"] for pair in pairs])
    assert strength is not None, "no match is without a pair"
    moves, own, usual = (
        sum(pair[what][side] for pair in pairs) for what, side in (("moves", 0), ("evaluations", 0), ("evaluations", 1))
    )
    all_moves = sum(sum(pair["moves"]) for pair in pairs)
    return {
        "game": game,
        "latency_ms": round(1e3 * cell.latency, 6),
        "encode_us": round(1e6 * cell.encode, 6),
        "seconds_a_move": cell.seconds,
        "schedule": schedule,
        "pairs": len(pairs),
        "score": strength.score,
        "elo": strength.elo,
        "elo_low": strength.elo_low,
        "elo_high": strength.elo_high,
        "evaluations_a_move": own / moves,
        "evaluations_of_double_buffer_2": usual / (all_moves - moves),
        "moves_a_game": all_moves / (2 * len(pairs)),
    }
