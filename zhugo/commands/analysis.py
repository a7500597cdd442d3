"""`zhugo analysis`: the engine for programs that speak KataGo's analysis protocol."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.shared.encryption import CertificateFile, Insecure, Keys, PrivateKeyFile, encryption, one_token
from zhugo.shared.options import EXPERT, DaemonOptions, takes_daemon

DEFAULT_VISITS = 500
READY = "Started, ready to begin handling requests"
"""Some clients show a splash until they read this on stderr."""


@takes_daemon
def analysis(
    *,
    visits: Annotated[
        int | None, typer.Option(min=1, help="Visits of a query that names none.", show_default="500")
    ] = None,
    time: Annotated[float | None, typer.Option(min=0.01, help="Seconds for a turn at most.")] = None,
    websocket: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Serve here, not on stdin.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="ZHUGO_TOKEN", help="What its URL must name.", show_default="a random one")
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option(
            "--at-once",
            "-analysis-threads",
            min=1,
            max=1024,
            help="Turns at a time.",
            show_default="what batches need",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option(
            "--config", "-config", help="A configuration of KataGo's analysis engine.", rich_help_panel=EXPERT
        ),
    ] = None,
    override_config: Annotated[
        list[str] | None,
        typer.Option(
            "--override-config",
            "-override-config",
            help="name=value,… over those of --config.",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    quit_without_waiting: Annotated[
        bool,
        typer.Option(
            "--quit-without-waiting",
            "-quit-without-waiting",
            help="Leave open queries unanswered.",
            rich_help_panel=EXPERT,
        ),
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option("-model", help="As --net, for programs that start KataGo.", rich_help_panel=EXPERT),
    ] = None,
    human_net: Annotated[
        Path | None,
        typer.Option(
            "--human-net",
            "-human-model",
            help="A net of KataGo's that imitates people, for humanSL… settings.",
            show_default="none",
        ),
    ] = None,
    keys: Keys = None,
    certificate: CertificateFile = None,
    private_key: PrivateKeyFile = None,
    insecure: Insecure = False,
    daemon: DaemonOptions,
) -> None:
    """Be the engine of programs that speak KataGo's analysis protocol: JSON on stdin, or over WebSocket."""
    import secrets
    import sys

    from zhugo.bridges.analysis import websocket as web
    from zhugo.bridges.analysis.settings import Settings, changed, configured
    from zhugo.shared.errors import UserError
    from zhugo.shared.human_net import opened
    from zhugo.shared.private_daemon import starting
    from zhugo.shared.tokens import Tokens

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    settings = configured(config, override_config, tell)
    mine = {"maxVisits": visits, "maxTime": time, "numAnalysisThreads": at_once}
    settings, _ = changed(settings, "", {name: value for name, value in mine.items() if value is not None})
    if settings.limits() == Settings().limits():
        settings, _ = changed(settings, "", {"maxVisits": DEFAULT_VISITS})
    place = None if websocket is None else web.address(websocket)
    if place is None and (keys or certificate or private_key):
        raise UserError("--keys, --certificate and --private-key are for --websocket")
    encrypted = None if place is None else encryption(place[0], certificate, private_key, insecure)
    letting_in = None
    if place is not None:
        letting_in = Tokens(one_token(place[0], token, keys, secrets.token_urlsafe(16)), keys, tell)
    beside = opened(human_net)
    if beside is not None:
        beside.load_soon()
    daemon = daemon.with_model(model)
    with starting(daemon, "analysis") as connect:
        from zhugo.bridges.analysis import stdio
        from zhugo.bridges.analysis.engine import Engine

        engine = Engine(connect(), settings.num_analysis_threads, beside)
        if place is None or letting_in is None:
            tell(READY)
            stdio.run(engine, settings, drain=not quit_without_waiting)
        else:
            serving = web.Serving(*place, letting_in, encrypted, lambda url: tell(f"{READY} at {url}"))
            web.run(engine, settings, serving)
