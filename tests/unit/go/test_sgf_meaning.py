"""What properties mean: rules, komi, handicap, and stones that are set up, as servers and programs write them."""

from __future__ import annotations

from typing import Any

import pytest

from games.go import rules, sgf
from games.go.position import Position

FOX, FOX_JAPANESE = "AP[foxwq]RU[Chinese]", "AP[foxwq]RU[Japanese]"

KOMI: dict[str, tuple[str, float, str | None]] = {
    # text: (properties, points, the note)
    "Fox 375": (FOX + "KM[375]", 7.5, "komi 375 read as 7.5"),
    "Fox 350": (FOX + "KM[350]", 7.0, "komi 350 read as 7"),
    "Fox 325": (FOX + "KM[325]", 6.5, "komi 325 read as 6.5"),
    "Fox 650": (FOX + "KM[650]", 6.5, "komi 650 read as 6.5"),
    "Fox 750": (FOX + "KM[750]", 7.5, "komi 750 read as 7.5"),
    "Fox 50": (FOX + "KM[50]", 0.5, "komi 50 read as 0.5"),
    "Fox 0": (FOX + "KM[0]HA[0]", 0.0, None),
    "Fox 0 with a handicap": (FOX + "KM[0]HA[2]AB[cc][gg]", 0.5, "komi 0 read as 0.5"),
    "Fox 0 where Black only begins": (FOX + "KM[0]HA[1]", 0.5, "komi 0 read as 0.5"),
    "Fox, against Black": (FOX + "KM[-350]", -7.0, "komi -350 read as -7"),
    "Fox 7.5": (FOX + "KM[7.5]", 7.5, None),
    "Fox 7": (FOX + "KM[7]", 7.0, None),
    "Fox, behind another program": ("AP[GNU Go:3.8]RU[Chinese]KM[350]AP[foxwq]", 7.0, "komi 350 read as 7"),
    "Fox without rules": ("AP[foxwq:2]KM[350]", 7.0, "komi 350 read as 7"),
    "Fox, Japanese 650": (FOX_JAPANESE + "KM[650]", 6.5, "komi 650 read as 6.5"),
    "Fox, Japanese 350": (FOX_JAPANESE + "KM[350]", 3.5, "komi 350 read as 3.5"),
    "Fox, Korean 650": ("AP[foxwq]RU[Korean]KM[650]", 6.5, "komi 650 read as 6.5"),
    "the server by its place": ("PC[野狐围棋]KM[375]", 7.5, "komi 375 read as 7.5"),
    "Tygem": ("AP[Tygem]RU[Japanese]KM[650]", 6.5, "komi 650 read as 6.5"),
    "nobody's 375": ("KM[375]", 7.5, "komi 375 read as 7.5"),
    "nobody's 0 with a handicap": ("KM[0]HA[2]AB[cc][gg]", 0.0, None),
    "nobody's 50": ("KM[50]", 50.0, None),
    "stones": ("KM[3.75]", 7.5, "komi 3.75 read as 7.5"),
    "stones, by their name": ("KM[3.5子]", 7.0, "komi 3.5子 read as 7"),
    "stones and a fraction": ("KM[3又3/4子]", 7.5, "komi 3又3/4子 read as 7.5"),
    "stones in words": ("KM[三又四分之三子]", 7.5, "read as 7.5"),
    "points in Japanese": ("KM[6.5目]", 6.5, "komi 6.5目 read as 6.5"),
    "points and a half": ("KM[6目半]", 6.5, "komi 6目半 read as 6.5"),
    "points and a half in Korean": ("KM[6집반]", 6.5, "read as 6.5"),
    "a half as one character": ("CA[UTF-8]KM[5½]", 5.5, "read as 5.5"),
    "a comma": ("KM[6,5]", 6.5, None),
    "full width": ("KM[６．５]", 6.5, "read as 6.5"),
    "empty": ("KM[]", 7.5, None),
    "negative": ("KM[-5.5]", -5.5, None),
    "no half": ("KM[6.3]", 6.5, "komi 6.3 read as 6.5"),
    "too large": ("KM[1000000]", 7.5, "komi 1000000 is too large"),
    "endless": ("KM[inf]", 7.5, "komi 'inf' is no number"),
}


