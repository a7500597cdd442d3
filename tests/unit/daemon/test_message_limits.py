"""How large a message each peer may send, and what it may miss of what it is sent."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from daemon.process.message_limits import CLIENT_BYTES, SEARCHER_BYTES, droppable, message_bytes
from protocol import messages as m
from protocol.codec import encode
from protocol.zmtp import FRAME_COST
from tests import message_samples as samples

HELLO = m.Hello(m.PROTOCOL_VERSION, "client", "c", 1)
WELCOME = m.Welcome(m.PROTOCOL_VERSION, "", 1.0)
(REPORT,) = [one for one in samples.SAMPLES if isinstance(one, m.Report)][:1]


@pytest.mark.parametrize("leaves", [1, 7, 4096])
@pytest.mark.parametrize("num_moves", [2, 82, 362])
@pytest.mark.parametrize("ownership", [False, True])
def test_a_searcher_may_send_the_answer_to_its_grant(leaves: int, num_moves: int, ownership: bool) -> None:
    part = m.GrantPart(0, 1, {}, [], ownership)
    grant = m.Grant(1, "go", num_moves, [part], np.zeros(leaves + 1, np.int32), np.zeros(0, np.uint16))
    update = m.Update(
        grant=1,
        phases=m.Phases(*[1.0] * 6),
        to_play=np.ones(leaves, np.int8),
        terminal=np.zeros(leaves, np.uint8),
        value=np.zeros(leaves, np.float32),
        lead=np.zeros(leaves, np.float32),
        priors=np.zeros((leaves, num_moves), np.uint16),
        ownership=np.zeros((leaves, num_moves - 1) if ownership else (0, 0), np.float32),
        batch_request=m.BatchRequest(4096),
    )
    size = sum(len(frame) + FRAME_COST for frame in encode(update))
    allowed = message_bytes(m.Select(m.BatchRequest(leaves)), grant)
    assert allowed is not None
    assert size <= allowed
    assert allowed <= SEARCHER_BYTES + leaves * (2 * num_moves + 16 + (4096 if ownership else 0))


def test_what_a_peer_is_says_how_much_it_may_send() -> None:
    assert message_bytes(HELLO, WELCOME) == CLIENT_BYTES
    assert message_bytes(replace(HELLO, role="searcher"), WELCOME) == SEARCHER_BYTES
    assert message_bytes(HELLO, m.Refused("no")) is None


def test_only_live_reports_may_be_lost() -> None:
    live = replace(REPORT, final=False)
    assert droppable(m.Tick(), live) == live.request
    for message, answer in (
        (m.Query(1, "s"), live),
        (m.Tick(), replace(REPORT, final=True)),
        (m.Tick(), m.Refused("no")),
        (m.Stop(1, "s"), m.Done(1)),
    ):
        assert droppable(message, answer) is None
