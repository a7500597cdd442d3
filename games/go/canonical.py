"""One way to look at a position among those that differ by how the board is turned and by the colours. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from games.go.board import BLACK, WHITE
from games.go.game import Go
from games.go.position import Position


def canonical(position: Position, values: Sequence[float] | None) -> tuple[Position, NDArray[np.intp]]:
    """The position with Black to move, turned so that it is the same however it was turned before.

    Its stones are kept, and not its moves and prisoners. values: of each point, turned with it where the
    stones alone leave a choice. Second: intp[points], the point here that each point there is.
    """
    player = position.to_play
    stones = (position.stones * player).reshape(-1)
    seen = np.zeros(len(stones)) if values is None else np.asarray(values, np.float64) * player
    index = np.arange(len(stones)).reshape(position.stones.shape)
    ways = [np.rot90(grid, quarters) for grid in (index, index.T) for quarters in range(4)]
    way = min(ways, key=lambda way: (len(way), stones[way].tobytes(), seen[way].tobytes()))
    order, order_width = way.reshape(-1), len(way[0])
    spec = {
        "size": [order_width, len(order) // order_width],
        "rules": position.game.rules.as_dict(),
        "black": np.flatnonzero(stones[order] == BLACK).tolist(),
        "white": np.flatnonzero(stones[order] == WHITE).tolist(),
        "to_play": "black",
    }
    return Position(Go.from_spec(spec)), order
