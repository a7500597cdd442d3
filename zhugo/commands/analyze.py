"""`zhugo analyze`: a game reviewed, move by move."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.options import DaemonOptions, takes_daemon

DEFAULT_VISITS = 50


@takes_daemon
def analyze(
    game: Annotated[Path, typer.Argument(help="The game, an SGF file.")],
    *,
    visits: Annotated[int | None, typer.Option(min=2, help="Visits for every position [default: 50].")] = None,
    time: Annotated[float | None, typer.Option(min=0.1, help="Seconds for the whole game, shared out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the files go [default: out/NAME].")] = None,
    daemon: DaemonOptions,
) -> None:
    """Search every position of a game: a table of the biggest mistakes, an annotated SGF, a graph, and JSON."""
    from zhugo.private_daemon import starting

    with starting(daemon, "analyze") as connect:
        from games.go.sgf import read
        from protocol.messages import Limits
        from zhugo.review import annotate
        from zhugo.review.report import make_directory
        from zhugo.review.run import review_game

        record = read(game)
        annotate.check(game.read_bytes())
        out = out or Path("out") / game.stem
        make_directory(out)
        limits = Limits(visits=DEFAULT_VISITS if visits is None and time is None else visits, seconds=time)
        review_game(connect(), record, game, limits, out)
