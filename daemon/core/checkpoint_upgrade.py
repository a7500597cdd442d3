"""States of cores as earlier programs wrote them, made into what this one would have written.

A state says its ``schema``, which is raised whenever something in it has another meaning or is new and must not be
missing. What is only new has a default, and needs nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from daemon.core.compaction import KEPT
from daemon.core.search_tree import (
    COMPACTING,
    FIRST_NEW,
    FREE_CROSSING,
    FRESH,
    IN_FLIGHT,
    LAST_CROSSING,
    MARK_NODE,
    NODE_FIELDS,
    NODES,
    NONE,
    PLACES,
    ROWS,
    SPECULATED,
    Tree,
)

SCHEMA = 6
"""0: visits of 32 bits, means of leads over all visits, grants without a time of their own; it did not say so.
1: some things had other names. 2: sums of values and leads in place of weighted means. 3: no word on whose
priors are those of a root. 4: no transpositions; nodes that a compaction drops had no parent any more, where now those
that stay are marked.
"""

Frames = Sequence[bytes | memoryview]
Arrays = dict[str, NDArray[Any]]


class _Schema(Struct):
    """What of a state says how to read the rest."""

    schema: int = 0


def upgraded(frames: Frames) -> Frames:
    """These frames, or those of this program's schema that mean the same but for what was in flight.

    Raises ``ValueError`` for what a newer program wrote, and for what is no state.
    """
    schema = msgspec.msgpack.decode(frames[0], type=_Schema).schema
    if schema > SCHEMA:
        raise ValueError(f"a newer program wrote it: schema {schema}, where this one knows up to {SCHEMA}")
    if schema == SCHEMA:
        return frames
    if schema == 0:
        frames = _from_0(frames)
    if schema < 2:
        frames = _from_1(frames)
    if schema < 3:
        frames = _from_2(frames)
    if schema < 4:
        frames = _from_3(frames)
    return _from_5(_from_4(frames) if schema < 5 else frames)


def _from_5(frames: Frames) -> Frames:
    """Patterns shared entries of the table of biases, which is to be made anew."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    state["schema"] = SCHEMA
    for session in state["sessions"]:
        session["patterns"] = None
    return [msgspec.msgpack.encode(state), *frames[1:]]


def _from_4(frames: Frames) -> Frames:
    """No position is shared, and what a compaction under way had not dropped yet, and is reached, stays."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    arrays = _Arrays(frames)
    state["schema"] = 5
    for session in state["sessions"]:
        tree = {name: arrays.get(described) for name, described in session["tree"].items()}
        used = np.zeros(PLACES, np.int64)
        used[: len(tree["used"])] = tree["used"]
        used[[FREE_CROSSING, LAST_CROSSING, MARK_NODE]] = NONE
        used[FIRST_NEW] = used[NODES]
        fresh = {name: np.full(len(tree["parent"]), NONE, NODE_FIELDS[name]) for name in _LINKS_OF_5}
        if used[COMPACTING]:
            fresh["crossing"][_reached(tree["first_child"], tree["next_sibling"])] = KEPT
        fresh["key"] = np.zeros(len(tree["parent"]), NODE_FIELDS["key"])
        session["tree"] |= {name: arrays.put(array) for name, array in {"used": used, **fresh}.items()}
    return arrays.frames(state)


_LINKS_OF_5 = ("original", "transposition", "crossed", "crossing", "next_crossing")


def _reached(first_child: NDArray[np.int32], next_sibling: NDArray[np.int32]) -> list[int]:
    """The nodes that links lead to from the root."""
    found, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [each for each in (int(first_child[node]), int(next_sibling[node])) if each != NONE]
    return found


def _from_3(frames: Frames) -> Frames:
    """No node has the priors of a root."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    arrays = _Arrays(frames)
    state["schema"] = 4
    for session in state["sessions"]:
        nodes = len(arrays.get(session["tree"]["parent"]))
        session["tree"]["root_policy"] = arrays.put(np.zeros(nodes, NODE_FIELDS["root_policy"]))
    return arrays.frames(state)


