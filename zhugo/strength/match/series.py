"""All games of a match, each kept as soon as it is over."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext

from games.game import IllegalMove
from games.go.coords import from_vertex
from games.go.game import Go
from zhugo.shared import records
from zhugo.shared.errors import UserError
from zhugo.strength.match.game import PlayedGame
from zhugo.strength.match.game_workers import GameWorkers
from zhugo.strength.match.journal import Journal
from zhugo.strength.match.match import Match
from zhugo.strength.match.openings import Openings
from zhugo.strength.match.tally import GameLine

MOST_FAILURES = 3
"""When a program fails in so many games running, the match ends: more would say nothing about strength."""


def play_match(
    match: Match,
    on_game: Callable[[int, list[GameLine]], None],
    enough: Callable[[list[GameLine]], bool] = lambda _games: False,
) -> list[GameLine]:
    """Play what is not played yet; all games, those of earlier runs included, in order of their numbers.

    ``on_game`` is told each game's number as it ends, and all games so far. The match ends early, and drops the games
    that are on their way, once all games so far are ``enough``. Raises ``UserError``: the journal of
    another match; a program that does not start, does not take the terms, or fails in game after game.
    """
    with Journal(match.out) if match.out is not None else nullcontext() as journal:
        games: dict[int, GameLine] = {}
        openings = Openings(Go.from_spec(match.terms.spec), match.opening_moves, match.seed)
        if journal is not None:
            journal.begin(match.settings())
            games = dict(journal.games)
            openings.known = {number: _moves(openings.game, words) for number, words in journal.openings.items()}
        numbers = [number for number in range(match.games) if number not in games]
        if enough(list(games.values())):
            numbers = []
        failures = [0, 0]
        with closing(GameWorkers(match, numbers, openings)) as workers:
            for number, game in workers.results():
                line = games[number] = _keep(match, number, game)
                if journal is not None:
                    journal.add_opening(number // 2, [openings.game.vertex(move) for move in openings.get(number // 2)])
                    journal.add_game(line)
                on_game(number, [games[one] for one in sorted(games)])
                if enough(list(games.values())):
                    break
                _give_up_when_useless(match, number, game, failures)
    return [games[number] for number in sorted(games)]


def _keep(match: Match, number: int, game: PlayedGame) -> GameLine:
    """Write the game's record, and give its line for the journal."""
    first = match.first_is(number)
    second = "white" if first == "black" else "black"
    line = GameLine(
        number=number,
        first=first,
        result=game.result,
        winner={first: "first", second: "second"}.get(game.winner or "", game.winner),
        how=game.how,
        note=game.note,
        opinions=game.opinions,
        moves=len(game.moves),
        seconds=(round(game.thought[first], 3), round(game.thought[second], 3)),
        sgf=None if match.out is None else f"game-{number + 1:04}.sgf",
    )
    if match.out is not None and line.sgf is not None:
        text = records.as_sgf(Go.from_spec(match.terms.spec), game.moves, _properties(match, number, game))
        (match.out / line.sgf).write_text(text, encoding="utf-8")
    return line


def _properties(match: Match, number: int, game: PlayedGame) -> dict[str, str]:
    """What the record says of the game."""
    names = [side.text for side in match.sides]
    black, white = names if match.first_is(number) == "black" else names[::-1]
    ended = f"{game.result}, {game.how}" + (f": {game.note}" if game.note else "")
    opening = f"opening {number // 2 + 1} of seed {match.seed}, {match.opening_moves} moves"
    return {
        "PB": black,
        "PW": white,
        "RE": game.result,
        "RU": str(match.terms.spec["rules"]),
        "DT": datetime.date.today().isoformat(),
        "RO": str(number + 1),
        "C": "\n".join((ended, opening, *(f"{name}: {what}" for name, what in match.about.items()))),
    }


def _give_up_when_useless(match: Match, number: int, game: PlayedGame, failures: list[int]) -> None:
    """Raise ``UserError`` when one program has failed in several games running; ``failures`` counts them by side."""
    for i, side in enumerate(match.sides):
        failed = game.failed is not None and (game.failed == match.first_is(number)) == (i == 0)
        failures[i] = failures[i] + 1 if failed else 0
        if failures[i] == MOST_FAILURES:
            raise UserError(f"{side.text!r} failed in {MOST_FAILURES} games running: {game.note}")


def _moves(game: Go, vertices: Sequence[str]) -> list[int]:
    """Raises ``UserError`` for an opening that is none."""
    try:
        moves = [from_vertex(vertex, game.width, game.height) for vertex in vertices]
        game.root(moves)
    except (ValueError, IllegalMove) as error:
        raise UserError(f"the journal has an opening that cannot be played: {error}") from None
    return moves
