"""The rules of the games for the core, which knows none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

import games
from daemon.core.sessions import Referee
from daemon.evaluation.encoder import KEPT_GAMES
from daemon.evaluation.lru_cache import LruCache
from daemon.process.compiling import compiling
from daemon.replay.hashed_game import GAME, HashedReferee
from games import Game
from protocol.trace import Header


class GamesReferee:
    """``scheduler.Referee`` over the package ``games``."""

    def __init__(self) -> None:
        self._games: LruCache[bytes, Game] = LruCache(KEPT_GAMES)

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """The size of the move space. Raises ``ValueError`` with the reason when there is no such game or position."""
        read = games.read(game, spec)
        loaded = self._games.get(msgspec.msgpack.encode((game, read)), lambda: games.load(game, read))
        loaded.root(record)
        return loaded.num_moves

    def warm_up(self) -> None:
        """Load the kernels that judging needs, or compile them."""
        with compiling("the Go kernels", 35, Path(games.__file__)):
            self.judge("go", {"size": 9}, [])


def referee_of(header: Header) -> Referee:
    """Who judged the games of this trace: a daemon's referee, or that of a simulation's one game."""
    return HashedReferee() if header.options.get("game") == GAME else GamesReferee()
