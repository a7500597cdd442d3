"""A run over a pool that is made up: every game once, whatever happens to who plays it."""

from __future__ import annotations

import errno
import random
from collections import Counter, deque
from contextlib import closing, nullcontext
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.unit.learning.samples.played import played
from zhugo.learning.samples.folder import Folder
from zhugo.learning.selfplay import run as running
from zhugo.learning.selfplay.game import game_id
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.run import GameQueue, Run
from zhugo.learning.selfplay.store import Store
from zhugo.learning.selfplay.tasks import (
    Answer,
    Died,
    Progress,
    Task,
    TaskError,
    Work,
    decode_answer,
    decode_task,
    encode,
)
from zhugo.shared.errors import UserError
from zhugo.shared.out_of_memory import OutOfMemory

PLAN = Plan("heap", {"heap": 6}, games_at_once=4, seed=3)


class MadeUpCrew:
    """Workers that finish some of their games with every task, and now and then die of it; all luck from a seed."""

    run = 0

    def __init__(self, size: int, seed: int = 0, deadly: float = 0.0, killed: bool = False) -> None:
        """``killed``: they die of SIGKILL."""
        self.size = size
        self.deadly = deadly
        self.killed = killed
        self.played: Counter[int] = Counter()
        self.most_assigned = 0
        self._random = random.Random(seed)
        self._assigned: dict[int, list[int]] = {}
        self._answers: list[tuple[int, Answer | Died]] = []

    def submit(self, place: int, task: Task) -> None:
        task = decode_task(encode(task))
        self.run = task.run
        assert (task.plan is None) == (place in self._assigned), "a new worker is told the plan, and no other"
        assigned = self._assigned.setdefault(place, [])
        assigned += task.numbers
        self.most_assigned = max(self.most_assigned, len(assigned))
        if self._random.random() < self.deadly:
            del self._assigned[place]
            self._answers.append((place, Died(self.killed)))
            return
        count = self._random.randint(0, len(assigned))
        done, assigned[:] = assigned[:count], assigned[count:]
        self.played.update(done)
        games = [played(game_id(PLAN.seed, number)) for number in done]
        progress = Progress(games, Work(positions=3 * count, busy=0.5, seconds=1.0), run=task.run)
        self._answers.append((place, decode_answer(encode(progress))))

    def poll(self, timeout: float) -> list[tuple[int, Answer | Died]]:  # noqa: ARG002
        answers, self._answers = self._answers, []
        self._random.shuffle(answers)
        return answers

    def close(self) -> None:
        """Nothing is held."""


def play(folder: Path, pool: MadeUpCrew, games: int = 50) -> Run:
    with Store(folder, PLAN) as store:
        run = Run(PLAN, store, range(games), pool)
        for _ in run.play():
            pass
        return run


def numbers(folder: Path) -> list[int]:
    return sorted(int(one) & 0xFFFFFFFF for shard in Folder(folder).shards for one in shard.id)


@pytest.mark.parametrize("workers", [1, 2, 7, 60])
def test_every_game_is_played_once(tmp_path: Path, workers: int) -> None:
    pool = MadeUpCrew(workers, seed=workers)
    run = play(tmp_path, pool)
    assert numbers(tmp_path) == list(range(50))
    assert max(pool.played.values()) == 1
    assert pool.most_assigned <= 2 * PLAN.games_at_once
    assert (run.standing.games, run.standing.deaths) == (50, 0)
    assert run.standing.work.positions == 150


@pytest.mark.parametrize("seed", range(20))
def test_whoever_dies_the_games_are_played(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "DEATHS_IN_VAIN", 100)
    run = play(tmp_path, MadeUpCrew(3, seed, deadly=0.3))
    assert numbers(tmp_path) == list(range(50))
    assert run.standing.games == 50


@pytest.mark.parametrize("seed", range(10))
def test_a_run_that_is_ended_goes_on(tmp_path: Path, seed: int) -> None:
    with Store(tmp_path, PLAN) as store:
        run = Run(PLAN, store, range(50), MadeUpCrew(2, seed))
        with closing(run.play()) as standings:
            for _ in islice(standings, 1 + seed % 3):
                pass
    there = numbers(tmp_path)
    assert len(there) == run.standing.games
    pool = MadeUpCrew(2, seed + 100)
    again = play(tmp_path, pool)
    assert numbers(tmp_path) == list(range(50))
    assert not set(there) & set(pool.played)
    assert (again.standing.before, again.standing.games) == (len(there), 50)


def test_a_run_that_is_over_has_nothing_to_do(tmp_path: Path) -> None:
    play(tmp_path, MadeUpCrew(2))
    pool = MadeUpCrew(2)
    play(tmp_path, pool)
    assert not pool.played


def test_later_games_of_a_folder_are_another_run(tmp_path: Path) -> None:
    play(tmp_path, MadeUpCrew(2), games=10)
    other = msgspec.structs.replace(PLAN, visits=20)
    pool = MadeUpCrew(2)
    with Store(tmp_path, other) as store:
        list(Run(other, store, range(5, 30), pool).play())
    assert sorted(pool.played) == list(range(10, 30))
    assert numbers(tmp_path) == list(range(30))


def test_shards_are_written_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SHARD_GAMES", 5)
    play(tmp_path, MadeUpCrew(2, seed=5))
    assert len(Folder(tmp_path).shards) >= 4


def test_workers_that_die_at_once_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="die as soon as they start"):
        play(tmp_path, MadeUpCrew(2, deadly=1.0))


