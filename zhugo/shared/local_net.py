"""A net evaluated in this process, a position at a time and exactly, with everything that it says.

For a second net beside the daemon's, and for those who ask for what a search has no use for.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nets.errors import NetError
from nets.facts import features_of, name_of

if TYPE_CHECKING:
    from games.go.game import Go
    from nets import Net


@dataclass(frozen=True)
class NetRecord:
    """What a net says of one position, Black's side. None: it does not say.

    policy: float64[num_moves], -1 where a move is illegal; legal moves sum to 1. black_win, white_win, no_result:
    probabilities. score: the final one that is expected, points; score_squared: its second moment; score_deviation:
    what the two make its standard deviation. lead: points, for fair play from here. variance_time: moves until the
    outcome is clear. value_error (of win - loss), score_error: how far a short search is expected to move them.
    ownership: float64[points] in [-1, 1].
    """

    policy: NDArray[np.float64]
    black_win: float
    white_win: float
    no_result: float | None
    lead: float | None
    score: float | None
    score_squared: float | None
    score_deviation: float | None
    variance_time: float | None
    value_error: float | None
    score_error: float | None
    ownership: NDArray[np.float64] | None


class LocalNet:
    """A net in a file. torch is imported, and the net loaded, when it is first asked."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = Lock()

    @cached_property
    def name(self) -> str:
        """As its file says. Raises ``NetError``, as all of these do."""
        return name_of(self.file)

    @cached_property
    def features(self) -> str:
        """The kind of its inputs."""
        return features_of(self.file)

    @cached_property
    def _net(self) -> Net:
        import nets

        return nets.load(self.file)

    def load_soon(self) -> None:
        """Load it in the background, so that who asks first need not wait so long."""

        def load() -> None:
            with self._lock, suppress(NetError):  # whoever asks is told
                _ = self._net

        Thread(target=load, name="local net", daemon=True).start()

    def says(self, game: Go, record: Sequence[int], optimism: float | None = None) -> NetRecord:
        """What it says of the position after ``record``, be the game over there or not.

        ``optimism``: of the policy, the usual one for None; a net that has no optimistic policy knows of none. Raises
        ``NetError``, ``IllegalMove``, ``GameError``.
        """
        with self._lock:
            return self._evaluated(game, record, optimism)

    def _evaluated(self, game: Go, record: Sequence[int], optimism: float | None) -> NetRecord:
        import torch

        from games import USUAL_OPTIMISM, Leaves, takes_optimism
        from games.go.position import Position
        from nets.katago.model import KataGoModel

        net = self._net
        net.check(game.height, game.width)
        leaf = Leaves([game.root(record)], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
        planes, values = (np.zeros((1, *shape), np.float32) for shape in game.feature_shapes(net.features))
        positions = game.replay(leaf, net.features, planes, values)
        if takes_optimism(net.features) and optimism is not None:
            values[0, -1] = optimism - USUAL_OPTIMISM
        inputs = torch.from_numpy(planes), torch.from_numpy(values)
        sign = float(positions.to_play[0])
        with torch.inference_mode():
            if isinstance(net.module, KataGoModel):
                said = {name: _first(array) for name, array in net.module.outputs(*inputs)._asdict().items()}
            else:
                said = _few(net.module(*inputs))
        legal = Position(game, record).legal()
        win, loss, no_result = said["outcome"]
        return NetRecord(
            policy=_policy(said["policy"], legal),
            black_win=float(win if sign > 0 else loss),
            white_win=float(loss if sign > 0 else win),
            no_result=None if no_result is None else float(no_result),
            lead=_number(said["lead"], sign),
            score=_number(said["score"], sign),
            ownership=None if said["ownership"] is None else np.asarray(sign * said["ownership"], np.float64),
            score_squared=_number(said["score_squared"]),
            score_deviation=_number(said["score_stdev"]),
            variance_time=_number(said["variance_time"]),
            value_error=_number(said["value_error"]),
            score_error=_number(said["score_error"]),
        )


def _first(array: Any) -> Any:
    return None if array is None else array[0].float().numpy()


def _few(outputs: Sequence[Any]) -> dict[str, Any]:
    """What ``nets.RawOutputs`` has of the names of ``nets.katago.model.Outputs``."""
    from nets import RawOutputs

    raw = RawOutputs(*(_first(output) for output in outputs))
    score, deviation = (None, None) if raw.score is None else raw.score
    value_error, score_error = (None, None) if raw.errors is None else raw.errors
    return {
        "policy": raw.policy,
        "outcome": ((1.0 + raw.value) / 2.0, (1.0 - raw.value) / 2.0, None),
        "lead": raw.lead,
        "score": score,
        "score_squared": None if score is None or deviation is None else deviation * deviation + score * score,
        "score_stdev": deviation,
        "variance_time": None,
        "value_error": value_error,
        "score_error": score_error,
        "ownership": raw.ownership,
    }


def _number(value: Any, sign: float = 1.0) -> float | None:
    return None if value is None else float(sign * value)


def _policy(logits: NDArray[np.float32], legal: NDArray[np.bool_]) -> NDArray[np.float64]:
    shifted = np.exp(logits.astype(np.float64) - logits[legal].max())
    return np.where(legal, shifted / shifted[legal].sum(), -1.0)
