"""CURVE without a socket: who gets in, what is refused, and the bounds of ``Incoming`` inside it."""

from __future__ import annotations

import copy
import random
from collections import deque
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_box_keypair

from protocol.codec import encode
from protocol.curve import OVERHEAD, CurvePeer, Pair, Refusal
from protocol.errors import Violation
from protocol.messages import Done
from protocol.zmtp import FRAME_COST, GREETING, MAX_FRAMES, Incoming, command, metadata, packed, ready
from tests.curve_client import COMMAND, CURVE_HELLO, MORE, CurveClient, on_wire
from tests.unit.protocol.test_zmtp import MESSAGES, feed, taken

SERVER = Pair.of_secret(bytes(range(32)))
ANN = Pair.of_secret(b"ann".ljust(32, b"\1"))
LIMIT = 10_000


def peer(*known: Pair) -> CurvePeer:
    return CurvePeer(SERVER, {pair.public: "ann" for pair in known or (ANN,)}.get)


def client(pair: Pair = ANN, server: bytes = SERVER.public) -> CurveClient:
    return CurveClient(pair.public, pair.secret, server)


def greeted(limit: int = LIMIT) -> tuple[Incoming, CurveClient]:
    incoming, one = Incoming(limit, peer()), client()
    incoming.feed(CURVE_HELLO + command(one.hello()))
    (welcome,) = incoming.replies
    incoming.replies = []
    one.hear_welcome(welcome[2:])
    assert not incoming.greeted
    incoming.feed(on_wire(one.initiate(), 4))
    (done,) = incoming.replies
    incoming.replies = []
    assert one.hear_ready(done[2:]) == metadata(b"ROUTER")
    assert incoming.greeted
    assert incoming.curve is not None
    assert (incoming.curve.principal, incoming.curve.key) == ("ann", ANN.public)
    return incoming, one


@given(MESSAGES, st.lists(st.integers(1, 700), min_size=1))
def test_messages_come_out_as_they_went_in_however_they_are_cut(messages: list[list[bytes]], cuts: list[int]) -> None:
    incoming, one = greeted()
    data, at = b"".join(one.frames(message) for message in messages), 0
    found: list[list[bytes] | int] = []
    while at < len(data):
        size = cuts[at % len(cuts)]
        incoming.feed(data[at : at + size])
        found += taken(incoming)
        at += size
    assert found == messages
    assert incoming.held == 0


def test_what_is_sent_is_encrypted_frame_by_frame() -> None:
    incoming, one = greeted()
    wire = b"".join(packed([b"first", b"x" * 1000], incoming.curve))
    assert b"first" not in wire
    assert b"xxxx" not in wire
    assert one.opened(wire[2 : 2 + 5 + OVERHEAD]) == (MORE, b"first")
    assert one.opened(wire[2 + 5 + OVERHEAD + 9 :]) == (0, b"x" * 1000)


def test_a_key_that_nobody_has_is_refused_with_an_error() -> None:
    server, one = peer(), client(Pair.of_secret(b"eve".ljust(32, b"\1")))
    one.hear_welcome(server.handshake(one.hello(), b""))
    with pytest.raises(Refusal, match="nobody here has the key " + one.public.hex()) as refused:
        server.handshake(one.initiate(), b"")
    assert refused.value.reply == b"\x05ERROR\x03400"
    assert not server.ready


def test_who_wants_another_server_is_refused_with_an_error() -> None:
    with pytest.raises(Refusal, match="another key") as refused:
        peer().handshake(client(server=ANN.public).hello(), b"")
    assert refused.value.reply == b"\x05ERROR\x03500"


def test_the_key_of_another_cannot_be_claimed() -> None:
    """Who knows Ann's public key, but not the secret half."""
    server, one = peer(), CurveClient(ANN.public, crypto_box_keypair()[1], SERVER.public)
    one.hear_welcome(server.handshake(one.hello(), b""))
    with pytest.raises(Refusal, match="changed"):
        server.handshake(one.initiate(), b"")


def test_a_vouch_for_another_conversation_is_worth_nothing() -> None:
    server, one, other = peer(), client(), client()
    one.hear_welcome(server.handshake(one.hello(), b""))
    one.short_public = other.short_public
    with pytest.raises(Refusal, match="vouches for another conversation"):
        server.handshake(one.initiate(), b"")


