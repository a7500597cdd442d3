"""The frames of the conversations in ``example``, as JSON that programs in any language can read, and as text."""

from __future__ import annotations

import json
from textwrap import fill
from typing import Any

import msgspec

from protocol import messages as m
from protocol.codec import encode
from protocol.reference.example import CLIENT, SEARCHER, Conversation

WIDTH = 116


def golden() -> str:
    """``{"protocol", "client", "searcher"}``; each conversation a list of ``{"from", "message", "frames"}``.

    ``message`` is the header as msgpack means it, bytes in it as ``{"hex": ...}``; ``frames`` are in hex.
    """
    conversations = {"client": _steps(CLIENT), "searcher": _steps(SEARCHER)}
    return json.dumps({"protocol": m.PROTOCOL_VERSION, **conversations}, indent=1) + "\n"


def _steps(conversation: Conversation) -> list[dict[str, Any]]:
    return [_step(sender, message) for sender, message in conversation]


def _step(sender: str, message: m.AnyMessage) -> dict[str, Any]:
    frames = [bytes(frame) for frame in encode(message)]
    return {
        "from": sender,
        "message": plain(msgspec.msgpack.decode(frames[0])),
        "frames": [frame.hex() for frame in frames],
    }


def plain(value: Any) -> Any:
    """A decoded header as JSON has it."""
    match value:
        case bytes():
            return {"hex": value.hex()}
        case list():
            return [plain(each) for each in value]
        case dict():
            return {key: plain(each) for key, each in value.items()}
    return value


def conversation() -> str:
    """The client's conversation for a page, a message a paragraph; fields that have their defaults are left out."""
    lines = []
    for sender, message in CLIENT:
        arrow = "→" if sender == "client" else "←"
        text = json.dumps(_without_defaults(message), ensure_ascii=False)
        lines.append(fill(f"{arrow} {type(message).__name__} {text}", WIDTH, subsequent_indent="      "))
    return "\n".join(lines)


def _without_defaults(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            fields = msgspec.structs.fields(type(value))
            given = ((field.name, getattr(value, field.name)) for field in fields if not _is_default(value, field))
            return {name: _without_defaults(each) for name, each in given}
        case list():
            return [_without_defaults(each) for each in value]
    return value


def _is_default(value: msgspec.Struct, field: msgspec.structs.FieldInfo) -> bool:
    if field.required:
        return False
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return bool(getattr(value, field.name) == default)
