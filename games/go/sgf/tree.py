"""SGF text as trees of nodes, and back. What people's files have wrong is mended here where its meaning is plain.

Mended: nodes without a semicolon, parentheses that are missing, brackets of values that are missing, escaped by mistake
or not escaped, several moves in one node, property names in lower case or long, as FF[1] to FF[3] have them. Whatever
is mended or left out is told, one line each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from games.go.sgf.errors import counted

MOVES = ("B", "W")
SET_UP = ("AB", "AW", "AE")

_NAME = r"[A-Za-z][A-Za-z0-9]{0,63}"
_GAME = re.compile(rf"\(\s*(?:;\s*(?:{_NAME}\s*\[|[;()]|\Z)|{_NAME}\s*\[)")
_GAME_WITHOUT_PARENTHESIS = re.compile(rf";\s*{_NAME}\s*\[")
_TOKEN = re.compile(rf"\s*(?:(?P<name>{_NAME})(?=\s*\[)|(?P<mark>[;()\[]))")
_START_OF_TOKEN = re.compile(rf"{_NAME}(?=\s*\[)|[;()\[]")
_VALUE = re.compile(r"[^\\\]]*(?:\\.[^\\\]]*)*", re.DOTALL)
_AFTER_VALUE = re.compile(r"\](?=\s*(?:[\[;()]|[A-Za-z]{0,20}[A-Z][A-Za-z0-9]{0,40}\s*\[|\Z))")
_MOVE_WITHIN = re.compile(r"(?P<escaped>\\\])?\s*;\s*(?:B|W|Black|White)\s*\[\s*[A-Za-z]{0,2}\s*\Z")
"""At the end of a value: the bracket that should have closed it is missing, or was escaped by mistake."""
_PROPERTY_WITHIN = re.compile(r"(?P<escaped>\\\])\s*;?\s*[A-Z]{1,2}\s*\[[^\\\]]*\Z")
_CONTROL_CHARACTERS = dict.fromkeys(
    [*(code for code in range(0x20) if chr(code) not in "\t\n\r"), 0x7F, 0xFEFF, 0x200B]
)
_STRAY_MOVE = re.compile(r";\s*(?:B|W|Black|White)\s*\[")
_UNESCAPED = re.compile(r"(\\.)|\]", re.DOTALL)
_TAIL = 200
"""Characters of a value's end in which a move is looked for."""
_FARTHEST = 20_000
"""Characters behind a bracket that was not escaped, in which the closing one is looked for."""
_LONG_NAMES = {
    "BLACK": "B", "WHITE": "W", "ADDBLACK": "AB", "ADDWHITE": "AW", "ADDEMPTY": "AE", "COMMENT": "C", "SIZE": "SZ",
    "KOMI": "KM", "HANDICAP": "HA", "RULES": "RU", "RESULT": "RE", "PLAYER": "PL", "CHARSET": "CA",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Node:
    """One node. properties: names in upper case to their values, escapes as in the file; at most one move.

    children: the first one continues the main line.
    """

    properties: dict[str, list[str]] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        """The first value of a property, as in the file; None without it."""
        values = self.properties.get(name)
        return values[0] if values else None

    @property
    def move(self) -> tuple[str, str] | None:
        """("B" or "W", the value as in the file), None in a node without a move."""
        return next(((name, self.properties[name][0]) for name in MOVES if name in self.properties), None)

    @property
    def sets_up(self) -> bool:
        """Whether stones are set up here."""
        return any(name in self.properties for name in SET_UP)


@dataclass
class Tree:
    """A game of a text: its first node, and one line for everything that was mended or left out."""

    root: Node
    problems: list[str] = field(default_factory=list)


def main_line(root: Node) -> list[Node]:
    """The nodes from ``root`` down, the first child each time."""
    nodes = [root]
    while nodes[-1].children:
        nodes.append(nodes[-1].children[0])
    return nodes


def all_nodes(root: Node) -> Iterator[Node]:
    """Every node, variations included, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def parse(text: str) -> list[Tree]:
    """The games of a text, none where there are none. What stands before, between and behind them is skipped."""
    text = text.translate(_CONTROL_CHARACTERS)
    trees: list[Tree] = []
    at = 0
    while found := _GAME.search(text, at):
        at = _parse_one(text, at, found.start(), trees)
    if not trees and (start := _GAME_WITHOUT_PARENTHESIS.search(text)):
        at = _parse_one(text, at, start.start(), trees)
    _tell_stray_moves(text[at:], trees)
    return trees


def escape(text: str) -> str:
    """Text as a property's value."""
    return text.replace("\\", "\\\\").replace("]", "\\]")


def serialise(root: Node) -> str:
    """The game of ``root`` as SGF, a node a line in games without variations."""
    parts = ["("]
    waiting: list[Node | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        parts.append(";")
        parts += [name + "".join(f"[{value}]" for value in values) for name, values in node.properties.items()]
        if len(node.children) == 1:
            parts.append("\n")
            waiting.append(node.children[0])
        for child in reversed(node.children if len(node.children) > 1 else ()):
            waiting += [")", child, "\n("]
    parts.append(")\n")
    return "".join(parts)


def _parse_one(text: str, behind: int, start: int, trees: list[Tree]) -> int:
    """Add the game at ``start``; returns where it ends. ``behind``: where the one before ended."""
    _tell_stray_moves(text[behind:start], trees)
    parser = _Parser(text, start)
    parser.run()
    if parser.root is not None:
        trees.append(Tree(parser.root, parser.problems()))
    return parser.at


def _tell_stray_moves(text: str, trees: list[Tree]) -> None:
    if trees and (count := len(_STRAY_MOVE.findall(text))):
        trees[-1].problems.append(
            f"{counted(count, 'move', 'is')} left out, behind the closing parenthesis of the game"
        )


class _Parser:
    """Reads one game."""

    def __init__(self, text: str, start: int) -> None:
        self._text, self.at = text, start
        self.root: Node | None = None
        self._node: Node | None = None
        self._open: list[Node | None] = []
        self._begun = False
        """A parenthesis was opened, and its first node has not come yet."""
        self._name: str | None = None
        """The property that a further value belongs to."""
        self._skipped, self._first_skipped = 0, ""
        self._brackets = self._several = 0
        self._cut_off: str | None = None
        if text[start] == ";":
            self._open.append(None)

    def run(self) -> None:
        """To the end of the game, or of the text."""
        while self._next_token():
            if not self._open:
                return
        if self._cut_off is None:
            self._cut_off = "ends without its closing parenthesis"

    def problems(self) -> list[str]:
        """One line for everything that was mended or left out."""
        lines = []
        if self._several:
            lines.append(
                f"{counted(self._several, 'move', 'stands')} in a node with another one; all are read one by one"
            )
        if self._brackets:
            lines.append(
                f"brackets of {counted(self._brackets, 'value')} are missing or wrongly escaped; they were mended"
            )
        if self._skipped:
            lines.append(
                f"{counted(self._skipped, 'character', 'is')} skipped between properties, for they are no SGF, "
                f"the first of them {self._first_skipped!r}"
            )
        return lines if self._cut_off is None else [*lines, f"the file {self._cut_off}"]

    def _next_token(self) -> bool:
        """Take one token; False at the end of the text."""
        token = _TOKEN.match(self._text, self.at)
        if token is None:
            return self._skip()
        self.at = token.end()
        name, mark = token["name"], token["mark"]
        if name is not None:
            self._name = _short(name)
        elif mark == "[":
            return self._take_value()
        else:
            self._name = None
            if mark == ";":
                self._new_node()
            elif mark == "(":
                self._open.append(self._node)
                self._begun = True
            elif self._open:
                self._node = self._open.pop()
                self._begun = False
        return True

    def _skip(self) -> bool:
        found = _START_OF_TOKEN.search(self._text, self.at)
        end = len(self._text) if found is None else found.start()
        if visible := self._text[self.at : end].strip(" \r\n\t]"):
            self._skipped += len(visible)
            self._first_skipped = self._first_skipped or visible[:20]
        self.at = end
        return found is not None

    def _new_node(self) -> Node:
        node = Node()
        if self._node is None:
            if self.root is None:
                self.root = node
            else:
                self.root.children.append(node)
        else:
            self._node.children.append(node)
        self._node = node
        self._begun = False
        return node

    def _take_value(self) -> bool:
        begin = self.at
        end = self._end_of_value(begin)
        if end is None:
            inside = f" of {self._name}" if self._name else ""
            self._cut_off = f"is cut off inside the value{inside} behind {counted(self._moves_so_far(), 'move')}"
            self.at = len(self._text)
            return False
        value = self._text[begin:end]
        self.at = end + 1
        tail = max(0, len(value) - _TAIL)
        if within := _MOVE_WITHIN.search(value, tail) or _PROPERTY_WITHIN.search(value):
            self._brackets += 1
            self.at = begin + (within.end("escaped") if within["escaped"] else within.start())
            value = value[: within.start()] + ("\\\\" if within["escaped"] else "")
        elif (mended := _UNESCAPED.sub(lambda found: found[1] or "\\]", value)) != value:
            self._brackets += 1
            value = mended
        if self._name is None:
            self._skipped += len(value) + 2
            self._first_skipped = self._first_skipped or f"[{value}]"[:20]
        else:
            self._add(self._name, value)
        return True

    def _moves_so_far(self) -> int:
        return 0 if self.root is None else sum(node.move is not None for node in main_line(self.root))

    def _end_of_value(self, begin: int) -> int | None:
        """Where the bracket stands that closes the value; None when there is none."""
        match = _VALUE.match(self._text, begin)
        assert match is not None
        end = match.end()
        if end >= len(self._text):
            return None
        if self._name in (*MOVES, *SET_UP, None) or _AFTER_VALUE.match(self._text, end):
            return end
        return self._end_of_text(end)

    def _end_of_text(self, end: int) -> int:
        """A bracket within text that was not escaped: the next one that something sensible follows closes the value."""
        later, farthest = end, min(len(self._text), end + _FARTHEST)
        while match := _VALUE.match(self._text, later + 1, farthest):
            if match.end() >= farthest or _STRAY_MOVE.search(self._text, later, match.end()):
                return end
            later = match.end()
            if _AFTER_VALUE.match(self._text, later):
                return later
        return end

    def _add(self, name: str, value: str) -> None:
        node = self._node
        if node is None or self._begun:
            node = self._new_node()
        if name in MOVES and node.move is not None:
            if node.move[0] == name and node.move[1].strip() == value.strip():
                return
            self._several += 1
            node = self._new_node()
        node.properties.setdefault(name, []).append(value)


def _short(name: str) -> str:
    """The name in upper case, without what FF[1] to FF[3] add to it in lower case."""
    upper = "".join(letter for letter in name if not letter.islower()) or name.upper()
    return _LONG_NAMES.get(upper, upper)
