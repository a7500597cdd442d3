"""The iterations of a run: games by the net that plays, training on the youngest games, and the arena.

A run ends at any moment, kill -9 included, and goes on: finished games are on disk, training from its last checkpoint,
a contest from its start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import numpy as np

from daemon.evaluation.gpu_monitor import GpuMonitor
from daemon.evaluation.machine import cores
from protocol.files import write_whole
from zhugo.learning.loop.background_measurement import BackgroundMeasurement
from zhugo.learning.loop.folder import ELO, Folder, Iteration
from zhugo.learning.loop.games import Games
from zhugo.learning.loop.memory import Needs, needs
from zhugo.learning.loop.preset import Preset
from zhugo.learning.loop.times import Stopwatch
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.pool import WorkerPool
from zhugo.learning.selfplay.run import RunProgress
from zhugo.learning.training.log import Entry, read
from zhugo.learning.training.net import dump, new_net
from zhugo.learning.training.played import run_on_games
from zhugo.shared.backend import convert
from zhugo.strength.arena.contest import Contest, GamePool, decide
from zhugo.strength.arena.engine import Search
from zhugo.strength.arena.ratings import Rating, Ratings


class Show(Protocol):
    """Who tells a person how a run goes."""

    def say(self, text: str) -> None:
        """A line to keep."""

    def games(self, number: int, standing: RunProgress) -> None:
        """The games of an iteration are played."""

    def training(self, number: int, step: int, steps: int, entry: Entry | None) -> None:
        """An iteration's training, which goes on up to step ``steps``. entry: the last there is, if there is one."""

    def arena(self, number: int, pairs: int, most: int) -> None:
        """A contest of so many pairs at most."""


