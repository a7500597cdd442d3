"""A folder of games while it is written: its game and version, the games that it holds, and the next shard.

Beside the files of ``zhugo.learning.samples`` lie ``game.json``, what the games are of, and ``lock``, which the writer
holds.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from protocol.files import write_whole
from zhugo.learning.samples.files import VERSION, read_ids, save
from zhugo.learning.samples.shard import PlayedGame, make_shard
from zhugo.learning.selfplay.plan import Plan
from zhugo.shared.errors import UserError

IDENTITY, LOCK = "game.json", "lock"


class Store:
    """A folder that this process alone writes, until it is closed; a context manager.

    Raises ``UserError`` from the start, having changed nothing, when the folder holds something else or somebody else
    writes it. A death at any moment leaves a folder that the next ``Store`` goes on with.
    """

    def __init__(self, directory: Path, plan: Plan) -> None:
        self.directory = directory
        self._closing = ExitStack()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._check(plan)
            self._lock()
            for left in directory.glob("*.partial"):
                left.unlink()
            write_whole(directory / IDENTITY, json.dumps(_identity(plan), indent=1).encode())
            names = sorted(directory.glob("*.npz"))
            self.ids = {one for name in names for one in read_ids(name)}
            """Of the games that are there."""
            self._next = 1 + max((int(name.stem) for name in names if name.stem.isdigit()), default=0)
        except OSError as error:
            self.close()
            raise UserError(f"games {directory}: {error.strerror}") from None
        except BaseException:
            self.close()
            raise

    def write(self, games: Sequence[PlayedGame]) -> None:
        """Add a shard of these games. Raises ``UserError`` when the disk is full; what was there stays."""
        path = self.directory / f"{self._next:06}.npz"
        try:
            save(make_shard(games), path)
        except OSError as error:
            raise UserError(f"games {path}: {error.strerror}") from None
        self._next += 1
        self.ids.update(game.id for game in games)

    def numbers(self, seed: int) -> set[int]:
        """The numbers of this seed's games that are there."""
        return {one & 0xFFFFFFFF for one in self.ids if one >> 32 == seed}

    def close(self) -> None:
        """Let others write."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _check(self, plan: Plan) -> None:
        path = self.directory / IDENTITY
        if not path.exists():
            if any(self.directory.glob("*.npz")):
                raise UserError(f"games {self.directory}: holds files of something else")
            return
        try:
            found = json.loads(path.read_text())
        except ValueError:
            raise UserError(f"games {path}: corrupted") from None
        if found != _identity(plan):
            raise UserError(f"games {self.directory}: of another game or version: {json.dumps(found)}")

    def _lock(self) -> None:
        file = self._closing.enter_context((self.directory / LOCK).open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"games {self.directory}: another process writes them") from None


def _identity(plan: Plan) -> dict[str, object]:
    return {"version": VERSION, "game": plan.game, "spec": plan.spec}
