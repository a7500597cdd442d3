"""What the search asks of a game. Everything is asked for a batch of positions at a time.

A *move* is an integer, 0 <= move < ``num_moves``. A record, the list of moves played, may also hold ``num_moves``
itself, the *switch*:
the other player is to move, and nothing else has happened. Nets and searches never see the switch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

ANY_FEATURES = "any"
"""What stands for a game's own features, where a device takes any and looks at none."""


USUAL_OPTIMISM = 0.2
"""How far from the plain policy (0) towards the optimistic one (1) a net's policy lies unless told otherwise: as far as
KataGo has it at the root of a search (rootPolicyOptimism)."""

_OPTIMISM = "_optimism"
_PLAYERS = "_players"


def with_optimism(features: str) -> str:
    """The same features with one more global input behind them, for nets with an optimistic policy.

    It says how much further than ``USUAL_OPTIMISM`` their policy is to lie towards it. That is no matter of the game:
    ``Game.replay`` leaves it 0, and whoever evaluates for a search fills it in.
    """
    return features + _OPTIMISM


def takes_optimism(features: str) -> bool:
    """Whether the last global input is that of ``with_optimism``."""
    return features.endswith(_OPTIMISM)


def with_players(features: str) -> str:
    """The same features with global inputs behind them that say who plays, for nets that imitate people.

    They are filled in by what a game's specification says of its players.
    """
    return features + _PLAYERS


def takes_players(features: str) -> bool:
    """Whether the last global inputs are those of ``with_players``."""
    return features.endswith(_PLAYERS)


class GameError(ValueError):
    """A game or its specification is unknown or makes no sense; the text is one clear line."""


class IllegalMove(GameError):
    """A move of a record is against the rules; the text says which and why."""


@dataclass(frozen=True)
class Leaves:
    """n positions to look at, each a path of moves from one of a few roots.

    roots: what ``Game.root`` made. root_of: int32[n], index into roots. offsets: int32[n + 1], path i is
    moves[offsets[i]:offsets[i + 1]].
    moves: uint16. Paths hold legal moves only.
    """

    roots: Sequence[Any]
    root_of: NDArray[np.int32]
    offsets: NDArray[np.int32]
    moves: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.root_of)


@dataclass(frozen=True)
class Positions:
    """What the rules say of n positions.

    to_play: int8[n], +1 the first player (Black), -1 the second. terminal: bool[n], the game is over. result:
    float32[n], of a terminal
    position, +1 the first player won, -1 the second, 0 drawn; 0 elsewhere. lead: float32[n], of a terminal
    position, the first player's final
    lead in points, NaN in a game without points; 0 elsewhere. legal: bool[n, num_moves], for the player to move; all
    False where terminal. patterns: uint64[n], equal where the last move was the same in the same surroundings; 0 where
    none was made. keys: uint64[n], equal where a search may take two positions for the same, however they were reached;
    0 where none is. With each move of a game keys must be other ones than before. uint64[0] in a game that does not say
    patterns, or keys.
    """

    to_play: NDArray[np.int8]
    terminal: NDArray[np.bool_]
    result: NDArray[np.float32]
    lead: NDArray[np.float32]
    legal: NDArray[np.bool_]
    patterns: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))


class Game(Protocol):
    """One game at one size under one set of rules. Immutable; its positions are made by ``root``."""

    @property
    def name(self) -> str:
        """What ``games.load`` knows it by."""

    @property
    def num_moves(self) -> int:
        """Size of the move space."""

    @property
    def own_features(self) -> str:
        """The features that ZhuGo's own nets of this game look at."""

    def spec(self) -> dict[str, Any]:
        """The specification that ``games.load`` makes an equal game of."""

    def root(self, record: Sequence[int]) -> Any:
        """The position after ``record``, prepared for ``replay``. Raises ``IllegalMove``."""

    def feature_shapes(self, features: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of one position's planes and of its global inputs. Raises ``GameError`` for others.

        Every game knows ``ANY_FEATURES``.
        """

    def replay(
        self, leaves: Leaves, features: str, planes: NDArray[np.float32], global_inputs: NDArray[np.float32]
    ) -> Positions:
        """Play every path and fill row i of ``planes`` and ``global_inputs`` with the features of leaf i.

        planes: float32[>= n, *shape], global_inputs: float32[>= n, *shape], shapes as ``feature_shapes`` says. Rows
        of terminal leaves are filled too.
        """


@runtime_checkable
class CountedGame(Protocol):
    """What training asks of a game that is counted by who owns what, besides."""

    def owners(self, root: Any) -> NDArray[np.int8]:
        """int8[points]: who owns each point of a position, what ``root`` made, that is scored as it stands.

        1 the first player (Black), -1 the second, 0 nobody. Points from the top left, as a net's ownership has them.
        """
