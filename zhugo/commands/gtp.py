"""`zhugo gtp`: the engine that GUIs and other programs talk to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from zhugo.shared.options import EXPERT, DaemonOptions, takes_daemon

if TYPE_CHECKING:
    from zhugo.bridges.gtp.engine import Engine
    from zhugo.bridges.gtp.level import Level

DEFAULT_VISITS = 200


@takes_daemon
def gtp(
    *,
    visits: Annotated[
        int | None, typer.Option(min=2, help="Search so many visits for a move.", show_default="200")
    ] = None,
    time: Annotated[float | None, typer.Option(min=0.01, help="Search so many seconds for a move.")] = None,
    lag: Annotated[
        float | None,
        typer.Option(
            "--lag-buffer",
            "--lag",
            min=0.0,
            max=3600.0,
            help="Seconds of a clock to keep back from every move; of a shorter period, half of it.",
            show_default="1",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    level: Annotated[
        str | None,
        typer.Option(
            metavar="RANK",
            help="Play as weakly as this, from 20k to 4d; as people of this rank, to 9d, with --human-net.",
            show_default="as well as it can",
        ),
    ] = None,
    ponder: Annotated[bool, typer.Option("--ponder", help="Search on while the opponent thinks.")] = False,
    resign_below: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=0.5,
            help="Resign when the win rate stays below this, in a handicap game only behind schedule; 0: never.",
            show_default="0",
        ),
    ] = None,
    resign_after: Annotated[
        int | None,
        typer.Option(
            min=1, help="Not before so many hopeless moves in a row.", show_default="3", rich_help_panel=EXPERT
        ),
    ] = None,
    resign_points: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Not unless so many points behind, all that time.", show_default="3", rich_help_panel=EXPERT
        ),
    ] = None,
    resign_played: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="Not before so many moves for each point of the board.",
            show_default="0.2",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    winrates_of: Annotated[
        Literal["side", "black", "white"] | None,
        typer.Option(help="Whose win rates and leads an analysis shows.", show_default="side"),
    ] = None,
    compat: Annotated[
        Literal["none", "katago", "leelaz"], typer.Option(help="Whose name and version to give to GUIs that ask.")
    ] = "none",
    ogs_chat: Annotated[
        bool,
        typer.Option("--ogs-chat", help="Say on stderr what gtp2ogs passes on to OGS.", rich_help_panel=EXPERT),
    ] = False,
    session: Annotated[
        str | None, typer.Option(help="With --connect: share this session of the daemon, tree and all, with others.")
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option("--config", "-config", help="A configuration of KataGo's GTP engine.", rich_help_panel=EXPERT),
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
    model: Annotated[
        Path | None,
        typer.Option("-model", help="As --net, for programs that start KataGo.", rich_help_panel=EXPERT),
    ] = None,
    human_net: Annotated[
        Path | None,
        typer.Option(
            "--human-net",
            "-human-model",
            help="A net of KataGo's that imitates people, for --level and humanSL… parameters.",
            show_default="none",
        ),
    ] = None,
    override_version: Annotated[
        str | None,
        typer.Option(
            "--override-version",
            "-override-version",
            help="Say this when asked for the version.",
            rich_help_panel=EXPERT,
        ),
    ] = None,
    daemon: DaemonOptions,
) -> None:
    """Be the engine of a GUI, or of another program that speaks GTP 2, on stdin and stdout.

    A clock that the controller sets shortens the search as far as it must.

    It runs from the moment at which a command is read.
    """
    import random
    import sys
    from uuid import uuid4

    from zhugo.bridges.gtp.controller import stdin_lines
    from zhugo.bridges.gtp.startup_game import answer_meanwhile
    from zhugo.shared.errors import UserError
    from zhugo.shared.human_net import imitates_people, opened
    from zhugo.shared.katago_config import not_used, read

    def tell(text: str) -> None:
        print(f"zhugo: {text}", file=sys.stderr, flush=True)

    lines = stdin_lines()  # before anything else, since a clock may run from the first line on
    if session is not None and daemon.connect is None:
        raise UserError("--session is for a daemon that others use too: name it with --connect")
    if level is not None and (visits is not None or time is not None):
        raise UserError("--level is a limit of its own: not together with --visits or --time")
    beside = opened(human_net)
    if beside is not None:
        beside.load_soon()
    configured = read(config or [], override_config or [])
    daemon = daemon.with_model(model)
    human = beside is not None or imitates_people(daemon.net_file)
    rank = None if level is None else _level(level, human)
    startup_game = None
    if lines.hurries() and daemon.connect is None and not configured:
        # A clock runs. What the first move needs comes before the daemon, which would compete for the processor.
        startup_game = answer_meanwhile(lines, lag)
    from zhugo.shared.private_daemon import starting

    with starting(daemon, "gtp") as connect:
        from zhugo.bridges.gtp.bridge import run
        from zhugo.bridges.gtp.configuration import understood
        from zhugo.bridges.gtp.human_play import play_at
        from zhugo.bridges.gtp.param_commands import HUMAN
        from zhugo.bridges.gtp.settings import Settings

        configuration = understood(configured)
        unused = (
            configuration.unused if human else (*configuration.unused, *(HUMAN.keys() & configuration.values.keys()))
        )
        if unused:
            tell(not_used(unused))

        def prepare(engine: "Engine") -> None:
            configuration.apply(engine)
            settings = engine.settings
            settings.visits, settings.seconds = visits or settings.visits, time or settings.seconds
            if rank is not None and human:
                play_at(settings, rank)
            elif rank is not None:
                settings.level, settings.visits, settings.playouts = rank, rank.visits, None
            if (settings.visits, settings.playouts, settings.seconds) == (None, None, None):
                settings.visits = DEFAULT_VISITS
            settings.ponder |= ponder
            settings.chat |= ogs_chat
            settings.perspective = winrates_of or settings.perspective
            settings.resign_below = settings.resign_below if resign_below is None else resign_below
            settings.resign_after = resign_after or settings.resign_after
            settings.resign_points = settings.resign_points if resign_points is None else resign_points
            settings.resign_played = settings.resign_played if resign_played is None else resign_played
            engine.clock.lag = engine.clock.lag if lag is None else lag

        run(
            connect,
            Settings(visits=None, seconds=None, seed=random.getrandbits(62)),
            f"gtp {uuid4().hex[:8]}" if session is None else session,
            shared=session is not None,
            compat=compat,
            prepare=prepare,
            net_file=daemon.net_file,
            human_net=beside,
            override_version=override_version,
            lines=lines,
            startup_game=startup_game,
        )


def _level(text: str, human: bool) -> "Level":
    """``human``: there is a net that imitates people."""
    from zhugo.bridges.gtp.level import STRONGEST, STRONGEST_OF_PEOPLE, Level
    from zhugo.shared.errors import UserError

    try:
        return Level.parse(text, STRONGEST_OF_PEOPLE if human else STRONGEST)
    except ValueError as error:
        raise UserError(f"--level: {error}") from None
