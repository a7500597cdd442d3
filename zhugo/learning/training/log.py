"""What is told of training: a file of a line every few steps, and the same for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from protocol.files import write_whole
from zhugo.shared.errors import UserError

if TYPE_CHECKING:
    from zhugo.learning.training.trainer import Step

LOG, TENSORBOARD = "log.jsonl", "tensorboard"


@dataclass(frozen=True)
class Entry:
    """Means over the steps since the last one. step: the last of them. positions: in the folder, window: drawn from.

    losses, norm, rate, hints: as ``trainer.Step``. search_share: of the value to learn. steps_per_s: while training
    went on. seconds: that all steps took. progress: the share of the training that was over before the last step.
    """

    step: int
    positions: int
    window: int
    losses: dict[str, float]
    norm: float
    rate: float
    search_share: float
    steps_per_s: float
    seconds: float = 0.0
    progress: float = 0.0
    hints: tuple[float, ...] = ()

    def line(self) -> dict[str, Any]:
        """As the file has it: without hints where there are none."""
        return {name: value for name, value in vars(self).items() if name != "hints" or value}


class Log:
    """The log of a run's folder. ``step``: of the checkpoint that the run goes on from; what came after is forgotten,
    for it will come again."""

    def __init__(self, directory: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # which who only reads a log need not wait for

        self._path = directory / LOG
        with suppress(FileNotFoundError):
            kept = [json.dumps(line) + "\n" for line in read(directory) if line["step"] <= step]
            write_whole(self._path, "".join(kept).encode())
        self._board = SummaryWriter(str(directory / TENSORBOARD), purge_step=step + 1)

    def add(self, line: Mapping[str, Any]) -> None:
        """Write a line, which says of which ``step`` it is. Raises ``OSError`` on a full disk."""
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        for name, value in _figures({name: value for name, value in line.items() if name != "step"}):
            self._board.add_scalar(name, value, line["step"])

    def close(self) -> None:
        """Let go of the files."""
        self._board.close()


def means(steps: list[Step]) -> dict[str, Any]:
    """Of some steps: the losses, each over those in which it is, the norm, the rate and the hints."""
    names = dict.fromkeys(name for step in steps for name in step.losses)
    losses = {name: _mean([step.losses[name] for step in steps if name in step.losses]) for name in names}
    return {
        "losses": losses,
        "norm": _mean([step.norm for step in steps]),
        "rate": _mean([step.rate for step in steps]),
        "hints": tuple(_mean(list(values)) for values in zip(*(step.hints for step in steps), strict=True)),
    }


def read(directory: Path) -> list[dict[str, Any]]:
    """The lines of a folder's log; a last one that was not finished is left out. Raises ``UserError``."""
    lines = (directory / LOG).read_bytes().split(b"\n")[:-1]
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise UserError(f"log {directory / LOG}: {error}") from None


def _figures(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """All numbers, with names like those of files in folders."""
    for name, value in values.items():
        whole = prefix + ("loss" if name == "losses" else name)
        if isinstance(value, Mapping):
            yield from _figures(value, f"{whole}/")
        elif isinstance(value, tuple | list):
            yield from _figures({str(at): one for at, one in enumerate(value)}, f"{whole}/")
        else:
            yield whole, value


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 6)
