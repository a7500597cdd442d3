"""`zhugo shutdown`: end a daemon."""

from pathlib import Path
from typing import Annotated

import typer


def shutdown(
    connect: Annotated[str, typer.Option(help="The daemon's address (ipc://... or tcp://...).")],
    key: Annotated[
        Path | None, typer.Option(envvar="ZHUGO_KEY", help="The file of your key, for a daemon that demands one.")
    ] = None,
    drain: Annotated[
        float, typer.Option(min=0.0, max=1e6, metavar="SECONDS", help="Let searches that run go on for so long.")
    ] = 0.0,
) -> None:
    """End a running daemon.

    With --drain it begins no search any more and ends when those that run have, or when the time is over.
    """
    from zhugo.shared.options import DaemonOptions
    from zhugo.shared.private_daemon import client

    with client(DaemonOptions(connect=connect, key=key), "shutdown") as daemon:
        daemon.shutdown(drain)
