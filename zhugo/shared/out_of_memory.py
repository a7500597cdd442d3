"""When memory runs out, of a device or of the machine: how that is known, and what is to be done about it."""

from __future__ import annotations

from pathlib import Path

from zhugo.shared.errors import UserError

SMALLER_NET = "choose a smaller net"

_WORDS = (
    "out of memory",
    "outofmemory",
    "low on memory",
    "allocate memory",
    "unable to allocate",
    "bad_alloc",
    "alloc_failed",
    "memoryerror",
)
"""Of which errors of torch, CUDA, OpenVINO, numpy, Python, Ray and the system have one each."""

_COUNTERS = Path("/proc/vmstat")


class OutOfMemory(UserError):
    """So many workers, with so many games each, want more memory than there is. why: in words."""

    def __init__(self, why: str, games: int, workers: int) -> None:
        super().__init__(why)
        self.games, self.workers = games, workers

    def advice(self, games_option: str, workers_option: str) -> str:
        """In a line, what to do: first half of the batch, then half of the workers, and by which option.

        The options have ``{}`` where their number stands.
        """
        less = []
        if self.games > 1:
            less.append(f"halve the batch with {games_option.format(halved(self.games))}")
        if self.workers > 1:
            less.append(f"halve the workers with {workers_option.format(halved(self.workers))}")
        what = "; if that is not enough, ".join(less) or SMALLER_NET
        many = "workers" if self.workers > 1 else "worker"
        return f"{self}, with {self.workers} {many} of {self.games} games at once: {what}"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, of whatever, was not to be had."""
    said = f"{type(error).__name__} {error}".lower()
    return any(word in said for word in _WORDS)


def halved(count: int) -> int:
    """Half as many, one at least."""
    return max(1, count // 2)


def kernel_kills() -> int:
    """How many processes the kernel has killed, since the machine started, for want of memory; 0 where it is silent."""
    try:
        lines = _COUNTERS.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
