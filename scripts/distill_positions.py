"""Labelled positions for ``distill``: who plays, under which rules, and what the teacher says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sgfmill.sgf
import torch
from numpy.typing import NDArray
from torch import Tensor

import games
import nets
from games import Leaves
from games.go.coords import from_sgfmill
from games.go.game import Go

RULES = ("chinese", "japanese", "tromp-taylor", "aga", "new-zealand", "stone-scoring")
RULE_SHARES = (0.4, 0.25, 0.15, 0.1, 0.05, 0.05)
GAMES_AT_ONCE = 12
TEMPERATURE_MOVES = 0.6
"""Share of a game's first moves, in board areas times a third, that are drawn with temperature 1; later ones at 0.4."""


@dataclass
class Samples:
    """n labelled positions of one size, from the side of the player to move.

    planes: float16[n, C, s, s]. globals_: float32[n, G]. policy: float16[n, s * s + 1], rows sum to 1. legal: bool,
    alike. value: float32[n] in [-1, 1]. lead: float32[n]. ownership: float16[n, s * s].
    """

    planes: NDArray[np.float16]
    globals_: NDArray[np.float32]
    policy: NDArray[np.float16]
    legal: NDArray[np.bool_]
    value: NDArray[np.float32]
    lead: NDArray[np.float32]
    ownership: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.value)

    def take(self, index: Any) -> Samples:
        return Samples(*(array[index] for array in vars(self).values()))


def join(parts: list[Samples]) -> Samples:
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Samples(*(np.concatenate(column) for column in columns))


class Teacher:
    """Labels positions; bfloat16 arithmetic, which is finer than what the student can follow."""

    def __init__(self, path: Path) -> None:
        self.net = nets.load(path)
        self.module = self.net.module.to(memory_format=torch.channels_last)

    def __call__(self, games_: list[Go], records: list[list[int]]) -> tuple[games.Positions, Samples]:
        """What the rules say of the positions after ``records``, and their labels with ZhuGo's inputs."""
        leaves = [
            Leaves([game.root(record)], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
            for game, record in zip(games_, records, strict=True)
        ]
        planes, values = inputs(games_, leaves, self.net.features)[:2]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            outputs = self.module(torch.from_numpy(planes), torch.from_numpy(values))
        planes, values, positions = inputs(games_, leaves, "zhugo")
        labels = nets.decode(nets.RawOutputs(*(output.numpy() for output in outputs)), positions)
        own = positions.to_play.astype(np.float32)
        return positions, Samples(
            planes.astype(np.float16),
            values,
            labels.priors.astype(np.float16),
            positions.legal,
            labels.value * own,
            labels.lead * own,
            (labels.ownership * own[:, None]).astype(np.float16),
        )


def inputs(
    games_: list[Go], leaves: list[Leaves], features: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], games.Positions]:
    """Planes and globals of one leaf of each game, and what the rules say of it."""
    plane_shape, value_shape = games_[0].feature_shapes(features)
    planes = np.empty((len(games_), *plane_shape), np.float32)
    values = np.empty((len(games_), *value_shape), np.float32)
    verdicts = [
        vars(game.replay(leaf, features, planes[i : i + 1], values[i : i + 1])).values()
        for i, (game, leaf) in enumerate(zip(games_, leaves, strict=True))
    ]
    return planes, values, games.Positions(*map(np.concatenate, zip(*verdicts, strict=True)))


