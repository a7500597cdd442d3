"""Batches of made-up positions, and a device that works on them at once."""

from __future__ import annotations

from concurrent.futures import Future

import numpy as np

from daemon.evaluation.devices.emulated import outputs
from daemon.gpu_client import Batch, Result
from games import Positions
from protocol.messages import NetInfo


def boards(leaves: int, seed: int = 0, height: int = 3, width: int = 3, moves: int | None = None) -> Batch:
    """Positions of a board game whose moves are the points and a pass, unless told otherwise."""
    rng = np.random.default_rng(seed)
    moves = height * width + 1 if moves is None else moves
    legal = rng.random((leaves, moves)) < 0.7
    legal[:, -1] = True
    zeros = np.zeros(leaves, np.float32)
    to_play = rng.choice(np.array([1, -1], np.int8), leaves)
    positions = Positions(to_play, np.zeros(leaves, np.bool_), zeros, zeros, legal)
    planes = rng.random((leaves, 4, height, width)).astype(np.float32)
    return Batch(planes, rng.random((leaves, 3)).astype(np.float32), positions)


class Hashing:
    """Evaluates as an emulated device does, at once, and remembers how many positions were in each batch."""

    info = NetInfo("hashed", "", "toy", "none")

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def submit(self, batch: Batch) -> Future[Result]:
        self.sizes.append(len(batch))
        done: Future[Result] = Future()
        done.set_result(Result(outputs(batch, "hashed"), 1.0, 2.0))
        return done

    def close(self) -> None:
        """Nothing is held."""
