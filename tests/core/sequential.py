"""A sequential PUCT search written apart from the daemon: objects and dicts, one visit after the other.

It shares no code with ``daemon.core.search_tree``; only the formula is the same. The daemon with one ticket in flight
must equal it bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from daemon.replay.hashed_game import HashedGame


@dataclass
class Node:
    """``W``: sum of values, Black's side. ``priors``: of the legal moves, None for leaves and games over."""

    record: tuple[int, ...]
    prior: float
    to_play: int = 0
    value: float = 0.0
    lead: float = 0.0
    visits: int = 0
    W: float = 0.0
    lead_sum: float = 0.0
    lead_visits: int = 0
    visited_mass: float = 0.0
    terminal: bool = False
    priors: dict[int, float] | None = None
    children: dict[int, Node] = field(default_factory=dict)


class SequentialSearch:
    """One tree over the hashed game."""

    def __init__(self, game: HashedGame, exploration: float, fpu_reduction: float) -> None:
        self.game, self.exploration, self.fpu_reduction = game, exploration, fpu_reduction
        self.root = Node((), -1.0)

    def run(self, visits: int) -> Node:
        """Search until the root has so many visits."""
        while self.root.visits < visits and not self.root.terminal:
            path = [self.root]
            while path[-1].priors is not None:
                path.append(self.best_child(path[-1]))
            leaf = path[-1]
            if leaf.visits == 0:
                self.evaluate(leaf)
            self.back_up(path, leaf.value, leaf.lead)
        return self.root

    def best_child(self, node: Node) -> Node:
        assert node.priors is not None
        explore = self.exploration * math.sqrt(node.visits)
        first_play = node.to_play * (node.W / node.visits) - self.fpu_reduction * math.sqrt(node.visited_mass)
        best_score, best_move = -math.inf, -1
        for move in sorted(node.priors):
            child = node.children.get(move)
            n = child.visits if child else 0
            q = node.to_play * child.W / n if child and n else first_play
            score = q + explore * node.priors[move] / (1.0 + n)
            if score > best_score:
                best_score, best_move = score, move
        if best_move not in node.children:
            node.children[best_move] = Node((*node.record, best_move), node.priors[best_move])
        return node.children[best_move]

    def evaluate(self, leaf: Node) -> None:
        result = self.game.evaluate([leaf.record])
        leaf.to_play = int(result["to_play"][0])
        leaf.value, leaf.lead = float(result["value"][0]), float(result["lead"][0])
        leaf.terminal = bool(result["terminal"][0])
        if not leaf.terminal:
            halves = result["priors"][0].view(np.float16).astype(np.float32)
            leaf.priors = {move: float(p) for move, p in enumerate(halves) if not math.isnan(p)}

    @staticmethod
    def back_up(path: list[Node], value: float, lead: float) -> None:
        for parent, node in zip([None, *path], path, strict=False):
            if node.visits == 0 and parent is not None:
                parent.visited_mass += node.prior
            node.visits += 1
            node.W += value
            if not math.isnan(lead):
                node.lead_sum += lead
                node.lead_visits += 1
