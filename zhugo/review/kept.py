"""The state that an interrupted review leaves beside its files, so that the same command goes on from there.

A review has a key: of the bytes of its game, of the limits, of the net. A finished one has it in its JSON; of one that
was interrupted, its positions so far lie in a file of their own. A game or a setting that changed has another key, and
is done anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from games.go.coords import from_vertex
from games.go.game import Go
from games.go.sgf import GameRecord
from protocol.files import write_whole
from protocol.messages import Limits
from zhugo.review.as_json import SCHEMA
from zhugo.review.move_costs import Candidate, Position
from zhugo.review.report import Target


class _Partial(msgspec.Struct):
    key: str
    positions: dict[int, Position]


class _Candidate(msgspec.Struct):
    move: str
    visits: int
    win_rate: float
    lead: float | None
    prior: float
    pv: list[str]


class _Position(msgspec.Struct):
    win_rate: float
    lead: float | None
    visits: int
    candidates: list[_Candidate]


class _Finished(msgspec.Struct):
    key: str
    positions: list[_Position]


def key_of(data: bytes, number: int, limits: Limits, nets: Sequence[str]) -> str:
    """The key of the review of game ``number`` in ``data``; ``nets`` names all that evaluates."""
    parts = [SCHEMA, hashlib.sha256(data).hexdigest(), number, limits.visits, limits.seconds, sorted(nets)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def finished(target: Target, key: str, record: GameRecord) -> list[Position] | None:
    """The positions of the review with this key, as its JSON has them; None where not all of its files are there."""
    if not all(path.exists() for path in target.files):
        return None
    game = record.game
    try:
        document = msgspec.json.decode(target.file("json").read_bytes(), type=_Finished)
        if document.key != key:
            return None
        return [_position(one, game) for one in document.positions]
    except (OSError, ValueError):
        return None


def keep(target: Target, key: str, positions: Mapping[int, Position]) -> None:
    """Keep the positions of a review that is not finished, by their numbers. Raises ``OSError``."""
    target.directory.mkdir(parents=True, exist_ok=True)
    write_whole(_file(target), msgspec.json.encode(_Partial(key, dict(positions))))


def kept(target: Target, key: str) -> dict[int, Position]:
    """The positions that were kept under this key; none where there are none."""
    try:
        partial = msgspec.json.decode(_file(target).read_bytes(), type=_Partial)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return partial.positions if partial.key == key else {}


def forget(target: Target) -> None:
    """Drop what was kept."""
    _file(target).unlink(missing_ok=True)


def _position(written: _Position, game: Go) -> Position:
    candidates = (
        Candidate(move, one.visits, one.win_rate, one.lead, one.prior, tuple(pv))
        for one in written.candidates
        for move, *pv in [[from_vertex(text, game.width, game.height) for text in (one.move, *one.pv)]]
    )
    return Position(written.win_rate, written.lead, written.visits, tuple(candidates))


def _file(target: Target) -> Path:
    return target.directory / f"{target.stem}.unfinished.json"
