"""`zhugo train`: nets of our own."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.options import DaemonOptions, takes_daemon

app = typer.Typer(help="Make a net.", no_args_is_help=True)

DEFAULT_MINUTES = 100.0
FIRST_POSITIONS = 15_000


@app.callback()
def train() -> None:
    """Make a net."""


@app.command("distill")
@takes_daemon
def distill(
    *,
    teacher: Annotated[Path, typer.Option(help="The KataGo net to learn from.")],
    out: Annotated[Path, typer.Option(help="Where the net goes.")],
    run: Annotated[
        Path, typer.Option(help="Folder of the run: positions, checkpoint, log. The same command goes on from there.")
    ] = Path("out/distill"),
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help=f"Minutes of training in all [default: {DEFAULT_MINUTES:g}].")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of training in all, in place of minutes.")] = None,
    positions: Annotated[int, typer.Option(min=100, help="Positions that the teacher plays and labels.")] = 80_000,
    begin_with: Annotated[
        int, typer.Option(min=50, help="Positions with which training begins, while the others are still played.")
    ] = FIRST_POSITIONS,
    visits: Annotated[int, typer.Option(min=1, help="Visits of the search that labels a position.")] = 1,
    games_at_once: Annotated[int, typer.Option(min=2, help="Games that are played at a time, and in one file.")] = 24,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the training.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, games and order.")] = 1,
    name: Annotated[str, typer.Option(help="The net's name.")] = "zhugo-b6c96nbt",
    blocks: Annotated[int, typer.Option(min=1, max=40, help="Blocks of the net.")] = 6,
    channels: Annotated[int, typer.Option(min=8, max=512, help="Channels of its trunk.")] = 96,
    inner: Annotated[int, typer.Option(min=8, max=512, help="Channels inside a block.")] = 64,
    save_every: Annotated[int, typer.Option(min=1, help="Steps from one checkpoint to the next.")] = 200,
    examine_every: Annotated[int, typer.Option(min=1, help="Steps from one examination to the next.")] = 1000,
    daemon: DaemonOptions,
) -> None:
    """Have a teacher play and label positions through a daemon, and train a ZhuGo net on them and on its trunk.

    A run can be ended at any time, kill -9 included, and goes on from its last checkpoint.
    """
    from nets.zhugo_model import Config
    from zhugo.distill.command import Order, carry_out
    from zhugo.distill.run import Plan
    from zhugo.errors import UserError

    if minutes is not None and steps is not None:
        raise UserError("--minutes or --steps, not both")
    if daemon.net is not None:
        raise UserError("--net: it is the teacher that plays; leave --net out")
    pooling = tuple(k for k in (blocks // 3, 2 * blocks // 3) if 0 < k < blocks) or (0,)
    config = Config(name, blocks=blocks, channels=channels, inner=inner, pooling=pooling)
    plan = Plan(steps, None if steps else minutes or DEFAULT_MINUTES, seed, save_every, examine_every)
    carry_out(Order(teacher, out, run, config, plan, positions, begin_with, visits, games_at_once, threads, daemon))
