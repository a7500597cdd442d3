"""Games between a parallel and a sequential search: what makes their score mean something."""

from __future__ import annotations

import numpy as np
import pytest

from bench import strength
from bench.oracle import Known, Oracle
from bench.policies import Setting
from games.go.game import Go


def test_a_search_beside_itself_is_even_in_every_pair_of_games() -> None:
    heard: list[str] = []
    terms = strength.Terms(None, 7, Setting(visits=6))
    figures = strength.measure(terms, games=4, first=3, jobs=2, tell=heard.append)
    assert (figures["pairs_won"], figures["pairs_even"], figures["pairs_lost"]) == (0, 2, 0)
    assert figures["elo"] == 0.0
    assert [line.split(":")[0] for line in heard] == ["1 of 2 pairs of games", "2 of 2 pairs of games"]


@pytest.fixture
def terms() -> strength.Terms:
    return strength.Terms(None, 7, Setting(visits=6))


def test_what_is_known_of_a_position_is_known_after_the_moves_that_lead_there(terms: strength.Terms) -> None:
    strength._begin(terms)
    game, order, known = Go.from_spec({"size": 7}), np.arange(50), Known()
    before = Oracle(strength._Player.device, game, [24], known).evaluate([(10, 38)], order)
    asked = len(known)
    after = Oracle(strength._Player.device, game, [24, 10], known).evaluate([(38,)], order)
    alone = Oracle(strength._Player.device, game, [24, 10]).evaluate([(38,)], order)
    assert len(known) == asked == 1
    for name in ("value", "lead", "priors", "to_play"):
        assert np.array_equal(after[name], before[name])
        assert np.allclose(after[name], alone[name])
