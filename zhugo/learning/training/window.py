"""The positions to learn from: the youngest of a folder of samples that may grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zhugo.learning.samples.folder import Folder, Known
from zhugo.learning.samples.shard import Row
from zhugo.learning.training.plan import Growth


class Window(Folder):
    """Only shards that reach into the window are kept in memory."""

    def __init__(self, directory: Path, growth: Growth, known: Known | None = None) -> None:
        """``known``, and what it raises: see ``Folder``."""
        self.growth = growth
        super().__init__(directory, known)

    @property
    def size(self) -> int:
        """How many positions are drawn from."""
        return self.growth.size(self.positions)

    def draw(self, count: int, rng: np.random.Generator) -> list[Row]:
        """Positions of the window, each equally likely every time. There must be one."""
        lengths = np.array([len(shard) for shard in self.shards])
        ends = np.cumsum(lengths)
        chosen = ends[-1] - 1 - rng.integers(self.size, size=count)
        which = np.searchsorted(ends, chosen, side="right")
        rows = chosen - ends[which] + lengths[which]
        return [(self.shards[k], int(row)) for k, row in zip(which, rows, strict=True)]
