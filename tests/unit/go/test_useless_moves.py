"""Moves that can change nothing, on drawn boards: who owns what for good, and what is left to the search, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from games.go.useless_moves import settled_areas, useless_moves
from tests.unit.go.drawn import Drawn

EYES = """
. X . O . O
X X . O O O
. X . O . O
X X X O O .
. X . O O O
X X . . O .
"""
"""Each side has three eyes or more; C1, C2, C4, C5, C6 and D1 are dame."""

DEAD = """
. X . O . X
X X . O . .
. X . O O O
X X X . O .
O . X . O O
. O X . O .
"""
"""Of White's four points in the corner a black stone has one, and of Black's four two white stones; A1 is suicide for
Black."""


def left_out(drawn: Drawn, takes_dead_off: bool | None = None) -> str:
    return " ".join(sorted(drawn.game.vertex(move) for move in useless_moves(drawn.position, takes_dead_off)))


AREA = ("chinese", "chinese-ogs", "aga", "aga-button", "new-zealand", "stone-scoring", "goe")
TERRITORY = ("japanese", "korean", "ancient-territory")


@pytest.mark.parametrize("rules", [*AREA, *TERRITORY, "tromp-taylor"])
@pytest.mark.parametrize(("player", "own"), [("black", "A2 A4 A6"), ("white", "E4 E6 F1 F3")])
def test_eyes_of_ones_own_are_left_alone_by_all_rules(rules: str, player: str, own: str) -> None:
    """Of the other's one-point eyes nobody may play in any."""
    assert left_out(Drawn(EYES, player, rules)) == own


@pytest.mark.parametrize("rules", [*AREA, *TERRITORY])
def test_where_dead_stones_come_off_nobody_plays_where_all_is_settled(rules: str) -> None:
    assert left_out(Drawn(DEAD, "black", rules)) == "A4 A6 B2 E5 E6 F5"
    assert left_out(Drawn(DEAD, "white", rules)) == "A1 B2 E5 E6 F1 F3 F5"


RULES_OF_CAPTURE = ("tromp-taylor", {"scoring": "AREA", "ko": "SIMPLE", "suicide": False, "friendlyPassOk": False})


@pytest.mark.parametrize("rules", RULES_OF_CAPTURE)
def test_where_stones_count_until_they_are_taken_their_captor_may_take_them_and_their_owner_add_to_them(
    rules: object,
) -> None:
    assert left_out(Drawn(DEAD, "black", rules)) == "A4 A6"
    assert left_out(Drawn(DEAD, "white", rules)) == "F1 F3"


def test_who_plays_by_one_rule_and_counts_by_another_can_say_so() -> None:
    assert left_out(Drawn(DEAD, "black", "chinese"), takes_dead_off=False) == "A4 A6"
    assert left_out(Drawn(DEAD, "black", "tromp-taylor"), takes_dead_off=True) == "A4 A6 B2 E5 E6 F5"


WIDE = """
. X . . . . .
X X . . . . .
. X . . . . .
X X X X X X X
. . . . . . .
. . . . . . .
. . . . . . .
"""
"""Black's two eyes are settled; in the rest, though only he has stones there, White may still live."""


@pytest.mark.parametrize("player", ["black", "white"])
@pytest.mark.parametrize("rules", ["chinese", "japanese", "tromp-taylor"])
def test_room_to_live_in_is_not_settled(player: str, rules: str) -> None:
    assert left_out(Drawn(WIDE, player, rules)) == ("A5 A7" if player == "black" else "")


@pytest.mark.parametrize("rules", ["chinese", "japanese", "tromp-taylor"])
def test_an_eye_that_may_still_be_taken_is_not_settled(rules: str) -> None:
    drawn = Drawn(". X O . .\nX X O . .\n. X O . .\nX X O . .\nO O O . .", "black", rules)
    assert left_out(drawn) == "A3 A5"
    shared = Drawn(". X O . .\nX . O . .\n. X O . .\nX X O . .\nO O O . .", "black", rules)
    assert left_out(shared) == "", "B4 is a false eye, and without it A5 X dies"
    assert left_out(Drawn(". . .\n. . .\n. . .", "black", rules)) == ""


KO = """
. X . . . . O .
X X . X O . O O
. X X . X O O .
X X . X O . O O
. X . . . . O .
X X . . . . O O
"""
"""White may take E4 by D4, and Black may not take back at once."""


def ko(rules: str, player: str, *moves: str) -> Drawn:
    drawn = Drawn(KO, player, rules)
    for vertex in moves:
        drawn.position.play(from_vertex(vertex, drawn.width, drawn.height) if vertex != "pass" else 48)
    return drawn


@pytest.mark.parametrize("rules", ["chinese", "japanese"])
def test_while_a_ko_may_not_be_taken_back_every_move_may_matter(rules: str) -> None:
    assert left_out(ko(rules, "white")) == "H2 H4 H6"
    assert left_out(ko(rules, "white", "D4")) == "", "Black may not take back at E4"
    assert left_out(ko(rules, "white", "D4", "pass")) == "H2 H4 H6"


@pytest.mark.parametrize("rules", ["chinese-ogs", "aga", "tromp-taylor", "goe", "new-zealand"])
def test_by_superko_every_move_may_matter_while_something_can_be_taken(rules: str) -> None:
    assert left_out(ko(rules, "white")) == ""
    assert left_out(ko(rules, "white", "D4")) == ""
    assert left_out(ko(rules, "black", "D4")) == "H2 H4 H6", "the ko is filled"


def test_a_stone_in_atari_that_is_dead_for_good_begins_no_cycle() -> None:
    drawn = Drawn(DEAD.replace("X X . O . .", "X X . O . O"), "white", "aga")
    assert left_out(drawn) == "A1 B2 E5 E6 F1 F3"


@pytest.mark.parametrize("rules", ["chinese", "new-zealand"])
def test_what_is_settled_stays_so_while_its_owner_stays_away(rules: str) -> None:
    """Games at random: first nobody fills his own eyes, then nobody plays in his settled area, and all else goes."""
    rng = np.random.default_rng(15)
    settled_in = 0
    for _ in range(12):
        position = Position(Go.from_spec({"size": [6, 5], "komi": 0, "rules": rules}))
        for _ in range(70):
            _play_at_random(position, rng, _own_eyes(position))
        for _ in range(40):
            before = settled_areas(position)
            _play_at_random(position, rng, set(np.flatnonzero(before == position.to_play).tolist()))
            after = settled_areas(position)
            assert (after[before != 0] == before[before != 0]).all()
        settled_in += bool(before.any())
    assert settled_in >= 6


def _play_at_random(position: Position, rng: np.random.Generator, avoided: set[int]) -> None:
    moves = [move for move in np.flatnonzero(position.legal()[:30]).tolist() if move not in avoided]
    position.play(int(rng.choice(moves)) if moves else 30)


def _own_eyes(position: Position) -> set[int]:
    stones = np.pad(position.stones, 1, constant_values=position.to_play)
    around = (stones[:-2, 1:-1], stones[2:, 1:-1], stones[1:-1, :-2], stones[1:-1, 2:])
    return set(np.flatnonzero(np.all([side == position.to_play for side in around], axis=0)).tolist())
