"""Pairs of games until it is decided whether a new net takes the place of the old one."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import games
from zhugo.arena.engine import Engine, Search
from zhugo.arena.pairs import play_pairs
from zhugo.arena.plan import Arena
from zhugo.arena.sprt import Verdict, log_likelihood_ratio, verdict
from zhugo.match.elo import Elo, elo

Pair = tuple[float, float]
"""The new net's scores in the games of a pair: as first player and as second."""


@dataclass(frozen=True)
class Contest:
    """Two nets, and how they meet. ``workers``: processes that play, each with one core; 1 is this one."""

    new: Path
    old: Path
    search: Search
    arena: Arena
    seed: int
    workers: int = 1


@dataclass(frozen=True)
class Outcome:
    """The pairs that were played, in order, and what they say. ratio: the test's logarithm of likelihoods."""

    pairs: tuple[Pair, ...]
    verdict: Verdict
    ratio: float
    elo: Elo

    def count(self, score: float) -> int:
        """Games in which the new net got this: 1 a win, 0.5 a draw, 0 a loss."""
        return sum(game == score for pair in self.pairs for game in pair)


def decide(contest: Contest, on_pairs: Callable[[int], None] = lambda _: None) -> Outcome:
    """Play until it is decided; ``on_pairs(n)`` hears how many pairs there are so far."""
    pairs: list[Pair] = []
    with closing(_played(contest)) as played:
        while (found := verdict([_mean(pair) for pair in pairs], contest.arena)) == "open":
            pairs += next(played)
            on_pairs(len(pairs))
    arena = contest.arena
    ratio = log_likelihood_ratio(
        [_mean(pair) for pair in pairs], arena.accept - arena.margin, arena.accept + arena.margin
    )
    strength = elo([game for pair in pairs for game in pair])
    assert strength is not None, "no arena is decided without a game"
    return Outcome(tuple(pairs), found, ratio, strength)


def _played(contest: Contest) -> Generator[list[Pair]]:
    """All pairs that may be played, in order, as many at a time as one process plays."""
    every = range(contest.arena.games // 2)
    size = contest.arena.at_once // 2
    parts = [every[begin : begin + size] for begin in range(0, len(every), size)]
    if contest.workers == 1:
        with _Table(contest) as table:
            yield from map(table.play, parts)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(contest.workers, mp_context=context, initializer=_sit_down, initargs=(contest,))
    try:
        yield from (future.result() for future in [pool.submit(_play, part) for part in parts])
    finally:
        pool.shutdown(cancel_futures=True)


class _Table:
    """Where one process plays: both nets, ready. A context manager."""

    def __init__(self, contest: Contest) -> None:
        self._closing = ExitStack()
        search = contest.search
        new, old = (self._closing.enter_context(Engine(net, search)) for net in (contest.new, contest.old))
        game = games.load(search.game, search.spec)
        self.play = partial(play_pairs, new, old, game, contest.arena, contest.seed)

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()


_seat: list[_Table] = []
"""Of a worker process: its table."""


def _sit_down(contest: Contest) -> None:
    _seat.append(_Table(contest))


def _play(numbers: Sequence[int]) -> list[Pair]:
    return _seat[0].play(numbers)


def _mean(pair: Pair) -> float:
    return math.fsum(pair) / 2
