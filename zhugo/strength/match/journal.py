"""What has been played of a match, on disk: a line of JSON for the terms, for every opening and for every game.

A line is written at once when its game is over, so that a match that was killed goes on where it stopped.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import msgspec

from zhugo.shared.errors import UserError
from zhugo.strength.match.tally import GameLine

Line: TypeAlias = dict[str, Any]

FILE = "match.jsonl"
FORMAT = 1


class Journal:
    """The journal in a directory, this process its only writer. Keys of ``games`` and ``openings`` are numbers from 0.

    ``terms``: what every game of the match was played under; None as long as nothing was.
    """

    def __init__(self, directory: Path) -> None:
        """Open it, and read what is there. Raises ``UserError``."""
        self.path = directory / FILE
        self.terms: Line | None = None
        self.games: dict[int, GameLine] = {}
        self.openings: dict[int, list[str]] = {}
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as error:
            raise UserError(f"cannot write to {self.path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise UserError(f"another match is writing to {self.path}") from None
        try:
            self._read()
        except BaseException:
            self._file.close()
            raise

    def begin(self, terms: Line) -> None:
        """Go on under these terms, or begin. Raises ``UserError`` when they are not those of the games so far."""
        if not self.games and self.terms != terms:
            self._file.truncate(0)
            self.openings.clear()
            self.terms = terms
            self._write({"format": FORMAT, "terms": terms})
            return
        assert self.terms is not None
        for name in dict.fromkeys([*self.terms, *terms]):
            before, now = self.terms.get(name), terms.get(name)
            if before != now:
                raise UserError(f"{self.path} is of a match with {name} {before!r}, not {now!r}; use another --out")

    def add_opening(self, number: int, vertices: list[str]) -> None:
        """Keep an opening."""
        if number not in self.openings:
            self.openings[number] = vertices
            self._write({"opening": number, "moves": vertices})

    def add_game(self, game: GameLine) -> None:
        """Keep a game."""
        self.games[game.number] = game
        self._write({"game": asdict(game)})

    def _write(self, line: Line) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self) -> None:
        self._file.seek(0)
        whole = 0
        for number, line in enumerate(self._file, start=1):
            # the last line of a writer that was killed may be half a line
            if not line.endswith(b"\n"):
                break
            try:
                self._take(json.loads(line))
            except (msgspec.ValidationError, ValueError, KeyError, TypeError):
                raise UserError(f"{self.path} line {number} is not of a match's journal") from None
            whole += len(line)
        self._file.truncate(whole)

    def _take(self, line: Line) -> None:
        if "terms" in line:
            if line["format"] != FORMAT:
                raise UserError(f"{self.path} has format {line['format']}; this version writes {FORMAT}")
            self.terms = dict(line["terms"])
        elif self.terms is None:
            raise ValueError("no terms")
        elif "opening" in line:
            self.openings[int(line["opening"])] = [str(vertex) for vertex in line["moves"]]
        else:
            game = msgspec.convert(line["game"], GameLine)
            self.games[game.number] = game

    def close(self) -> None:
        """Let others write."""
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()
