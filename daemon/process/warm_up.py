"""A search of a few visits in a core of its own: it loads the kernels of the tree, or compiles them and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from daemon.core import search_tree
from daemon.core.answers import Answers
from daemon.core.compaction import begin
from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.core.session import Session
from daemon.process.compiling import compiling
from daemon.process.referee import GamesReferee
from protocol import messages as m
from protocol.codec import decode, encode


def warm_up(referee: GamesReferee) -> None:
    """Load or compile what the master needs."""
    with compiling("the search kernels", 25, Path(search_tree.__file__)):
        _search()
    referee.warm_up()


class _TwoMoves:
    def judge(self, game: str, spec: dict[str, Any], record: list[int]) -> int:  # noqa: ARG002
        return 2


def _search() -> None:
    core = Scheduler(_TwoMoves(), Config())
    core.handle(b"c", m.Hello(m.PROTOCOL_VERSION, "client", "warm-up", 0), 0.0)
    core.handle(b"s", m.Hello(m.PROTOCOL_VERSION, "searcher", "warm-up", 0), 0.0)
    core.handle(b"c", m.Open(1, "warm-up", "none", {}, settings=m.SearchSettings(ownership=True)), 0.0)
    core.handle(b"c", m.Play(2, "warm-up", 1), 0.0)
    core.handle(b"c", m.Search(3, "warm-up", m.Limits(visits=6)), 0.0)
    _evaluate(core, core.handle(b"s", m.Select(m.BatchRequest(2, True)), 0.0))
    answers: Answers = []
    for request, name in enumerate(("a", "b"), 4):  # two trees, which are done with one call
        core.handle(b"c", m.Open(request, name, "none", {}), 0.0)
        answers += core.handle(b"c", m.Search(request, name, m.Limits(visits=9)), 0.0)
    _evaluate(core, answers)
    core.handle(b"c", m.Search(6, "warm-up", m.Limits(visits=9)), 0.0)
    core.handle(b"s", m.Goodbye(), 0.0)  # which holds leaves
    _compact(core.sessions.by_name["warm-up"])


def _evaluate(core: Scheduler, answers: Answers) -> None:
    """Answer the searcher's grants as long as there are such."""
    while grants := [answer for _, answer in answers if isinstance(answer, m.Grant)]:
        # As from the wire, whose arrays are read-only: to numba they are of another type.
        update = decode([bytes(frame) for frame in encode(_evaluation(grants[0]))])
        answers = core.handle(b"s", update, 0.0)


def _compact(session: Session) -> None:
    begin(session.tree, session.cursor_path)
    session.tidy()


def _evaluation(grant: m.Grant) -> m.Update:
    n = len(grant.offsets) - 1
    zeros = np.zeros(n, np.float32)
    priors = np.full((n, grant.num_moves), 0x3800, np.uint16)
    return m.Update(
        grant.grant,
        m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        np.ones(n, np.int8),
        np.zeros(n, np.uint8),
        zeros,
        zeros,
        priors,
        np.zeros((n, 1), np.float32),
        m.BatchRequest(2, True),
    )
