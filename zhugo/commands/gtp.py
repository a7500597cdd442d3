"""`zhugo gtp`: the engine that GUIs and other programs talk to."""

from typing import Annotated

import typer

from zhugo.options import DaemonOptions, takes_daemon

DEFAULT_VISITS = 200


@takes_daemon
def gtp(
    *,
    visits: Annotated[int | None, typer.Option(min=2, help="Search so many visits for a move [default: 200].")] = None,
    time: Annotated[float | None, typer.Option(min=0.01, help="Search so many seconds for a move.")] = None,
    daemon: DaemonOptions,
) -> None:
    """Speak GTP 2 on stdin and stdout. A clock that the controller sets shortens the search as far as it must."""
    from zhugo.private_daemon import starting

    with starting(daemon, "gtp") as connect:
        from zhugo.gtp.bridge import run
        from zhugo.gtp.engine import Thinking

        run(connect(), Thinking(DEFAULT_VISITS if visits is None and time is None else visits, time))
