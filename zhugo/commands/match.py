"""`zhugo match`: games between two GTP programs."""

from pathlib import Path
from typing import Annotated

import typer


def match(
    first: Annotated[str, typer.Argument(help="Command line of a GTP program, in quotes.")],
    second: Annotated[str, typer.Argument(help="Command line of its opponent.")],
    games: Annotated[int, typer.Option(min=1, help="How many games; the programs take Black in turns.")] = 2,
    size: Annotated[int, typer.Option(min=2, max=19, help="Board size.")] = 19,
    komi: Annotated[float, typer.Option(help="Komi.")] = 7.5,
    rules: Annotated[str, typer.Option(help="Rules that the referee goes by.")] = "chinese",
    out: Annotated[Path | None, typer.Option(help="Keep the games as SGF in this directory.")] = None,
) -> None:
    """Play games between two GTP programs and compare what both make of every final board."""
    from zhugo.match_series import Series, play_series

    play_series(Series(first, second, games, {"size": size, "komi": komi, "rules": rules}, out), print)
