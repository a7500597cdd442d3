"""Alpha-beta over dots and boxes beside the table that is worked out backwards, and beside what others have found."""

from __future__ import annotations

import numpy as np
import pytest

from bench.dots_and_boxes import MOST_LEFT, DotsAndBoxes, margins
from bench.dots_games import even_openings, play
from bench.dots_search import TO_THE_END, make_board, make_table, search
from bench.solver import solver
from games import GameError
from protocol.messages import Report

PLENTY = 2**62


def searched(rows: int, columns: int, positions: np.ndarray) -> list[int]:
    """The margin of each, by its lines that are drawn; all with one table."""
    board, table, most = make_board(rows, columns), make_table(18), rows * columns + 1
    nodes = np.array([PLENTY])
    return [int(search(int(drawn), TO_THE_END, -most, most, board, table, nodes)) for drawn in positions]


@pytest.mark.parametrize(
    ("rows", "columns", "count"),
    [(1, 1, None), (1, 2, None), (1, 3, None), (2, 2, None), (1, 5, 4000), (2, 3, 6000), (4, 1, None)],
)
def test_every_position_has_the_value_of_the_table(rows: int, columns: int, count: int | None) -> None:
    lines = (rows + 1) * columns + rows * (columns + 1)
    table = margins(make_board(rows, columns).boxes, lines)
    positions = np.arange(1 << lines)
    if count is not None:
        positions = np.random.default_rng(1).choice(positions, count, replace=False)
    assert searched(rows, columns, positions) == table[positions].tolist()


def drawn_at_random(lines: int, left: int, count: int) -> np.ndarray:
    """Positions with so many lines left."""
    rng = np.random.default_rng(left)
    return np.array([sum(1 << int(line) for line in rng.permutation(lines)[left:]) for _ in range(count)])


@pytest.mark.parametrize(("left", "count"), [(6, 300), (12, 300), (17, 60), (24, 1)])
def test_three_by_three_has_the_values_of_the_table(left: int, count: int, solved: DotsAndBoxes) -> None:
    positions = drawn_at_random(24, left, count)
    assert searched(3, 3, positions) == solved._margins[positions].tolist()


@pytest.fixture(scope="module")
def solved() -> DotsAndBoxes:
    known = solver("dots_and_boxes(num_rows=3,num_cols=3)")
    assert isinstance(known, DotsAndBoxes)
    return known


@pytest.mark.parametrize(
    ("rows", "columns", "margin"),
    [
        (1, 1, -1),  # four lines: the second player draws the last
        (2, 2, 2),  # the first player wins (Berlekamp, Conway and Guy, "Winning Ways", chapter 16)
        (3, 3, -3),
    ],
)
def test_whole_boards_have_the_known_values(rows: int, columns: int, margin: int, solved: DotsAndBoxes) -> None:
    board = solved if rows == 3 else DotsAndBoxes(rows, columns)
    assert max(board.margins([]).values()) == margin


def without(rows: int, columns: int, left: str) -> int:
    """The lines that are drawn when these are left, by their names: ``v01``."""
    across = {f"h{row}{column}": row * columns + column for row in range(rows + 1) for column in range(columns)}
    down = {f"v{row}{column}": row * (columns + 1) + column for row in range(rows) for column in range(columns + 1)}
    moves = across | {name: len(across) + move for name, move in down.items()}
    return sum(1 << move for name, move in moves.items() if name not in left.split())


