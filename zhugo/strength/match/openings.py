"""Positions that games begin from: drawn from a net's policy, as plausible as its moves are, and even.

Each opening is played twice with colours changed, so that neither side has the better of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

import nets
from games import Leaves
from games.go.game import Go

CANDIDATES = 8
"""So many are drawn for each opening, and the most even one taken that is new."""
ATTEMPTS = 4
"""So often are candidates drawn again when none of them is new; after that an opening may come twice."""


LEAST_SHARE = 0.05
"""Moves whose prior is below this share of the best one's are not drawn."""


@dataclass
class Openings:
    """Openings of ``moves`` moves by number; the same for the same net, game and seed, drawn in the same order.

    ``known``: those so far. On boards that the bundled net does not play, every point off the edge is as good.
    """

    game: Go
    moves: int
    seed: int
    known: dict[int, list[int]] = field(default_factory=dict)

    def get(self, number: int) -> list[int]:
        """Opening ``number``."""
        if number not in self.known:
            self.known[number] = self._draw(number) if self.moves else []
        return self.known[number]

    @cached_property
    def net(self) -> nets.Net | None:
        """The bundled net, if it plays on boards of this size."""
        net = nets.load(None)
        try:
            net.check(self.game.height, self.game.width)
        except nets.NetError:
            return None
        return net

    def _draw(self, number: int) -> list[int]:
        rng = np.random.default_rng([self.seed, number])
        records: list[list[int]] = [[]]
        for _ in range(ATTEMPTS):
            records = self._candidates(rng)
            new = next((record for record in records if record not in self.known.values()), None)
            if new is not None:
                return new
        return records[0]

    def _candidates(self, rng: np.random.Generator) -> list[list[int]]:
        """Drawn openings, the most even one first."""
        records: list[list[int]] = [[] for _ in range(CANDIDATES)]
        for _ in range(self.moves):
            priors, _value = self._evaluated(records)
            for record, row in zip(records, priors, strict=True):
                record.append(int(rng.choice(len(row), p=row)))
        _priors, value = self._evaluated(records)
        return [records[i] for i in np.argsort(np.abs(value), kind="stable")]

    def _evaluated(self, records: list[list[int]]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """For each record the chances of the next move, float64[n, num_moves], the pass never; and the value."""
        legal, evaluations = self._evaluate(records)
        if evaluations is None:
            value = np.zeros(len(records), np.float32)
            weights = (legal & self._inner()).astype(np.float64)
        else:
            value, weights = evaluations.value, evaluations.priors.astype(np.float64)
        weights[:, self.game.points] = 1e-9  # for a board on which nothing else is left
        weights[weights < LEAST_SHARE * weights.max(axis=1, keepdims=True)] = 0.0
        return weights / weights.sum(axis=1, keepdims=True), value

    def _evaluate(self, records: list[list[int]]) -> tuple[NDArray[np.bool_], nets.Evaluations | None]:
        """Legal moves, and what the net makes of each position."""
        import torch

        n = len(records)
        features = "zhugo" if self.net is None else self.net.features
        plane_shape, global_shape = self.game.feature_shapes(features)
        planes, global_inputs = np.zeros((n, *plane_shape), np.float32), np.zeros((n, *global_shape), np.float32)
        leaves = Leaves(
            roots=[self.game.root(record) for record in records],
            root_of=np.arange(n, dtype=np.int32),
            offsets=np.zeros(n + 1, np.int32),
            moves=np.zeros(0, np.uint16),
        )
        positions = self.game.replay(leaves, features, planes, global_inputs)
        if self.net is None:
            return positions.legal, None
        with torch.inference_mode():
            raw = self.net.module(torch.from_numpy(planes), torch.from_numpy(global_inputs))
        outputs = nets.RawOutputs(*(output.numpy() for output in raw))
        return positions.legal, nets.decode(outputs, positions)

    def _inner(self) -> NDArray[np.bool_]:
        """bool[num_moves]: the points that do not lie on the edge."""
        inner = np.zeros((self.game.height, self.game.width), np.bool_)
        inner[1:-1, 1:-1] = True
        return np.append(inner.reshape(-1), False)
