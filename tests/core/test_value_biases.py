"""The table of value biases: every pattern has an entry of its own, whatever else is in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from daemon.core.backup_parameters import BackupParameters
from daemon.core.search_tree import EXPANDED, NODES, Tree
from daemon.core.tree_memory import TreeMemory
from daemon.core.value_biases import Biases, Patterns, corrected, count_biases, move_biases
from protocol.messages import SearchSettings

FACTOR = 0.5
ALIKE = [k << 16 for k in range(1, 9)]
"""Patterns that want the same entry of any table here."""


def tree_of(patterns: list[int]) -> Tree:
    """A tree of expanded nodes with these patterns and no error yet; their own utility is 0."""
    tree = TreeMemory(2, len(patterns)).tree
    tree.used[NODES] = len(patterns)
    tree.state[: len(patterns)] = EXPANDED
    tree.pattern[: len(patterns)] = patterns
    for array in (tree.bias_weight, tree.bias_error, tree.own_utility):
        array[: len(patterns)] = 0.0
    return tree


def table(places: int) -> tuple[Patterns, Biases]:
    return np.zeros(places, np.uint32), np.zeros((places, 2))


def by_pattern(patterns: Patterns, biases: Biases) -> dict[int, tuple[float, float]]:
    return {int(patterns[i]): tuple(biases[i].tolist()) for i in np.flatnonzero(patterns)}


Seen = tuple[int, float, float]
"""A pattern, the mean utility of a node's children, and what they weigh."""

seen = st.tuples(st.sampled_from([*ALIKE, *range(1, 9)]), st.floats(-1, 1), st.floats(0.5, 100))


@given(st.lists(seen, min_size=1, max_size=40))
def test_an_evaluation_is_corrected_by_the_errors_after_its_own_pattern_alone(nodes: list[Seen]) -> None:
    tree, (patterns, biases) = tree_of([pattern for pattern, _, _ in nodes]), table(64)
    sums: dict[int, NDArray[np.float64]] = {}
    for node, (pattern, children, weight) in enumerate(nodes):
        said = weight ** (7 / 8)
        of_pattern = sums.setdefault(pattern, np.zeros(2))
        of_pattern += children * said, said
        found = corrected(tree, node, FACTOR, patterns, biases, children, weight)
        assert found == pytest.approx(FACTOR * of_pattern[0] / of_pattern[1])
    assert set(by_pattern(patterns, biases)) == set(sums)


@given(st.lists(seen, min_size=1, max_size=20))
def test_what_a_node_said_before_counts_no_more(nodes: list[Seen]) -> None:
    """The same table, whether every node speaks once or twice, and when it is summed up anew."""
    tree, (patterns, biases) = tree_of([pattern for pattern, _, _ in nodes]), table(64)
    for times in (3.0, 1.0):
        for node, (_, children, weight) in enumerate(nodes):
            corrected(tree, node, FACTOR, patterns, biases, children, times * weight)
    anew = table(64)
    count_biases(tree, *anew)
    said, expected = by_pattern(patterns, biases), by_pattern(*anew)
    assert said.keys() == expected.keys()
    assert all(said[pattern] == pytest.approx(expected[pattern], abs=1e-9) for pattern in said)


@given(st.lists(seen, min_size=1, max_size=30))
def test_a_larger_table_holds_the_same(nodes: list[Seen]) -> None:
    tree, small, large = tree_of([pattern for pattern, _, _ in nodes]), table(64), table(256)
    for node, (_, children, weight) in enumerate(nodes):
        corrected(tree, node, FACTOR, *small, children, weight)
    move_biases(*small, *large)
    assert by_pattern(*large) == by_pattern(*small)


def test_a_node_without_children_says_nothing_and_hears_what_is_known() -> None:
    tree, (patterns, biases) = tree_of([7, 7, 8, 0]), table(16)
    assert corrected(tree, 1, FACTOR, patterns, biases, 0.0, 0.0) == 0.0
    corrected(tree, 0, FACTOR, patterns, biases, 0.25, 9.0)
    assert corrected(tree, 1, FACTOR, patterns, biases, 0.0, 0.0) == pytest.approx(FACTOR * 0.25)
    assert corrected(tree, 2, FACTOR, patterns, biases, 0.0, 0.0) == 0.0
    assert corrected(tree, 3, FACTOR, patterns, biases, 0.25, 9.0) == 0.0, "it has no pattern"
    assert set(by_pattern(patterns, biases)) == {7}


def test_a_tree_of_any_size_has_more_entries_than_patterns() -> None:
    of = BackupParameters(10, SearchSettings())
    for nodes in (1, 255, 256, 257, 100_000, 600_000):
        of.grow(tree_of([0]), nodes)
        assert len(of.patterns) == len(of.biases) == len(of.positions) >= 2 * nodes
