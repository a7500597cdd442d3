"""From a grant to the inputs of a net: what the searcher does before the device can begin."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

import games
from daemon.evaluation.lru_cache import LruCache
from daemon.gpu_client import Batch, take
from games import USUAL_OPTIMISM, Game, Leaves, Positions, takes_optimism
from protocol.messages import Grant, GrantPart

_fields = attrgetter("to_play", "terminal", "result", "lead", "legal", "patterns", "keys")

KEPT_ROOTS = 256
KEPT_GAMES = 32


def optimism_of(grant: Grant) -> NDArray[np.float32]:
    """float32[n]: of the policy of each leaf."""
    counts = np.diff([*(part.first for part in grant.parts), len(grant.offsets) - 1])
    said = [(part.root_optimism, part.optimism) for part in grant.parts]
    pairs = [[USUAL_OPTIMISM if one is None else one for one in pair] for pair in said]
    of_root, below = np.repeat(np.array(pairs, np.float32), counts, axis=0).T
    found: NDArray[np.float32] = np.where(np.diff(grant.offsets) == 0, of_root, below)
    return found


@dataclass(frozen=True)
class Encoded:
    """The positions of a grant, and those of them that need a device as a batch.

    live: int64[m], the rows of ``positions`` that the batch holds, in order. batch: None when m is 0.
    """

    positions: Positions
    live: NDArray[np.int64]
    batch: Batch | None


def encoded_of(planes: NDArray[np.float32], global_inputs: NDArray[np.float32], positions: Positions) -> Encoded:
    """These rows, of which a device needs those that are not terminal."""
    live = np.flatnonzero(~positions.terminal)
    if len(live) == len(planes):
        return Encoded(positions, live, Batch(planes, global_inputs, positions))
    batch = Batch(planes[live], global_inputs[live], take(positions, live)) if len(live) else None
    return Encoded(positions, live, batch)


class LeafEncoder(Protocol):
    """From grants to inputs of a net, one grant after the other."""

    def encode(self, grant: Grant) -> Encoded:
        """See ``Encoder``."""

    def done(self, finished: bool) -> None:
        """The last grant's evaluation is known (``finished``), or it is given up."""

    def forget_positions(self) -> None:
        """See ``Encoder``."""

    def close(self) -> None:
        """Let go of what is held."""


class Encoder:
    """Replays leaves and fills feature planes, into one of two buffers in turn."""

    def __init__(self, features: str) -> None:
        """``features``: the kind that the net wants, see ``Game.feature_shapes``."""
        self._features = features
        self._games: LruCache[bytes, Game] = LruCache(KEPT_GAMES)
        self._roots: LruCache[int, Any] = LruCache(KEPT_ROOTS)
        self._buffers: list[tuple[NDArray[np.float32], NDArray[np.float32]] | None] = [None, None]

    def forget_positions(self) -> None:
        """The master may have begun anew, and count positions from the start again."""
        self._roots = LruCache(KEPT_ROOTS)

    def encode(self, grant: Grant) -> Encoded:
        """The positions and inputs of a grant's leaves, valid until the next but one call.

        Raises ``GameError`` when the game cannot be played or has no such features.
        """
        return encoded_of(*self.rows(grant))

    def rows(self, grant: Grant) -> tuple[NDArray[np.float32], NDArray[np.float32], Positions]:
        """Planes, global inputs and positions of all leaves, the terminal ones among them; as ``encode`` else."""
        ends = [part.first for part in grant.parts[1:]] + [len(grant.offsets) - 1]
        games_of = self._games_of(grant.game, [part.spec for part in grant.parts])
        played = list(zip(games_of, grant.parts, ends, strict=True))
        planes, global_inputs = self._buffer(ends[-1], *played[0][0].feature_shapes(self._features))
        found = []
        for game, parts in groupby(played, key=itemgetter(0)):  # komi and rules are the game's, so each replays its own
            leaves, rows = self._leaves(grant, game, [(part, end) for _, part, end in parts])
            found.append(game.replay(leaves, self._features, planes[rows], global_inputs[rows]))
        if takes_optimism(self._features):
            global_inputs[: ends[-1], -1] = optimism_of(grant) - USUAL_OPTIMISM
        positions = (
            found[0] if len(found) == 1 else Positions(*map(np.concatenate, zip(*map(_fields, found), strict=True)))
        )
        n = ends[-1]
        return planes[:n], global_inputs[:n], positions

    def done(self, finished: bool) -> None:
        """Its evaluation is known, or given up: the same to this encoder."""

    def close(self) -> None:
        """Nothing is held."""

    def _leaves(self, grant: Grant, game: Game, parts: list[tuple[GrantPart, int]]) -> tuple[Leaves, slice]:
        """The leaves of consecutive parts, each given with its end, and which rows of the grant they are."""
        roots = [self._roots.get(part.position, partial(game.root, part.record)) for part, _ in parts]
        begin, end = parts[0][0].first, parts[-1][1]
        if len(grant.parts) == 1:
            return Leaves(roots, np.zeros(end, np.int32), grant.offsets, grant.moves), slice(begin, end)
        root_of = np.repeat(np.arange(len(parts), dtype=np.int32), [end - part.first for part, end in parts])
        offsets = grant.offsets[begin : end + 1]
        leaves = Leaves(roots, root_of, offsets - offsets[0], grant.moves[offsets[0] : offsets[-1]])
        return leaves, slice(begin, end)

    def _games_of(self, name: str, specs: Sequence[dict[str, Any]]) -> list[Game]:
        """The game of each specification; most of those of a batch are the same."""
        found = [self._game(name, specs[0])]
        for before, spec in pairwise(specs):
            found.append(found[-1] if spec == before else self._game(name, spec))
        return found

    def _game(self, name: str, spec: dict[str, Any]) -> Game:
        return self._games.get(msgspec.msgpack.encode((name, spec)), lambda: games.load(name, spec))

    def _buffer(
        self, n: int, plane_shape: tuple[int, ...], global_shape: tuple[int, ...]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self._buffers.reverse()
        held = self._buffers[0]
        if held is None or len(held[0]) < n or held[0].shape[1:] != plane_shape or held[1].shape[1:] != global_shape:
            held = np.zeros((n, *plane_shape), np.float32), np.zeros((n, *global_shape), np.float32)
            self._buffers[0] = held
        return held


class SlowerEncoder(Encoder):
    """An encoder that keeps its core busy for longer than it needs, as that of another game might."""

    def __init__(self, features: str, seconds: float) -> None:
        """``seconds``: that each position takes more."""
        super().__init__(features)
        self._seconds = seconds

    def rows(self, grant: Grant) -> tuple[NDArray[np.float32], NDArray[np.float32], Positions]:
        """See ``Encoder``."""
        found = super().rows(grant)
        until = time.perf_counter() + self._seconds * len(found[0])
        while time.perf_counter() < until:
            pass
        return found
