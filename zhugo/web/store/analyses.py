"""What searches found at positions, in a database that several threads and processes may use at once.

A position's key is a hash of the daemon's specification of its game (size, rules, komi, set-up stones, who begins, and
for whom the net plays) and of the moves up to it. So two orders of the same moves are two positions: what superko
forbids and what nets look at (the last moves, ladders before them) depends on how one came there, and an analysis that
is shown must be one of this very position. A net is known by the digest of its file.

Of one position and net the search with more visits is kept, and of two with as many the later one.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from games.go.game import Go
from protocol.messages import Status
from zhugo.review.move_costs import Position

FILE = "analyses-1.sqlite"
"""The number is that of the tables: another program's are left alone."""
MAX_BYTES = 512 << 20
CANDIDATES = 24
"""Kept of a position, at most; a searched one takes some 2 kB."""
_DAY = 86_400.0
_BUSY_SECONDS = 20.0
_PARTS = 200
"""Keys of one question to the database."""

_T = TypeVar("_T")

_TABLES = """
CREATE TABLE IF NOT EXISTS analyses (
    position BLOB NOT NULL, net TEXT NOT NULL, visits INTEGER NOT NULL, used REAL NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (position, net)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS analyses_by_use ON analyses (used);
"""
_PUT = """
INSERT INTO analyses VALUES (?, ?, ?, ?, ?) ON CONFLICT (position, net) DO UPDATE
SET visits = excluded.visits, used = excluded.used, value = excluded.value WHERE excluded.visits >= visits
"""
_DECODER = msgspec.msgpack.Decoder(Position)


def position_key(spec: Mapping[str, Any], record: Sequence[int]) -> bytes:
    """The key of the position behind ``record``. Raises ``GameError`` for no specification of Go."""
    hashed = hashlib.sha256(_game_key(msgspec.json.encode(spec, order="sorted")))
    hashed.update(array("H", record).tobytes())
    return hashed.digest()[:16]


def net_key(status: Status) -> str:
    """The digest of what a daemon evaluates with, ``""`` while that is not known: then keep nothing."""
    digests = sorted({searcher.net.sha256 for searcher in status.searchers if searcher.net is not None})
    return "+".join(digests)


class AnalysisStore:
    """The analyses below ``folder``, at most ``max_bytes`` of them: what was used last longest ago goes first.

    It is a memory, and nothing depends on it: where the disk takes no more, or gives nothing, that is told once, and
    questions find nothing. Only analyses of whole positions belong into it, not those of some moves alone.
    """

    def __init__(
        self,
        folder: Path,
        complain: Callable[[str], None],
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``folder``: of ``home``. ``complain`` hears of damage, a line each."""
        self._path = folder / FILE
        self._complain, self._max_bytes, self._clock = complain, max_bytes, clock
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self._said: set[str] = set()
        self._closed = False

    def get(self, key: bytes, net: str) -> Position | None:
        """What is known of a position, None for nothing."""
        return self.get_all([key], net).get(key)

    def get_all(self, keys: Iterable[bytes], net: str) -> dict[bytes, Position]:
        """What is known of these positions."""
        wanted = list(dict.fromkeys(keys)) if net else []
        return self._do(lambda database: self._read(database, wanted, net), {}) if wanted else {}

    def put(self, key: bytes, net: str, position: Position) -> None:
        """Keep an analysis, unless a better one is there."""
        self.put_all({key: position}, net)

    def put_all(self, positions: Mapping[bytes, Position], net: str) -> None:
        """Keep several at once."""
        now = self._clock()
        rows = [(key, net, one.visits, now, _encoded(one)) for key, one in positions.items() if one.visits and net]
        if rows:
            self._do(lambda database: self._write(database, rows), None)

    def close(self) -> None:
        """Let go of the file; nothing is found or kept any more."""
        with self._lock:
            self._closed = True
            self._let_go()

    def _read(self, database: sqlite3.Connection, keys: list[bytes], net: str) -> dict[bytes, Position]:
        found: dict[bytes, Position] = {}
        worn: list[bytes] = []
        now = self._clock()
        for at in range(0, len(keys), _PARTS):
            part = keys[at : at + _PARTS]
            places = ",".join("?" * len(part))
            query = f"SELECT position, used, value FROM analyses WHERE net = ? AND position IN ({places})"
            for key, used, value in database.execute(query, [net, *part]):
                with suppress(msgspec.MsgspecError):
                    found[key] = _DECODER.decode(value)
                if now - used > _DAY:
                    worn.append(key)
        if worn:
            with database:
                database.executemany(
                    "UPDATE analyses SET used = ? WHERE position = ? AND net = ?", [(now, key, net) for key in worn]
                )
        return found

    def _write(self, database: sqlite3.Connection, rows: list[tuple[bytes, str, int, float, bytes]]) -> None:
        with database:
            database.executemany(_PUT, rows)
        if self._bytes(database) > self._max_bytes:
            self._make_room(database)

    def _bytes(self, database: sqlite3.Connection) -> int:
        pages, free, size = (
            database.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Drop the tenth that was not used for longest."""
        with database:
            (count,) = database.execute("SELECT count(*) FROM analyses").fetchone()
            database.execute(
                "DELETE FROM analyses WHERE (position, net) IN "
                "(SELECT position, net FROM analyses ORDER BY used LIMIT ?)",
                [max(1, count // 10)],
            )

    def _do(self, work: Callable[[sqlite3.Connection], _T], nothing: _T) -> _T:
        """What ``work`` makes of the database; ``nothing`` where that is out of order."""
        with self._lock:
            for _ in range(2):
                if self._closed:
                    return nothing
                try:
                    return work(self._opened())
                except sqlite3.OperationalError as error:  # busy for too long, a full disk, no right to write
                    self._say_once(f"{self._path}: {error}; analyses are not kept for now")
                    self._let_go()
                    return nothing
                except sqlite3.DatabaseError as error:
                    self._put_aside(error)
            return nothing

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            database = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, check_same_thread=False)
            self._database = database
            self._inode = self._path.stat().st_ino
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_TABLES)
        return self._database

    def _let_go(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _put_aside(self, error: sqlite3.DatabaseError) -> None:
        """The file is damaged: it gets another name, unless another process has done that already."""
        self._let_go()
        with suppress(OSError):
            if self._path.stat().st_ino != self._inode:
                return
            aside = self._path.with_name(f"{self._path.stem}.damaged")
            for ending in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self._path.with_name(self._path.name + ending).replace(aside.with_name(aside.name + ending))
            self._complain(f"{self._path}: {error}; it is now {aside.name}, and a new one is begun")

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._complain(line)


def _encoded(position: Position) -> bytes:
    return msgspec.msgpack.encode(replace(position, candidates=position.candidates[:CANDIDATES]))


@lru_cache(maxsize=64)
def _game_key(spec: bytes) -> bytes:
    """What a specification says, however it says it: rules by name or by options, a size as one number or two."""
    whole = Go.from_spec(msgspec.json.decode(spec)).spec()
    whole["black"].sort()
    whole["white"].sort()
    return msgspec.json.encode(whole, order="sorted")
