"""How far a student's outputs are from the labels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from zhugo.learning.distill.batches import Batch

WEIGHTS = {"policy": 0.5, "value": 0.5, "lead": 0.05, "ownership": 1.0}
HINTS_WEIGHT = 4.0
"""The hints say most, for they say it at every point; the outputs' gradients are as large with the noise of a few
positions, the lead's above all. With these weights the hints' is about as long as all of theirs."""

_NEVER = -1e9


def losses(outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, Tensor]:
    """Policy: cross-entropy above the label's own entropy; value: the same for the chance to win; lead in units of 10
    points, its large errors counted once; ownership: mean square."""
    logits, value, lead, ownership = outputs
    log_p = logits.masked_fill(~batch.legal, _NEVER).log_softmax(1)
    entropy = -torch.special.xlogy(batch.policy, batch.policy).sum(1)
    win = (0.5 + 0.5 * value).clamp(1e-4, 1 - 1e-4)
    target_win = (0.5 + 0.5 * batch.value).clamp(1e-4, 1 - 1e-4)
    floor = functional.binary_cross_entropy(target_win, target_win)
    return {
        "policy": (-(batch.policy * log_p).sum(1) - entropy).mean(),
        "value": functional.binary_cross_entropy(win, target_win) - floor,
        "lead": functional.smooth_l1_loss(lead / 10, batch.lead / 10),
        "ownership": functional.mse_loss(ownership, batch.ownership),
    }


def agreement(outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, float]:
    """Share of positions whose first choice is the label's; mean error of the win rate; median error of the lead."""
    return {
        "top1": same_choice(outputs[0], batch.policy, batch),
        "win_rate_error": float((outputs[1] - batch.value).abs().mean()) / 2,
        "lead_error": float((outputs[2] - batch.lead).abs().median()),
    }


def same_choice(one: Tensor, other: Tensor, batch: Batch) -> float:
    """Share of positions in which two policies, logits or not, put the same legal move first."""
    first, second = (policy.masked_fill(~batch.legal, _NEVER).argmax(1) for policy in (one, other))
    return float((first == second).float().mean())
