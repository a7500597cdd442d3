"""What is told of training: a file of a line every few steps, and the same for TensorBoard."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from zhugo.learning.training.trainer import Step
from zhugo.shared.errors import UserError
from zhugo.shared.files import write_whole

LOG, TENSORBOARD = "log.jsonl", "tensorboard"


@dataclass(frozen=True)
class Entry:
    """Means over the steps since the last one. step: the last of them. positions: in the folder, window: drawn from.

    losses, norm, rate: as ``trainer.Step``. search_share: of the value to learn. steps_per_s: while training went on.
    """

    step: int
    positions: int
    window: int
    losses: dict[str, float]
    norm: float
    rate: float
    search_share: float
    steps_per_s: float


class Log:
    """The log of a run's folder. ``step``: of the checkpoint that the run goes on from; what came after is forgotten,
    for it will come again."""

    def __init__(self, directory: Path, step: int) -> None:
        self._path = directory / LOG
        with suppress(FileNotFoundError):
            kept = [json.dumps(line) + "\n" for line in read(directory) if line["step"] <= step]
            write_whole(self._path, "".join(kept).encode())
        self._board = SummaryWriter(str(directory / TENSORBOARD), purge_step=step + 1)

    def add(self, entry: Entry) -> None:
        """Write it. Raises ``OSError`` on a full disk."""
        with self._path.open("a") as file:
            file.write(json.dumps(vars(entry)) + "\n")
        figures = {name: value for name, value in vars(entry).items() if name not in ("step", "losses")}
        for name, value in ({f"loss/{name}": value for name, value in entry.losses.items()} | figures).items():
            self._board.add_scalar(name, value, entry.step)

    def close(self) -> None:
        """Let go of the files."""
        self._board.close()


def means(steps: list[Step]) -> dict[str, Any]:
    """Of some steps: the losses, each over those in which it is, the norm and the rate."""
    names = dict.fromkeys(name for step in steps for name in step.losses)
    losses = {name: _mean([step.losses[name] for step in steps if name in step.losses]) for name in names}
    return {
        "losses": losses,
        "norm": _mean([step.norm for step in steps]),
        "rate": _mean([step.rate for step in steps]),
    }


def read(directory: Path) -> list[dict[str, Any]]:
    """The lines of a folder's log; a last one that was not finished is left out. Raises ``UserError``."""
    lines = (directory / LOG).read_bytes().split(b"\n")[:-1]
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise UserError(f"log {directory / LOG}: {error}") from None


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 6)
