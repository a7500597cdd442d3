"""The arrays of a file of samples, a *shard*: some finished games of one game, and the positions searched in them.

| array | what |
|---|---|
| version | int: 1; 2 with ``position_komi`` and what follows, labels of the positions themselves; 3 with ``weight`` |
| game | text, what ``games.load`` knows it by |
| id | uint64[games], a game's number in every folder: the run's seed in the upper 32 bits, its number in the lower |
| spec | text[games], JSON: how the game was played, as ``games.load`` takes it |
| net | text[games], sha256 of the net's file that played the last move |
| result | float32[games], from -1 to 1, first player's side; the search's value where it was cut off; NaN unknown |
| lead | float32[games], final lead in points, first player's side; NaN where nobody counted |
| ended | uint8[games], 0 by the rules, 1 by resignation, 2 cut off for its length |
| ownership | int8[...], of all games: who owns each point at the end, 1 the first player, -1 the second, 0 nobody |
| ownership_start | int64[games + 1], game g's is ownership[start[g]:start[g + 1]]; empty where nobody counted |
| record | uint16[...], the moves of all games |
| record_start | int64[games + 1], game g's are record[start[g]:start[g + 1]] |
| of_game | int32[n], position i is one of this game (its index, not its id) |
| ply | int32[n], after this many moves of its record |
| to_play | int8[n], 1 the first player |
| visits | int32[n], of the root when its search ended |
| full | bool[n], whether its search was a full one, whose visits are a policy target |
| move | uint16[...], the moves that have a share in the policy target, of all positions |
| count | uint32[...], how often the search visited each, less what was only forced, or its prior in ``PRIOR_UNIT`` |
| policy_start | int64[n + 1], position i's are move[start[i]:start[i + 1]]; never empty |
| value | float32[n], of the search, first player's side |
| position_komi | float32[n], Go: the komi under which the position was searched, in place of its game's |
| position_lead | float32[n], of the search, first player's side |
| position_ownership | int8[n, points], of the search, in units of 1 / ``OWNERSHIP_UNIT``, first player's side |
| weight | float32[n], how much the position counts in training; 1 where there is none |

Positions are replayed from the record when they are used: inputs and legal moves are not stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

BY_THE_RULES, BY_RESIGNATION, CUT_OFF = 0, 1, 2

PRIOR_UNIT = 2.0**-24
"""The smallest step of half precision: a prior of half precision is a whole number of these."""

OWNERSHIP_UNIT = 127.0

Row = tuple["Shard", int]
"""One position: a shard and the row in it."""


_NO_FLOATS: NDArray[np.float32] = np.zeros(0, np.float32)
_NO_BYTES: NDArray[np.int8] = np.zeros((0, 0), np.int8)


class PlayedPosition(Struct, frozen=True):
    """A position and what its search found; ``moves`` and ``counts`` of one length, the rest as a shard has it.

    ``weight`` is written where a position of the shard has another than 1.
    """

    ply: int
    to_play: int
    visits: int
    full: bool
    moves: Sequence[int]
    counts: Sequence[int]
    value: float
    weight: float = 1.0


class LabelledPosition(PlayedPosition, frozen=True, kw_only=True):
    """A position with labels of its own, which all positions of a shard have, or none."""

    komi: float
    lead: float
    ownership: NDArray[np.int8]


class PlayedGame(Struct, frozen=True):
    """A finished game, as a shard has it; ``ownership`` is empty and ``lead`` NaN where nobody counted."""

    id: int
    game: str
    spec: dict[str, Any]
    net: str
    result: float
    lead: float
    ended: int
    ownership: list[int]
    record: list[int]
    positions: Sequence[PlayedPosition]


@dataclass(frozen=True, eq=False)
class Shard:
    """The arrays of one file, see above; ``specs`` are those of ``spec``, read."""

    game: str
    id: NDArray[np.uint64]
    spec: NDArray[np.str_]
    net: NDArray[np.str_]
    result: NDArray[np.float32]
    lead: NDArray[np.float32]
    ended: NDArray[np.uint8]
    ownership: NDArray[np.int8]
    ownership_start: NDArray[np.int64]
    record: NDArray[np.uint16]
    record_start: NDArray[np.int64]
    of_game: NDArray[np.int32]
    ply: NDArray[np.int32]
    to_play: NDArray[np.int8]
    visits: NDArray[np.int32]
    full: NDArray[np.bool_]
    move: NDArray[np.uint16]
    count: NDArray[np.uint32]
    policy_start: NDArray[np.int64]
    value: NDArray[np.float32]
    position_komi: NDArray[np.float32] = field(default_factory=lambda: _NO_FLOATS)
    position_lead: NDArray[np.float32] = field(default_factory=lambda: _NO_FLOATS)
    position_ownership: NDArray[np.int8] = field(default_factory=lambda: _NO_BYTES)
    weight: NDArray[np.float32] = field(default_factory=lambda: _NO_FLOATS)
    specs: tuple[dict[str, Any], ...] = field(init=False)

    def __post_init__(self) -> None:
        # most games of a shard are of one spec
        read = {text: msgspec.json.decode(text) for text in set(self.spec.tolist())}
        object.__setattr__(self, "specs", tuple(read[text] for text in self.spec.tolist()))

    def __len__(self) -> int:
        return len(self.of_game)

    @property
    def games(self) -> int:
        """How many games it has."""
        return len(self.id)

    @property
    def labelled(self) -> bool:
        """Whether its positions have labels of their own."""
        return len(self.position_komi) > 0

    @property
    def weighted(self) -> bool:
        """Whether its positions have weights."""
        return len(self.weight) > 0

    def weight_of(self, row: int) -> float:
        """How much position ``row`` counts in training."""
        return float(self.weight[row]) if self.weighted else 1.0

    def spec_of(self, row: int) -> dict[str, Any]:
        """What position ``row`` was searched as, for ``games.load``."""
        spec = self.specs[int(self.of_game[row])]
        return {**spec, "komi": float(self.position_komi[row])} if self.labelled else spec

    def moves_before(self, row: int) -> list[int]:
        """The record that leads to position ``row``."""
        begin = int(self.record_start[self.of_game[row]])
        moves: list[int] = self.record[begin : begin + int(self.ply[row])].tolist()
        return moves

    def policy(self, row: int) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
        """Moves and counts of position ``row``."""
        part = slice(int(self.policy_start[row]), int(self.policy_start[row + 1]))
        return self.move[part], self.count[part]

    def lead_of(self, row: int) -> float:
        """The lead to learn at position ``row``, first player's side; NaN where it is unknown."""
        return float(self.position_lead[row] if self.labelled else self.lead[self.of_game[row]])

    def ownership_of(self, row: int) -> NDArray[np.float32]:
        """Who owns what, from -1 to 1, as position ``row`` is to learn it; empty where it is unknown."""
        if self.labelled:
            owned: NDArray[np.float32] = self.position_ownership[row] / np.float32(OWNERSHIP_UNIT)
            return owned
        game = int(self.of_game[row])
        return self.ownership[self.ownership_start[game] : self.ownership_start[game + 1]].astype(np.float32)


