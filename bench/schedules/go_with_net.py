"""Go on 7x7 with the bundled net, which remembers every position: a game whose net was learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.oracle import Oracle, device_for
from games.go.game import Go

SPEC = {"size": 7, "komi": 9.0, "rules": "tromp-taylor"}
"""Nine points are what perfect play gives Black; so most games of equal players are close."""


class GoWithNet:
    """See ``matches.Playing``."""

    name = "Go, 7x7"

    def __init__(self) -> None:
        """Raises ``NetError``."""
        game = Go.from_spec(SPEC)
        self._oracle = Oracle(device_for(None), game, [])
        self._order = np.arange(game.num_moves)
        self.num_moves = game.num_moves

    def evaluate(self, leaves: Sequence[tuple[int, tuple[int, ...]]]) -> dict[str, Any]:
        """The arrays of an ``Update`` for these positions."""
        arrays: dict[str, Any] = self._oracle.evaluate([path for _, path in leaves], self._order)
        return arrays