@pytest.mark.parametrize("name", KOMI)
def test_komi(name: str) -> None:
    properties, points, note = KOMI[name]
    read = sgf.parse(f"(;{properties})".encode())
    assert read.spec["komi"] == points
    assert [one for one in read.notes if "komi" in one] == ([] if note is None else read.notes[:1])
    assert note is None or note in read.notes[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Japanese", "japanese"),
        ("Japanese rules", "japanese"),
        ("日本", "japanese"),
        ("jp", "japanese"),
        ("Chinese (area)", "chinese"),
        ("中国规则", "chinese"),
        ("CN", "chinese"),
        ("NZ", "new-zealand"),
        ("New Zealand", "new-zealand"),
        ("AGA rules", "aga"),
        ("Ing SST", "goe"),
        ("GOE", "goe"),
        ("한국", "korean"),
        ("Tromp-Taylor", "tromp-taylor"),
        ("koPOSITIONALscoreAREAtaxNONEsui1", "tromp-taylor"),
        ("koSIMPLEscoreTERRITORYtaxSEKIsui0", "japanese"),
    ],
)
def test_rules(text: str, name: str) -> None:
    read = sgf.parse(f"(;RU[{text}])".encode())
    assert (rules.parse(read.spec["rules"]), read.notes) == (rules.parse(name), [])


C7, G7, C3, G3, E5 = 20, 24, 56, 60, 40
SWITCH = 82

HANDICAP: dict[str, tuple[str, list[int], list[int], str | None]] = {
    # name: (text behind SZ[9], black stones, record, the note about the handicap)
    "with stones": ("HA[2]AB[gc][cg];W[ee]", [G7, C3], [E5], None),
    "without stones": ("HA[2];W[ee]", [G7, C3], [E5], "handicap 2 without stones, read as the fixed points"),
    "without stones and moves": ("HA[3]", [C7, G7, C3], [], "read as the fixed points"),
    "White plays on one": ("HA[3];W[cc];B[gc]", [], [C7, G7], "does not go with stones on C3 G7 C7 (move 1)"),
    "Black plays on one, later": ("HA[2];W[ee];B[gc]", [], [E5, G7], "(move 2): none are put"),
    "placed by moves": ("HA[2];B[gc];B[cg];W[ee]", [], [G7, SWITCH, C3, E5], None),
    "others placed by moves": ("HA[3];B[gc];B[cg];W[ee]", [], [G7, SWITCH, C3, E5], "Black begins with 2 moves: those"),
    "Black moves first": ("HA[2];B[gc];W[ee]", [], [G7, E5], "but Black moves first: no stones are put"),
    "another number of stones": ("HA[4]AB[gc][cg];W[ee]", [G7, C3], [E5], "but 2 stones are set up: those count"),
    "stones in a node of their own": ("HA[2];AB[gc];AB[cg];W[ee]", [G7, C3], [E5], None),
    "stones set up, and played": ("HA[2]AB[gc][cg];B[gc];B[cg];W[ee]", [], [G7, SWITCH, C3, E5], "the moves count"),
    "0": ("HA[0];B[ee]", [], [E5], None),
    "1": ("HA[1];B[ee]", [], [E5], None),
    "nothing": ("HA[];B[ee]", [], [E5], None),
    "0 with stones": ("HA[0]AB[gc][cg];W[ee]", [G7, C3], [E5], None),
    "in words": ("HA[2子];W[ee]", [G7, C3], [E5], "read as the fixed points"),
    "too many": ("HA[99];W[ee]", [], [E5], "no fixed points for it"),
    "negative": ("HA[-2];W[ee]", [], [E5], "is no number of stones"),
    "White begins without saying": (";W[ee];B[gc]", [], [E5, G7], None),
}


@pytest.mark.parametrize("name", HANDICAP)
def test_handicap(name: str) -> None:
    text, black, record, note = HANDICAP[name]
    read = sgf.parse(f"(;SZ[9]KM[0.5]{text})".encode())
    assert (read.spec["black"], read.record) == (black, record)
    assert len(read.notes) == (note is not None), read.notes
    assert note is None or note in read.notes[0]
    Position(read.game, read.record)


def _segments(text: str) -> list[tuple[list[int], list[int], str, list[int]]]:
    read = sgf.parse(text.encode())
    return [(one.spec["black"], one.spec["white"], one.spec["to_play"], one.record) for one in read.segments]


