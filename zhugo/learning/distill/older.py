"""Checkpoints of distillation from before it shared the trainer of self-play."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import torch

from zhugo.learning.training.checkpoint import State


def identity(config: Mapping[str, Any], teacher: str) -> dict[str, str]:
    """Of a run: the student's shape, and the sha256 of its teacher."""
    return {"shape": json.dumps(dict(config), sort_keys=True), "teacher": teacher}


def upgraded(say: Callable[[str], None]) -> Callable[[State], State]:
    """What makes such a checkpoint one of today; ``say`` hears of it."""

    def upgrade(state: State) -> State:
        student = state["student"]
        fed = student["average"] is None
        weights = {f"module.{name}": tensor for name, tensor in student["model"].items()}
        trainer = {
            "module": student["model"],
            "average": {"n_averaged": torch.tensor(0), **weights} if fed else student["average"],
            "optimizer": student["optimizer"],
            "hints": state["hints"],
            "steps": student["steps"],
            "positions": 0,
            "phase": 0 if fed else 1,
            "phase_began": student["phase_began"],
            "parts": 1,
        }
        say(f"the checkpoint is of an earlier version; the run goes on from step {student['steps']}")
        of = identity(state["config"], state["teacher"])
        return {"identity": of, "known": None, "trainer": trainer, "seconds": state["seconds"]}

    return upgrade
