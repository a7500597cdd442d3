"""Where a tree's arrays lie cannot be seen in what it holds; growing copies nothing, and memory is given back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daemon.core import compaction, compaction_queue, session, tree_memory
from daemon.core.search_tree import (
    BYTES_PER_NODE,
    COMPACTING,
    MAX_NODES,
    NODE_FIELDS,
    NODES,
    ROWS,
    TOUCHED_ROWS,
    Tree,
    add_child,
    bytes_occupied,
    bytes_per_row,
    bytes_used,
)
from daemon.core.tree_memory import SMALL_NODES, TreeMemory, lengths_in_use
from protocol import messages as m
from tests.core.local import Local

MOVES = 361


def resident() -> int:
    """Bytes of this process that are memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def filled(memory: TreeMemory, nodes: int, limit: int = 1 << 30) -> Tree:
    """Its tree, grown to so many nodes and rows, each number of which is another."""
    tree = memory.grow(nodes - int(memory.tree.used[NODES]), nodes - int(memory.tree.used[ROWS]), limit)
    tree.used[NODES] = tree.used[ROWS] = nodes
    for name in (*NODE_FIELDS, "owner"):
        array = getattr(tree, name)
        array[:nodes] = np.arange(nodes) % 100 + len(name)
    tree.priors[:nodes] = np.arange(nodes, dtype=np.int16)[:, None]
    return tree


def held(tree: Tree) -> dict[str, bytes]:
    return {name: getattr(tree, name)[:length].tobytes() for name, length in lengths_in_use(tree).items()}


def test_a_large_tree_grows_in_place() -> None:
    memory = TreeMemory(MOVES)
    first = filled(memory, SMALL_NODES + 1)
    before = held(first)
    grown = memory.grow(300_000, 300_000, 1 << 30)
    assert all(np.shares_memory(was, now) for was, now in zip(first, grown, strict=True))
    assert held(grown) == before
    assert min(len(grown.parent), len(grown.priors)) >= SMALL_NODES + 300_000


def test_what_is_only_reserved_is_no_memory() -> None:
    before = resident()
    memories = [TreeMemory(MOVES) for _ in range(20)]
    trees = [filled(memory, SMALL_NODES + 1, limit=64 << 30) for memory in memories]
    taken, said = resident() - before, sum(map(bytes_occupied, trees))
    assert said == sum(map(bytes_used, trees))
    assert said / 2 < taken < 2 * said


