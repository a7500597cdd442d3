"""What a session's backups read beside its tree: numbers of its settings, tables, and the value biases of its tree."""

from __future__ import annotations

import math

import numpy as np

from daemon.core import search_tree as st
from daemon.core.backup import Backup, packed, powers_of_probability, refresh_nodes, refresh_tree
from daemon.core.score_utility import STATIC_SCALE, ScoreUtility, expectations, score_center
from daemon.core.search_tree import Tree
from daemon.core.transpositions import Positions, count_positions
from daemon.core.value_biases import Biases, Patterns, count_biases, move_biases
from protocol.messages import SearchSettings

MOST_ROOTS = 5
"""Square roots that a power of the chance to be as good as the mean is made of."""

LEAST_UNCERTAINTY = 1e-6
"""Of the settings; less is none, for evaluations would weigh so little that their sum is nothing."""

FEWEST_PLACES = 1 << 9
"""Of the table of positions and of the table of patterns: twice as many as the tree has nodes, or more."""

AT_ONCE = 1 << 15
"""Nodes whose means are made anew at once, in some 5 ms; of a larger tree, so many in each step."""


class BackupParameters:
    """``backup`` and ``utility`` as the settings and the cursor want them; for the kernels ``numbers`` and ``places``.

    ``patterns``, ``biases``: see ``Backup``. ``center_of``: the cursor whose expected score the utility's center comes
    from, NONE for none.
    """

    def __init__(self, num_moves: int, settings: SearchSettings) -> None:
        self._room = (np.empty(num_moves + 1, np.int32), np.empty(num_moves + 1), np.empty(num_moves + 1))
        self._default_scale = math.sqrt(max(num_moves - 1, 1))
        self.patterns, self.biases = np.zeros(FEWEST_PLACES, np.uint32), np.zeros((FEWEST_PLACES, 2))
        self.positions = np.full(FEWEST_PLACES, st.NONE, np.int32)
        self._center = 0.0
        self.center_of = st.NONE
        self.configure(settings)

    def configure(self, settings: SearchSettings) -> bool:
        """Use these settings from now on. Returns whether they change means that were made before."""
        before = getattr(self, "_settings", settings)
        self._settings = settings
        exponent = settings.value_weight_exponent
        self.backup = Backup(
            lightens=exponent > 0.0,
            noise_scale=settings.noise_pruning,
            bias_factor=settings.value_bias,
            uncertainty=settings.uncertainty if settings.uncertainty >= LEAST_UNCERTAINTY else 0.0,
            max_weight=settings.max_weight,
            shares=settings.graph,
            powers=powers_of_probability(min(round(-math.log2(exponent)), MOST_ROOTS) if exponent else 0),
            worths=expectations(),
            patterns=self.patterns,
            biases=self.biases,
            positions=self.positions,
            children=self._room[0],
            weights=self._room[1],
            utilities=self._room[2],
        )
        self._set_utility()
        return any(getattr(before, name) != getattr(settings, name) for name in _OF_MEANS)

    @property
    def center(self) -> float:
        """Where the dynamic score utility is 0, points, Black's side."""
        return self._center

    @center.setter
    def center(self, center: float) -> None:
        self._center = center
        self._set_utility()

    @property
    def scale(self) -> float:
        """What ``score_scale`` comes to."""
        return self._settings.score_scale or self._default_scale

    def _set_utility(self) -> None:
        how = self._settings
        self.utility = ScoreUtility(
            static_factor=how.static_score_utility,
            dynamic_factor=how.dynamic_score_utility,
            center=self._center,
            static_scale=STATIC_SCALE * self.scale,
            dynamic_scale=how.score_center_scale * self.scale,
        )
        self.numbers, self.places = packed(self.backup, self.utility)

    def _set_tables(self, patterns: Patterns, biases: Biases, positions: Positions) -> None:
        self.patterns, self.biases, self.positions = patterns, biases, positions
        self.backup = self.backup._replace(patterns=patterns, biases=biases, positions=positions)
        self.numbers, self.places = packed(self.backup, self.utility)

    def _make_tables(self, nodes: int) -> None:
        """Empty tables for so many nodes; that of positions is to be filled."""
        places = max(FEWEST_PLACES, 1 << (2 * nodes - 1).bit_length())
        self._set_tables(np.zeros(places, np.uint32), np.zeros((places, 2)), np.empty(places, np.int32))

    def follow(self, tree: Tree, cursor: int) -> bool:
        """Have the utility's center where ``cursor`` expects the score, once for each cursor that has an evaluation.

        Whether that moves it: then the means of all nodes are to be made anew.
        """
        if self.center_of == cursor or tree.state[cursor] < st.EVALUATED:
            return False
        self.center_of = cursor
        if self._settings.dynamic_score_utility == 0.0:
            return False
        expected = tree.mean_score[cursor] if tree.visits[cursor] > 0 else tree.score[cursor]
        how = self._settings
        center = score_center(float(expected), how.score_center_zero, how.score_center_scale * self.scale)
        if center == self._center:
            return False
        self.center = center
        return True

    def begin_refresh(self, tree: Tree) -> None:
        """Make the means of all nodes anew: of a small tree now, else what ``refresh`` goes on with."""
        nodes = int(tree.used[st.NODES])
        tree.used[st.STALE_NODES] = nodes
        if nodes > AT_ONCE or tree.used[st.COMPACTING]:
            return
        if _parents_are_first(tree, nodes):
            self.refresh(tree)
            return
        room = np.empty(3 * nodes, np.int32)
        refresh_tree(tree.addresses, self.numbers, self.places, room[:nodes], room[nodes:])
        tree.used[st.STALE_NODES] = 0

    def refresh(self, tree: Tree) -> None:
        """A step of making the means anew, from the last stale node on, so that children come before most parents.

        Searches may go on between two steps. What they change is made anew up to the root as always, from means of
        which some are stale; a stale node is made anew once more when its turn comes.
        """
        end = int(tree.used[st.STALE_NODES])
        begin = max(end - AT_ONCE, 0)
        refresh_nodes(tree.addresses, self.numbers, self.places, begin, end)
        tree.used[st.STALE_NODES] = begin

    def grow(self, tree: Tree, nodes: int) -> None:
        """Have as many entries of tables as a tree of so many nodes wants."""
        if 2 * nodes <= len(self.positions):
            return
        patterns, biases = self.patterns, self.biases
        self._make_tables(nodes)
        move_biases(patterns, biases, self.patterns, self.biases)
        count_positions(tree, self.positions)

    def load(self, tree: Tree, center: float, center_of: int, patterns: Patterns | None, biases: Biases | None) -> None:
        """Have what another one had, for the same tree. Biases that are None are summed up anew."""
        self.center, self.center_of = center, center_of
        if patterns is not None and biases is not None:
            self._set_tables(patterns, biases, np.empty(len(patterns), np.int32))
            count_positions(tree, self.positions)
        else:
            self._make_tables(int(tree.used[st.NODES]))
            self.count_tables(tree)

    def count_tables(self, tree: Tree) -> None:
        """Make the tables anew: of biases from what the nodes say that they put there, of positions from their keys."""
        count_biases(tree, self.patterns, self.biases)
        count_positions(tree, self.positions)


def _parents_are_first(tree: Tree, nodes: int) -> bool:
    """Whether every node comes behind all whose means are made of its own."""
    is_behind = tree.parent[:nodes] < np.arange(nodes)
    return bool(is_behind.all() and not (tree.state[:nodes] == st.TRANSPOSED).any())


_OF_MEANS = (
    "static_score_utility",
    "dynamic_score_utility",
    "score_center_scale",
    "score_scale",
    "value_weight_exponent",
    "noise_pruning",
    "value_bias",
)
"""Settings that a change of makes other means of what is in the tree already."""
