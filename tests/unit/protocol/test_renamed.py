"""Messages of traces of protocols 6 and 7: the number was another one, and in 6 names were."""

from typing import Any

import msgspec
import pytest

from protocol.messages import PROTOCOL_VERSION
from protocol.renamed import renamed

WISH = {"leaves": 4, "speculate": True, "near": True, "per_tree": None}
BATCH_REQUEST = {"leaves": 4, "speculate": True, "shallow": True, "per_tree": None}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "Select", "wish": WISH}, {"type": "Select", "batch_request": BATCH_REQUEST}),
        ({"type": "Failed", "grant": 1, "wish": None}, {"type": "Failed", "grant": 1, "batch_request": None}),
        ({"type": "Status", "searchers": [{"wish": 8}]}, {"type": "Status", "searchers": [{"batch_size": 8}]}),
        ({"type": "Hello", "protocol": 6}, {"type": "Hello", "protocol": PROTOCOL_VERSION}),
        ({"type": "Forget"}, {"type": "ClearEvaluations"}),
        ({"type": "Broken", "reason": "x"}, {"type": "MalformedInput", "reason": "x"}),
        # what a peer may have sent though it is no message
        ({"type": "Hello"}, {"type": "Hello"}),
        ({"type": "Hello", "protocol": 5}, {"type": "Hello", "protocol": 5}),
        ({"type": "Select", "wish": 7}, {"type": "Select", "batch_request": 7}),
        ({"type": "Status"}, {"type": "Status"}),
        ({"type": "Refused", "reason": []}, {"type": "Refused", "reason": []}),
        ({"type": ["Hello"]}, {"type": ["Hello"]}),
        ([1, 2], [1, 2]),
    ],
)
def test_names_are_those_of_today(old: Any, new: Any) -> None:
    assert renamed([msgspec.msgpack.encode(old), b"array"], 6) == [msgspec.msgpack.encode(new), b"array"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "Hello", "protocol": 7}, {"type": "Hello", "protocol": PROTOCOL_VERSION}),
        ({"type": "Welcome", "protocol": 7}, {"type": "Welcome", "protocol": PROTOCOL_VERSION}),
        ({"type": "Hello", "protocol": 6}, {"type": "Hello", "protocol": 6}),
        # who was refused then for speaking this protocol is refused
        ({"type": "Hello", "protocol": PROTOCOL_VERSION}, {"type": "Hello", "protocol": 7}),
        (
            {"type": "Refused", "reason": f"protocol {PROTOCOL_VERSION} is spoken there, 7 here"},
            {"type": "Refused", "reason": f"protocol 7 is spoken there, {PROTOCOL_VERSION} here"},
        ),
        (
            {"type": "Refused", "reason": "protocol 6 is spoken there, 7 here"},
            {"type": "Refused", "reason": f"protocol 6 is spoken there, {PROTOCOL_VERSION} here"},
        ),
        # the names of protocol 6 mean nothing in 7
        ({"type": "Broken", "wish": 1}, {"type": "Broken", "wish": 1}),
        ({"type": "Hello", "protocol": "7"}, {"type": "Hello", "protocol": "7"}),
    ],
)
def test_of_protocol_7_the_number_alone_is_another(old: Any, new: Any) -> None:
    assert renamed([msgspec.msgpack.encode(old), b"array"], 7) == [msgspec.msgpack.encode(new), b"array"]


@pytest.mark.parametrize("frames", [[], [b""], [b"\xc1"], [b"\x81\x90\x01"]])
def test_what_is_no_msgpack_stays_as_it_is(frames: list[bytes]) -> None:
    assert renamed(frames, 6) == renamed(frames, 7) == frames
