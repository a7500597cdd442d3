"""From what a net says to what the search stores: legal moves only, and everything seen from Black's side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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
    in [-1, 1]; float32[n, 0] where the net does not say.
    """

    value: NDArray[np.float32]
    lead: NDArray[np.float32]
    priors: NDArray[np.float32]
    ownership: NDArray[np.float32]


def decode(raw: RawOutputs, positions: Positions) -> Evaluations:
    """The evaluations of the positions that ``raw`` was computed for; numpy arrays in, numpy arrays out.

    Raises ``ValueError`` when an output is not finite.
    """
    said = [field for field in (raw.value, raw.lead, raw.ownership) if field is not None]
    if not all(np.isfinite(field).all() for field in said):
        raise ValueError("the net gave a value, lead or ownership that is not a number")
    black = positions.to_play.astype(np.float32)
    value = np.clip(raw.value * black, -1.0, 1.0)
    lead = np.full(len(black), np.nan, np.float32) if raw.lead is None else raw.lead * black
    ownership = np.zeros((len(black), 0), np.float32) if raw.ownership is None else raw.ownership * black[:, None]
    return Evaluations(value, lead, softmax_over(raw.policy, positions.legal), ownership)


def softmax_over(logits: NDArray[np.float32], legal: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Row by row the softmax over the legal entries, 0 elsewhere; [n, num_moves].

    Raises ``ValueError`` when a legal entry is not finite.
    """
    masked = np.where(legal, logits, np.float32(-np.inf))
    top = masked.max(axis=1, keepdims=True)
    top[~legal.any(axis=1)] = 0.0
    if not np.isfinite(top).all():
        raise ValueError("the net gave a policy that is not a number")
    priors: NDArray[np.float32] = np.exp(masked - top)
    total = priors.sum(axis=1, keepdims=True)
    np.divide(priors, total, out=priors, where=total > 0)
    return priors


def half_prior_bits(priors: NDArray[np.float32], legal: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Priors as half-precision bits, ``ILLEGAL_PRIOR_BITS`` where illegal; [n, num_moves]."""
    bits = priors.astype(np.float16).view(np.uint16)
    return np.where(legal, bits, np.uint16(ILLEGAL_PRIOR_BITS))
