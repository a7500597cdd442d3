"""A net that remembers: evaluations of the positions below one position of a real game, each computed once.

So many searches of one position, under many settings, cost little more than one. ``order`` renames the moves: the same
game with its moves in another order, in which ties break otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import nets
from games import Leaves
from games.go.game import Go
from protocol import messages as m

Path = tuple[int, ...]
CHUNK = 16


@dataclass(frozen=True)
class Evaluated:
    """One position, as a row of an ``Update``."""

    to_play: int
    terminal: bool
    value: float
    lead: float
    priors: NDArray[np.uint16]


@dataclass
class Oracle:
    """Evaluates paths of moves below ``game`` after ``record``."""

    net: nets.Net
    game: Go
    record: list[int]
    known: dict[Path, Evaluated] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.game.root(self.record)

    def evaluate(self, paths: Sequence[Path], order: NDArray[np.int64]) -> dict[str, Any]:
        """The arrays of an ``Update`` for these paths, whose move i is the game's move ``order[i]``."""
        real = [tuple(order[list(path)].tolist()) for path in paths]
        new = [path for path in dict.fromkeys(real) if path not in self.known]
        for first in range(0, len(new), CHUNK):
            self._learn(new[first : first + CHUNK])
        rows = [self.known[path] for path in real]
        return {
            "to_play": np.array([row.to_play for row in rows], np.int8),
            "terminal": np.array([row.terminal for row in rows], np.uint8),
            "value": np.array([row.value for row in rows], np.float32),
            "lead": np.array([row.lead for row in rows], np.float32),
            "priors": np.array([row.priors[order] for row in rows], np.uint16),
            "ownership": np.zeros((0, 0), np.float32),
        }

    def _learn(self, paths: list[Path]) -> None:
        n = len(paths)
        leaves = Leaves(
            [self.root],
            np.zeros(n, np.int32),
            np.cumsum([0] + [len(path) for path in paths], dtype=np.int32),
            np.array([move for path in paths for move in path], np.uint16),
        )
        plane_shape, global_shape = self.game.feature_shapes(self.net.features)
        planes = np.zeros((n, *plane_shape), np.float32)
        global_inputs = np.zeros((n, *global_shape), np.float32)
        positions = self.game.replay(leaves, self.net.features, planes, global_inputs)
        with torch.inference_mode():
            raw = self.net.module(torch.from_numpy(planes), torch.from_numpy(global_inputs))
        seen = nets.decode(nets.RawOutputs(*(output.numpy() for output in raw)), positions)
        priors = nets.half_prior_bits(seen.priors, positions.legal)
        for i, path in enumerate(paths):
            over = bool(positions.terminal[i])
            self.known[path] = Evaluated(
                int(positions.to_play[i]),
                over,
                float(positions.result[i] if over else seen.value[i]),
                float(positions.lead[i] if over else seen.lead[i]),
                priors[i],
            )


class AnyMove:
    """A referee that lets every move pass: positions here come from real games."""

    def __init__(self, num_moves: int) -> None:
        self.num_moves = num_moves

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """See ``daemon.sessions.Referee``."""
        del game, spec, record
        return self.num_moves


def paths_of(grant: m.Grant) -> list[Path]:
    """The paths of a grant's leaves."""
    return [
        tuple(grant.moves[begin:end].tolist())
        for begin, end in zip(grant.offsets[:-1].tolist(), grant.offsets[1:].tolist(), strict=True)
    ]
