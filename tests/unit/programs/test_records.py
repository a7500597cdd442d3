"""Records of games: walking through them, and writing them as SGF."""

import pytest

from games.go import sgf
from games.go.game import Go
from zhugo.shared import records
from zhugo.shared.errors import UserError

TWICE = b"(;SZ[5]KM[0.5];B[aa];B[bb];W[cc];W[])"
SWITCH = 26


def test_positions_stand_before_each_move_and_at_the_end() -> None:
    game = sgf.parse(TWICE)
    assert game.record == [0, SWITCH, 6, 12, SWITCH, 25]
    assert records.positions(game) == [
        [],
        [0, SWITCH],
        [0, SWITCH, 6],
        [0, SWITCH, 6, 12, SWITCH],
        [0, SWITCH, 6, 12, SWITCH, 25],
    ]
    assert records.moves(game) == [(1, 0), (1, 6), (-1, 12), (-1, 25)]


def test_the_first_moves_of_a_game() -> None:
    game = sgf.parse(TWICE)
    assert records.after_moves(game, 0).record == []
    assert records.after_moves(game, 4).record == game.record
    with pytest.raises(UserError, match="the game has 4 moves, not 5"):
        records.after_moves(game, 5)


@pytest.mark.parametrize(
    "spec",
    [
        {"size": 9, "komi": 7.0},
        {"size": 5, "komi": 0.5, "black": [0, 4], "to_play": "white"},
        {"size": 7, "black": [1], "white": [2, 8], "to_play": "white"},
        {"size": [5, 7], "komi": -3.5},
    ],
)
def test_what_is_written_reads_back(spec: dict[str, object]) -> None:
    go = Go.from_spec(spec)
    record = [12, 13, go.points + 1, 14, go.points, go.points]
    back = sgf.parse(records.as_sgf(go, record, {"PB": "a ] b", "RE": "B+3"}).encode())
    assert back.record == record
    assert back.game.spec() == {**go.spec(), "rules": back.game.spec()["rules"]}
    assert back.info == {"black": "a ] b", "result": "B+3"}
