"""Labelled positions on disk: a folder of npz files, each the positions of some games of one size.

| array | what |
|---|---|
| size | the board's side |
| rules | text[games] |
| record | uint16, the moves of all games one after the other |
| record_start | int64[games + 1], game g's are record[record_start[g]:record_start[g + 1]] |
| game, ply | int32[n], position i comes after the first ply[i] moves of game[i] |
| komi | float32[n], of the position: it differs within a game |
| to_play | int8[n], 1 Black |
| visits | int32[n], of the search behind the label |
| policy | float16[n, size² + 1], the teacher's priors, 0 where illegal |
| value, lead | float32[n], means of the search, Black's side |
| ownership | int8[n, size²], mean of the search in units of 1/127, Black's side |
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhugo.shared import npz
from zhugo.shared.errors import UserError, one_line
from zhugo.shared.files import write_whole

OWNERSHIP_UNIT = 127.0


Row = tuple["Shard", int]
"""One position: a shard and the row in it."""


@dataclass(frozen=True)
class Shard:
    """The arrays of one file, see above."""

    size: int
    rules: NDArray[np.str_]
    record: NDArray[np.uint16]
    record_start: NDArray[np.int64]
    game: NDArray[np.int32]
    ply: NDArray[np.int32]
    komi: NDArray[np.float32]
    to_play: NDArray[np.int8]
    visits: NDArray[np.int32]
    policy: NDArray[np.float16]
    value: NDArray[np.float32]
    lead: NDArray[np.float32]
    ownership: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.game)

    @property
    def held_out(self) -> int:
        """How many positions, the first ones, nobody learns from: those of the first game."""
        return int(np.searchsorted(self.game, 1))

    def moves_before(self, row: int) -> list[int]:
        """The record that leads to position ``row``."""
        begin = int(self.record_start[self.game[row]])
        moves: list[int] = self.record[begin : begin + int(self.ply[row])].tolist()
        return moves


@dataclass
class Labelled:
    """One position as a shard keeps it, while its game is being played."""

    komi: float
    to_play: int
    visits: int
    policy: NDArray[np.float16]
    value: float
    lead: float
    ownership: NDArray[np.int8]


@dataclass
class PlayedGame:
    """A game with the label of every position before one of its moves."""

    rules: str
    record: list[int]
    positions: list[Labelled]


def make_shard(size: int, games: Sequence[PlayedGame]) -> Shard:
    """The games of one size as arrays."""
    lengths = [len(game.positions) for game in games]
    positions = [position for game in games for position in game.positions]

    def column(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(position, name) for position in positions], dtype)

    return Shard(
        size,
        np.array([game.rules for game in games]),
        np.array([move for game in games for move in game.record], np.uint16),
        np.cumsum([0, *(len(game.record) for game in games)]),
        np.repeat(np.arange(len(games), dtype=np.int32), lengths),
        np.concatenate([np.arange(length, dtype=np.int32) for length in lengths]),
        column("komi", np.float32),
        column("to_play", np.int8),
        column("visits", np.int32),
        column("policy", np.float16),
        column("value", np.float32),
        column("lead", np.float32),
        column("ownership", np.int8),
    )


def save(shard: Shard, path: Path) -> None:
    """Write the file at once or not at all."""
    file = BytesIO()
    np.savez_compressed(file, **{field.name: getattr(shard, field.name) for field in fields(Shard)})
    write_whole(path, file.getbuffer())


def load(path: Path) -> Shard:
    """Raises ``UserError`` for a file that is no shard."""
    try:
        columns = npz.load(path, [field.name for field in fields(Shard)])
        return Shard(**{**columns, "size": int(columns["size"])})
    except (ValueError, TypeError) as error:
        raise UserError(f"positions {path}: {one_line(error)}") from None


class Folder:
    """The shards of a folder as they come in. ``refresh`` looks for new ones."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.by_size: dict[int, list[Shard]] = defaultdict(list)
        self._known: set[str] = set()

    def refresh(self) -> None:
        """Load what has come since, in the order of the names."""
        for name in sorted(name for name in os.listdir(self.directory) if name.endswith(".npz")):  # noqa: PTH208
            if name not in self._known:
                self._known.add(name)
                shard = load(self.directory / name)
                self.by_size[shard.size].append(shard)

    def counts(self) -> dict[int, int]:
        """Positions of each size to learn from."""
        counts = {size: sum(len(shard) - shard.held_out for shard in self.by_size[size]) for size in self.by_size}
        return {size: count for size, count in sorted(counts.items()) if count}

    def draw(self, size: int, count: int, rng: np.random.Generator) -> list[Row]:
        """Positions of a size to learn from, each equally likely."""
        return _draw([(shard, shard.held_out, len(shard)) for shard in self.by_size[size]], count, rng)

    def held_out(self, size: int, count: int) -> list[Row]:
        """``count`` positions of a size that nobody learns from; the same ones as long as nothing new has come."""
        ranges = [(shard, 0, shard.held_out) for shard in self.by_size[size]]
        return _draw(ranges, count, np.random.default_rng(size))


def _draw(ranges: list[tuple[Shard, int, int]], count: int, rng: np.random.Generator) -> list[Row]:
    ends = np.cumsum([end - begin for _, begin, end in ranges])
    chosen = rng.integers(ends[-1], size=count)
    which = np.searchsorted(ends, chosen, side="right")
    return [(ranges[k][0], int(i - ends[k] + ranges[k][2])) for k, i in zip(which, chosen, strict=True)]
