"""One session: a game, its record, the cursor, the tree, and at most one search.

A session decides what may be selected and when its search is over; it does not know who searches. The *cursor path* is
the line of nodes from the start of the game to the cursor. Moving the cursor drops nothing, so undo costs nothing and
going forward again finds the tree as it was.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.core import compaction
from daemon.core import search_tree as st
from daemon.core.backup import update_leaves
from daemon.core.backup_parameters import BackupParameters
from daemon.core.bounds import TreeBudget
from daemon.core.collisions import HowToWalk, Selected, select_leaves
from daemon.core.forecast import Paths, forecast_paths
from daemon.core.gumbel import Halving
from daemon.core.many_trees import TreeRow
from daemon.core.names import owner_of
from daemon.core.pseudo_visits import release_leaves
from daemon.core.root_policy import RootPolicy
from daemon.core.search_tree import (
    BYTES_PER_NODE,
    COMPACTING,
    MAX_NODES,
    NODES,
    ROWS,
    TERMINAL,
    TICKETS,
    TOUCHED_NODES,
    TOUCHED_ROWS,
)
from daemon.core.selection import Puct
from daemon.core.tree_events import Report
from daemon.core.tree_memory import FEWEST_NODES, TreeMemory
from protocol.messages import Ending, GuestRole, Limits, Priority, Restriction, SearchSettings, Update

GIVEN_BACK = 32 << 20
"""Bytes that are given back to the system at a time, which takes it a few milliseconds."""


_NO_PAIRS = np.zeros((0, 0), np.float32)
_NO_WORDS = np.zeros(0, np.uint64)
for _nothing in (_NO_PAIRS, _NO_WORDS):  # as what comes from the wire, which to numba is of another type
    _nothing.setflags(write=False)


@dataclass
class ActiveSearch:
    """A search that runs, and where its reports go."""

    client: bytes
    request: int
    limits: Limits
    report_every: float | None
    max_children: int
    pv_length: int
    began: float
    visits_before: int
    next_report: float
    moves_ownership: bool = False
    priority: Priority = "live"
    waits: bool = False
    """It has not begun, for as many search as may."""

    @property
    def deadline(self) -> float:
        """When time is over."""
        limited = self.limits.seconds is not None and not self.waits
        return self.began + self.limits.seconds if limited else np.inf  # type: ignore[operator]

    @property
    def due(self) -> float:
        """When it wants something done even if nothing happens."""
        return min(self.deadline, self.next_report)

    @property
    def has_budget(self) -> bool:
        """Whether its visits are limited."""
        return self.limits.visits is not None or self.limits.new_visits is not None

    def visits_left(self, visits: int) -> int:
        """How many more visits the limits allow, when the cursor has ``visits``."""
        return self.last_visit - visits

    @property
    def last_visit(self) -> int:
        """With how many visits of the cursor it is over."""
        last, limits = st.MAX_VISITS, self.limits
        if limits.visits is not None:
            last = min(last, limits.visits)
        if limits.new_visits is not None:
            last = min(last, self.visits_before + limits.new_visits)
        return last

    @property
    def ends_by_visits(self) -> bool:
        """Whether nothing but its tree tells when it is over."""
        return self.limits.seconds is None and not self.limits.early


@dataclass(frozen=True)
class EndedSearch:
    """How the last search of a session ended, for a client to whom its final report did not come through."""

    search: ActiveSearch
    reason: Ending
    at: float
    position: int = 0
    failure: str = ""


@dataclass
class Ownership:
    """Sum of the ownership of ``count`` evaluations below one node, Black's side, points from the top left."""

    total: NDArray[np.float64]
    count: int = 0

    @property
    def mean(self) -> list[float]:
        """What a report says of it."""
        mean: list[float] = (self.total / self.count).tolist()
        return mean


