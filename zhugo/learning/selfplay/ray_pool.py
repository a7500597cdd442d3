"""Workers on the machines of a Ray cluster: actors, to which nets travel as objects. Needs the package ray.

Each machine must have this program installed, of the same version. Nothing is shared but what Ray carries: workers
return the games that they finish, and the process that gives the tasks writes them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from daemon.remote.ray_cluster import RayUnavailable, connected
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.pool import auto_workers
from zhugo.learning.selfplay.tasks import Answer, Died, Task, TaskError, decode_answer, decode_task, encode
from zhugo.shared.errors import UserError, is_for_the_user, one_line
from zhugo.shared.out_of_memory import is_out_of_memory

_FILES = ("net", "openings")
"""Settings of a plan that name a file, which a worker elsewhere does not have."""


class Actor:
    """A worker on whatever machine: what Ray makes an actor of."""

    def __init__(self, place: int) -> None:
        from zhugo.learning.selfplay.worker import Worker

        self._worker = Worker(place)

    def execute(self, task: bytes, *files: tuple[str, bytes]) -> bytes:
        """Answer a task; ``files``: what the files of its plan hold, by the setting that names them."""
        asked = decode_task(task)
        try:
            with tempfile.TemporaryDirectory(prefix="zhugo-selfplay-") as directory:  # read when the plan is new
                here = _with_files(asked, Path(directory), files)
                return encode(self._worker.execute(here))
        except Exception as error:
            lacks_memory = is_out_of_memory(error)
            if not lacks_memory and not is_for_the_user(error):
                raise
            return encode(TaskError(one_line(error), lacks_memory, asked.run))


def _with_files(task: Task, directory: Path, files: Sequence[tuple[str, bytes]]) -> Task:
    """The task, with these files in the directory in place of those that its plan names."""
    if task.plan is None:
        return task
    paths = {setting: directory / setting for setting, _ in files}
    for setting, data in files:
        paths[setting].write_bytes(data)
    named = {setting: str(path) for setting, path in paths.items()}
    return msgspec.structs.replace(task, plan=msgspec.structs.replace(task.plan, **named))


class RayPool:
    """See ``WorkerPool``; a context manager."""

    def __init__(self, address: str, size: int | None) -> None:
        """``size`` None: as many workers as suit the CPUs and GPUs of the cluster. Raises ``UserError``."""
        try:
            self._ray = connected(address)
        except RayUnavailable as error:
            raise UserError(str(error)) from None
        resources = self._ray.cluster_resources()
        gpus = int(resources.get("GPU", 0))
        self.size = size or auto_workers(int(resources.get("CPU", 1)), gpus)
        self._actor = self._ray.remote(num_cpus=1, num_gpus=gpus / self.size)(Actor)
        self._actors: dict[int, Any] = {}
        self._answers: dict[Any, int] = {}
        self._runs: dict[int, int] = {}
        self._plan: Plan | None = None
        self._files: list[Any] = []

    def submit(self, place: int, task: Task) -> None:
        if place not in self._actors:
            self._actors[place] = self._actor.remote(place)
        self._runs[place] = task.run
        files = self._objects(task.plan) if task.plan is not None else []
        self._answers[self._actors[place].execute.remote(encode(task), *files)] = place

    def poll(self, timeout: float) -> list[tuple[int, Answer | Died]]:
        if not self._answers:
            return []
        waiting = list(self._answers)
        self._ray.wait(waiting, timeout=timeout)
        ready, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [self._taken(reference) for reference in ready]

    def close(self) -> None:
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._ray.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _taken(self, reference: Any) -> tuple[int, Answer | Died]:
        place = self._answers.pop(reference)
        try:
            return place, decode_answer(self._ray.get(reference))
        except self._ray.exceptions.RayTaskError:
            self._ray.kill(self._actors.pop(place))  # a mistake of ours: as a process that dies of it
        except self._ray.exceptions.RayError as error:
            del self._actors[place]
            if is_out_of_memory(error):
                return place, TaskError(one_line(error), out_of_memory=True, run=self._runs[place])
        return place, Died()

    def _objects(self, plan: Plan) -> list[Any]:
        """What the files of a plan hold, put into the cluster once."""
        if plan != self._plan:
            named = [(setting, getattr(plan, setting)) for setting in _FILES]
            self._files = [self._ray.put((setting, Path(path).read_bytes())) for setting, path in named if path]
            self._plan = plan
        return self._files
