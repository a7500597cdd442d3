"""Whole games against GNU Go: every move legal, an orderly end, and the same score on both sides.

One searcher and batches of one, so that the games are the same in every run.
"""

import pytest

from games.go.position import Position
from zhugo.strength.match.game import PlayedGame, Terms, play_game
from zhugo.strength.match.sides import parse

ZHUGO = "bundled@12 --searchers 1 --batch 1 --device torch --precision f32"
GNUGO = "gnugo --mode gtp --level 1 --chinese-rules --never-resign --seed 1"
TERMS = Terms({"size": 7, "komi": 9.5, "rules": "chinese"}, seconds=600.0, max_moves=147)


def no_arbiter(position: Position) -> str:
    """None is needed."""
    raise AssertionError(f"the players differ:\n{position.showboard()}")


@pytest.fixture(scope="module")
def games() -> list[PlayedGame]:
    zhugo, gnugo = parse(ZHUGO).start(), parse(GNUGO).start()
    try:
        zhugo.greet()
        gnugo.greet()
        return [play_game(zhugo, gnugo, TERMS, no_arbiter), play_game(gnugo, zhugo, TERMS, no_arbiter)]
    finally:
        zhugo.close()
        gnugo.close()


def test_a_game_ends_with_two_passes(games: list[PlayedGame]) -> None:
    assert all(game.moves[-2:] == [49, 49] for game in games)


def test_the_scores_agree(games: list[PlayedGame]) -> None:
    assert [game.how for game in games] == ["agreed", "agreed"]
    assert [game.note for game in games] == ["", ""]
    assert all(game.result[:2] in ("B+", "W+") for game in games)
