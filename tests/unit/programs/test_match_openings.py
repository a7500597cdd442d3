"""The positions that games of a match begin from."""

import pytest

from games.go.game import Go
from games.go.position import Position
from zhugo.strength.match.openings import Openings


@pytest.mark.parametrize("size", [5, 9])
def test_openings_are_legal_new_and_the_same_for_the_same_seed(size: int) -> None:
    game = Go.from_spec({"size": size})
    openings, again, others = Openings(game, 4, 3), Openings(game, 4, 3), Openings(game, 4, 4)
    drawn = [openings.get(number) for number in range(6)]
    assert drawn == [again.get(number) for number in range(6)]
    assert drawn != [others.get(number) for number in range(6)]
    assert len({tuple(moves) for moves in drawn}) == 6
    for moves in drawn:
        assert len(moves) == 4
        assert game.points not in moves
        Position(game, moves)


def test_nobody_opens_on_the_edge_of_a_board_that_the_net_does_not_know() -> None:
    game = Go.from_spec({"size": 5})
    moves = {move for number in range(10) for move in Openings(game, 3, number).get(0)}
    assert all(0 < move // 5 < 4 and 0 < move % 5 < 4 for move in moves)


def test_without_moves_every_game_begins_on_the_empty_board() -> None:
    assert Openings(Go.from_spec({"size": 9}), 0, 1).get(5) == []


def test_where_there_are_few_openings_they_come_again() -> None:
    openings = Openings(Go.from_spec({"size": 3}), 1, 0)
    assert [openings.get(number) for number in range(3)] == [[4]] * 3
