"""The games that are open, each opened when it is first asked for, and saved at every change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from games.go.sgf.errors import SgfError
from games.go.sgf.properties import text_of
from zhugo.shared.errors import UserError
from zhugo.web import messages as m
from zhugo.web.open.open_game import OpenGame
from zhugo.web.record import RecordTree
from zhugo.web.store.games import GameStore

MOST_OPEN = 64
"""Games that are kept in memory; those that nobody has looked at for longest are let go."""


class OpenGames:
    """``store``: where they are kept. ``opened`` and ``closed`` hear of games that come into memory and leave it."""

    def __init__(
        self, store: GameStore, opened: Callable[[OpenGame], None], closed: Callable[[OpenGame], None]
    ) -> None:
        self._store, self._opened, self._closed = store, opened, closed
        self._open: dict[str, OpenGame] = {}
        """The one that was asked for last comes last."""

    @property
    def all(self) -> list[OpenGame]:
        """Those that are in memory."""
        return list(self._open.values())

    def add(self, tree: RecordTree, file_name: str = "") -> OpenGame:
        """Another game, saved."""
        game = OpenGame(self._store.fresh_name(), title_of(tree, file_name), tree)
        self.save(game)
        self._open[game.name] = game
        self._opened(game)
        return game

    def read(self, data: bytes, file_name: str) -> tuple[list[OpenGame], list[str]]:
        """The games of a file, and a line for each that cannot be read. Raises ``SgfError`` when there is none."""
        found, bad = [], []
        for tree in RecordTree.read_all(data):
            if isinstance(tree, SgfError):
                bad.append(f"{file_name}: {tree}")
            else:
                found.append(self.add(tree, file_name))
        return found, bad

    def get(self, name: str) -> OpenGame:
        """A game by its name. Raises ``UserError``."""
        known = self._open.pop(name, None)
        game = known or self._load(name)
        self._open[name] = game
        if known is None:
            self._opened(game)
        return game

    def is_open(self, name: str) -> bool:
        """Whether a game is in memory."""
        return name in self._open

    def has(self, game: OpenGame) -> bool:
        """Whether this very game is in memory."""
        return self._open.get(game.name) is game

    def save(self, game: OpenGame) -> None:
        """Write it to the disk. Raises ``UserError``."""
        game.changed = self._store.save(
            game.name, game.tree.as_sgf(), game.title, game.moves, game.saved_state(), played=game.is_played
        )

    def remove(self, name: str) -> None:
        """Take it off the disk. Raises ``UserError``."""
        game = self._open.pop(name, None)
        if game is not None:
            self._closed(game)
        self._store.remove(name)

    def listed(self) -> list[m.GameName]:
        """All games, the newest first."""
        return [m.GameName(one.game, one.title, one.changed, one.moves, one.played) for one in self._store.list()]

    def let_go(self, in_use: set[str]) -> None:
        """Forget those that are too many and not in use."""
        spare = [game for name, game in self._open.items() if name not in in_use and not game.is_played]
        for game in spare[: max(0, len(self._open) - MOST_OPEN)]:
            del self._open[game.name]
            self._closed(game)

    def _load(self, name: str) -> OpenGame:
        saved = self._store.load(name)
        tree = RecordTree.read_all(saved.sgf)[0]
        if isinstance(tree, SgfError):
            raise UserError(f"{saved.title}: {tree}")
        return OpenGame(name, saved.title, tree, saved.changed, state=saved.state)


def title_of(tree: RecordTree, file_name: str = "") -> str:
    """Who played, or what the file says of the game, or its name."""
    black, white = text_of(tree.root, "PB"), text_of(tree.root, "PW")
    if black or white:
        return f"{black or 'Black'} – {white or 'White'}"
    named = text_of(tree.root, "GN") or text_of(tree.root, "EV") or PurePath(file_name).stem
    return named[:200] or f"{tree.width}×{tree.height}"
