"""Memory that runs out in self-play: it is known for what it is, and the person is told what to do."""

from __future__ import annotations

import threading
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation
from daemon.gpu_client import Batch
from protocol.messages import BatchRequest
from tests.daemons import PATIENCE
from zhugo.learning.selfplay import command, worker
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.tasks import Answer, Died, Progress, Task, TaskError, decode_answer, encode
from zhugo.shared.errors import UserError
from zhugo.shared.out_of_memory import OutOfMemory, is_out_of_memory, kernel_kills

PLAN = Plan("go", {"size": 3}, device="emulated", visits=8, fast_visits=4, games_at_once=6, leaves=1)


@pytest.mark.parametrize(
    ("error", "lacks"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."), True),
        (RuntimeError("std::bad_alloc"), True),
        (MemoryError(), True),
        (OSError(12, "Cannot allocate memory"), True),
        (UserError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
        (UserError("the net is gone"), False),
    ],
)
def test_which_errors_are_of_memory(error: Exception, lacks: bool) -> None:
    assert is_out_of_memory(error) is lacks


@pytest.mark.parametrize(
    ("games", "workers", "told"),
    [
        (64, 4, "with 4 workers of 64 games at once: halve the batch with -g 32; if that is not enough, halve the"
                " workers with -w 2"),
        (3, 1, "with 1 worker of 3 games at once: halve the batch with -g 1"),
        (1, 3, "with 3 workers of 1 games at once: halve the workers with -w 1"),
        (1, 1, "with 1 worker of 1 games at once: choose a smaller net"),
    ],
)  # fmt: skip
def test_the_advice_is_half_of_the_batch_then_half_of_the_workers(games: int, workers: int, told: str) -> None:
    assert OutOfMemory("no room", games, workers).advice("-g {}", "-w {}") == f"no room, {told}"


def test_the_kernel_is_asked_for_what_it_killed() -> None:
    assert kernel_kills() >= 0


class SmallDevice(EmulatedDevice):
    """A device with room for so many positions at a time."""

    room = 2

    def submit(self, batch: Batch) -> Any:
        if len(batch) > self.room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nIt was in use.")
        return super().submit(batch)


def answers_of(tasks: list[Task]) -> list[Answer]:
    """What a worker in this process answers to them."""
    ours, its = Pipe()
    made = worker.Worker(0)

    def serve() -> None:
        try:
            worker.serve(made, its)
        except EOFError:
            made.close()

    thread = threading.Thread(target=serve)
    thread.start()
    found = []
    for task in tasks:
        ours.send_bytes(encode(task))
        assert ours.poll(10 * PATIENCE), "kernels may have to be compiled first"
        found.append(decode_answer(ours.recv_bytes()))
    ours.close()
    thread.join(PATIENCE)
    return found


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def make(_: object) -> tuple[SmallDevice, BatchRequest]:
        return SmallDevice(tmp_path / "device", Emulation(0.0)), BatchRequest(6)

    monkeypatch.setattr(worker, "make_device", make)


@pytest.mark.usefixtures("_small")
def test_a_worker_whose_device_has_no_room_says_so() -> None:
    began, failed = answers_of([Task(PLAN, [], 0.0), Task(None, list(range(12)), PATIENCE)])
    assert isinstance(began, Progress)
    assert failed == TaskError("CUDA out of memory. Tried to allocate 2.00 GiB.", out_of_memory=True)


class Crew:
    """One worker in a place of four, which answers what it is told to."""

    size = 4

    def __init__(self, answer: Answer | Died) -> None:
        self._answer = answer
        self._asked: list[int] = []

    def submit(self, place: int, task: Task) -> None:
        self._asked.append(place)
        if isinstance(self._answer, TaskError):
            self._answer = msgspec.structs.replace(self._answer, run=task.run)

    def poll(self, _: float) -> list[tuple[int, Answer | Died]]:
        asked, self._asked = self._asked, []
        return [(place, self._answer) for place in asked]

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (TaskError("CUDA out of memory.", out_of_memory=True), "CUDA out of memory."),
        (Died(killed=True), "3 workers were killed, as is done when memory runs out"),
    ],
)
def test_a_person_reads_what_to_do_in_one_line(
    answer: Answer | Died, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "pool_of", lambda *_: Crew(answer))
    with pytest.raises(UserError) as told:
        command.carry_out(tmp_path / "games", 10, PLAN, None, None)
    assert str(told.value) == (
        f"{why}, with 4 workers of 6 games at once: halve the batch with --games-at-once 3; if that is not enough,"
        " halve the workers with --workers 2"
    )
