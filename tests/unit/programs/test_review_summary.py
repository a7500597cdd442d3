"""A review summed up. Every figure of the tables was worked out by hand."""

from __future__ import annotations

import pytest

from zhugo.review.move_costs import Candidate, MoveReview, Position
from zhugo.review.rank import rank_of
from zhugo.review.summary import Phase, has_clear_best, phases_of, size_of, summarise


def candidate(move: int, visits: int, lead: float | None, prior: float = 0.5, win_rate: float = 0.5) -> Candidate:
    return Candidate(move, visits, win_rate, lead, prior, (move, 0))


def position(*candidates: Candidate, visits: int = 50) -> Position:
    best = candidates[0] if candidates else candidate(0, 1, 0.0)
    return Position(best.win_rate, best.lead, visits, candidates)


EASY = position(candidate(40, 49, 0.0, prior=1.0))
"""One move, no doubt about it."""


def move(
    number: int,
    loss: float | None,
    *,
    rate: float = 0.0,
    played: int = 7,
    before: Position = EASY,
    player: int | None = None,
) -> MoveReview:
    """Black plays the odd moves."""
    return MoveReview(number, player or (1 if number % 2 else -1), played, before, position(), rate, loss)


@pytest.mark.parametrize(
    ("loss", "size"),
    [(0.0, 0), (0.49, 0), (0.5, 1), (1.49, 1), (1.5, 2), (3.0, 3), (6.0, 4), (11.9, 4), (12.0, 5), (90.0, 5)],
)
def test_losses_fall_into_classes(loss: float, size: int) -> None:
    assert size_of(move(1, loss)) == size


def test_without_leads_forty_points_are_the_whole_win_rate() -> None:
    assert [size_of(move(1, None, rate=rate)) for rate in (0.01, 0.02, 0.04, 0.08, 0.16, 0.31)] == [0, 1, 2, 3, 4, 5]
    black = summarise([move(1, None, rate=0.1)], 9, 9).black
    assert black.mean_loss is None
    assert black.losses == (0, 0, 0, 1, 0, 0)


@pytest.mark.parametrize(("points", "phases"), [(361, (50, 150)), (169, (23, 70)), (81, (11, 34)), (25, (3, 10))])
def test_phases_are_as_long_as_the_board_is_large(points: int, phases: tuple[int, int]) -> None:
    assert phases_of(points) == phases


def test_each_player_has_figures_of_their_own() -> None:
    first = position(candidate(7, 40, 0.0, prior=1.0), candidate(8, 9, 0.0))
    fourth = position(*(candidate(at, 9, 0.0) for at in (1, 2, 3, 7, 5, 6)))
    sixth = position(*(candidate(at, 9, 0.0) for at in (1, 2, 3, 4, 5, 7)))
    found = summarise(
        [
            move(1, 0.0, before=first),
            move(2, 1.0),
            move(3, 0.4, before=fourth),
            move(4, 7.0),
            move(5, 2.0, before=sixth),
        ],
        19,
        19,
    )
    assert (found.black.moves, found.white.moves) == (3, 2)
    assert found.black.mean_loss == pytest.approx(0.8)
    assert found.white.mean_loss == 4.0
    assert (found.black.best, found.black.top) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (found.white.best, found.white.top) == (0.0, 0.0)
    assert found.black.losses == (2, 0, 1, 0, 0, 0)
    assert found.white.losses == (0, 1, 0, 0, 1, 0)


def test_accuracy_weighs_moves_by_how_hard_they_were() -> None:
    """Weights: an easy move 0.05; one that lost 2 points 0.5; one where the net expects to lose 0.8 points 0.8."""
    hard = position(candidate(40, 25, 0.0, prior=0.2), candidate(41, 24, -1.0, prior=0.8))
    assert summarise([move(1, 0.0)], 19, 19).black.accuracy == 100.0
    assert summarise([move(1, 1.0)], 19, 19).black.accuracy == pytest.approx(75.0)
    found = summarise([move(1, 0.0), move(3, 2.0), move(5, 1.0, before=hard)], 19, 19)
    mean = (0.05 * 0.0 + 0.5 * 2.0 + 0.8 * 1.0) / (0.05 + 0.5 + 0.8)
    assert found.black.accuracy == pytest.approx(100 * 0.75**mean)
    assert found.white.accuracy == 0.0
    assert found.white.moves == 0


