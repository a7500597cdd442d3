"""`zhugo shutdown`: end a daemon."""

from typing import Annotated

import typer


def shutdown(
    connect: Annotated[str, typer.Option(help="The daemon's address (ipc://... or tcp://...).")],
    drain: Annotated[
        float, typer.Option(min=0.0, max=1e6, metavar="SECONDS", help="Let searches that run go on for so long.")
    ] = 0.0,
) -> None:
    """End a running daemon.

    With --drain it begins no search any more and ends when those that run have, or when the time is over.
    """
    from zhugo.shared.options import DaemonOptions
    from zhugo.shared.private_daemon import client

    with client(DaemonOptions(connect=connect), "shutdown") as daemon:
        daemon.shutdown(drain)
