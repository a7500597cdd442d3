"""What self-play writes and training reads: a folder of npz files, *shards*, each some finished games of one game.

| array | what |
|---|---|
| version | int, ``VERSION`` |
| game | text, what ``games.load`` knows it by |
| id | uint64[games], a game's number in every folder: the run's seed in the upper 32 bits, its number in the lower |
| spec | text[games], JSON: how the game was played, as ``games.load`` takes it |
| net | text[games], sha256 of the net's file that played the last move |
| result | float32[games], from -1 to 1, first player's side; the search's value where the game was cut off |
| lead | float32[games], final lead in points, first player's side; NaN where nobody counted |
| ended | uint8[games], 0 by the rules, 1 by resignation, 2 cut off for its length |
| ownership | int8[...], of all games: who owns each point at the end, 1 the first player, -1 the second, 0 nobody |
| ownership_start | int64[games + 1], game g's is ownership[start[g]:start[g + 1]]; empty where nobody counted |
| record | uint16[...], the moves of all games |
| record_start | int64[games + 1], game g's are record[start[g]:start[g + 1]] |
| of_game | int32[n], position i is one of this game (its index, not its id) |
| ply | int32[n], after this many moves of its record |
| to_play | int8[n], 1 the first player |
| visits | int32[n], of the root when its search ended |
| full | bool[n], whether its search was a full one, whose visits are a policy target |
| move | uint16[...], the moves that the searches visited, of all positions |
| count | uint32[...], how often |
| policy_start | int64[n + 1], position i's are move[start[i]:start[i + 1]]; never empty |
| value | float32[n], of the search, first player's side |

A file is there whole or not at all, whatever happens to who writes it; what a file is called means nothing but its
order. Positions are replayed from the record when they are used: inputs and legal moves are not stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from zhugo.shared import npz
from zhugo.shared.errors import UserError, one_line
from zhugo.shared.files import write_whole

VERSION = 1
BY_THE_RULES, BY_RESIGNATION, CUT_OFF = 0, 1, 2
MAX_SEED = 2**31 - 1


class PlayedPosition(Struct, frozen=True):
    """A position and what its search found; ``moves`` and ``counts`` of one length, the rest as a shard has it."""

    ply: int
    to_play: int
    visits: int
    full: bool
    moves: list[int]
    counts: list[int]
    value: float


class PlayedGame(Struct, frozen=True):
    """A finished game, as a shard has it; ``ownership`` is empty and ``lead`` NaN where nobody counted."""

    id: int
    game: str
    spec: dict[str, Any]
    net: str
    result: float
    lead: float
    ended: int
    ownership: list[int]
    record: list[int]
    positions: list[PlayedPosition]


@dataclass(frozen=True, eq=False)
class Shard:
    """The arrays of one file, see above; ``specs`` are those of ``spec``, read."""

    game: str
    id: NDArray[np.uint64]
    spec: NDArray[np.str_]
    net: NDArray[np.str_]
    result: NDArray[np.float32]
    lead: NDArray[np.float32]
    ended: NDArray[np.uint8]
    ownership: NDArray[np.int8]
    ownership_start: NDArray[np.int64]
    record: NDArray[np.uint16]
    record_start: NDArray[np.int64]
    of_game: NDArray[np.int32]
    ply: NDArray[np.int32]
    to_play: NDArray[np.int8]
    visits: NDArray[np.int32]
    full: NDArray[np.bool_]
    move: NDArray[np.uint16]
    count: NDArray[np.uint32]
    policy_start: NDArray[np.int64]
    value: NDArray[np.float32]
    specs: tuple[dict[str, Any], ...] = field(init=False)

    def __post_init__(self) -> None:
        # most games of a shard are of one spec
        read = {text: msgspec.json.decode(text) for text in set(self.spec.tolist())}
        object.__setattr__(self, "specs", tuple(read[text] for text in self.spec.tolist()))

    def __len__(self) -> int:
        return len(self.of_game)

    @property
    def games(self) -> int:
        """How many games it has."""
        return len(self.id)

    def moves_before(self, row: int) -> list[int]:
        """The record that leads to position ``row``."""
        begin = int(self.record_start[self.of_game[row]])
        moves: list[int] = self.record[begin : begin + int(self.ply[row])].tolist()
        return moves

    def policy(self, row: int) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
        """Moves and counts of position ``row``."""
        part = slice(int(self.policy_start[row]), int(self.policy_start[row + 1]))
        return self.move[part], self.count[part]

    def ownership_of(self, game: int) -> NDArray[np.int8]:
        """Who owns what at the end of a game, by its index; empty where nobody counted."""
        return self.ownership[self.ownership_start[game] : self.ownership_start[game + 1]]


_ARRAYS = tuple(one.name for one in fields(Shard) if one.init)


def make_shard(games: Sequence[PlayedGame]) -> Shard:
    """At least one game, all of one game, as arrays."""
    positions = [position for game in games for position in game.positions]

    def of_games(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(game, name) for game in games], dtype)

    def of_positions(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(position, name) for position in positions], dtype)

    def joined(parts: Sequence[list[int]], dtype: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
        start = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        return np.fromiter((one for part in parts for one in part), dtype, int(start[-1])), start

    move, policy_start = joined([position.moves for position in positions], np.uint16)
    return Shard(
        games[0].game,
        of_games("id", np.uint64),
        np.array([msgspec.json.encode(game.spec, order="sorted").decode() for game in games]),
        np.array([game.net for game in games]),
        of_games("result", np.float32),
        of_games("lead", np.float32),
        of_games("ended", np.uint8),
        *joined([game.ownership for game in games], np.int8),
        *joined([game.record for game in games], np.uint16),
        np.repeat(np.arange(len(games), dtype=np.int32), [len(game.positions) for game in games]),
        of_positions("ply", np.int32),
        of_positions("to_play", np.int8),
        of_positions("visits", np.int32),
        of_positions("full", np.bool_),
        move,
        joined([position.counts for position in positions], np.uint32)[0],
        policy_start,
        of_positions("value", np.float32),
    )


def save(shard: Shard, path: Path) -> None:
    """Write the file at once or not at all. Raises ``OSError``, and leaves nothing behind, when the disk is full."""
    file = BytesIO()
    np.savez_compressed(file, version=VERSION, **{name: getattr(shard, name) for name in _ARRAYS})
    write_whole(path, file.getbuffer())


def load(path: Path) -> Shard:
    """Raises ``UserError`` for a file that is no shard of this version."""
    columns = _read(path, _ARRAYS)
    return Shard(**{**columns, "game": str(columns["game"])})


def read_ids(path: Path) -> list[int]:
    """The ids of a shard's games, without the rest. Raises ``UserError`` as ``load`` does."""
    ids: list[int] = _read(path, ("id",))["id"].tolist()
    return ids