@pytest.mark.parametrize("why", ["strict", "no mapping", "little room"])
def test_where_no_addresses_are_to_be_had_it_holds_the_same(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mapped, plain = TreeMemory(MOVES), TreeMemory(MOVES)
    expected = [held(filled(mapped, nodes)) for nodes in (10, 5_000, 20_000)]
    take = tree_memory._map
    if why == "strict":
        monkeypatch.setattr(tree_memory, "_is_strict", lambda: True)
    else:
        most = 0 if why == "no mapping" else 100_000
        monkeypatch.setattr(tree_memory, "_map", lambda moves, n, rows: take(moves, n, rows) if n < most else None)
    assert [held(filled(plain, nodes)) for nodes in (10, 5_000, 20_000)] == expected


def test_a_session_that_may_use_more_than_any_machine_has_is_as_good_as_another() -> None:
    memory = TreeMemory(MOVES)
    tree = filled(memory, 2 * SMALL_NODES, limit=2**53)
    assert SMALL_NODES < len(tree.parent) <= MAX_NODES


def test_a_session_that_is_allowed_more_goes_on_growing() -> None:
    memory = TreeMemory(8_000)
    nodes = 2 * SMALL_NODES
    before = held(filled(memory, nodes, limit=1 << 20))
    room = len(memory.tree.priors)
    grown = memory.grow(0, 2 * room, 64 << 30)
    assert held(grown) == before
    assert len(grown.priors) >= 2 * room + nodes


@pytest.mark.parametrize("maps", [True, False])
def test_memory_is_given_back_a_part_at_a_time(maps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not maps:
        monkeypatch.setattr(tree_memory, "_map", lambda *_: None)
    memory = TreeMemory(MOVES)
    tree = filled(memory, 80_000)
    first, kept = held(tree), 5_000
    before, occupied = resident(), bytes_used(tree)
    memory.mark_unused()
    tree.used[NODES] = tree.used[ROWS] = kept
    assert bytes_occupied(tree) == occupied
    parts = 0
    while tree.used[TOUCHED_ROWS]:
        tree = memory.give_back(32 << 20)
        parts += 1
    assert parts == -(-(occupied - bytes_used(tree)) // (32 << 20))
    assert bytes_occupied(tree) == bytes_used(tree) == kept * (bytes_per_row(MOVES) + BYTES_PER_NODE)
    assert before - resident() > 0.7 * (occupied - bytes_used(tree))
    assert all(first[name].startswith(now) for name, now in held(tree).items() if name != "used")


def test_nothing_that_is_kept_is_given_back_when_the_arrays_are_shorter_than_they_were() -> None:
    """As after a restart, on a machine that grants less."""
    memory = TreeMemory(MOVES)
    tree = filled(memory, SMALL_NODES + 1)
    tree.used[TOUCHED_ROWS] = 100 * len(tree.priors)
    before = held(tree)
    while tree.used[TOUCHED_ROWS]:
        tree = memory.give_back(1 << 40)
    assert {name: array for name, array in held(tree).items() if name != "used"} == {
        name: array for name, array in before.items() if name != "used"
    }


def test_the_memory_of_a_large_session_that_is_closed_goes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (session, compaction_queue):
        monkeypatch.setattr(module, "GIVEN_BACK", 20_000)
    for ending in (m.Close, m.Reset):
        local = Local()
        local.search_alone(500)
        local.ask(ending, "s", *(["hashed", local.spec] if ending is m.Reset else []))
        ticks = 0
        while local.core.next_deadline() == 0.0:
            local.say(b"", m.Tick())
            ticks += 1
        assert ticks >= 3


def test_a_compaction_makes_little_of_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree in a mapping, as one of a real session, with a line of play at its end."""
    monkeypatch.setattr(compaction, "STEP", 1000)
    memory = TreeMemory(5)
    cursor_path = [0]
    for _ in range(20_000):
        tree = memory.grow(1, 0, 1 << 30)
        add_child(tree, 0, 3 + int(tree.used[NODES]))
    for move in range(3):
        tree = memory.grow(1, 0, 1 << 30)
        cursor_path.append(add_child(tree, cursor_path[-1], move))
    compaction.begin(tree, cursor_path)
    steps = 0
    while tree.used[COMPACTING]:
        cursor_path, _ = compaction.step(tree, cursor_path, ())
        steps += 1
    assert (cursor_path, int(tree.used[NODES])) == ([0, 1, 2, 3], 4)
    assert steps > 20


def test_mending_pages_changes_nothing_and_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_memory, "HUGE_FROM", SMALL_NODES)
    memory = TreeMemory(MOVES)
    assert list(memory.mend_pages()) == []
    before = held(filled(memory, 30_000))
    taken = resident()
    steps = sum(1 for _ in memory.mend_pages())
    assert resident() - taken < (steps + 1) * (2 << 20)
    assert held(memory.tree) == before
    mending = memory.mend_pages()
    next(mending, None)
    memory.mark_unused()
    memory.tree.used[NODES] = memory.tree.used[ROWS] = 10
    assert list(mending) == [], "what is not in use any more is left alone"


def test_mending_ends_with_the_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session may be allowed more, or be closed, between two steps."""
    monkeypatch.setattr(tree_memory, "HUGE_FROM", SMALL_NODES)
    monkeypatch.setattr(tree_memory, "LEAST_RESERVED", 1 << 20)
    memory = TreeMemory(MOVES)
    filled(memory, 20_000, limit=0)
    mending = memory.mend_pages()
    next(mending, None)
    monkeypatch.setattr(tree_memory, "_map", lambda *_: None)
    memory.grow(len(memory.tree.parent), 0, 0)
    assert list(mending) == []


def test_pages_of_nodes_are_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_memory, "HUGE_FROM", SMALL_NODES)
    memory = TreeMemory(1)
    before = held(filled(memory, 800_000))
    taken = resident()
    if not (steps := sum(1 for _ in memory.mend_pages())):
        pytest.skip("no huge pages here")
    assert steps > sum(name == "priors" or dtype.itemsize == 8 for name, dtype in NODE_FIELDS.items())
    assert abs(resident() - taken) < 2 << 20
    assert held(memory.tree) == before
