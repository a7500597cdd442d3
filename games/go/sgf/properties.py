"""What the properties of a game's nodes say: its size, its rules, points, players, and what the file is from."""

from __future__ import annotations

import json
import re
import unicodedata

from sgfmill import sgf_grammar

from games.game import GameError
from games.go import coords, rules
from games.go.board import MAX_SIZE, MIN_SIZE
from games.go.rules_text import options_of
from games.go.sgf.errors import SgfError
from games.go.sgf.tree import Node

DEFAULT_RULES = "chinese"

_INFO = {"PB": "black", "PW": "white", "BR": "black_rank", "WR": "white_rank", "RE": "result", "DT": "date"}
_INFO |= {"EV": "event", "RO": "round", "PC": "place", "GN": "name"}
_RULE_WORDS = (
    ("new zealand", "new-zealand"), ("nz", "new-zealand"), ("tromp", "tromp-taylor"), ("stone", "stone-scoring"),
    ("goe", "goe"), ("ing", "goe"), ("應氏", "goe"), ("应氏", "goe"), ("aga", "aga"), ("bga", "bga"),
    ("british", "bga"), ("american", "aga"), ("french", "french"), ("chin", "chinese"), ("cn", "chinese"),
    ("中国", "chinese"), ("中國", "chinese"), ("중국", "chinese"), ("数子", "chinese"), ("數子", "chinese"),
    ("area", "chinese"), ("jap", "japanese"), ("jp", "japanese"), ("日本", "japanese"), ("일본", "japanese"),
    ("nihon", "japanese"), ("territory", "japanese"), ("kor", "korean"), ("kr", "korean"), ("韓国", "korean"),
    ("韩国", "korean"), ("韓國", "korean"), ("한국", "korean"),
)  # fmt: skip
"""Words that stand in RU, as files write them, and the rules that they mean; the first that is found counts."""
_VERTEX = re.compile(r"([A-HJ-T])(\d{1,2})")


def text_of(node: Node, name: str) -> str | None:
    """The first value of a property as one line of text, None without it or with nothing in it."""
    value = node.first(name)
    if value is None:
        return None
    plain = sgf_grammar.simpletext_value(value.encode("utf-8", "replace")).decode("utf-8", "replace")
    return "".join(one for one in plain if one.isprintable() or one == "\u3000").strip() or None


def info_of(root: Node) -> dict[str, str]:
    """Players, ranks, result and so on, those that are named."""
    return {word: text for name, word in _INFO.items() if (text := text_of(root, name))}


def size_of(root: Node) -> tuple[int, int]:
    """Width and height. Raises ``SgfError``."""
    text = plain_number(text_of(root, "SZ") or "19")
    sides = re.split(r"[:x×*]", text)
    try:
        numbers = [int(side) for side in sides]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2:
        raise SgfError(f"size {text!r} makes no sense")
    if not all(MIN_SIZE <= n <= MAX_SIZE for n in numbers):
        raise SgfError(f"size {text} is not supported; board sizes go from {MIN_SIZE} to {MAX_SIZE}")
    return numbers[0], numbers[1]


def rules_of(root: Node, notes: list[str]) -> tuple[rules.Rules, bool]:
    """The rules, and whether the file names them."""
    text = text_of(root, "RU")
    if text is None:
        return rules.parse(DEFAULT_RULES), False
    found = _rules(text)
    if found is None:
        notes.append(f"unknown rules {text!r}, read as {DEFAULT_RULES}")
        return rules.parse(DEFAULT_RULES), False
    return found, True


def plain_number(text: str) -> str:
    """Digits as in ASCII, whatever width they had, without space around."""
    for one, apart in (("½", " 1/2"), ("¼", " 1/4"), ("¾", " 3/4")):
        text = text.replace(one, apart)
    return unicodedata.normalize("NFKC", text).strip()


def point_of(value: str, width: int, height: int) -> tuple[int, str | None]:
    """The move of a value of ``B`` or ``W``, and how it was read where that is not as SGF has it.

    Raises ``ValueError`` with one clear line.
    """
    text = "".join(one for one in value if one.isprintable() and not one.isspace()).replace("\\", "")
    try:
        return coords.from_sgf(text, width, height), None
    except ValueError as error:
        if text.lower() == "pass":
            return width * height, None
        if text != text.lower() and (move := _try(coords.from_sgf, text.lower(), width, height)) is not None:
            return move, f"point {text} read as {text.lower()}"
        if _VERTEX.fullmatch(text) and (move := _try(coords.from_vertex, text, width, height)) is not None:
            return move, f"point {text} read as GTP writes it"
        raise error


def points_of(value: str, width: int, height: int) -> list[int]:
    """The points of "aa", or of a rectangle as in "aa:cc". Raises ``ValueError`` with one clear line."""
    first, _, last = value.partition(":")
    begin, _ = point_of(first, width, height)
    end = point_of(last, width, height)[0] if last.strip() else begin
    if max(begin, end) >= width * height:
        raise ValueError(f"{value!r} is no point")
    rows = sorted((begin // width, end // width))
    columns = sorted((begin % width, end % width))
    return [row * width + col for row in range(rows[0], rows[1] + 1) for col in range(columns[0], columns[1] + 1)]


def player_of(node: Node, notes: list[str]) -> int | None:
    """+1 Black, -1 White, as ``PL`` says; None where it says nothing that can be understood."""
    text = text_of(node, "PL")
    if text is None:
        return None
    player = {"b": 1, "w": -1, "1": 1, "2": -1, "黑": 1, "黒": 1, "白": -1}.get(text.lower()[:1])
    if player is None:
        notes.append(f"player to move {text!r} is neither black nor white")
    return player


def _try(read: object, text: str, width: int, height: int) -> int | None:
    assert callable(read)
    try:
        return int(read(text, width, height))
    except ValueError:
        return None


def _rules(text: str) -> rules.Rules | None:
    try:
        return rules.with_komi(json.loads(text) if text.startswith("{") else text)[0]
    except (GameError, ValueError):
        if options_of(text):
            return None
    lower = text.lower().replace("_", " ").replace("-", " ")
    words = re.findall(r"[a-z]+", lower)
    for word, name in _RULE_WORDS:
        if word in lower if len(word) > 3 or not word.isascii() else any(one.startswith(word) for one in words):
            return rules.parse(name)
    return None
