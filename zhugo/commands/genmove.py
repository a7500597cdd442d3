"""`zhugo genmove`: one move for one position."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from zhugo.shared.options import DaemonOptions, takes_daemon

DEFAULT_VISITS = 400


@takes_daemon
def genmove(
    game: Annotated[Path | None, typer.Argument(help="The game; an empty board when not given.")] = None,
    *,
    move: Annotated[int | None, typer.Option(min=0, help="Search the position after so many moves.")] = None,
    size: Annotated[int, typer.Option(min=2, max=19, help="Size of the empty board.")] = 19,
    komi: Annotated[float, typer.Option(help="Komi of the empty board.")] = 7.5,
    visits: Annotated[int | None, typer.Option(min=2, help="Search so many visits.", show_default="400")] = None,
    time: Annotated[float | None, typer.Option(min=0.01, help="Search so many seconds.")] = None,
    daemon: DaemonOptions,
) -> None:
    """Search one position: the move to play, its win rate, and the line that is expected."""
    from zhugo.shared.errors import UserError
    from zhugo.shared.private_daemon import starting

    if not (2 * komi).is_integer():  # before a daemon starts, which has more to say
        raise UserError(f"komi is a whole or half number, not {komi:g}")
    with starting(daemon, "genmove") as connect:  # it loads its kernels while we load ours
        from games.go.sgf import read
        from protocol.messages import Limits
        from zhugo.review.one_position import describe, search
        from zhugo.shared import records

        record = records.empty(size, komi) if game is None else read(game)
        for note in record.notes:
            print(f"zhugo: {game}: {note}", file=sys.stderr)
        place = record.segments[-1] if move is None else records.after_moves(record, move)
        limits = Limits(visits=DEFAULT_VISITS if visits is None and time is None else visits, seconds=time)
        print(describe(place, search(connect(), daemon.session_name("genmove"), place, limits)))
