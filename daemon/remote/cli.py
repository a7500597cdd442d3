"""The command line of ``zhugo-searcher``."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Literal

import typer

from daemon.remote.options import MAX_IN_FLIGHT, JoinOptions
from protocol.choices import AUTO, DeviceChoice, Devices, Outputs, Precision, Speculate
from protocol.messages import MAX_LEAVES, PROTOCOL_VERSION

EXPERT = "Expert"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zhugo-searcher {version_of('zhugo')}, protocol {PROTOCOL_VERSION}")
        raise typer.Exit


def _one_device(text: str | Devices) -> Devices:
    try:
        devices = text if isinstance(text, Devices) else Devices.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if len(devices.numbers) > 1:
        raise typer.BadParameter(f"{text}: one device for each zhugo-searcher; start one for each of them")
    return devices


def searcher(
    connect: Annotated[str, typer.Option(help="The daemon's address: tcp://host:port or ipc:///path.")],
    key: Annotated[
        Path | None, typer.Option(envvar="ZHUGO_KEY", help="The file of the key that the daemon is shown.")
    ] = None,
    device: Annotated[
        Devices,
        typer.Option(
            parser=_one_device,
            metavar="auto|cuda|openvino|winograd|torch|emulated|cuda:N",
            help="What evaluates positions; auto: the best that is there.",
        ),
    ] = AUTO,
    in_flight: Annotated[
        int,
        typer.Option(
            min=1, max=MAX_IN_FLIGHT, help="Batches at work or on their way at a time; more for slow connections."
        ),
    ] = 2,
    name: Annotated[
        str | None, typer.Option(help="What the daemon calls it.", show_default="this machine's name")
    ] = None,
    net: Annotated[
        Path | None, typer.Option(help="A file with the daemon's net.", show_default="fetched from the daemon")
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback is what acts
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
    precision: Annotated[
        Precision,
        typer.Option(
            help="In what arithmetic the net is evaluated; auto: the fastest that is accurate enough.",
            rich_help_panel=EXPERT,
        ),
    ] = "auto",
    device_choice: Annotated[
        DeviceChoice,
        typer.Option(
            help="When to measure which arithmetic suits a new net: beside the work, or before it; known: never.",
            rich_help_panel=EXPERT,
        ),
    ] = "background",
    batch: Annotated[
        int | None,
        typer.Option(
            min=1, max=MAX_LEAVES, help="Largest batch.", show_default="fits the device", rich_help_panel=EXPERT
        ),
    ] = None,
    per_tree: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_LEAVES,
            help="Positions of one tree in a batch, at most.",
            show_default="fits the device",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Threads of a CPU.", show_default="cores", rich_help_panel=EXPERT),
    ] = None,
    results: Annotated[
        Literal["packed", "exact"],
        typer.Option(
            help="How results travel: packed in a third of the bytes, priors rounded by less than 0.01; or exact.",
            rich_help_panel=EXPERT,
        ),
    ] = "packed",
    speculate: Annotated[
        Speculate,
        typer.Option(help="Fill batches with leaves that may be wanted later.", rich_help_panel=EXPERT),
    ] = "auto",
    cache_mb: Annotated[
        int | None,
        typer.Option(
            min=0, max=1 << 20, help="Evaluations to remember, in MiB.", show_default="64", rich_help_panel=EXPERT
        ),
    ] = None,
    latency_ms: Annotated[
        float, typer.Option(min=0.0, max=1e6, help="Emulated device: time a batch takes.", rich_help_panel=EXPERT)
    ] = 5.0,
    leaf_us: Annotated[
        float, typer.Option(min=0.0, max=1e9, help="Emulated device: and each leaf of it.", rich_help_panel=EXPERT)
    ] = 0.0,
    outputs: Annotated[Outputs, typer.Option(help="Emulated device: what it says.", rich_help_panel=EXPERT)] = "hashed",
) -> JoinOptions:
    """Evaluate positions for the daemon at an address, for as long as it is there. Ends on Ctrl-C and SIGTERM."""
    return JoinOptions(
        address=connect,
        name=(name or socket.gethostname() or "searcher")[:180],
        key=key,
        net=net,
        device=device,
        precision=precision,
        device_choice=device_choice,
        batch=batch,
        per_tree=per_tree,
        in_flight=in_flight,
        threads=threads,
        packs=results == "packed",
        speculate=speculate,
        cache_mb=cache_mb,
        latency=latency_ms / 1e3,
        latency_per_leaf=leaf_us / 1e6,
        outputs=outputs,
    )


def make_command() -> Callable[..., JoinOptions | int]:
    """The program as a whole: what its arguments ask for."""
    app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.command()(searcher)
    command = typer.main.get_command(app)
    for parameter in command.params:
        if parameter.name in ("install_completion", "show_completion"):
            parameter.rich_help_panel = EXPERT  # type: ignore[attr-defined]
    return command


def options_of_command_line() -> JoinOptions | int:
    """What the person asks for; or the exit code where that was only help, or a mistake, which gets one line."""
    try:
        asked: JoinOptions | int = make_command()(standalone_mode=False)
    except typer.TyperException as error:
        print(f"zhugo-searcher: {' '.join(error.format_message().split())}", file=sys.stderr)  # noqa: T201
        return 2
    return asked
