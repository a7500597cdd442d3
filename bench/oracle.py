"""A net that remembers: evaluations of the positions below one position of a real game, each computed once.

So many searches of one position, under many settings, cost little more than one. ``order`` renames the moves: the same
game with its moves in another order, in which ties break otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nets
from daemon.evaluation.devices.open_device import open_device
from daemon.gpu_client import Batch, Device, take
from games import Leaves
from games.go.game import Go
from protocol import messages as m
from zhugo.shared.backend import settled

Path = tuple[int, ...]
CHUNK = 16


def device_for(net: FilePath | None) -> Device:
    """What these benchmarks evaluate with: one thread, and the fastest arithmetic but bytes.

    Which one it is matters little, for every search that is compared sees the same evaluations. Raises ``NetError``.
    """
    return open_device(net, settled("auto", "auto"), threads=1, full=CHUNK)


@dataclass(frozen=True)
class Evaluated:
    """One position, as a row of an ``Update``."""

    to_play: int
    terminal: bool
    value: float
    lead: float
    priors: NDArray[np.uint16]
    score: tuple[float, float]
    errors: tuple[float, float]
    pattern: int
    key: int


Known = dict[Path, Evaluated]
"""Evaluations by the moves from the start of the game."""


@dataclass
class Oracle:
    """Evaluates paths of moves below ``game`` after ``record``. Oracles of one game may share what they know."""

    device: Device
    game: Go
    record: list[int]
    known: Known = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.game.root(self.record)
        self._line = tuple(self.record)

    def evaluate(self, paths: Sequence[Path], order: NDArray[np.int64]) -> dict[str, Any]:
        """The arrays of an ``Update`` for these paths, whose move i is the game's move ``order[i]``."""
        real = [tuple(order[list(path)].tolist()) for path in paths]
        new = [path for path in dict.fromkeys(real) if self._line + path not in self.known]
        for first in range(0, len(new), CHUNK):
            self._learn(new[first : first + CHUNK])
        rows = [self.known[self._line + path] for path in real]
        return {
            "to_play": np.array([row.to_play for row in rows], np.int8),
            "terminal": np.array([row.terminal for row in rows], np.uint8),
            "value": np.array([row.value for row in rows], np.float32),
            "lead": np.array([row.lead for row in rows], np.float32),
            "priors": np.array([row.priors[order] for row in rows], np.uint16),
            "ownership": np.zeros((0, 0), np.float32),
            "score": _if_said([row.score for row in rows]),
            "errors": _if_said([row.errors for row in rows]),
            "patterns": np.array([row.pattern for row in rows], np.uint64),
            "keys": np.array([row.key for row in rows], np.uint64),
        }

    def _learn(self, paths: list[Path]) -> None:
        n = len(paths)
        leaves = Leaves(
            [self.root],
            np.zeros(n, np.int32),
            np.cumsum([0] + [len(path) for path in paths], dtype=np.int32),
            np.array([move for path in paths for move in path], np.uint16),
        )
        plane_shape, global_shape = self.game.feature_shapes(self.device.info.features)
        planes = np.zeros((n, *plane_shape), np.float32)
        global_inputs = np.zeros((n, *global_shape), np.float32)
        positions = self.game.replay(leaves, self.device.info.features, planes, global_inputs)
        live = np.flatnonzero(~positions.terminal)
        if len(live):
            some = take(positions, live)
            seen = self.device.submit(Batch(planes[live], global_inputs[live], some)).result().evaluations
            priors = nets.half_prior_bits(seen.priors, some.legal)
            for row, i in enumerate(live.tolist()):
                self.known[self._line + paths[i]] = Evaluated(
                    int(some.to_play[row]),
                    False,
                    float(seen.value[row]),
                    float(seen.lead[row]),
                    priors[row],
                    tuple(seen.score[row].tolist()),
                    tuple(seen.errors[row].tolist()),
                    int(positions.patterns[i]),
                    int(positions.keys[i]),
                )
        for i in np.flatnonzero(positions.terminal).tolist():
            none = np.full(self.game.num_moves, m.ILLEGAL_PRIOR, np.uint16)
            result, lead = float(positions.result[i]), float(positions.lead[i])
            player, pattern = int(positions.to_play[i]), int(positions.patterns[i])
            self.known[self._line + paths[i]] = Evaluated(
                player, True, result, lead, none, (lead, 0.0), (0.0, 0.0), pattern, 0
            )


def _if_said(pairs: list[tuple[float, float]]) -> NDArray[np.float32]:
    """float32[n, 2], or an array without entries where no net says anything."""
    array = np.array(pairs, np.float32)
    return np.zeros((0, 0), np.float32) if np.isnan(array).all() else array


class AnyMove:
    """A referee that lets every move pass: positions here come from real games."""

    def __init__(self, num_moves: int) -> None:
        self.num_moves = num_moves

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """See ``daemon.core.sessions.Referee``."""
        del game, spec, record
        return self.num_moves


def paths_of(grant: m.Grant) -> list[Path]:
    """The paths of a grant's leaves."""
    return [
        tuple(grant.moves[begin:end].tolist())
        for begin, end in zip(grant.offsets[:-1].tolist(), grant.offsets[1:].tolist(), strict=True)
    ]
