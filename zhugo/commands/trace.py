"""`zhugo trace`: what a daemon recorded, played again."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Look into the trace that a daemon recorded.", no_args_is_help=True)


@app.callback()
def trace() -> None:
    """Look into the trace that a daemon recorded."""


@app.command("replay")
def replay(file: Annotated[Path, typer.Argument(help="The trace.")]) -> None:
    """Feed the recorded messages to a fresh core: exit code 0 only if it says and ends the same, else 1."""
    from daemon.referee import GamesReferee
    from daemon.replay import replay as play_again

    verdict = play_again(file, GamesReferee())
    if verdict.difference is not None:
        print(f"different: {verdict.difference}")
        raise typer.Exit(1)
    print(f"the same: {verdict.events:,} events, {verdict.messages:,} answers, {verdict.ends} orderly ends")
    for session, digest in sorted(verdict.digests.items()):
        print(f"  tree of {session}: {digest}")
    if verdict.torn is not None:
        print(f"  the last record, at byte {verdict.torn}, was cut short by the daemon's death")
