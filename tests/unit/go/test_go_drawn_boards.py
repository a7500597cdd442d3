"""What may be played and what comes of it, on drawn boards. X black, O white, letters the points spoken of."""

from __future__ import annotations

from typing import Any

import pytest

from games.game import GameError, IllegalMove
from games.go.game import Go
from games.go.position import Position
from tests.unit.go.drawn import Drawn, diagram, shaped

CAPTURES = {
    "one stone in the corner": (
        "a",
        """
        O a .
        X . .
        . . .
        """,
        """
        . X .
        X . .
        . . .
        """,
    ),
    "two chains at once": (
        "a",
        """
        X O a O X
        . X . X .
        . . . . .
        """,
        """
        X . X . X
        . X . X .
        . . . . .
        """,
    ),
    "a ring around the last liberty": (
        "a",
        """
        . X X X .
        X O O O X
        X O a O X
        X O O O X
        . X X X .
        """,
        """
        . X X X .
        X . . . X
        X . X . X
        X . . . X
        . X X X .
        """,
    ),
    "snapback: white takes the stone thrown in, black takes them all": (
        "aba",
        """
        X O O X .
        X O a b X
        X O O O X
        X X X X .
        """,
        """
        X . . X .
        X . X . X
        X . . . X
        X X X X .
        """,
    ),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_captures(name: str) -> None:
    letters, before, after = CAPTURES[name]
    drawn = Drawn(before)
    drawn.play(letters)
    assert diagram(drawn.position) == shaped(after)
    while drawn.position.record:
        drawn.position.undo()
    assert diagram(drawn.position) == diagram(Drawn(before).position)
    assert drawn.position.hash == Drawn(before).position.hash


SIMPLE_KO = """
. X O .
X O a O
. X O .
b . . c
"""


@pytest.mark.parametrize("rules", ["chinese", "japanese", "chinese-ogs", "aga", "tromp-taylor"])
def test_a_ko_is_not_taken_back_at_once(rules: str) -> None:
    drawn = Drawn(SIMPLE_KO, rules=rules)
    position = drawn.play("a")
    retake = drawn.at["a"] - 1
    assert position.captures == (1, 0)
    assert position.ko_point == retake
    assert position.why_illegal(retake) == "ko"
    with pytest.raises(IllegalMove, match="white B3: ko"):
        position.play(retake)


@pytest.mark.parametrize("rules", ["chinese", "japanese", "chinese-ogs", "aga", "tromp-taylor"])
def test_a_ko_is_taken_back_after_a_threat_and_its_answer(rules: str) -> None:
    drawn = Drawn(SIMPLE_KO, rules=rules)
    position = drawn.play("abc")
    assert position.why_illegal(drawn.at["a"] - 1) is None


AFTER_TWO_PASSES = {
    "chinese": None,
    "japanese": None,
    "chinese-ogs": "superko",
    "tromp-taylor": "superko",
    "aga": "superko",
}


@pytest.mark.parametrize("rules", AFTER_TWO_PASSES)
def test_passes_lift_a_ko_but_no_superko(rules: str) -> None:
    # Taking back makes the first position again, with Black to move as then.
    drawn = Drawn(SIMPLE_KO, rules=rules)
    position = drawn.play("a--")
    assert position.why_illegal(drawn.at["a"] - 1) == AFTER_TWO_PASSES[rules]


TWO_FOR_ONE = """
a O b O .
X X O O .
. . X . .
"""
"""White sends two at a, Black takes them from b, White takes that one stone from where he began."""

SENT_TWICE = {
    "chinese": (None, None),
    "chinese-ogs": ("superko", None),  # the stones are as before White's first move
    "aga": (None, "superko"),  # but Black is to move; only White's move at a, repeated, repeats a situation
}


@pytest.mark.parametrize("rules", SENT_TWICE)
def test_send_two_return_one(rules: str) -> None:
    returned, sent_again = SENT_TWICE[rules]
    drawn = Drawn(TWO_FOR_ONE, to_play="white", rules=rules)
    position = drawn.play("ab")
    assert diagram(position) == shaped(". . X O .\nX X O O .\n. . X . .")
    start = drawn.at["a"] + 1
    assert position.why_illegal(start) == returned
    if returned is None:
        position.play(start)
        assert diagram(position) == diagram(Drawn(TWO_FOR_ONE).position)
        drawn.play("-")
        assert position.why_illegal(drawn.at["a"]) == sent_again


THREE_KOS = """
. X O . . X O . . X O .
X O a O X b X O X O c O
. X O . . X O . . X O .
"""


@pytest.mark.parametrize(("rules", "reason"), [("chinese", None), ("chinese-ogs", "superko"), ("aga", "superko")])
def test_three_kos_go_round_only_under_simple_ko(rules: str, reason: str | None) -> None:
    drawn = Drawn(THREE_KOS, rules=rules)
    position = drawn.play("abc")
    for retake in (drawn.at["a"] - 1, drawn.at["b"] + 1):
        position.play(retake)
    last = drawn.at["c"] - 1
    assert position.why_illegal(last) == reason
    assert bool(position.legal()[last]) == (reason is None)


def test_a_stone_stands_there() -> None:
    drawn = Drawn("a . .\n. . .\n. . .")
    assert drawn.play("a").why_illegal(drawn.at["a"]) == "occupied"


SUICIDE = """
a X O
X O O
O O .
"""


@pytest.mark.parametrize("rules", ["chinese", "japanese", "chinese-ogs", "aga", "stone-scoring"])
def test_suicide_is_forbidden(rules: str) -> None:
    with pytest.raises(IllegalMove, match="black A3: suicide"):
        Drawn(SUICIDE, rules=rules).play("a")


@pytest.mark.parametrize("rules", ["tromp-taylor", "new-zealand"])
def test_suicide_of_several_stones_where_it_is_legal(rules: str) -> None:
    drawn = Drawn(SUICIDE, rules=rules)
    position = drawn.play("a")
    assert diagram(position) == shaped(". . O\n. O O\nO O .")
    assert position.captures == (0, 3)
    position.undo()
    assert diagram(position) == shaped(". X O\nX O O\nO O .")


@pytest.mark.parametrize("rules", ["chinese", "tromp-taylor"])
def test_suicide_of_one_stone_is_never_legal(rules: str) -> None:
    assert Drawn("a O .\nO . .\n. . .", rules=rules).position.why_illegal(0) == "suicide"


def test_a_capture_is_no_suicide() -> None:
    drawn = Drawn("a O X\nO X .\nX . .")
    assert diagram(drawn.play("a")) == shaped("X . X\n. X .\nX . .")


def test_the_switch_changes_the_player_and_nothing_else() -> None:
    drawn = Drawn(SIMPLE_KO)
    position = drawn.play("a")
    before, legal = diagram(position), position.legal()
    switch = drawn.game.points + 1
    position.play(switch)
    assert (position.to_play, diagram(position)) == (1, before)
    position.play(switch)
    assert (position.legal() == legal).all()


def test_playing_for_a_player_switches_when_needed() -> None:
    position = Position(Go.from_spec({"size": 5}))
    position.play_as(1, 0)
    position.play_as(1, 1)
    assert position.record == [0, 26, 1]
    with pytest.raises(IllegalMove, match="occupied"):
        position.play_as(1, 0)
    assert position.record == [0, 26, 1]


def test_two_passes_end_the_game_and_a_switch_is_no_pass() -> None:
    drawn = Drawn("a . .\n. . .\n. . .")
    position = drawn.play("a-")
    assert not position.is_over
    position.play(drawn.game.points + 1)
    drawn.play("-")
    assert position.is_over


SETUP_ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "no size": ({}, "needs a size"),
    "too large": ({"size": 20}, "from 2 to 19"),
    "too small": ({"size": [9, 1]}, "from 2 to 19"),
    "no size at all": ({"size": "big"}, "size is a number"),
    "a flag for a size": ({"size": True}, "size is a number"),
    "unknown key": ({"size": 9, "handicap": 2}, "unknown key 'handicap'"),
    "unknown rules": ({"size": 9, "rules": "martian"}, "unknown rules 'martian'"),
    "komi in quarters": ({"size": 9, "komi": 7.25}, "whole or half"),
    "komi not a number": ({"size": 9, "komi": float("nan")}, "komi is a number"),
    "komi as text": ({"size": 9, "komi": "7"}, "komi is a number"),
    "overlapping stones": ({"size": 9, "black": [3], "white": [3]}, "a black and a white"),
    "a stone twice": ({"size": 9, "black": [3, 3]}, "names a point twice"),
    "a stone off the board": ({"size": 9, "black": [81]}, "points of the board"),
    "a captured stone": ({"size": 9, "black": [0], "white": [1, 9]}, "no liberty"),
    "nobody to play": ({"size": 9, "to_play": "red"}, "black or white"),
}


@pytest.mark.parametrize("name", SETUP_ERRORS)
def test_a_specification_that_makes_no_sense(name: str) -> None:
    spec, complaint = SETUP_ERRORS[name]
    with pytest.raises(GameError, match=complaint) as caught:
        Go.from_spec(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ([0, 0], "move 2 of the record: white A5: occupied"),
        ([0, 27], "move 2 of the record: 27 is no move"),
        ([-1], "move 1 of the record: -1 is no move"),
    ],
)
def test_a_record_that_breaks_the_rules(record: list[int], complaint: str) -> None:
    with pytest.raises(IllegalMove) as caught:
        Go.from_spec({"size": 5}).root(record)
    assert str(caught.value) == complaint


def test_showboard() -> None:
    drawn = Drawn("a . O\n. X .", komi=0.5)
    assert drawn.play("a").showboard().splitlines() == [
        "   A B C",
        " 2(X). O 2",
        " 1 . X . 1",
        "   A B C",
        "white to play; captures: black 0, white 0; komi 0.5",
    ]
