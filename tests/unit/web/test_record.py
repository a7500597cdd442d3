"""A record as a tree of variations: what it says, what may be changed, and that nothing of a file is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from games.go.coords import from_vertex
from games.go.sgf.errors import SgfError
from games.go.sgf.tree import all_nodes
from tests.daemons import ROOT
from zhugo.web import messages as m
from zhugo.web.record import BadEdit, Place, RecordTree, game_message, main_places, node_message

CASES = ROOT.parent / "shared" / "cases"
GAMES = sorted((ROOT / "games" / "records").glob("*.sgf"))
TEACHING = (
    "(;GM[1]FF[4]SZ[5]KM[0.5]RU[Japanese]PB[Shusaku]PW[Gennan]C[a game\\] with one\\\\ line]XX[kept][too]"
    ";B[cc]BL[55.5]OB[3]LB[aa:A][bb:1]TR[cd]N[the middle]"
    "(;W[bb]WL[50]TE[1]AR[aa:bb];B[dd]C[main])"
    "(;W[dd]C[other];B[bb](;W[db])(;W[bd]))"
    "(;AW[aa][ea]AE[cc]PL[W];W[ee]))"
)


def tree_of(text: str) -> RecordTree:
    found = RecordTree.read_all(text.encode())[0]
    assert isinstance(found, RecordTree)
    return found


def at(tree: RecordTree, vertex: str) -> int:
    return from_vertex(vertex, tree.width, tree.height)


def plain(tree: RecordTree) -> list[dict[str, list[str]]]:
    return [{name: values for name, values in node.properties.items() if name != "CA"} for node in all_nodes(tree.root)]


def test_nodes_are_numbered_in_the_order_of_the_text() -> None:
    tree = tree_of(TEACHING)
    assert tree.children(1) == [2, 4, 8]
    assert tree.main_line() == [0, 1, 2, 3]
    assert tree.line(7) == [0, 1, 4, 5, 7]
    assert tree.end_of(4) == 6


def test_a_node_says_what_the_file_says() -> None:
    tree = tree_of(TEACHING)
    assert node_message(tree, 1) == m.Node(
        node=1, parent=0, children=[2, 4, 8], move=(1, at(tree, "C3")), name="the middle",
        marks=[(at(tree, "C2"), "TR")], labels=[(at(tree, "A5"), "A"), (at(tree, "B4"), "1")], left=55.5, stones=3,
    )  # fmt: skip
    assert node_message(tree, 0).comment == "a game] with one\\ line"
    two = node_message(tree, 2)
    assert (two.left, two.good, two.lines) == (50.0, "TE", [(at(tree, "A5"), at(tree, "B4"), "AR")])
    setup = node_message(tree, 8)
    assert (setup.white, setup.empty, setup.to_play) == ([at(tree, "A5"), at(tree, "E5")], [at(tree, "C3")], -1)


def test_a_game_says_who_played_it_and_by_which_rules() -> None:
    said = game_message("g", "title", tree_of(TEACHING))
    assert (said.width, said.height, said.rules, said.komi) == (5, 5, "japanese", 0.5)
    assert (said.about["PB"], said.about["PW"]) == ("Shusaku", "Gennan")
    assert len(said.nodes) == 10


def test_the_place_of_a_variation_is_its_own_line() -> None:
    tree = tree_of(TEACHING)
    moves = [at(tree, vertex) for vertex in ("C3", "D2", "B4", "B2")]
    assert Place.of(tree, 7).segment.record == moves
    behind_setup = Place.of(tree, 9)
    assert behind_setup.segment.record == [at(tree, "E1")]
    assert behind_setup.position.color_at(at(tree, "C3")) == 0


@pytest.mark.parametrize("path", [*GAMES, *sorted(CASES.glob("*.sgf"))], ids=lambda path: path.stem)
def test_nothing_of_a_file_is_lost(path: Path) -> None:
    for tree in RecordTree.read_all(path.read_bytes()):
        assert isinstance(tree, RecordTree)
        again = tree_of(tree.as_sgf().decode())
        assert plain(again) == plain(tree)
        assert [node_message(again, n) for n in again.numbers] == [node_message(tree, n) for n in tree.numbers]


@pytest.mark.parametrize("path", [*GAMES[:4], *sorted(CASES.glob("*.sgf"))], ids=lambda path: path.stem)
def test_the_main_line_is_told_at_once_as_node_by_node(path: Path) -> None:
    for tree in RecordTree.read_all(path.read_bytes()):
        assert isinstance(tree, RecordTree)
        assert main_places(tree) == [(number, Place.of(tree, number)) for number, _ in main_places(tree)]


def test_behind_an_illegal_move_the_stones_stand_as_the_record_has_them() -> None:
    tree = tree_of("(;SZ[3]RU[Chinese];B[bb];W[bb];B[aa];W[cc])")
    place = Place.of(tree, 4)
    assert place.illegal == "move 2 is illegal: white B2: occupied"
    assert (place.segment.record, place.segment.spec["to_play"]) == ([], "black")
    assert place.segment.spec["white"] == [at(tree, "B2"), at(tree, "C1")]
    assert node_message(tree, 2).illegal == place.illegal


def test_a_handicap_that_no_stone_shows_is_on_the_board() -> None:
    tree = tree_of("(;SZ[9]HA[2];W[ee])")
    assert sorted(node_message(tree, 0).black) == sorted([at(tree, "G7"), at(tree, "C3")])
    assert Place.of(tree, 0).position.to_play == -1


def test_a_move_that_is_there_is_not_added_again() -> None:
    tree = tree_of(TEACHING)
    assert tree.add_move(1, -1, at(tree, "B4")) == 2
    new = tree.add_move(1, -1, at(tree, "A1"))
    assert tree.children(1) == [2, 4, 8, new]
    assert tree.node(new).properties == {"W": ["ae"]}


def test_deleting_takes_all_below_and_numbers_stay() -> None:
    tree = tree_of(TEACHING)
    assert sorted(tree.delete(4)) == [4, 5, 6, 7]
    assert tree.numbers == [0, 1, 2, 3, 8, 9]
    assert tree.add_move(3, -1, 0) == 10


def test_promoting_makes_another_main_line() -> None:
    tree = tree_of(TEACHING)
    assert tree.promote(4) == 1
    assert tree.main_line() == [0, 1, 4, 5, 6]


def test_comments_and_marks_are_written_as_sgf_has_them() -> None:
    tree = tree_of("(;SZ[5])")
    tree.comment(0, "a ] and a \\")
    tree.mark(0, "LB", [0, 1])
    tree.mark(0, "SQ", [2])
    tree.mark(0, "TR", [2, 3])
    assert tree.node(0).properties["C"] == ["a \\] and a \\\\"]
    assert tree.node(0).properties["LB"] == ["aa:A", "ba:B"]
    assert "SQ" not in tree.node(0).properties
    assert tree.node(0).properties["TR"] == ["ca", "da"]
    tree.mark(0, "LB", [0])
    tree.mark(0, "TR", [2, 3])
    tree.comment(0, "")
    assert tree.node(0).properties == {"SZ": ["5"], "LB": ["ba:B"]}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (lambda tree: tree.delete(0), "the first node cannot be deleted"),
        (lambda tree: tree.promote(0), "the first node has no siblings"),
        (lambda tree: tree.node(99), "there is no node 99"),
        (lambda tree: tree.mark(0, "XX", [0]), "there is no mark 'XX'"),
    ],
)
def test_what_cannot_be_is_told(what: object, said: str) -> None:
    with pytest.raises(BadEdit, match=said):
        what(tree_of(TEACHING))  # type: ignore[operator]


def test_a_new_game_says_its_rules() -> None:
    spec = {"size": 9, "komi": 6.5, "rules": "japanese", "black": [20, 60], "to_play": "white"}
    tree = RecordTree.new(spec, {"PB": "a [person]"})
    again = tree_of(tree.as_sgf().decode())
    assert again.game.game.spec() == tree.game.game.spec()
    assert (again.game.game.komi, game_message("g", "", again).rules) == (6.5, "japanese")
    assert game_message("g", "", again).about["PB"] == "a [person]"


def test_what_is_no_go_is_refused() -> None:
    with pytest.raises(SgfError):
        RecordTree.read_all(b"no record")