def _read(path: Path, names: Sequence[str]) -> dict[str, Any]:
    try:
        version = int(npz.load(path, ("version",))["version"])
        columns = npz.load(path, names) if version == VERSION else {}
    except (ValueError, TypeError) as error:
        raise UserError(f"games {path}: {one_line(error)}") from None
    if version != VERSION:
        raise UserError(f"games {path}: of version {version}, not {VERSION}")
    return columns


class Folder:
    """The shards of a folder, in the order of their names, as they come in; ``refresh`` looks for new ones.

    Raises ``UserError`` from the start when there is no such folder.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.shards: list[Shard] = []
        self.ids: set[int] = set()
        self._known: set[str] = set()
        self.refresh()

    @property
    def games(self) -> int:
        """How many games there are."""
        return len(self.ids)

    @property
    def positions(self) -> int:
        """How many positions there are."""
        return sum(map(len, self.shards))

    def refresh(self) -> list[Shard]:
        """Load what has come since, and return it.

        Raises ``UserError`` for what is no shard, for one of another game, and for a game that is there twice.
        """
        try:
            names = {path.name for path in self.directory.iterdir() if path.suffix == ".npz"}
        except OSError as error:
            raise UserError(f"games {self.directory}: {error.strerror}") from None
        new = []
        for name in sorted(names - self._known):
            shard = load(self.directory / name)
            self._add(shard, name)
            new.append(shard)
        return new

    def _add(self, shard: Shard, name: str) -> None:
        if self.shards and shard.game != self.shards[0].game:
            raise UserError(f"games {self.directory / name}: of {shard.game}, not {self.shards[0].game}")
        if len(self.ids.union(shard.id.tolist())) < len(self.ids) + shard.games:
            raise UserError(f"games {self.directory / name}: a game of it is there twice")
        self._known.add(name)
        self.ids.update(shard.id.tolist())
        self.shards.append(shard)
