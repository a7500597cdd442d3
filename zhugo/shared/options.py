"""The options that every command with a daemon behind it takes, and how the help is laid out.

The help of a command shows what is needed every day first, in the panel *Options*. What only experts need has
``rich_help_panel=EXPERT``, which comes behind it. A default that the program works out is told by ``show_default``,
never in the text, where rich takes brackets for markup.
"""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from protocol.choices import DEVICES, DeviceChoice, Devices, Outputs, Precision, Speculate

EXPERT = "Expert"
"""The panel of a help page for options that few need."""

SERVICE = "Service"
"""The panel for what an operator needs who serves others."""

LEARNING, INSIDE = "Learning", "Looking inside"
"""Panels of the list of commands, behind those that everybody uses."""


def device_text(text: str) -> str:
    """What ``--device`` takes, as it was given. Raises ``BadParameter``."""
    try:
        return str(Devices.parse(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@dataclass(frozen=True)
class DaemonOptions:
    """Which daemon a command works with: a running one, or a private one with these settings."""

    net: Annotated[Path | None, typer.Option(help="The net to search with.", show_default="the bundled one")] = None
    device: Annotated[
        str,
        typer.Option(
            parser=device_text,
            metavar=DEVICES,
            help="What evaluates positions; auto: the best that is there; cuda:0,1: these GPUs.",
        ),
    ] = "auto"
    connect: Annotated[
        str | None, typer.Option(help="Use the daemon at this address (ipc://... or tcp://...), not a private one.")
    ] = None
    key: Annotated[
        Path | None,
        typer.Option(
            envvar="ZHUGO_KEY",
            help="The file of your key, for a daemon of --connect that demands one.",
            rich_help_panel=EXPERT,
        ),
    ] = None
    reconnect: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1e9,
            help="Wait so many seconds for that daemon when it goes away.",
            show_default="90",
            rich_help_panel=EXPERT,
        ),
    ] = None
    precision: Annotated[
        Precision,
        typer.Option(
            help="In what arithmetic the net is evaluated; auto: the fastest that is accurate enough.",
            rich_help_panel=EXPERT,
        ),
    ] = "auto"
    device_choice: Annotated[
        DeviceChoice | None,
        typer.Option(
            help="When to measure which arithmetic suits a new net: beside the search, or while the search waits; "
            "known: never; take what is known.",
            show_default="background",
            rich_help_panel=EXPERT,
        ),
    ] = None
    searchers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Searcher processes.", show_default="2, and 2 for each GPU", rich_help_panel=EXPERT
        ),
    ] = None
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=4096,
            help="Largest batch of positions.",
            show_default="fits the device",
            rich_help_panel=EXPERT,
        ),
    ] = None
    speculate: Annotated[
        Speculate,
        typer.Option(help="Fill batches with leaves that may be wanted later.", rich_help_panel=EXPERT),
    ] = "auto"
    cache_mb: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1 << 20,
            help="Evaluations that each searcher remembers, in MiB; 0: none.",
            show_default="64",
            rich_help_panel=EXPERT,
        ),
    ] = None
    symmetries: Annotated[
        bool,
        typer.Option(
            "--symmetries", help="Turn and mirror positions at random before the net.", rich_help_panel=EXPERT
        ),
    ] = False
    symmetry_seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="What they are drawn from.", rich_help_panel=EXPERT)
    ] = 0
    trace: Annotated[
        Path | None,
        typer.Option(help="Record every message of the daemon in this file, for zhugo trace.", rich_help_panel=EXPERT),
    ] = None
    trace_mb: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=1e9,
            help="Go on in another file whenever it has so many MiB.",
            show_default="512",
            rich_help_panel=EXPERT,
        ),
    ] = None
    trace_keep: Annotated[
        int | None,
        typer.Option(
            min=1, help="Keep so many of these files, the newest.", show_default="all", rich_help_panel=EXPERT
        ),
    ] = None
    trace_required: Annotated[
        bool,
        typer.Option(
            "--trace-required", help="End when it cannot be written, as on a full disk.", rich_help_panel=EXPERT
        ),
    ] = False
    latency_ms: Annotated[
        float | None,
        typer.Option(min=0.0, help="Emulated device: time a batch takes.", show_default="5", rich_help_panel=EXPERT),
    ] = None
    outputs: Annotated[
        Outputs | None,
        typer.Option(help="Emulated device: what it says.", show_default="hashed", rich_help_panel=EXPERT),
    ] = None

    @property
    def net_file(self) -> Path | None:
        """The net that a private daemon will have; None where it has none, or where it is another's daemon."""
        if self.connect is not None or Devices.parse(self.device).name == "emulated":
            return None
        from nets.net import BUNDLED

        return self.net or BUNDLED

    def with_model(self, model: Path | None) -> "DaemonOptions":
        """The same with KataGo's ``-model`` as the net, unless one is named, or a daemon that has its own."""
        if model is None or self.net is not None or self.connect is not None:
            return self
        return dataclasses.replace(self, net=model)

    def settled(self) -> "DaemonOptions":
        """The same, for a command that compares: its daemon does not change its device meanwhile, unless asked to."""
        if self.connect is not None or self.device_choice is not None:
            return self
        return dataclasses.replace(self, device_choice="wait")

    def session_name(self, name: str) -> str:
        """A name for a session of one's own: nobody else has it, also in a daemon that others use too."""
        return name if self.connect is None else f"{name} {token_hex(4)}"

    def private_only(self) -> list[str]:
        """The options that were given and that a running daemon cannot take over."""
        given = [field.name for field in dataclasses.fields(self) if getattr(self, field.name) != field.default]
        return ["--" + name.replace("_", "-") for name in given if name not in ("connect", "key", "reconnect")]


def takes_daemon(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of ``DaemonOptions``; it gets them as its argument ``daemon``."""
    signature = inspect.signature(command)
    own = [parameter for name, parameter in signature.parameters.items() if name != "daemon"]
    shared = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in dataclasses.fields(DaemonOptions)
    ]

    def with_daemon(**arguments: Any) -> Any:
        options = {parameter.name: arguments.pop(parameter.name) for parameter in shared}
        return command(**arguments, daemon=DaemonOptions(**options))

    with_daemon.__name__, with_daemon.__doc__ = command.__name__, command.__doc__
    with_daemon.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
    with_daemon.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *shared]}
    return with_daemon
