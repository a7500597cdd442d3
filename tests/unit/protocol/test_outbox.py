"""What waits for a slow reader: in order, coalesced, counted."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from protocol.outbox import Outbox


class Peer:
    """Takes so many bytes and no more."""

    def __init__(self) -> None:
        self.room = 0
        self.got = b""

    def sendmsg(self, buffers: Sequence[memoryview]) -> int:
        data = b"".join(bytes(buffer) for buffer in buffers)[: self.room]
        if not data:
            raise BlockingIOError
        self.got += data
        self.room -= len(data)
        return len(data)


def flush(outbox: Outbox, peer: Peer, room: int = 1 << 30) -> None:
    peer.room = room
    fake: socket.socket = peer  # type: ignore[assignment]
    outbox.flush(fake)


def test_messages_go_out_in_order() -> None:
    outbox, peer = Outbox(), Peer()
    for word in (b"a", b"", b"bc"):
        outbox.put([word, b"."])
    assert outbox.size == 6
    flush(outbox, peer)
    assert (peer.got, outbox.size) == (b"a..bc.", 0)


def test_a_newer_report_takes_the_place_of_one_that_waits() -> None:
    outbox, peer = Outbox(), Peer()
    outbox.put([b"final 1 "])
    for number in range(100):
        outbox.put([b"report %d " % number], key=7)
        outbox.put([b"other %d " % number], key=8)
    outbox.put([b"final 2"])
    assert outbox.size == len(b"final 1 report 99 other 99 final 2")
    flush(outbox, peer)
    assert peer.got == b"final 1 report 99 other 99 final 2"


def test_what_is_half_sent_is_sent_whole() -> None:
    outbox, peer = Outbox(), Peer()
    outbox.put([b"0123", b"4567"], key=7)
    flush(outbox, peer, room=5)
    outbox.put([b"next"], key=7)
    outbox.drop_what_may_be_dropped()
    outbox.put([b"last"])
    assert outbox.size == 3 + 4
    flush(outbox, peer)
    assert peer.got == b"01234567last"


@given(st.lists(st.tuples(st.binary(max_size=20), st.none() | st.integers(0, 2), st.integers(0, 30))))
def test_its_size_is_what_it_will_still_send(steps: list[tuple[bytes, int | None, int]]) -> None:
    outbox, peer = Outbox(), Peer()
    for word, key, room in steps:
        outbox.put([word], key)
        before = outbox.size
        flush(outbox, peer, room)
        assert outbox.size <= before
    got, left = len(peer.got), outbox.size
    flush(outbox, peer)
    assert (len(peer.got), outbox.size) == (got + left, 0)


@given(st.lists(st.tuples(st.binary(max_size=20), st.integers(0, 30))))
def test_what_has_no_key_all_arrives(steps: list[tuple[bytes, int]]) -> None:
    outbox, peer = Outbox(), Peer()
    for word, room in steps:
        outbox.put([word])
        outbox.put([b"?"], key=1)
        flush(outbox, peer, room)
    outbox.drop_what_may_be_dropped()
    flush(outbox, peer)
    assert peer.got.replace(b"?", b"") == b"".join(word for word, _ in steps).replace(b"?", b"")
