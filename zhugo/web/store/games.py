"""Games on disk, each in one file, so that its record and the state beside it always belong together.

``home/games/NAME.json`` holds ``format``, ``title``, ``changed``, ``moves``, ``played``, ``state``, and the record: as
``sgf`` where its bytes are UTF-8, else as ``sgf_base64``.
"""

from __future__ import annotations

import base64
import fcntl
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from protocol.files import write_whole
from zhugo.shared.errors import UserError

FORMAT = "zhugo-game-1"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Listed(Struct, frozen=True):
    """A game in the list. ``changed``: seconds since 1970. ``played``: against the engine, and not over."""

    game: str
    title: str
    changed: float
    moves: int
    played: bool


class Saved(Struct, frozen=True):
    """A game as it was saved. ``state``: plain values, of which the store knows nothing."""

    game: str
    title: str
    changed: float
    moves: int
    played: bool
    sgf: bytes
    state: dict[str, Any]


class _Head(Struct):
    format: Literal["zhugo-game-1"]
    title: str
    changed: float
    moves: int
    played: bool


class _File(_Head):
    state: dict[str, Any] = {}
    sgf: str | None = None
    sgf_base64: bytes | None = None


_HEAD = msgspec.json.Decoder(_Head)
_FILE = msgspec.json.Decoder(_File)


class GameStore:
    """The games below ``folder``. A game is known by a name of letters, digits, ``-`` and ``_``: see ``fresh_name``."""

    def __init__(self, folder: Path, complain: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
        """``folder``: of ``home``. ``complain`` hears of damaged files, a line each. Raises ``UserError``."""
        self._folder = folder / "games"
        self._complain, self._clock = complain, clock
        self._lock = threading.Lock()
        self._heads: dict[str, tuple[tuple[int, int], Listed]] = {}
        """What was read of files, by their time and size."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UserError(f"cannot keep games in {self._folder}: {error.strerror}") from error

    @staticmethod
    def fresh_name() -> str:
        """A name that no game has."""
        return secrets.token_hex(6)

    def save(self, game: str, sgf: bytes, title: str, moves: int, state: dict[str, Any], *, played: bool) -> float:
        """Write a game in place of what was saved of it; returns its ``changed``.

        Raises ``UserError`` when the disk does not take it: what was saved before is there still.
        """
        changed = self._clock()
        try:
            text, encoded = sgf.decode("utf-8"), None
        except UnicodeDecodeError:
            text, encoded = None, base64.b64encode(sgf)
        fields = {"title": title, "changed": changed, "moves": moves, "played": played, "state": state}
        record = {"sgf": text} if encoded is None else {"sgf_base64": encoded.decode()}
        data = msgspec.json.format(msgspec.json.encode({"format": FORMAT, **fields, **record}), indent=1)
        try:
            with self._alone():
                write_whole(self._path(game), data)
        except OSError as error:
            raise UserError(f"the game cannot be saved in {self._folder}: {error.strerror}") from error
        return changed

    def load(self, game: str) -> Saved:
        """A game. Raises ``UserError`` where there is none that can be read."""
        path = self._path(game)
        try:
            data = path.read_bytes()
        except OSError:
            raise UserError(f"there is no game {game}") from None
        try:
            file = _FILE.decode(data)
            sgf = _bytes_of(file)
        except ValueError as error:
            self._put_aside(path, error)
            raise UserError(f"the file of game {game} is damaged") from None
        return Saved(game, file.title, file.changed, file.moves, file.played, sgf, file.state)

    def list(self) -> list[Listed]:
        """All games, the newest first."""
        found: list[Listed] = []
        for path in sorted(self._folder.glob("*.json")):
            if _NAME.fullmatch(path.stem) and (head := self._head(path)) is not None:
                found.append(head)
        return sorted(found, key=lambda one: -one.changed)

    def remove(self, game: str) -> None:
        """Take a game off the disk; one that is not there is no mistake. Raises ``UserError``."""
        try:
            with self._alone():
                self._path(game).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"game {game} cannot be removed: {error.strerror}") from error

    def _path(self, game: str) -> Path:
        if not _NAME.fullmatch(game):
            raise UserError("there is no game of this name")
        return self._folder / f"{game}.json"

    def _head(self, path: Path) -> Listed | None:
        try:
            stat = path.stat()
            seen = stat.st_mtime_ns, stat.st_size
            known = self._heads.get(path.stem)
            if known is not None and known[0] == seen:
                return known[1]
            head = _HEAD.decode(path.read_bytes())
        except OSError:
            return None  # removed meanwhile
        except ValueError as error:
            self._put_aside(path, error)
            return None
        listed = Listed(path.stem, head.title, head.changed, head.moves, head.played)
        self._heads[path.stem] = seen, listed
        return listed

    def _put_aside(self, path: Path, error: ValueError) -> None:
        aside = path.with_suffix(".damaged")
        try:
            path.replace(aside)
        except OSError:
            return  # somebody else did
        self._complain(f"{path}: damaged ({' '.join(str(error).split())}); it is now {aside.name}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else writes or removes here, in this process or another."""
        with self._lock, (self._folder / ".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _bytes_of(file: _File) -> bytes:
    if file.sgf is not None:
        return file.sgf.encode()
    if file.sgf_base64 is not None:
        return file.sgf_base64  # msgspec has read its base 64
    raise ValueError("no record in it")
