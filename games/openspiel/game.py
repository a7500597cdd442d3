"""A game of OpenSpiel as a ``games.game.Game``.

A specification is a dict with one key, ``game``: its name and parameters, see ``catalogue``. The first player is the
one that OpenSpiel numbers 0. In chess that is Black, who moves second: nothing here asks who begins, or that players
take turns. There is no count of points, so leads are NaN; and no switch.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games import specs
from games.game import ANY_FEATURES, GameError, IllegalMove, Leaves, Positions
from games.openspiel import catalogue
from games.openspiel.planes import layout
from games.openspiel.spec import OpenSpielSpec


class OpenSpielGame:
    """One game with its parameters. A root is a ``pyspiel.State``, which must not be played on but as a copy."""

    def __init__(self, text: str) -> None:
        """``text``: as in a specification. Raises ``GameError``."""
        self._text, self._game = catalogue.load(text)
        self._of_thread = threading.local()
        self._layout = layout(self._game)

    @classmethod
    def from_spec(cls, spec: OpenSpielSpec | Mapping[str, Any]) -> OpenSpielGame:
        """The game of a specification, see above. Raises ``GameError`` with one line for everything else."""
        return cls((spec if isinstance(spec, OpenSpielSpec) else specs.read(spec, OpenSpielSpec)).game)

    def spec(self) -> dict[str, Any]:
        """The specification that ``from_spec`` makes an equal game of, the same for all ways to write it."""
        return {"game": self._text}

    @property
    def name(self) -> str:
        """What ``games.load`` knows it by."""
        return "openspiel"

    @property
    def own_features(self) -> str:
        """They bear the name of the game with its parameters, and so does a net that looks at them."""
        return self._text

    @property
    def short_name(self) -> str:
        """What OpenSpiel calls the game, whatever its parameters."""
        return str(self._game.get_type().short_name)

    @property
    def num_moves(self) -> int:
        """OpenSpiel's number of distinct actions."""
        return int(self._game.num_distinct_actions())

    def root(self, record: Sequence[int]) -> Any:
        """The position after ``record``, prepared for ``replay``. Raises ``IllegalMove``."""
        state = self._game.new_initial_state()
        for number, move in enumerate(record, 1):
            if state.is_terminal():
                raise IllegalMove(f"move {number} of the record: the game is over")
            if move not in state.legal_actions():
                # by its number: asked for the word of such a move, some games of OpenSpiel end the process
                raise IllegalMove(f"move {number} of the record: {move} is not legal")
            state.apply_action(move)
        return state

    def feature_shapes(self, features: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Shapes of one position's planes and of its global inputs. Raises ``GameError`` for others.

        Planes are OpenSpiel's observation by the player to move, see ``planes``; the one global input is +1 when that
        is the first player and -1 when it is the second.
        """
        if features not in (self._text, ANY_FEATURES):
            raise GameError(f"the net is not for {self._text}: it looks at {features}")
        return self._layout.shape, (1,)

    def replay(
        self, leaves: Leaves, features: str, planes: NDArray[np.float32], global_inputs: NDArray[np.float32]
    ) -> Positions:
        """As ``games.game.Game.replay``."""
        self.feature_shapes(features)
        states = [
            _played(leaves.roots[root], leaves.moves[begin:end].tolist())
            for root, begin, end in zip(leaves.root_of, leaves.offsets[:-1], leaves.offsets[1:], strict=True)
        ]
        terminal = np.array([state.is_terminal() for state in states], np.bool_)
        to_play = np.array([-1 if state.current_player() == 1 else 1 for state in states], np.int8)
        self._observe(states, to_play, planes[: len(states)])
        global_inputs[: len(states), 0] = to_play
        return Positions(
            to_play,
            terminal,
            np.array([_result(state) for state in states], np.float32),
            np.where(terminal, np.float32(np.nan), np.float32(0.0)),
            self._legal(states),
        )

    def picture(self, record: Sequence[int]) -> str:
        """The position after ``record`` as OpenSpiel draws it. Raises ``IllegalMove``."""
        return str(self.root(record)).rstrip()

    def move_names(self, record: Sequence[int]) -> dict[int, str]:
        """The legal moves after ``record`` in OpenSpiel's words. Raises ``IllegalMove``."""
        state = self.root(record)
        return {move: str(state.action_to_string(state.current_player(), move)) for move in state.legal_actions()}

    def line_names(self, record: Sequence[int], line: Sequence[int]) -> list[str]:
        """The moves of a line that goes on from ``record``, in OpenSpiel's words. Raises ``IllegalMove``."""
        state = self.root(record)
        names = []
        for number, move in enumerate(line, 1):
            if state.is_terminal() or move not in state.legal_actions():
                raise IllegalMove(f"move {number} of the line: {move} is not legal")
            names.append(str(state.action_to_string(state.current_player(), move)))
            state.apply_action(move)
        return names

    def _observe(self, states: Sequence[Any], to_play: NDArray[np.int8], planes: NDArray[np.float32]) -> None:
        observation = self._observation()
        tensors = np.empty((len(states), len(observation.tensor)), np.float32)
        for row, state, player in zip(tensors, states, (to_play < 0).tolist(), strict=True):
            observation.set_from(state, int(player))
            row[:] = observation.tensor
        self._layout.fill(planes, tensors, to_play < 0)

    def _observation(self) -> Any:
        """OpenSpiel's own, made once in each thread, for it holds the tensor that it was last set to."""
        if not hasattr(self._of_thread, "observation"):
            from open_spiel.python.observation import make_observation

            self._of_thread.observation = make_observation(self._game)
        return self._of_thread.observation

    def _legal(self, states: Sequence[Any]) -> NDArray[np.bool_]:
        moves = [state.legal_actions() for state in states]
        legal = np.zeros((len(states), self.num_moves), np.bool_)
        rows = np.repeat(np.arange(len(states)), [len(one) for one in moves])
        legal[rows, np.fromiter(chain.from_iterable(moves), np.int64, len(rows))] = True
        return legal


def _played(root: Any, moves: Sequence[int]) -> Any:
    state = root.clone()
    for move in moves:
        state.apply_action(move)
    return state


def _result(state: Any) -> float:
    if not state.is_terminal():
        return 0.0
    first, second = state.returns()
    return float((first > second) - (first < second))
