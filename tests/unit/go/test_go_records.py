"""SGF, rules and coordinates: what a user writes, and the one line that he gets when it makes no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from games.game import GameError
from games.go import coords, rules, sgf
from games.go.game import Go
from games.go.handicap import fixed_handicap
from games.go.position import Position

GAMES = sorted((Path(__file__).parent / "games").glob("*.sgf"))


@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_real_games_end_with_the_score_that_they_name(path: Path) -> None:
    record = sgf.read(path)
    position = Position(record.game, record.record)
    assert record.info["black"] in path.name
    if record.info["result"].endswith("R") or path.stem == "2-3-13x13-gnugo-katago":
        return  # resigned, or ended with stones on the board that the players held for dead
    assert position.is_over
    assert position.lead() == {"B": 1, "W": -1, "0": 0}[record.info["result"][0]] * float(
        record.info["result"][2:] or "0"
    )


READ: dict[str, tuple[bytes, dict[str, Any], list[int]]] = {
    "nothing but a tree": (b"(;)", {"size": 19, "komi": 7.5, "rules": "chinese"}, []),
    "rectangular": (b"(;SZ[7:5];B[ga];W[ge])", {"size": [7, 5]}, [6, 34]),
    "komi and rules": (b"(;SZ[9]KM[6.5]RU[Japanese])", {"komi": 6.5, "rules": "japanese"}, []),
    "rules in words": (b"(;RU[New Zealand])", {"rules": "new-zealand", "komi": 7.5}, []),
    "unknown rules": (b"(;RU[house rules])", {"rules": "chinese"}, []),
    "no komi under japanese rules": (b"(;RU[jp])", {"komi": 6.5}, []),
    "komi counted in stones": (b"(;KM[375])", {"komi": 7.5}, []),
    "passes": (b"(;SZ[9];B[];W[tt])", {}, [81, 81]),
    "set-up stones": (
        b"(;SZ[9]AB[aa][ca]AW[ba:bc];W[cc])",
        {"black": [0, 2], "white": [1, 10, 19], "to_play": "white"},
        [20],
    ),
    "set-up over several nodes, one taken away": (
        b"(;SZ[9];AB[aa][bb];AE[bb];B[bb])",
        {"black": [0], "to_play": "black"},
        [10],
    ),
    "handicap": (b"(;SZ[9]HA[2]AB[cg][gc];W[aa])", {"black": [24, 56], "komi": 0.5, "to_play": "white"}, [0]),
    "handicap without stones": (b"(;SZ[9]HA[2];W[aa])", {"black": [24, 56], "to_play": "white"}, [0]),
    "handicap played by black": (
        b"(;SZ[9]HA[2]KM[0.5];B[aa];B[bb];W[cc])",
        {"black": [], "to_play": "black"},
        [0, 82, 10, 20],
    ),
    "white begins": (b"(;SZ[9]PL[W];W[aa])", {"to_play": "white"}, [0]),
    "white begins without saying": (b"(;SZ[9];W[aa])", {"to_play": "white"}, [0]),
    "twice running": (b"(;SZ[9];B[aa];B[bb];W[cc])", {}, [0, 82, 10, 20]),
    "the main line": (b"(;SZ[9];B[aa](;W[bb];B[cc])(;W[dd]))", {}, [0, 10, 20]),
    "text before the game": (b"a mail\n\n(;SZ[9];B[aa])", {}, [0]),
    "another encoding": ("(;CA[latin-1]SZ[9]PB[Jos\xe9])".encode("latin-1"), {}, []),
}


@pytest.mark.parametrize("name", READ)
def test_reading(name: str) -> None:
    data, expected, record = READ[name]
    read = sgf.parse(data)
    assert {key: read.spec[key] for key in expected} == expected
    assert read.record == record
    assert isinstance(read.game, Go)


def test_what_a_file_says_of_the_players() -> None:
    read = sgf.parse("(;CA[latin-1]PB[José\n]PW[B \\] C]RE[W+R]KM[375])".encode("latin-1"))
    assert read.info == {"black": "José", "white": "B ] C", "result": "W+R"}
    assert read.notes == ["komi 375 read as 7.5"]


BROKEN = {
    "nothing": (b"", "no SGF"),
    "something else": (b"hello", "no SGF"),
    "chess": (b"(;GM[3])", "not Go"),
    "too large": (b"(;SZ[25])", "size 25 is not supported"),
    "no size": (b"(;SZ[big])", "size 'big' makes no sense"),
    "of another kind in a collection": (b"(;GM[2])(;B[aa])", "a game of kind 2, not Go"),
    "set up dead": (b"(;SZ[9]AB[aa]AW[ab][ba])", "no liberty"),
}

NOTED = {
    "cut off": (b"(;SZ[9];W[bb];B[aa", [10], "cut off inside the value of B behind 1 move"),
    "without an end": (b"(;SZ[9];B[aa]", [0], "ends without its closing parenthesis"),
    "komi": (b"(;KM[much])", [], "komi 'much' is no number; 7.5 is taken"),
    "komi without a number": (b"(;KM[nan])", [], "komi 'nan' is no number"),
    "off the board": (
        b"(;SZ[9];B[aa];W[jj];B[bb])",
        [0],
        "move 2 (white) is none: SGF point 'jj' lies outside the 9×9",
    ),
    "no point": (b"(;SZ[9];B[abc])", [], "move 1 (black) is none: 'abc' is no SGF point; no move is kept, 1 move is"),
    "occupied": (b"(;SZ[9];B[aa];W[aa])", [0], "move 2 is illegal: white A9: occupied; the move before it is kept"),
    "suicide": (b"(;SZ[9]AW[ab][ba];B[aa])", [], "move 1 is illegal: black A9: suicide"),
    "ko": (
        b"(;SZ[9];B[dc];W[ec];B[cd];W[fd];B[de];W[ee];B[ed];W[dd];B[ed];W[ed];B[gg])",
        [21, 22, 29, 32, 39, 40, 31, 30],
        "move 9 is illegal: black E6: ko; the 8 moves before it are kept, 3 moves are left out",
    ),
    "superko": (
        b"(;SZ[3]RU[Tromp-Taylor];B[ab];W[bb];B[bc];W[ba];B[aa];W[ac];B[ab])",
        [3, 4, 7, 1, 0, 6],
        "move 7 is illegal: black A2: superko",
    ),
    "superko where it is legal": (
        b"(;SZ[3]RU[Chinese];B[ab];W[bb];B[bc];W[ba];B[aa];W[ac];B[ab])",
        [3, 4, 7, 1, 0, 6, 3],
        None,
    ),
    "suicide of many": (b"(;SZ[5]RU[Chinese]AW[ca][cb][bc][ac]AB[aa][ba][ab];B[bb])", [], "black B4: suicide"),
    "suicide where it is legal": (b"(;SZ[5]RU[NZ]AW[ca][cb][bc][ac]AB[aa][ba][ab];B[bb])", [6], None),
    "nobody to play": (b"(;PL[green])", [], "player to move 'green' is neither black nor white"),
    "handicap": (b"(;HA[many])", [], "handicap 'many' is no number of stones"),
    "too much handicap": (b"(;SZ[9]HA[12])", [], "no fixed points for it on 9×9: none are put"),
    "no point of a stone": (b"(;SZ[9]AB[zz][aa];W[bb])", [10], "a set-up stone is left out: SGF point 'zz'"),
    "moves behind the end": (
        b"(;SZ[9];B[aa]);W[bb];B[cc])",
        [0],
        "2 moves are left out, behind the closing parenthesis",
    ),
    "no main line": (
        b"(;SZ[9](;C[a])(;B[aa];W[bb]))",
        [],
        "the main line has no moves; 2 moves are left out in other variations",
    ),
    "a collection": (b"(;SZ[9];B[aa])(;SZ[9];B[bb])", [0], "the first of 2 games in the file"),
}


@pytest.mark.parametrize("name", NOTED)
def test_what_is_left_out_is_noted(name: str) -> None:
    data, record, note = NOTED[name]
    read = sgf.parse(data)
    assert read.record == record
    assert (note is None and read.notes == []) or any(note in line for line in read.notes if note is not None)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_get_one_line(name: str, tmp_path: Path) -> None:
    data, complaint = BROKEN[name]
    path = tmp_path / "game.sgf"
    path.write_bytes(data)
    with pytest.raises(sgf.SgfError) as caught:
        sgf.read(path)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_gets_one_line(tmp_path: Path) -> None:
    with pytest.raises(sgf.SgfError, match=r"cannot read .*No such file"):
        sgf.read(tmp_path / "none.sgf")
    with pytest.raises(sgf.SgfError, match=r"cannot read .*directory"):
        sgf.read(tmp_path)


RULES = {
    # name: (ko, scoring, tax, suicide, button, bonus)
    "tromp-taylor": ("POSITIONAL", "AREA", "NONE", True, False, "0"),
    "chinese": ("SIMPLE", "AREA", "NONE", False, False, "N"),
    "chinese-ogs": ("POSITIONAL", "AREA", "NONE", False, False, "N"),
    "chinese-kgs": ("POSITIONAL", "AREA", "NONE", False, False, "N"),
    "japanese": ("SIMPLE", "TERRITORY", "SEKI", False, False, "0"),
    "korean": ("SIMPLE", "TERRITORY", "SEKI", False, False, "0"),
    "aga": ("SITUATIONAL", "AREA", "NONE", False, False, "N-1"),
    "bga": ("SITUATIONAL", "AREA", "NONE", False, False, "N-1"),
    "new-zealand": ("SITUATIONAL", "AREA", "NONE", True, False, "0"),
    "stone-scoring": ("SIMPLE", "AREA", "ALL", False, False, "0"),
    "aga-button": ("SITUATIONAL", "AREA", "NONE", False, True, "N-1"),
}


@pytest.mark.parametrize("name", RULES)
def test_named_rules(name: str) -> None:
    known = rules.parse(name)
    assert (known.ko, known.scoring, known.tax, known.suicide, known.hasButton, known.whiteHandicapBonus) == RULES[name]
    assert rules.parse(known.as_dict()) == known
    assert rules.parse(name.upper().replace("-", "_")) == known


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("martian", "unknown rules 'martian'"),
        (7, "rules are a name or options"),
        ({"ko": "SPIGHT"}, "SPIGHT ko rule is not supported"),
        ({"ko": "DOUBLE"}, "ko is one of SIMPLE, POSITIONAL, SITUATIONAL"),
        ({"tax": 3}, "tax is one of"),
        ({"suicide": "yes"}, "suicide is true or false"),
        ({"komi": 7}, "unknown key 'komi' in a set of rules options"),
        ({"hasButton": True, "scoring": "TERRITORY"}, "a button needs area scoring"),
        ({"whiteHandicapBonus": "2N"}, "whiteHandicapBonus is one of 0, N-1, N"),
    ],
)
def test_rules_that_make_no_sense(given: Any, complaint: str) -> None:
    with pytest.raises(GameError, match=complaint):
        rules.parse(given)


def test_explicit_rules_fall_back_on_tromp_taylor() -> None:
    assert rules.parse({}) == rules.parse("tromp-taylor")
    assert rules.parse({"scoring": "territory"}).tax == "SEKI"


@pytest.mark.parametrize(
    ("width", "height", "move", "vertex", "point"),
    [
        (19, 19, 72, "Q16", "pd"),
        (19, 19, 0, "A19", "aa"),
        (19, 19, 360, "T1", "ss"),
        (19, 19, 361, "pass", ""),
        (9, 9, 8, "J9", "ia"),
        (7, 5, 34, "G1", "ge"),
        (5, 7, 34, "E1", "eg"),
    ],
)
def test_coordinates(width: int, height: int, move: int, vertex: str, point: str) -> None:
    assert coords.to_vertex(move, width, height) == vertex
    assert coords.from_vertex(vertex.lower(), width, height) == move
    assert coords.to_sgf(move, width, height) == point
    assert coords.from_sgf(point, width, height) == move
    assert coords.from_sgfmill(coords.to_sgfmill(move, width, height), width, height) == move


@pytest.mark.parametrize("vertex", ["", "I5", "A0", "K1", "A10", "A1x", "5A", "A-1", "A²", "passing"])
def test_what_is_no_vertex_of_a_small_board(vertex: str) -> None:
    with pytest.raises(ValueError, match=r"vertex|outside"):
        coords.from_vertex(vertex, 9, 9)


@pytest.mark.parametrize(
    ("size", "stones", "vertices"),
    [
        (19, 2, "D4 Q16"),
        (19, 5, "D4 Q16 D16 Q4 K10"),
        (19, 6, "D4 Q16 D16 Q4 D10 Q10"),
        (19, 9, "D4 Q16 D16 Q4 D10 Q10 K4 K16 K10"),
        (13, 4, "D4 K10 D10 K4"),
        (9, 3, "C3 G7 C7"),
    ],
)
def test_fixed_handicap(size: int, stones: int, vertices: str) -> None:
    points = fixed_handicap(size, size, stones)
    assert {coords.to_vertex(p, size, size) for p in points} == set(vertices.split())


@pytest.mark.parametrize(
    ("width", "height", "stones", "vertices"),
    [
        (9, 13, 3, "C4 G10 C10"),
        (13, 9, 4, "D3 K7 D7 K3"),
        (9, 13, 5, "C4 G10 C10 G4 E7"),
        (19, 9, 9, "D3 Q7 D7 Q3 D5 Q5 K7 K3 K5"),
        (7, 10, 2, "C3 E8"),
    ],
)
def test_fixed_handicap_of_rectangles(width: int, height: int, stones: int, vertices: str) -> None:
    points = fixed_handicap(width, height, stones)
    assert [coords.to_vertex(p, width, height) for p in points] == vertices.split()


@pytest.mark.parametrize(("width", "height", "stones"), [(9, 12, 5), (7, 9, 5), (6, 9, 2), (9, 13, 10)])
def test_no_fixed_handicap_of_rectangles(width: int, height: int, stones: int) -> None:
    with pytest.raises(GameError, match="no fixed handicap"):
        fixed_handicap(width, height, stones)


@pytest.mark.parametrize(("size", "stones"), [(19, 1), (19, 10), (8, 5), (6, 2)])
def test_no_fixed_handicap(size: int, stones: int) -> None:
    with pytest.raises(GameError, match="no fixed handicap"):
        fixed_handicap(size, size, stones)


def test_a_specification_comes_back() -> None:
    spec = {"size": [7, 5], "komi": 6.5, "rules": "aga", "black": [3], "white": [4], "to_play": "white"}
    game = Go.from_spec(spec)
    assert Go.from_spec(game.spec()).spec() == game.spec()
