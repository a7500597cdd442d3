"""The real core under a schedule: what slots ask, what it grants them, what that costs, and what searches come to.

The clock is the caller's. Drivers share this; they differ in who encodes, on what device, and in what time passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path as FilePath
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.schedules.costs import Costs
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import child_of
from daemon.replay.hashed_game import GAME
from daemon.replay.versions import versions
from daemon.schedules.interface import Granted, Request
from protocol import messages as m
from protocol.codec import encode
from protocol.trace import FORMAT, Header, TraceWriter

Path = tuple[int, ...]
PlaceLeaf = tuple[int, Path]
"""A leaf: the seed of its tree, and the moves from the start of the game."""

CLIENT = b"client"
PATIENT = Config(searcher_lease=1e9, client_lease=1e9, grant=1e9)


class AllLegal:
    """A referee of games in which every move is legal."""

    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:
        """See ``daemon.core.sessions.Referee``."""
        del game, record
        moves: int = spec["num_moves"]
        return moves


@dataclass(frozen=True)
class Job:
    """``trees`` searches of ``visits`` each, or of ``seconds``; ``seed``: of the first tree. ``settings``: of all.

    ``record``: the moves behind which each begins.
    """

    num_moves: int
    visits: int | None = 400
    seconds: float | None = None
    trees: int = 1
    seed: int = 1
    settings: m.SearchSettings = field(default_factory=m.SearchSettings)
    record: tuple[int, ...] = ()


Evaluate = Callable[[Sequence[PlaceLeaf]], dict[str, Any]]


class Watch(Protocol):
    """Looks on."""

    def granted(self, driver: TreeDriver, granted: Granted) -> None:
        """The core has just given these leaves."""

    def evaluated(self, driver: TreeDriver, leaves: Sequence[PlaceLeaf], values: NDArray[np.float32]) -> None:
        """The core is about to hear of these evaluations; values are Black's."""


