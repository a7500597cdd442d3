"""Messages of traces of protocol 6, whose names were other ones."""

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
    assert renamed([msgspec.msgpack.encode(old), b"array"]) == [msgspec.msgpack.encode(new), b"array"]


@pytest.mark.parametrize("frames", [[], [b""], [b"\xc1"], [b"\x81\x90\x01"]])
def test_what_is_no_msgpack_stays_as_it_is(frames: list[bytes]) -> None:
    assert renamed(frames) == frames
