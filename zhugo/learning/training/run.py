"""Training that is kept: a net learns from a folder of samples; begun again, it goes on from its last checkpoint.

| file | what |
|---|---|
| state.pt | training as it was at the last checkpoint (``checkpoint``) |
| log.jsonl, tensorboard | what is told of it |

What step k learns from is a function of the seed, of k and of the known samples. So a run that goes on makes the same
curve as one that was never ended.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Protocol

import torch

from zhugo.learning.samples.folder import Folder
from zhugo.learning.training.batches import Batch
from zhugo.learning.training.checkpoint import Checkpoint, State
from zhugo.learning.training.log import Entry, Log, means
from zhugo.learning.training.trainer import Step, Trainer
from zhugo.shared.errors import UserError

LOG_EVERY = 10
"""Steps."""


class Samples(Protocol):
    """What a training learns from."""

    @property
    def folder(self) -> Folder:
        """Where the samples are."""

    def batch(self, step: int) -> Batch:
        """What a step learns from, a function of its number, of a seed and of what the folder knows."""


class Run:
    """A net in training, in its folder, fresh or as it was left."""

    def __init__(
        self,
        directory: Path,
        trainer: Trainer,
        samples: Samples,
        checkpoint: Checkpoint,
        state: State | None,
        *,
        log_every: int = LOG_EVERY,
        longest_step: float = math.inf,
        on_save: Callable[[], None] = lambda: None,
    ) -> None:
        """``state``: what ``checkpoint`` has. ``longest_step``: seconds; of a longer one only these are counted.

        ``on_save`` is called before every checkpoint.
        """
        self.directory, self.trainer, self.samples = directory, trainer, samples
        self._checkpoint, self._on_save = checkpoint, on_save
        self._log_every, self._longest_step = log_every, longest_step
        self.seconds = 0.0
        """That the steps took."""
        if state is not None:
            trainer.load_state_dict(state["trainer"])
            self.seconds = state["seconds"]
        self.log = Log(directory, trainer.steps)

    @property
    def folder(self) -> Folder:
        """The samples that it knows."""
        return self.samples.folder

    def learn_until(
        self,
        steps: int,
        progress: Callable[[int], float],
        on_step: Callable[[int], None] = lambda _: None,
    ) -> Iterator[Entry]:
        """Learn up to step ``steps``, or until all is over, and keep the run.

        ``progress(step)`` is the share of all training that is over after so many steps. ``on_step`` hears of every
        step when it is done. Yields what is told of it, as it is told. The samples are those that the folder knows.
        """
        if not self.folder.positions:
            raise UserError(f"games {self.folder.directory}: there are none to learn from")
        torch.set_num_threads(self.trainer.training.threads)

        def over() -> bool:
            return self.trainer.steps >= steps or progress(self.trainer.steps) >= 1.0

        recent: list[Step] = []
        spent = 0.0
        with closing(self._batches(range(self.trainer.steps, steps))) as batches:
            while not over():
                began, share = time.monotonic(), progress(self.trainer.steps)
                recent.append(self.trainer.learn(next(batches), share))
                took = time.monotonic() - began
                spent += took
                self.seconds += min(took, self._longest_step)
                step = self.trainer.steps
                on_step(step)
                save = step % self.trainer.training.save_every == 0 or over()
                if save or step % self._log_every == 0:
                    entry = self._entry(recent, spent, share)
                    self.log.add(entry.line())
                    yield entry
                    recent, spent = [], 0.0
                if save:
                    self.save()

    def save(self) -> None:
        """Keep everything, whole or not at all. Raises ``OSError`` on a full disk, and leaves what was kept before."""
        self._on_save()
        self._checkpoint.write(
            {"known": self.folder.known, "trainer": self.trainer.state_dict(), "seconds": self.seconds}
        )

    def _batches(self, steps: range) -> Generator[Batch]:
        """Those of the steps; on a GPU they are prepared beside it."""
        if self.trainer.device.type == "cpu":
            yield from map(self.samples.batch, steps)
        else:
            yield from ahead(self.samples.batch, steps, self.trainer.training.loaders)

    def _entry(self, recent: list[Step], seconds: float, progress: float) -> Entry:
        return Entry(
            step=self.trainer.steps,
            positions=self.folder.positions,
            window=self.folder.size,
            search_share=round(self.trainer.search_share, 4),
            steps_per_s=round(len(recent) / max(seconds, 1e-9), 2),
            seconds=round(self.seconds, 1),
            progress=round(progress, 4),
            **means(recent),
        )


def ahead(make: Callable[[int], Batch], steps: range, loaders: int) -> Iterator[Batch]:
    """What ``make`` makes of each step, in order, made before it is asked for by so many threads."""
    pool = ThreadPoolExecutor(loaders)
    try:
        made: deque[Future[Batch]] = deque()
        for step in steps:
            made.append(pool.submit(make, step))
            if len(made) > loaders:
                yield made.popleft().result()
        while made:
            yield made.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
