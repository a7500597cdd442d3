"""What encoding a record is in. ``CA`` is a hint: it is missing, or wrong, in many files.

A text is decoded in every encoding that records come in, and each outcome gets a plausibility: characters that are
frequent in records count for it, those that are rare, or no characters at all, against it. ``CA`` adds to that of its
own. Measured on players' names that the tables of frequent characters were not made with: of 150 files with one name 4
came out wrong, of 150 with two names none.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from functools import lru_cache

from games.go.sgf.frequent import JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL

UTF_8, GB, SHIFT_JIS, KOREAN_949, BIG5, EUC_JP, LATIN = (
    "utf-8", "gb18030", "cp932", "cp949", "cp950", "euc_jp", "cp1252"
)  # fmt: skip
ALIASES = {
    "gb2312": GB, "gbk": GB, "cp936": GB, "euc_cn": GB, "euccn": GB, "hz": GB,
    "shift_jis": SHIFT_JIS, "shiftjis": SHIFT_JIS, "sjis": SHIFT_JIS, "windows_31j": SHIFT_JIS, "ms932": SHIFT_JIS,
    "euc_kr": KOREAN_949, "euckr": KOREAN_949, "uhc": KOREAN_949, "ks_c_5601_1987": KOREAN_949, "johab": "johab",
    "big5": BIG5, "big5_hkscs": "big5hkscs", "eucjp": EUC_JP, "utf8mb4": UTF_8, "unicode": UTF_8,
    "ascii": LATIN, "us_ascii": LATIN, "iso8859_1": LATIN, "latin_1": LATIN, "latin1": LATIN, "ansi": LATIN,
}  # fmt: skip
"""Names of ``CA``, and of Python's codecs, to the encoding that holds theirs whole."""

SHOWN = {
    UTF_8: "UTF-8", GB: "GB18030", SHIFT_JIS: "Shift_JIS", KOREAN_949: "EUC-KR", BIG5: "Big5", EUC_JP: "EUC-JP",
    LATIN: "Latin-1",
}  # fmt: skip
"""Their names for people."""

_PRIOR = {GB: 0.3, SHIFT_JIS: 0.25, KOREAN_949: 0.2, BIG5: 0.15, EUC_JP: 0.1, LATIN: 0.0}
"""How much more often records are in one than in another, where nothing else tells."""
_DECLARED = 2.0
_UTF_8, _FREQUENT, _WRONG, _NOT_AT_ALL = 6.0, 4.0, -3.0, -8.0
_SAMPLE = 4000
"""Characters beyond ASCII that are looked at."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_CA = re.compile(rb"(?<![A-Za-z])CA\s*\[\s*([A-Za-z0-9_.:\- ]{1,40}?)\s*\]")
_MARKS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_WIDE = (("utf-16-le", re.compile(rb"\((?:\0\s)*\0;\0")), ("utf-16-be", re.compile(rb"\0\((?:\0\s)*\0;")))


def declared(data: bytes) -> str | None:
    """The encoding that ``CA`` names, as this program calls it; None where there is none that is known."""
    found = _CA.search(data)
    return known_as(found[1].decode("ascii")) if found else None


def known_as(name: str) -> str | None:
    """The encoding of a name, as this program calls it; None for a name that is none."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower().removeprefix("x-")).strip("_")
    if plain in ALIASES:
        return ALIASES[plain]
    try:
        codec = codecs.lookup(plain)
    except LookupError:
        return None
    found = re.sub(r"[^a-z0-9]+", "_", codec.name.lower())
    is_text = getattr(codec, "_is_text_encoding", True)
    return ALIASES.get(found, codec.name) if is_text and not found.startswith(("utf_16", "utf_32")) else None


