"""How near a net is to the labels of positions that it does not learn from, and to its teacher."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nets.zhugo_model import ZhuGoModel
from zhugo.learning.distill.teacher import TEACHER_FEATURES, Teacher
from zhugo.learning.samples.shard import Row
from zhugo.learning.training.batches import Batch, make_batch
from zhugo.learning.training.losses import counts, losses

_CHUNK = 50
_NEVER = -1e9


def examine(
    model: ZhuGoModel, teacher: Teacher, rows: Sequence[Row], device: torch.device, features: str
) -> dict[str, float]:
    """A net that plays, by these features, on positions of one size, which are labelled.

    Beside ``agreement`` with the labels and the losses: how often its first choice is that of the teacher that sees as
    much history (``top1_teacher``), and how often that one is the label's (``teacher_top1``).
    """
    chunks = [rows[begin : begin + _CHUNK] for begin in range(0, len(rows), _CHUNK)]
    batches = [make_batch(chunk, hint_features=TEACHER_FEATURES, features=features).to(device) for chunk in chunks]
    with torch.inference_mode():
        outputs = _joined([model(batch.planes, batch.globals_) for batch in batches])
    taught = torch.cat([teacher.policy(batch) for batch in batches])
    whole = Batch(*_joined([tuple(vars(batch).values()) for batch in batches]))
    of = counts(whole)
    figures = agreement(outputs, whole) | {
        "top1_teacher": same_choice(outputs[0], taught, whole),
        "teacher_top1": same_choice(taught, whole.policy, whole),
    }
    figures |= {name: float(total) / of[name] for name, total in losses(outputs, whole, 1.0).items()}
    return {name: round(value, 4) for name, value in figures.items()}


def agreement(outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, float]:
    """Share of positions whose first choice is the label's; mean error of the win rate; median error of the lead."""
    return {
        "top1": same_choice(outputs[0], batch.policy, batch),
        "win_rate_error": float((outputs[1] - batch.searched).abs().mean()) / 2,
        "lead_error": float((outputs[2] - batch.lead).abs().median()),
    }


def same_choice(one: Tensor, other: Tensor, batch: Batch) -> float:
    """Share of positions in which two policies, logits or not, put the same legal move first."""
    first, second = (policy.masked_fill(~batch.legal, _NEVER).argmax(1) for policy in (one, other))
    return float((first == second).float().mean())


def _joined(parts: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.cat(columns) for columns in zip(*parts, strict=True))
