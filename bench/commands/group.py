"""The group of commands, and how their figures are shown."""

from typing import Annotated, Any

import typer

app = typer.Typer(help="Measure the parts and the whole.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def tell(line: str) -> None:
    """Say on stderr how far a measurement is."""
    from rich.console import Console

    Console(stderr=True).print(line, highlight=False)


def show(figures: dict[str, Any], as_json: bool) -> None:
    """Print the figures of a measurement as tables, or as JSON for programs."""
    import json

    from rich.console import Console

    from zhugo.shared.figures import tables

    if as_json:
        print(json.dumps(figures, indent=1))
        return
    for table in tables(figures):
        Console().print(table)
