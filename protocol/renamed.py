"""Messages of protocol 6, in which some things had other names, as this protocol has them.

So traces of that time are read, and replay: the bytes that come out are those that this program writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from protocol.messages import PROTOCOL_VERSION

RENAMED_SINCE = 6
"""The protocol whose messages ``renamed`` knows."""

_TAGS = {"Broken": "MalformedInput", "Forget": "ClearEvaluations"}
_TEXTS = {
    "a wish is waiting already": "a batch request is waiting already",
    "Broken is the shell's": "MalformedInput is the shell's",
}
_BATCH_REQUEST = {"wish": "batch_request", "near": "shallow"}
_SEARCHER = {"wish": "batch_size"}


def renamed(frames: Sequence[bytes]) -> list[bytes]:
    """The frames of a message with today's names; what is no message comes back as it is."""
    try:
        message = msgspec.msgpack.decode(frames[0])
    except (IndexError, TypeError, ValueError, RecursionError):
        return list(frames)
    if not isinstance(message, dict) or "type" not in message:
        return list(frames)
    return [msgspec.msgpack.encode(_message(message)), *frames[1:]]


def _message(message: dict[str, Any]) -> dict[str, Any]:
    match message["type"]:
        case "Select" | "Update" | "Failed":
            message = {
                _BATCH_REQUEST.get(name, name): with_names(value, _BATCH_REQUEST) if name == "wish" else value
                for name, value in message.items()
            }
        case "Status" if isinstance(message.get("searchers"), list):
            message["searchers"] = [with_names(searcher, _SEARCHER) for searcher in message["searchers"]]
        case "Hello" | "Welcome" if message.get("protocol") == RENAMED_SINCE:
            message["protocol"] = PROTOCOL_VERSION
        case "Refused" if isinstance(message.get("reason"), str):
            message["reason"] = _TEXTS.get(message["reason"], message["reason"])
        case str(tag):
            message["type"] = _TAGS.get(tag, tag)
    return message


def with_names(value: Any, names: dict[str, str]) -> Any:
    """A mapping with other keys, in the same order; anything else as it is."""
    return {names.get(name, name): each for name, each in value.items()} if isinstance(value, dict) else value
