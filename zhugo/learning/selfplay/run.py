"""A run of self-play: workers are assigned games, their finished games are written, and dead workers are replaced.

Games have numbers, and a run is a range of them: those on disk are done, the others are assigned. So a run can end at
any moment and begin again: games that were under way are played anew from their first move, and no game is counted
twice. Since every number is played, however long its game, short games do not get more than their share.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from zhugo.learning.samples.shard import BY_RESIGNATION, PlayedGame
from zhugo.learning.selfplay.game import checked_resignation
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.pool import WorkerPool
from zhugo.learning.selfplay.store import Store
from zhugo.learning.selfplay.tasks import Answer, Died, Progress, Task, TaskError, Work
from zhugo.shared.errors import UserError
from zhugo.shared.out_of_memory import OutOfMemory, kernel_kills

SHARD_GAMES = 200
SHARD_SECONDS = 5.0
"""A shard is written when it has so many games, or so long after the last one: what a kill of this process costs."""

TASK_SECONDS = 0.5
"""How long a worker plays before it reports: what a kill of a worker costs."""

DEATHS_IN_VAIN = 3
"""Deaths of workers, without an answer of any between them, that end a run."""

MOST_KILLED = 5
"""So many workers that SIGKILL ended end a run as well, for that is what the kernel sends when memory runs out."""

_numbers = itertools.count(1)
"""Of the runs of this process."""

LAST_ANSWERS = 5.0
"""Seconds that a run which is ended waits for the games that the workers have finished."""


@dataclass
class RunProgress:
    """How a run stands. ``games`` of ``wanted`` are finished, ``before`` of them when it began.

    ready: how many of the workers play. resigned: of the games since it began. checked: games that went on although
    somebody would have resigned; in ``wrong`` of them that player did not lose. device: what evaluates, in words. work:
    of all workers since the run began, whose seconds add up.
    """

    wanted: int
    before: int
    workers: int
    ready: int = 0
    games: int = 0
    resigned: int = 0
    checked: int = 0
    wrong: int = 0
    deaths: int = 0
    device: str = ""
    work: Work = field(default_factory=Work)

    def count(self, game: PlayedGame, plan: Plan) -> None:
        """One more game is finished."""
        self.games += 1
        self.resigned += game.ended == BY_RESIGNATION
        wrong = checked_resignation(game, plan)
        self.checked += wrong is not None
        self.wrong += wrong is True


class GameQueue:
    """Which games are still to be played, and by whom. A worker is *assigned* the games that it has not finished."""

    def __init__(self, numbers: Sequence[int], places: int) -> None:
        self._left = deque(numbers)
        self._assigned: list[set[int]] = [set() for _ in range(places)]

    @property
    def over(self) -> bool:
        """Whether every game is finished."""
        return not self._left and not any(self._assigned)

    def has_games(self, place: int) -> bool:
        """Whether this worker has games to play."""
        return bool(self._assigned[place])

    def assign(self, place: int, wanted: int) -> list[int]:
        """More games for a worker, so that it has ``wanted``, but no more than its share of what is unfinished."""
        unfinished = len(self._left) + sum(map(len, self._assigned))
        share = -(-unfinished // len(self._assigned))
        count = max(0, min(wanted, share) - len(self._assigned[place]))
        assigned = [self._left.popleft() for _ in range(min(count, len(self._left)))]
        self._assigned[place].update(assigned)
        return assigned

    def finished(self, place: int, number: int) -> None:
        """A worker has finished a game that it was assigned."""
        self._assigned[place].remove(number)

    def take_back(self, place: int) -> None:
        """A worker is gone: others play what it was assigned."""
        self._left.extendleft(sorted(self._assigned[place], reverse=True))
        self._assigned[place].clear()


class Run:
    """See the module. Iterate over ``play`` for how it stands, about twice a second; end it when you like."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        numbers: range,
        pool: WorkerPool,
        kernel_kills: Callable[[], int] = kernel_kills,
    ) -> None:
        """``numbers``: of the games that are to be in the store when the run is over. The pool need not be started.

        ``kernel_kills``: how many processes the kernel has killed so far for want of memory.
        """
        there = store.numbers(plan.seed)
        missing = [number for number in numbers if number not in there]
        before = len(numbers) - len(missing)
        self.standing = RunProgress(len(numbers), before, pool.size, games=before)
        self._plan = plan
        self._store = store
        self._pool = pool
        self._queue = GameQueue(missing, pool.size)
        self._finished: list[PlayedGame] = []
        self._written = time.monotonic()
        self._number = next(_numbers)
        self._busy: set[int] = set()
        """Places whose answer is awaited."""
        self._ready: set[int] = set()
        """Places whose worker knows the plan, and can be given games."""
        self._vain = self._killed = 0
        self._kernel_kills, self._kernel_killed = kernel_kills, kernel_kills()

    def play(self) -> Generator[RunProgress]:
        """Play until every game is finished and written, or the iterator is closed, which writes what is finished.

        Raises ``UserError``: a plan that cannot be played, a full disk, workers that die as soon as they start; and
        ``OutOfMemory``.
        """
        try:
            yield from self._begin()
            while not self._queue.over:
                self._turn(TASK_SECONDS)
                yield self.standing
        finally:
            self._end()

    def _begin(self) -> Iterator[RunProgress]:
        """The first worker begins alone: what it has compiled, converted or measured the others find done."""
        for place in range(self._pool.size):
            if not self._queue.over and place not in self._busy | self._ready:
                self._tell_plan(place)
            while not self._ready and not self._queue.over:
                self._turn(TASK_SECONDS)
                yield self.standing

    def _turn(self, timeout: float) -> None:
        answers = self._answers(timeout)
        # what is finished is kept before trouble ends the run
        for place, answer in sorted(answers, key=lambda one: not isinstance(one[1], Progress)):
            match answer:
                case Progress():
                    self._vain = 0
                    self._ready.add(place)
                    self._take(place, answer)
                case TaskError(reason=reason, out_of_memory=out_of_memory):
                    raise self._out_of_memory(reason) if out_of_memory else UserError(reason)
                case Died(killed):
                    self._replace(place, killed)
        self.standing.ready = len(self._ready)
        for place in self._ready - self._busy:
            assigned = self._queue.assign(place, 2 * self._plan.games_at_once)  # one to play, one to follow
            if self._queue.has_games(place):
                self._submit(place, Task(None, assigned, TASK_SECONDS, self._number))
        long_ago = time.monotonic() - self._written > SHARD_SECONDS
        if len(self._finished) >= SHARD_GAMES or (long_ago and self._finished):
            self._write()

    def _answers(self, timeout: float) -> list[tuple[int, Answer | Died]]:
        """Those to this run that have come. A worker that was slow to start may answer an earlier one first."""
        mine = [
            (place, answer)
            for place, answer in self._pool.poll(timeout)
            if place in self._busy and (isinstance(answer, Died) or answer.run == self._number)
        ]
        self._busy.difference_update(place for place, _ in mine)
        return mine

    def _tell_plan(self, place: int) -> None:
        self._submit(place, Task(self._plan, [], 0.0, self._number))

    def _submit(self, place: int, task: Task) -> None:
        self._pool.submit(place, task)
        self._busy.add(place)

    def _take(self, place: int, progress: Progress) -> None:
        for game in progress.games:
            self._queue.finished(place, game.id & 0xFFFFFFFF)
            self.standing.count(game, self._plan)
        self._finished += progress.games
        self.standing.work += progress.work
        self.standing.device = progress.device

    def _replace(self, place: int, killed: bool) -> None:
        """A worker died. Others may have its games, for the new one is dealt none before it has answered."""
        self._vain += 1
        self._killed += killed
        self.standing.deaths += 1
        if killed and self._kernel_kills() > self._kernel_killed:
            raise self._out_of_memory("the kernel killed a worker, for the machine is out of memory")
        if self._killed >= MOST_KILLED or (killed and self._vain >= DEATHS_IN_VAIN):
            raise self._out_of_memory(f"{self._killed} workers were killed, as is done when memory runs out")
        if self._vain >= DEATHS_IN_VAIN:
            raise UserError("the workers of self-play die as soon as they start")
        self._ready.discard(place)
        self._queue.take_back(place)
        self._tell_plan(place)

    def _out_of_memory(self, why: str) -> OutOfMemory:
        return OutOfMemory(why, self._plan.games_at_once, self._pool.size)

    def _end(self) -> None:
        """Wait for the tasks that are being executed, and write what is finished."""
        deadline = time.monotonic() + LAST_ANSWERS
        while self._busy & self._ready and (left := deadline - time.monotonic()) > 0:
            for place, answer in self._answers(left):
                if isinstance(answer, Progress):
                    self._take(place, answer)
        if self._finished:
            self._write()

    def _write(self) -> None:
        games, self._finished = self._finished, []  # not to be written again where the disk is full
        self._store.write(games)
        self._written = time.monotonic()
