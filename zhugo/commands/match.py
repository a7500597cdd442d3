"""`zhugo match`: games between two engines, and what they say of the difference in strength."""

from pathlib import Path
from typing import Annotated, Any

import typer

from zhugo.shared.options import EXPERT


def match(
    first: Annotated[
        str,
        typer.Argument(
            help="A GTP command line in quotes; or bundled@VISITS or net:FILE@VISITS, and zhugo gtp's options."
        ),
    ],
    second: Annotated[str, typer.Argument(help="Its opponent, in the same words.")],
    games: Annotated[int, typer.Option(min=1, help="How many games; the sides take Black in turns.")] = 2,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 19,
    komi: Annotated[float, typer.Option(help="Komi.")] = 7.5,
    handicap: Annotated[
        int, typer.Option(min=0, max=9, help="Black's stones, as GTP's fixed_handicap has them: 2 to 9; 0: none.")
    ] = 0,
    rules: Annotated[str, typer.Option(help="Rules that the referee goes by.")] = "chinese",
    opening_moves: Annotated[
        int,
        typer.Option(
            min=0,
            max=60,
            help="Moves that are drawn from the bundled net; each opening is played twice.",
            rich_help_panel=EXPERT,
        ),
    ] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the openings.", rich_help_panel=EXPERT)] = 0,
    referee: Annotated[
        str,
        typer.Option(
            help="Who says what is dead when the players differ, a side; none: every stone lives.",
            rich_help_panel=EXPERT,
        ),
    ] = "bundled@100",
    move_seconds: Annotated[
        float,
        typer.Option(min=0.1, help="Longest time for a move; the game is lost after it.", rich_help_panel=EXPERT),
    ] = 300,
    max_moves: Annotated[
        int | None,
        typer.Option(
            min=1, help="Moves after which there is no result.", show_default="3 a point", rich_help_panel=EXPERT
        ),
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Games at the same time.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Keep records and a journal here; the same command goes on where it stopped.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON; games go to stderr.")] = False,
) -> None:
    """Play a match between two engines, and give its Elo with a 95 % interval.

    Who fails or plays an illegal move loses the game.
    """
    import json

    from rich.console import Console

    from games.go.game import Go
    from games.go.handicap import fixed_handicap
    from zhugo.shared.errors import UserError
    from zhugo.strength.match.game import MOVES_PER_POINT, Terms
    from zhugo.strength.match.match import Match
    from zhugo.strength.match.series import play_match
    from zhugo.strength.match.show import progress, summary
    from zhugo.strength.match.sides import parse
    from zhugo.strength.match.tally import Tally

    if opening_moves > size * size // 4:
        raise UserError(f"--opening-moves: {opening_moves} are too many for a board of {size}x{size}")
    spec: dict[str, Any] = {"size": size, "komi": komi, "rules": rules}
    if handicap:
        spec |= {"black": fixed_handicap(size, size, handicap), "to_play": "white"}
    Go.from_spec(spec)
    asked = Match(
        sides=(parse(first), parse(second)),
        games=games,
        terms=Terms(spec, move_seconds, max_moves or MOVES_PER_POINT * size * size),
        opening_moves=opening_moves,
        seed=seed,
        referee=None if referee == "none" else parse(referee),
        out=out,
        parallel=parallel,
    )
    with progress(asked, Console(stderr=as_json)) as on_game:
        played = play_match(asked, on_game)
    if as_json:
        sides = {"first": first, "second": second}
        print(json.dumps({**sides, **asked.terms.described(), **Tally.of(played).as_dict()}, indent=1))
    else:
        print(*summary(asked, played), sep="\n")
