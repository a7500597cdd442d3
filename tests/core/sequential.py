"""A sequential search written apart from the daemon: objects and dicts, one visit after the other.

It shares no code with ``daemon.core`` but the tables and elementary functions; the formulas are the same. The daemon
with one ticket in flight must equal it bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from daemon.core.backup import powers_of_probability
from daemon.core.elementary import exponential_of_minus, logarithm
from daemon.core.score_utility import ScoreUtility, expectations, score_utility
from daemon.replay.hashed_game import HashedGame
from protocol.messages import SearchSettings


@dataclass
class Edge:
    """A move from one position to another, which is None until the move was searched. ``record``: a line that ends with
    the move; that of its position's own way here."""

    record: tuple[int, ...]
    prior: float
    visits: int = 0
    node: Node | None = None

    @property
    def weight(self) -> float:
        """What came through this edge of what its position weighs."""
        assert self.node is not None
        if self.visits == self.node.visits:
            return self.node.weight
        return self.node.weight * (self.visits / self.node.visits)


@dataclass
class Node:
    """A position. ``priors``: of the legal moves, None for games over. Values and so on are Black's."""

    record: tuple[int, ...]
    to_play: int = 0
    value: float = 0.0
    lead: float = math.nan
    score: float = 0.0
    score_deviation: float = 0.0
    own_weight: float = 0.0
    pattern: int = 0
    visits: int = 0
    weight: float = 0.0
    children_weight: float = 0.0  # when its means were made, before any was made lighter
    squared_weight: float = 0.0
    means: dict[str, float] = field(default_factory=dict)
    lead_weight: float = 0.0
    said: tuple[float, float] = (0.0, 0.0)
    terminal: bool = False
    priors: dict[int, float] | None = None
    children: dict[int, Edge] = field(default_factory=dict)

    @property
    def visited(self) -> list[tuple[Edge, Node]]:
        """Edges with visits and where they lead, the newest first."""
        return [(edge, edge.node) for edge in reversed(self.children.values()) if edge.node is not None]


MEANS = ("value", "utility", "squared_utility", "score", "squared_score", "lead")


