"""`zhugo selfplay`: games that a net plays against itself, for training."""

from pathlib import Path
from typing import Annotated, Any

import typer

from protocol.choices import DEVICES, Devices, Precision
from zhugo.shared.options import EXPERT, device_text


def selfplay(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the games. The same command goes on where it was ended.")],
    games: Annotated[int, typer.Option(min=1, max=2**31, help="Games that are to be in the folder.")] = 100,
    game: Annotated[
        str, typer.Option(help="What is played: go, or a game of OpenSpiel's: NAME(KEY=VALUE,...).")
    ] = "go",
    size: Annotated[int | None, typer.Option(min=2, max=19, help="Board size, of Go.", show_default="19")] = None,
    net: Annotated[Path | None, typer.Option(help="The net that plays.", show_default="the bundled one")] = None,
    visits: Annotated[int | None, typer.Option(min=2, help="Visits of a full search.", show_default="200")] = None,
    device: Annotated[
        str | None,
        typer.Option(
            parser=device_text,
            metavar=DEVICES,
            help="What evaluates positions; auto: the best that is there; cuda:0,1: workers get these GPUs in turn.",
            show_default="auto",
        ),
    ] = None,
    workers: Annotated[str, typer.Option(help="Worker processes: a number, or auto: by cores and GPUs.")] = "auto",
    plan: Annotated[
        Path | None,
        typer.Option(help="A TOML file with more settings; options go before it.", rich_help_panel=EXPERT),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="In what arithmetic.", show_default="auto", rich_help_panel=EXPERT)
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            help="Address of a Ray cluster whose machines play, in place of this one.", rich_help_panel=EXPERT
        ),
    ] = None,
    fast_visits: Annotated[
        int | None,
        typer.Option(min=2, help="Visits of a fast search.", show_default="40", rich_help_panel=EXPERT),
    ] = None,
    full_share: Annotated[
        float | None,
        typer.Option(min=0.001, max=1.0, help="Share of the full ones.", show_default="0.25", rich_help_panel=EXPERT),
    ] = None,
    random_plies: Annotated[
        int | None,
        typer.Option(
            min=0, max=1000, help="Random moves at the start, at most.", show_default="0", rich_help_panel=EXPERT
        ),
    ] = None,
    openings: Annotated[
        Path | None,
        typer.Option(help="A file of records to begin with, one a line.", rich_help_panel=EXPERT),
    ] = None,
    max_moves: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=20_000,
            help="Moves after which a game is cut off.",
            show_default="by the game",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    games_at_once: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Games of a worker at a time.", show_default="64", rich_help_panel=EXPERT),
    ] = None,
    leaves: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Leaves of a tree in flight, at most.", show_default="2", rich_help_panel=EXPERT
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**31 - 1, help="Seed of all luck.", show_default="0", rich_help_panel=EXPERT),
    ] = None,
) -> None:
    """Have a net play games against itself, and keep what its searches found for training.

    It can be ended at any time, kill -9 included: games that are finished stay, the others are played anew.
    """
    from zhugo.learning.selfplay.command import carry_out, make_plan, workers_of

    given: dict[str, Any] = {
        "net": None if net is None else str(net),
        "device": None if device is None else Devices.parse(device).name,
        "precision": precision,
        "visits": visits,
        "fast_visits": fast_visits,
        "full_share": full_share,
        "random_plies": random_plies,
        "openings": None if openings is None else str(openings),
        "max_moves": max_moves,
        "games_at_once": games_at_once,
        "leaves": leaves,
        "seed": seed,
    }
    chosen = make_plan(game, size, plan, {key: value for key, value in given.items() if value is not None})
    carry_out(out, games, chosen, workers_of(workers), ray, Devices.parse(device or "auto").numbers)