class Learning:
    """A run, fresh or as it was left. A context manager, that ends what it has begun; the pool is the caller's."""

    def __init__(
        self,
        directory: Path,
        preset: Preset,
        pool: WorkerPool,
        show: Show,
        gpus: GpuMonitor,
        *,
        elsewhere: bool = False,
    ) -> None:
        """``elsewhere``: the pool is on other machines. Raises ``UserError``, having changed nothing, when the folder
        is another run's."""
        self.preset, self._show, self._gpus, self._elsewhere = preset, show, gpus, elsewhere
        self.game = preset.load_game()
        self.folder = Folder(directory, preset, self.game)
        self._ratings = Ratings(directory / ELO)
        if not self.folder.net(0).exists():
            write_whole(self.folder.net(0), dump(*new_net(self.game, preset.net, preset.loop.seed)))
        with ExitStack() as closing:
            self._games = closing.enter_context(Games(self.folder.games, self._plan(), pool))
            first = self.folder.net(0).read_bytes()
            self._run = run_on_games(directory, self.folder.games, first, preset.training, preset.loop.seed, show.say)
            closing.callback(self._run.log.close)
            apart = elsewhere or self._run.trainer.device.type == "cuda"
            self.overlap = preset.loop.overlap == "on" or (preset.loop.overlap == "auto" and apart)
            self._measuring = closing.enter_context(
                BackgroundMeasurement(preset.selfplay.device, preset.selfplay.precision)
            )
            self._game_pool = closing.enter_context(
                GamePool(1 if self.overlap else min(cores(), preset.arena.processes))
            )
            self._closing = closing.pop_all()

    @property
    def over(self) -> bool:
        """Whether all iterations, or all minutes, are over."""
        return self.progress >= 1.0

    @property
    def progress(self) -> float:
        """The share of the run that is over, by its finished iterations."""
        loop, history = self.preset.loop, self.folder.history
        minutes = sum(iteration.times.total for iteration in history) / 60
        of_minutes = minutes / loop.minutes if loop.minutes else 0.0
        of_evaluations = self._evaluations() / loop.evaluations if loop.evaluations else 0.0
        return max(len(history) / loop.iterations, of_minutes, of_evaluations)

    @property
    def needs(self) -> Needs:
        """What it asks of memory."""
        return needs(self.preset, self.game, self._run.trainer.module)

    def iterations(self) -> Iterator[Iteration]:
        """Learn on until the run is over. Yields each iteration when it is finished.

        Raises ``UserError`` or ``OSError``, with all that is finished kept, for a full disk and other trouble.
        """
        while not self.over:
            yield self._iterate(len(self.folder.history) + 1)

    def _iterate(self, number: int) -> Iteration:
        watch, loop = Stopwatch(), self.preset.loop
        self._games.begin(self._plan(), number * loop.games)
        if not self._elsewhere:
            self._measuring.begin(self.folder.net(self._playing()), number)
        played = self._games.wait(lambda standing: self._show.games(number, standing))
        if self.overlap and number < loop.iterations:
            self._games.begin(self._plan(), (number + 1) * loop.games)
        with watch.of("training"):
            self._train(number)
        with watch.of("arena"):
            net = self._compare(number)
        times = watch.stop(played.seconds, self.overlap)
        busy = played.seconds * played.device + times.training
        iteration = Iteration(
            number,
            number * loop.games,
            self._run.folder.positions,
            self._run.trainer.steps,
            self._losses(),
            net,
            self._ratings.of(_name(self._rated())),
            times,
            min(1.0, busy / times.total),
            self._gpus.lap(),
            evaluations=self._evaluations() + played.standing.work.evaluations,
        )
        self.folder.add(iteration)
        return iteration

    def _train(self, number: int) -> None:
        """Learn from the new positions and those before them, and leave the net."""
        run, loop = self._run, self.preset.loop
        steps, positions = self._before()
        if run.trainer.steps == steps:  # else this training was begun before, from the games that there were then
            run.folder.refresh()
        target = steps + max(1, round(loop.reuse * (run.folder.positions - positions) / self.preset.training.batch))
        progress = self.progress
        entry: Entry | None = None

        def on_step(step: int) -> None:
            self._show.training(number, step, target, entry)

        on_step(run.trainer.steps)
        for entry in run.learn_until(target, lambda _: progress, on_step):
            on_step(entry.step)
        write_whole(self.folder.net(number), run.trainer.dump())
        if not self._elsewhere:
            convert(self.folder.net(number), self.preset.selfplay.device, self.preset.selfplay.precision)

    def _compare(self, number: int) -> int:
        """The net that plays on after this iteration."""
        arena, loop = self.preset.arena, self.preset.loop
        if number % loop.arena_every:
            return number
        old = self._rated()
        plan = self._plan()
        search = Search(plan.game, plan.spec, arena.visits, arena.at_once, plan.device, plan.precision)
        contest = Contest(self.folder.net(number), self.folder.net(old), search, arena, loop.seed + number)
        most = arena.games // 2
        self._show.arena(number, 0, most)
        outcome = decide(contest, self._game_pool, lambda pairs: self._show.arena(number, pairs, most))
        rating = self._ratings.add(_name(number), _name(old), outcome)
        self._show.say(told(rating))
        return number if rating.accepted else old

    def _rated(self) -> int:
        """The net that won the last contest."""
        return max((int(rating.new) for rating in self._ratings.history if rating.accepted), default=0)

    def _evaluations(self) -> int:
        """Of the finished iterations."""
        return self.folder.history[-1].evaluations if self.folder.history else 0

    def _before(self) -> tuple[int, int]:
        """Steps and positions, in all, when this iteration began."""
        history = self.folder.history
        return (history[-1].steps, history[-1].positions) if history else (0, 0)

    def _plan(self) -> Plan:
        """How the games of the next iteration are played: by the net that plays now."""
        return self.preset.plan(self.game, self.folder.net(self._playing()))

    def _playing(self) -> int:
        """The net that plays now."""
        return self.folder.history[-1].net if self.folder.history else 0

    def _losses(self) -> dict[str, float]:
        """Means over the steps of this iteration."""
        first = self._before()[0]
        lines = [line["losses"] for line in read(self.folder.directory) if line["step"] > first]
        return {name: round(float(np.mean([line[name] for line in lines])), 4) for name in (lines[-1] if lines else ())}

    def __enter__(self) -> Learning:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()


def told(rating: Rating) -> str:
    """A contest in a line."""
    low, high = ("open" if bound is None else f"{bound:+.0f}" for bound in (rating.low, rating.high))
    return (
        f"arena: net {int(rating.new)} against {int(rating.old)}: {rating.wins} won, {rating.draws} drawn, "
        f"{rating.losses} lost, {rating.difference:+.0f} Elo [{low}, {high}]; "
        f"{'accepted' if rating.accepted else 'refused'}"
    )


def _name(number: int) -> str:
    return f"{number:06}"
