"""Whole games against GNU Go: every move legal, an orderly end, and the same score on both sides.

One searcher and batches of one, so that the games are the same in every run.
"""

import shutil
import sys
from pathlib import Path

import pytest

from zhugo.match import PlayedGame, play_game, program

ZHUGO = f"{Path(sys.executable).with_name('zhugo')} gtp --visits 12 --searchers 1 --batch 1"
GNUGO = f"{shutil.which('gnugo') or '/usr/games/gnugo'} --mode gtp --level 1 --chinese-rules --never-resign --seed 1"


@pytest.fixture(scope="module")
def games() -> list[PlayedGame]:
    spec = {"size": 9, "komi": 7.5, "rules": "chinese"}
    with program(ZHUGO) as zhugo, program(GNUGO) as gnugo:
        return [play_game(zhugo, gnugo, spec), play_game(gnugo, zhugo, spec)]


def test_a_game_ends_with_two_passes(games: list[PlayedGame]) -> None:
    assert all(game.moves[-2:] == [81, 81] for game in games)


def test_the_scores_agree(games: list[PlayedGame]) -> None:
    assert [game.scores[0] for game in games] == [game.scores[1] for game in games]
    assert all(game.result[:2] in ("B+", "W+") for game in games)