SEGMENTS: dict[str, tuple[str, list[tuple[list[int], list[int], str, list[int]]]]] = {
    "stones of all kinds": (
        "(;SZ[9];B[ee];W[ec];AB[gg]AW[cc]AE[ee];B[dd])",
        [([], [], "black", [40, 22]), ([60], [20, 22], "black", [30])],
    ),
    "the same player moves on": (
        "(;SZ[9];B[ee];AW[cc];B[dd])",
        [([], [], "black", [40]), ([40], [20], "black", [30])],
    ),
    "over several nodes": (
        "(;SZ[9];B[ee];AW[cc];AW[dd];AE[dd];W[gg])",
        [([], [], "black", [40]), ([40], [20], "white", [60])],
    ),
    "beside a move": (
        "(;SZ[9];B[ee];AB[aa]W[dd];B[gg])",
        [([], [], "black", [40]), ([0, 40], [], "white", [30, 60])],
    ),
    "who moves, and no more moves": (
        "(;SZ[9];B[ee];AW[cc]PL[B])",
        [([], [], "black", [40]), ([40], [20], "black", [])],
    ),
    "no more moves": ("(;SZ[9];B[ee];AW[cc])", [([], [], "black", [40]), ([40], [20], "white", [])]),
    "twice": (
        "(;SZ[9];B[aa];AW[cc];W[bb];AE[aa];B[ee])",
        [([], [], "black", [0]), ([0], [20], "white", [10]), ([], [10, 20], "black", [40])],
    ),
    "what stands there already": ("(;SZ[9];B[aa];AB[aa]AE[bb];W[cc])", [([], [], "black", [0, 20])]),
    "captured stones taken away once more": (
        "(;SZ[9]AW[aa]AB[ba];B[ab]AE[aa];W[cc])",
        [([1], [0], "black", [9, 20])],
    ),
    "only who moves": ("(;SZ[9];B[aa];PL[B];B[bb])", [([], [], "black", [0, 82, 10])]),
    "only who moves, at the end": ("(;SZ[9];B[aa];PL[B])", [([], [], "black", [0, 82])]),
    "stones behind a game without moves": ("(;SZ[9];AB[aa];AW[bb];PL[W])", [([0], [10], "white", [])]),
    "a chain without liberties": ("(;SZ[9];B[aa];AW[ab][ba];W[cc])", [([], [], "black", [0])]),
}


@pytest.mark.parametrize("name", SEGMENTS)
def test_stones_set_up_behind_a_move(name: str) -> None:
    text, segments = SEGMENTS[name]
    assert _segments(text) == segments


def test_ko_does_not_reach_across() -> None:
    ko = "(;SZ[9];B[dc];W[ec];B[cd];W[fd];B[de];W[ee];B[ed];W[dd]%s;B[ed])"
    assert "illegal" in sgf.parse((ko % "").encode()).notes[0]
    read = sgf.parse((ko % ";AB[aa]").encode())
    assert [len(one.record) for one in read.segments] == [8, 1]
    assert read.notes == ["stones are set up behind move 8: the game goes on from there, without what came before"]


def test_an_illegal_move_behind_set_up_stones_keeps_its_number() -> None:
    read = sgf.parse(b"(;SZ[9];B[aa];W[bb];AB[cc];B[dd];W[cc];B[ee])")
    assert [one.record for one in read.segments] == [[0, 10], [30]]
    assert read.notes[-1].startswith(
        "move 4 is illegal: white C7: occupied; the 3 moves before it are kept, 2 moves are"
    )


def test_stones_that_cannot_stand_there_end_the_record() -> None:
    read = sgf.parse(b"(;SZ[9];B[aa];AW[ab][ba];W[cc])")
    assert read.notes == [
        "stones that are set up behind move 1 cannot stand there: a set-up chain has no liberty; "
        "the 1 moves before it are kept, 1 move is left out".replace(
            "the 1 moves before it are", "the move before it is"
        )
    ]


@pytest.mark.parametrize(
    ("about", "komi"),
    [
        # White's stone at A9 is captured before: a prisoner where those count
        ("RU[Japanese]KM[6.5]AW[aa]AB[ba]", 5.5),
        ("RU[Chinese]KM[7.5]AW[aa]AB[ba]", 7.5),
        # three points of White's for the handicap, Black's own first stone among it, which no longer looks like one
        ("RU[Chinese]KM[0.5]HA[2]AB[ee][ba]PL[B]", 3.5),
    ],
)
def test_what_was_earned_before_counts_on(about: str, komi: float) -> None:
    read = sgf.parse(f"(;SZ[9]{about};B[ab];AW[gg];B[gc])".encode())
    assert read.later[0].spec["komi"] == komi
    score: Any = Position(read.segments[-1].game, read.segments[-1].record).lead
    assert callable(score)
