"""`zhugo learn` as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from zhugo.learn.loop import Learning
from zhugo.learn.preset import read
from zhugo.learn.show import shown
from zhugo.selfplay.crew import LocalCrew, auto_workers, gpus


def carry_out(directory: Path, preset_name: str, changes: Sequence[str]) -> None:
    """Learn until the run is over. Raises ``UserError``, ``GameError`` or ``OSError`` for what cannot be done."""
    preset = read(preset_name, changes)
    with_gpus = gpus() if preset.selfplay.device in ("auto", "cuda") else 0
    console = Console()
    with (
        LocalCrew(preset.loop.workers or auto_workers(with_gpus), with_gpus) as crew,
        shown(console) as show,
        Learning(directory, preset, crew, show) as learning,
    ):
        if learning.over:
            show.say(f"run {directory}: it is over; --set loop.iterations or loop.minutes makes it longer")
            return
        how = "the next games are played while the net trains" if learning.overlap else _IN_TURNS
        show.say(f"{preset.game}: {crew.size} workers; {how}")
        for iteration in learning.iterations():
            show.finished(iteration)
        show.say(f"net {iteration.net}: {learning.folder.net(iteration.net)}")


_IN_TURNS = "games, training and arena take turns, for all want the same cores"
