"""What restrictions leave to choose from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from games.go.position import Position
from protocol.messages import Restriction


def leave_nothing(position: Position, restrictions: Iterable[Restriction]) -> bool:
    """Whether every legal move of the player to move, the pass too, is forbidden. A search would not obey that."""
    left = position.legal()
    for rule in restrictions:
        if rule.to_play == position.to_play:
            named = np.isin(np.arange(len(left)), rule.moves)
            left &= named if rule.allow else ~named
    return not left.any()
