"""What is wrong with a net's evaluations after the same local pattern, as a search finds it out.

A node's error is what its children say beside its own evaluation; it counts as a power of what they weigh. Errors are
summed up by pattern, and every evaluation after it is corrected by a part of their mean (KataGo,
cpp/search/searchupdatehelpers.cpp, ``subtreeValueBias``). A pattern is whatever the game calls so: a number, 0 for
none.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from daemon.core.kernels import inlined_kernel, kernel
from daemon.core.search_tree import NODES, Tree

Patterns = NDArray[np.uint32]
"""uint32[a power of two]: the pattern of each entry, with open addressing; 0 where free."""

Biases = NDArray[np.float64]
"""[entries, 2]: by pattern the sum of errors, each times its weight, and the sum of weights; 0 where free."""


@inlined_kernel
def _entry_of(patterns: Patterns, pattern: np.uint32) -> int:
    """Where this pattern stands, or the free entry for it."""
    last = len(patterns) - 1
    entry = np.int64(pattern) & last
    while patterns[entry] != 0 and patterns[entry] != pattern:
        entry = (entry + 1) & last
    return int(entry)


@inlined_kernel
def corrected(
    t: Tree, node: int, factor: float, patterns: Patterns, biases: Biases, children: float, weight: float
) -> float:
    """The node's own utility, and ``factor`` times the mean error of evaluations after its pattern. ``children``: their
    mean utility, ``weight`` theirs before any was made lighter; the node's own error then counts as
    weight ** (7 / 8). There must be a free entry.
    """
    own = t.own_utility[node]
    pattern = t.pattern[node]
    if factor == 0.0 or pattern == 0:
        return float(own)
    entry = _entry_of(patterns, pattern)
    if weight > 0.0:
        patterns[entry] = pattern
        said = weight / math.sqrt(math.sqrt(math.sqrt(weight)))
        error = (children - own) * said
        biases[entry, 0] += error - t.bias_error[node]
        biases[entry, 1] += said - t.bias_weight[node]
        t.bias_error[node] = error
        t.bias_weight[node] = said
    if biases[entry, 1] > 0.001:
        own += factor * biases[entry, 0] / biases[entry, 1]
    return float(own)


@kernel
def count_biases(t: Tree, patterns: Patterns, biases: Biases) -> None:
    """Fill the entries anew from what the nodes say that they put there."""
    patterns[:] = 0
    biases[:] = 0.0
    for node in range(t.used[NODES]):
        if t.bias_weight[node] > 0.0:
            entry = _entry_of(patterns, t.pattern[node])
            patterns[entry] = t.pattern[node]
            biases[entry, 0] += t.bias_error[node]
            biases[entry, 1] += t.bias_weight[node]


@kernel
def move_biases(patterns: Patterns, biases: Biases, larger: Patterns, to: Biases) -> None:
    """Put all entries into an empty table that is as large or larger."""
    for i in range(len(patterns)):
        if patterns[i] != 0:
            entry = _entry_of(larger, patterns[i])
            larger[entry] = patterns[i]
            to[entry, 0] = biases[i, 0]
            to[entry, 1] = biases[i, 1]
