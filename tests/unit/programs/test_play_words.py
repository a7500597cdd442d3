"""What a person types in a game, and how games are shown to them."""

from __future__ import annotations

import re

import pytest

from games.registry import named
from zhugo.bridges.play.shown import shown, standing
from zhugo.bridges.play.typed import NotUnderstood, move_of

GRID = {0: "x(0,0)", 1: "x(0,1)", 4: "x(1,1)", 8: "x(2,2)"}
LINES = {0: "P1(h,0,0)", 4: "P1(h,0,1)", 6: "P1(v,0,0)"}
COLUMNS = {0: "x0", 1: "x1", 10: "x10"}
POINTS = {0: "A3", 8: "C1", 9: "pass"}


@pytest.mark.parametrize(
    ("typed", "names", "move"),
    [
        ("x(1,1)", GRID, 4),
        ("X( 1 , 1 )", GRID, 4),
        ("(1,1)", GRID, 4),
        ("1 1", GRID, 4),
        ("22", GRID, 8),
        ("8", GRID, 8),  # a number that is a move
        ("h,0,1", LINES, 4),
        ("v00", LINES, 6),
        ("p1(h,0,0)", LINES, 0),
        ("6", LINES, 6),
        ("x1", COLUMNS, 1),
        ("10", COLUMNS, 10),
        ("0", COLUMNS, 0),
        ("a3", POINTS, 0),
        ("PASS", POINTS, 9),
    ],
)
def test_a_move_is_its_name_the_end_of_it_or_its_number(typed: str, names: dict[int, str], move: int) -> None:
    assert move_of(typed, names) == move


@pytest.mark.parametrize(
    ("typed", "names", "reason"),
    [
        ("x", GRID, "'x' is not a legal move here"),
        ("", GRID, "not a legal move"),
        ("()", GRID, "not a legal move"),
        ("99", GRID, "'99' is not a legal move here"),
        ("00", LINES, "'00' can be P1(h,0,0), P1(v,0,0)"),
        ("e5", POINTS, "not a legal move"),
        ("-1", GRID, "'-1' can be x(0,1), x(1,1)"),
        ("٣", {3: "x3"}, "not a legal move"),
    ],
)
def test_anything_else_is_not_understood(typed: str, names: dict[int, str], reason: str) -> None:
    with pytest.raises(NotUnderstood, match=re.escape(reason)):
        move_of(typed, names)


@pytest.mark.parametrize(
    ("text", "record", "drawn"),
    [
        ("tic_tac_toe", [4, 0], "o..\n.x.\n..."),
        ("connect_four(rows=2,columns=3,x_in_row=3)", [1, 1], ".o.\n.x."),
    ],
)
def test_a_board_is_drawn_as_openspiel_does(text: str, record: list[int], drawn: str) -> None:
    assert [line.strip() for line in shown(*named(text)).picture(record).splitlines()] == drawn.splitlines()


DRAWN = """\
v   0   1   2   3
h     0   1   2
h 0 ┌───┬╴ ╶┬╴ ╶┐
v 0 │ 2 │
h 1 ├───┼───┼───┤
v 1
h 2 └╴ ╶┴╴ ╶┴╴ ╶┘

boxes: player 1 0, player 2 1"""


def test_dots_and_boxes_are_drawn_with_the_names_of_their_lines() -> None:
    game = shown(*named("dots_and_boxes(num_rows=2,num_cols=3)"))
    record: list[int] = []
    for typed in ("h00", "h 1,0", "(v,0,0)", "v01", "h11", "h12"):
        record.append(move_of(typed, game.move_names(record)))
    assert game.picture(record) == DRAWN


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 5), (5, 5), (12, 3)])
def test_every_line_stands_at_its_row_and_column(rows: int, columns: int) -> None:
    game = shown(*named(f"dots_and_boxes(num_rows={rows},num_cols={columns})"))
    for move, name in game.move_names([]).items():
        kind, row, column = re.fullmatch(r"P1\((.),(\d+),(\d+)\)", name).groups()  # type: ignore[union-attr]
        heads = game.picture([move]).splitlines()
        (line,) = [line for line in heads if "───" in line or "│" in line]
        at = line.index("───") + 1 if kind == "h" else line.index("│")
        assert line.startswith(f"{kind} {row} ")
        assert heads["vh".index(kind)][at:].startswith(column)


@pytest.mark.parametrize(
    ("text", "record", "found"),
    [
        ("tic_tac_toe", [], (1, None)),
        ("tic_tac_toe", [0], (-1, None)),
        ("dots_and_boxes(num_rows=1,num_cols=2)", [0, 2, 4, 5], (-1, None)),
        ("dots_and_boxes(num_rows=1,num_cols=1)", [0, 1, 2, 3], (1, -1)),
        ("chess", [], (-1, None)),  # White moves first, whom OpenSpiel numbers second
    ],
)
def test_how_things_stand(text: str, record: list[int], found: tuple[int, int | None]) -> None:
    now = standing(shown(*named(text)).game, record)
    assert (now.to_play if now.result is None else 1, now.result) == found


def test_go_is_won_by_so_many_points() -> None:
    go = shown(*named("go", 3))
    now = standing(go.game, [4, 9, 9])
    assert (now.result, now.lead) == (1, 1.5)
    assert go.margin(now) == " by 1.5"
    assert go.players == {1: "Black (X)", -1: "White (O)"}
    assert go.move_names([4, 9])[9] == "pass"
    assert "(X)" in go.picture([4])
