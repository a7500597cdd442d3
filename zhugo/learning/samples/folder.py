"""A folder of samples as it grows."""

from __future__ import annotations

from pathlib import Path

from zhugo.learning.samples.files import load
from zhugo.learning.samples.shard import Row, Shard
from zhugo.shared.errors import UserError

Known = list[tuple[str, int]]
"""Files in the order in which they were found, with how many positions each has."""


class Folder:
    """A folder's shards by age: those found earlier are older, and of those found together, those first by name."""

    def __init__(self, directory: Path, known: Known | None = None) -> None:
        """``known``: what another object of this folder knew, for this one to know the same; None: what there is.

        Raises ``UserError`` when there is no such folder, and as ``refresh`` does.
        """
        self.directory = directory
        self.known: Known = list(known or ())
        self.shards: list[Shard] = []
        """Those that are in memory: the youngest, which hold ``size`` positions."""
        self._owners: dict[int, str] = {}
        if not directory.is_dir():
            raise UserError(f"games {directory}: there is no such folder")
        if known is None:
            self.refresh()
        else:
            self._keep()

    @property
    def ids(self) -> set[int]:
        """Of the games that were seen."""
        return set(self._owners)

    @property
    def games(self) -> int:
        """How many games were seen."""
        return len(self._owners)

    @property
    def positions(self) -> int:
        """How many positions there are, older ones included."""
        return sum(count for _, count in self.known)

    @property
    def size(self) -> int:
        """How many of the youngest positions are of use: all, here."""
        return self.positions

    def refresh(self) -> int:
        """Take in what has come since, and drop what has become too old; how many positions have come.

        Raises ``UserError`` for a file that is no shard, for one of another game, and for a game that is there twice.
        """
        before = self.positions
        names = {path.name for path in self.directory.glob("*.npz")} - {name for name, _ in self.known}
        for name in sorted(names):
            shard = self._load(name)
            self.known.append((name, len(shard)))
            self.shards.append(shard)
        self._keep()
        return self.positions - before

    def newest(self) -> Row:
        """The position found last. There must be one."""
        return next((shard, len(shard) - 1) for shard in reversed(self.shards) if len(shard))

    def _keep(self) -> None:
        """Hold exactly the shards that reach into what is of use."""
        wanted, reach = 0, 0
        for _, count in reversed(self.known):
            if reach >= self.size:
                break
            wanted, reach = wanted + 1, reach + count
        held = dict(zip(self._names(len(self.shards)), self.shards, strict=True))
        self.shards = [held[name] if name in held else self._load(name) for name in self._names(wanted)]

    def _names(self, count: int) -> list[str]:
        """Of so many of the youngest files."""
        return [name for name, _ in self.known[len(self.known) - count :]]

    def _load(self, name: str) -> Shard:
        path = self.directory / name
        shard = load(path)
        if self.shards and shard.game != self.shards[0].game:
            raise UserError(f"games {path}: of {shard.game}, not {self.shards[0].game}")
        ids = shard.id.tolist()
        for game in ids:
            if (owner := self._owners.setdefault(game, name)) != name:
                raise UserError(f"games {path}: game {game} is in {owner} too")
        if len(set(ids)) < len(ids):
            raise UserError(f"games {path}: a game of it is there twice")
        return shard
