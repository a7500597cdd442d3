"""The structure of SGF as people's programs write it: mended where its meaning is plain, and told."""

from __future__ import annotations

import pytest

from games.go import sgf
from games.go.sgf.tree import all_nodes, main_line, parse, serialise

AA, BB, CC, SWITCH = 0, 10, 20, 82

READ: dict[str, tuple[str, list[int], str | None]] = {
    # name: (text, record on 9×9, what its one note says)
    "no semicolon before the first node": ("(SZ[9];B[aa];W[bb])", [AA, BB], None),
    "no semicolon before moves": ("(;SZ[9]B[aa]W[bb]B[cc])", [AA, BB, CC], "2 moves stand in a node with another one"),
    "no semicolon in a variation": ("(;SZ[9](B[aa];W[bb])(;B[cc]))", [AA, BB], None),
    "no parenthesis at all": (";SZ[9];B[aa];W[bb]", [AA, BB], "ends without its closing parenthesis"),
    "no parenthesis at the end": ("(;SZ[9];B[aa](;W[bb];B[cc]", [AA, BB, CC], "ends without its closing parenthesis"),
    "too many parentheses": ("(((;SZ[9];B[aa];W[bb])))", [AA, BB], None),
    "text before and behind": ("From: me\nsmile (;-)\n\n(;SZ[9];B[aa];W[bb])\n--\nbye", [AA, BB], None),
    "empty nodes": ("(;;SZ[9];;B[aa];;;W[bb];)", [AA, BB], None),
    "an empty root": ("(;(;GM[1]SZ[9]PB[x];B[aa];W[bb]))", [AA, BB], None),
    "moves in the root": ("(;SZ[9]B[aa];W[bb])", [AA, BB], None),
    "two colours in one node": ("(;SZ[9];B[aa]W[bb];B[cc])", [AA, BB, CC], "1 move stands in a node with another one"),
    "two points in one property": ("(;SZ[9];B[aa][bb];W[cc])", [AA, SWITCH, BB, CC], "1 move stands in a node"),
    "the same move twice": ("(;SZ[9];B[aa]B[aa];W[bb])", [AA, BB], None),
    "variations": ("(;SZ[9];B[aa](;W[bb](;B[cc])(;B[dd]))(;W[ee]))", [AA, BB, CC], None),
    "long names": ("(;GaMe[1]SiZe[9];Black[aa];White[bb])", [AA, BB], None),
    "names in lower case": ("(;sz[9];b[aa];w[bb])", [AA, BB], None),
    "long names in capitals": ("(;SIZE[9];BLACK[aa];WHITE[bb])", [AA, BB], None),
    "space everywhere": ("( ; SZ [ 9 ] ; B [ a\na ] ; \t W\r\n[bb ] )", [AA, BB], None),
    "line ends of every kind": ("(;SZ[9]\r;B[aa]\r\n;W[bb]\n\r)", [AA, BB], None),
    "control characters": ("\x00(;\x01SZ[9]\x00;B[a\x02a]\x1b;W[bb]\x1a)\x00\x1a", [AA, BB], None),
    "points in capitals": ("(;SZ[9];B[AA];W[bb])", [AA, BB], "point AA read as aa"),
    "points as GTP has them": ("(;SZ[9];B[A9];W[bb])", [AA, BB], "point A9 read as GTP writes it"),
    "passes of every kind": ("(;SZ[9];B[];W[tt];B[pass];W[bb])", [81, 81, 81, BB], None),
    "junk between properties": (
        "(;SZ[9];B[aa], and then ;W[bb])",
        [AA, BB],
        "10 characters are skipped between properties",
    ),
    "escaped brackets": (r"(;SZ[9]C[a \] b \\];B[aa];W[bb])", [AA, BB], None),
    "a snippet of SGF in a comment": (r"(;SZ[9]C[see (;B[ee\];W[gg\])];B[aa];W[bb])", [AA, BB], None),
    "brackets that are not escaped": ("(;SZ[9]C[see [1] and [2] here];B[aa];W[bb])", [AA, BB], "brackets of 1 value"),
    "a bracket that is missing": ("(;SZ[9]C[hello;B[aa];W[bb])", [AA, BB], "brackets of 1 value are missing"),
    "a bracket of a move that is missing": ("(;SZ[9];B[aa;W[bb];B[cc])", [AA, BB, CC], "brackets of 1 value"),
    "a folder's backslash before the end": ("(;SZ[9]PC[C:\\games\\];B[aa];W[bb])", [AA, BB], "wrongly escaped"),
    "the same, before another property": ("(;SZ[9]PC[C:\\]RE[B+R];B[aa];W[bb])", [AA, BB], "wrongly escaped"),
    "cut off in a comment": (
        "(;SZ[9];B[aa];W[bb]C[what a mo",
        [AA, BB],
        "cut off inside the value of C behind 2 moves",
    ),
    "a square with two sides": ("(;SZ[9:9];B[aa];W[bb])", [AA, BB], None),
    "a size in full width": ("(;SZ[９];B[aa];W[bb])", [AA, BB], None),
}


@pytest.mark.parametrize("name", READ)
def test_reading(name: str) -> None:
    text, record, note = READ[name]
    read = sgf.parse(text.encode())
    assert (read.spec["size"], read.record) == (9, record)
    assert len(read.notes) == (note is not None), read.notes
    assert note is None or note in read.notes[0]


@pytest.mark.parametrize("name", READ)
def test_what_was_mended_is_written_sound(name: str) -> None:
    text, record, _ = READ[name]
    mended = sgf.parse(serialise(parse(text)[0].root).encode())
    assert mended.record == record
    assert not [note for note in mended.notes if "point" not in note]


def test_every_game_of_a_collection_is_read() -> None:
    games = sgf.parse_all(b"a (;SZ[9];B[aa]) b (;GM[3];B[aa]) (;SZ[9];B[bb]) c")
    assert [one.record if isinstance(one, sgf.GameRecord) else str(one) for one in games] == [
        [AA], "a game of kind 3, not Go", [BB]
    ]  # fmt: skip


def test_what_is_no_record_is_told_in_one_line() -> None:
    for data in (
        b"",
        b"hello",
        b"\\HS\r\n\\[GAMEINFOMAIN=GBKIND:3\\]\r\n\\HE\r\nSTO 0 2 1 15 3",
        b"(((((",
        b"\xff\xfe",
    ):
        with pytest.raises(sgf.SgfError, match="no SGF"):
            sgf.parse(data)


def test_a_game_of_very_many_variations_and_moves_is_walked() -> None:
    depth = 20_000
    (tree,) = parse("(;SZ[9]" + "(;B[aa]C[x]" * depth + ")" * depth + ")")
    assert sum(1 for _ in all_nodes(tree.root)) == len(main_line(tree.root)) == depth + 1
    assert parse(serialise(tree.root))[0].problems == []


@pytest.mark.parametrize("piece", ["]", "x]", "C[", "C[a]x", " ", "\\]", "(", "(;", ";B[aa", "[", "a", "A[] ", "C[[]"])
def test_junk_takes_no_time_to_speak_of(piece: str) -> None:
    """Of 300 kB; what needed the square of it would take minutes, and the timeout."""
    parse("(;SZ[9]C[" + piece * (300_000 // len(piece)))