@dataclass(eq=False)
class Session:
    """All state of one session. ``serial`` never repeats, names may; ``position`` changes with every cursor move.

    ``name``: its key, see ``names``. ``used_at``: when a client last asked anything of it. ``invitations``: secrets by
    which clients of other owners come in, and as what; ``guests``: those of its clients who did, and by which.
    ``nodes``: for which there is room at once.
    """

    name: str
    serial: int
    position: int
    game: str
    spec: dict[str, Any]
    num_moves: int
    settings: SearchSettings
    record: list[int] = field(default_factory=list)
    clients: set[bytes] = field(default_factory=set)
    search: ActiveSearch | None = None
    ended: EndedSearch | None = None
    ownership: dict[int, Ownership] = field(default_factory=dict)
    used_at: float = 0.0
    invitations: dict[str, GuestRole] = field(default_factory=dict)
    guests: dict[bytes, str] = field(default_factory=dict)
    nodes: InitVar[int] = FEWEST_NODES

    def __post_init__(self, nodes: int) -> None:
        self.owner = owner_of(self.name)
        self.shape = self.game, self.num_moves, repr((self.spec.get("size"), self.spec.get("game")))
        """Positions of sessions of one shape go into one batch: by convention their feature planes have one shape."""
        self.report: Report | None = None
        self._bytes_per_row = st.bytes_per_row(self.num_moves)
        self.bytes_per_leaf = self._bytes_per_row + st.BYTES_PER_NODE
        """What one more node and its priors take."""
        self.memory = TreeMemory(self.num_moves, nodes)
        self.tree = self.memory.tree
        self.backup_parameters = BackupParameters(self.num_moves, self.settings)
        self.root_policy = RootPolicy()
        self.row = TreeRow()
        self.halving = Halving()
        self.shared = TreeBudget()
        self._counted = 0
        self.cursor_path = [0]
        self.restrict([])
        self.configure(self.settings)

    # The cursor.

    @property
    def cursor(self) -> int:
        """The node that the next search begins at."""
        return self.cursor_path[-1]

    @property
    def in_flight(self) -> int:
        """Leaves under tickets, real and speculative."""
        return self.memory.used[TICKETS]

    @property
    def visits(self) -> int:
        """Visits of the cursor."""
        return self.memory.visits[self.cursor_path[-1]]

    def goto(self, record: list[int], position: int) -> None:
        """Move the cursor to the end of ``record``, which must be legal."""
        shared = 0
        while shared < min(len(record), len(self.record)) and record[shared] == self.record[shared]:
            shared += 1
        del self.cursor_path[shared + 1 :]
        self.cursor_path += self._line(record[shared:])
        self.record = list(record)
        self.position = position
        self.restrict([])
        self.ownership = {node: seen for node, seen in self.ownership.items() if node == self.cursor}
        self.count_memory()

    def _line(self, moves: list[int]) -> list[int]:
        """The nodes that these moves lead to from the cursor, made where there are none."""
        line, nodes = np.array(moves, np.int32), np.empty(len(moves), np.int32)
        known = st.follow_line(self.tree.addresses, self.cursor, line, nodes)
        if known < len(moves):
            self._grow(len(moves) - known, 0)
            last = int(nodes[known - 1]) if known else self.cursor
            st.extend_line(self.tree.addresses, last, line[known:], nodes[known:])
        found: list[int] = nodes.tolist()
        return found

    def is_over(self) -> bool:
        """Whether the game is known to be over at the cursor."""
        return self.memory.state[self.cursor_path[-1]] == TERMINAL

    # How to search.

    @property
    def puct(self) -> Puct:
        """Selection's numbers."""
        return self.how_to_walk.puct

    def configure(self, settings: SearchSettings) -> None:
        """Search like this from the next walk on."""
        self.cap_holds = self.in_flight == 0  # pseudo-visits under another rule may still be there
        if settings.root_policy_optimism != self.settings.root_policy_optimism:
            self.tree.root_policy[: self.tree.used[st.NODES]] = 0
        self.settings = settings
        self.how_to_walk = HowToWalk(settings, self.avoid_depth)
        if self.backup_parameters.configure(settings):
            self.backup_parameters.begin_refresh(self.tree)
        self.rng = np.random.Generator(np.random.PCG64(settings.seed))
        self.halving.drop()
        self.root_priors = np.zeros(self.num_moves, np.float32)
        self.node_of_priors = st.NONE

    def restrict(self, restrictions: list[Restriction]) -> None:
        """Obey these from the next walk on, and no others. The cursor is another one, or a search begins."""
        self.halving.drop()
        self.avoid = np.zeros((2, self.num_moves), np.int32)
        for restriction in restrictions:
            named = np.zeros(self.num_moves, bool)
            named[[move for move in restriction.moves if move < self.num_moves]] = True
            row = self.avoid[0 if restriction.to_play > 0 else 1]
            forbidden = ~named if restriction.allow else named
            row[forbidden] = np.maximum(row[forbidden], restriction.depth)
        self.avoid_depth = int(self.avoid.max(initial=0))
        self.how_to_walk = HowToWalk(self.settings, self.avoid_depth)

    def go_on_for(self, old: Session) -> None:
        """Search what ``old`` searches, within the same limits, of which what it did is used up."""
        self.search, old.search = old.search, None
        if self.search is not None:
            self.search.visits_before -= old.visits
        self.avoid, self.avoid_depth = old.avoid, old.avoid_depth
        self.how_to_walk = HowToWalk(self.settings, self.avoid_depth)

    def _set_root_priors(self) -> None:
        """Temper the cursor's priors and mix fresh Dirichlet noise into them, once for each cursor that has priors."""
        if not self.puct.own_root_priors or self.node_of_priors == self.cursor:
            return
        if self.tree.row[self.cursor] == st.NONE:
            return
        policy = st.policy(self.tree, self.cursor)
        legal = policy >= 0.0
        net = policy[legal]
        tempered = (net / (net.max() or 1.0)) ** (1.0 / self.settings.root_temperature)
        priors = tempered * (net.sum() / (tempered.sum() or 1.0))
        if self.settings.noise_weight > 0.0:
            noise = self.rng.dirichlet(np.full(len(net), self.settings.noise_concentration / len(net)))
            priors += self.settings.noise_weight * (noise - priors)
        self.root_priors = np.zeros(self.num_moves, np.float32)
        self.root_priors[legal] = priors
        self.node_of_priors = self.cursor

    def _halve(self) -> None:
        """Begin sequential halving, once for each search whose visits are limited, when the cursor has priors."""
        if self.settings.root_selection != "gumbel" or self.halving.under_way:
            return
        if self.search is not None and self.search.has_budget and self.tree.state[self.cursor] == st.EXPANDED:
            left, counts = self.search.visits_left(self.visits), self.how_to_walk.rule.on_ticket == 0
            self.halving.begin(self.tree, self.cursor, self.rng, self.settings, left, counts)

    # Work.

    def budget(self) -> int:
        """Visits that may be begun now, by the search's limits."""
        memory, cursor = self.memory, self.cursor_path[-1]
        if self.search is None or memory.state[cursor] == TERMINAL:
            return 0
        return max(0, self.search.visits_left(memory.visits[cursor]) - memory.pending[cursor])

    def room(self) -> int:
        """Leaves that fit into the session's memory, those in flight taken off. None in the midst of a compaction."""
        used = self.memory.used
        if used[COMPACTING]:
            return 0
        taken = used[NODES] * BYTES_PER_NODE + used[ROWS] * self._bytes_per_row + self._bytes_of_ownership()
        fit = (self.settings.max_bytes - taken) // self.bytes_per_leaf
        own = min(fit, MAX_NODES - used[NODES]) - used[TICKETS]
        return max(0, min(own, self.shared.free_to_search // self.bytes_per_leaf))

    def bytes_for(self, record: list[int]) -> tuple[int, int]:
        """What the nodes of a line take that are not there yet, and what the whole line takes."""
        line = np.array(record, np.int32)
        known = st.follow_line(self.tree.addresses, 0, line, np.empty_like(line))
        return (len(record) - known) * st.BYTES_PER_NODE, (len(record) + 1) * st.BYTES_PER_NODE

    def join(self, shared: TreeBudget) -> None:
        """Count in this budget from now on."""
        self.leave()
        self.shared = shared
        self.count_memory()

    def leave(self) -> None:
        """Count in no budget any more; whatever state the tree is in."""
        self.shared.add(-self._counted)
        self.shared, self._counted = TreeBudget(), 0

    def count_memory(self) -> None:
        """Have the budget know what this session holds now."""
        self.count_as(self.bytes_held())

    def count_as(self, held: int) -> None:
        """Have the budget know that this session holds so many bytes."""
        if held != self._counted:
            self.shared.add(held - self._counted)
            self._counted = held

    def bytes_held(self) -> int:
        """What it holds, and what its leaves in flight will."""
        used = self.memory.used
        nodes, rows = used[NODES], used[ROWS]
        if used[TOUCHED_NODES] > nodes:
            nodes = used[TOUCHED_NODES]
        if used[TOUCHED_ROWS] > rows:
            rows = used[TOUCHED_ROWS]
        held = nodes * BYTES_PER_NODE + (rows + used[TICKETS]) * self._bytes_per_row
        return held + self._bytes_of_ownership() if self.ownership else held

    def is_over_full(self, more: int = 0) -> bool:
        """Whether it holds more than it may, with so many bytes more."""
        return self._bytes_used() + more > self.settings.max_bytes

    def _bytes_used(self) -> int:
        return st.bytes_used(self.tree) + self._bytes_of_ownership()

    def _bytes_of_ownership(self) -> int:
        if not self.ownership:
            return 0
        return len(self.ownership) * next(iter(self.ownership.values())).total.nbytes

    def make_room(self) -> bool:
        """Begin to drop what is not below the cursor if memory is short and nothing is in flight. False: it is full
        for good."""
        if self.in_flight > 0 or self.compacting or self.room() > 0:
            return True
        return self.compact() and (self.compacting or self.room() > 0)

    def compact(self) -> bool:
        """Begin to drop what is not below the cursor. Nothing may be in flight. False: there is nothing to drop."""
        if not compaction.would_drop(self.tree, self.cursor_path):
            return False
        compaction.begin(self.tree, self.cursor_path)
        self.tidy()
        return True

    @property
    def compacting(self) -> bool:
        """Whether nodes are being dropped; until then no leaf is handed out."""
        return bool(self.tree.used[st.COMPACTING])

    @property
    def untidy(self) -> bool:
        """Whether ``tidy`` has something to do."""
        used = self.tree.used.tolist()
        return bool(used[st.COMPACTING] or used[st.STALE_NODES] or used[st.TOUCHED_NODES] or used[st.TOUCHED_ROWS])

    def tidy(self) -> None:
        """A step of a compaction, if one is under way, or else of making means anew and giving memory back."""
        if self.compacting:
            marked = {*self.ownership, self.node_of_priors, self.backup_parameters.center_of} - {st.NONE}
            self.cursor_path, now = compaction.step(self.tree, self.cursor_path, marked)
            self.ownership = {now[node]: seen for node, seen in self.ownership.items() if now[node] != st.NONE}
            self.node_of_priors = now.get(self.node_of_priors, st.NONE)
            self.backup_parameters.center_of = now.get(self.backup_parameters.center_of, st.NONE)
            if not self.compacting:
                self.backup_parameters.count_tables(self.tree)
                if self.tree.used[st.STALE_NODES]:  # the nodes have other numbers now
                    self.tree.used[st.STALE_NODES] = self.tree.used[st.NODES]
        elif self.tree.used[st.STALE_NODES]:
            self.backup_parameters.refresh(self.tree)
        if not self.compacting:
            self.tree = self.memory.give_back(GIVEN_BACK)
        self.count_memory()

    def close(self) -> TreeMemory:
        """The session is over; the memory of its tree, for the system to have back."""
        self.leave()
        self.memory.mark_unused()
        return self.memory

    def _grow(self, nodes: int, rows: int) -> None:
        self.tree = self.memory.grow(nodes, rows, self.settings.max_bytes)
        self.backup_parameters.grow(self.tree, self.memory.used[NODES] + nodes)

    def ending(self, now: float, waits: bool = False) -> Ending | None:
        """Why the search ends now, None where it goes on. ``waits``: others may make room for it."""
        if self.search is None:
            return None
        if self.is_over():
            return "terminal"
        if self.search.visits_left(self.visits) <= 0:
            return "visits"
        if now >= self.search.deadline:
            return "time"
        return None if waits or self.make_room() else "memory"

    def select(
        self, wanted: int, budget: int, speculate: bool, shallow: bool = False, optimistic: bool = False
    ) -> tuple[Selected, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint16]]:
        """Tickets for up to ``wanted`` leaves, for which there is room; see ``collisions.select_leaves``.

        ``budget``: what ``budget`` says. ``optimistic``: see ``messages.BatchRequest``.
        """
        if optimistic and self.root_policy.is_due(self.tree, self.cursor, self.settings):
            asked = self.root_policy.ask(self.tree, self.cursor)
            self.count_memory()
            return asked
        self._set_root_priors()
        self._halve()
        if self.backup_parameters.follow(self.tree, self.cursor):
            self.backup_parameters.begin_refresh(self.tree)
        self.cap_holds |= self.in_flight == 0
        self._grow(wanted, 0)
        selected = select_leaves(
            self.tree,
            self.cursor,
            wanted,
            budget,
            self.how_to_walk,
            self.backup_parameters,
            self.root_priors,
            self.halving.numbers,
            self.avoid,
            speculate,
            shallow,
            self.report,
        )
        self.count_memory()
        return selected

    def forecast(self, wanted: int) -> Paths | None:
        """Where the next selections are likely to end, up to so many leaves; None where nothing can be said."""
        if (wanted := min(wanted, self.room())) <= 0:
            return None
        self._grow(wanted, 0)
        how = (self.how_to_walk, self.root_priors, self.halving.numbers, self.avoid)
        paths = forecast_paths(self.tree, self.cursor, wanted, *how)
        return paths if len(paths[0]) > 1 else None

    def update(self, leaves: NDArray[np.int32], rows: slice, update: Update) -> int:
        """Finish tickets: leaf i of ``leaves`` is row i of the update's ``rows``. Returns how many visits it made."""
        if self.root_policy.is_of(leaves):
            self.root_policy.take(self.tree, update.priors[rows].view(np.int16)[0])
            self.node_of_priors = st.NONE
            self.halving.drop()
            self.count_memory()
            return 0
        self._grow(0, len(leaves))
        if self.settings.ownership and len(update.ownership):
            self._add_ownership(leaves, update.ownership[rows])
        self.halving.forget(self.tree, self.cursor, leaves)
        visits = update_leaves(
            self.tree.addresses,
            self.backup_parameters.numbers,
            self.backup_parameters.places,
            leaves,
            rows.start,
            update.to_play,
            update.terminal,
            update.value,
            update.lead,
            update.score if len(update.score) else _NO_PAIRS,
            update.errors if len(update.errors) else _NO_PAIRS,
            update.patterns if len(update.patterns) else _NO_WORDS,
            update.keys if len(update.keys) else _NO_WORDS,
            update.priors.view(np.int16),
            self.cursor,
        )
        self.count_memory()
        return int(visits)

    def release(self, leaves: NDArray[np.int32]) -> None:
        """Cancel tickets."""
        if self.root_policy.is_of(leaves):
            self.root_policy.drop(self.tree)
        else:
            self.halving.forget(self.tree, self.cursor, leaves)
            release_leaves(self.tree, leaves)
        self.count_memory()

    def _add_ownership(self, leaves: NDArray[np.int32], ownership: NDArray[np.float32]) -> None:
        """Add to the cursor's sum and to that of its child on the way, so that a move played keeps its own."""
        branches = st.branches(self.tree, self.cursor, leaves)
        for leaf, branch, points in zip(leaves, branches, ownership, strict=True):
            if branch == st.NONE or self.tree.state[leaf] != st.IN_FLIGHT:
                continue
            for node in {self.cursor, int(branch)}:
                seen = self.ownership.setdefault(node, Ownership(np.zeros(len(points))))
                seen.total += points
                seen.count += 1
