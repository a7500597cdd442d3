"""The files of a review, written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from games.go.sgf import GameRecord
from zhugo import records
from zhugo.errors import UserError
from zhugo.review import plot
from zhugo.review.annotate import annotate
from zhugo.review.as_json import review_as_json
from zhugo.review.moves import MoveReview, Position, biggest_mistakes, review_moves

SHOWN_MISTAKES = 10


@dataclass(frozen=True)
class Review:
    """A reviewed game: its record, every position, every move, and the costliest moves."""

    game: GameRecord
    positions: Sequence[Position]
    moves: Sequence[MoveReview]
    mistakes: Sequence[MoveReview]

    @classmethod
    def of(cls, game: GameRecord, positions: Sequence[Position]) -> Review:
        """The review of a game from the searches of its positions."""
        reviewed = review_moves(positions, records.moves(game))
        return cls(game, positions, reviewed, biggest_mistakes(reviewed, SHOWN_MISTAKES))

    @property
    def vertex(self) -> Callable[[int], str]:
        """Names of moves."""
        return self.game.game.vertex


def make_directory(directory: Path) -> None:
    """Make sure that files can go there. Raises ``UserError``."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write to {directory}: {error.strerror}") from error


def write_files(review: Review, source: Path, directory: Path, about: Mapping[str, Any]) -> list[Path]:
    """Write the annotated SGF, the picture and the JSON; returns their paths. Raises ``UserError``."""
    make_directory(directory)
    try:
        sgf, png, data = (directory / f"{source.stem}.{kind}" for kind in ("sgf", "png", "json"))
        if sgf.exists() and sgf.samefile(source):
            sgf = directory / f"{source.stem}-reviewed.sgf"
        by = f"ZhuGo, {about['net']}"
        sgf.write_bytes(annotate(source.read_bytes(), review.positions, review.moves, review.vertex, by))
        plot.draw(png, records.title(review.game), review.positions, review.mistakes, review.vertex)
        document = review_as_json(about, review.positions, review.moves, review.mistakes, review.vertex)
        data.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write to {directory}: {error.strerror}") from error
    return [sgf, png, data]
