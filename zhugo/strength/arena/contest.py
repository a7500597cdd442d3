"""Pairs of games until it is decided whether a new net takes the place of the old one."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import games
from zhugo.shared.process_places import places, see_one_gpu
from zhugo.shared.workers import Workers
from zhugo.strength.arena.engine import Engine, Search
from zhugo.strength.arena.pairs import play_pairs
from zhugo.strength.arena.plan import Arena
from zhugo.strength.arena.sprt import Verdict, log_likelihood_ratio, verdict
from zhugo.strength.elo import Elo, elo

Pair = tuple[float, float]
"""The new net's scores in the games of a pair: as first player and as second."""


@dataclass(frozen=True)
class Contest:
    """Two nets, and how they meet. ``seed``: of the openings."""

    new: Path
    old: Path
    search: Search
    arena: Arena
    seed: int


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


class GamePool:
    """Where contests are played: so many processes, started when they are first needed; 1 is this process.

    A context manager. gpus: numbers of those that the processes have in turn; none where CUDA's first one is for all.
    """

    def __init__(self, workers: int, gpus: Sequence[int] = ()) -> None:
        self._workers, self._gpus = workers, gpus
        self._pool: Workers | None = None
        self._own = _LoadedNets()

    def play(self, contest: Contest) -> Generator[list[Pair]]:
        """All pairs that may be played, in order, as many at a time as one process plays."""
        every = range(contest.arena.games // 2)
        size = contest.arena.at_once // 2
        parts = [every[begin : begin + size] for begin in range(0, len(every), size)]
        if self._workers == 1 and not self._gpus:
            for part in parts:
                yield self._own.play(contest, part)
            return
        if self._pool is None:
            self._pool = Workers(self._workers, see_one_gpu if self._gpus else None, (self._gpus, places()))
        futures = [self._pool.submit(_play, contest, part) for part in parts]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def __enter__(self) -> GamePool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._own.clear()
        if self._pool is not None:
            self._pool.close(wait=kind is None)


def decide(contest: Contest, pool: GamePool, on_pairs: Callable[[int], None] = lambda _: None) -> Outcome:
    """Play until it is decided; ``on_pairs(n)`` hears how many pairs there are so far."""
    pairs: list[Pair] = []
    with closing(pool.play(contest)) as played:
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


class _LoadedNets:
    """One process's place to play: the nets of the last contest, ready."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self._contest: Contest | None = None

    def play(self, contest: Contest, numbers: Sequence[int]) -> list[Pair]:
        """These pairs of a contest."""
        if contest != self._contest:
            self.clear()
            nets = (contest.new, contest.old)
            self._new, self._old = (self._closing.enter_context(Engine(net, contest.search)) for net in nets)
            self._contest = contest
        game = games.load(contest.search.game, contest.search.spec)
        return play_pairs(self._new, self._old, game, contest.arena, contest.seed, numbers)

    def clear(self) -> None:
        """Let go of the nets."""
        self._contest = None
        self._closing.close()


_loaded = _LoadedNets()
"""Of a worker process."""


def _play(contest: Contest, numbers: Sequence[int]) -> list[Pair]:
    return _loaded.play(contest, numbers)


def _mean(pair: Pair) -> float:
    return math.fsum(pair) / 2
