"""Files to games: what ``games.go.sgf`` offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from games.game import GameError
from games.go.board import BLACK, EMPTY, WHITE
from games.go.rules import name_of
from games.go.sgf import handicap, properties
from games.go.sgf.decoding import decode
from games.go.sgf.errors import SgfError, counted
from games.go.sgf.events import Event, Move, SetUp, events_of
from games.go.sgf.komi import Origin, read_komi
from games.go.sgf.record import GameRecord
from games.go.sgf.tree import Node, Tree, all_nodes, main_line
from games.go.sgf.walk import spec_of, walk

MAX_BYTES = 1 << 26
"""Of a file that is read; the longest collections of real games have some ten million."""


def read(path: Path) -> GameRecord:
    """The first game of a file. Raises ``SgfError``; moves are checked against the rules."""
    try:
        return parse(read_bytes(path))
    except GameError as error:
        raise error if str(path) in str(error) else SgfError(f"{path}: {error}") from None


def read_bytes(path: Path) -> bytes:
    """What a file has. Raises ``SgfError`` when it cannot be read, or is no file of a reasonable size."""
    try:
        with path.open("rb") as file:
            return read_stream(file, str(path))
    except OSError as error:
        raise SgfError(f"cannot read {path}: {error.strerror}") from None


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """What comes from a stream. Raises ``SgfError`` when it is more than a file may have."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SgfError(f"{name}: larger than {MAX_BYTES >> 20} MiB, which no record is")
    return data


def parse(data: bytes) -> GameRecord:
    """The first game in ``data``, as ``read``."""
    games = parse_all(data)
    if isinstance(games[0], SgfError):
        raise games[0]
    if len(games) == 1:
        return games[0]
    return replace(games[0], notes=[f"the first of {len(games)} games in the file", *games[0].notes])


def parse_all(data: bytes) -> list[GameRecord | SgfError]:
    """Every game in ``data``, or why it is none that can be read. Raises ``SgfError`` when there is no game at all."""
    trees, notes = _decoded(data)
    found: list[GameRecord | SgfError] = []
    for tree in trees:
        try:
            record = _record_of_game(tree)
        except GameError as error:
            found.append(error if isinstance(error, SgfError) else SgfError(str(error)))
        else:
            found.append(replace(record, notes=[*notes, *record.notes]))
    return found


def trees(data: bytes) -> list[Node]:
    """The first node of every game in ``data``, in the order of ``parse_all``. Raises ``SgfError`` as that does."""
    return [tree.root for tree in _decoded(data)[0]]


def trees_with_notes(data: bytes) -> list[tuple[Node, list[str]]]:
    """As ``trees``, each with a line for everything that was mended or left out when the text was read."""
    games, notes = _decoded(data)
    return [(tree.root, [*notes, *tree.problems]) for tree in games]


def record_of_line(nodes: Sequence[Node]) -> GameRecord:
    """The game that a line of nodes tells, from a game's first node on: of the main line, or of any other.

    Raises ``GameError`` when it is not one of Go that can be played here from its first position on.
    """
    return _record(nodes, [])


def _decoded(data: bytes) -> tuple[list[Tree], list[str]]:
    decoded = decode(data)
    games = [tree for tree in decoded.games if any(node.properties for node in all_nodes(tree.root))]
    games = games or decoded.games[:1]
    if not games:
        raise SgfError("no SGF: no game begins in it" if data.strip() else "no SGF: the file is empty")
    return games, decoded.notes


def _record_of_game(tree: Tree) -> GameRecord:
    nodes = main_line(tree.root)
    notes = list(tree.problems)
    if all(node.move is None for node in nodes):
        _tell_moves_elsewhere(tree.root, notes)
    return _record(nodes, notes)


def _record(nodes: Sequence[Node], notes: list[str]) -> GameRecord:
    """``notes``: what is to be told before anything else."""
    about = _about(nodes)
    game_type = properties.text_of(about, "GM")
    if game_type not in (None, "1") and game_type.lower() not in ("go", "weiqi", "baduk", "igo"):
        raise SgfError(f"a game of kind {game_type}, not Go")
    width, height = properties.size_of(about)
    events = events_of(nodes, width, height, notes)
    rules, named = properties.rules_of(about, notes)
    size = width if width == height else [width, height]
    base: dict[str, Any] = {"size": size, "rules": name_of(rules) or rules.as_dict()}
    stones, first_player, rest = _start(events)
    told = handicap.told(about, notes)
    stones = _with_handicap(told, base, stones, rest, notes)
    placed = len(stones) if WHITE not in stones.values() else 0
    origin = Origin(_origin(about), rules, named, width * height)
    base["komi"] = read_komi(properties.text_of(about, "KM"), origin, max(placed, told), notes)
    walked = walk(spec_of(base, stones, _beginner(first_player, rest, placed)), rest)
    first, *later = walked.segments
    return GameRecord(first.spec, first.record, properties.info_of(about), notes + walked.notes, tuple(later))


def _with_handicap(
    told: int, base: dict[str, Any], stones: dict[int, int], events: Sequence[Event], notes: list[str]
) -> dict[int, int]:
    """The stones of the first position, once the handicap that is ``told`` is reckoned with."""
    if again := handicap.stones_played_again(stones, events):
        stones = {point: color for point, color in stones.items() if point not in again}
        notes.append(f"{len(again)} set-up stones are placed by Black's first moves once more: the moves count")
    put = handicap.stones_to_put(told, {**base, "komi": 0.0}, stones, events, notes)
    return stones | dict.fromkeys(put, BLACK)


def _origin(about: Node) -> str:
    """The programs and the server that a file is from; Fox, for one, adds an ``AP`` to that of a program before it."""
    return " ".join(value for name in ("AP", "SO", "PC") for value in about.properties.get(name, ()))


def _about(nodes: Sequence[Node]) -> Node:
    """What the nodes before the first move say of the game: the first of them that says a thing counts."""
    about: dict[str, list[str]] = {}
    for node in nodes:
        for name, values in node.properties.items():
            about.setdefault(name, values)
        if node.move is not None:
            break
    return Node(about)


def _start(events: Sequence[Event]) -> tuple[dict[int, int], int | None, Sequence[Event]]:
    """The stones that are set up before the first move, who is to move then, and the events that follow."""
    stones: dict[int, int] = {}
    player: int | None = None
    for at, event in enumerate(events):
        if isinstance(event, Move):
            return stones, player, events[at:]
        assert isinstance(event, SetUp)
        if event.beside_move and EMPTY in event.stones.values():
            return stones, player, events[at:]  # stones that the move captures, perhaps, see walk
        stones = {point: color for point, color in {**stones, **event.stones}.items() if color != EMPTY}
        player = player if event.player is None else event.player
    return stones, player, []


def _beginner(said: int | None, events: Sequence[Event], handicap_stones: int) -> int:
    """Who is to move at the start: the first move tells, or else the file, or else a handicap."""
    first = next((event for event in events if isinstance(event, Move)), None)
    if first is not None:
        return first.color
    if said is not None:
        return said
    return WHITE if handicap_stones else BLACK


def _tell_moves_elsewhere(root: Node, notes: list[str]) -> None:
    if count := sum(node.move is not None for node in all_nodes(root)):
        notes.append(f"the main line has no moves; {counted(count, 'move', 'is')} left out in other variations")
