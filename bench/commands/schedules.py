"""Ways to schedule a search over processes, side by side."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bench.commands.group import AsJson, app, show, tell


@app.command("schedules")
def schedules(
    effort: Annotated[
        Literal["smoke", "quick", "full"], typer.Option(help="How much is compared: seconds, minutes, or an hour.")
    ] = "quick",
    report: Annotated[Path | None, typer.Option(help="Write a page with pictures into this file, HTML.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Write the main pictures into this folder, SVG.")] = None,
    net: Annotated[
        list[Path] | None, typer.Option(help="A net whose search is predicted, beside the bundled one; several.")
    ] = None,
    real: Annotated[bool, typer.Option(help="Check the simulation against real processes.")] = True,
    game: Annotated[
        Literal["breakthrough", "go-7x7"], typer.Option(help="What schedules play at equal time; Go is slow.")
    ] = "breakthrough",
    games: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=10_000,
            help="Games of each schedule at each pair of costs, an even number.",
            show_default="2, 12 or 80 by the effort",
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that simulate.", show_default="one a core")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep what was measured in this file, and go on from there; for one build alone."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every way to schedule a search, on the same core and work: speed, distance from the sequential search, memory."""
    from bench.schedules.measure import Wanted, measure
    from bench.schedules.report import files, page
    from bench.schedules.sweep import EFFORTS
    from zhugo.shared.errors import UserError

    if report is not None and not report.absolute().parent.is_dir():
        raise UserError(f"--report {report}: there is no such folder")
    if pictures is not None and not pictures.is_dir():
        raise UserError(f"--pictures {pictures}: there is no such folder")
    if games is not None and games % 2:
        raise UserError(f"--games: pairs of games make an even number, not {games}")
    figures = measure(Wanted(effort, net or [], jobs, real, game, games, keep), tell)
    if report is not None:
        report.write_text(page(figures, EFFORTS[effort].visits), encoding="utf-8")
    if pictures is not None:
        for name, picture in files(figures).items():
            (pictures / name).write_text(picture, encoding="utf-8")
    if not as_json:  # every setting is too much for a table
        figures = {name: value for name, value in figures.items() if name not in ("maps", "lines", "costs")}
    show(figures, as_json)