class SequentialSearch:
    """One tree over the hashed game. ``root_priors``: what the root has in place of its net's, by move."""

    def __init__(self, game: HashedGame, how: SearchSettings, root_priors: Sequence[float] = ()) -> None:
        self.game, self.how, self.root_priors = game, how, root_priors
        self.root = Node(())
        self.edges: list[Edge] = []
        self.known: dict[int, Node] = {}
        self.biases: dict[int, tuple[float, float]] = {}
        self.noise: dict[int, float] = {}
        self.base: dict[int, int] = {}
        self.budget = 0
        self.scale = how.score_scale or math.sqrt(game.num_moves - 1)
        self.center = 0.0

    def run(self, visits: int) -> Node:
        """Search until the root has so many visits. Under Gumbel's choice it is one search, with fresh noise."""
        self.noise = {}
        if self.root.visits == 0:
            self.evaluate(self.root, None)
            self.root.visits = 1
            self.refresh(self.root)
            self.set_center()
        while self.root.visits < visits and not self.root.terminal:
            self.visit(visits - self.root.visits)
        return self.root

    def visit(self, visits_left: int) -> None:
        """From the root down to an end, a new edge, or one that has fewer visits than the position below it."""
        path: list[tuple[Node, Edge]] = []
        node = self.root
        while True:
            halves = self.how.root_selection == "gumbel" and node is self.root
            edge = self.next_by_halving(visits_left) if halves else self.best_child(node)
            path.append((node, edge))
            if edge.node is None:
                edge.node = self.arrive(edge.record, node)
                break
            if edge.visits < edge.node.visits:
                break
            node = edge.node
            if node.terminal:
                node.visits += 1
                self.refresh(node)
                break
        for node, edge in reversed(path):
            edge.visits += 1
            node.visits += 1
            self.refresh(node)

    def arrive(self, record: tuple[int, ...], parent: Node) -> Node:
        """The position of a new edge, which was met before, or has its first visit."""
        node = Node(record)
        key = self.evaluate(node, parent)
        if self.how.graph and key is not None and not node.terminal:
            if key in self.known:
                return self.known[key]
            self.known[key] = node
        node.visits = 1
        self.refresh(node)
        return node

    # Selection.

    def best_child(self, node: Node) -> Edge:
        assert node.priors is not None
        explore, fpu = self.exploration(node), self.first_play(node)
        total = node.children_weight
        best_score, best_move = -math.inf, -1
        for move in sorted(node.priors):
            edge = node.children.get(move)
            child = edge.node if edge else None
            seen = child is not None
            utility = node.to_play * child.means["utility"] if child else fpu
            weight = edge.weight if edge and child else 0.0
            prior = self.root_priors[move] if self.root_priors and node is self.root else node.priors[move]
            score = utility + explore * prior / (1.0 + weight)
            if node is self.root and seen and weight < math.sqrt(self.how.forced_playouts * prior * total):
                score = 1e20
            if score > best_score:
                best_score, best_move = score, move
        return self.child(node, best_move)

    def child(self, node: Node, move: int) -> Edge:
        """That of this move, made if it is new."""
        assert node.priors is not None
        if move not in node.children:
            node.children[move] = Edge((*node.record, move), node.priors[move])
            self.edges.append(node.children[move])
        return node.children[move]

    def next_by_halving(self, visits_left: int) -> Edge:
        """The root's child that sequential halving goes to next."""
        root = self.root
        assert root.priors is not None
        if not self.noise:
            self.draw(root.priors)
            self.base = {move: child.visits for move, child in root.children.items()}
            self.budget = visits_left
        since = dict.fromkeys(root.priors, 0)
        for move, child in root.children.items():
            since[move] = child.visits - self.base.get(move, 0)
        wanted = self.schedule(min(self.how.gumbel_moves, len(root.priors)), self.budget)[sum(since.values())]
        sigma = self.sigma()
        candidates = [move for move in sorted(root.priors) if since[move] == wanted]
        return self.child(root, max(candidates, key=lambda move: self.noise[move] + sigma[move]))

    def draw(self, priors: dict[int, float]) -> None:
        """g + logit of each move."""
        drawn = np.random.Generator(np.random.PCG64(self.how.seed)).integers(2**52, size=len(priors)).tolist()
        for number, move in zip(drawn, sorted(priors), strict=True):
            gumbel = -logarithm(-logarithm((number + 0.5) / 2**52))
            self.noise[move] = logarithm(max(priors[move], 2.0**-25)) + gumbel

    @staticmethod
    def schedule(moves: int, visits: int) -> list[int]:
        """How many visits the move has that each simulation goes to."""
        if moves == 1:
            return list(range(visits))
        sequence: list[int] = []
        phases, each = math.ceil(math.log2(moves)), 0
        while len(sequence) < visits:
            for _ in range(max(1, visits // (phases * moves))):
                sequence += [each] * moves
                each += 1
            moves = max(2, moves // 2)
        return sequence[:visits]

    def sigma(self) -> dict[int, float]:
        """Of the completed q of each of the root's moves."""
        root, how = self.root, self.how
        assert root.priors is not None
        visits, mass, utility = 0.0, 0.0, 0.0
        for edge, child in root.visited:
            prior = max(edge.prior, 2.0**-25)
            visits += edge.visits
            mass += prior
            utility += prior * (root.to_play * child.means["utility"])
        mixed = root.to_play * self.own_utility(root)
        if mass:
            mixed = (mixed + visits * (utility / mass)) / (1.0 + visits)
        most = max((edge.visits for edge, _ in root.visited), default=0)
        times = 0.5 * how.gumbel_scale * (how.gumbel_offset + most)
        known = {edge.record[-1]: root.to_play * child.means["utility"] for edge, child in root.visited}
        return {move: times * known.get(move, mixed) for move in root.priors}

    def exploration(self, node: Node) -> float:
        how, weight = self.how, node.children_weight
        c = how.exploration
        if how.exploration_log:
            c += how.exploration_log * logarithm((weight + how.exploration_base) / how.exploration_base)
        spread = 1.0
        if how.utility_deviation_scale and node.weight > 1.0:
            prior, prior_weight = how.utility_deviation, how.utility_deviation_weight
            square = node.means["utility"] * node.means["utility"]
            total = (square + prior * prior) * prior_weight
            total += max(node.means["squared_utility"], square) * node.weight
            variance = max(0.0, total / (prior_weight + node.weight - 1.0) - square)
            spread = 1.0 + how.utility_deviation_scale * (math.sqrt(variance) / prior - 1.0)
        return c * math.sqrt(weight + 0.01) * spread

    def first_play(self, node: Node) -> float:
        mass = 0.0
        for edge in node.children.values():
            if edge.node is not None:
                mass += edge.prior
        share = 1.0
        for _ in range(self.how.fpu_power):
            share *= mass
        share = min(1.0, share)
        utility = share * node.means["utility"] + (1.0 - share) * self.own_utility(node)
        reduction = self.how.fpu_reduction
        if node is self.root and self.how.root_fpu_reduction is not None:
            reduction = self.how.root_fpu_reduction
        return node.to_play * utility - reduction * math.sqrt(mass)

    # Evaluations.

    def evaluate(self, leaf: Node, parent: Node | None) -> int | None:
        """Fill in what the net says; the position's key."""
        result = self.game.evaluate([leaf.record])
        leaf.to_play = int(result["to_play"][0])
        leaf.value, leaf.lead = float(result["value"][0]), float(result["lead"][0])
        leaf.terminal = bool(result["terminal"][0])
        folded = int(result["patterns"][0])
        leaf.pattern = (folded ^ folded >> 32) & 0xFFFFFFFF
        if leaf.terminal and parent is not None and math.isnan(parent.lead):
            leaf.score = 0.0
        elif len(result["score"]):
            leaf.score, leaf.score_deviation = map(float, result["score"][0])
        elif not math.isnan(leaf.lead):
            leaf.score = leaf.lead
        leaf.own_weight = float(np.float32(self.weight_of(leaf, parent, result["errors"])))
        if not leaf.terminal:
            halves = result["priors"][0].view(np.float16).astype(np.float32)
            leaf.priors = {move: float(p) for move, p in enumerate(halves) if not math.isnan(p)}
        return int(result["keys"][0]) if len(result["keys"]) else None

    def weight_of(
        self, leaf: Node, parent: Node | None, errors: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    ) -> float:
        how = self.how
        weighs = how.uncertainty >= 1e-6
        if leaf.terminal:
            stated = weighs and parent is not None and parent.own_weight != 1.0
            return how.max_weight if stated else 1.0
        if not weighs or not len(errors):
            return 1.0
        static, dynamic, distance = 2.0 * self.scale, how.score_center_scale * self.scale, leaf.score - self.center
        slope = how.static_score_utility * static / (static * static + leaf.score * leaf.score)
        slope += how.dynamic_score_utility * dynamic / (dynamic * dynamic + distance * distance)
        error = float(errors[0, 0]) + 0.6366197723675814 * slope * float(errors[0, 1])
        return how.uncertainty / (error + how.uncertainty / how.max_weight)

    def own_utility(self, node: Node) -> float:
        how = self.how
        u = ScoreUtility(
            how.static_score_utility,
            how.dynamic_score_utility,
            self.center,
            2.0 * self.scale,
            how.score_center_scale * self.scale,
        )
        squared = node.score * node.score + node.score_deviation * node.score_deviation
        return node.value + float(score_utility(node.score, squared, u, expectations()))

    def set_center(self) -> None:
        center = self.root.means["score"] * (1.0 - self.how.score_center_zero)
        reach = self.how.score_center_scale * self.scale
        low, high = self.root.means["score"] - reach, self.root.means["score"] + reach
        self.center = float(round(min(max(center, low), high)))
        self.refresh(self.root)

    # Backup.

    def refresh(self, node: Node) -> None:
        children = node.visited
        weights = [edge.weight for edge, _ in children]
        every = 0.0
        for weight in weights:
            every += weight
        node.children_weight = total = every
        if self.how.noise_pruning and len(children) > 1:
            total = self.prune_noise(node, children, weights)
        if self.how.value_weight_exponent and len(children) > 1:
            self.make_bad_lighter(node, children, weights, total)
        sums, squares, lead_weight = dict.fromkeys(MEANS, 0.0), 0.0, 0.0
        for (_, child), weight in zip(children, weights, strict=True):
            share = weight / child.weight
            squares += share * share * child.squared_weight
            for name in MEANS[:-1]:
                sums[name] += weight * child.means[name]
            sums["lead"] += share * child.lead_weight * child.means["lead"]
            lead_weight += share * child.lead_weight
        utility = self.corrected(node, sums["utility"] / total if total else 0.0, every)
        own, times = node.own_weight, float(node.visits) if node.terminal else 1.0
        squares += times * own * own
        own *= times
        if not math.isnan(node.lead):
            sums["lead"] += own * node.lead
            lead_weight += own
        node.weight, node.squared_weight, node.lead_weight = total + own, squares, lead_weight
        score, deviation = node.score, node.score_deviation
        node.means = {
            "value": (sums["value"] + own * node.value) / node.weight,
            "utility": (sums["utility"] + own * utility) / node.weight,
            "squared_utility": (sums["squared_utility"] + own * utility * utility) / node.weight,
            "score": (sums["score"] + own * score) / node.weight,
            "squared_score": (sums["squared_score"] + own * (score * score + deviation * deviation)) / node.weight,
            "lead": sums["lead"] / lead_weight if lead_weight else 0.0,
        }

    def prune_noise(self, node: Node, children: list[tuple[Edge, Node]], weights: list[float]) -> float:
        utilities, before, priors = 0.0, 0.0, 0.0
        for i in reversed(range(len(children))):
            edge, child = children[i]
            utility, prior = node.to_play * child.means["utility"], max(1e-30, edge.prior)
            if utility * before < utilities and weights[i] * priors > 2.0 * before * prior:
                kept = exponential_of_minus((utilities / before - utility) / self.how.noise_pruning)
                deserved = 2.0 * before * prior / priors
                weights[i] = deserved + (weights[i] - deserved) * kept
            utilities += utility * weights[i]
            before += weights[i]
            priors += prior
        return before

    def make_bad_lighter(
        self, node: Node, children: list[tuple[Edge, Node]], weights: list[float], total: float
    ) -> None:
        powers = powers_of_probability(min(5, round(-math.log2(self.how.value_weight_exponent))))
        utilities = [node.to_play * child.means["utility"] for _, child in children]
        mean = 0.0
        for utility, weight in zip(utilities, weights, strict=True):
            mean += utility * weight
        mean /= total
        lighter = 0.0
        for i, utility in enumerate(utilities):
            deviations = (utility - mean) * math.sqrt(1.5 * math.sqrt(weights[i]))
            place = min(max((deviations + 32) * 32, 0.0), 2048.0)
            low, high = powers[int(place) : int(place) + 2].tolist()
            weights[i] *= low + (place - int(place)) * (high - low)
            lighter += weights[i]
        weights[:] = [weight * (total / lighter) for weight in weights]

    def corrected(self, node: Node, children: float, weight: float) -> float:
        own = self.own_utility(node)
        if not self.how.value_bias or not node.pattern:
            return own
        error, said = self.biases.get(node.pattern, (0.0, 0.0))
        if weight > 0.0:
            new = weight / math.sqrt(math.sqrt(math.sqrt(weight)))
            error += (children - own) * new - node.said[0]
            said += new - node.said[1]
            node.said = ((children - own) * new, new)
            self.biases[node.pattern] = error, said
        if said > 0.001:
            own += self.how.value_bias * error / said
        return own
