"""Messages of protocols 6 to 8 as this protocol has them. In 6 some things had other names.

So traces of that time can be read: the bytes that come out are those that this program would write. Fields that updates
have since protocol 8 get their defaults.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from protocol.messages import PROTOCOL_VERSION

OLDER = (6, 7, 8)
"""The older protocols whose messages ``renamed`` knows."""

_OTHER_NAMES = 6
_SPOKEN = re.compile(r"protocol (\d+) is spoken there, (\d+) here")
_TAGS = {"Broken": "MalformedInput", "Forget": "ClearEvaluations"}
_TEXTS = {
    "a wish is waiting already": "a batch request is waiting already",
    "Broken is the shell's": "MalformedInput is the shell's",
}
_BATCH_REQUEST = {"wish": "batch_request", "near": "shallow"}
_SEARCHER = {"wish": "batch_size"}


def renamed(frames: Sequence[bytes], written: int) -> list[bytes]:
    """The frames of a message of protocol ``written`` with today's names; what is no message comes back as it is."""
    try:
        message = msgspec.msgpack.decode(frames[0])
    except (IndexError, TypeError, ValueError, RecursionError):
        return list(frames)
    if not isinstance(message, dict) or "type" not in message:
        return list(frames)
    message = _with_protocol(message, written)
    if written == _OTHER_NAMES:
        message = _message(message)
    return [msgspec.msgpack.encode(message), *frames[1:]]


def _with_protocol(message: dict[str, Any], written: int) -> dict[str, Any]:
    """The same between peers of this protocol. The two numbers change places, so that a refusal stays one."""
    swapped = {written: PROTOCOL_VERSION, PROTOCOL_VERSION: written}
    match message:
        case {"type": "Hello" | "Welcome", "protocol": int(protocol)}:
            message["protocol"] = swapped.get(protocol, protocol)
        case {"type": "Refused", "reason": str(reason)} if found := _SPOKEN.fullmatch(reason):
            there, here = (swapped.get(int(number), int(number)) for number in found.groups())
            message["reason"] = f"protocol {there} is spoken there, {here} here"
    return message


def _message(message: dict[str, Any]) -> dict[str, Any]:
    match message["type"]:
        case "Select" | "Update" | "Failed":
            message = {
                _BATCH_REQUEST.get(name, name): with_names(value, _BATCH_REQUEST) if name == "wish" else value
                for name, value in message.items()
            }
        case "Status" if isinstance(message.get("searchers"), list):
            message["searchers"] = [with_names(searcher, _SEARCHER) for searcher in message["searchers"]]
        case "Refused" if isinstance(message.get("reason"), str):
            message["reason"] = _TEXTS.get(message["reason"], message["reason"])
        case str(tag):
            message["type"] = _TAGS.get(tag, tag)
    return message


def with_names(value: Any, names: dict[str, str]) -> Any:
    """A mapping with other keys, in the same order; anything else as it is."""
    return {names.get(name, name): each for name, each in value.items()} if isinstance(value, dict) else value
