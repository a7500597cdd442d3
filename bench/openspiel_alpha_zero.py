"""OpenSpiel's Python AlphaZero playing against itself with a net of ours, see ``bench.selfplay``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel
import torch
from numpy.typing import NDArray
from open_spiel.python.algorithms import mcts
from open_spiel.python.utils.lru_cache import LRUCache

import nets
from games.openspiel.planes import layout
from zhugo.learning.selfplay.plan import Plan

CACHED = 2**16
"""Positions that the evaluator remembers, as ``AlphaZeroEvaluator`` does unless told otherwise."""


def measure(plan: Plan, seconds: float) -> dict[str, float]:
    """Positions and evaluations a second of one process whose searches have ``plan.visits`` simulations each."""
    torch.set_num_threads(1)
    game = pyspiel.load_game(plan.spec["game"])
    evaluator = Evaluator(game, None if plan.net is None else Path(plan.net))
    bot = mcts.MCTSBot(
        game,
        plan.exploration,
        plan.visits,
        evaluator,
        solve=False,
        dirichlet_noise=(plan.noise_weight, plan.noise_concentration / game.num_distinct_actions()),
        child_selection_fn=mcts.SearchNode.puct_value,
        verbose=False,
        dont_return_chance_node=True,
    )
    rng = np.random.default_rng(plan.seed)
    positions, games, state = 0, 0, game.new_initial_state()
    began, cpu_before = time.monotonic(), time.process_time()
    while time.monotonic() - began < seconds:
        if state.is_terminal():
            games, state = games + 1, game.new_initial_state()
        root = bot.mcts_search(state)
        counts = np.array([child.explore_count for child in root.children], np.float64)
        state.apply_action(root.children[int(rng.choice(len(counts), p=counts / counts.sum()))].action)
        positions += 1
    spent, cpu = time.monotonic() - began, time.process_time() - cpu_before
    return {
        "positions_per_s": positions / spent,
        "games_per_hour": 3600 * games / spent,
        "evaluations_per_s": evaluator.evaluations / spent,
        "positions_per_cpu_s": positions / cpu,
    }


class Evaluator:
    """An ``mcts.Evaluator`` as ``AlphaZeroEvaluator`` is: one position at a time, and remembered."""

    def __init__(self, game: Any, net: Path | None) -> None:
        self._module = nets.load(net).module
        self._layout = layout(game)
        self._cache = LRUCache(CACHED)

    @property
    def evaluations(self) -> int:
        """How often the net was asked."""
        return int(self._cache.info().misses)

    def evaluate(self, state: Any) -> NDArray[np.float64]:
        """The value of a state to each player."""
        value = self._inference(state)[0]
        return np.array([value, -value])

    def prior(self, state: Any) -> list[tuple[int, float]]:
        """The policy of the net."""
        policy = self._inference(state)[1]
        return [(action, policy[action]) for action in state.legal_actions()]

    def _inference(self, state: Any) -> tuple[float, NDArray[np.float32]]:
        observation, mask = np.array(state.observation_tensor(), np.float32), np.array(state.legal_actions_mask(), bool)
        return self._cache.make(  # type: ignore[no-any-return]
            observation.tobytes() + mask.tobytes(), lambda: self._asked(observation, mask, state.current_player())
        )

    def _asked(
        self, observation: NDArray[np.float32], mask: NDArray[np.bool_], player: int
    ) -> tuple[float, NDArray[np.float32]]:
        planes = np.empty((1, *self._layout.shape), np.float32)
        self._layout.fill(planes, observation[None], np.array([player == 1]))
        side = 1.0 - 2.0 * player
        with torch.inference_mode():
            logits, value = self._module(torch.from_numpy(planes), torch.tensor([[side]]))
        policy = np.where(mask, logits[0].numpy(), -np.inf)
        policy = np.exp(policy - policy.max())
        return side * float(value[0]), policy / policy.sum()
