"""`zhugo bench schedules`: everything in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.schedules import original, prediction, processes
from bench.schedules.compare import TENSOR_BYTES, Setting
from bench.schedules.costs import Costs
from bench.schedules.sweep import BEND, EFFORTS, distances, equal_time, lines, maps, measured, rule_check, winners


def measure(
    effort: str, nets: Sequence[Path], jobs: int | None, real: bool, tell: Callable[[str], None]
) -> dict[str, Any]:
    """All figures. ``nets``: for algorithm 3's claims, beside the bundled one; ``real``: also in real processes."""
    plan = EFFORTS[effort]
    command = " ".join(["zhugo bench schedules", *(["--effort", effort] if effort != "quick" else [])])
    command += "".join(f" --net {net.name}" for net in nets) + ("" if real else " --no-real")
    parts = {"maps": maps(plan), "lines": lines(plan), "distances": distances(plan), "equal_time": equal_time(plan)}
    found = measured(parts, jobs or os.cpu_count() or 1, tell)
    claims = prediction.measure(plan.claims_visits, plan.claims_seeds, [None, *nets])
    tell("prediction")
    costs = {name: value for name, value in asdict(Costs()).items() if name not in ("encode", "latency", "per_leaf")}
    return {
        "command": command,
        "batch": Setting("sequential").batch,
        "tensor_kb": TENSOR_BYTES / 1e3,
        "costs": {f"{name}_us": 1e6 * value for name, value in costs.items()},
        "winners": winners(found["maps"]),
        "near_winners": winners(found["maps"], BEND),
        "auto": rule_check(found["maps"], Setting("sequential").batch),
        **found,
        "prediction": claims,
        "original": original.table(_encode_us),
        "real": processes.compare(tell) if real else [],
    }


def _encode_us() -> float:
    from bench.encode import measure as encoding

    return encoding("zhugo")
