"""`zhugo learn` as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from daemon.evaluation.gpu_monitor import GpuMonitor, Nvml
from zhugo.learning.loop.folder import check
from zhugo.learning.loop.preset import read
from zhugo.learning.loop.show import shown
from zhugo.learning.selfplay.command import pool_of
from zhugo.shared.backend import settled
from zhugo.shared.errors import UserError
from zhugo.shared.out_of_memory import OutOfMemory


def carry_out(directory: Path, preset_name: str, changes: Sequence[str], ray: str | None) -> None:
    """Learn until the run is over. Raises what is for the user to hear when something cannot be done."""
    console = Console()
    preset = read(preset_name, changes, lambda text: console.print(text, highlight=False, markup=False, soft_wrap=True))
    game = preset.load_game()
    check(directory, preset, game)
    if ray is None:
        settled(preset.selfplay.device, preset.selfplay.precision)  # to hear now of what this machine has not
    from zhugo.learning.loop.loop import Learning  # and torch with it, behind what can be said without

    with (
        pool_of(preset.plan(game, directory), preset.loop.workers or None, ray) as pool,
        GpuMonitor(Nvml()) as gpus,
        shown(console, gpus) as show,
        Learning(directory, preset, pool, show, gpus, elsewhere=ray is not None) as learning,
    ):
        if learning.over:
            show.say(f"run {directory}: it is over; --set loop.iterations or loop.minutes makes it longer")
            return
        how = "the next games are played while the net trains" if learning.overlap else _IN_TURNS
        show.say(f"{preset.game}: {pool.size} workers; {how}")
        show.say(str(learning.needs))
        try:
            for iteration in learning.iterations():
                show.finished(iteration)
        except OutOfMemory as error:
            raise UserError(error.advice(_GAMES, _WORKERS)) from None
        except KeyboardInterrupt:
            show.say(f"run {directory}: interrupted; the same command goes on")
            raise
        show.say(f"net {iteration.net}: {learning.folder.net(iteration.net)}")


_GAMES, _WORKERS = "--set selfplay.games_at_once={}", "--set loop.workers={}"
_IN_TURNS = "games, training and arena take turns, for all want the same cores"