class TreeDriver:
    """Trees that are searched, and who asks for leaves. A context manager, for the trace."""

    def __init__(
        self, job: Job, slots: int, evaluate: Evaluate, costs: Costs | None = None, trace: FilePath | None = None
    ) -> None:
        """``costs``: of each step, for what ``spent`` says. ``trace``: a file for all events."""
        self.job, self._evaluate, self._costs = job, evaluate, costs or Costs()
        self.core = Scheduler(AllLegal(), PATIENT)
        self.final: dict[str, m.Report] = {}
        self.grants: dict[int, tuple[m.Grant, tuple[PlaceLeaf, ...]]] = {}
        self.depths: list[int] = []
        """Of every leaf that was evaluated."""
        self.watch: Watch | None = None
        self.spent = 0.0
        """Seconds of the core's process in the last call, by ``costs``."""
        options = {"game": GAME, "seed": job.seed}
        header = Header(FORMAT, m.PROTOCOL_VERSION, versions(), options, asdict(PATIENT), started=0.0)
        self._trace = None if trace is None else TraceWriter(trace, header)
        self._heard: list[Granted] = []
        self._say(CLIENT, m.Hello(m.PROTOCOL_VERSION, "client", "bench", 0), 0.0)
        for slot in range(slots):
            self._greet(slot, 0.0)
        for tree in range(job.trees):
            spec = {"num_moves": job.num_moves, "seed": job.seed + tree}
            self._say(CLIENT, m.Open(2 * tree + 1, f"tree {tree}", GAME, spec, list(job.record), job.settings), 0.0)
            limits = m.Limits(visits=job.visits, seconds=job.seconds)
            self._say(CLIENT, m.Search(2 * tree + 2, f"tree {tree}", limits, pv_length=1), 0.0)

    def __enter__(self) -> TreeDriver:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, trace: TracebackType | None) -> None:
        if self._trace is not None:
            if kind is None:
                self._trace.end(self.core.digests())
            self._trace.close()

    @property
    def is_over(self) -> bool:
        """Whether all searches have ended."""
        return len(self.final) == self.job.trees

    @property
    def wants_tick(self) -> bool:
        """Whether the core has something to do by itself."""
        return self.core.next_deadline() == 0.0

    def ask(self, slot: int, request: Request, now: float) -> list[Granted]:
        """A batch request of this slot; who was granted leaves because of it."""
        return self._work(slot, m.Select(_asked(request)), now, 0)

    def update(self, slot: int, request: Request, phases: m.Phases, now: float) -> list[Granted]:
        """The evaluation of this slot's grant, and its next batch request."""
        grant, leaves = self.grants.pop(slot)
        self.depths += [len(path) for _, path in leaves]
        said = self._evaluate(leaves)
        if self.watch is not None:
            self.watch.evaluated(self, leaves, said["value"])
        update = m.Update(grant.grant, phases, **said, batch_request=_asked(request))
        return self._work(slot, update, now, len(leaves))

    def tick(self, now: float) -> list[Granted]:
        """Let the core do what it has to."""
        return self._work(None, m.Tick(), now, 0)

    def begin_anew(self, slot: int, now: float) -> list[Granted]:
        """The slot's process died, and another greets: the leaves that it held are free again."""
        self.grants.pop(slot, None)
        self.spent = self._costs.event
        self._heard = []
        self._say(_name(slot), m.Goodbye(), now)
        self._greet(slot, now)
        return self._heard

    def distribution(self, tree: int = 0) -> NDArray[np.float64]:
        """float64[num_moves]: the visits of the root's moves, which sum to 1."""
        found = np.zeros(self.job.num_moves)
        for child in self.final[f"tree {tree}"].children:
            found[child.move] = child.visits
        found /= max(1.0, found.sum())
        return found

    def value_of(self, move: int, tree: int = 0) -> float:
        """The mean value of a move of the root, Black's side; NaN where it has no visits."""
        session = self.core.sessions.by_name[f"tree {tree}"]
        child = int(child_of(session.tree, 0, move))
        return float(session.tree.mean_value[child]) if child >= 0 and session.tree.visits[child] else float("nan")

    def _work(self, slot: int | None, message: m.AnyMessage, now: float, updated: int) -> list[Granted]:
        counters, costs = self.core.counters, self._costs
        collisions, reused, visits = counters.collisions, counters.speculative_used, counters.visits
        self._heard = []
        self._say(b"" if slot is None else _name(slot), message, now)
        reused = counters.speculative_used - reused
        ends = max(0, counters.visits - visits - updated - reused)  # known ones of the game, backed up without a device
        walks = counters.collisions - collisions + reused + ends + sum(len(one.leaves) for one in self._heard)
        ahead = sum(len(one.ahead) for one in self._heard)
        self.spent = costs.event + walks * costs.select + (updated + ends) * costs.update + ahead * costs.forecast
        return self._heard

    def _greet(self, slot: int, now: float) -> None:
        self._say(_name(slot), m.Hello(m.PROTOCOL_VERSION, "searcher", f"searcher {slot}", 0), now)

    def _say(self, sender: bytes, message: m.AnyMessage, now: float) -> None:
        answers = self.core.handle(sender, message, now)
        if self.core.faults:
            raise AssertionError(f"the core failed: {self.core.faults[0].text}")
        if self._trace is not None:
            outbound = [(receiver, encode(answer)) for receiver, answer in answers]
            self._trace.event(now, sender, encode(message), outbound, None)
        for receiver, answer in answers:
            match answer:
                case m.Grant():
                    slot = int(receiver.split()[-1])
                    leaves = leaves_of(answer.parts, answer.offsets, answer.moves)
                    self.grants[slot] = answer, leaves
                    ahead = answer.ahead
                    next_ones = leaves_of(ahead.parts, ahead.offsets, ahead.moves) if ahead else ()
                    self._heard.append(Granted(slot, leaves, next_ones))
                    if self.watch is not None:
                        self.watch.granted(self, self._heard[-1])
                case m.Report(final=True):
                    self.final[answer.session] = answer
                case m.Refused():
                    raise AssertionError(f"the core refused a {type(message).__name__}: {answer.reason}")
                case _:
                    pass


def leaves_of(
    parts: Sequence[m.GrantPart], offsets: NDArray[np.int32], moves: NDArray[np.uint16]
) -> tuple[PlaceLeaf, ...]:
    """The leaves of a grant or a forecast."""
    firsts = [part.first for part in parts] + [len(offsets) - 1]
    ends = offsets.tolist()
    return tuple(
        (part.spec["seed"], (*part.record, *moves[ends[i] : ends[i + 1]].tolist()))
        for part, begin, end in zip(parts, firsts, firsts[1:], strict=False)
        for i in range(begin, end)
    )


def _name(slot: int) -> bytes:
    return f"searcher {slot}".encode()


def _asked(request: Request) -> m.BatchRequest:
    return m.BatchRequest(request.leaves, request.speculate, per_tree=request.per_tree, ahead=request.ahead)