def make_shard(games: Sequence[PlayedGame]) -> Shard:
    """At least one game, all of one game, as arrays; labelled positions are all of one board size."""
    positions = [position for game in games for position in game.positions]

    def of_games(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(game, name) for game in games], dtype)

    def of_positions(name: str, dtype: Any) -> NDArray[Any]:
        return np.array([getattr(position, name) for position in positions], dtype)

    def joined(parts: Sequence[Sequence[int]], dtype: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
        start = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        return np.concatenate([np.zeros(0, dtype), *(np.asarray(part, dtype) for part in parts)]), start

    move, policy_start = joined([position.moves for position in positions], np.uint16)
    weighted = any(position.weight != 1.0 for position in positions)
    return Shard(
        games[0].game,
        of_games("id", np.uint64),
        np.array([msgspec.json.encode(game.spec, order="sorted").decode() for game in games]),
        np.array([game.net for game in games]),
        of_games("result", np.float32),
        of_games("lead", np.float32),
        of_games("ended", np.uint8),
        *joined([game.ownership for game in games], np.int8),
        *joined([game.record for game in games], np.uint16),
        np.repeat(np.arange(len(games), dtype=np.int32), [len(game.positions) for game in games]),
        of_positions("ply", np.int32),
        of_positions("to_play", np.int8),
        of_positions("visits", np.int32),
        of_positions("full", np.bool_),
        move,
        joined([position.counts for position in positions], np.uint32)[0],
        policy_start,
        of_positions("value", np.float32),
        **_labels([position for position in positions if isinstance(position, LabelledPosition)]),
        weight=of_positions("weight", np.float32) if weighted else _NO_FLOATS,
    )


def _labels(positions: Sequence[LabelledPosition]) -> dict[str, NDArray[Any]]:
    if not positions:
        return {}
    komi, lead = (np.array([getattr(one, name) for one in positions], np.float32) for name in ("komi", "lead"))
    ownership = np.stack([one.ownership for one in positions])
    return {"position_komi": komi, "position_lead": lead, "position_ownership": ownership}


def counts_of(priors: NDArray[np.float16]) -> NDArray[np.uint32]:
    """Priors as a shard keeps them, without loss."""
    scaled: NDArray[Any] = priors.astype(np.float64) / PRIOR_UNIT
    return scaled.astype(np.uint32)
