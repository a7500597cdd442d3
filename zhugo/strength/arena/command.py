"""`zhugo arena` as a whole: a contest, its bar, and what it says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

import games
from daemon.evaluation.devices.gpus import entry_of
from daemon.evaluation.machine import cores
from nets.facts import check
from zhugo.shared.backend import settled
from zhugo.shared.progress import shown
from zhugo.strength.arena.contest import Contest, GamePool, Outcome, decide
from zhugo.strength.arena.engine import Search
from zhugo.strength.arena.plan import Arena
from zhugo.strength.arena.ratings import Rating, Ratings


@dataclass(frozen=True)
class Meeting:
    """What was asked for; see the command's options."""

    new: Path
    old: Path
    search: Search
    arena: Arena
    seed: int
    workers: int | None
    history: Path | None
    gpus: tuple[int, ...] = ()


@dataclass(frozen=True)
class Told:
    """What came of it. rating: what the history has of it."""

    outcome: Outcome
    rating: Rating

    def figures(self) -> dict[str, Any]:
        """As JSON has them."""
        return msgspec.to_builtins(self.rating) | {"verdict": self.outcome.verdict}  # type: ignore[no-any-return]

    def line(self) -> str:
        """For a person."""
        rating, difference = self.rating, self.outcome.elo
        return (
            f"{rating.wins} won, {rating.draws} drawn, {rating.losses} lost: {difference} Elo; "
            f"{self.outcome.verdict} (log likelihood ratio {rating.ratio:+.2f})"
        )


def carry_out(meeting: Meeting) -> Told:
    """Play the contest and keep it in the history, if one was named. Raises what is for the user to hear."""
    games.load(meeting.search.game, meeting.search.spec)
    for net in (meeting.new, meeting.old):
        check(net)
    for number in meeting.gpus:
        entry_of(number, os.environ)
    settled(meeting.search.device, meeting.search.precision)  # to hear now of what this machine has not
    ratings = Ratings(meeting.history) if meeting.history else None
    contest = Contest(meeting.new, meeting.old, meeting.search, meeting.arena, meeting.seed)
    workers = meeting.workers or min(cores(), meeting.arena.processes)
    most = meeting.arena.games // 2
    with shown(Console(stderr=True), f"0 of {most} pairs") as bar, GamePool(workers, meeting.gpus) as pool:
        outcome = decide(contest, pool, lambda pairs: bar.update(pairs, most, "pairs"))
    names = meeting.new.stem, meeting.old.stem
    return Told(outcome, ratings.add(*names, outcome) if ratings else Rating.of(*names, outcome, 0.0))
