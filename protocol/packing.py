"""Results in few bytes, for searchers behind slow links: ``PackedUpdate`` from ``Update``, and back.

What is kept exactly: who is to move, which leaves are ends, values, patterns, keys, which moves are legal. A prior is
kept as c = 1 to 255, the square root of its share of the row's largest; a legal move is never without a prior. Leads,
scores and errors become half floats, an ownership one of 255 steps. Only legal moves have priors; zstandard packs all.

To unpack is integers, one division and one rounding, so that a trace replays on any processor: a prior is c * c over
the row's sum of these. How large that becomes is known, and bounded, before anything is unpacked.
"""

from __future__ import annotations

import numpy as np
import zstandard
from numpy.typing import NDArray

from protocol.messages import ILLEGAL_PRIOR, MAX_LEAD, PackedUpdate, Update

LEVEL = 3
STEPS = 255
"""Of a prior, and of an ownership."""

_HALVES = np.float16


class PackingError(ValueError):
    """What is packed there is no result; the text is one clear line."""


def packed(update: Update) -> PackedUpdate:
    """The same in fewer bytes, and rounded. What searchers do."""
    n, num_moves = update.priors.shape
    legal = update.priors != ILLEGAL_PRIOR
    priors = update.priors.view(_HALVES).astype(np.float32)
    largest = np.where(legal, priors, 0.0).max(axis=1, initial=0.0, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        roots = np.sqrt(priors / np.where(largest > 0.0, largest, 1.0))
    codes = np.where(largest > 0.0, np.clip(np.rint(np.nan_to_num(roots) * STEPS), 1, STEPS), 1).astype(np.uint8)
    columns = [
        update.to_play.view(np.uint8),
        update.terminal,
        update.value.view(np.uint8),
        _halves(update.lead),
        _halves(update.score),
        _halves(update.errors),
        update.patterns.view(np.uint8),
        update.keys.view(np.uint8),
        np.packbits(legal, axis=1),
        np.rint(update.ownership * (STEPS // 2)).astype(np.int8).view(np.uint8),
        codes[legal],
    ]
    raw = b"".join(np.ascontiguousarray(column).tobytes() for column in columns)
    data = zstandard.ZstdCompressor(LEVEL).compress(raw)
    return PackedUpdate(
        grant=update.grant,
        phases=update.phases,
        leaves=n,
        num_moves=num_moves,
        points=update.ownership.shape[1],
        legal=int(legal.sum()),
        with_scores=len(update.score) > 0,
        with_errors=len(update.errors) > 0,
        with_patterns=len(update.patterns) > 0,
        data=np.frombuffer(data, np.uint8),
        batch_request=update.batch_request,
        cached=update.cached,
        with_keys=len(update.keys) > 0,
    )


def unpacked(message: PackedUpdate) -> Update:
    """What was packed there. Raises ``PackingError``, also for what no ``Update`` can be."""
    n, num_moves, points = message.leaves, message.num_moves, message.points
    row = -(-num_moves // 8)
    sizes = [
        n,
        n,
        4 * n,
        2 * n,
        4 * n * message.with_scores,
        4 * n * message.with_errors,
        8 * n * message.with_patterns,
        8 * n * message.with_keys,
        row * n,
        points * n,
        message.legal,
    ]
    raw = _raw(message.data, sum(sizes))
    ends = np.cumsum(sizes)
    parts = [raw[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    to_play, terminal, value, lead, score, errors, patterns, keys, mask, ownership, codes = parts
    legal = np.unpackbits(mask.reshape(n, row), axis=1, count=num_moves).view(np.bool_)
    if int(legal.sum()) != message.legal:
        raise PackingError(f"{message.legal} priors where {int(legal.sum())} moves are legal")
    try:
        return Update(
            grant=message.grant,
            phases=message.phases,
            to_play=to_play.view(np.int8),
            terminal=terminal,
            value=value.view(np.float32),
            lead=_whole(lead),
            priors=_prior_bits(codes, legal),
            ownership=_ownership(ownership.reshape(n, points) if points else np.zeros((0, 0), np.uint8)),
            batch_request=message.batch_request,
            cached=message.cached,
            score=_whole(score).reshape(-1, 2) if message.with_scores else np.zeros((0, 0), np.float32),
            errors=_whole(errors).reshape(-1, 2) if message.with_errors else np.zeros((0, 0), np.float32),
            patterns=patterns.view(np.uint64),
            keys=keys.view(np.uint64),
        )
    except ValueError as error:
        raise PackingError(str(error)) from None


def _raw(data: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """What zstandard packed, if it is of this size. A copy, so that its parts may be looked at as other numbers."""
    try:
        if zstandard.frame_content_size(data.data) != size:
            raise PackingError(f"not {size} bytes are packed there")
        return np.frombuffer(
            bytearray(zstandard.ZstdDecompressor().decompress(data.data, max_output_size=size)), np.uint8
        )
    except zstandard.ZstdError as error:
        raise PackingError(f"nothing is packed there: {error}") from None


def _prior_bits(codes: NDArray[np.uint8], legal: NDArray[np.bool_]) -> NDArray[np.uint16]:
    weights = np.zeros(legal.shape, np.int64)
    weights[legal] = codes.astype(np.int64) ** 2
    sums = weights.sum(axis=1, keepdims=True)
    bits: NDArray[np.uint16] = (weights / np.maximum(sums, 1)).astype(_HALVES).view(np.uint16)
    bits[~legal] = ILLEGAL_PRIOR
    return bits


def _halves(numbers: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.clip(numbers, -MAX_LEAD, MAX_LEAD).astype(_HALVES)).view(np.uint8)


def _whole(halves: NDArray[np.uint8]) -> NDArray[np.float32]:
    return halves.view(_HALVES).astype(np.float32)


def _ownership(steps: NDArray[np.uint8]) -> NDArray[np.float32]:
    return steps.view(np.int8).astype(np.float32) / np.float32(STEPS // 2)
