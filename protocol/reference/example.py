"""Conversations of a client and of a searcher with a daemon, in order; each message stands behind its sender.

A test holds a real core to the client's: it answers so, but for what it measures and evaluates.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from protocol import messages as m

Sender = Literal["client", "searcher", "daemon"]
Conversation = tuple[tuple[Sender, m.AnyMessage], ...]

GAME = "game 1"
SPEC: dict[str, Any] = {"size": 9, "komi": 7, "rules": "chinese"}
E5, F4, B8 = 40, 50, 10


def _child(move: int, order: int, visits: int, value: float, pv: list[int], pv_visits: list[int]) -> m.ChildReport:
    return m.ChildReport(
        move=move,
        order=order,
        visits=visits,
        value=value,
        lead=20 * value,
        prior=0.0625,
        lcb=value + 0.25,
        utility_variance=0.125,
        pv=pv,
        pv_visits=pv_visits,
        utility=1.25 * value,
        utility_lcb=1.25 * value + 0.25,
        weight=float(visits),
        preference=float(visits),
    )


def _report(request: int, visits: int, children: list[m.ChildReport], **others: Any) -> m.Report:
    told: dict[str, Any] = {
        "record": [E5],
        "to_play": -1,
        "new_visits": visits,
        "value": 0.03125,
        "lead": 0.625,
        "raw_value": 0.75,
        "raw_lead": 15.0,
        "chosen": children[0].move if children else None,
        "final": False,
        "reason": "",
        "nodes": visits + 2,
        "bytes": 300 * (visits + 2),
        "utility": 0.0625,
        "weight": float(visits),
    }
    return m.Report(request=request, session=GAME, visits=visits, children=children, **told | others)


CLIENT: Conversation = (
    ("client", m.Hello(m.PROTOCOL_VERSION, "client", "example", 4711, token="9f86d081884c7d65")),
    ("daemon", m.Welcome(m.PROTOCOL_VERSION, "0.1.0", heartbeat=15.0, last_request=None)),
    ("client", m.Open(1, GAME, "go", SPEC)),
    ("daemon", m.Opened(1, GAME, "go", SPEC, record=[], shared=False, max_bytes=1 << 30)),
    ("client", m.Play(2, GAME, E5)),
    ("daemon", m.Done(2)),
    ("client", m.Search(3, GAME, m.Limits(visits=100), report_every=0.5, max_children=2, pv_length=2)),
    (
        "daemon",
        _report(
            3,
            60,
            [_child(F4, 0, 32, -0.125, [F4, B8], [32, 20]), _child(B8, 1, 9, 0.0, [B8, F4], [9, 5])],
            elapsed=0.5,
        ),
    ),
    (
        "daemon",
        _report(
            3,
            100,
            [_child(F4, 0, 64, -0.0625, [F4, B8], [64, 40]), _child(B8, 1, 16, 0.0, [B8, F4], [16, 9])],
            elapsed=0.8125,
            final=True,
            reason="visits",
        ),
    ),
    ("client", m.Play(4, GAME, E5)),
    ("daemon", m.Refused("move 2 of the record: white E5: occupied", 4)),
    ("client", m.Heartbeat()),
    ("client", m.Search(5, GAME, report_every=0.5, max_children=1, pv_length=1)),
    ("daemon", _report(5, 140, [_child(F4, 0, 90, -0.0625, [F4], [90])], new_visits=40, elapsed=0.5)),
    ("client", m.Undo(6, GAME)),
    (
        "daemon",
        _report(
            5,
            150,
            [_child(F4, 0, 97, -0.0625, [F4], [97])],
            new_visits=50,
            elapsed=0.625,
            final=True,
            reason="moved",
        ),
    ),
    ("daemon", m.Done(6)),
    ("client", m.Close(7, GAME)),
    ("daemon", m.Done(7)),
    ("client", m.Goodbye()),
)
"""A session: a search to its limit, a refusal, a search without limits that ends since the cursor moves."""

_LEAVES, _MOVES = 26, 82


def _priors() -> np.ndarray[Any, np.dtype[np.uint16]]:
    """All legal moves alike: of 81 points two are taken, by the record and by the leaf's own move."""
    priors = np.full((_LEAVES, _MOVES), np.float16(1 / 80).view(np.uint16), np.uint16)
    priors[:, E5] = m.ILLEGAL_PRIOR
    priors[np.arange(_LEAVES), np.arange(_LEAVES)] = m.ILLEGAL_PRIOR
    return priors


_BATCH = m.BatchRequest(leaves=_LEAVES)

SEARCHER: Conversation = (
    (
        "searcher",
        m.Hello(m.PROTOCOL_VERSION, "searcher", "mine", 4712, m.NetInfo("my net", "", "mine", "my device")),
    ),
    ("daemon", m.Welcome(m.PROTOCOL_VERSION, "0.1.0", heartbeat=7.5, last_request=None)),
    ("searcher", m.Select(_BATCH)),
    (
        "daemon",
        m.Grant(
            grant=1,
            game="go",
            num_moves=_MOVES,
            parts=[m.GrantPart(0, 1, SPEC, [E5], ownership=False)],
            offsets=np.arange(_LEAVES + 1, dtype=np.int32),
            moves=np.arange(_LEAVES, dtype=np.uint16),
        ),
    ),
    (
        "searcher",
        m.Update(
            grant=1,
            phases=m.Phases(10.0, 10.001, 10.002, 10.002, 10.012, 10.0125),
            to_play=np.ones(_LEAVES, np.int8),
            terminal=np.zeros(_LEAVES, np.uint8),
            value=np.full(_LEAVES, 0.125, np.float32),
            lead=np.full(_LEAVES, 2.5, np.float32),
            priors=_priors(),
            ownership=np.zeros((0, 0), np.float32),
            batch_request=_BATCH,
            score=np.tile(np.array([2.0, 12.5], np.float32), (_LEAVES, 1)),
            errors=np.tile(np.array([0.25, 1.5], np.float32), (_LEAVES, 1)),
            patterns=np.arange(1, _LEAVES + 1, dtype=np.uint64),
        ),
    ),
)
"""A batch of 26 leaves: each is one move behind the position, and their priors are an array with a frame of its own."""
