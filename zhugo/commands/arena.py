"""`zhugo arena`: whether one net is better than another."""

from pathlib import Path
from typing import Annotated

import typer

from protocol.choices import DEVICES, Devices, Precision
from zhugo.shared.options import EXPERT, device_text


def arena(
    new: Annotated[Path, typer.Argument(help="The net that is to be better.")],
    old: Annotated[Path, typer.Argument(help="The net that it is to be better than.")],
    game: Annotated[str, typer.Option(help="What they play: go, or a game of OpenSpiel: NAME(KEY=VALUE,...).")] = "go",
    size: Annotated[int | None, typer.Option(min=2, max=19, help="Board size, of Go.", show_default="19")] = None,
    games: Annotated[int, typer.Option(min=2, help="Games at most, in pairs with the sides changed.")] = 200,
    visits: Annotated[int, typer.Option(min=2, help="Visits of every search.")] = 100,
    accept: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Mean score that is enough; 0: play all games, and only measure.")
    ] = 0.55,
    device: Annotated[
        str,
        typer.Option(
            parser=device_text,
            metavar=DEVICES,
            help="What evaluates positions; auto: the best that is there; cuda:0,1: processes get these GPUs in turn.",
        ),
    ] = "auto",
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that play.", show_default="one a core")
    ] = None,
    precision: Annotated[Precision, typer.Option(help="In what arithmetic.", rich_help_panel=EXPERT)] = "auto",
    opening_plies: Annotated[
        int,
        typer.Option(min=0, max=1000, help="Random moves a pair begins with, at most.", rich_help_panel=EXPERT),
    ] = 6,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the openings.", rich_help_panel=EXPERT)] = 0,
    history: Annotated[
        Path | None,
        typer.Option(help="A JSON file of Elo from net to net; this contest is added.", rich_help_panel=EXPERT),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a line.")] = False,
) -> None:
    """Play two nets against each other until it is likely enough which is better.

    The exit code is 0 either way.
    """
    import json

    from games.registry import named
    from zhugo.strength.arena.command import Meeting, carry_out
    from zhugo.strength.arena.engine import Search
    from zhugo.strength.arena.plan import Arena

    name, spec = named(game, size)
    rules = Arena(games=games + games % 2, visits=visits, opening_plies=opening_plies, accept=accept)
    devices = Devices.parse(device)
    search = Search(name, spec, visits, rules.at_once, devices.name, precision)
    told = carry_out(Meeting(new, old, search, rules, seed, workers, history, devices.numbers))
    print(json.dumps(told.figures()) if as_json else told.line())
