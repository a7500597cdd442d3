"""Reading a game from SGF: its main line, and what it says of the game. The parser is sgfmill's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sgfmill import sgf_grammar

from games.game import GameError
from games.go import coords, rules
from games.go.board import MAX_SIZE, MIN_SIZE
from games.go.game import Go
from games.go.handicap import fixed_handicap

Node: TypeAlias = dict[str, list[bytes]]

_INFO = {"PB": "black", "PW": "white", "BR": "black_rank", "WR": "white_rank", "RE": "result", "DT": "date"}
_INFO |= {"EV": "event", "RO": "round", "PC": "place", "GN": "name"}
_COLORS = {"B": "black", "W": "white"}
_KOMI_OF_STONES = {3.75: 7.5, 2.75: 5.5, 3.25: 6.5}
"""Chinese servers write the komi in stones, a half of it in points, some of them a hundredfold."""


class SgfError(GameError):
    """A file is no SGF, or holds no game of Go that can be played here; the text is one clear line."""


@dataclass(frozen=True)
class GameRecord:
    """A game as a file tells it.

    spec: for ``Go.from_spec``. record: the moves of the main line, with a switch wherever a player moves twice
    running. info: players, ranks, result, date and place, where the file names them, under the keys black, white,
    black_rank, white_rank, result, date, event, round, place and name. notes: what the file says that was not taken
    literally, one line each.
    """

    spec: dict[str, Any]
    record: list[int]
    info: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def game(self) -> Go:
        """The game that the record is of."""
        return Go.from_spec(self.spec)


def read(path: Path) -> GameRecord:
    """The first game of a file. Raises ``SgfError``; moves are checked against the rules."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SgfError(f"cannot read {path}: {error.strerror}") from None
    try:
        return parse(data)
    except GameError as error:
        raise SgfError(f"{path}: {error}") from None


def parse(data: bytes) -> GameRecord:
    """The first game in ``data``, as ``read``."""
    try:
        nodes = list(sgf_grammar.main_sequence_iter(sgf_grammar.parse_sgf_game(data)))
    except ValueError as error:
        raise SgfError(f"no SGF: {error}") from None
    reader = _Reader(nodes[0])
    for number, node in enumerate(nodes):
        reader.take(node, number)
    return reader.finish()


