"""A match as a person sees it: a bar and a line for every game while it is played, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from zhugo.shared.progress import shown
from zhugo.strength.match.match import Match
from zhugo.strength.match.tally import GameLine, Tally

OnGame = Callable[[int, Sequence[GameLine]], None]


@contextmanager
def progress(match: Match, console: Console) -> Iterator[OnGame]:
    """Shows the games on ``console`` as ``play_match`` tells of them."""
    with shown(console, "no game is over yet", remaining=True) as bar:

        def on_game(number: int, games: Sequence[GameLine]) -> None:
            line = next(game for game in games if game.number == number)
            bar.say(describe(match, line))
            bar.update(len(games), match.games, f"games  {standing(Tally.of(games))}")

        yield on_game


def describe(match: Match, game: GameLine) -> str:
    """One game in a line."""
    names = [side.text for side in match.sides]
    black, white = names if game.first == "black" else names[::-1]
    text = f"game {game.number + 1}: {black} (B) {white} (W) {game.result}, {game.moves} moves, {game.how}"
    return f"{text}: {game.note}" if game.note else text


def standing(tally: Tally) -> str:
    """The score so far."""
    return f"{tally.score}, Elo {tally.elo}" if tally.elo else tally.score


def summary(match: Match, games: Sequence[GameLine]) -> Iterator[str]:
    """The match in a few lines."""
    tally = Tally.of(games)
    first, second = (side.text for side in match.sides)
    drawn = f", drew {tally.draws}" if tally.draws else ""
    void = f"; {tally.no_result} without a result" if tally.no_result else ""
    yield f"{first} won {tally.wins} of {tally.games}{drawn}, {second} {tally.losses}{void}"
    if tally.elo is not None:
        yield f"score {tally.elo.score:.1%}, Elo {tally.elo} at 95 %"
    yield f"won as Black {tally.wins_as_black}, as White {tally.wins_as_white}"
    for name, count in zip((first, second), tally.forfeits, strict=True):
        if count:
            yield f"{name} forfeited {count}"
    if tally.disagreements:
        yield f"the players made different scores of {tally.disagreements} final boards"
    if match.out is not None:
        yield f"records and journal in {match.out}"
