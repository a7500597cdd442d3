"""Which chains are in seki, and which points between them are nobody's. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.go import territory
from games.go.board import EMPTY

SHARED = 8
"""Points between groups in seki; a larger region was not played out."""


def in_seki(board: Any, by_letter: NDArray[np.int8], alike: NDArray[np.bool_]) -> tuple[set[int], list[int]]:
    """The stones in seki, and the points that are nobody's between them.

    alike: bool[points], groups that look like it. They are in seki where one of the other colour shares a dame with
    them. by_letter: int8[points], whose each point is while open regions are not divided.
    """
    points = len(by_letter)
    stones, head = board["stones"][:points], board["head"]
    neighbours = territory.neighbours_of(board)
    heads, shared = set[int](), list[int]()
    nobodys = np.flatnonzero((by_letter == EMPTY) & (stones == EMPTY)).tolist()
    for region in territory.regions(nobodys, neighbours):
        around = {q for p in region for q in neighbours[p] if stones[q] != EMPTY and alike[q]}
        if len(region) <= SHARED and len({int(stones[q]) for q in around}) == 2:
            heads |= {int(head[q]) for q in around}
            shared += sorted(region)
    return {p for p in np.flatnonzero(stones).tolist() if int(head[p]) in heads}, shared
