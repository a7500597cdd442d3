"""What mctx (DeepMind's search in JAX) answers on bandits, to set our Gumbel root beside it.

A bandit is a tree that branches at its root alone: below a move there is one move after the other, and the k-th visit
of a move brings its k-th worth. So what a search comes to is decided at the root. Noise, priors and worths are given;
what mctx makes of them is kept in ``tests/core/mctx_answers.json``, which

    python -m bench.mctx_answers tests/core/mctx_answers.json

writes where ``pip install mctx`` has been.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OFFSET, SCALE = 50.0, 0.1
"""c_visit and c_scale, mctx's own. It would also stretch the worths that it knows to [0, 1]; here it does not."""


@dataclass(frozen=True)
class Bandit:
    """``simulations`` are spent on ``moves``, of which ``considered`` are drawn at most; ``seed``: of all numbers."""

    moves: int
    simulations: int
    considered: int
    seed: int

    def priors(self) -> NDArray[np.float16]:
        """float16[moves], which sum to about 1."""
        weights = np.exp(1.5 * np.random.default_rng([self.seed, 1]).standard_normal(self.moves))
        priors: NDArray[np.float16] = (weights / weights.sum()).astype(np.float16)
        return priors

    def worths(self) -> NDArray[np.float32]:
        """float32[moves, simulations] in [-1, 1], for the player to move at the root."""
        rng = np.random.default_rng([self.seed, 2])
        mean, each = rng.uniform(-0.8, 0.8, (self.moves, 1)), rng.uniform(-0.2, 0.2, (self.moves, self.simulations))
        worths: NDArray[np.float32] = (mean + each).astype(np.float32)
        return worths

    def own_worth(self) -> np.float32:
        """What the net says of the root."""
        return np.float32(np.random.default_rng([self.seed, 3]).uniform(-0.5, 0.5))


@dataclass(frozen=True)
class Answer:
    """``noise``: Gumbel's, by move. ``visits``, ``policy``: by move, the policy being the improved one."""

    noise: list[float]
    visits: list[int]
    action: int
    policy: list[float]


SHAPES = (
    (2, 1, 2),
    (2, 7, 16),
    (5, 7, 3),
    (5, 50, 16),
    (19, 16, 16),
    (19, 50, 3),
    (19, 120, 16),
    (40, 16, 2),
    (40, 50, 16),
    (40, 120, 16),
)
"""Moves, simulations, and how many moves are considered."""

SEEDS = 4


def bandits() -> list[list[Bandit]]:
    """Those in the file, by their shape."""
    return [[Bandit(*shape, seed) for seed in range(SEEDS)] for shape in SHAPES]


def answers(alike: Sequence[Bandit]) -> list[Answer]:
    """mctx's to bandits of one shape. Raises ``ImportError`` without it."""
    jax, jnp, mctx = (import_module(name) for name in ("jax", "jax.numpy", "mctx"))
    n, shape = len(alike), alike[0]
    logits = jnp.log(jnp.asarray(np.array([bandit.priors() for bandit in alike], np.float32)))
    worths = jnp.asarray(np.array([0.5 + 0.5 * bandit.worths() for bandit in alike]))
    below = jnp.tile(jnp.where(jnp.arange(shape.moves) == 0, 0.0, -1e9), (n, 1))

    def step(_params: Any, _key: Any, action: Any, place: Any) -> tuple[Any, Any]:
        """``place``: int32[n, 2], the move at the root, -1 there, and how far below it."""
        first = jnp.where(place[:, 0] < 0, action, place[:, 0])
        value, nothing = worths[jnp.arange(n), first, place[:, 1]], jnp.zeros(n)
        output = mctx.RecurrentFnOutput(reward=nothing, discount=nothing + 1.0, prior_logits=below, value=value)
        return output, jnp.stack([first, place[:, 1] + 1], axis=1)

    root = mctx.RootFnOutput(
        prior_logits=logits,
        value=jnp.asarray([0.5 + 0.5 * bandit.own_worth() for bandit in alike]),
        embedding=jnp.tile(jnp.asarray([[-1, 0]], dtype=jnp.int32), (n, 1)),
    )
    key = jax.random.PRNGKey(len(worths) * shape.moves + shape.simulations)
    found = mctx.gumbel_muzero_policy(
        (),
        key,
        root,
        step,
        shape.simulations,
        max_num_considered_actions=shape.considered,
        qtransform=lambda tree, node: mctx.qtransform_completed_by_mix_value(
            tree, node, value_scale=SCALE, maxvisit_init=OFFSET, rescale_values=False
        ),
    )
    noise = jax.random.gumbel(jax.random.split(key)[1], shape=logits.shape, dtype=logits.dtype)
    visits = found.search_tree.summary().visit_counts
    return [
        Answer(
            np.asarray(noise[row]).astype(float).tolist(),
            np.asarray(visits[row]).astype(int).tolist(),
            int(found.action[row]),
            [round(float(share), 7) for share in found.action_weights[row]],
        )
        for row in range(n)
    ]


def main() -> None:
    """See the module."""
    lines = [
        json.dumps({"bandit": asdict(bandit), "answer": asdict(answer)})
        for alike in bandits()
        for bandit, answer in zip(alike, answers(alike), strict=True)
    ]
    Path(sys.argv[1]).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
