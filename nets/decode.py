"""From what a net says to what the search stores: legal moves only, and everything seen from Black's side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from games import Positions
from nets.net import RawOutputs

ILLEGAL_PRIOR_BITS = 0xFFFF
"""What stands for an illegal move among prior bits: a half-precision NaN (the wire's ILLEGAL_PRIOR)."""


@dataclass(frozen=True)
class Evaluations:
    """What a net thinks of n positions, from Black's side.

    value: float32[n] in [-1, 1]. lead: float32[n], points; NaN where the net does not say. priors: float32[n,
    num_moves], 0 where illegal; rows sum to 1, and rows without a legal move are all 0. ownership: float32[n, points]
    in [-1, 1]; float32[n, 0] where the net does not say. score: float32[n, 2], mean (points) and standard deviation of
    the final score; errors: float32[n, 2], how far a short search is expected to move value and score; NaN where the
    net does not say.
    """

    value: NDArray[np.float32]
    lead: NDArray[np.float32]
    priors: NDArray[np.float32]
    ownership: NDArray[np.float32]
    score: NDArray[np.float32]
    errors: NDArray[np.float32]


_UNSAID = np.empty((0, 2), np.float32)


def decode(raw: RawOutputs, positions: Positions) -> Evaluations:
    """The evaluations of the positions that ``raw`` was computed for; numpy arrays in, numpy arrays out.

    Raises ``ValueError`` when an output is not finite.
    """
    n = len(raw.policy)
    policy, value = np.ascontiguousarray(raw.policy), np.ascontiguousarray(raw.value)
    lead = np.empty(0, np.float32) if raw.lead is None else np.ascontiguousarray(raw.lead)
    ownership = np.empty((n, 0), np.float32) if raw.ownership is None else np.ascontiguousarray(raw.ownership)
    pairs = np.empty((2, n, 2), np.float32)
    seen = Evaluations(
        np.empty_like(value), np.empty_like(value), np.empty_like(policy), np.empty_like(ownership), pairs[0], pairs[1]
    )
    is_sound = _decode(
        policy,
        value,
        lead,
        ownership,
        _UNSAID if raw.score is None else np.ascontiguousarray(raw.score),
        _UNSAID if raw.errors is None else np.ascontiguousarray(raw.errors),
        positions.to_play,
        positions.legal,
        seen.value,
        seen.lead,
        seen.priors,
        seen.ownership,
        seen.score,
        seen.errors,
    )
    if not is_sound:
        raise ValueError("the net gave a policy, value, lead, ownership, score or error that is not a number")
    return seen


@njit(cache=True, nogil=True)
def _decode(
    policy: NDArray[np.float32],
    value: NDArray[np.float32],
    lead: NDArray[np.float32],
    ownership: NDArray[np.float32],
    score: NDArray[np.float32],
    errors: NDArray[np.float32],
    to_play: NDArray[np.int8],
    legal: NDArray[np.bool_],
    value_seen: NDArray[np.float32],
    lead_seen: NDArray[np.float32],
    priors: NDArray[np.float32],
    ownership_seen: NDArray[np.float32],
    score_seen: NDArray[np.float32],
    errors_seen: NDArray[np.float32],
) -> bool:
    """Fill the last six arrays; what a net does not say is an empty array. Returns whether all that it said is finite.

    One kernel, for a dozen calls of numpy on a small batch take ten times as long.
    """
    sound = True
    for i in range(len(policy)):
        black = np.float32(to_play[i])
        value_seen[i] = min(max(value[i] * black, np.float32(-1.0)), np.float32(1.0))
        sound &= math.isfinite(value[i])
        lead_seen[i] = np.nan
        if len(lead) > 0:
            lead_seen[i] = lead[i] * black
            sound &= math.isfinite(lead[i])
        for p in range(ownership.shape[1]):
            ownership_seen[i, p] = ownership[i, p] * black
            sound &= math.isfinite(ownership[i, p])
        for k in range(2):
            score_seen[i, k] = np.nan
            errors_seen[i, k] = np.nan
        if len(score) > 0:
            score_seen[i, 0] = score[i, 0] * black
            score_seen[i, 1] = score[i, 1]
            sound &= math.isfinite(score[i, 0]) and math.isfinite(score[i, 1])
        if len(errors) > 0:
            errors_seen[i, 0] = errors[i, 0]
            errors_seen[i, 1] = errors[i, 1]
            sound &= math.isfinite(errors[i, 0]) and math.isfinite(errors[i, 1])
        sound &= _softmax(policy[i], legal[i], priors[i])
    return sound


@njit(cache=True)
def _softmax(logits: NDArray[np.float32], legal: NDArray[np.bool_], priors: NDArray[np.float32]) -> bool:
    """Over the legal entries; 0 elsewhere. Returns whether the largest of them is finite, or there is none."""
    top = np.float32(-np.inf)
    for move in range(len(logits)):
        if legal[move] and not logits[move] <= top:  # greater, or not a number
            top = logits[move]
            if math.isnan(top):
                return False
    total = np.float32(0.0)
    for move in range(len(logits)):
        priors[move] = math.exp(logits[move] - top) if legal[move] else np.float32(0.0)
        total += priors[move]
    if total == 0.0:
        return True
    for move in range(len(logits)):
        priors[move] /= total
    return math.isfinite(top)


def half_prior_bits(priors: NDArray[np.float32], legal: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Priors as half-precision bits, ``ILLEGAL_PRIOR_BITS`` where illegal; [n, num_moves]."""
    bits = priors.astype(np.float16).view(np.uint16)
    return np.where(legal, bits, np.uint16(ILLEGAL_PRIOR_BITS))