def marked(data: bytes) -> tuple[str, int] | None:
    """The encoding that the first bytes tell of, and how many of them only do that; None where they do not."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding, len(mark)
    for encoding, begin in _WIDE:
        if any(found.start() % 2 == 0 for found in begin.finditer(data)):
            return encoding, 0
    if b"\x1b$" in data and data.isascii():
        return "iso2022_jp_ext", 0
    return None


def candidates(data: bytes) -> list[str]:
    """The encodings that a text without a mark may be in."""
    if data.isascii():
        return ["hz", UTF_8] if b"~{" in data and b"~}" in data else [UTF_8]
    named = declared(data)
    known = [UTF_8, *_PRIOR]
    return known if named is None or named in known else [*known, named]


def plausibility(text: str, encoding: str, named: str | None) -> float:
    """How much ``text`` looks like one that ``encoding`` was right for; 0 is neither. ``named``: what ``CA`` says."""
    found = _runs(text)
    if not found:
        return 0.0
    scores = _latin(found) if encoding == LATIN else [_score(one, encoding) for run, _ in found for one in run]
    among_letters = all(has_letters_beside for _, has_letters_beside in found)
    doubtful = encoding == UTF_8 and _is_below(found, 0x800) and not among_letters
    mean = _two_bytes_each(scores) if doubtful else sum(scores) / len(scores)
    return mean + _PRIOR.get(encoding, 0.0) + (_DECLARED if encoding == named else 0.0)


def _two_bytes_each(scores: Sequence[float]) -> float:
    """A few pairs of bytes that are UTF-8 may be Chinese as well; whole words of letters are not."""
    lowest = min(scores)
    return min(lowest, 3.0) if lowest < _UTF_8 or len(scores) < 3 else lowest


def _is_below(runs: Sequence[tuple[str, bool]], code: int) -> bool:
    return all(one < chr(code) for run, _ in runs for one in run)


def _runs(text: str) -> list[tuple[str, bool]]:
    """The runs of characters beyond ASCII, and whether a letter of ASCII stands beside each."""
    runs: list[tuple[str, bool]] = []
    count = 0
    for found in _BEYOND_ASCII.finditer(text):
        beside = text[max(0, found.start() - 1) : found.start()] + text[found.end() : found.end() + 1]
        runs.append((found[0][: _SAMPLE - count], any(letter.isalpha() for letter in beside)))
        count += len(found[0])
        if count >= _SAMPLE:
            break
    return runs


def _latin(runs: Sequence[tuple[str, bool]]) -> list[float]:
    """Letters with accents stand alone, or by twos, among those without."""
    scores = []
    for run, has_letters_beside in runs:
        letters = sum(one.isalpha() for one in run)
        if len(run) > 2 or run.startswith("\ufffd"):
            score = _WRONG
        elif len(run) == letters:
            score = (2.5 if len(run) == 1 else 0.5) if has_letters_beside else -1.0
        else:
            is_a_mark = len(run) == 1 and run in "’‘“”–—…°«»·½•´"
            score = (2.0 if has_letters_beside else 0.5) if is_a_mark else -1.0
        scores += [score] * len(run)
    return scores


@lru_cache(maxsize=20_000)
def _score(one: str, encoding: str) -> float:
    """What a character says for its encoding."""
    code = ord(one)
    if code == 0xFFFD or 0xE000 <= code < 0xF900 or 0x80 <= code < 0xA0 or code >= 0xF0000:
        return _NOT_AT_ALL
    if encoding == UTF_8:
        return _UTF_8 if code < 0x250 or 0x370 <= code < 0x530 or code >= 0x800 else 0.5
    if encoding not in _LANGUAGES:
        return 1.0 if one.isalpha() else -1.0
    frequent, level_codec, rare_from = _LANGUAGES[encoding]
    if one in frequent:
        return _FREQUENT
    if 0x3041 <= code <= 0x30FE:
        return 3.0 if encoding in (SHIFT_JIS, EUC_JP) else -2.0
    if 0xAC00 <= code <= 0xD7A3:
        return 0.7 if encoding == KOREAN_949 else _WRONG
    if 0x3000 <= code <= 0x303F or 0xFF01 <= code <= 0xFF5E or code in (0x2460, 0xB7, 0x2014, 0x2026):
        return 0.5
    if 0xFF61 <= code <= 0xFF9F:
        return -2.0
    if 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF:
        return _score_of_ideograph(one, encoding, level_codec, rare_from)
    return _WRONG


def _score_of_ideograph(one: str, encoding: str, level_codec: str, rare_from: int) -> float:
    if encoding == KOREAN_949:
        return -0.5
    try:
        first = one.encode(level_codec)[0]
    except UnicodeEncodeError:
        return 1.0 if encoding == GB and one in TRADITIONAL else -2.0
    return 1.0 if first < rare_from else -1.0


_LANGUAGES = {
    GB: (SIMPLIFIED, "gb2312", 0xD8),
    SHIFT_JIS: (JAPANESE, "euc_jp", 0xD0),
    KOREAN_949: (KOREAN, "euc_kr", 0xC9),
    BIG5: (TRADITIONAL, "big5", 0xC9),
    EUC_JP: (JAPANESE, "euc_jp", 0xD0),
}
"""Of each encoding: what is frequent in it, and from which first byte on of which other one its ideographs are rare."""
