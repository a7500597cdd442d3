"""`zhugo train` as a whole: some steps of training on a folder of games, and the net."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from nets.files import read_file
from protocol.files import write_whole
from zhugo.learning.loop.preset import Preset, read
from zhugo.learning.loop.show import worded
from zhugo.learning.training.batches import game_of
from zhugo.learning.training.log import Entry
from zhugo.learning.training.net import dump, new_net
from zhugo.learning.training.played import run_on_games
from zhugo.learning.training.window import Window
from zhugo.shared.errors import UserError
from zhugo.shared.progress import shown


@dataclass(frozen=True)
class Request:
    """What was asked for; see the command's options."""

    data: Path
    net: Path | None
    out: Path
    steps: int
    run: Path
    preset: str
    changes: tuple[str, ...]


def carry_out(request: Request) -> None:
    """Train up to ``steps`` and leave the net at ``out``. Raises what is for the user to hear."""
    preset = read(request.preset, request.changes)
    if not request.out.parent.is_dir():
        raise UserError(f"--out {request.out}: there is no folder {request.out.parent}")
    first = _first(request, preset)
    try:
        request.run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--run {request.run}: {error.strerror}") from None
    console = Console()
    last: Entry | None = None
    with shown(console, "training begins", remaining=True) as bar:
        run = run_on_games(request.run, request.data, first, preset.training, preset.loop.seed, bar.say)
        run.folder.refresh()

        def on_step(step: int) -> None:
            bar.update(step, request.steps, f"steps  {worded(last)}" if last else "steps")

        for last in run.learn_until(request.steps, lambda step: step / request.steps, on_step):
            on_step(last.step)
    run.log.close()
    write_whole(request.out, run.trainer.dump())
    told = f"; {worded(last)}" if last else ""
    console.print(f"{request.out}: step {run.trainer.steps}{told}", highlight=False, soft_wrap=True)


def _first(request: Request, preset: Preset) -> bytes:
    """The net to begin with: a file's, or a new one for the game that was played."""
    if request.net is not None:
        return read_file(request.net)
    window = Window(request.data, preset.training.window)
    if not window.positions:
        raise UserError(f"games {request.data}: there are none to learn from")
    return dump(*new_net(game_of(window.newest()), preset.net, preset.loop.seed))
