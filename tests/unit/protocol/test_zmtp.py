"""Bytes to messages: every way to cut them, and what one message may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.zmtp import FRAME_COST, GREETING, MAX_FRAMES, Incoming, Oversized, Violation, packed, ready
from tests.raw_peer import MORE, frame

HELLO = GREETING + ready(b"DEALER")
LIMIT = 10_000


def greeted(limit: int = LIMIT) -> Incoming:
    incoming = Incoming(limit)
    incoming.feed(HELLO)
    assert incoming.greeted
    assert incoming.replies == [ready(b"ROUTER")]
    incoming.replies.clear()
    return incoming


def taken(incoming: Incoming) -> list[list[bytes] | int]:
    """The messages, an oversized one as its limit."""
    found: list[list[bytes] | int] = []
    while incoming.has_message:
        each = incoming.take()
        found.append(each.limit if isinstance(each, Oversized) else [bytes(part) for part in each])
    return found


def feed(incoming: Incoming, data: bytes, cut: int) -> None:
    for at in range(0, len(data), cut):
        incoming.feed(data[at : at + cut])


MESSAGES = st.lists(st.lists(st.binary(max_size=600), min_size=1, max_size=4), max_size=5)


@given(MESSAGES, st.lists(st.integers(1, 700), min_size=1))
def test_messages_come_out_as_they_went_in_however_they_are_cut(messages: list[list[bytes]], cuts: list[int]) -> None:
    data = HELLO + b"".join(bytes(part) for message in messages for part in packed(message))
    incoming, at = Incoming(LIMIT), 0
    found: list[list[bytes] | int] = []
    while at < len(data):
        size = cuts[at % len(cuts)]
        incoming.feed(data[at : at + size])
        found += taken(incoming)
        at += size
    assert found == messages
    assert incoming.held == 0


def test_what_nobody_has_taken_counts() -> None:
    incoming = greeted()
    incoming.feed(frame(b"x" * 100) * 3)
    assert incoming.held == incoming.queued == 3 * (100 + FRAME_COST)
    assert taken(incoming) == [[b"x" * 100]] * 3
    assert incoming.held == 0


OVERSIZED = [
    ("one frame", frame(b"x" * LIMIT)),
    ("frames that are small", frame(b"x" * 1000, MORE) * 10 + frame(b"")),
    ("frames that are empty", frame(b"", MORE) * MAX_FRAMES + frame(b"")),
    ("its last frame", frame(b"x" * 9000, MORE) + frame(b"x" * 9000)),
]


@pytest.mark.parametrize("data", [data for _, data in OVERSIZED], ids=[name for name, _ in OVERSIZED])
@pytest.mark.parametrize("cut", [1, 7, 4096, 1 << 20])
def test_what_is_oversized_is_thrown_away_and_what_follows_is_not(data: bytes, cut: int) -> None:
    incoming = greeted()
    found: list[list[bytes] | int] = []
    data += frame(b"next")
    for at in range(0, len(data), cut):
        incoming.feed(data[at : at + cut])
        assert incoming.held - incoming.queued <= LIMIT + cut
        found += taken(incoming)
    assert found == [LIMIT, [b"next"]]


def test_an_unfinished_message_is_bounded_however_long_it_goes_on() -> None:
    incoming = greeted()
    for _ in range(5000):
        incoming.feed(frame(b"x" * 1000, MORE))
        assert incoming.held <= LIMIT
    assert not incoming.has_message


def test_a_frame_of_a_terabyte_takes_no_memory() -> None:
    incoming = greeted()
    incoming.feed(b"\x02" + (1 << 40).to_bytes(8, "big"))
    for _ in range(100):
        incoming.feed(b"x" * (1 << 20))
        assert incoming.held == 0


def test_a_frame_that_just_fits_does() -> None:
    incoming = greeted()
    whole = b"x" * (LIMIT - FRAME_COST)
    incoming.feed(frame(whole) + frame(whole + b"x"))
    assert taken(incoming) == [[whole], LIMIT]


def test_a_raised_limit_holds_from_then_on() -> None:
    incoming = greeted()
    incoming.limit = 2 * LIMIT
    incoming.feed(frame(b"x" * LIMIT))
    assert taken(incoming) == [[b"x" * LIMIT]]


def test_a_ping_is_answered_with_its_context() -> None:
    incoming = greeted()
    body = b"\x04PING" + b"\x00\x0a" + b"ctx"
    incoming.feed(bytes((4, len(body))) + body)
    assert incoming.replies == [bytes((4, 8)) + b"\x04PONG" + b"ctx"]


def test_other_commands_are_passed_over() -> None:
    incoming = greeted()
    incoming.feed(bytes((4, 6)) + b"\x05OTHER" + frame(b"a"))
    assert taken(incoming) == [[b"a"]]


VIOLATIONS = [
    ("another protocol", b"GET / HTTP/1.1\r\n"),
    ("an old version", GREETING[:10] + b"\x01" + GREETING[11:]),
    ("a mechanism", GREETING[:12] + b"CURVE".ljust(20, b"\0") + bytes(32)),
    ("a message before the greeting is over", GREETING + frame(b"x")),
    ("a command before READY", GREETING + bytes((4, 5)) + b"\x04PING"),
    ("unknown flags", HELLO + b"\x80\x00"),
    ("a command without end", HELLO + b"\x06" + (1 << 20).to_bytes(8, "big")),
    ("a command with more to come", HELLO + bytes((5, 5)) + b"\x04PING"),
]


@pytest.mark.parametrize("data", [data for _, data in VIOLATIONS], ids=[name for name, _ in VIOLATIONS])
@pytest.mark.parametrize("cut", [1, 1 << 20])
def test_what_is_no_zmtp(data: bytes, cut: int) -> None:
    with pytest.raises(Violation):
        feed(Incoming(LIMIT), data, cut)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_noise_is_a_violation_or_a_message_and_never_more_than_came(noise: bytes, cut: int) -> None:
    incoming = greeted()
    try:
        for at in range(0, len(noise), cut):
            incoming.feed(noise[at : at + cut])
            assert incoming.held - incoming.queued <= len(noise)
    except Violation:
        pass
