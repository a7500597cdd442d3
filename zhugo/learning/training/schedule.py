"""How the learning rate goes over a training, in one phase or several."""

from __future__ import annotations

import math
from dataclasses import dataclass

from zhugo.learning.training.plan import Training


@dataclass(frozen=True)
class Phase:
    """A part of a training; at its begin the optimizer and the average of the weights begin anew.

    until: the share of the training that is over at its end. rate, last_rate: the learning rates as a share of
    ``optimizer.RATE``, at its start and, down along a cosine, at its end. warm_up: steps from 0 to the rate. average:
    weight that the running average of the weights keeps at each step. fed: whether every block sees the hint of the
    depth before it in place of what the net has there; only with hints.
    """

    until: float
    rate: float
    last_rate: float
    warm_up: int
    average: float
    fed: bool = False


def one_phase(training: Training) -> tuple[Phase, ...]:
    """The whole training as its settings have it."""
    return (Phase(1.0, training.rate, training.last_rate, training.warm_up, training.average),)


def rate(phase: Phase, begins: float, progress: float, step: int) -> float:
    """The learning rate of step ``step`` of a phase, from 0, that began when the share ``begins`` was over."""
    over = (progress - begins) / (phase.until - begins)
    down = 0.5 * (1.0 + math.cos(math.pi * min(1.0, max(0.0, over))))
    return min(1.0, (step + 1) / phase.warm_up) * (phase.last_rate + (phase.rate - phase.last_rate) * down)
