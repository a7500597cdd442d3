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
    from daemon.replay import replay as play_again

    outcome = play_again(file)
    print(outcome.text)
    raise typer.Exit(0 if outcome.same else 1)
