"""`zhugo train`: nets of our own, from games of self-play or from a teacher."""

from pathlib import Path
from typing import Annotated

import typer

from zhugo.shared.options import EXPERT, DaemonOptions, takes_daemon

app = typer.Typer(help="Train a net on games of self-play, or on what a larger net says.", invoke_without_command=True)

DEFAULT_MINUTES = 100.0
FIRST_POSITIONS = 15_000


@app.callback()
def train(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Folder of games, as zhugo selfplay writes them.")] = None,
    net: Annotated[Path | None, typer.Option(help="The net to begin with; random weights when not given.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the net goes.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of training in all.")] = 1000,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Folder of checkpoint, log and TensorBoard; the same command goes on from there.",
            show_default="OUT.run",
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Whose sections training and net, and seed of the loop, are taken.")
    ] = "quick",
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="A setting of the preset to change, such as training.batch=512.", rich_help_panel=EXPERT
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(help="A setting of the preset to take away, for its default.", rich_help_panel=EXPERT),
    ] = None,
) -> None:
    """Train a net on games of self-play. It can be ended at any time and goes on from its last checkpoint."""
    if context.invoked_subcommand is not None:
        return
    from zhugo.learning.loop.train_command import Request, carry_out
    from zhugo.shared.errors import UserError
    from zhugo.shared.settings import unset as without

    if data is None or out is None:
        raise UserError("--data and --out: say where the games are, and where the net is to go")
    changes = (*without(unset or []), *(change or []))
    carry_out(Request(data, net, out, steps, run or out.with_suffix(".run"), preset, changes))


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
        float | None, typer.Option(min=0.1, help="Minutes of training in all.", show_default=f"{DEFAULT_MINUTES:g}")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of training in all, in place of minutes.")] = None,
    positions: Annotated[int, typer.Option(min=100, help="Positions that the teacher plays and labels.")] = 80_000,
    visits: Annotated[int, typer.Option(min=1, help="Visits of the search that labels a position.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the training.")] = 1,
    name: Annotated[str, typer.Option(help="The net's name.")] = "zhugo-b6c96nbt",
    blocks: Annotated[int, typer.Option(min=1, max=40, help="Blocks of the net.")] = 6,
    channels: Annotated[int, typer.Option(min=8, max=512, help="Channels of its trunk.")] = 96,
    inner: Annotated[int, typer.Option(min=8, max=512, help="Channels inside a block.", rich_help_panel=EXPERT)] = 64,
    history: Annotated[bool, typer.Option(help="It sees where the last five moves were played.")] = True,
    begin_with: Annotated[
        int,
        typer.Option(
            min=50,
            help="Positions with which training begins, while the others are still played.",
            rich_help_panel=EXPERT,
        ),
    ] = FIRST_POSITIONS,
    games_at_once: Annotated[
        int,
        typer.Option(min=2, help="Games that are played at a time, and in one file.", rich_help_panel=EXPERT),
    ] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, games and order.", rich_help_panel=EXPERT)] = 1,
    save_every: Annotated[
        int, typer.Option(min=1, help="Steps from one checkpoint to the next.", rich_help_panel=EXPERT)
    ] = 200,
    examine_every: Annotated[
        int, typer.Option(min=1, help="Steps from one examination to the next.", rich_help_panel=EXPERT)
    ] = 1000,
    daemon: DaemonOptions,
) -> None:
    """Have a teacher play and label positions through a daemon, and train a ZhuGo net on them and on its trunk.

    A run can be ended at any time, kill -9 included, and goes on from its last checkpoint.
    """
    from games.go.board import RECENT
    from games.go.features import GLOBALS, PLANES
    from nets.zhugo_model import Config
    from zhugo.learning.distill.command import Request, carry_out
    from zhugo.learning.distill.run import Plan
    from zhugo.shared.errors import UserError

    if minutes is not None and steps is not None:
        raise UserError("--minutes or --steps, not both")
    if daemon.net is not None:
        raise UserError("--net: it is the teacher that plays; leave --net out")
    pooling = tuple(k for k in (blocks // 3, 2 * blocks // 3) if 0 < k < blocks) or (0,)
    inputs = (PLANES + RECENT, GLOBALS + RECENT) if history else (PLANES, GLOBALS)
    config = Config(name, *inputs, blocks=blocks, channels=channels, inner=inner, pooling=pooling)
    plan = Plan(steps, None if steps else minutes or DEFAULT_MINUTES, seed, save_every, examine_every, threads=threads)
    carry_out(Request(teacher, out, run, config, plan, positions, begin_with, visits, games_at_once, daemon))
