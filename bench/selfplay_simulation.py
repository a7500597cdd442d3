"""Self-play on machines that are not here: workers, GPUs and the writer as queues, fed with measured times.

A worker has a core of its own. Without a GPU that core does everything, batch after batch. With one, a worker has two
batches under way: while the GPU, one queue that its workers share, works off one, the core updates, selects and encodes
the other. Every finished position passes the writer, one process. Memory, caches and power, which many cores share, are
left out: the figures are what the arrangement allows, and a machine may fall short of it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

from zhugo.learning.selfplay.pool import auto_workers

CORES = (1, 2, 6, 12, 96)
GPUS = (1, 2, 4, 8)
BATCHES = 400
"""Batches of each worker in one simulation."""

SATURATED = 0.97


@dataclass(frozen=True)
class Machine:
    """Cores, and GPUs if there are any."""

    cores: int
    gpus: int

    @property
    def workers(self) -> int:
        """As ``--workers auto`` has it."""
        return auto_workers(self.cores, self.gpus)


@dataclass(frozen=True)
class Times:
    """Seconds. host, cpu_device: of a visit, on a core: all but the net, and the net. writer: of a position, in the
    writing process. gpu_batch, gpu_leaf: of a batch on a GPU, and of each of its ``batch`` visits on top.

    visits: of a position.
    """

    host: float
    cpu_device: float
    writer: float
    gpu_batch: float
    gpu_leaf: float
    visits: float
    batch: int


def simulated(machine: Machine, times: Times) -> dict[str, Any]:
    """Positions a second of a machine, how busy its parts are, and which of them limits it."""
    host = times.host * times.batch
    if machine.gpus:
        per_s, gpu_busy, core_busy = _with_gpus(machine, host, times.gpu_batch + times.batch * times.gpu_leaf)
    else:
        per_s, gpu_busy, core_busy = machine.workers / (host + times.cpu_device * times.batch), 0.0, 1.0
    positions = per_s * times.batch / times.visits
    allowed = min(positions, 1.0 / times.writer)
    held_up = allowed / positions
    busy = {"cores": core_busy * held_up, "GPUs": gpu_busy * held_up, "writer": allowed * times.writer}
    return {
        "cores": machine.cores,
        "gpus": machine.gpus,
        "workers": machine.workers,
        "positions_per_s": allowed,
        "cores_busy": busy["cores"],
        "gpus_busy": busy["GPUs"],
        "writer_busy": busy["writer"],
        "limit": max(busy, key=lambda part: busy[part]) if max(busy.values()) >= SATURATED else "waiting",
    }


def _with_gpus(machine: Machine, host: float, on_gpu: float) -> tuple[float, float, float]:
    """Batches a second, and how busy GPUs and cores are."""
    workers = machine.workers
    core_free = [0.0] * workers
    gpu_free = [0.0] * machine.gpus
    # when a batch of this worker comes back from its GPU, twice for each at the start
    returns = [(worker * host / workers, worker) for worker in range(workers) for _ in range(2)]
    heapq.heapify(returns)
    done = 0
    while done < BATCHES * workers:
        back, worker = heapq.heappop(returns)
        core_free[worker] = max(core_free[worker], back) + host
        gpu = worker % machine.gpus
        gpu_free[gpu] = max(gpu_free[gpu], core_free[worker]) + on_gpu
        heapq.heappush(returns, (gpu_free[gpu], worker))
        done += 1
    span = max(gpu_free)
    return done / span, done * on_gpu / span / machine.gpus, done * host / span / workers
