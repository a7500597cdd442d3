"""The positions that a teacher labelled, by board size; the first game of every file is held out."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from zhugo.learning.samples.folder import Folder
from zhugo.learning.samples.shard import Row, Shard


class Positions(Folder):
    """A folder of samples of Go on square boards, every file of one size."""

    def counts(self) -> dict[int, int]:
        """Positions of each size to learn from."""
        counts: dict[int, int] = defaultdict(int)
        for shard in self.shards:
            counts[_size(shard)] += len(shard) - _held_out(shard)
        return {size: count for size, count in sorted(counts.items()) if count}

    def draw(self, size: int, count: int, rng: np.random.Generator) -> list[Row]:
        """Positions of a size to learn from, each equally likely."""
        return _draw([(shard, _held_out(shard), len(shard)) for shard in self._of(size)], count, rng)

    def held_out(self, size: int, count: int) -> list[Row]:
        """``count`` positions of a size that nobody learns from; the same ones as long as nothing new has come."""
        return _draw([(shard, 0, _held_out(shard)) for shard in self._of(size)], count, np.random.default_rng(size))

    def _of(self, size: int) -> list[Shard]:
        return [shard for shard in self.shards if _size(shard) == size]


def _size(shard: Shard) -> int:
    return int(shard.specs[0]["size"])


def _held_out(shard: Shard) -> int:
    """How many positions, the first ones, nobody learns from: those of the first game."""
    return int(np.searchsorted(shard.of_game, 1))


def _draw(ranges: list[tuple[Shard, int, int]], count: int, rng: np.random.Generator) -> list[Row]:
    ends = np.cumsum([end - begin for _, begin, end in ranges])
    chosen = rng.integers(ends[-1], size=count)
    which = np.searchsorted(ends, chosen, side="right")
    return [(ranges[k][0], int(i - ends[k] + ranges[k][2])) for k, i in zip(which, chosen, strict=True)]
