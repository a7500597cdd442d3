"""Records that go on under rules by which they could not have come about: the board stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from games.game import GameError, IllegalMove
from games.go.game import Go
from games.go.other_rules import continued
from games.go.position import Position
from tests.unit.go.drawn import Drawn, diagram

# Black a and b, with White passing between, is a suicide of two stones.
SUICIDE = """
    O . . .
    b O . .
    a O . .
    . . . X
"""
SUICIDE = SUICIDE.replace(". . . X", "O . . X")
# Black takes the ko at a, both pass, White takes it back at b: simple ko allows that, superko does not.
KO = """
    . X O .
    X b a O
    . X O .
    . . . .
"""


def _ko() -> tuple[dict[str, Any], list[int]]:
    drawn = Drawn(KO.replace("b", "O"), rules="japanese")
    took = [drawn.at["a"], 16, 16, drawn.at["a"] - 1]
    return drawn.spec, took


def test_a_suicide_stands_under_rules_without() -> None:
    drawn = Drawn(SUICIDE, rules="new-zealand")
    record = [drawn.at["a"], 16, drawn.at["b"]]
    before = Position(drawn.game, record)
    after = continued({**drawn.spec, "rules": "japanese"}, record)
    assert diagram(after) == diagram(before)
    assert after.captures == before.captures == (0, 2)
    assert after.game.unchecked == 3
    assert after.game.rules.is_territory
    # and nobody may do so from now on
    assert after.game.root([*record, 16, drawn.at["a"], 16]).history[-1] is not None
    with pytest.raises(IllegalMove, match="suicide"):
        after.game.root([*record, 16, drawn.at["a"], 16, drawn.at["b"]])


def test_a_repetition_stands_under_superko_which_remembers_it() -> None:
    spec, record = _ko()
    after = continued({**spec, "rules": "tromp-taylor"}, record)
    assert after.record == record
    assert after.game.unchecked == 4
    black_takes = record[0]
    assert after.why_illegal(black_takes) == "ko"
    after.play(16)
    after.play(16)
    assert after.why_illegal(black_takes) == "superko"
    with pytest.raises(IllegalMove, match="superko"):
        after.game.root([*record, 16, 16, black_takes])


def test_only_as_much_is_left_unchecked_as_must_be() -> None:
    spec, record = _ko()
    assert continued(spec, record).game.unchecked == 0
    assert continued({**spec, "rules": "tromp-taylor"}, record[:3]).game.unchecked == 0
    assert continued({**spec, "rules": "tromp-taylor"}, [*record, 16]).game.unchecked == 4
    assert continued({**spec, "rules": "tromp-taylor", "unchecked": 900}, record[:3]).game.unchecked == 0


def test_it_is_told_of_in_the_specification_where_there_is_something_to_tell() -> None:
    spec, record = _ko()
    game = continued({**spec, "rules": "tromp-taylor"}, record).game
    assert game.spec()["unchecked"] == 4
    assert Position(Go.from_spec(game.spec()), record).record == record
    assert "unchecked" not in continued(spec, record).game.spec()


@pytest.mark.parametrize(
    ("marks", "moves"),
    [
        (". . X\nO . .\n. . .", [2]),  # on a stone
        (". O .\nO . .\n. . X", [0]),  # a suicide of one stone, which no rules allow
        (". . .\n. . .\n. . .", [11]),
        (". . .\n. . .\n. . .", [-1]),
    ],
)
def test_what_no_rules_allow_is_refused_all_the_same(marks: str, moves: list[int]) -> None:
    spec = {**Drawn(marks).spec, "unchecked": 1}
    with pytest.raises(IllegalMove):
        Position(Go.from_spec(spec), moves)
    with pytest.raises(IllegalMove):
        Go.from_spec(spec).root(moves)
    with pytest.raises(IllegalMove):
        continued(spec, moves)


@pytest.mark.parametrize("unchecked", [-1, 1.5, "3", 10**9])
def test_it_is_a_number_of_moves(unchecked: Any) -> None:
    with pytest.raises(GameError, match="unchecked is a number of moves"):
        Go.from_spec({"size": 9, "unchecked": unchecked})