@pytest.mark.parametrize(
    ("rows", "columns", "left", "margin"),
    [
        (1, 4, "v00 v01 v02 v03 v04", -4),  # a chain of four: who opens it gives it all
        (2, 2, "v01 v11 h10 h11", -4),  # a ring
        (1, 2, "v00 v01 v02", -2),
        # two chains of four: the other takes two of the first, leaves two, and has all of the second: -2 + 2 - 4
        (2, 4, "v00 v01 v02 v03 v04 v10 v11 v12 v13 v14", -4),
        # two of two: with the middle line the first is given without a choice, and the other must open the second
        (2, 2, "v00 v01 v02 v10 v11 v12", 0),
        # an open chain of four, and one more: take two, leave two, and the other opens what is left: 2 - 2 + 4
        (2, 4, "v00 v01 v02 v03 v10 v11 v12 v13 v14", 4),
        # an open chain of two and nothing else
        (1, 2, "v00 v01", 2),
    ],
)
def test_chains_and_rings_are_worth_what_the_books_say(rows: int, columns: int, left: str, margin: int) -> None:
    assert searched(rows, columns, np.array([without(rows, columns, left)])) == [margin]


def test_a_larger_board_is_searched_near_its_end_alone() -> None:
    known = DotsAndBoxes(4, 4)
    record = np.random.default_rng(2).permutation(40).tolist()
    with pytest.raises(GameError, match=f"27 lines are left: up to {MOST_LEFT} can be searched"):
        known.margins(record[:13])
    end = known.margins(record[:24])
    assert len(end) == 16
    assert {
        move: int(np.sign(known.standing(record[:24])[1] + margin)) for move, margin in end.items()
    } == known.values(record[:24])


@pytest.mark.parametrize("plies", [0, 9, 30])
def test_the_player_plays_on_from_anywhere(plies: int) -> None:
    known, rng = DotsAndBoxes(4, 4), np.random.default_rng(3)
    record = rng.permutation(40)[:plies].tolist()
    move = known.play(record, rng, nodes=3000)
    assert move not in record
    assert 0 <= move < 40


def test_the_player_takes_what_is_free() -> None:
    assert DotsAndBoxes(5, 5).play([0, 5, 30], np.random.default_rng(1), nodes=1000) == 31  # the first box's last line


def test_the_player_beats_one_that_plays_at_random() -> None:
    known, rng = DotsAndBoxes(4, 4), np.random.default_rng(4)
    record: list[int] = []
    while len(record) < known.num_moves:
        left = [move for move in range(known.num_moves) if move not in record]
        ours = known.standing(record)[2] == 1
        record.append(known.play(record, rng, nodes=2000) if ours else int(rng.choice(left)))
    _, lead, player = known.standing(record)
    assert player * lead >= 8


class Perfect:
    """In place of a net's engine: it makes no mistake, but for the first move of each game, which is the worst."""

    def __init__(self, known: DotsAndBoxes, mistakes: bool) -> None:
        self._known, self._mistakes, self._seen = known, mistakes, set[int]()

    def search(self, records: dict[int, list[int]]) -> dict[int, Report]:
        return {place: self._report(place, record) for place, record in records.items()}

    def forget(self) -> None:
        self._seen.clear()

    def _report(self, place: int, record: list[int]) -> Report:
        worst = self._mistakes and place not in self._seen
        self._seen.add(place)
        found = self._known.margins(record)
        move = (min if worst else max)(found, key=lambda move: found[move])
        return _Chosen(move)  # type: ignore[return-value]


class _Chosen:
    def __init__(self, chosen: int) -> None:
        self.chosen = chosen


def test_who_makes_no_mistake_has_half_of_the_points() -> None:
    known = DotsAndBoxes(2, 2)
    openings = even_openings(known, 9, 6, seed=1)
    assert all(abs(known.standing(record)[1] + max(known.margins(record).values())) <= 1 for record in openings)
    found = play(known, Perfect(known, mistakes=False), openings)  # type: ignore[arg-type]
    assert (found["games"], found["score"], found["given_away"], found["mistakes"]) == (12, 0.5, 0.0, 0.0)
    worse = play(known, Perfect(known, mistakes=True), openings)  # type: ignore[arg-type]
    assert worse["score"] < 0.5
    assert worse["given_away"] > worse["mistakes"] > 0
    assert worse["mistakes"] >= worse["blunders"] > 0
