"""How large a message each peer may send, and what it may miss of what it is sent."""

from __future__ import annotations

from protocol import messages as m

CLIENT_BYTES = 4 << 20
"""What a request of a client may have; the longest record with the most restrictions is smaller."""

SEARCHER_BYTES = 64 << 10
"""What a message of a searcher may have beside the evaluations of a grant."""

_POINTS = 1024
"""Points of an ownership, where a game has more of them than moves."""


def message_bytes(message: m.Inbound, answer: m.Outbound) -> int | None:
    """Bytes that a message of the answer's receiver may have from now on; None where that does not change.

    A searcher may send what it was granted work for, and no more: so a stranger that calls itself one may not either.
    """
    match message, answer:
        case m.Hello(role=role), m.Welcome():
            return CLIENT_BYTES if role == "client" else SEARCHER_BYTES
        case _, m.Grant():
            leaf = 2 * answer.num_moves + 16
            if any(part.ownership for part in answer.parts):
                leaf += 4 * max(answer.num_moves, _POINTS)
            return SEARCHER_BYTES + leaf * (len(answer.offsets) - 1)
    return None


def droppable(message: m.Inbound, answer: m.Outbound) -> int | None:
    """The key of an answer that may be dropped, also for the next of the same key: a live report, by its request.

    Only time brings live reports; a report that a ``Query`` brings is waited for.
    """
    if isinstance(message, m.Tick) and isinstance(answer, m.Report) and not answer.final:
        return answer.request
    return None
