"""What a search for a move does not look at, at a table with a session that searches nothing."""

from __future__ import annotations

import pytest

from protocol.messages import Limits, Restriction
from tests.clients.test_gtp_engine import Table
from tests.unit.go.drawn import Drawn
from tests.unit.go.test_useless_moves import DEAD
from zhugo.bridges.gtp.genmove import choose_move
from zhugo.bridges.gtp.level import Level

OPEN = """
. X . O . O
X X . O O O
. X . O . O
X X X O O O
. X . O . O
X X X O O O
"""
"""C6, C5, C4 and C2 are dame; all else is settled."""

FULL = """
. X X O . O
X X X O O O
. X X O . O
X X X O O O
. X X O . O
X X X O O O
"""
"""The same without dame: what is left are eyes."""


def at(drawing: str, player: str = "black", rules: str = "chinese") -> Table:
    table = Table(**Drawn(drawing, player, rules).spec)
    table.engine.settings.visits = 10
    return table


def left_out(table: Table, search: int = 0) -> str:
    """The vertices that a search was kept from."""
    return " ".join(table.engine.vertex(move) for rule in table.session.searches[search][2] for move in rule.moves)


def test_a_search_for_a_move_does_not_look_where_nothing_can_change() -> None:
    table = at(OPEN)
    assert choose_move(table.engine, 1).move == 2
    assert left_out(table) == "A6 A4 A2"
    assert table.session.searches[0][1] == Limits(new_visits=10), "what the tree has may lie there"
    table.say("kata-genmove_analyze w")
    assert left_out(table, -1) != ""


def test_it_can_be_switched_off_and_an_analysis_looks_everywhere() -> None:
    table = at(OPEN)
    table.say("kata-analyze 10")
    assert left_out(table) == ""
    assert table.say("kata-get-param rootPruneUselessMoves") == "true"
    table.say("kata-set-param rootPruneUselessMoves false")
    choose_move(table.engine, 1)
    assert left_out(table, 1) == ""
    assert table.session.searches[1][1] == Limits(visits=10)


def test_who_says_what_to_avoid_is_obeyed_and_nothing_else_is_left_out() -> None:
    table = at(OPEN)
    table.say("kata-genmove_analyze b avoid b C6 1")
    assert table.session.searches[0][2] == [Restriction(1, [2], 1)]


@pytest.mark.parametrize("passed", [False, True])
@pytest.mark.parametrize("rules", ["chinese", "japanese", "tromp-taylor"])
def test_where_nothing_is_left_but_eyes_it_passes_without_a_long_search(rules: str, passed: bool) -> None:
    table = at(FULL, rules=rules)
    if passed:
        table.play((1, 36), (-1, 36))
    assert table.say("genmove b") == "pass"
    ((_, limits, _),) = table.session.searches
    assert limits.new_visits == 2


@pytest.mark.parametrize(("rules", "asked", "shown"), [("chinese", None, True), ("chinese", "tromp-taylor", False)])
def test_dead_stones_are_left_only_if_they_come_off_by_the_rules_of_the_end(
    rules: str, asked: str | None, shown: bool
) -> None:
    table = at(DEAD, rules=rules)
    if asked is not None:
        table.engine.asked_rules = Drawn(DEAD, "black", asked).game.rules
    table.session.wishes = [36]
    choose_move(table.engine, 1)
    assert ("B2" in left_out(table)) == shown


def test_who_cleans_up_may_play_where_the_dead_are() -> None:
    table = at(DEAD)
    table.session.ownership = lambda _position: [0.9 if point % 6 < 3 else -0.9 for point in range(36)]
    assert table.say("kgs-genmove_cleanup b") == "C6"
    assert left_out(table, -1) == "pass"


@pytest.mark.parametrize("seed", range(8))
def test_the_level_of_a_person_does_not_play_there_either(seed: int) -> None:
    table = at(OPEN)
    table.engine.settings.level = Level("20k", 2, seen=0.03)
    table.engine.settings.seed = seed
    assert choose_move(table.engine, 1).move in {2, 8, 14, 26}
