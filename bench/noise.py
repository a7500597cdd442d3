"""Batches of noise, whose evaluation costs what that of positions does."""

from __future__ import annotations

import numpy as np

from daemon.gpu_client import Batch
from games import Positions
from games.go.game import Go


def noise(features: str, size: int, n: int) -> Batch:
    """n positions of Go on a board of this size, as a net with these features gets them."""
    plane_shape, global_shape = Go.from_spec({"size": size}).feature_shapes(features)
    rng = np.random.default_rng(0)
    zeros = np.zeros(n, np.float32)
    legal = np.ones((n, size * size + 1), np.bool_)
    positions = Positions(np.ones(n, np.int8), np.zeros(n, np.bool_), zeros, zeros, legal)
    return Batch(rng.random((n, *plane_shape), np.float32), rng.random((n, *global_shape), np.float32), positions)
