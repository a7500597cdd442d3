"""A series of games between two programs, and its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from games.go.game import Go
from zhugo import records
from zhugo.match import PlayedGame, Program, play_game, program


@dataclass(frozen=True)
class Series:
    """``games`` games between the programs of two command lines; ``out`` is where their records go."""

    first: str
    second: str
    games: int
    spec: dict[str, Any]
    out: Path | None


def play_series(series: Series, say: Callable[[str], None]) -> list[PlayedGame]:
    """Play, tell every game's outcome as it ends and the sum at the end; returns the games."""
    played = []
    won: Counter[str] = Counter()
    with program(series.first) as one, program(series.second) as other:
        for number in range(series.games):
            players: tuple[Program, Program] = (one, other) if number % 2 == 0 else (other, one)
            game = play_game(*players, series.spec)
            played.append(game)
            won[_winner(game, players, one)] += 1
            _keep(series, number, game)
            said = "agreed" if game.agreed else f"Black says {game.scores[0]}, White says {game.scores[1]}"
            say(f"game {number + 1}: {game.black} (B) {game.white} (W) {game.result}, {len(game.moves)} moves, {said}")
        say(f"{one.name} won {won['first']} of {series.games}, {other.name} {won['second']}")
    return played


def _winner(game: PlayedGame, players: tuple[Program, Program], first: Program) -> str:
    if game.result[:2] not in ("B+", "W+"):
        return "nobody"
    winner = players[0] if game.result[0] == "B" else players[1]
    return "first" if winner is first else "second"


def _keep(series: Series, number: int, game: PlayedGame) -> None:
    if series.out is None:
        return
    series.out.mkdir(parents=True, exist_ok=True)
    names = {"PB": game.black, "PW": game.white, "RE": game.result}
    text = records.as_sgf(Go.from_spec(game.spec), game.moves, names)
    (series.out / f"game-{number + 1:03}.sgf").write_text(text, encoding="utf-8")
