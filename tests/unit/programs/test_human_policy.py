"""How people's policy and a search choose a move together; numbers worked out by hand from KataGo's formulas."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from protocol.messages import ChildReport, Report
from zhugo.shared.human_policy import HumanStyle, blended, drawn

PASS = 4
POLICY = [0.5, 0.3, -1.0, 0.1, 0.1]
"""Point 2 is taken."""


def child(move: int, preference: float, utility: float) -> ChildReport:
    return ChildReport(
        move, 0, 5, 0.0, None, 0.2, 0.0, 0.0, [move], [5], [], utility=utility, utility_lcb=0.0, weight=5.0,
        preference=preference,
    )  # fmt: skip


def report(*children: ChildReport, to_play: int = 1) -> Report:
    return Report(
        request=1, session="s", record=[], to_play=to_play, visits=9, new_visits=9, value=0.0, lead=None,  # type: ignore[arg-type]
        raw_value=0.0, raw_lead=None, children=list(children), chosen=None, elapsed=0.0, final=True, reason="visits",
        nodes=9, bytes=9,
    )  # fmt: skip


SEARCHED = report(child(0, 6.0, 0.2), child(PASS, 2.0, -0.2))


def weights(style: HumanStyle, found: Report = SEARCHED, forbidden: tuple[int, ...] = ()) -> dict[int, float]:
    return blended(found, POLICY, style, forbidden, PASS)


def test_without_a_share_the_search_chooses() -> None:
    assert weights(HumanStyle()) == {0: 6.0, 1: 0.0, 3: 0.0, PASS: 2.0}


def test_people_choose_all_moves_or_their_share_of_them() -> None:
    assert weights(HumanStyle(1.0)) == pytest.approx({0: 4.0, 1: 2.4, 3: 0.8, PASS: 0.8})
    assert weights(HumanStyle(0.25)) == pytest.approx({0: 5.5, 1: 0.6, 3: 0.2, PASS: 1.7})


def test_when_to_pass_may_be_left_to_the_search() -> None:
    """It would pass in a quarter of the cases; the other three quarters are shared out by 5 : 3 : 1."""
    assert weights(HumanStyle(1.0, ignores_pass=True)) == pytest.approx({0: 6 * 5 / 9, 1: 2.0, 3: 6 / 9, PASS: 2.0})


@pytest.mark.parametrize("to_play", [1, -1])
def test_what_the_search_dislikes_is_less_likely(to_play: int) -> None:
    """A move that it did not look at counts as the mean of those that it did."""
    found = report(child(0, 6.0, to_play * 0.2), child(PASS, 2.0, to_play * -0.2), to_play=to_play)
    prior = {0: 0.5, 1: 0.3 * math.exp(-1), 3: 0.1 * math.exp(-1), PASS: 0.1 * math.exp(-2)}
    total = sum(prior.values())
    expected = {move: 8 * one / total for move, one in prior.items()}
    assert weights(HumanStyle(1.0, utility_scale=0.2), found) == pytest.approx(expected)


def test_forbidden_moves_are_nobodys_choice() -> None:
    assert weights(HumanStyle(1.0), forbidden=(0,)) == pytest.approx({1: 2 * 0.6, 3: 2 * 0.2, PASS: 2 * 0.2})
    assert weights(HumanStyle(), forbidden=(0,)) == {1: 0.0, 3: 0.0, PASS: 2.0}


def test_a_search_that_saw_nothing_leaves_it_all_to_people() -> None:
    assert weights(HumanStyle(0.5), report()) == pytest.approx({0: 0.5, 1: 0.3, 3: 0.1, PASS: 0.1})


def test_without_temperature_the_likeliest_is_drawn() -> None:
    assert {drawn({1: 1.0, 5: 3.0, 7: 2.0}, 0.0, 1.0, seed) for seed in range(20)} == {5}


def test_temperature_1_draws_by_weight_and_a_lower_one_sharpens() -> None:
    for temperature, share in ((1.0, 0.75), (0.5, 0.9)):
        counts = Counter(drawn({1: 1.0, 5: 3.0}, temperature, 1.0, seed) for seed in range(2000))
        assert counts[5] / 2000 == pytest.approx(share, abs=0.03)


def test_temperature_may_touch_rare_moves_alone() -> None:
    """Above a tenth all stays 3 : 1; a hundredth of all, at temperature 0.5, becomes a tenth of that."""
    counts = Counter(drawn({1: 24.75, 5: 74.25, 7: 1.0}, 0.5, 0.1, seed) for seed in range(20_000))
    assert counts[5] / counts[1] == pytest.approx(3.0, rel=0.1)
    assert counts[7] / 20_000 == pytest.approx(0.001, abs=0.0008)
