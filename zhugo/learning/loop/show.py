"""A run of learning as a person sees it: a bar for what goes on, and after each iteration where the time went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from daemon.evaluation.gpu_monitor import GpuMonitor, described
from zhugo.learning.loop.folder import Iteration
from zhugo.learning.selfplay.run import RunProgress
from zhugo.learning.selfplay.show import STARTING, Rates
from zhugo.learning.training.log import Entry
from zhugo.shared.progress import Shown as Bar
from zhugo.shared.progress import shown as shown_bar


class Shown:
    """A ``zhugo.learning.loop.loop.Show`` on a console."""

    def __init__(self, console: Console, bar: Bar, gpus: GpuMonitor) -> None:
        self._console, self._bar, self._gpus = console, bar, gpus
        self._rates = Rates()
        self._device = ""

    def say(self, text: str) -> None:
        self._bar.say(text)

    def games(self, number: int, standing: RunProgress) -> None:
        if standing.device and standing.device != self._device:
            self._device = standing.device
            self.say(f"each worker with {standing.device}")
        text = self._rates.of(standing.work) if standing.work.seconds else STARTING
        self._show(number, "games", standing.games, standing.wanted, text)

    def training(self, number: int, step: int, steps: int, entry: Entry | None) -> None:
        self._show(number, "steps", step, steps, worded(entry) if entry else "")

    def arena(self, number: int, pairs: int, most: int) -> None:
        self._rates = Rates()
        self._show(number, "pairs in the arena", pairs, most, "")

    def finished(self, iteration: Iteration) -> None:
        """An iteration is over: a line, and a table."""
        losses = ", ".join(f"{name} {value:.3f}" for name, value in iteration.losses.items())
        self.say(
            f"iteration {iteration.number}: {iteration.games:,} games, {iteration.positions:,} positions, "
            f"{iteration.steps:,} steps; {losses}; net {iteration.net}, Elo {iteration.elo:+.0f}"
        )
        self._console.print(table(iteration))

    def _show(self, number: int, what: str, done: int, total: int, text: str) -> None:
        told = ", ".join(filter(None, (text, *map(described, self._gpus.now()))))
        self._bar.update(done, total, f"{what} of iteration {number}  {told}".rstrip())


def worded(entry: Entry) -> str:
    """What training found lately."""
    losses = " ".join(f"{name} {value:.3f}" for name, value in entry.losses.items())
    return f"{entry.steps_per_s:.1f} steps/s, {losses}"


def table(iteration: Iteration) -> Table:
    """Where the time of an iteration went."""
    grid = Table(box=SIMPLE_HEAD)
    for column in ("time", "seconds", "share"):
        grid.add_column(column, justify="left" if column == "time" else "right")
    for name, seconds, share in iteration.times.rows():
        grid.add_row(name, f"{seconds:.1f}", f"{share:.0%}")
    grid.add_row("device busy", "", f"{iteration.device:.0%}")
    if iteration.gpu is not None:
        grid.add_row(described(iteration.gpu), "", "")
    return grid


@contextmanager
def shown(console: Console, gpus: GpuMonitor) -> Iterator[Shown]:
    """Shows a run on ``console`` during the block."""
    with shown_bar(console, STARTING) as bar:
        yield Shown(console, bar, gpus)
