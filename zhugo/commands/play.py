"""`zhugo play`: a game in the terminal against the engine."""

from typing import Annotated, Literal

import typer

from zhugo.shared.options import DaemonOptions, takes_daemon


@takes_daemon
def play(
    game: Annotated[str, typer.Option(help="go, or a game of OpenSpiel: connect_four, 'hex(board_size=5)' …")] = "go",
    *,
    size: Annotated[
        int | None, typer.Option(min=2, max=19, help="Size of the board, for go.", show_default="9")
    ] = None,
    first: Annotated[Literal["human", "engine"], typer.Option(help="Who makes the first move.")] = "human",
    visits: Annotated[
        int | None, typer.Option(min=2, help="Visits of a move.", show_default="400; without a net 20000")
    ] = None,
    time: Annotated[float | None, typer.Option(min=0.01, help="Seconds of a move.")] = None,
    daemon: DaemonOptions,
) -> None:
    """Play a game in the terminal against the engine: Go, or one of many others.

    Moves are typed by name or number; undo, hint, help and quit are there, too.
    """
    from zhugo.bridges.play.game_setup import play_in_terminal

    play_in_terminal(game, size, first == "human", visits, time, daemon)
