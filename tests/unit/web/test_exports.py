"""Games as files to take away: pictures, and records with their review in them."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sgfmill import sgf

from zhugo.review.move_costs import Candidate, Position
from zhugo.shared.errors import UserError
from zhugo.web.export import annotated, gif_of, png_of
from zhugo.web.export.diagram import Diagram, png, star_points
from zhugo.web.export.pictures import diagrams
from zhugo.web.open.exports import exported
from zhugo.web.open.open_game import OpenGame
from zhugo.web.record import BadEdit, RecordTree

GAME = b"(;SZ[9:5]KM[7]C[root]GN[x];B[aa];W[ba](;B[ee]C[said];W[ab])(;B[ff]))"
"""On nine columns and five rows; White's last move takes the stone in the corner."""


def tree(text: bytes = GAME) -> RecordTree:
    (found,) = RecordTree.read_all(text)
    assert isinstance(found, RecordTree)
    return found


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("width", "height", "pixels", "size"),
    [(19, 19, 1000, (1000, 1000)), (9, 5, 440, (440, 280)), (5, 9, 440, (280, 440)), (9, 9, 5, (120, 120))],
)
def test_a_picture_is_as_large_as_it_was_asked_for(width: int, height: int, pixels: int, size: tuple[int, int]) -> None:
    found = picture(png(Diagram(width, height, [0] * (width * height)), pixels))
    assert found.format == "PNG"
    assert found.size == size


def test_stones_stand_where_they_were_played() -> None:
    """Eleven cells of 40 pixels across: nine columns and a border on each side."""
    found = picture(png_of(tree(), 3, 440)()).convert("L")
    middle = {name: found.getpixel((int(column * 40 + 60), int(row * 40 + 60))) for name, column, row in [
        ("black corner", 0, 0), ("white", 1, 0), ("black", 4, 4), ("wood", 6.5, 2.5),
    ]}  # fmt: skip
    assert middle["black corner"] < 80
    assert middle["black"] < 80
    assert middle["white"] > 220
    assert 120 < middle["wood"] < 215


def test_taken_stones_are_gone_and_an_illegal_move_stands() -> None:
    assert [one.stones[:2] for one in diagrams(tree(), 4, 2)] == [[1, -1], [1, -1], [0, -1]]
    illegal = tree(b"(;SZ[5]AW[ba][ab];B[aa];W[aa])")
    assert diagrams(illegal, 2, 0)[-1].stones[0] == -1


def test_a_number_goes_with_its_stone() -> None:
    before, first, second = diagrams(tree(), 4, 2)
    assert (before.numbers, first.numbers, second.numbers) == ({}, {40: "3"}, {40: "3", 9: "4"})
    assert (first.last, second.last) == (40, 9)
    assert diagrams(tree(), 4, 99)[-1].numbers == {1: "2", 40: "3", 9: "4"}


def test_marks_letters_and_numbers_are_drawn() -> None:
    plain = png(Diagram(5, 5, [0] * 25), 300)
    for kind in ("TR", "SQ", "CR", "MA"):
        assert png(Diagram(5, 5, [0] * 25, marks={12: kind}), 300) != plain
    assert png(Diagram(5, 5, [0] * 25, numbers={12: "A"}), 300) != plain
    assert png_of(tree(), 4, 300, numbered=2)() != png_of(tree(), 4, 300)()


def test_a_line_is_played_out_move_by_move() -> None:
    found = picture(gif_of(tree(), 4, pixels=220, seconds=0.5)())
    assert found.format == "GIF"
    assert found.n_frames == 5  # type: ignore[attr-defined]
    assert found.info["duration"] == 500
    assert picture(gif_of(tree(), 4, moves=2, pixels=220)()).n_frames == 3  # type: ignore[attr-defined]
    assert picture(gif_of(tree(), 0, pixels=220)()).size == (220, 140)


def test_there_is_no_picture_of_a_node_that_is_not() -> None:
    with pytest.raises(BadEdit):
        png_of(tree(), 99)


@pytest.mark.parametrize(
    ("size", "count"), [((19, 19), 9), ((13, 13), 5), ((9, 9), 5), ((9, 5), 0), ((19, 9), 7), ((7, 7), 5), ((5, 5), 0)]
)
def test_stars_are_where_boards_have_them(size: tuple[int, int], count: int) -> None:
    assert len(star_points(*size)) == count


def _known(lead: float, best: int) -> Position:
    rate = 0.5 + lead / 40
    return Position(rate, lead, 50, (Candidate(best, 49, rate, lead, 0.5, (best, 44)),))


def test_a_record_keeps_all_that_it_says_and_gets_its_review() -> None:
    game = tree(GAME.replace(b"9:5", b"9"))
    before = game.as_sgf()
    text = annotated(game, {0: _known(0, 0), 1: _known(0, 1), 2: _known(0, 10), 3: _known(-12, 5)}, "ZhuGo, a net")
    assert game.as_sgf() == before
    found = sgf.Sgf_game.from_bytes(text)
    nodes = found.get_main_sequence()
    assert nodes[0].get("GN") == "x"
    assert "root" in nodes[0].get("C")
    assert "Reviewed by ZhuGo, a net." in nodes[0].get("C")
    assert nodes[3].get("BM") == 2
    assert "said" in nodes[3].get("C")
    assert "Blunder" in nodes[3].get("C")
    assert not nodes[4].has_property("SBKV")  # it was not analysed
    assert [child.get_move() for child in nodes[2]] == [("b", (4, 4)), ("b", (3, 5)), ("b", (7, 1))]


def test_the_page_s_downloads() -> None:
    game = OpenGame("one", "Ann – Bob: a/b", tree())
    name, kind, make = exported(game, {}, "png", {"node": "2", "size": "300", "moves": "1"})
    assert (name, kind, picture(make()).size) == ("Ann  Bob ab.png", "image/png", (300, 191))
    assert exported(game, {}, "gif", {"moves": "2", "size": "200", "seconds": "0.2"})[1] == "image/gif"
    assert exported(game, {}, "sgf", {})[2]() == game.tree.as_sgf()
    known = {0: _known(0, 0)}
    assert b"SBKV" in exported(game, known, "sgf", {})[2]()
    assert exported(game, known, "html", {})[1] == "text/html; charset=utf-8"
    assert b"SBKV" not in exported(game, known, "sgf", {"plain": "1"})[2]()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("exe", {}),
        ("png", {"node": "99"}),
        ("png", {"node": "-1"}),
        ("png", {"size": "x" * 99}),
        ("gif", {"node": "9" * 40}),
    ],
)
def test_a_download_that_makes_no_sense_is_one_line(kind: str, options: dict[str, str]) -> None:
    with pytest.raises(UserError) as caught:
        exported(OpenGame("one", "", tree()), {}, kind, options)
    assert "\n" not in str(caught.value)
