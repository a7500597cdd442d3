"""From positions on disk to the tensors that a training step wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import games
from games import Game, Leaves
from zhugo.learning.samples.shard import Row
from zhugo.learning.training.symmetries import Symmetry
from zhugo.shared.errors import UserError


@dataclass(frozen=True)
class Batch:
    """n positions, float32 but for what is bool, everything from the side of the player to move.

    planes[n, C, H, W], globals_[n, G]: the inputs. legal: bool[n, num_moves]. policy[n, num_moves]: rows sum to 1.
    full: bool[n], where the policy is to be learned. weight[n]: how much each counts, 1 on the average. result[n],
    searched[n]: of the game (of the search where the game has none) and of the search, in [-1, 1]. lead[n], and
    ownership[n, points] in [-1, 1]; scored: bool[n], where those two are known. hint_planes[n, C', H, W],
    hint_globals[n, G']: inputs of the net that gives hints, of no channels where there is none.
    """

    planes: Tensor
    globals_: Tensor
    legal: Tensor
    policy: Tensor
    full: Tensor
    weight: Tensor
    result: Tensor
    searched: Tensor
    lead: Tensor
    ownership: Tensor
    scored: Tensor
    hint_planes: Tensor
    hint_globals: Tensor

    def __len__(self) -> int:
        return len(self.planes)

    def part(self, begin: int, end: int) -> Batch:
        """Some of the rows."""
        return Batch(*(column[begin:end] for column in vars(self).values()))

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(*(column.to(device, non_blocking=True) for column in vars(self).values()))


@lru_cache(500)
def _game(name: str, spec: bytes) -> Game:
    return games.load(name, msgspec.json.decode(spec))


def game_of(row: Row) -> Game:
    """What was played. Raises ``GameError``."""
    shard, index = row
    return _game(shard.game, msgspec.json.encode(shard.spec_of(index)))


def make_batch(
    rows: Sequence[Row],
    symmetries: Sequence[Symmetry] = (),
    rng: np.random.Generator | None = None,
    hint_features: str | None = None,
    features: str | None = None,
) -> Batch:
    """The positions of ``rows``, each under one of the symmetries if there are any, drawn by ``rng``.

    ``hint_features``: what the net that gives hints sees, if there is one. ``features``: what the net that learns sees,
    the game's own for None; the symmetries must be theirs. Raises ``UserError`` when the positions are
    of boards of different sizes.
    """
    played = [game_of(row) for row in rows]
    inputs = _replayed(rows, played, features)
    hints = None if hint_features is None else _replayed(rows, played, hint_features)
    policy = _policies(rows, inputs.legal)
    own = inputs.to_play.astype(np.float32)
    ownership, scored = _ownership(rows)
    ownership *= own[:, None]
    if symmetries and rng is not None:
        drawn = rng.integers(len(symmetries), size=len(rows))
        for number, symmetry in enumerate(symmetries):
            turned = np.flatnonzero(drawn == number)
            inputs.planes[turned] = symmetry.of_planes(inputs.planes[turned])
            policy[turned] = policy[turned][:, symmetry.moves]
            inputs.legal[turned] = inputs.legal[turned][:, symmetry.moves]
            if ownership.shape[1]:
                ownership[turned] = ownership[turned][:, symmetry.points]
            if hints is not None:
                hints.planes[turned] = symmetry.of_points(hints.planes[turned])
    lead = np.array([shard.lead_of(row) for shard, row in rows], np.float32)
    scored &= np.isfinite(lead)
    searched = np.array([shard.value[row] for shard, row in rows])
    result = np.array([shard.result[shard.of_game[row]] for shard, row in rows])
    columns = (
        inputs.globals_,
        inputs.legal,
        policy,
        np.array([shard.full[row] for shard, row in rows]),
        np.array([shard.weight_of(row) for shard, row in rows], np.float32),
        np.where(np.isfinite(result), result, searched) * own,
        searched * own,
        np.where(scored, lead, np.float32(0.0)) * own,
        ownership,
        scored,
    )
    given = (hints.planes, hints.globals_) if hints is not None else (inputs.planes[:, :0], inputs.globals_[:, :0])
    last = _as_planes(given[0]), torch.from_numpy(given[1])
    tensors = [_as_planes(inputs.planes), *map(torch.from_numpy, columns), *last]
    return Batch(*tensors)


def _as_planes(planes: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(planes).contiguous(memory_format=torch.channels_last)


@dataclass
class _Inputs:
    planes: NDArray[np.float32]
    globals_: NDArray[np.float32]
    legal: NDArray[np.bool_]
    to_play: NDArray[np.int8]


def _replayed(rows: Sequence[Row], played: Sequence[Game], features: str | None) -> _Inputs:
    """Inputs, the game's own or these, and legal moves: one call of ``Game.replay`` for each game that was played."""
    shapes = {(*game.feature_shapes(features or game.own_features), game.num_moves) for game in played}
    if len(shapes) > 1:
        raise UserError("the games to learn from are of boards of different sizes")
    ((plane_shape, global_shape, num_moves),) = shapes
    n = len(rows)
    inputs = _Inputs(
        np.empty((n, *plane_shape), np.float32),
        np.empty((n, *global_shape), np.float32),
        np.empty((n, num_moves), np.bool_),
        np.empty(n, np.int8),
    )
    for game in dict.fromkeys(played):
        chosen = [i for i, one in enumerate(played) if one is game]
        records = [shard.moves_before(row) for shard, row in (rows[i] for i in chosen)]
        planes = np.empty((len(chosen), *plane_shape), np.float32)
        globals_ = np.empty((len(chosen), *global_shape), np.float32)
        positions = game.replay(_leaves(game, records), features or game.own_features, planes, globals_)
        inputs.planes[chosen], inputs.globals_[chosen] = planes, globals_
        inputs.legal[chosen], inputs.to_play[chosen] = positions.legal, positions.to_play
    return inputs


def _leaves(game: Game, records: Sequence[Sequence[int]]) -> Leaves:
    return Leaves(
        roots=[game.root([])],
        root_of=np.zeros(len(records), np.int32),
        offsets=np.cumsum([0, *map(len, records)], dtype=np.int32),
        moves=np.array([move for record in records for move in record], np.uint16),
    )


def _policies(rows: Sequence[Row], legal: NDArray[np.bool_]) -> NDArray[np.float32]:
    policy = np.zeros(legal.shape, np.float32)
    for target, (shard, row) in zip(policy, rows, strict=True):
        moves, counts = shard.policy(row)
        target[moves] = counts / counts.sum()
    if not legal[policy > 0].all():
        raise UserError("a search of these games visited an illegal move: they were played by other rules")
    return policy


def _ownership(rows: Sequence[Row]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """float32[n, points], first player's side, 0 where unknown; and bool[n], where it is known."""
    owners = [shard.ownership_of(row) for shard, row in rows]
    points = max(map(len, owners))
    known = np.array([len(one) > 0 for one in owners])
    ownership = np.zeros((len(rows), points), np.float32)
    for target, one in zip(ownership, owners, strict=True):
        target[: len(one)] = one
    return ownership, known
