"""`zhugo net`: what is in a net's file, and the same net in another one."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from protocol.choices import Precision
from zhugo.shared.options import EXPERT

app = typer.Typer(
    help="Look into a net's file, write it in another form, or have a daemon use it.", no_args_is_help=True
)


@app.callback()
def net() -> None:
    """Look into a net's file, write it in another form, or have a daemon use it."""


@app.command("swap")
def swap(
    file: Annotated[Path, typer.Argument(help="The net, on the daemon's machine.")],
    connect: Annotated[str, typer.Option(help="The daemon's address (ipc://... or tcp://...).")],
    key: Annotated[
        Path | None, typer.Option(envvar="ZHUGO_KEY", help="The file of your key, for a daemon that demands one.")
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Have trees forget what the old net said.")] = False,
) -> None:
    """Have a running daemon evaluate with another net; sessions and searches go on.

    Its searchers are replaced one by one. Where one does not start with the new net, nothing changes.
    """
    from zhugo.shared.options import DaemonOptions
    from zhugo.shared.private_daemon import client

    with client(DaemonOptions(connect=connect, key=key), "net swap") as daemon:
        daemon.swap_net(str(file.absolute()), anew)
        print(f"the net is {file} now")


@app.command("info")
def info(
    file: Annotated[Path, typer.Argument(help="A net: KataGo's, Leela Zero's or ZhuGo's.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Name, format, version, blocks, channels, parameters, inputs, board sizes, heads and SHA-256."""
    import json
    from dataclasses import asdict

    from rich.console import Console

    from nets.facts import describe
    from zhugo.shared.figures import tables

    facts = asdict(describe(file))
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    smallest, largest = facts["sizes"]
    facts["sizes"] = str(smallest) if smallest == largest else f"{smallest} to {largest}"
    if facts["game"] != "go":
        del facts["sizes"]  # its parameters say more
    facts["heads"] = ", ".join(facts["heads"])
    facts["version"] = str(facts["version"])
    for table in tables(facts):
        Console(width=100).print(table)


@app.command("new")
def new(
    game: Annotated[str, typer.Option(help="What it will play: go, or a game of OpenSpiel such as connect_four.")],
    out: Annotated[Path, typer.Option(help="The file to write, .safetensors.")],
    blocks: Annotated[int, typer.Option(min=1, max=100, help="Residual blocks.")] = 4,
    filters: Annotated[int, typer.Option(min=8, max=1024, help="Channels of the trunk.")] = 64,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="What the weights are drawn from.", rich_help_panel=EXPERT)
    ] = 0,
) -> None:
    """Write a net with random weights, to be trained. One for go plays on every size from 7 to 19."""
    import games
    from games.registry import named
    from protocol.files import write_whole
    from zhugo.learning.training.net import dump, new_net
    from zhugo.learning.training.plan import Shape
    from zhugo.shared.errors import UserError

    config, model = new_net(games.load(*named(game)), Shape(blocks, filters), seed)
    try:
        write_whole(out, dump(config, model))
    except OSError as error:
        raise UserError(f"{out}: {error.strerror or error}") from None
    print(f"{out}: {config.name}, {sum(parameter.numel() for parameter in model.parameters()):,} parameters")


@app.command("convert")
def convert(
    source: Annotated[Path, typer.Argument(help="KataGo's net, or Leela Zero's.")],
    target: Annotated[Path, typer.Argument(help="Where to: a name in .bin, .bin.gz, .txt or .txt.gz.")],
) -> None:
    """Write a net as binary or as text, packed or not; every weight stays exactly what it is."""
    from nets.convert import convert as write

    write(source, target)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A net: KataGo's, Leela Zero's or ZhuGo's.")],
    device: Annotated[
        Literal["auto", "cuda", "openvino", "winograd", "torch"], typer.Option(help="Which; auto: all.")
    ] = "auto",
    precision: Annotated[Precision, typer.Option(help="Which; auto: all that the device has.")] = "auto",
    threads: Annotated[
        int, typer.Option(min=1, max=1024, help="Threads of a device on the CPU.", rich_help_panel=EXPERT)
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Accuracy beside f32 on positions of real games, and evaluations per second, of each device and precision."""
    import json

    from rich.console import Console

    from zhugo.shared.figures import tables
    from zhugo.shared.net_check import check as measure

    figures = measure(file, device, precision, threads)
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for table in tables(figures):
        Console(width=160).print(table)