class _Reader:
    """Collects a game node by node."""

    def __init__(self, first: Node) -> None:
        self._encoding = (_value(first, "CA") or b"utf-8").decode("ascii", "replace")
        game_type = self._text(first, "GM")
        if game_type not in (None, "1"):
            raise SgfError(f"a game of kind {game_type}, not Go")
        self._first = first
        self._width, self._height = self._size()
        self._stones: dict[int, str] = {}
        self._first_player: str | None = None
        self._to_play: str | None = None
        self._record: list[int] = []
        self._notes: list[str] = []

    def take(self, node: Node, number: int) -> None:
        """The next node of the main line."""
        if any(key in node for key in ("AB", "AW", "AE")):
            if self._record:
                raise SgfError(f"node {number}: stones are set up after the first move")
            self._set_up(node)
        player = self._text(node, "PL")
        if player is not None:
            self._set_player(player.strip().lower()[:1])
        for key, color in _COLORS.items():
            if key in node:
                if color != self._color_to_play():
                    self._set_player(color[0])
                self._record.append(self._point(node[key][0]))
                self._to_play = "white" if color == "black" else "black"

    def finish(self) -> GameRecord:
        """What was collected, checked by playing it."""
        chosen = self._rules()
        spec: dict[str, Any] = {
            "size": self._width if self._width == self._height else [self._width, self._height],
            "rules": chosen,
        }
        self._add_handicap()
        black = sorted(p for p, color in self._stones.items() if color == "black")
        white = sorted(p for p, color in self._stones.items() if color == "white")
        handicap = len(black) if not white else 0
        spec["komi"] = self._komi(rules.parse(chosen), handicap)
        spec |= {"black": black, "white": white, "to_play": self._beginner()}
        record = self._record
        Go.from_spec(spec).root(record)
        info = {word: text for key, word in _INFO.items() if (text := self._text(self._first, key))}
        return GameRecord(spec, record, info, self._notes)

    def _size(self) -> tuple[int, int]:
        text = self._text(self._first, "SZ") or "19"
        sides = text.split(":")
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

    def _set_up(self, node: Node) -> None:
        for key, color in (("AB", "black"), ("AW", "white"), ("AE", None)):
            for value in node.get(key, ()):
                for point in self._rectangle(value):
                    if color is None:
                        self._stones.pop(point, None)
                    else:
                        self._stones[point] = color

    def _rectangle(self, value: bytes) -> list[int]:
        """The points of "aa" or "aa:cc"."""
        first, last = sgf_grammar.parse_compose(value)
        begin = self._point(first)
        end = begin if last is None else self._point(last)
        if max(begin, end) >= self._width * self._height:
            raise SgfError("a set-up stone without a point")
        top, left = divmod(begin, self._width)
        bottom, right = divmod(end, self._width)
        return [row * self._width + col for row in range(top, bottom + 1) for col in range(left, right + 1)]

    def _point(self, value: bytes) -> int:
        text = value.decode("ascii", "replace").strip()
        try:
            return coords.from_sgf(text, self._width, self._height)
        except ValueError as error:
            raise SgfError(str(error)) from None

    def _color_to_play(self) -> str | None:
        """None while nobody has moved and the file has not said who does."""
        return self._to_play

    def _set_player(self, initial: str) -> None:
        color = {"b": "black", "w": "white", "1": "black", "2": "white"}.get(initial)
        if color is None:
            raise SgfError("the player to move is neither black nor white")
        if self._to_play is None or not self._record:
            self._first_player = color
        elif color != self._to_play:
            self._record.append(self._width * self._height + 1)
        self._to_play = color

    def _beginner(self) -> str:
        if self._first_player is not None:
            return self._first_player
        return "white" if self._stones and all(color == "black" for color in self._stones.values()) else "black"

    def _rules(self) -> str:
        text = self._text(self._first, "RU")
        if not text:
            return "chinese"
        try:
            return rules.name_of(rules.parse(text)) or "chinese"
        except GameError:
            self._notes.append(f"unknown rules {text!r}, read as chinese")
            return "chinese"

    def _komi(self, chosen: rules.Rules, handicap: int) -> float:
        text = self._text(self._first, "KM")
        if not text:
            return 0.5 if handicap >= 2 else chosen.default_komi
        try:
            komi = float(text.replace(",", "."))
        except ValueError:
            raise SgfError(f"komi {text!r} is no number") from None
        if abs(komi) > self._width * self._height:
            komi /= 100
        known = _KOMI_OF_STONES.get(komi, komi)
        if known != float(text.replace(",", ".")):
            self._notes.append(f"komi {text} read as {known:g}")
        return known

    def _add_handicap(self) -> None:
        text = self._text(self._first, "HA")
        if not text or self._stones:
            return
        try:
            stones = int(text)
        except ValueError:
            raise SgfError(f"handicap {text!r} is no number") from None
        moves_of_black = self._record[: 2 * stones : 2]
        placed_by_moves = self._record[1 : 2 * stones - 1 : 2] == [self._width * self._height + 1] * (stones - 1)
        if stones < 2 or (placed_by_moves and len(moves_of_black) == stones):
            return
        self._stones = dict.fromkeys(fixed_handicap(self._width, self._height, stones), "black")
        self._notes.append(f"handicap {stones} without stones, read as the fixed points")

    def _text(self, node: Node, key: str) -> str | None:
        value = _value(node, key)
        if value is None:
            return None
        decode: Callable[[str, str], str] = bytes(sgf_grammar.simpletext_value(value)).decode
        try:
            return decode(self._encoding, "replace").strip()
        except LookupError:
            return decode("utf-8", "replace").strip()


def _value(node: Node, key: str) -> bytes | None:
    values = node.get(key)
    return values[0] if values else None
