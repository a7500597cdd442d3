"""From positions on disk to the tensors that a training step wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from games import Leaves
from games.go.board import RECENT
from games.go.game import Go
from games.go.katago_features import LAYOUTS, RECENT_PASSES
from zhugo.learning.distill.shards import OWNERSHIP_UNIT, Row

SYMMETRIES = 8
TEACHER_FEATURES = "katago_v7"
_LADDER_BOARDS = 3
"""Of how many boards, the position's and those before it, a teacher sees the ladders."""


@dataclass(frozen=True)
class Batch:
    """n positions of one size, float32 but for ``legal``, everything from the side of the player to move.

    planes[n, 26, s, s], globals_[n, 10]: the student's inputs. teacher_planes, teacher_globals: the teacher's, without
    the history of moves, of which the student sees nothing either. policy[n, s² + 1], rows sum to 1. legal: bool,
    alike. value[n] in [-1, 1]. lead[n]. ownership[n, s²].
    """

    planes: Tensor
    globals_: Tensor
    teacher_planes: Tensor
    teacher_globals: Tensor
    policy: Tensor
    legal: Tensor
    value: Tensor
    lead: Tensor
    ownership: Tensor


@lru_cache(500)
def _game(size: int, komi: float, rules: str) -> Go:
    return Go.from_spec({"size": size, "komi": komi, "rules": rules})


def make_batch(rows: Sequence[Row], symmetry: int = 0) -> Batch:
    """The positions of ``rows``, all of one size, under one of eight symmetries of the board."""
    size = rows[0][0].size
    student, teacher = _empty(len(rows), size, "zhugo"), _empty(len(rows), size, TEACHER_FEATURES)
    for i, (shard, row) in enumerate(rows):
        game = _game(size, float(shard.komi[row]), str(shard.rules[shard.game[row]]))
        root = game.root(shard.moves_before(row))
        leaf = Leaves([root], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
        for name, (planes, values) in (("zhugo", student), (TEACHER_FEATURES, teacher)):
            game.replay(leaf, name, planes[i : i + 1], values[i : i + 1])
    forget_history(*teacher)
    own = _column(rows, "to_play").astype(np.float32)
    policy = _column(rows, "policy").astype(np.float32)
    return Batch(
        _planes(student[0], symmetry),
        torch.from_numpy(student[1]),
        _planes(teacher[0], symmetry),
        torch.from_numpy(teacher[1]),
        _points(policy / policy.sum(1, keepdims=True), size, symmetry),
        _points(policy > 0, size, symmetry),
        torch.from_numpy(_column(rows, "value") * own),
        torch.from_numpy(_column(rows, "lead") * own),
        _points(_column(rows, "ownership") / np.float32(OWNERSHIP_UNIT) * own[:, None], size, symmetry),
    )


def forget_history(planes: NDArray[np.float32], globals_: NDArray[np.float32]) -> None:
    """Turn KataGo's inputs into those of the same position with no moves known before it, as KataGo has them then."""
    recent, ladders = LAYOUTS[TEACHER_FEATURES].recent, LAYOUTS[TEACHER_FEATURES].ladders
    planes[:, recent : recent + RECENT] = 0.0
    planes[:, ladders + 1 : ladders + _LADDER_BOARDS] = planes[:, ladders : ladders + 1]
    globals_[:, RECENT_PASSES : RECENT_PASSES + RECENT] = 0.0


def _empty(n: int, size: int, features: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    plane_shape, value_shape = _game(size, 7.5, "chinese").feature_shapes(features)
    return np.empty((n, *plane_shape), np.float32), np.empty((n, *value_shape), np.float32)


def _column(rows: Sequence[Row], name: str) -> NDArray[Any]:
    return np.stack([getattr(shard, name)[row] for shard, row in rows])


def _turn(array: NDArray[Any], symmetry: int) -> NDArray[Any]:
    array = np.rot90(array, symmetry % 4, axes=(-2, -1))
    return array[..., ::-1] if symmetry >= 4 else array


def _planes(array: NDArray[np.float32], symmetry: int) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(_turn(array, symmetry)))
    return tensor.contiguous(memory_format=torch.channels_last)


def _points(array: NDArray[Any], size: int, symmetry: int) -> Tensor:
    """Numbers of points, with that of the pass behind them or without, turned."""
    board = _turn(array[:, : size * size].reshape(-1, size, size), symmetry).reshape(len(array), -1)
    return torch.from_numpy(np.concatenate((board, array[:, size * size :]), axis=1))
