"""Train a ZhuGo net to imitate a KataGo net: make positions, label them, learn. The bundled net comes from here.

    python scripts/distill.py --teacher NET --games FOLDER --out nets/bundled/zhugo.safetensors

Positions come from games that the teacher's policy plays against itself, sampled, with some moves at random, under many
rules and komi, and from the SGF files of a folder replayed under such rules. Each is seen under random symmetries. The
same seed, arguments and versions give the same net.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sgfmill.sgf
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

import games
import nets
from games import Leaves
from games.go.coords import from_sgfmill
from games.go.game import Go
from nets.zhugo_model import Config, ZhuGoModel, dump, folded, load_trainable

SIZES = (19, 13, 9, 7, 11, 15, 17)
SHARES = (0.46, 0.18, 0.18, 0.03, 0.05, 0.05, 0.05)
"""Of the training steps, by size."""
BATCH_POINTS = 24_000
"""Points in one batch, so that a step costs the same at every size."""
RULES = ("chinese", "japanese", "tromp-taylor", "aga", "new-zealand", "stone-scoring")
RULE_SHARES = (0.4, 0.25, 0.15, 0.1, 0.05, 0.05)
GAMES_AT_ONCE = 12
TEMPERATURE_MOVES = 0.6
"""Share of a game's first moves, in board areas times a third, that are drawn with temperature 1; later ones at 0.4."""
POOL = {19: 40_000, 17: 8_000, 15: 8_000, 13: 30_000, 11: 12_000, 9: 40_000, 7: 12_000}
"""Positions kept at each size; the oldest leave."""


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


def losses(outputs: tuple[Tensor, ...], fields: list[Tensor]) -> dict[str, Tensor]:
    """Policy: cross-entropy above the teacher's own entropy; value: the same for the chance to win; lead in units of 10
    points, its large errors counted once; ownership: mean square."""
    logits, value, lead, ownership = outputs
    _planes, _globals, policy, legal, target_value, target_lead, target_ownership = fields
    log_p = logits.masked_fill(~legal, -1e9).log_softmax(1)
    entropy = -torch.special.xlogy(policy, policy).sum(1)
    win = (0.5 + 0.5 * value).clamp(1e-4, 1 - 1e-4)
    target_win = (0.5 + 0.5 * target_value).clamp(1e-4, 1 - 1e-4)
    floor = functional.binary_cross_entropy(target_win, target_win)
    return {
        "policy": (-(policy * log_p).sum(1) - entropy).mean(),
        "value": functional.binary_cross_entropy(win, target_win) - floor,
        "lead": functional.smooth_l1_loss(lead / 10, target_lead / 10),
        "ownership": functional.mse_loss(ownership, target_ownership),
    }


WEIGHTS = {"policy": 1.0, "value": 1.5, "lead": 0.5, "ownership": 1.0}


def report(model: ZhuGoModel, held_out: dict[int, Samples]) -> Iterator[str]:
    """A line for each size: how often the student's first choice is the teacher's, and how far its numbers are off."""
    student = folded(model)
    for size, samples in sorted(held_out.items()):
        fields = transformed(samples, 0)
        with torch.inference_mode():
            outputs = tuple(torch.cat(out) for out in zip(*map(student, *_chunks(fields[:2])), strict=True))
        best = outputs[0].masked_fill(~fields[3], -1e9).argmax(1)
        agree = (best == fields[2].argmax(1)).float().mean()
        win = (outputs[1] - fields[4]).abs().mean() / 2
        lead = (outputs[2] - fields[5]).abs().median()
        loss = losses(outputs, fields)
        parts = " ".join(f"{name} {value:.3f}" for name, value in loss.items())
        yield (
            f"  {size:2}x{size:<2} {len(samples):5} held out: top-1 {agree:.1%}, win rate off by {win:.3f}, "
            f"lead off by {lead:.1f} (median), {parts}"
        )


def _chunks(fields: list[Tensor]) -> list[tuple[Tensor, ...]]:
    return [field.split(64) for field in fields]


