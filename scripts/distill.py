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
from pathlib import Path

import numpy as np
import torch
from distill_positions import Samples, Teacher, from_sgf, join, self_play, sgf_games, transformed
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from nets.zhugo_model import Config, ZhuGoModel, dump, folded, load_trainable

SIZES = (19, 13, 9, 7, 11, 15, 17)
SHARES = (0.46, 0.18, 0.18, 0.03, 0.05, 0.05, 0.05)
"""Of the training steps, by size."""
BATCH_POINTS = 24_000
"""Points in one batch, so that a step costs the same at every size."""
POOL = {19: 40_000, 17: 8_000, 15: 8_000, 13: 30_000, 11: 12_000, 9: 40_000, 7: 12_000}
"""Positions kept at each size; the oldest leave."""


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
        self.averaged: AveragedModel | None = None
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
            if step == 1 + int(self.options.freeze * self.options.steps):
                self.freeze_norms()
            for name, value in self.step(size).items():
                sums[name] = sums.get(name, 0.0) + value
            if step % self.options.every == 0 or step == self.options.steps:
                parts = " ".join(f"{name} {value / self.options.every:.3f}" for name, value in sums.items())
                pools = sum(map(len, self.pools.values()))
                print(f"step {step} {time.monotonic() - begin:.0f} s pool {pools}: {parts}", flush=True)
                sums = {}
            if step % (4 * self.options.every) == 0 or step == self.options.steps:
                self.options.out.parent.mkdir(parents=True, exist_ok=True)
                model = self.averaged.module if self.averaged else self.model
                self.options.out.write_bytes(dump(self.config, model))
                print("\n".join(report(model, held_out)), flush=True)

    def freeze_norms(self) -> None:
        """Make the batch norms what they will be when the net plays, from now on: sizes differ in their statistics, and
        a net that never sees the average of them does not learn to live with it. Keep a running average of the weights.
        """
        norms = [module for module in self.model.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        with torch.no_grad():
            for size in map(int, self.rng.choice(SIZES, size=60, p=SHARES)):
                planes, values = self.batch(size)[:2]
                self.model(planes, values)
        for norm in norms:
            norm.eval()
        self.averaged = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(0.995))

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

    def batch(self, size: int) -> list[Tensor]:
        """Positions of the pool under one random symmetry; the pool grows when its positions have been seen enough."""
        count = max(32, BATCH_POINTS // (size * size))
        self.credit[size] -= count
        while self.credit[size] < 0:
            self.grow(size)
        pool = self.pools[size]
        fields = transformed(pool.take(self.rng.integers(len(pool), size=count)), int(self.rng.integers(8)))
        fields[0] = fields[0].contiguous(memory_format=torch.channels_last)
        return fields

    def step(self, size: int) -> dict[str, float]:
        """Learn from one batch; the losses."""
        fields = self.batch(size)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = self.model(*fields[:2])
        parts = losses(outputs, fields)
        loss = sum(WEIGHTS[name] * value for name, value in parts.items())
        assert isinstance(loss, Tensor)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 4.0)
        self.optimizer.step()
        if self.averaged:
            self.averaged.update_parameters(self.model)
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
    parser.add_argument("--reuse", type=float, default=3.0, help="how often a position is seen")
    parser.add_argument("--freeze", type=float, default=0.3, help="share of the steps after which norms are fixed")
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate at its highest")
    parser.add_argument("--every", type=int, default=100, help="steps between lines")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    Trainer(parse_options()).run()
