"""What a review through `zhugo analysis` makes of the device: its throughput beside that of ``bench pipeline``.

The engine is a process of its own, spoken to as clients do, and is asked for every position of a game at once.
Both take turns, each with a daemon of its own under the same options, so that neither has the machine at a better time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, Any

from bench import pipeline
from games.go.sgf import GameRecord, read
from zhugo.shared import records
from zhugo.shared.options import DaemonOptions

GAMES = Path(__file__).parent.parent / "games" / "records"
REVIEWED, WARMING = GAMES / "1-3-19x19-gnugo-katago.sgf", GAMES / "2-6-19x19-katago-gnugo.sgf"
"""The game that is measured, and the one before it, by which device and kernels get warm."""


@dataclass(frozen=True)
class Review:
    """The first ``moves`` moves of a game, ``visits`` for each of its positions."""

    moves: int = 200
    visits: int = 100


def measure(options: DaemonOptions, review: Review, load: pipeline.Load, rounds: int) -> dict[str, Any]:
    """Medians over the rounds, and ``share``, the review's throughput as a part of the pipeline's."""
    made, shown = [], []
    for _ in range(rounds):
        shown.append(pipeline.measure(options, load)["visits_per_s"])
        made.append(_review(options, review))
    rates = [one["visits"] / one["seconds"] for one in made]
    return {
        "visits_per_s": statistics.median(rates),
        "pipeline_visits_per_s": statistics.median(shown),
        "share": statistics.median(rate / most for rate, most in zip(rates, shown, strict=True)),
        "seconds": statistics.median(one["seconds"] for one in made),
        "first_answer_s": statistics.median(one["first"] for one in made),
        "positions": review.moves + 1,
        "visits": made[0]["visits"],
        "rounds": rounds,
    }


def _review(options: DaemonOptions, review: Review) -> dict[str, float]:
    with _engine(options) as (queries, answers):
        _ask(queries, _query("warm", WARMING, Review(40, 20)))
        for _ in _last_answers(answers, 41):
            pass
        began = time.monotonic()
        _ask(queries, _query("game", REVIEWED, review))
        visits, times = 0, []
        for answer in _last_answers(answers, review.moves + 1):
            visits += answer["rootInfo"]["visits"]
            times.append(time.monotonic() - began)
    return {"visits": visits, "seconds": times[-1], "first": times[0]}


@contextmanager
def _engine(options: DaemonOptions) -> Iterator[tuple[IO[str], IO[str]]]:
    command = [sys.executable, "-P", "-m", "zhugo.cli", "analysis", *_arguments(options)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield process.stdin, process.stdout


def _arguments(options: DaemonOptions) -> Iterator[str]:
    for field in fields(options):
        value = getattr(options, field.name)
        if value != field.default:
            yield "--" + field.name.replace("_", "-")
            if value is not True:
                yield str(value)


def _ask(queries: IO[str], query: dict[str, Any]) -> None:
    queries.write(json.dumps(query) + "\n")
    queries.flush()


def _last_answers(answers: IO[str], count: int) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        answer = json.loads(answers.readline())
        if "rootInfo" not in answer:
            raise RuntimeError(f"no analysis: {answer}")
        yield answer


def _query(name: str, file: Path, review: Review) -> dict[str, Any]:
    game = read(file)
    moves = _moves(game)[: review.moves]
    return {
        "id": name,
        "rules": "chinese",
        "komi": 7.5,
        "boardXSize": game.game.width,
        "boardYSize": game.game.height,
        "moves": moves,
        "analyzeTurns": list(range(len(moves) + 1)),
        "maxVisits": review.visits,
    }


def _moves(game: GameRecord) -> Sequence[tuple[str, str]]:
    return [("B" if player > 0 else "W", game.game.vertex(move)) for player, move in records.moves(game)]