def _from_2(frames: Frames) -> Frames:
    """The evaluations stay; the means that were made of them are marked to be made anew."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    arrays = _Arrays(frames)
    state["schema"] = 3
    for session in state["sessions"]:
        old = {name: arrays.get(described) for name, described in session["tree"].items()}
        session["tree"] = {name: arrays.put(array) for name, array in _tree_from_2(old).items()}
        session |= {"center": 0.0, "center_of": NONE, "biases": None}
    return arrays.frames(state)


def _tree_from_2(old: Arrays) -> Arrays:
    nodes = len(old["parent"])
    tree = {name: array for name, array in old.items() if name in Tree._fields}
    for name in NODE_FIELDS:
        if name not in tree:
            tree[name] = np.zeros(nodes, NODE_FIELDS[name])
    tree["score"] = np.where(np.isnan(old["lead"]), 0.0, old["lead"]).astype(np.float32)
    tree["own_weight"] = np.ones(nodes, np.float32)
    return tree


class _Arrays:
    """The arrays of a state's frames, and new ones behind them."""

    def __init__(self, frames: Frames) -> None:
        self._frames = [b"", *map(bytes, frames[1:])]

    def get(self, described: Any) -> NDArray[Any]:
        """The array of this description."""
        dtype, shape, frame = described
        return np.frombuffer(self._frames[frame], np.dtype(dtype)).reshape(shape)

    def put(self, array: NDArray[Any]) -> Any:
        """Add an array; its description."""
        self._frames.append(np.ascontiguousarray(array).tobytes())
        return array.dtype.str, array.shape, len(self._frames) - 1

    def frames(self, state: dict[str, Any]) -> Frames:
        """All of them, behind their header."""
        return [msgspec.msgpack.encode(state), *self._frames[1:]]


def _from_1(frames: Frames) -> Frames:
    """Only names are other ones."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    state["schema"] = 2
    for session in state["sessions"]:
        session["cursor_path"] = session.pop("trunk")
    for peer in state["peers"].values():
        peer["batch_size"] = peer.pop("wish", 0)
    for held in state["waiting"].values():
        batch_request = held.pop("wish")
        batch_request["shallow"] = batch_request.pop("near", False)
        held |= {"batch_request": batch_request, "blocking": held.pop("met")}
    return [msgspec.msgpack.encode(state), *frames[1:]]


def _from_0(frames: Frames) -> Frames:
    """Searchers are gone by the time that a state is read, so what they held is let go."""
    state: dict[str, Any] = msgspec.msgpack.decode(frames[0])
    arrays = _Arrays(frames)
    state |= {"schema": 1, "live": {}, "waiting": {}, "standings": {}, "grants_due": math.inf, "untidy": []}
    for session in state["sessions"]:
        tree = _tree_from_0({name: arrays.get(described) for name, described in session["tree"].items()})
        session["tree"] = {name: arrays.put(array) for name, array in tree.items()}
    return arrays.frames(state)


def _tree_from_0(old: Arrays) -> Arrays:
    nodes, rows = int(old["used"][NODES]), int(old["used"][ROWS])
    tree = dict(old)
    used = np.zeros(PLACES, np.int64)
    used[[NODES, ROWS]] = nodes, rows
    state = old["state"].copy()
    state[(state == IN_FLIGHT) | (state == SPECULATED)] = FRESH
    # One lead that nobody said was in every sum above it; what the others come to is not known there.
    said = not np.isnan(old["lead_sum"]).any()
    owner = np.full(rows, NONE, np.int32)
    has_row = np.flatnonzero(old["row"] != NONE)
    owner[old["row"][has_row]] = has_row
    nothing = np.zeros(nodes, np.int64)
    tree |= {"used": used, "state": state, "owner": owner}
    if not said:
        tree |= {"lead": np.full(nodes, np.nan, np.float32)}
    tree |= {"pseudo": nothing, "edge_pseudo": nothing, "caused": nothing, "pending": nothing}
    tree |= {"origin": np.full(nodes, NONE, np.int32)}
    return {name: array.astype(NODE_FIELDS.get(name, array.dtype)) for name, array in tree.items()}