def test_a_cookie_is_good_at_its_own_connection_alone_and_once() -> None:
    """Or else who listened could begin the conversation anew, and say again what was said in it."""
    first, one = peer(), client()
    hello = one.hello()
    one.hear_welcome(first.handshake(hello, b""))
    initiate = one.initiate()
    first.handshake(initiate, b"")
    second = peer()
    second.handshake(hello, b"")
    with pytest.raises(Refusal, match="changed"):
        second.handshake(initiate, b"")


def test_before_initiate_a_stranger_costs_one_small_key() -> None:
    server, one = peer(), client()
    server.handshake(one.hello(), b"")
    held = [value for value in vars(server).values() if isinstance(value, bytes)]
    assert sum(map(len, held)) == 32


@pytest.mark.parametrize("public", [bytes(32), b"\1" + bytes(31)], ids=["zero", "one"])
def test_a_weak_short_term_key_is_refused(public: bytes) -> None:
    one = client()
    hello = one.hello()
    with pytest.raises(Refusal):
        peer().handshake(hello[:80] + public + hello[112:], b"")


def test_every_changed_byte_of_a_handshake_is_refused() -> None:
    for at in range(200):
        hello = bytearray(client().hello())
        hello[at] ^= 1
        with pytest.raises(Refusal):
            peer().handshake(bytes(hello), b"")
    length = 257 + len(metadata(b"DEALER"))
    for at in range(length):
        server, one = peer(), client()
        one.hear_welcome(server.handshake(one.hello(), b""))
        initiate = bytearray(one.initiate())
        initiate[at] ^= 1
        with pytest.raises(Refusal):
            server.handshake(bytes(initiate), b"")
        assert not server.ready


@pytest.mark.parametrize("size", [0, 1, 5, 6, 80, 112, 199])
def test_a_truncated_handshake_is_refused(size: int) -> None:
    with pytest.raises(Refusal):
        peer().handshake(client().hello()[:size], b"")
    server, one = peer(), client()
    one.hear_welcome(server.handshake(one.hello(), b""))
    with pytest.raises(Refusal):
        server.handshake(one.initiate()[: size + 57], b"")


def test_a_frame_said_again_or_late_is_refused() -> None:
    incoming, one = greeted()
    first, second = on_wire(one.message(b"1")), on_wire(one.message(b"2"))
    incoming.feed(second)
    for late in (first, second):
        with pytest.raises(Refusal, match="second time"):
            incoming.feed(late)
    assert taken(incoming) == [[b"2"]]


def test_nonces_may_have_gaps_but_never_stand_still() -> None:
    incoming, one = greeted()
    one.count += 1000
    incoming.feed(on_wire(one.message(b"a")))
    one.count = 2**64 - 2
    incoming.feed(on_wire(one.message(b"b")))
    assert taken(incoming) == [[b"a"], [b"b"]]
    one.count = 2**64 - 2
    with pytest.raises(Refusal):
        incoming.feed(on_wire(one.message(b"c")))


def test_every_changed_byte_of_a_frame_is_refused() -> None:
    for at in range(OVERHEAD + 4):
        incoming, one = greeted()
        message = bytearray(one.message(b"four"))
        message[at] ^= 1
        with pytest.raises(Violation):
            incoming.feed(on_wire(bytes(message)))
        assert not incoming.has_message


OVERSIZED = [
    ("one frame", [b"x" * LIMIT]),
    ("frames that are small", [b"x" * 900] * 11 + [b""]),
    ("frames that are empty", [b""] * (MAX_FRAMES + 1)),
    ("its last frame", [b"x" * 9000, b"x" * 9000]),
    ("large frames in the middle", [b"x" * 20_000, b"x", b"x" * 20_000, b"x"]),
]


@pytest.mark.parametrize("frames", [frames for _, frames in OVERSIZED], ids=[name for name, _ in OVERSIZED])
@pytest.mark.parametrize("cut", [1, 7, 4096, 1 << 20])
def test_what_is_oversized_is_thrown_away_and_what_follows_is_not(frames: list[bytes], cut: int) -> None:
    incoming, one = greeted()
    data = one.frames(frames) + one.frames([b"next"])
    found: list[list[bytes] | int] = []
    for at in range(0, len(data), cut):
        incoming.feed(data[at : at + cut])
        assert incoming.held - incoming.queued <= LIMIT + OVERHEAD + cut
        found += taken(incoming)
    assert found == [LIMIT, [b"next"]]


def test_a_frame_that_just_fits_does() -> None:
    incoming, one = greeted()
    whole = b"x" * (LIMIT - FRAME_COST)
    incoming.feed(one.frames([whole]) + one.frames([whole + b"x"]))
    assert taken(incoming) == [[whole], LIMIT]


