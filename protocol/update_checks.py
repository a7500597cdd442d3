"""Whether the arrays of an update make sense together; looked at for every update that comes."""

from __future__ import annotations

import math
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from protocol.bounded import MAX_LEAD, MAX_LEAVES, MAX_MOVES, MAX_OWNERSHIP

if TYPE_CHECKING:
    from protocol.messages import Update

_ONE_PRIOR = 0x3C00
"""The half-precision number 1."""


def require(condition: bool, complaint: str) -> None:
    """Raise ``ValueError`` with the complaint unless the condition holds."""
    if not condition:
        raise ValueError(complaint)


def require_sound(update: Update) -> None:
    """Raise ``ValueError``, whose text says what makes no sense."""
    n = len(update.to_play)
    require(n <= MAX_LEAVES, "more leaves of an update than there can be")
    require(update.cached <= n, "more leaves of an update were remembered than it has")
    require(update.priors.ndim == 2 and update.ownership.ndim == 2, "priors and ownership have two dimensions")
    flat = (update.to_play, update.terminal, update.value, update.lead)
    require(all(a.ndim == 1 and len(a) == n for a in flat), "arrays of an update differ in length")
    require(len(update.priors) == n, "priors of an update differ in length")
    require(update.ownership.shape == (0, 0) or len(update.ownership) == n, "ownership of an update differs in length")
    require(update.ownership.shape[1] <= MAX_MOVES, "ownership of more points than there can be")
    require(bool(update.ownership.shape[1]) or not len(update.ownership), "ownership without a point")
    # Lists, since a batch is short: a call of numpy takes longer than checking a few numbers here.
    require(set(update.to_play.tolist()) <= {1, -1}, "to_play is +1 or -1")
    terminal = update.terminal.tolist()
    require(set(terminal) <= {0, 1}, "terminal is 0 or 1")
    require(_are_values(update.value.tolist()), "a value lies outside [-1, 1]")
    require(not any(abs(lead) > MAX_LEAD for lead in update.lead.tolist()), f"a lead is beyond {MAX_LEAD:g} points")
    require(_is_ownership(update.ownership), "an ownership lies outside [-1, 1]")
    require(update.score.shape in ((n, 2), (0, 0)), "score of an update has two columns, or is not there")
    require(_are_pairs(update.score, -MAX_LEAD), "a score makes no sense")
    require(update.errors.shape in ((n, 2), (0, 0)), "errors of an update have two columns, or are not there")
    require(_are_pairs(update.errors, 0.0), "an error makes no sense")
    require(update.patterns.ndim == 1 and len(update.patterns) in (n, 0), "patterns of an update differ in length")
    require(update.keys.ndim == 1 and len(update.keys) in (n, 0), "keys of an update differ in length")
    # Adding 1 turns the mark of an illegal move, the largest number, into 0.
    largest = (update.priors + np.uint16(1)).max(axis=1, initial=0).tolist()
    require(all(prior <= _ONE_PRIOR + 1 for prior in largest), "a prior lies outside [0, 1]")
    live = [not over for over in terminal]
    require(all(compress(largest, live)), "a live leaf without a legal move")


def _are_values(numbers: list[float]) -> bool:
    # What is not a number makes the sum none; least and largest alone could pass over it.
    return not numbers or (math.isfinite(sum(numbers)) and min(numbers) >= -1.0 and max(numbers) <= 1.0)


def _are_pairs(rows: NDArray[np.float32], least: float) -> bool:
    """Whether each row is a number, at least ``least``, and one that is not negative, or two that are NaN."""
    if not rows.size:
        return True
    numbers = rows.ravel().tolist()
    if math.isfinite(sum(numbers)):
        return max(numbers) <= MAX_LEAD and min(numbers[::2]) >= least and min(numbers[1::2]) >= 0.0
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return all(
        (least <= one <= MAX_LEAD and 0.0 <= two <= MAX_LEAD) or (math.isnan(one) and math.isnan(two))
        for one, two in pairs
    )


def _is_ownership(points: NDArray[np.float32]) -> bool:
    return not points.size or (float(points.max()) <= MAX_OWNERSHIP and float(points.min()) >= -MAX_OWNERSHIP)
