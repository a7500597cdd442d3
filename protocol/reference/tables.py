"""Every message and structure as Markdown: what it means, and each field with its type, bounds and default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from inspect import getdoc
from textwrap import fill
from typing import Any, get_args, get_type_hints

import msgspec
import numpy as np
from msgspec import NODEFAULT, inspect

from protocol import messages as m
from protocol.codec import LONG, MAX_ARRAY_BYTES, MAX_HEADER_BYTES
from protocol.server import STRANGER_BYTES
from protocol.zmtp import MAX_FRAMES

WIDTH = 120


@dataclass(frozen=True)
class Group:
    """Messages that are shown together; ``way``: who sends them to whom."""

    title: str
    way: str
    messages: tuple[type[m.Message], ...]


GROUPS = (
    Group("Greeting and signs of life", "any peer → daemon", (m.Hello, m.Heartbeat, m.Goodbye)),
    Group("Answers to anybody", "daemon → any peer", (m.Welcome, m.NotGreeted, m.Refused)),
    Group("Requests about a session", "client → daemon", (m.Open, m.Close, m.Reset, m.Configure)),
    Group("Requests about guests", "client → daemon", (m.Invite, m.Uninvite, m.Join)),
    Group("Requests that move the cursor", "client → daemon", (m.Play, m.Undo, m.Goto)),
    Group("Requests for searches and reports", "client → daemon", (m.Search, m.Stop, m.Watch, m.Query)),
    Group(
        "Requests about the daemon", "client → daemon", (m.AskStatus, m.AskCheck, m.ClearCache, m.SwapNet, m.Shutdown)
    ),
    Group("Answers to a client", "daemon → client", (m.Done, m.Queued, m.Opened, m.Report, m.Closed, m.Status)),
    Group(
        "What a searcher sends", "searcher → daemon", (m.Select, m.Update, m.PackedUpdate, m.Failed, m.DeviceChanged)
    ),
    Group("What a searcher gets", "daemon → searcher", (m.Grant, m.Revoked, m.ClearEvaluations, m.Retire)),
    Group("The daemon's net", "searcher → daemon, and its answer", (m.AskNet, m.NetPart)),
)

NEVER_SENT = m.OF_THE_SHELL
"""Messages of the daemon's shell to its core, which are in traces and nowhere else."""


def tables() -> str:
    """All of it, for the page."""
    return "\n".join([*_numbers(), "", *_messages(), *_structures()])


def _numbers() -> Iterator[str]:
    rows = (
        ("protocol version", f"{m.PROTOCOL_VERSION}"),
        ("frames of a message", f"{MAX_FRAMES}"),
        ("bytes of a header", _bytes(MAX_HEADER_BYTES)),
        ("bytes of all arrays of a message", _bytes(MAX_ARRAY_BYTES)),
        ("an array has a frame of its own from", _bytes(LONG)),
        ("bytes of a message before the welcome", _bytes(STRANGER_BYTES)),
        ("`ILLEGAL_PRIOR`, which marks an illegal move in `priors`", f"{m.ILLEGAL_PRIOR:#x}"),
    )
    yield from _table(("constant", "value"), rows)


def _bytes(number: int) -> str:
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number % size == 0:
            return f"{number // size} {unit}"
    return f"{number}"


def _messages() -> Iterator[str]:
    for group in GROUPS:
        yield from ("", f"### {group.title}", "", f"*{group.way}*")
        for message in group.messages:
            yield from _section(message)


def _structures() -> Iterator[str]:
    yield from ("", "### Structures", "", "*Maps without a `type`, which stand in the fields of messages.*")
    for structure in structures():
        yield from _section(structure)


def structures() -> list[type[msgspec.Struct]]:
    """Those that messages on the wire are made of, in the order in which a reader meets them."""
    found: dict[type[msgspec.Struct], None] = {}

    def walk(kind: inspect.Type) -> None:
        match kind:
            case inspect.StructType():
                if not issubclass(kind.cls, m.Message):
                    found.setdefault(kind.cls)
                for field in kind.fields:
                    walk(field.type)
            case inspect.ListType():
                walk(kind.item_type)
            case inspect.UnionType():
                for each in kind.types:
                    walk(each)

    for group in GROUPS:
        for message in group.messages:
            walk(inspect.type_info(message))
    return list(found)


def _section(kind: type[msgspec.Struct]) -> Iterator[str]:
    yield from ("", f"#### {kind.__name__}", "", markdown(getdoc(kind) or ""))
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    if info.fields:
        yield ""
        rows = ((f"`{field.encode_name}`", _type_of(kind, field), _default(field)) for field in info.fields)
        yield from _table(("field", "type", "default"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        assert "|" not in "".join(row)
        yield f"| {' | '.join(row)} |"


def markdown(doc: str) -> str:
    """A docstring as Markdown, with null for None."""
    text = re.sub(r"\bNone\b", "null", doc.replace("``", "`").replace(" -> ", " → "))
    return "\n\n".join(fill(part, WIDTH, break_on_hyphens=False) for part in text.split("\n\n"))


def _type_of(kind: type[msgspec.Struct], field: inspect.Field) -> str:
    if isinstance(field.type, inspect.CustomType):
        _shape, element = get_args(_hints(kind)[field.name])
        return f"array of {get_args(element)[0].__name__}"
    return words(field.type)


@cache
def _hints(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(kind)


def words(kind: inspect.Type) -> str:
    """A type and its bounds in words."""
    match kind:
        case inspect.BoolType():
            return "true or false"
        case inspect.NoneType():
            return "null"
        case inspect.AnyType():
            return "anything"
        case inspect.IntType():
            return f"integer {_range(kind)}"
        case inspect.FloatType():
            return "finite number" if kind.le == _FINITE else f"number {_range(kind)}"
        case inspect.StrType():
            least = f"{kind.min_length} to " if kind.min_length else "at most "
            return f"text, {least}{kind.max_length:,} characters"
        case inspect.LiteralType():
            return ", ".join(f"`{json.dumps(value)}`" for value in sorted(kind.values, key=str))
        case inspect.ListType():
            least = f"{kind.min_length} to " if kind.min_length else "at most "
            return f"list of {least}{kind.max_length:,}: {words(kind.item_type)}"
        case inspect.DictType():
            return f"map of at most {kind.max_length:,} keys, which are text"
        case inspect.StructType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case inspect.UnionType():
            return " or ".join(words(each) for each in kind.types)
    raise TypeError(f"{kind} has no words")


_FINITE = 1e300
_POWERS = {2**53: "2^53", 2**63 - 1: "2^63 - 1", 2**31 - 1: "2^31 - 1"}


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    """Every number of a message has bounds, both; a test of the messages holds that."""
    high = kind.lt - 1 if isinstance(kind, inspect.IntType) and kind.lt is not None else kind.le
    assert kind.ge is not None
    assert high is not None
    return f"{_number(kind.ge)} to {_number(high)}"


def _number(value: float) -> str:
    if isinstance(value, int):
        return _POWERS.get(value, f"{value:,}")
    return f"{value:g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def _default(field: inspect.Field) -> str:
    if field.required:
        return ""
    if field.default is NODEFAULT and field.default_factory is NODEFAULT:  # UNSET, which nobody sends
        return "left out"
    default = field.default_factory() if field.default is NODEFAULT else field.default
    if isinstance(default, np.ndarray):
        return f"an array of shape {list(default.shape)}"
    if isinstance(default, msgspec.Struct):
        assert default == type(default)()
        return "all defaults"
    return f"`{json.dumps(default)}`"