def test_an_unfinished_message_is_bounded_however_long_it_goes_on() -> None:
    incoming, one = greeted()
    for _ in range(300):
        incoming.feed(on_wire(one.message(b"x" * 1000, MORE)))
        assert incoming.held <= LIMIT
    assert not incoming.has_message


def test_a_frame_of_a_terabyte_takes_no_memory() -> None:
    incoming, one = greeted()
    head = one.message(b"x" * 100)
    incoming.feed(b"\x02" + (1 << 40).to_bytes(8, "big") + head)
    for _ in range(100):
        incoming.feed(b"x" * (1 << 20))
        assert incoming.held == 0


def test_a_ping_is_answered_in_the_middle_of_a_message_and_sealed() -> None:
    incoming, one = greeted()
    incoming.feed(on_wire(one.message(b"a", MORE)))
    incoming.feed(on_wire(one.message(b"\x04PING\x00\x0actx", COMMAND)))
    incoming.feed(on_wire(one.message(b"b")))
    (pong,) = incoming.replies
    assert one.opened(pong[2:]) == (COMMAND, b"\x04PONGctx")
    assert taken(incoming) == [[b"a", b"b"]]


VIOLATIONS = [
    ("no key at all", GREETING),
    ("a key where none is wanted first", CURVE_HELLO + ready(b"DEALER")),
    ("a message before the greeting is over", CURVE_HELLO + on_wire(b"x")),
    ("a ping before the greeting is over", CURVE_HELLO + on_wire(b"\x04PING\x00\x00", 4)),
    ("an empty command", CURVE_HELLO + on_wire(b"", 4)),
    ("a handshake that is too long", CURVE_HELLO + on_wire(b"\x08INITIATE" + bytes(2000), 4)),
]


@pytest.mark.parametrize("data", [data for _, data in VIOLATIONS], ids=[name for name, _ in VIOLATIONS])
@pytest.mark.parametrize("cut", [1, 1 << 20])
def test_who_shows_no_key_gets_no_further(data: bytes, cut: int) -> None:
    incoming = Incoming(LIMIT, peer())
    with pytest.raises(Violation):
        feed(incoming, data, cut)
    assert not incoming.has_message


PLAIN = [
    ("a plain frame", on_wire(b"x" * 100)),
    ("a short one", on_wire(b"")),
    ("a plain ping", on_wire(b"\x04PING\x00\x00", 4)),
    ("more to come outside", on_wire(b"\x07MESSAGE" + bytes(100), MORE)),
    ("a large plain frame", on_wire(b"x" * 20_000)),
]


@pytest.mark.parametrize("data", [data for _, data in PLAIN], ids=[name for name, _ in PLAIN])
def test_what_is_not_encrypted_is_not_taken(data: bytes) -> None:
    incoming, _one = greeted()
    with pytest.raises(Refusal):
        incoming.feed(data)
    assert not incoming.has_message


def mutated(noise: random.Random, data: bytes) -> bytes:
    """A piece changed, left out, put in, or said twice."""
    at, size = noise.randrange(len(data)), noise.choice((1, 1, 2, 8, 40))
    piece = noise.choice((noise.randbytes(size), bytes((data[at] ^ 1 << noise.randrange(8),)), b"", data[at:], data))
    return data[:at] + piece + data[at + size :]


def _throw(seed: int, count: int) -> None:
    """Change conversations behind the greeting so many times: nothing comes out that was not said, nor a second time.

    All begin from the same greeting, for fresh keys each time cost more than what is tried.
    """
    noise, greeting = random.Random(seed), greeted()
    messages = [[bytes(each) for each in encode(Done(number))] for number in range(4)]
    said = {b"".join(message) for message in messages}
    for _ in range(count):
        incoming, one = (copy.copy(each) for each in greeting)
        incoming.curve = copy.copy(incoming.curve)
        incoming._messages, incoming._rest, incoming._frames = deque(), bytearray(), []
        data = mutated(noise, b"".join(map(one.frames, messages)))
        cut = noise.choice((13, 100, 1000))
        with suppress(Violation):
            for at in range(0, len(data), cut):
                incoming.feed(data[at : at + cut])
                assert incoming.held <= len(data) + 4 * FRAME_COST
        found = taken(incoming)
        assert all(isinstance(message, list) and b"".join(message) in said for message in found)
        assert len({str(message) for message in found}) == len(found)


def test_thousands_of_changed_conversations_bring_no_message_that_was_not_said() -> None:
    _throw(seed=1, count=3000)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_changed_conversations() -> None:
    _throw(seed=2, count=1_000_000)
