"""What results cost on the wire: bytes a leaf, time, error, and what a search makes of it, for some ways to pack.

Batches are those of real searches. Every way keeps only legal moves and ends in zstandard:

    plain    as ``Update`` has them: halves of all moves, not packed
    halves   halves of legal moves, their high bytes first; nothing is lost
    logs     one byte, the logarithm; 24 octaves
    roots    one byte, the square root of the share of the row's largest: ``protocol.packing``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from bench.oracle import Oracle, device_for
from bench.policies import Setting, distances, oracles, run
from protocol import messages as m
from protocol.codec import encode
from protocol.packing import LEVEL, packed, unpacked

BATCH = 16
_PHASES = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_OCTAVES = 24

Packed = tuple[bytes, Any]
"""What travels, and what both sides know anyway."""


@dataclass(frozen=True)
class Way:
    """One way to pack an update's priors, and to unpack them."""

    pack: Callable[[m.Update], Packed]
    unpack: Callable[[Packed], Any]


def _plain(update: m.Update) -> Packed:
    return b"".join(bytes(frame) for frame in encode(update)), update.priors


def _legal(update: m.Update, codes: bytes) -> bytes:
    legal = np.packbits(update.priors != m.ILLEGAL_PRIOR, axis=1).tobytes()
    others = (update.to_play, update.terminal, update.value, update.patterns)
    halves = (update.lead, update.score, update.errors)
    exact = b"".join(each.tobytes() for each in others) + b"".join(each.astype(np.float16).tobytes() for each in halves)
    return zstandard.ZstdCompressor(LEVEL).compress(exact + legal + codes)


def _halves(update: m.Update) -> Packed:
    legal = update.priors != m.ILLEGAL_PRIOR
    two = update.priors[legal].view(np.uint8).reshape(-1, 2)
    data = _legal(update, two[:, 1].tobytes() + two[:, 0].tobytes())
    return data, (two, legal)


def _from_halves(packed_: Packed) -> NDArray[np.uint16]:
    zstandard.ZstdDecompressor().decompress(packed_[0])  # for the time that it takes
    two, legal = packed_[1]
    priors = np.full(legal.shape, m.ILLEGAL_PRIOR, np.uint16)
    priors[legal] = two.copy().view(np.uint16)[:, 0]
    return priors


def _logs(update: m.Update) -> Packed:
    legal = update.priors != m.ILLEGAL_PRIOR
    priors = np.maximum(update.priors[legal].view(np.float16).astype(np.float32), 2.0**-_OCTAVES)
    codes = np.rint(255 + np.log2(priors) * (254 / _OCTAVES)).astype(np.uint8)
    return _legal(update, codes.tobytes()), (codes, legal)


def _from_logs(packed_: Packed) -> NDArray[np.uint16]:
    zstandard.ZstdDecompressor().decompress(packed_[0])
    codes, legal = packed_[1]
    shares = np.zeros(legal.shape)
    shares[legal] = 2.0 ** ((codes.astype(np.float64) - 255) * (_OCTAVES / 254))
    bits: NDArray[np.uint16] = (
        (shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)).astype(np.float16).view(np.uint16)
    )
    bits[~legal] = m.ILLEGAL_PRIOR
    return bits


def _roots(update: m.Update) -> Packed:
    made = packed(update)
    return b"".join(bytes(frame) for frame in encode(made)), made


WAYS = {
    "plain": Way(_plain, lambda one: one[1]),
    "halves": Way(_halves, _from_halves),
    "logs": Way(_logs, _from_logs),
    "roots": Way(_roots, lambda one: unpacked(one[1]).priors),
}


@dataclass
class _Rounded:
    """An oracle whose priors went over the wire this way; ``seen``: the updates."""

    oracle: Oracle
    way: Way
    seen: list[m.Update] = field(default_factory=list)

    @property
    def game(self) -> Any:
        """What is played."""
        return self.oracle.game

    def evaluate(self, paths: Sequence[tuple[int, ...]], order: NDArray[np.int64]) -> dict[str, Any]:
        """As the oracle's."""
        arrays = self.oracle.evaluate(paths, order)
        update = m.Update(0, _PHASES, **arrays)
        self.seen.append(update)
        return {**arrays, "priors": self.way.unpack(self.way.pack(update))}


def measure(positions: int = 4, visits: int = 400, net_file: Path | None = None) -> dict[str, Any]:
    """A row for each way. Raises ``NetError``."""
    device = device_for(net_file)
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    noise = []
    setting = Setting(batch=BATCH, visits=visits)
    for oracle in oracles(device, positions):
        order = np.arange(oracle.game.num_moves)
        shuffled = np.random.default_rng(visits).permutation(order)
        exact = _Rounded(oracle, WAYS["plain"])
        reference = run(exact, setting, order)  # type: ignore[arg-type]
        noise.append(distances(reference, run(oracle, setting, shuffled)))
        for name, way in WAYS.items():
            searched = run(_Rounded(oracle, way), setting, order)  # type: ignore[arg-type]
            rows[name].append({**_cost(way, exact.seen), **distances(reference, searched)})
    device.close()
    return {
        "net": device.info.name,
        "positions": positions,
        "visits": visits,
        "tie_breaking": _means(noise),
        "ways": [{"way": name, **_means(seen)} for name, seen in rows.items()],
    }


def _cost(way: Way, updates: Sequence[m.Update]) -> dict[str, float]:
    leaves = sum(len(update.to_play) for update in updates)
    began = time.perf_counter()
    done = [way.pack(update) for update in updates]
    between = time.perf_counter()
    restored = [way.unpack(one) for one in done]
    ended = time.perf_counter()
    errors = [_error(update.priors, priors) for update, priors in zip(updates, restored, strict=True)]
    return {
        "bytes_a_leaf": sum(len(data) for data, _ in done) / leaves,
        "pack_us_a_leaf": (between - began) / leaves * 1e6,
        "unpack_us_a_leaf": (ended - between) / leaves * 1e6,
        "largest_error": max(errors),
    }


def _error(before: NDArray[np.uint16], after: NDArray[np.uint16]) -> float:
    legal = before != m.ILLEGAL_PRIOR
    moved = before[legal].view(np.float16).astype(np.float64) - after[legal].view(np.float16).astype(np.float64)
    return float(np.abs(moved).max(initial=0.0))


def _means(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    largest = {name: max(row[name] for row in rows) for name in rows[0] if name.startswith("largest")}
    return {name: statistics.fmean(row[name] for row in rows) for name in rows[0]} | largest
