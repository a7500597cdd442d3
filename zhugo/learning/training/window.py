"""The positions to learn from: the youngest of a folder of shards that may grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zhugo.learning.selfplay.samples import Shard, load
from zhugo.learning.training.plan import Growth
from zhugo.shared.errors import UserError

Row = tuple[Shard, int]
"""One position: a shard and the row in it."""

Known = list[tuple[str, int]]
"""Files in the order in which they were found, with how many positions each has."""


class Window:
    """A folder's shards by age: those found earlier are older, and of those found together, those first by name.

    Only shards that reach into the window are kept in memory.
    """

    def __init__(self, directory: Path, growth: Growth, known: Known | None = None) -> None:
        """``known``: what an earlier window of this folder knew, for this one to draw as that would have.

        Raises ``UserError`` when there is no such folder.
        """
        self.directory, self.growth = directory, growth
        self.known: Known = list(known or ())
        self._shards: list[Shard] = []
        self._owners: dict[int, str] = {}
        if not directory.is_dir():
            raise UserError(f"games {directory}: there is no such folder")
        self._narrow()

    @property
    def positions(self) -> int:
        """How many positions there are, older ones included."""
        return sum(count for _, count in self.known)

    @property
    def size(self) -> int:
        """How many of them are drawn from."""
        return self.growth.size(self.positions)

    def refresh(self) -> int:
        """Take in what has come since, and drop what has become too old; how many positions have come.

        Raises ``UserError`` for a file that is no shard, for one of another game, and for a game that is there twice.
        """
        before = self.positions
        names = {path.name for path in self.directory.glob("*.npz")} - {name for name, _ in self.known}
        for name in sorted(names):
            shard = self._load(name)
            self.known.append((name, len(shard)))
            self._shards.append(shard)
        self._narrow()
        return self.positions - before

    def draw(self, count: int, rng: np.random.Generator) -> list[Row]:
        """Positions of the window, each equally likely every time. There must be one."""
        ends = np.cumsum([len(shard) for shard in self._shards])
        chosen = ends[-1] - 1 - rng.integers(self.size, size=count)
        which = np.searchsorted(ends, chosen, side="right")
        rows = chosen - ends[which] + np.array([len(shard) for shard in self._shards])[which]
        return [(self._shards[k], int(row)) for k, row in zip(which, rows, strict=True)]

    def newest(self) -> Row:
        """The position found last. There must be one."""
        return self._shards[-1], len(self._shards[-1]) - 1

    def _narrow(self) -> None:
        """Hold exactly the shards that reach into the window."""
        wanted, reach = 0, 0
        for _, count in reversed(self.known):
            if reach >= self.size:
                break
            wanted, reach = wanted + 1, reach + count
        names = [name for name, _ in self.known[len(self.known) - wanted :]]
        held = {name: shard for (name, _), shard in zip(self._last(), self._shards, strict=True)}
        self._shards = [held[name] if name in held else self._load(name) for name in names]

    def _last(self) -> Known:
        return self.known[len(self.known) - len(self._shards) :]

    def _load(self, name: str) -> Shard:
        path = self.directory / name
        shard = load(path)
        if self._shards and shard.game != self._shards[0].game:
            raise UserError(f"games {path}: of {shard.game}, not {self._shards[0].game}")
        for game in shard.id.tolist():
            if (owner := self._owners.setdefault(game, name)) != name:
                raise UserError(f"games {path}: game {game} is in {owner} too")
        return shard