@dataclass
class SelfPlay:
    """A game in progress. ``wild_until``: moves at the start that are wild; ``noise``: chance that a later one is."""

    size: int
    rules: str
    komi: float
    wild_until: int
    noise: float
    record: list[int]
    fair_komi: float

    @classmethod
    def random(cls, size: int, rng: np.random.Generator) -> SelfPlay:
        wild_until = int(rng.integers(0, 1 + size // 2)) if rng.random() < 0.5 else 0
        noise = float(rng.choice([0.0, 0.03, 0.15], p=[0.35, 0.4, 0.25]))
        komi = 6.5 + 3.0 * rng.standard_normal()
        return cls(size, str(rng.choice(RULES, p=RULE_SHARES)), komi, wild_until, noise, [], komi)

    def game(self, rng: np.random.Generator) -> Go:
        """The game under its own komi, or under one that makes it close, or any."""
        kind = rng.random()
        komi = self.komi
        if kind < 0.5:
            komi = self.fair_komi + 2.0 * rng.standard_normal()
        elif kind < 0.65:
            komi = self.fair_komi + 12.0 * rng.standard_normal()
        komi = float(np.clip(round(2 * komi) / 2, -150, 150))
        return _game(self.size, komi, self.rules)


@lru_cache(2000)
def _game(size: int, komi: float, rules: str) -> Go:
    return Go.from_spec({"size": size, "komi": komi, "rules": rules})


def self_play(teacher: Teacher, size: int, rng: np.random.Generator) -> Samples:
    """Every position of some games that the teacher's policy plays at once."""
    playing = [SelfPlay.random(size, rng) for _ in range(GAMES_AT_ONCE)]
    most = int(size * size * rng.uniform(0.6, 1.15))
    parts = []
    for ply in range(most):
        games_ = [one.game(rng) for one in playing]
        positions, samples = teacher(games_, [one.record for one in playing])
        alive = ~positions.terminal
        if not alive.any():
            break
        parts.append(samples.take(alive))
        temperature = 1.0 if ply < TEMPERATURE_MOVES * size * size / 3 else 0.4
        for i in np.flatnonzero(alive):
            one = playing[i]
            wild = ply < one.wild_until or rng.random() < one.noise
            one.record.append(_draw(samples.policy[i], samples.legal[i], wild, temperature, rng))
            one.fair_komi = games_[i].komi + float(samples.lead[i]) * int(positions.to_play[i])
        playing = [playing[i] for i in np.flatnonzero(alive)]
    return join(parts)


def _draw(
    policy: NDArray[np.float16], legal: NDArray[np.bool_], wild: bool, temperature: float, rng: np.random.Generator
) -> int:
    """A move of the policy, or, wild, one that is half policy and half any point at all."""
    weights = policy.astype(np.float64) ** (1.0 / temperature)
    if wild and legal[:-1].any():
        weights = weights / weights.sum() + 1.0 * legal / legal.sum()
        weights[-1] = 0.0
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def sgf_games(folder: Path) -> list[tuple[int, list[int]]]:
    """(size, record) of every game in a folder that begins with an empty board and in which the players take turns."""
    found = []
    for path in sorted(folder.glob("*.sgf")):
        sgf = sgfmill.sgf.Sgf_game.from_bytes(path.read_bytes())
        size = sgf.get_size()
        moves = [node.get_move() for node in sgf.get_main_sequence()[1:]]
        if [color for color, _ in moves] == ["b", "w"] * (len(moves) // 2) + ["b"] * (len(moves) % 2):
            found.append((size, [from_sgfmill(point, size, size) for _, point in moves]))
    return found


def from_sgf(teacher: Teacher, size: int, record: list[int], rng: np.random.Generator) -> Samples | None:
    """The positions of one game under random rules, as far as its moves are legal there."""
    one = SelfPlay.random(size, rng)
    parts = []
    try:
        for begin in range(0, len(record), GAMES_AT_ONCE):
            records = [record[:end] for end in range(begin, min(begin + GAMES_AT_ONCE, len(record)))]
            games_ = [one.game(rng) for _ in records]
            positions, samples = teacher(games_, records)
            parts.append(samples.take(~positions.terminal))
            one.fair_komi = games_[-1].komi + float(samples.lead[-1]) * int(positions.to_play[-1])
    except games.IllegalMove:
        pass
    return join(parts) if parts else None


def transformed(samples: Samples, symmetry: int) -> list[Tensor]:
    """The fields as float32 tensors, the board turned and mirrored: one of eight."""
    size = samples.planes.shape[-1]

    def turn(array: NDArray[Any]) -> NDArray[Any]:
        array = np.rot90(array, symmetry % 4, axes=(-2, -1))
        return array[..., ::-1] if symmetry >= 4 else array

    def turn_flat(array: NDArray[Any]) -> NDArray[Any]:
        board = turn(array[:, : size * size].reshape(-1, size, size)).reshape(len(array), -1)
        return np.concatenate((board, array[:, size * size :]), axis=1)

    arrays = (
        turn(samples.planes).astype(np.float32),
        samples.globals_,
        turn_flat(samples.policy).astype(np.float32),
        turn_flat(samples.legal),
        samples.value,
        samples.lead,
        turn_flat(samples.ownership).astype(np.float32),
    )
    return [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
