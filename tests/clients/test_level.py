"""Ranks to play at."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tests.clients.fake_session import FakeClient, FakeController
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.level import STRONGEST, WEAKEST, Level
from zhugo.bridges.gtp.protocol import Arguments
from zhugo.bridges.gtp.settings import Settings

RANKS = [f"{-rank + 1}k" if rank <= 0 else f"{rank}d" for rank in range(WEAKEST, STRONGEST + 1)]
PRIORS = np.sort(np.random.default_rng(0).dirichlet(np.full(81, 0.15)))[::-1].tolist()


def chosen(rank: str, count: int = 400) -> Counter[int]:
    level = Level.parse(rank)
    return Counter(level.choose(PRIORS, range(81), seed) for seed in range(count))


@pytest.mark.parametrize("text", ["12k", "12 kyu", "12K", " 12k "])
def test_a_rank_is_read_however_people_write_it(text: str) -> None:
    assert Level.parse(text) == Level.parse("12k")


@pytest.mark.parametrize("text", ["", "0k", "21k", "5d", "0d", "12", "k", "12p", "-3k", "1.5k", "9" * 5000])
def test_what_is_no_rank_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="a level is a rank from 20k to 4d") as raised:
        Level.parse(text)
    assert len(str(raised.value)) < 100


def test_every_rank_is_stronger_than_the_one_below_it() -> None:
    levels = [Level.parse(rank) for rank in RANKS]
    for weaker, stronger in pairwise(levels):
        assert (weaker.visits, weaker.seen) < (stronger.visits, stronger.seen)
    assert levels[0].seen == pytest.approx(0.027)
    assert (Level.parse("4k").seen, Level.parse("4k").visits, Level.parse("1k").visits) == (1.0, 2, 16)


def test_the_weaker_the_rank_the_rarer_the_first_choice() -> None:
    firsts = [chosen(rank)[0] for rank in ("20k", "14k", "8k", "5k", "4k")]
    assert firsts == sorted(firsts)
    assert firsts[0] < 20
    assert firsts[-1] == 400


def test_of_what_is_seen_the_likeliest_is_played() -> None:
    """Of eleven points of 81 the best is seldom far down; of two it often is."""
    places = {rank: sorted(chosen(rank).elements())[200] for rank in ("20k", "5k")}
    assert places["5k"] < 8 < places["20k"]


def test_what_the_policy_is_sure_of_is_never_overlooked() -> None:
    sure = [0.9, *[0.1 / 80] * 80]
    assert {Level.parse("20k").choose(sure, range(81), seed) for seed in range(50)} == {0}


def test_a_choice_is_the_same_with_the_same_seed_and_takes_only_what_is_allowed() -> None:
    level = Level.parse("15k")
    assert [level.choose(PRIORS, range(81), 7) for _ in range(3)] == [level.choose(PRIORS, range(81), 7)] * 3
    assert {level.choose(PRIORS, [70, 71], seed) for seed in range(50)} == {70, 71}
    assert level.choose([0.0] * 81, [3], 5) == 3


class TestTheEngine:
    @staticmethod
    def moves(rank: str | None, seed: int) -> list[str]:
        settings = Settings(10, None, seed=seed, level=None if rank is None else Level.parse(rank))
        client = FakeClient()
        commands = commands_of(Engine(client.connect, settings, FakeController()))
        commands["boardsize"](Arguments(["9"]))
        return [str(commands["genmove"](Arguments([color]))) for color in "bwbwbw"]

    def test_it_plays_other_moves_in_another_game(self) -> None:
        assert len({tuple(self.moves("20k", seed)) for seed in range(6)}) > 1
        assert len({tuple(self.moves(None, seed)) for seed in range(6)}) == 1

    def test_its_moves_are_legal(self) -> None:
        for seed in range(10):
            moves = self.moves("20k", seed)
            assert len(set(moves)) == len(moves)
