"""Records in any encoding: names come out right, and no move is lost, whatever bytes look like brackets."""

from __future__ import annotations

import codecs
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from games.go import sgf

JAPANESE, CHINESE, TRADITIONAL, KOREAN = (
    ("黒番表", "白番"),
    ("柯洁", "李昌鎬"),
    ("周俊勳", "許功蓋"),
    ("이세돌", "박정환"),
)
ASCII = ("Black", "White")

WITHOUT_CA = {
    "Shift-JIS": (JAPANESE, "cp932"),
    "Shift-JIS, second bytes are brackets": (("ソ能予十", "構貼暴表"), "cp932"),
    "EUC-JP": (("井山裕太", "張栩"), "euc_jp"),
    "ISO-2022-JP": (("井山裕太", "一力遼"), "iso2022_jp"),
    "GBK": (("柯洁", "古力"), "gbk"),
    "GB18030": (("芈昱廷", "於之莹"), "gb18030"),
    "HZ": (("柯洁", "古力"), "hz"),
    "Big5": (("周俊勳", "林海峰"), "big5"),
    "Big5, second bytes are brackets": (("許功蓋", "黑嘉嘉"), "big5"),
    "EUC-KR": (KOREAN, "euc_kr"),
    "CP949": (("신진서", "변상일"), "cp949"),
    "Latin-1": (("José Müller", "Sørensen"), "latin-1"),
    "UTF-8": (("柯洁", "José"), "utf-8"),
    "UTF-8 of a few letters": (("Zoë", "Bob"), "utf-8"),
    "UTF-8 with a mark": (JAPANESE, "utf-8-sig"),
    "UTF-16 with a mark": (JAPANESE, "utf-16"),
    "UTF-16 LE": (JAPANESE, "utf-16-le"),
    "UTF-16 BE": (KOREAN, "utf-16-be"),
    "UTF-16 BE in ASCII": (ASCII, "utf-16-be"),
    "UTF-32 with a mark": (JAPANESE, "utf-32"),
}


def _file(names: tuple[str, str], before: str = "", comment: str = "") -> str:
    black, white = names
    return f"(;GM[1]{before}SZ[9]PB[{black}]PW[{white}]C[{comment}];B[ee]C[{black}];W[gc]C[{white}];B[cc])"


def _check(data: bytes, names: tuple[str, str]) -> sgf.GameRecord:
    read = sgf.parse(data)
    assert read.record == [40, 24, 20]
    assert (read.info["black"], read.info["white"]) == names
    return read


@pytest.mark.parametrize("name", WITHOUT_CA)
def test_without_ca(name: str) -> None:
    names, encoding = WITHOUT_CA[name]
    _check(_file(names).encode(encoding), names)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_a_mark_counts_for_more_than_ca(mark: bytes) -> None:
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    assert _check(mark + _file(KOREAN, "CA[UTF-8]").encode(encoding), KOREAN).notes == []


@pytest.mark.parametrize(
    ("names", "encoding", "ca"),
    [
        (JAPANESE, "cp932", "Shift_JIS"),
        (JAPANESE, "cp932", "x-sjis"),
        (("井山裕太", "張栩"), "euc_jp", "EUC-JP"),
        (("柯洁", "古力"), "gbk", "GB2312"),
        (("柯洁", "古力"), "gbk", "gbk"),
        (("柯洁", "李昌鎬"), "gb18030", "GB18030"),
        (("許功蓋", "林海峰"), "big5", "Big5"),
        (KOREAN, "euc_kr", "KS_C_5601-1987"),
        (("Ковалев", "Шикшин"), "cp1251", "windows-1251"),
        (("Grüße", "José"), "latin-1", "ISO-8859-1"),
        (("Łukasz", "Ondřej"), "iso8859_2", "ISO-8859-2"),
        (("柯洁", "José"), "utf-8", "utf8"),
    ],
)
def test_a_ca_that_is_right(names: tuple[str, str], encoding: str, ca: str) -> None:
    assert _check(_file(names, f"CA[{ca}]").encode(encoding), names).notes == []


