"""What nets that imitate people are told of who plays; the figures were worked out by hand from what a profile says."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from games.game import GameError
from games.go.game import Go
from games.go.players import INPUTS, Players, parse

KGS_1, KGS_2 = date(2016, 9, 1), date(2020, 3, 1)


@pytest.mark.parametrize(
    ("profile", "players"),
    [
        ("rank_9d", Players(1, 1, KGS_2, 2)),
        ("rank_1d", Players(9, 9, KGS_2, 2)),
        ("rank_1k", Players(10, 10, KGS_2, 2)),
        ("preaz_20k", Players(29, 29, KGS_1, 2)),
        ("rank_5k_2d", Players(14, 8, KGS_2, 2)),
        ("proyear_1800", Players(1, 1, date(1800, 6, 1), 5)),
        ("proyear_2020", Players(1, 1, date(2020, 6, 1), 5)),
        ("proyear_2021", Players(1, 1, date(2021, 6, 1), 6)),
        ("", Players(1, 1, KGS_2, 2)),
    ],
)
def test_profiles(profile: str, players: Players) -> None:
    assert parse(profile) == players


@pytest.mark.parametrize(
    "profile",
    ["rank_", "rank_0k", "rank_10d", "rank_21k", "rank_5k_2d_1d", "proyear_1799", "proyear_2024", "x_5k"],
)
def test_no_profiles(profile: str) -> None:
    with pytest.raises(GameError, match="a profile is rank_ or preaz_ and a rank"):
        parse(profile)
    with pytest.raises(GameError, match="a profile is"):
        Go.from_spec({"size": 9, "players": profile})


def test_inputs_of_two_ranks() -> None:
    of_black, of_white = (parse("rank_5k_2d").inputs(to_play, 81) for to_play in (1, -1))
    assert of_black.shape == (INPUTS,)
    for row, own, other in ((of_black, 14, 8), (of_white, 8, 14)):
        assert row[:6].tolist() == [1, 1, 0, 0, 0, 0]
        assert np.flatnonzero(row[6:40]).tolist() == [*range(own)]
        assert np.flatnonzero(row[40:74]).tolist() == [*range(other)]
    assert of_black[74] == 0.5
    assert np.flatnonzero(of_black[75:82]).tolist() == [4]
    logs = math.log(1260), math.log(31), math.log(7), math.log(2)
    expected = [0.4 * (logs[0] - 6.5), 0.3 * (logs[1] - 3), 0.5 * (logs[2] - 1.5), 0.25 * (logs[3] - 1.5)]
    np.testing.assert_allclose(of_black[82:86], expected, rtol=1e-6)
    np.testing.assert_allclose(of_black[86], 0.5 * math.log(81 / 361), rtol=1e-6)
    days = 18322  # from 1970 to 1 March 2020
    of_week = days / 7 * 2 * math.pi
    np.testing.assert_allclose(of_black[87:89], [math.cos(of_week), math.sin(of_week)], atol=1e-6)
    np.testing.assert_allclose(of_black[150], math.sin(days / 560000 * 2 * math.pi), atol=1e-6)
    assert np.flatnonzero(of_black[151:]).tolist() == [2]


def test_professionals_have_no_clock() -> None:
    row = parse("proyear_1900").inputs(1, 361)
    assert row[74] == 0
    assert np.flatnonzero(row[75:82]).tolist() == [0]
    assert row[86] == 0
    assert np.flatnonzero(row[151:]).tolist() == [5]


def test_a_game_keeps_its_profile() -> None:
    game = Go.from_spec({"size": 9, "players": "rank_5k"})
    assert Go.from_spec(game.spec()).players == "rank_5k"
    assert "players" not in Go.from_spec({"size": 9}).spec()
