"""How far a net is from its targets: sums over the rows of a batch, so that parts of one add up to the whole."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from zhugo.learning.training.batches import Batch
from zhugo.learning.training.plan import Weights

_NEVER = -1e9
_SURE = 1e-4
_LEAD_UNIT = 10.0


def losses(outputs: tuple[Tensor, ...], batch: Batch, search_share: float) -> dict[str, Tensor]:
    """Losses times weights, summed over the rows that each is for; lead and ownership where the net says them.

    policy: cross-entropy above the target's own entropy, where a full search was made. value: the same for the chance
    to win, to ``mixed``. lead: in units of 10 points, its large errors counted once. ownership: mean square.
    """
    logits, value, *more = outputs
    found = {"policy": _policy(logits, batch), "value": _value(value, mixed(batch, search_share), batch.weight)}
    if more:
        lead, ownership = more
        missed = functional.smooth_l1_loss(lead / _LEAD_UNIT, batch.lead / _LEAD_UNIT, reduction="none")
        found["lead"] = (missed * batch.scored * batch.weight).sum()
        if batch.ownership.shape[1]:
            found["ownership"] = ((ownership - batch.ownership).square().mean(1) * batch.scored * batch.weight).sum()
    return found


def mixed(batch: Batch, search_share: float) -> Tensor:
    """The value to learn: (1 - s) · result + s · value of the search."""
    return batch.result + search_share * (batch.searched - batch.result)


def counts(batch: Batch) -> dict[str, float]:
    """By how many rows each of ``losses`` is a sum, 1 where there is none; weights, being 1 on the average, aside."""
    full, scored = (max(1.0, float(rows.sum())) for rows in (batch.full, batch.scored))
    return {"policy": full, "value": float(len(batch)), "lead": scored, "ownership": scored}


def weighted(sums: dict[str, Tensor], of: dict[str, float], weights: Weights) -> Tensor:
    """The one number that training minimises: means over ``of`` rows, weighed."""
    return torch.stack([getattr(weights, name) / of[name] * total for name, total in sums.items()]).sum()


def _policy(logits: Tensor, batch: Batch) -> Tensor:
    log_p = logits.masked_fill(~batch.legal, _NEVER).log_softmax(1)
    entropy = -torch.special.xlogy(batch.policy, batch.policy).sum(1)
    missed: Tensor = (-(batch.policy * log_p).sum(1) - entropy) * batch.full * batch.weight
    return missed.sum()


def _value(value: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    win, wanted = ((0.5 + 0.5 * one).clamp(_SURE, 1 - _SURE) for one in (value, target))
    # the divergence of the two chances, written out: torch's own cross-entropy ends the program at a NaN
    missed: Tensor = wanted * (wanted / win).log() + (1 - wanted) * ((1 - wanted) / (1 - win)).log()
    return (missed * weight).sum()
