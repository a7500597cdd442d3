"""What a run of self-play and its workers say to each other: a task, and its answer, in turn."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from zhugo.learning.samples.shard import PlayedGame
from zhugo.learning.selfplay.plan import Plan


class Task(Struct, frozen=True, tag=True):
    """Play for ``seconds``, these games too. A ``plan`` begins anew: what was dealt under another one is forgotten.

    run: whose task it is; its answer says so, for it may come when that run is over, and another wants the worker.
    """

    plan: Plan | None
    numbers: list[int]
    seconds: float
    run: int = 0


class Work(Struct, frozen=True, tag=True):
    """What a worker did to execute one task. seconds: how long it was at it, and of these the device was ``busy``.

    positions: how many were searched. evaluations: leaves that the net looked at, ``batches`` of them. cpu: seconds of
    processor time.
    """

    positions: int = 0
    visits: int = 0
    evaluations: int = 0
    batches: int = 0
    busy: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Work) -> Work:
        return Work(*(mine - its for mine, its in zip(astuple(self), astuple(other), strict=True)))


class Progress(Struct, frozen=True, tag=True):
    """A task is executed: the games that came to an end. device: what evaluates, in words."""

    games: list[PlayedGame]
    work: Work
    device: str = ""
    run: int = 0


class TaskError(Struct, frozen=True, tag=True):
    """A task cannot be executed, by no worker; the reason is one line for the person who asked for it.

    out_of_memory: there is too little for it, of the device or of the machine."""

    reason: str
    out_of_memory: bool = False
    run: int = 0


Answer = Progress | TaskError


class Died(Struct, frozen=True):
    """In place of an answer: the worker is gone. killed: by SIGKILL, which its pool did not send."""

    killed: bool = False


def encode(message: Task | Answer) -> bytes:
    """As it travels."""
    return msgspec.msgpack.encode(message)


def decode_task(data: bytes) -> Task:
    """What ``encode`` made of a task."""
    return msgspec.msgpack.decode(data, type=Task)


def decode_answer(data: bytes) -> Answer:
    """What ``encode`` made of an answer."""
    answer: Answer = msgspec.msgpack.decode(data, type=Answer)
    return answer
