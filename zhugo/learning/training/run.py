"""Training that is kept: a net learns from a folder of games; begun again, it goes on from its last checkpoint.

| file | what |
|---|---|
| state.pt | training as it was at the last checkpoint |
| log.jsonl, tensorboard | what is told of it |

What step k learns from is a function of the seed, of k and of the games that were there: so a run that goes on makes
the same curve as one that was never ended.
"""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import msgspec
import numpy as np
import torch

from zhugo.learning.training.batches import Batch, game_of, make_batch
from zhugo.learning.training.log import Entry, Log, means
from zhugo.learning.training.net import load_net, plays
from zhugo.learning.training.plan import Training
from zhugo.learning.training.symmetries import Symmetry, symmetries
from zhugo.learning.training.trainer import Step, Trainer
from zhugo.learning.training.window import Window
from zhugo.shared.errors import UserError, one_line
from zhugo.shared.files import write_whole

STATE = "state.pt"
LOG_EVERY = 10
"""Steps."""

Say = Callable[[str], None]


class Run:
    """A net in training, in its folder, fresh or as it was left."""

    def __init__(self, directory: Path, games: Path, net: bytes, training: Training, seed: int, say: Say) -> None:
        """``net``: the file of the net to begin with, if training does begin. ``say`` hears lines for a person.

        Raises ``UserError`` when the folder's training has another net's shape or cannot be read.
        """
        self.directory, self.training, self.seed = directory, training, seed
        self.trainer = Trainer(*load_net(net), training, say)
        state = self._read()
        self.window = Window(games, training.window, None if state is None else state["known"])
        if state is not None:
            self.trainer.load_state_dict(state["trainer"])
        self.log = Log(directory, self.trainer.steps)

    def learn_until(
        self, steps: int, progress: Callable[[int], float], on_step: Callable[[int], None] = lambda _: None
    ) -> Iterator[Entry]:
        """Learn up to step ``steps``, and keep the run; ``progress(step)`` is the share of all training then over.

        ``on_step`` hears of every step when it is done. Yields what is told of it, as it is told. The games are those
        that the window has found.
        """
        if not self.window.positions:
            raise UserError(f"games {self.window.directory}: there are none to learn from")
        torch.set_num_threads(self.training.threads)
        recent: list[Step] = []
        began = time.monotonic()
        for batch in self._batches(range(self.trainer.steps, steps)):
            recent.append(self.trainer.learn(batch, progress(self.trainer.steps)))
            step = self.trainer.steps
            on_step(step)
            save = step % self.training.save_every == 0 or step == steps
            if save or step % LOG_EVERY == 0:
                entry = self._entry(recent, time.monotonic() - began)
                self.log.add(entry)
                yield entry
                recent, began = [], time.monotonic()
            if save:
                self.save()

    def save(self) -> None:
        """Keep everything, whole or not at all. Raises ``OSError`` on a full disk, and leaves what was kept before."""
        kept = io.BytesIO()
        state = {"shape": self._shape, "known": self.window.known, "trainer": self.trainer.state_dict()}
        torch.save(state, kept)
        write_whole(self.directory / STATE, kept.getvalue())

    def _batches(self, steps: range) -> Iterator[Batch]:
        """Those of the steps; on a GPU they are prepared beside it."""
        beside = self.trainer.device.type != "cpu"
        return ahead(self._batch, steps, self.training.loaders) if beside else map(self._batch, steps)

    def _batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self.seed, step])
        return make_batch(self.window.draw(self.training.batch, rng), self._symmetries, rng)

    @cached_property
    def _symmetries(self) -> Sequence[Symmetry]:
        """Those to turn the games by. Raises ``UserError`` when the net is for another game."""
        game = game_of(self.window.newest())
        if not plays(self.trainer.config, game):
            raise UserError(f"games {self.window.directory}: the net does not play {game.own_features}")
        return symmetries(game) if self.training.symmetries else []

    def _entry(self, recent: list[Step], seconds: float) -> Entry:
        return Entry(
            step=self.trainer.steps,
            positions=self.window.positions,
            window=self.window.size,
            search_share=round(self.trainer.search_share, 4),
            steps_per_s=round(len(recent) / seconds, 2),
            **means(recent),
        )

    @property
    def _shape(self) -> str:
        return msgspec.json.encode(self.trainer.config).decode()

    def _read(self) -> dict[str, Any] | None:
        """The checkpoint; None where there is none."""
        path = self.directory / STATE
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except (OSError, EOFError, UnpicklingError, RuntimeError, ValueError) as error:
            raise UserError(f"run {self.directory}: {STATE} cannot be read: {one_line(error)}") from None
        if state["shape"] != self._shape:
            raise UserError(f"run {self.directory}: it was begun with a net of another shape or for another game")
        return state


def ahead(make: Callable[[int], Batch], steps: range, loaders: int) -> Iterator[Batch]:
    """What ``make`` makes of each step, in order, made before it is asked for by so many threads."""
    with ThreadPoolExecutor(loaders) as pool:
        made: deque[Future[Batch]] = deque()
        for step in steps:
            made.append(pool.submit(make, step))
            if len(made) > loaders:
                yield made.popleft().result()
        while made:
            yield made.popleft().result()