class Trainer:
    """Keeps the pools, and alternates between making positions and learning from them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.rng = np.random.default_rng(options.seed)
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        self.teacher = Teacher(options.teacher)
        self.sgf = sgf_games(options.games) if options.games else []
        self.config = Config(name=options.name)
        self.model = ZhuGoModel(self.config)
        if options.resume:
            self.config, self.model = load_trainable(options.resume.read_bytes())
        self.model.to(memory_format=torch.channels_last)
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=options.rate)
        self.pools: dict[int, Samples] = {}
        self.credit = dict.fromkeys(SIZES, 0.0)  # samples that may be drawn before new ones are due

    def run(self) -> None:
        begin = time.monotonic()
        held_out = self.held_out()
        print(
            f"held out {sum(map(len, held_out.values()))} positions after {time.monotonic() - begin:.0f} s", flush=True
        )
        sizes = self.rng.choice(SIZES, size=self.options.steps, p=SHARES)
        self.model.train()
        sums: dict[str, float] = {}
        for step, size in enumerate(map(int, sizes), 1):
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate(step)
            for name, value in self.step(size).items():
                sums[name] = sums.get(name, 0.0) + value
            if step % self.options.every == 0 or step == self.options.steps:
                parts = " ".join(f"{name} {value / self.options.every:.3f}" for name, value in sums.items())
                pools = sum(map(len, self.pools.values()))
                print(f"step {step} {time.monotonic() - begin:.0f} s pool {pools}: {parts}", flush=True)
                sums = {}
            if step % (4 * self.options.every) == 0 or step == self.options.steps:
                self.options.out.parent.mkdir(parents=True, exist_ok=True)
                self.options.out.write_bytes(dump(self.config, self.model))
                print("\n".join(report(self.model, held_out)), flush=True)

    def rate(self, step: int) -> float:
        """The learning rate: up over the first steps, then down along a cosine."""
        warm = min(1.0, step / 200)
        return float(
            self.options.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / self.options.steps)))
        )

    def held_out(self) -> dict[int, Samples]:
        """Positions of games that nobody learns from, for each size, from a seed of their own."""
        rng = np.random.default_rng([self.options.seed, 1])
        return {size: _some(self_play(self.teacher, size, rng), 400, rng) for size in SIZES}

    def step(self, size: int) -> dict[str, float]:
        batch = max(32, BATCH_POINTS // (size * size))
        self.credit[size] -= batch
        while self.credit[size] < 0:
            self.grow(size)
        pool = self.pools[size]
        samples = pool.take(self.rng.integers(len(pool), size=batch))
        fields = transformed(samples, int(self.rng.integers(8)))
        planes = fields[0].contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.model(planes, fields[1])
        parts = losses(outputs, fields)
        loss = sum(WEIGHTS[name] * value for name, value in parts.items())
        assert isinstance(loss, Tensor)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 4.0)
        self.optimizer.step()
        return {name: float(value.detach()) for name, value in parts.items()}

    def grow(self, size: int) -> None:
        """Add new games to the pool of a size."""
        recorded = [record for sgf_size, record in self.sgf if sgf_size == size]
        new = None
        if recorded and self.rng.random() < 0.3:
            new = from_sgf(self.teacher, size, recorded[int(self.rng.integers(len(recorded)))], self.rng)
        new = self_play(self.teacher, size, self.rng) if new is None else new
        pool = join([self.pools[size], new]) if size in self.pools else new
        self.pools[size] = pool.take(slice(-POOL[size], None))
        self.credit[size] += self.options.reuse * len(new)


def _some(samples: Samples, count: int, rng: np.random.Generator) -> Samples:
    return samples.take(np.sort(rng.permutation(len(samples))[:count]))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--teacher", type=Path, required=True, help="KataGo net to imitate")
    parser.add_argument("--games", type=Path, help="folder of SGF files")
    parser.add_argument("--out", type=Path, required=True, help="file for the net")
    parser.add_argument("--resume", type=Path, help="go on from this net instead of from nothing")
    parser.add_argument("--name", default="zhugo-b5c64", help="the net's name")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--reuse", type=float, default=2.5, help="how often a position is seen")
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate at its highest")
    parser.add_argument("--every", type=int, default=100, help="steps between lines")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    Trainer(parse_options()).run()
