"""`zhugo learn`: games, training and the arena, again and again; and what came of it."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.shared.options import EXPERT

app = typer.Typer(help="Learn a game from self-play, from random weights on.", invoke_without_command=True)


@app.callback()
def learn(
    context: typer.Context,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run. The same command goes on where it was ended.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="quick, production, extreme, another of zhugo/learning/loop/presets, or a .toml file.")
    ] = "quick",
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="A setting of the preset to change, such as training.batch=512.", rich_help_panel=EXPERT
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(help="A setting of the preset to take away, for its default.", rich_help_panel=EXPERT),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            help="Address of a Ray cluster whose machines play, in place of this one.", rich_help_panel=EXPERT
        ),
    ] = None,
) -> None:
    """Have a net play itself, learn from it, and take the old one's place when it has become better.

    It can be ended at any time, kill -9 included, and goes on from there.
    """
    if context.invoked_subcommand is not None:
        return
    from zhugo.learning.loop.command import carry_out
    from zhugo.shared.errors import UserError
    from zhugo.shared.settings import unset as without

    if run is None:
        raise UserError("--run: say which folder the run is to have")
    carry_out(run, preset, [*without(unset or []), *(change or [])], ray)


@app.command("report")
def report(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the page goes.", show_default="report.html in the run")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="A folder for its pictures, each as an SVG file.")] = None,
) -> None:
    """Draw loss, Elo, where the time went and how busy the device was, on one HTML page."""
    from zhugo.learning.loop.report import write_report

    print(write_report(run, out or run / "report.html", pictures))
