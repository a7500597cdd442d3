"""A daemon that many use, for long."""

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.group import AsJson, app, show, tell


@app.command("soak")
def soak(
    members: Annotated[int, typer.Option(min=2, max=2000, help="People who use the daemon at a time.")] = 200,
    minutes: Annotated[float, typer.Option(min=0.1, help="For how long.")] = 60.0,
    kill_searcher: Annotated[
        float, typer.Option(min=0.0, help="Kill a searcher every so many seconds; 0: none.")
    ] = 20.0,
    kill_master: Annotated[
        float, typer.Option(min=0.0, help="Kill the master every so many seconds, and start it again; 0: never.")
    ] = 300.0,
    latency_ms: Annotated[float, typer.Option(min=0.0, help="Of the emulated device, a batch.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="What members do is drawn from it.")] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="Keep keys, journal and log here.", show_default="a temporary folder")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A club on one daemon, over an encrypted wire, while its processes are killed: what was lost, how it grew."""
    from tempfile import TemporaryDirectory

    from bench.soak.run import Plan, measure

    daemon = ["--device", "emulated", "--latency-ms", str(latency_ms)]
    plan = Plan(members, 60.0 * minutes, kill_searcher, kill_master, seed, daemon)

    with TemporaryDirectory(prefix="zhugo-soak-") as temporary:
        figures = measure(plan, folder or Path(temporary), tell)
    show(figures, as_json)
    if figures["faults"]:
        raise typer.Exit(1)


@app.command("fsync")
def fsync(as_json: AsJson = False) -> None:
    """What each --fsync costs who waits for an answer: moves and undos of one client, and of eight."""
    from bench.fsync import measure_all

    show(measure_all(), as_json)
