"""One game of self-play: what is searched, which move is drawn, when it ends, what is kept."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from games.go.game import Go
from protocol.messages import ChildReport, Report
from tests.toy_game import Heap
from zhugo.learning.samples.shard import BY_RESIGNATION, BY_THE_RULES, CUT_OFF, PlayedGame, PlayedPosition
from zhugo.learning.selfplay.game import (
    GameInProgress,
    checked_resignation,
    game_id,
    legal_moves,
    resigner,
    surprise,
    surprise_weights,
    target_of,
)
from zhugo.learning.selfplay.plan import Plan

ENDLESS = Heap(10**6)


def plan(**settings: Any) -> Plan:
    return Plan("heap", {"heap": 10**6}, **settings)


def report(value: float = 0.0, to_play: int = 1, reason: str = "visits", **counts: int) -> Report:
    """What a search found; ``m2=5``: five visits of move 2."""
    children = [
        ChildReport(int(move[1:]), order, visits, value, None, 0.1, value, 0.0, [], [], preference=visits)
        for order, (move, visits) in enumerate((counts or {"m0": 6, "m1": 3, "m2": 0}).items())
    ]
    return Report(1, "s", [], to_play, 10, 10, value, None, value, None, children, 0, 0.0, True, reason, 1, 1)  # type: ignore[arg-type]


def played_out(game: GameInProgress, *values: float, to_play: int = 1) -> PlayedGame:
    """The game when its searches find these values, one after the other; the players take turns."""
    for value in values:
        found = report(value, to_play)
        if game.take(found) is None:
            return game.finished(found, "ab")
        to_play = -to_play
    over = report(1.0, to_play, "terminal")
    assert game.take(over) is None
    return game.finished(over, "ab")


def test_a_position_is_kept_as_it_was_found() -> None:
    game = GameInProgress(plan(full_share=1.0), ENDLESS, 7)
    move = game.take(report(0.25, m0=6, m1=3, m2=0))
    assert move in (0, 1)
    done = played_out(game)
    assert done.positions == [PlayedPosition(0, 1, 10, True, [0, 1], [6, 3], 0.25)]
    assert (done.record, done.id, done.net, done.spec) == ([move], 7, "ab", {"heap": 10**6})
    assert (done.result, done.ended) == (1.0, BY_THE_RULES)
    assert math.isnan(done.lead)


def test_the_policy_target_is_what_the_search_prefers() -> None:
    found = report(m0=6, m1=3, m2=1)
    pruned = [replace(child, preference=count) for child, count in zip(found.children, (6.0, 2.0, 0.0), strict=True)]
    game = GameInProgress(plan(full_share=1.0, temperature=1.0), ENDLESS, 7)
    assert game.take(replace(found, children=pruned)) in (0, 1)
    (position,) = played_out(game).positions
    assert (position.moves, position.counts, position.visits) == ([0, 1], [6, 2], 10)


def test_by_gumbel_the_target_is_the_improved_policy_and_the_move_is_the_searchs_own() -> None:
    game = GameInProgress(plan(full_share=1.0, root_selection="gumbel"), ENDLESS, 7)
    found = replace(
        report(m0=6, m1=3),
        improved_policy=[0.25, 0.75, -1.0, 0.0, 2.0**-30],
        policy=[0.5, 0.5, -1.0, 0.0, 0.0],
        chosen=1,
    )
    assert target_of(found) == ([0, 1], [1 << 22, 3 << 22], [0.5, 0.5])
    assert game.take(found) == 1
    known = replace(found, new_visits=0)
    drawn = Counter(GameInProgress(plan(root_selection="gumbel"), ENDLESS, number).take(known) for number in range(200))
    assert 25 < drawn[0] < 75, "where nothing was searched anew, from the target"
    assert drawn[0] + drawn[1] == 200


@pytest.mark.parametrize(
    ("counts", "priors", "expected"),
    [
        ([3, 1], [0.75, 0.25], 0.0),
        ([1], [0.25], math.log(4)),
        ([1, 1], [0.25, 0.125], 0.5 * math.log(2) + 0.5 * math.log(4)),
        ([1], [0.0], 25 * math.log(2)),  # a prior that half precision rounds to nothing
    ],
)
def test_a_surprise_is_how_far_the_target_is_from_the_prior(
    counts: list[int], priors: list[float], expected: float
) -> None:
    assert surprise(counts, priors) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("surprises", "share", "expected"),
    [
        ([], 0.5, []),
        ([0.7], 0.5, [1.0]),
        ([0.0, 0.0], 0.5, [1.0, 1.0]),
        ([0.1, 0.3], 0.5, [0.75, 1.25]),
        ([0.0, 0.0, 0.6], 0.5, [0.5, 0.5, 2.0]),
        ([0.1, 0.3], 0.0, [1.0, 1.0]),
        ([0.1, 0.3], 1.0, [0.5, 1.5]),
    ],
)
def test_half_of_the_weight_goes_by_surprise(surprises: list[float], share: float, expected: list[float]) -> None:
    assert surprise_weights(surprises, share) == pytest.approx(expected)


def test_the_full_searches_of_a_game_share_its_weight_and_fast_ones_weigh_1() -> None:
    game = GameInProgress(plan(full_share=0.5, surprise_weight=0.5, max_moves=400), ENDLESS, 3)
    for ply in range(60):
        game.take(report(0.0, 1 - 2 * (ply % 2), m0=6 + ply % 7, m1=1))
    positions = played_out(game).positions
    full = [position.weight for position in positions if position.full]
    assert sum(full) / len(full) == pytest.approx(1.0)
    assert len({round(weight, 6) for weight in full}) > 3
    assert {position.weight for position in positions if not position.full} == {1.0}
    surest = max((position for position in positions if position.full), key=lambda one: one.counts[0])
    assert surest.weight == max(full)


def test_a_game_is_known_by_seed_and_number() -> None:
    assert game_id(3, 5) == 3 * 2**32 + 5
    assert game_id(2**31 - 1, 2**32 - 1) < 2**63


def test_the_same_number_is_the_same_luck() -> None:
    again = [played_out(GameInProgress(plan(seed=4), ENDLESS, 9), *[0.0] * 30) for _ in range(2)]
    assert again[0] == again[1]
    assert again[0].record != played_out(GameInProgress(plan(seed=4), ENDLESS, 10), *[0.0] * 30).record


def test_a_share_of_the_searches_is_full() -> None:
    game = played_out(GameInProgress(plan(full_share=0.25, max_moves=5000), ENDLESS, 1), *[0.0] * 2000)
    assert 400 < sum(position.full for position in game.positions) < 600


@pytest.mark.parametrize(("temperature", "least", "most"), [(1.0, 620, 710), (0.5, 760, 840), (0.0, 1000, 1000)])
def test_moves_are_drawn_as_hot_as_the_plan_says(temperature: float, least: int, most: int) -> None:
    hot = plan(temperature=temperature, late_temperature=temperature, max_moves=5000)
    drawn = Counter(played_out(GameInProgress(hot, ENDLESS, 1), *[0.0] * 1000).record)
    assert least <= drawn[0] <= most
    assert drawn[2] == 0


def test_it_cools_down() -> None:
    cooling = plan(temperature=1.0, late_temperature=0.2, temperature_halflife=8.0)
    found = [cooling.temperature_at(ply, 50) for ply in (0, 8, 16, 800)]
    assert found == pytest.approx([1.0, 0.6, 0.4, 0.2])
    assert plan().temperature_at(7, 49) == pytest.approx(0.6)


LOST = (-0.96, -0.97, -0.99, -0.95)
"""For the first player."""


@pytest.mark.parametrize(
    ("values", "settings", "ended", "result", "moves"),
    [
        # the second player is to move at the fourth position: only who is to move can resign
        (LOST, {"resign_after": 4}, BY_THE_RULES, 1.0, 4),
        (LOST, {"resign_after": 3}, BY_RESIGNATION, -1.0, 2),
        ((0.0, *LOST), {"resign_after": 4}, BY_RESIGNATION, -1.0, 4),
        ((*LOST[:2], -0.94, *LOST), {"resign_after": 4}, BY_RESIGNATION, -1.0, 6),
        (LOST, {"resign_after": 3, "resign_value": 0.98}, BY_THE_RULES, 1.0, 4),
        (LOST, {"resign_after": 3, "play_on": 1.0}, BY_THE_RULES, 1.0, 4),
        (LOST, {"resign_after": 0}, BY_THE_RULES, 1.0, 4),
        ((0.1, 0.2, 0.3), {"max_moves": 2}, CUT_OFF, pytest.approx(0.3), 2),
    ],
)
def test_how_a_game_ends(
    values: tuple[float, ...], settings: dict[str, Any], ended: int, result: float, moves: int
) -> None:
    game = played_out(GameInProgress(plan(**{"play_on": 0.0} | settings), ENDLESS, 1), *values)
    assert (game.ended, game.result, len(game.record)) == (ended, result, moves)
    assert game.ownership == []


def test_a_player_who_moves_twice_resigns_for_himself_alone() -> None:
    resigning = plan(resign_after=2)
    for_second = [PlayedPosition(ply, -1, 10, True, [0], [9], 0.99) for ply in range(2)]
    assert resigner(for_second, resigning) == -1
    mixed = [PlayedPosition(0, -1, 10, True, [0], [9], 0.99), PlayedPosition(1, 1, 10, True, [0], [9], 0.99)]
    assert resigner(mixed, resigning) == 0


@pytest.mark.parametrize(
    ("values", "winner", "wrong"), [((0.0, 0.0), 1.0, None), (LOST, -1.0, False), (LOST, 1.0, True)]
)
def test_whether_resigning_would_have_been_wrong(values: tuple[float, ...], winner: float, wrong: bool | None) -> None:
    checking = plan(resign_after=3, play_on=1.0)
    game = GameInProgress(checking, ENDLESS, 1)
    for ply, value in enumerate(values):
        game.take(report(value, 1 - 2 * (ply % 2)))
    over = report(winner, 1, "terminal")
    game.take(over)
    assert checked_resignation(game.finished(over, "ab"), checking) is wrong


def test_games_begin_with_chance_moves() -> None:
    lengths = Counter(len(GameInProgress(plan(random_plies=3), ENDLESS, number).record) for number in range(400))
    assert set(lengths) == {0, 1, 2, 3}
    assert all(60 < count < 140 for count in lengths.values())


def test_chance_never_ends_a_game() -> None:
    for number in range(50):
        record = GameInProgress(plan(random_plies=20), Heap(6), number).record
        assert legal_moves(Heap(6), record)


def test_games_begin_with_given_records() -> None:
    begun = {tuple(GameInProgress(plan(), ENDLESS, number, [[0], [1, 2]]).record) for number in range(20)}
    assert begun == {(0,), (1, 2)}


def test_legal_moves() -> None:
    assert legal_moves(Heap(4), [1]) == [0, 1]
    assert legal_moves(Heap(4), [1, 1]) == []


def test_a_finished_game_of_go_is_counted() -> None:
    go = Go.from_spec({"size": 3, "komi": 0.5})
    game = GameInProgress(Plan("go", {"size": 3, "komi": 0.5}, temperature=0.0, late_temperature=0.0), go, 1)
    for move in (4, 9, 9):
        assert game.take(report(0.0, **{f"m{move}": 9})) == move
    over = report(1.0, -1, "terminal")
    assert game.take(over) is None
    assert game.finished(over, "ab").ownership == [1] * 9
