"""`zhugo status`: what a daemon is doing, live."""

from pathlib import Path
from typing import Annotated

import typer


def status(
    connect: Annotated[str, typer.Option(help="The daemon's address (ipc://... or tcp://...).")],
    key: Annotated[
        Path | None, typer.Option(envvar="ZHUGO_KEY", help="The file of your key, for a daemon that demands one.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it once, as JSON.")] = False,
    every: Annotated[float, typer.Option(min=0.1, max=3600.0, help="Seconds between two looks.")] = 1.0,
) -> None:
    """Watch a running daemon, live.

    Sessions, visits per second, the share of the time in which the device is busy, batches, collisions, parked time;
    and the GPUs, where the daemon is on this machine.
    """
    import time

    import msgspec
    from rich.console import Console, RenderableType
    from rich.live import Live

    from daemon.evaluation.gpu_monitor import Nvml
    from protocol.messages import Status
    from zhugo.shared.options import DaemonOptions
    from zhugo.shared.private_daemon import client
    from zhugo.shared.status_view import is_on_this_machine, view

    gpus = Nvml() if is_on_this_machine(connect) else None

    def shown(now: Status, before: Status | None) -> RenderableType:
        return view(now, before, gpus.read() if gpus else ())

    with client(DaemonOptions(connect=connect, key=key), "status") as daemon:
        before = daemon.status()
        if as_json:
            print(msgspec.json.encode(before).decode())
            return
        if once:
            Console().print(shown(before, None))
            return
        with Live(shown(before, None), screen=False, auto_refresh=False) as live:
            while True:
                time.sleep(every)
                now = daemon.status()
                live.update(shown(now, before), refresh=True)
                before = now
