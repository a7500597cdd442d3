"""The files of a review, written."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from games.go.sgf import GameRecord
from protocol.files import write_whole
from zhugo.review import plot
from zhugo.review.annotate import annotate
from zhugo.review.as_json import review_as_json
from zhugo.review.move_costs import MoveReview, Position, biggest_mistakes, review_moves
from zhugo.review.summary import GameSummary, summarise
from zhugo.shared import records
from zhugo.shared.errors import UserError

SHOWN_MISTAKES = 10

Page = Callable[["Review", bytes, int, str], bytes]
"""Makes the HTML file of a review of a game, by its number, in some data, by somebody."""


@dataclass(frozen=True)
class Review:
    """A reviewed game: its record, every position, every move, and the costliest moves.

    positions: of each segment those before its moves and the one behind the last, so one more than moves, each.
    """

    game: GameRecord
    positions: Sequence[Position]
    moves: Sequence[MoveReview]
    mistakes: Sequence[MoveReview]

    @classmethod
    def of(cls, game: GameRecord, positions: Sequence[Position]) -> Review:
        """The review of a game from the searches of its positions."""
        reviewed: list[MoveReview] = []
        at = 0
        for segment in game.segments:
            moves = records.moves(segment)
            reviewed += review_moves(positions[at : at + len(moves) + 1], moves, len(reviewed) + 1)
            at += len(moves) + 1
        return cls(game, positions, reviewed, biggest_mistakes(reviewed, SHOWN_MISTAKES))

    @property
    def vertex(self) -> Callable[[int], str]:
        """Names of moves."""
        return self.game.game.vertex

    @property
    def summary(self) -> GameSummary:
        """How both players played."""
        go = self.game.game
        return summarise(self.moves, go.width, go.height)

    @property
    def segments(self) -> list[int]:
        """How many moves each segment of the record has."""
        return [segment.move_count for segment in self.game.segments]

    @property
    def numbers(self) -> list[int]:
        """How many moves lead to each position."""
        numbers: list[int] = []
        before = 0
        for length in self.segments:
            numbers += range(before, before + length + 1)
            before += length
        return numbers


@dataclass(frozen=True)
class Target:
    """Where the files of a game go: ``directory``, under the name ``stem``. aside: its SGF is the reviewed file."""

    directory: Path
    stem: str
    aside: bool = False

    def file(self, kind: str) -> Path:
        """The file of a kind, "sgf", "html", "png" or "json"."""
        return self.directory / f"{self.stem}{'-reviewed' if self.aside and kind == 'sgf' else ''}.{kind}"

    @property
    def files(self) -> list[Path]:
        """All of them, in the order in which they are written: with the last one the review is done."""
        return [self.file(kind) for kind in ("sgf", "html", "png", "json")]


def make_directory(directory: Path) -> None:
    """Make sure that files can go there. Raises ``UserError``."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {directory}: {error.strerror}") from error


def write_files(
    review: Review, data: bytes, number: int, target: Target, about: Mapping[str, Any], page: Page
) -> list[Path]:
    """Write the annotated SGF, the page, the picture and the JSON, each whole or not at all; returns their paths.

    The review is of game ``number`` in ``data``. Raises ``UserError``.
    """
    make_directory(target.directory)
    by = f"ZhuGo, {about['net']}"
    picture = io.BytesIO()
    title = records.title(review.game)
    plot.draw(picture, title, review.numbers, review.positions, review.mistakes, review.vertex)
    document = review_as_json(
        about, review.numbers, review.positions, review.moves, review.mistakes, review.vertex, review.summary
    )
    contents = [
        annotate(data, review.positions, review.moves, review.vertex, by, review.segments, number),
        page(review, data, number, by),
        picture.getvalue(),
        (json.dumps(document, indent=1) + "\n").encode(),
    ]
    try:
        for path, content in zip(target.files, contents, strict=True):
            write_whole(path, content)
    except OSError as error:
        raise UserError(f"cannot write to {target.directory}: {error.strerror}") from error
    return target.files
