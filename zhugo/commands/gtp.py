"""`zhugo gtp`: the engine that GUIs and other programs talk to."""

from typing import Annotated, Literal

import typer

from zhugo.options import DaemonOptions, takes_daemon

DEFAULT_VISITS = 200


@takes_daemon
def gtp(
    *,
    visits: Annotated[int | None, typer.Option(min=2, help="Search so many visits for a move [default: 200].")] = None,
    time: Annotated[float | None, typer.Option(min=0.01, help="Search so many seconds for a move.")] = None,
    lag: Annotated[float, typer.Option(min=0.0, help="Seconds of a clock to keep back from every move.")] = 0.5,
    ponder: Annotated[bool, typer.Option(help="Search on while the opponent thinks.")] = False,
    resign_below: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Resign when the win rate stays below this; 0: never.")
    ] = 0.0,
    resign_after: Annotated[int, typer.Option(min=1, help="So many hopeless moves in a row.")] = 3,
    winrates_of: Annotated[
        Literal["side", "black", "white"], typer.Option(help="Whose win rates and leads an analysis shows.")
    ] = "side",
    compat: Annotated[
        Literal["none", "katago", "leelaz"], typer.Option(help="Whose name and version to give to GUIs that ask.")
    ] = "none",
    ogs_chat: Annotated[bool, typer.Option(help="Say on stderr what gtp2ogs passes on to OGS.")] = False,
    session: Annotated[
        str | None, typer.Option(help="With --connect: share this session of the daemon, tree and all, with others.")
    ] = None,
    daemon: DaemonOptions,
) -> None:
    """Speak GTP 2 on stdin and stdout. A clock that the controller sets shortens the search as far as it must."""
    from uuid import uuid4

    from zhugo.errors import UserError
    from zhugo.private_daemon import starting

    if session is not None and daemon.connect is None:
        raise UserError("--session is for a daemon that others use too: name it with --connect")
    with starting(daemon, "gtp") as connect:
        from zhugo.gtp.bridge import run
        from zhugo.gtp.settings import Settings

        settings = Settings(
            visits=DEFAULT_VISITS if visits is None and time is None else visits,
            seconds=time,
            ponder=ponder,
            resign_below=resign_below,
            resign_after=resign_after,
            perspective=winrates_of,
            chat=ogs_chat,
        )
        name = f"gtp {uuid4().hex[:8]}" if session is None else session
        run(connect, settings, name, shared=session is not None, lag=lag, compat=compat, net_file=daemon.net_file)