def test_phases_are_told_apart() -> None:
    found = summarise([move(11, 1.0), move(13, 2.0), move(33, 0.0), move(35, 4.0)], 9, 9)
    assert found.phases == (11, 34)
    assert [(one.moves, one.mean_loss) for one in found.black.phases] == [(1, 1.0), (2, 1.0), (1, 4.0)]
    assert found.white.phases == (Phase(0, None, 0.0),) * 3
    assert [(one.review.number, one.phase) for one in found.mistakes] == [(35, 2), (13, 1)]


def test_mistakes_are_those_that_cost_points_or_the_game() -> None:
    found = summarise([move(1, 1.4), move(2, 1.5), move(3, 0.5, rate=0.6), move(4, 20.0)], 19, 19)
    assert [(one.review.number, one.size) for one in found.mistakes] == [(3, 1), (4, 5), (2, 2)]


def test_passes_count_only_where_they_cost() -> None:
    found = summarise([move(1, 0.0, played=81), move(3, 10.0, played=81), move(5, 0.0, played=80)], 9, 9)
    assert found.black.moves == 2


@pytest.mark.parametrize(
    ("before", "clear"),
    [
        (position(candidate(40, 40, 0.0), candidate(41, 9, -3.0)), True),
        (position(candidate(40, 30, 0.0), candidate(41, 9, -0.5)), False),  # as good
        (position(candidate(40, 46, 0.0), candidate(41, 3, -0.2)), True),  # hardly looked at
        (position(candidate(40, 20, 0.0), candidate(41, 15, -3.0), candidate(42, 14, -3.0)), False),  # under a half
        (position(candidate(40, 9, 0.0), visits=10), False),  # too few visits
        (position(candidate(7, 49, 0.0)), False),  # it was played
        (position(), False),
    ],
)
def test_a_question_has_one_answer(before: Position, clear: bool) -> None:
    assert has_clear_best(move(1, 5.0, before=before)) is clear


def test_a_lead_is_black_s_and_the_answer_may_be_white_s() -> None:
    before = position(candidate(40, 30, -4.0), candidate(41, 19, -1.0))
    assert has_clear_best(move(2, 5.0, before=before))
    assert not has_clear_best(move(1, 5.0, before=before))


def test_questions_are_the_large_mistakes_with_an_answer_in_the_order_of_the_game() -> None:
    clear = position(candidate(40, 45, 0.0, prior=1.0), candidate(41, 4, -3.0))
    moves = [move(9, 4.0, before=clear), move(2, 9.0, before=clear), move(4, 2.9, before=clear)]
    assert summarise(moves, 19, 19).questions == (2, 9)


def _rank(loss: float | None, *, moves: int = 60, size: int = 19, visits: int = 50) -> str:
    before = position(candidate(40, visits - 1, 0.0, prior=1.0), visits=visits)
    return rank_of([move(2 * at + 1, loss, before=before) for at in range(moves)], size, size)


@pytest.mark.parametrize(
    ("loss", "rank"),
    [
        (0.0, "≥ 1k"),
        (0.36, "≥ 4k"),  # 9.5 · 0.6 - 4.7 is 1
        (1.0, "8k–2k"),  # 4.8
        (2.25, "13k–7k"),  # 9.55, half-way goes to the even
        (5.0, "20k–14k"),  # 16.5
        (6.0, "≤ 16k"),  # 18.6
        (90.0, "≤ 20k"),
    ],
)
def test_a_strength_is_a_span_around_the_fit(loss: float, rank: str) -> None:
    assert _rank(loss) == rank


def test_too_little_says_nothing_of_strength() -> None:
    assert _rank(1.0, moves=39) == ""
    assert _rank(1.0, size=13) == ""
    assert _rank(1.0, visits=19) == ""
    assert _rank(None) == ""
    assert _rank(1.0, moves=300) == _rank(1.0, moves=75)  # moves behind the 150th are not looked at
