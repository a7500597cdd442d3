"""`zhugo analyze`: games reviewed, move by move."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.shared.options import DaemonOptions, takes_daemon

DEFAULT_VISITS = 50


@takes_daemon
def analyze(
    games: Annotated[
        list[str],
        typer.Argument(help="SGF files, folders of them, patterns such as 'games/**/*.sgf', or - for stdin."),
    ],
    *,
    visits: Annotated[int | None, typer.Option(min=2, help="Visits for every position.", show_default="50")] = None,
    time: Annotated[float | None, typer.Option(min=0.1, help="Seconds for a whole game, shared out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the files go.", show_default="out/NAME for each game")] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Review again what an earlier run has done.")] = False,
    daemon: DaemonOptions,
) -> None:
    """Review games: the biggest mistakes, an annotated SGF, a page for the browser, a graph, and JSON of each.

    Every position of the main line is searched, many at a time.

    A run that ends early, by Ctrl-C say, is taken up by the same command.
    """
    from zhugo.shared.private_daemon import starting

    with starting(daemon, "analyze") as connect:
        from protocol.messages import Limits
        from zhugo.review.report import make_directory
        from zhugo.review.run import complain, review_all
        from zhugo.review.sources import OUT, find
        from zhugo.web.export import page_of_review

        sources, missing = find(games, out)
        for line in missing:
            complain(line)
        if not sources:
            raise typer.Exit(2)
        make_directory(OUT if out is None else out)
        limits = Limits(visits=DEFAULT_VISITS if visits is None and time is None else visits, seconds=time)
        outcome = review_all(connect, sources, limits, page=page_of_review, anew=anew)
    if missing or outcome.bad:
        raise typer.Exit(2)
