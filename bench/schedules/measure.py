"""`zhugo bench schedules`: everything in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.schedules import matches, original, prediction, processes
from bench.schedules.compare import TENSOR_BYTES, Setting
from bench.schedules.costs import Costs
from bench.schedules.kept import Kept
from bench.schedules.matches import GameName
from bench.schedules.sweep import BEND, EFFORTS, distances, equal_time, lines, maps, measured, rule_check, winners


@dataclass(frozen=True)
class Wanted:
    """What is to be measured. ``nets``: for algorithm 3's claims, beside the bundled one. ``jobs``: processes that
    simulate, None for one a core. ``real``: also in real processes. ``game``, ``games``: what is played, and how many
    of each schedule at each pair of latency and encoding, None for what the effort says. ``keep``: a file for what was
    measured, see ``kept``.
    """

    effort: str = "quick"
    nets: Sequence[Path] = ()
    jobs: int | None = None
    real: bool = True
    game: GameName = "breakthrough"
    games: int | None = None
    keep: Path | None = None

    @property
    def command(self) -> str:
        """What gives the same figures, but for those of clocks."""
        words = ["zhugo bench schedules"]
        words += [] if self.effort == "quick" else [f"--effort {self.effort}"]
        words += [f"--net {net.name}" for net in self.nets]
        words += [] if self.game == "breakthrough" else [f"--game {self.game}"]
        words += [] if self.games is None else [f"--games {self.games}"]
        return " ".join([*words, *([] if self.real else ["--no-real"])])


def measure(wanted: Wanted, tell: Callable[[str], None]) -> dict[str, Any]:
    """All figures. Raises ``UserError``, ``NetError``."""
    plan, jobs = EFFORTS[wanted.effort], wanted.jobs or os.cpu_count() or 1
    parts = {"maps": maps(plan), "lines": lines(plan), "distances": distances(plan), "equal_time": equal_time(plan)}
    kept = Kept(wanted.keep)
    found = measured(parts, jobs, kept, tell)
    pairs = plan.pairs if wanted.games is None else wanted.games // 2
    played = matches.measured(matches.Matches(pairs, plan.players, game=wanted.game), jobs, kept, tell)
    claims = prediction.measure(plan.claims_visits, plan.claims_seeds, [None, *wanted.nets])
    tell("prediction")
    costs = {name: value for name, value in asdict(Costs()).items() if name not in ("encode", "latency", "per_leaf")}
    return {
        "command": wanted.command,
        "batch": Setting("sequential").batch,
        "tensor_kb": TENSOR_BYTES / 1e3,
        "costs": {f"{name}_us": 1e6 * value for name, value in costs.items()},
        "winners": winners(found["maps"]),
        "near_winners": winners(found["maps"], BEND),
        "auto": rule_check(found["maps"], Setting("sequential").batch),
        **found,
        "matches": played,
        "prediction": claims,
        "original": original.table(_encode_us),
        "real": processes.compare(tell) if wanted.real else [],
    }


def _encode_us() -> float:
    from bench.encode import measure as encoding

    return encoding("zhugo")
