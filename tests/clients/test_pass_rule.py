"""When to pass: the rule by itself, and at a table with a session that promises what a test says."""

from __future__ import annotations

from typing import Any

import pytest

from games.go.game import Go
from games.go.position import Position
from tests.clients.test_gtp_engine import Table
from tests.unit.go.drawn import Drawn
from zhugo.bridges.gtp.genmove import choose_move
from zhugo.bridges.gtp.pass_rule import PassAndMove, is_nearly_over, is_right

CASES = {
    # name: (counted, after the reply, best move, counted after the move and, if that matters, after the reply), whether
    # to pass; all leads are those of who is to move
    "nothing is left": ((3.0, 3.0, 3.0, 3.0), True),
    "the net is a little off": ((3.0, 3.3, 3.4, 3.0), True),
    "the net is far off, and the move adds nothing": ((3.0, 4.4, 4.4, 3.0), True),
    "by territory a move at home costs a point": ((3.0, 3.0, 2.0, 2.0), True),
    "the opponent has a move that takes something": ((3.0, -1.4, 0.5, 9.5), False),
    "the same, with the defence adding nothing to the count": ((3.0, 1.0, 3.0, 3.0), False),
    "the last dame": ((3.0, 2.0, 4.0, 4.0), False),
    "a dame, when the pass ends the game": ((3.0, None, 4.0, 4.0), False),
    "dead stones that count as alive": ((-9.5, 0.4, 0.5, -7.5), False),
    "dead stones of one's own count as alive": ((9.5, 0.7, 0.4, 9.5), True),
    "behind, and nothing is left": ((-20.0, -20.2, -20.1, -20.0), True),
    "behind by the pass alone": ((-1.5, None, 0.5, 0.5), False),
    "the opponent cannot move": ((1.0, None, 0.9, 1.0), True),
    "a reply that takes nothing, and a move at home": ((0.5, -2.0, -0.6, -0.5, 0.5), True),
    "a reply that takes nothing, and a move that costs nothing": ((5.5, 3.0, 7.4, 5.5, 6.5), False),
    "a reply that takes something": ((0.5, -2.0, -0.6, -0.5, -1.5), False),
    "a reply that the count does not see": ((10.5, -2.0, 9.4, 9.5, 10.5), False),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("player", [1, -1])
def test_a_pass_is_right_when_it_is_worth_no_less_than_the_best_move(name: str, player: int) -> None:
    leads, passes = CASES[name]
    assert is_right(player, PassAndMove(*(None if lead is None else player * lead for lead in leads))) == passes  # type: ignore[arg-type]


def test_nobody_thinks_of_passing_before_most_points_are_settled() -> None:
    assert is_nearly_over([0.9, -0.9, 0.7, 0.1])
    assert not is_nearly_over([0.9, -0.9, 0.1, 0.1])


# One point is open between Black's corner and White's: D1.
BLACK = "e7 f7 f6 b5 e5 e4 d4 f4 d3 e3 g3 c2 d2 f2"
WHITE = "d7 b6 d6 e6 c5 d5 b4 c4 c3 a3 a2 b2 a1 c1"


def open_point(rules: str) -> tuple[Position, int]:
    """The position with Black to move, and the number of D1."""
    points = {
        c: [(7 - int(v[1])) * 7 + "abcdefg".index(v[0]) for v in text.split()]
        for c, text in (("black", BLACK), ("white", WHITE))
    }
    return Position(Go.from_spec({"size": 7, "komi": 0.5, "rules": rules, **points})), 45


def test_what_either_side_makes_of_the_open_point() -> None:
    """Played to the end by hand, all dead stones captured and all dame filled: D1 is worth two points."""
    ends = {
        # Black D1, then White B1 (C1 is in atari), and White captures B5: 25 points against 24
        "b": "d1 b1 pass c7 pass a4 pass a5 pass pass",
        # Black passes, White D1, Black E1 (the wall), and the same
        "w": "pass d1 e1 c7 pass a4 pass a5 pass pass",
    }
    scores = {}
    for who, moves in ends.items():
        position, _ = open_point("tromp-taylor")
        for vertex in moves.split():
            position.play(49 if vertex == "pass" else (7 - int(vertex[1])) * 7 + "abcdefg".index(vertex[0]))
        scores[who] = position.final_score([])
    assert scores == {"b": "B+0.5", "w": "W+1.5"}


@pytest.mark.parametrize("rules", ["tromp-taylor", "chinese"])
def test_the_move_that_the_opponent_would_answer_the_pass_with_is_played(rules: str) -> None:
    position, d1 = open_point(rules)
    table = Table(**position.game.spec())
    table.session.wishes = [d1, table.engine.pass_move]
    table.session.ownership = _mostly_settled
    assert choose_move(table.engine, 1).move == d1


def _mostly_settled(position: Position) -> list[float]:
    return [0.9 if p % 7 > 2 else -0.9 for p in range(position.game.points)]


HOME: dict[str, Any] = {"size": 5, "komi": 0.5, "black": [1, 6, 11, 16, 21, 5], "white": [3, 8, 13, 18, 23, 9]}
"""Two walls with a column of dame between them."""


def test_dame_are_taken_by_area_and_not_by_territory() -> None:
    for rules, takes in (("chinese", True), ("japanese", False)):
        table = Table(**HOME, rules=rules)
        table.session.lead = 0.0
        table.session.ownership = lambda _position: [0.9, 0.9, 0.4, -0.9, -0.9] * 5
        table.session.wishes = [table.engine.pass_move, 0, table.engine.pass_move, 2]
        move = choose_move(table.engine, 1).move
        assert (move != table.engine.pass_move) == takes


@pytest.mark.parametrize("passed", [False, True])
def test_dead_stones_are_captured_though_the_search_has_a_move_at_home_first(passed: bool) -> None:
    # Black has the wall C; White's stone E3 makes the two columns behind it nobody's
    table = Table(size=5, komi=0.5, rules="tromp-taylor", black=[2, 7, 12, 17, 22], white=[14])
    if passed:
        table.play((1, 25), (-1, 25), (1, 0), (-1, 25))
    table.session.ownership = lambda _position: [0.9] * 25
    table.session.lead = 24.5
    table.session.wishes = [1]
    assert choose_move(table.engine, 1).move % 5 in (3, 4)


def test_what_is_worth_no_more_than_it_counts_is_left() -> None:
    table = Table(size=5, komi=0.5, rules="tromp-taylor", black=[2, 7, 12, 17, 22], white=[14])
    table.session.ownership = lambda _position: [0.9] * 25
    # what the search has is what counts: five stones and two columns, against a stone and the komi
    table.session.lead = 13.5
    table.session.wishes = [1]
    assert choose_move(table.engine, 1).move == table.engine.pass_move


@pytest.mark.parametrize("rules", ["chinese", "tromp-taylor"])
@pytest.mark.parametrize("player", [1, -1])
def test_nobody_plays_in_his_own_area_when_nothing_is_left(rules: str, player: int) -> None:
    filled = {**HOME, "black": [*HOME["black"], 2, 12, 22], "white": [*HOME["white"], 7, 17]}
    table = Table(**filled, rules=rules)
    table.session.lead = 0.5
    table.session.ownership = lambda _position: [0.9, 0.9, 0.9, -0.9, -0.9] * 5
    own, others = (0, 4) if player > 0 else (4, 0)
    table.session.wishes = [own, others, own, own]
    assert choose_move(table.engine, player).move == table.engine.pass_move


FIVE = """
. . O X . . .
. . O X . . .
. O O X . . .
O O X X . . .
X X X . . . .
. . . . . . .
. . . . . . .
"""
"""White has an eye of five points, and one move there makes two of it, or none: B6."""


def at_the_end(drawing: str, rules: str, player: int, unsure: int) -> Table:
    """A table at which a search sees nothing to do, and no owner of the stones of the colour ``unsure``."""
    drawn = Drawn(drawing, "black" if player > 0 else "white", rules)
    table = Table(**drawn.spec)
    table.session.ownership = lambda position: (0.9 * (position.stones.reshape(-1) != unsure)).tolist()
    table.session.lead = 0.0
    return table


@pytest.mark.parametrize("rules", ["chinese", "japanese", "tromp-taylor"])
@pytest.mark.parametrize("player", [1, -1])
def test_what_goes_to_who_plays_there_first_is_played_though_no_search_sees_it(rules: str, player: int) -> None:
    table = at_the_end(FIVE, rules, player, unsure=-1)
    a6, elsewhere = 7, 48
    for wish in (table.engine.pass_move, elsewhere):
        table.session.wishes = [wish, elsewhere, elsewhere]
        assert choose_move(table.engine, player).move == a6


def test_it_is_left_where_a_search_of_the_whole_board_is_against_it() -> None:
    table = at_the_end(FIVE, "japanese", 1, unsure=-1)
    table.session.wishes = [48]
    searched = table.session.search

    def against_it(*args: Any, **kwargs: Any) -> Any:
        table.session.lead = -9.0 if "allow=True" in f"{args}{kwargs}" else 0.0
        return searched(*args, **kwargs)

    table.session.search = against_it  # type: ignore[method-assign]
    assert choose_move(table.engine, 1).move != 7


OPEN_BORDER = """
. . X . O . .
. . X . O . .
. . X . O . .
. . X . O . .
. . X . O . .
. . . . . . .
. . . . . . .
"""


@pytest.mark.parametrize("rules", ["japanese", "chinese"])
@pytest.mark.parametrize("player", [1, -1])
@pytest.mark.parametrize("chooses_pass", [False, True])
@pytest.mark.parametrize("passed", [False, True])
def test_while_borders_are_open_a_pass_must_stand_what_a_search_thinks_of_the_reply(
    rules: str, player: int, passed: bool, chooses_pass: bool
) -> None:
    """The count cannot tell what is left to take, also where the opponent has passed and might agree to it."""
    table = at_the_end(OPEN_BORDER, rules, -player if passed else player, unsure=0)
    if passed:
        table.play((-player, 49))
    table.session.ownership = lambda _position: [0.9, 0.9, 0.9, 0.0, -0.9, -0.9, -0.9] * 7
    searched = table.session.search

    def reply_takes_four(*args: Any, **kwargs: Any) -> Any:
        table.session.lead = (
            0.0 if Position(table.engine.game, table.session.record).to_play == player else -4.0 * player
        )
        return searched(*args, **kwargs)

    table.session.search = reply_takes_four  # type: ignore[method-assign]
    home = 0 if player > 0 else 6
    table.session.wishes = [49, home, 24] if chooses_pass else [home]
    assert choose_move(table.engine, player).move == home


@pytest.mark.parametrize("rules", ["japanese", "chinese"])
def test_while_borders_are_open_a_move_that_the_search_chose_is_not_taken_back(rules: str) -> None:
    table = at_the_end(OPEN_BORDER, rules, 1, unsure=0)
    table.session.ownership = lambda _position: [0.9, 0.9, 0.9, 0.0, -0.9, -0.9, -0.9] * 7
    table.session.wishes = [38, 24, 38, 24]
    assert choose_move(table.engine, 1).move == 38


@pytest.mark.parametrize(("conservative", "passes"), [(False, True), (True, False)])
def test_who_is_conservative_never_takes_it_that_his_pass_ends_the_game(conservative: bool, passes: bool) -> None:
    """All borders are closed and the count says that nothing is left; the search thinks that a reply takes six."""
    filled = {**HOME, "black": [*HOME["black"], 2, 12, 22], "white": [*HOME["white"], 7, 17]}
    table = Table(**filled, rules="chinese")
    table.say("kata-set-param rootPruneUselessMoves false")
    table.say(f"kata-set-param conservativePass {str(conservative).lower()}")
    table.play((-1, 25))
    table.session.ownership = lambda _position: [0.9, 0.9, 0.9, -0.9, -0.9] * 5
    searched = table.session.search

    def reply_takes_six(*args: Any, **kwargs: Any) -> Any:
        table.session.lead = 0.5 if Position(table.engine.game, table.session.record).to_play == 1 else -6.0
        return searched(*args, **kwargs)

    table.session.search = reply_takes_six  # type: ignore[method-assign]
    table.session.wishes = [0, 4, 0]
    assert (choose_move(table.engine, 1).move == table.engine.pass_move) == passes


def test_a_stone_in_the_opponents_territory_adds_nothing_to_the_count() -> None:
    """By territory it costs nothing if he answers, and a point if he does not."""
    table = Table(**{**HOME, "black": [*HOME["black"], 2, 7, 12, 17, 22]}, rules="japanese")
    table.session.ownership = lambda _position: [0.9, 0.9, 0.9, -0.9, -0.9] * 5
    # the search promises a point more than the count
    table.session.lead = float(table.engine.position.lead()) + 1.0
    table.session.wishes = [14]
    assert choose_move(table.engine, 1).move == table.engine.pass_move
