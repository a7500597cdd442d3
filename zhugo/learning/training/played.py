"""Training on games of self-play: batches drawn from a window of the youngest positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from zhugo.learning.training.batches import Batch, game_of, make_batch
from zhugo.learning.training.checkpoint import Checkpoint
from zhugo.learning.training.net import Config, features_of, load_net, plays
from zhugo.learning.training.plan import Training
from zhugo.learning.training.run import Run
from zhugo.learning.training.symmetries import Symmetry, symmetries
from zhugo.learning.training.trainer import Trainer
from zhugo.learning.training.window import Window
from zhugo.shared.errors import UserError


class PlayedGames:
    """The ``Samples`` of a folder of games for a net of this configuration."""

    def __init__(self, folder: Window, config: Config, training: Training, seed: int) -> None:
        self.folder, self._config, self._training, self._seed = folder, config, training, seed

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self._seed, step])
        rows = self.folder.draw(self._training.batch, rng)
        return make_batch(rows, self._symmetries, rng, features=features_of(self._config))

    @cached_property
    def _symmetries(self) -> Sequence[Symmetry]:
        """Those to turn the games by. Raises ``UserError`` when the net is for another game."""
        game = game_of(self.folder.newest())
        if not plays(self._config, game):
            raise UserError(f"games {self.folder.directory}: the net does not play {game.own_features}")
        return symmetries(game, features_of(self._config)) if self._training.symmetries else []


def run_on_games(
    directory: Path, games: Path, net: bytes, training: Training, seed: int, say: Callable[[str], None]
) -> Run:
    """The training in ``directory`` on a folder of games.

    ``net``: the file of the net to begin with, if training does begin. ``say`` hears lines for a person. Raises
    ``UserError`` when the folder's training has another net's shape or cannot be read.
    """
    trainer = Trainer(*load_net(net), training, say)
    shape = msgspec.json.encode(trainer.config).decode()
    checkpoint = Checkpoint(directory, {"shape": shape}, "a net of another shape or for another game")
    state = checkpoint.read()
    window = Window(games, training.window, None if state is None else state["known"])
    return Run(directory, trainer, PlayedGames(window, trainer.config, training, seed), checkpoint, state)
