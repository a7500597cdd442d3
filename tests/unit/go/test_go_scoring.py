"""Counting, on drawn boards; leads are Black's, komi 0 unless said otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from games.game import Leaves, Positions
from games.go.area import full_area, new_area_memory, pass_alive_area
from games.go.game import Go
from games.go.position import Position
from tests.unit.go.drawn import Drawn, shaped

AREA_TAXED: dict[str, Any] = {"ko": "SIMPLE", "scoring": "AREA", "tax": "SEKI"}
TERRITORY_UNTAXED: dict[str, Any] = {"ko": "SIMPLE", "scoring": "TERRITORY", "tax": "NONE"}

SPLIT = """
. X O . .
. X O . .
. X O O O
. X X X O
. . . X O
"""
"""Black 7 stones and 7 points, White 7 and 4."""

DEAD_STONE = """
. X O . .
a X O . .
X X O O O
. X X X O
. X . X O
""".replace("a", "O")
"""Black cannot be killed though he passes, so the white stone is pass-dead."""

SEKI = """
. O . X . .
O O . X X X
"""
"""Both have one eye and share two dame; whoever fills one dies."""

DAME = """
. . . X . O . .
. . . X . O . .
. . . X . O . .
"""
"""Groups with room for two eyes touch dame; that is no seki."""

TWO_GROUPS = """
. X . O . O . X .
. X . O . O . X .
. X . O . O . X .
"""

LEADS = {
    "area": (SPLIT, "chinese", None, 3),
    "area, as it stands": (SPLIT, "tromp-taylor", None, 3),
    "territory": (SPLIT, "japanese", None, 3),
    "a pass-dead stone comes off": (DEAD_STONE, "chinese", None, 3),
    "a pass-dead stone stays under tromp-taylor": (DEAD_STONE, "tromp-taylor", None, 0),
    "a pass-dead stone is a prisoner": (DEAD_STONE, "japanese", None, 2),
    "a dead stone that was named": (DEAD_STONE, "tromp-taylor", [5], 3),
    "a dead stone that was named, by territory": (DEAD_STONE, "japanese", [5], 2),
    "seki, untaxed area": (SEKI, "chinese", [], 2),
    "seki, taxed area": (SEKI, AREA_TAXED, [], 1),
    "seki, taxed territory": (SEKI, "japanese", [], 0),
    "seki, untaxed territory": (SEKI, TERRITORY_UNTAXED, [], 1),
    "seki, stone scoring": (SEKI, "stone-scoring", [], 1),
    "dame, area": (DAME, "chinese", [], 3),
    "dame, territory": (DAME, "japanese", [], 3),
    "dame, nobody asked": (DAME, "japanese", None, 3),
    "two groups against one": (TWO_GROUPS, "chinese", [], 3),
    "two groups against one, each taxed": (TWO_GROUPS, "stone-scoring", [], 1),
    "an empty board": (". . .\n. . .", "chinese", None, 0),
    "one stone owns it all": (". . .\n. X .", "chinese", None, 6),
}


@pytest.mark.parametrize("name", LEADS)
def test_leads(name: str) -> None:
    drawing, rules, dead, lead = LEADS[name]
    assert Drawn(drawing, rules=rules).position.lead(dead) == lead


def test_prisoners_count_under_territory_scoring() -> None:
    drawn = Drawn("a O X\n. X .\n. . .", rules="japanese")
    drawn.play("a")
    # all 6 empty points, and the prisoner
    assert drawn.position.lead() == 6 + 1


def test_naming_a_stone_takes_its_whole_chain() -> None:
    drawn = Drawn("X X . O .\nX . . O .\n. . . O .")
    everything = drawn.position.lead(dead=[0])
    assert everything == -15


@pytest.mark.parametrize(("komi", "score"), [(0.0, "B+3"), (3.0, "0"), (3.5, "W+0.5"), (-7.0, "B+10"), (7.5, "W+4.5")])
def test_scores_as_text(komi: float, score: str) -> None:
    assert Drawn(SPLIT, komi=komi).position.final_score() == score


@pytest.mark.parametrize(
    ("rules", "stones", "bonus"),
    [
        ("chinese", 2, 2),
        ("chinese", 1, 0),
        ("chinese-ogs", 4, 4),
        ("aga", 4, 3),
        ("aga", 1, 0),
        ("japanese", 4, 0),
        ("tromp-taylor", 4, 0),
    ],
)
def test_white_is_paid_for_handicap_stones(rules: str, stones: int, bonus: int) -> None:
    spec = {"size": 9, "komi": 0, "rules": rules, "black": list(range(stones)), "to_play": "white"}
    with_bonus = Go.from_spec(spec)
    assert with_bonus.score_rules.komi == bonus
    assert Go.from_spec({**spec, "white": [40]}).score_rules.komi == 0


@pytest.mark.parametrize(("rules", "bonus"), [("chinese", 3), ("aga", 2), ("tromp-taylor", 0)])
@pytest.mark.parametrize("opening", ["0 pass 1 pass 2 80", "0 switch 1 switch 2 80", "0 pass 1 pass pass pass 2 80"])
def test_white_is_paid_for_a_handicap_that_is_played(rules: str, bonus: int, opening: str) -> None:
    """As KataGo has it: what Black plays before White has a stone is a handicap."""
    game = Go.from_spec({"size": 9, "komi": 0, "rules": rules})
    words = {"pass": game.points, "switch": game.points + 1}
    record = [words.get(word) or int(word) for word in opening.split()]
    played = Position(game, [*record, game.points, game.points])
    assert played.lead(dead=[80]) == 81 - bonus
    assert played.game.score_rules.komi == 0


def test_the_first_pass_takes_the_button_and_does_not_end_anything() -> None:
    drawn = Drawn(SPLIT, rules="aga-button")
    position = drawn.play("--")
    assert not position.is_over
    assert position.lead() == 3.5
    drawn.play("-")
    assert position.is_over


ALIVE = """
. X . X . .
X X X X . .
. . . . O O
. . . . O .
"""


def test_benson_marks_what_no_attack_can_take() -> None:
    drawn = Drawn(ALIVE)
    owners = np.zeros(361, np.int8)
    pass_alive_area(drawn.position._board, False, new_area_memory()[0], owners)
    marks = {0: ".", 1: "X", -1: "O"}
    picture = "\n".join(" ".join(marks[int(o)] for o in row) for row in owners[:24].reshape(4, 6))
    assert picture == shaped("X X X X . .\nX X X X . .\n. . . . . .\n. . . . . .")
    full_area(drawn.position._board, False, new_area_memory()[0], owners)
    assert np.flatnonzero(owners[:24] == -1).tolist() == [16, 17, 22, 23]


EYES = {
    # name: (drawing, suicide, whether black's chain at the top left is pass-alive)
    "two one-point eyes": (". X . X .\nX X X X .\n. . . . .", False, True),
    "one eye": (". X X X .\nX X . . .\n. . . . .", False, False),
    "two eyes of two chains that need each other": (". X . X .\nX . X . .\nX X X . .", False, True),
    "an eye filled but for one point": ("O . X . X\nX X X X X\n. . . . .", False, True),
    "the same where suicide is legal: every point must touch": ("O . X . X\nX X X X X\n. . . . .", True, True),
    "a big eye whose middle touches nothing": (". . . X .\n. . . X .\n. . . X .\nX X X X .", False, False),
}


@pytest.mark.parametrize("name", EYES)
def test_pass_alive_chains(name: str) -> None:
    drawing, suicide, alive = EYES[name]
    drawn = Drawn(drawing)
    owners = np.zeros(361, np.int8)
    pass_alive_area(drawn.position._board, suicide, new_area_memory()[0], owners)
    stone = drawn.marks.index("X")
    assert (owners[stone] == 1) == alive


def judged(game: Go, record: list[int], path: list[int]) -> Positions:
    leaves = Leaves(
        roots=[game.root(record)],
        root_of=np.zeros(1, np.int32),
        offsets=np.array([0, len(path)], np.int32),
        moves=np.array(path, np.uint16),
    )
    planes, globals_ = game.feature_shapes("zhugo")
    return game.replay(leaves, "zhugo", np.zeros((1, *planes), np.float32), np.zeros((1, *globals_), np.float32))


@pytest.mark.parametrize(("komi", "result"), [(2.5, 1.0), (3.0, 0.0), (3.5, -1.0)])
def test_two_passes_end_a_path_with_a_result(komi: float, result: float) -> None:
    game = Drawn(SPLIT, komi=komi).game
    for record, path in (([], [25, 25]), ([25], [25]), ([25, 25], [])):
        positions = judged(game, record, path)
        assert positions.terminal.tolist() == [True]
        assert positions.result.tolist() == [result]
        assert positions.lead.tolist() == [3 - komi]
        assert not positions.legal.any()
    assert judged(game, [25], []).terminal.tolist() == [False]


def test_dead_stones_leave_the_position_alone() -> None:
    position = Position(Drawn(DEAD_STONE).game)
    position.lead(dead=[5])
    assert position.color_at(5) == -1
