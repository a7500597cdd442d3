"""What a session's backups read beside its tree: numbers of its settings, tables, and the value biases of its tree."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daemon.core import search_tree as st
from daemon.core.backup import Backup, count_biases, packed, powers_of_probability, refresh_nodes
from daemon.core.score_utility import STATIC_SCALE, ScoreUtility, expectations, score_center
from daemon.core.search_tree import Tree
from protocol.messages import SearchSettings

FEWEST_BIASES, MOST_BIASES = 1 << 8, 1 << 18
"""Entries of the table of value biases: as many as the tree has nodes, between these. Patterns beyond share them.

When it grows it is summed up anew from all nodes, 3 ms for the largest.
"""

MOST_ROOTS = 5
"""Square roots that a power of the chance to be as good as the mean is made of."""

LEAST_UNCERTAINTY = 1e-6
"""Of the settings; less is none, for evaluations would weigh so little that their sum is nothing."""

AT_ONCE = 1 << 15
"""Nodes whose means are made anew at once, in some 5 ms; of a larger tree, so many in each step."""


class BackupParameters:
    """``backup`` and ``utility`` as the settings and the cursor want them; for the kernels ``numbers`` and ``places``.

    ``biases``: see ``Backup``. ``center_of``: the cursor whose expected score the utility's center comes from, NONE for
    none.
    """

    def __init__(self, num_moves: int, settings: SearchSettings) -> None:
        self._room = (np.empty(num_moves + 1, np.int32), np.empty(num_moves + 1), np.empty(num_moves + 1))
        self._default_scale = math.sqrt(max(num_moves - 1, 1))
        self.biases = np.zeros((FEWEST_BIASES, 2))
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
            powers=powers_of_probability(min(round(-math.log2(exponent)), MOST_ROOTS) if exponent else 0),
            worths=expectations(),
            biases=self.biases,
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

    def _set_biases(self, biases: NDArray[np.float64]) -> None:
        self.biases = biases
        self.backup = self.backup._replace(biases=biases)
        self.numbers, self.places = packed(self.backup, self.utility)

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
        tree.used[st.STALE_NODES] = tree.used[st.NODES]
        if tree.used[st.NODES] <= AT_ONCE:
            self.refresh(tree)

    def refresh(self, tree: Tree) -> None:
        """A step of making the means anew, from the last stale node on, so that children come before their parents.

        Searches may go on between two steps. What they change is made anew up to the root as always, from means of
        which some are stale; a stale node is made anew once more when its turn comes.
        """
        end = int(tree.used[st.STALE_NODES])
        begin = max(end - AT_ONCE, 0)
        refresh_nodes(tree.addresses, self.numbers, self.places, begin, end)
        tree.used[st.STALE_NODES] = begin

    def grow(self, nodes: int) -> bool:
        """Have as many entries as a tree of so many nodes wants. Whether there are more than before."""
        if nodes <= len(self.biases) or len(self.biases) == MOST_BIASES:
            return False
        self._set_biases(np.zeros((min(1 << (nodes - 1).bit_length(), MOST_BIASES), 2)))
        return True

    def load(self, center: float, center_of: int, biases: NDArray[np.float64]) -> None:
        """Have what another one had."""
        self._set_biases(biases)
        self.center, self.center_of = center, center_of

    def count_biases(self, tree: Tree) -> None:
        """Make the table of biases anew from what the nodes say that they put there."""
        count_biases(tree, self.biases)


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
