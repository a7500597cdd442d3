"""Messages to frames and back: every type, and every kind of frames that are none."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from protocol import messages as m
from protocol.codec import LONG, MAX_HEADER_BYTES, Malformed, decode, encode
from protocol.messages import AnyMessage, Done, Heartbeat, Open, Update
from tests import message_samples as samples

FRAMES = [[bytes(frame) for frame in encode(message)] for message in samples.SAMPLES]


def test_there_is_a_sample_of_every_message() -> None:
    assert {type(sample) for sample in samples.SAMPLES} == set(get_args(AnyMessage))


@pytest.mark.parametrize("message", samples.SAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message: AnyMessage) -> None:
    again = decode([bytes(frame) for frame in encode(message)])
    assert samples.same(message, again)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(
    request=st.integers(0, 2**53),
    name=st.text(min_size=1, max_size=200),
    spec=st.dictionaries(st.text(), PLAIN, max_size=5),
    record=st.lists(st.integers(0, 8192), max_size=300),
)
def test_any_session_can_be_opened(request: int, name: str, spec: dict[str, Any], record: list[int]) -> None:
    message = Open(request, name, "go", spec, record)
    assert samples.same(message, decode(encode(message)))


@given(leaves=st.integers(0, 40), num_moves=st.integers(1, 400), points=st.integers(0, 361), seed=st.integers(0, 99))
def test_any_batch_travels(leaves: int, num_moves: int, points: int, seed: int) -> None:
    for message in (samples.update(leaves, num_moves, points, seed), samples.grant(leaves + 1, seed)):
        assert samples.same(message, decode([bytes(frame) for frame in encode(message)]))


def test_only_long_arrays_have_a_frame_of_their_own() -> None:
    assert len(encode(samples.update(2, num_moves=5, points=4))) == 1
    assert len(encode(samples.update(2, num_moves=LONG // 4, points=4))) == 2
    assert len(encode(samples.update(2, num_moves=LONG // 4, points=LONG // 8))) == 3


def _header(fields: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(fields)


def _broken_update(**changes: Any) -> list[bytes]:
    """An update whose header says something else in some fields."""
    header, *frames = _update_with()
    return [_header(msgspec.msgpack.decode(header) | changes), *frames]


def _update_with(**changes: Any) -> list[bytes]:
    """An update with other arrays, which its constructor would have refused; each has a frame, though it is short."""
    sound = samples.update(2)
    fields = {name: getattr(sound, name) for name in Update.__struct_fields__} | changes
    frames: list[bytes] = []

    def put(value: Any) -> Any:
        frames.append(value.tobytes())
        return [value.dtype.name, list(value.shape), len(frames)]

    fields["type"] = "Update"
    header = msgspec.msgpack.encode(fields, enc_hook=put)
    return [header, *frames]


NAN = np.full(2, np.nan, np.float32)
HUGE = np.array([[m.MAX_LEAD * 1.01, 1.0]] * 2, np.float32)
ALL_ILLEGAL = np.full((2, 5), 0xFFFF, np.uint16)

MALFORMED = [
    ("no frames", [], "without frames"),
    ("an empty header", [b""], "truncated"),
    ("no msgpack", [b"\xc1"], "malformed"),
    ("a header of another kind", [_header({"a": 1})], "type"),
    ("an unknown message", [_header({"type": "Bribe"})], "Bribe"),
    ("an unknown field", [_header({"type": "Heartbeat", "rate": 3})], "rate"),
    ("a missing field", [_header({"type": "Done"})], "request"),
    ("a field of another type", [_header({"type": "Done", "request": "3"})], "int"),
    ("a number out of range", [_header({"type": "Done", "request": -1})], ">= 0"),
    ("bytes behind the header", [_header({"type": "Heartbeat"}) + b"\x00"], "trailing"),
    ("a header beyond every bound", [b"\x00" * (MAX_HEADER_BYTES + 1)], "oversized"),
    ("an array frame too many", [*(bytes(f) for f in encode(Heartbeat())), b"1234"], "array frames"),
    ("an array frame too few", _update_with()[:-1], "description"),
    ("a frame taken twice", _broken_update(value=["float32", [2], 3], lead=["float32", [2], 3]), "description"),
    ("data that are no data", _broken_update(value=["float32", [2], "12345678"]), "description"),
    ("a byte too few", _broken_update(value=["float32", [2], b"1234567"]), "long"),
    ("a negative side", _broken_update(value=["float32", [-2], 3]), "shape"),
    ("a shape without end", _broken_update(value=["float32", [2**31, 2**31], 3]), "long"),
    ("a type that does not travel", _broken_update(value=["float64", [1], 3]), "description"),
    ("a type for another field", _broken_update(value=["int32", [2], 3]), "float32"),
    ("arrays of different lengths", _update_with(value=np.zeros(3, np.float32)), "differ"),
    ("a player who is neither", _update_with(to_play=np.zeros(2, np.int8)), "to_play"),
    ("a value out of range", _update_with(value=np.full(2, 1.5, np.float32)), "[-1, 1]"),
    ("a value that is no number", _update_with(value=NAN), "[-1, 1]"),
    ("a lead without end", _update_with(lead=np.full(2, np.inf, np.float32)), "lead"),
    ("a score without end", _update_with(score=HUGE), "score"),
    ("a score without a number", _update_with(score=np.array([[np.inf, 1.0]] * 2, np.float32)), "score"),
    ("a deviation below zero", _update_with(score=np.array([[1.0, -0.5]] * 2, np.float32)), "score"),
    ("a score said by half", _update_with(score=np.array([[1.0, np.nan]] * 2, np.float32)), "score"),
    ("scores of other leaves", _update_with(score=np.zeros((3, 2), np.float32)), "score"),
    ("scores of three numbers", _update_with(score=np.zeros((2, 3), np.float32)), "score"),
    ("scores in one row", _update_with(score=np.zeros(4, np.float32)), "score"),
    ("an error below zero", _update_with(errors=np.array([[-0.5, 1.0]] * 2, np.float32)), "error"),
    ("an error without end", _update_with(errors=np.array([[0.5, np.inf]] * 2, np.float32)), "error"),
    ("an error said by half", _update_with(errors=np.array([[np.nan, 0.5]] * 2, np.float32)), "error"),
    ("errors of other leaves", _update_with(errors=np.zeros((1, 2), np.float32)), "errors"),
    ("patterns of other leaves", _update_with(patterns=np.zeros(1, np.uint64)), "patterns"),
    ("patterns of signed numbers", _update_with(patterns=np.zeros(2, np.int32)), "uint64"),
    ("patterns in two dimensions", _update_with(patterns=np.zeros((2, 1), np.uint64)), "patterns"),
    ("a prior above 1", _update_with(priors=np.full((2, 5), 0x3C01, np.uint16)), "prior"),
    ("a live leaf without a move", _update_with(priors=ALL_ILLEGAL, terminal=np.zeros(2, np.uint8)), "legal move"),
]


@pytest.mark.parametrize(("frames", "complaint"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_what_is_no_message_is_refused_with_the_reason(frames: list[bytes], complaint: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(frames)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_no_message() -> None:
    with pytest.raises(TypeError):
        encode(Open(1, "a", "go", {"size": object()}))


def _decode_all(seed: int, count: int) -> int:
    """How many of these damaged messages are still messages."""
    sound = 0
    for frames in samples.random_frames(seed, FRAMES, count):
        try:
            decode(frames)
        except Malformed:
            continue
        sound += 1
    return sound


def test_damaged_messages_are_messages_or_malformed() -> None:
    count = 50_000
    sound = _decode_all(seed=1, count=count)
    assert 0 < sound < count / 2


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_million_damaged_messages_are_messages_or_malformed(seed: int) -> None:
    assert _decode_all(seed, count=100_000) > 0


def test_arrays_are_views_that_nobody_can_write_to() -> None:
    message = decode([bytes(frame) for frame in encode(samples.update(3))])
    assert isinstance(message, Update)
    assert not message.value.flags.writeable


def test_request_ids_come_back() -> None:
    assert decode(encode(Done(2**53))) == Done(2**53)


def _unbounded(kind: inspect.Type, place: str) -> list[str]:
    """Where in this type something may be of any size."""
    match kind:
        case inspect.IntType() | inspect.FloatType():
            ends = (kind.ge if kind.gt is None else kind.gt, kind.le if kind.lt is None else kind.lt)
            return [] if None not in ends else [place]
        case inspect.StrType() | inspect.DictType() if place.endswith(".spec") or isinstance(kind, inspect.StrType):
            return [] if kind.max_length is not None else [place]
        case inspect.ListType():
            return ([] if kind.max_length is not None else [place]) + _unbounded(kind.item_type, f"{place}[]")
        case inspect.UnionType():
            return [found for each in kind.types for found in _unbounded(each, place)]
        case inspect.StructType():
            return [found for field in kind.fields for found in _unbounded(field.type, f"{place}.{field.name}")]
        case inspect.LiteralType() | inspect.BoolType() | inspect.NoneType() | inspect.CustomType():
            return []
    return [place]


@pytest.mark.parametrize("message", get_args(AnyMessage), ids=lambda message: message.__name__)
def test_every_number_text_and_list_has_bounds(message: type) -> None:
    assert _unbounded(inspect.type_info(message), message.__name__) == []
