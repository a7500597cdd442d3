"""A run as a person sees it: a bar, and a table of every examination."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from zhugo.shared.progress import Shown, shown


class Progress:
    """A run on a console."""

    def __init__(self, bar: Shown) -> None:
        self._bar = bar

    def say(self, line: str) -> None:
        """A line to keep."""
        self._bar.say(line)

    def waiting(self, text: str) -> None:
        """What the run waits for."""
        self._bar.update(0.0, None, text)

    def entry(self, entry: dict[str, Any]) -> None:
        """What ``Distillation.train`` yields."""
        if "held_out" in entry:
            for line in examination(entry):
                self.say(line)
        else:
            self._bar.update(entry["progress"], 1.0, standing(entry))


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    """Shows a run on ``console`` during the block."""
    with shown(console, "the teacher starts", as_share=True) as bar:
        yield Progress(bar)


def standing(entry: dict[str, Any]) -> str:
    """What the last steps found, in a line."""
    parts = " ".join(f"{name} {value:.3f}" for name, value in entry["losses"].items())
    return f"step {entry['step']}, {1 / entry['steps_per_s']:.2f} s each: {parts}, trunk {entry['hints'][-1]:.3f}"


def examination(entry: dict[str, Any]) -> Iterator[str]:
    """The held-out figures of an examination, a line for each size."""
    yield f"step {entry['step']}, {entry['seconds'] / 60:.1f} min, {sum(entry['positions'].values()):,} positions"
    for size, found in entry["held_out"].items():
        yield (
            f"  {size:>2}x{size:<2} top-1 {found['top1']:.1%}, {found['top1_teacher']:.1%} of its teacher's, "
            f"win rate off by {found['win_rate_error']:.3f}, "
            f"lead off by {found['lead_error']:.1f} (median), policy {found['policy']:.3f}, "
            f"ownership {found['ownership']:.3f}"
        )
