"""How many positions a net evaluates in a second, by board size, batch and threads: the device's side of a search."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nets
from games.go.game import Go

SIZES = (9, 19)
BATCHES = (1, 4, 8, 16, 32, 64)
THREADS = (1, 2)
RUNS = 5
_RUN_SECONDS = 0.2


def measure(
    file: Path | None = None,
    sizes: Sequence[int] = SIZES,
    batches: Sequence[int] = BATCHES,
    threads: Sequence[int] = THREADS,
) -> dict[str, Any]:
    """Evaluations a second of the net in ``file``, the bundled one for None: medians of several runs each.

    ``float32`` holds a row for each number of threads and size, a column for each batch; ``bfloat16`` the same in that
    arithmetic as torch's autocast does it. Raises ``NetError``.
    """
    net = nets.load(file)
    import torch  # after nets, which settles how its threads wait

    before = torch.get_num_threads()
    figures: dict[str, Any] = {"net": net.name, "unit": "evaluations per second", "float32": [], "bfloat16": []}
    try:
        for kind in ("float32", "bfloat16"):
            for count in threads:
                torch.set_num_threads(count)
                for size in sizes:
                    rates = {f"batch_{n}": _rate(net, size, n, kind == "bfloat16") for n in batches}
                    figures[kind].append({"threads": count, "size": size, **rates})
    finally:
        torch.set_num_threads(before)
    return figures


def _rate(net: nets.Net, size: int, batch: int, bfloat16: bool) -> float:
    """Median of several runs; inputs are noise, whose cost is that of any other."""
    import torch

    plane_shape, value_shape = Go.from_spec({"size": size}).feature_shapes(net.features)
    rng = np.random.default_rng(0)
    planes = torch.from_numpy(rng.random((batch, *plane_shape), np.float32))
    values = torch.from_numpy(rng.random((batch, *value_shape), np.float32))
    rates = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        for run in range(RUNS + 1):
            begin = time.perf_counter()
            done = 0
            while (elapsed := time.perf_counter() - begin) < _RUN_SECONDS:
                net.module(planes, values)
                done += batch
            if run:
                rates.append(done / elapsed)
    return round(statistics.median(rates), 1)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None), indent=1))
