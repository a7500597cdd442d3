"""`zhugo keys`: who may use a daemon on this machine from others, or over its web pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protocol.principals import Role

if TYPE_CHECKING:
    from protocol.keys import KeyFolder

app = typer.Typer(help="Make, list and revoke the keys of a daemon that others use.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option("--keys", metavar="DIR", help="The daemon's folder of keys.", show_default="the user's own"),
]
Name = Annotated[str, typer.Argument(help="Of a person or a machine: letters, digits, and . _ - behind the first.")]
Out = Annotated[
    Path | None, typer.Option(help="The holder's file to write.", show_default="NAME.key, in the current folder")
]


@app.callback()
def keys() -> None:
    """Make, list and revoke the keys of a daemon that others use."""


@app.command("create")
def create(
    name: Name,
    role: Annotated[
        Role,
        typer.Option(help="client: searches; observer: looks on; searcher: evaluates; admin: does everything."),
    ] = "client",
    out: Out = None,
    keys: Folder = None,
    sessions: Annotated[
        int | None, typer.Option(min=1, max=1 << 20, help="Sessions at a time.", show_default="no bound")
    ] = None,
    searches: Annotated[
        int | None, typer.Option(min=1, max=1 << 20, help="Searches at a time.", show_default="no bound")
    ] = None,
    memory_mb: Annotated[
        int | None, typer.Option(min=1, max=1 << 30, help="Memory of its trees, in MiB.", show_default="no bound")
    ] = None,
    visits_per_second: Annotated[
        float | None, typer.Option(min=1.0, max=1e9, help="Visits a second.", show_default="no bound")
    ] = None,
    weight: Annotated[
        float, typer.Option(min=0.01, max=1000.0, help="Its share of the work, beside others who search.")
    ] = 1.0,
) -> None:
    """Make a key for somebody, and write the file that they get.

    A running daemon reads its keys again at SIGHUP.
    """
    from protocol.principals import Quota

    path = _holders(name, out)
    _folder(keys, make=True).create(name, role, Quota(sessions, searches, memory_mb, visits_per_second, weight), path)
    print(f"{path} is the key of {name}: show it to nobody else. A running daemon knows it after SIGHUP.")


@app.command("list")
def show(
    keys: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Who has a key, in which role and with what quota."""
    import msgspec
    from rich.console import Console
    from rich.table import Table

    records = _folder(keys).records()
    if as_json:
        print(msgspec.json.encode(records).decode())
        return
    table = Table("name", "role", "quota", "made", "public key", box=None, pad_edge=False)
    for each in records:
        quota = ", ".join(f"{name} {value:g}" for name, value in msgspec.to_builtins(each.quota).items())
        table.add_row(each.name, each.role, quota, each.created[:10], f"{each.public_key[:16]}…")
    Console(width=120).print(table)


@app.command("revoke")
def revoke(name: Name, keys: Folder = None) -> None:
    """Have a key open nothing any more. A running daemon ends its connections at SIGHUP."""
    _folder(keys).revoke(name)
    print(f"The key of {name} is revoked. A running daemon knows it after SIGHUP.")


@app.command("rotate")
def rotate(name: Name, out: Out = None, keys: Folder = None) -> None:
    """Make another key and token for somebody; the old ones are worth nothing any more."""
    path = _holders(name, out)
    _folder(keys).rotate(name, path)
    print(f"{path} is the key of {name} now: show it to nobody else. A running daemon knows it after SIGHUP.")


@app.command("server")
def server(keys: Folder = None) -> None:
    """Print the public key of the daemon that has this folder."""
    print(_folder(keys, make=True).server_pair().public.hex())


def _folder(path: Path | None, make: bool = False) -> "KeyFolder":
    from protocol.keys import KeyFolder, default_folder

    return KeyFolder(default_folder() if path is None else path, make)


def _holders(name: str, out: Path | None) -> Path:
    return Path(f"{name}.key") if out is None else out