@pytest.mark.parametrize(
    "ca", ["UTF-8", "ISO-8859-1", "GB2312", "Shift_JIS", "Big5", "EUC-KR", "no such thing", "UTF-16", ""]
)
@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (("井山裕太", "趙治勲"), "cp932"),
        (("ソ能予十", "構貼暴表"), "cp932"),
        (("柯洁", "古力"), "gbk"),
        (("周俊勳", "許功蓋"), "big5"),
        (KOREAN, "euc_kr"),
        (("柯洁", "이세돌"), "utf-8"),
        (ASCII, "ascii"),
        (KOREAN, "utf-16"),
    ],
)
def test_a_ca_that_is_wrong(names: tuple[str, str], encoding: str, ca: str) -> None:
    _check(_file(names, f"CA[{ca}]").encode(encoding), names)


def test_what_was_guessed_is_told() -> None:
    assert sgf.parse(_file(KOREAN).encode("euc_kr")).notes == [
        "the file does not say how its text is encoded; it is read as EUC-KR"
    ]
    assert sgf.parse(_file(KOREAN, "CA[UTF-8]").encode("euc_kr")).notes == [
        "the text is read as EUC-KR, though CA says UTF-8"
    ]


@pytest.mark.parametrize("encoding", ["cp932", "big5"])
def test_a_program_that_escapes_bytes_is_understood(encoding: str) -> None:
    """sgfmill, for one, encodes first and escapes then, so that a backslash stands behind the one of a character."""
    names = ("表能構", "予貼") if encoding == "cp932" else ("許功蓋", "林海峰")
    data = _file(names).encode(encoding)
    for name in names:
        bare = name.encode(encoding)
        data = data.replace(bare, bare.replace(b"\\", b"\\\\").replace(b"]", b"\\]"))
    assert data != _file(names).encode(encoding)
    _check(data, names)


def test_one_comment_of_another_encoding_is_no_obstacle() -> None:
    data = "(;CA[UTF-8]SZ[9]PB[柯洁]PW[Bob]".encode() + b"C[caf\xe9];B[ee];W[gc];B[cc])"
    assert _check(data, ("柯洁", "Bob")).notes == ["1 character of the text cannot be read"]


def test_quotation_marks_of_windows_are_no_japanese() -> None:
    data = b"(;SZ[9]PB[a]PW[b]C[Black\x92s \x93move\x94];B[ee];W[gc];B[cc])"
    _check(data, ("a", "b"))
    assert sgf.trees(data)[0].first("C") == "Black’s “move”"


TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=("Cs", "Cn", "Co")), max_size=12
)
ENCODINGS = ["cp932", "gb18030", "big5", "cp949", "euc_jp", "latin-1", "utf-8", "utf-16", "utf-16-be"]


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT, st.sampled_from(ENCODINGS), st.booleans())
def test_no_move_is_lost(name: str, comment: str, encoding: str, has_ca: bool) -> None:
    """In whatever encoding, with and without ``CA``, text of any characters leaves the moves alone."""
    texts = [one.encode(encoding, "ignore").decode(encoding) for one in (name, comment)]
    escaped = [one.replace("\\", "\\\\").replace("]", "\\]") for one in texts]
    ca = f"CA[{encoding}]" if has_ca else ""
    text = f"(;GM[1]{ca}SZ[9]PB[{escaped[0]}]PW[x];B[ee]C[{escaped[1]}];W[gc]N[{escaped[0]}];B[cc]C[{escaped[1]}])"
    read = sgf.parse(text.encode(encoding))
    assert read.record == [40, 24, 20]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_game_or_one_line(data: bytes) -> None:
    for begin in (b"", b"(;SZ[9]", b"(;SZ[9]C["):
        with suppress(sgf.SgfError):
            sgf.parse_all(begin + data)