def test_a_worker_that_the_kernel_kills_for_memory_ends_the_run(tmp_path: Path) -> None:
    kills = iter([7, 7, 8])
    with Store(tmp_path, PLAN) as store:
        run = Run(PLAN, store, range(50), MadeUpCrew(3, seed=2, deadly=0.2, killed=True), lambda: next(kills))
        with pytest.raises(OutOfMemory, match="the kernel killed a worker") as ended:
            list(run.play())
    assert (run.standing.deaths, ended.value.games, ended.value.workers) == (2, 4, 3)
    assert len(numbers(tmp_path)) == run.standing.games
    play(tmp_path, MadeUpCrew(1))
    assert numbers(tmp_path) == list(range(50))


@pytest.mark.parametrize(("killed", "ends"), [(True, True), (False, False)])
def test_workers_that_are_killed_again_and_again_end_the_run(tmp_path: Path, killed: bool, ends: bool) -> None:
    class OneByOne(MadeUpCrew):
        """A worker dies of every fourth task."""

        tasks = 0

        def submit(self, place: int, task: Task) -> None:
            self.tasks += 1
            self.deadly = float(self.tasks % 4 == 0)
            super().submit(place, task)

    pool = OneByOne(2, seed=3, killed=killed)
    with Store(tmp_path, PLAN) as store:
        run = Run(PLAN, store, range(200), pool, lambda: 0)
        with pytest.raises(OutOfMemory, match="5 workers were killed") if ends else nullcontext():
            list(run.play())
    assert (run.standing.deaths > running.MOST_KILLED, run.standing.games == 200) == (not ends, not ends)


def test_a_task_for_which_there_is_no_memory_ends_the_run(tmp_path: Path) -> None:
    class Cramped(MadeUpCrew):
        def poll(self, timeout: float) -> list[tuple[int, Answer | Died]]:
            answers = super().poll(timeout)
            lacking = decode_answer(encode(TaskError("CUDA out of memory.", out_of_memory=True, run=self.run)))
            return [(place, lacking if len(self.played) > 20 else answer) for place, answer in answers]

    with pytest.raises(OutOfMemory, match=r"CUDA out of memory\.$"):
        play(tmp_path, Cramped(1, seed=2))
    assert numbers(tmp_path)


def test_nobody_waits_for_a_worker_that_has_no_machine(tmp_path: Path) -> None:
    class Shrinking(MadeUpCrew):
        """Place 1 dies of its third task, and whoever follows never begins."""

        tasks = 0

        def submit(self, place: int, task: Task) -> None:
            self.tasks += place == 1
            if self.tasks < 3 or place != 1:
                super().submit(place, task)
            elif self.tasks == 3:
                self._answers.append((place, Died(self.killed)))

    run = play(tmp_path, Shrinking(2, seed=1))
    assert run.standing.deaths == 1
    assert numbers(tmp_path) == list(range(50))


class SlowToStart:
    """They work off their tasks in turn, and the last of them only from ``awake`` on."""

    size = 2

    def __init__(self) -> None:
        self.awake = False
        self._tasks: dict[int, deque[Task]] = {0: deque(), 1: deque()}
        self._dealt: dict[int, list[int]] = {0: [], 1: []}

    def submit(self, place: int, task: Task) -> None:
        self._tasks[place].append(task)

    def poll(self, timeout: float) -> list[tuple[int, Answer | Died]]:  # noqa: ARG002
        places = [place for place in (1, 0) if self._tasks[place] and (place == 0 or self.awake)]
        return [(place, self._execute(place, self._tasks[place].popleft())) for place in places]

    def close(self) -> None:
        """Nothing is held."""

    def _execute(self, place: int, task: Task) -> Progress:
        if task.plan is not None:
            self._dealt[place] = []
        dealt = [*self._dealt[place], *task.numbers]
        done, self._dealt[place] = dealt[:2], dealt[2:]
        return Progress([played(game_id(PLAN.seed, number)) for number in done], Work(), run=task.run)


def test_a_worker_that_answers_an_earlier_run_is_not_given_games_too_soon(tmp_path: Path) -> None:
    pool = SlowToStart()
    with Store(tmp_path, PLAN) as store:
        list(Run(PLAN, store, range(20), pool).play())
        pool.awake = True
        list(islice(Run(PLAN, store, range(60), pool).play(), 200))
    assert numbers(tmp_path) == list(range(60))


def test_trouble_ends_the_run_and_what_is_finished_stays(tmp_path: Path) -> None:
    class Troubled(MadeUpCrew):
        def poll(self, timeout: float) -> list[tuple[int, Answer | Died]]:
            answers = super().poll(timeout)
            return [
                (place, TaskError("the net is gone", run=self.run)) if len(self.played) > 20 else (place, a)
                for place, a in answers
            ]

    with pytest.raises(UserError, match="the net is gone"):
        play(tmp_path, Troubled(1, seed=2))
    assert numbers(tmp_path)


def test_a_full_disk_ends_the_run_and_another_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SHARD_GAMES", 10)

    def overflow(_file: object, **_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", overflow)
    with pytest.raises(UserError, match=r"^games .*000001\.npz: No space left on device$"):
        play(tmp_path, MadeUpCrew(2))
    assert not list(tmp_path.glob("*.partial"))
    monkeypatch.undo()
    play(tmp_path, MadeUpCrew(2))
    assert numbers(tmp_path) == list(range(50))


def test_the_last_games_are_shared() -> None:
    queue = GameQueue(range(10), 4)
    assert [len(queue.assign(place, 8)) for place in range(4)] == [3, 3, 3, 1]
    queue.take_back(0)
    assert queue.assign(0, 8) == [0, 1, 2]
    assert not queue.over
