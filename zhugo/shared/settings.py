"""Settings from TOML and ``--set key=value``, held to a struct; what is wrong is told with what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, inspect

from zhugo.shared.errors import UserError

S = TypeVar("S", bound=msgspec.Struct)

_WHERE = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


def parse(text: str, whose: str) -> dict[str, Any]:
    """TOML. ``whose``: how a complaint begins. Raises ``UserError``."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{whose}: {error}") from None


def with_changes(values: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """``values`` with those of ``key=value`` in place, the keys of tables before a dot: ``training.batch=512``.

    A value is written as in TOML; what is none there is a text. Without one, ``key=``, it is ``UNSET``, and ``convert``
    takes the key away. Raises ``UserError``.
    """
    changed = {**values}
    for change in changes:
        key, sign, text = change.partition("=")
        if not sign or not all(part.strip() for part in key.split(".")):
            raise UserError(f"--set {change}: it is written key=value, such as training.batch=512")
        *tables, name = (part.strip() for part in key.split("."))
        table = changed
        for part in tables:
            inner = table.get(part, UNSET)
            inner = {} if inner is UNSET else inner
            if not isinstance(inner, Mapping):
                raise UserError(f"--set {change}: {part} is no table")
            table[part] = {**inner}
            table = table[part]
        table[name] = _value(text.strip()) if text.strip() else UNSET
    return changed


def unset(keys: Sequence[str]) -> list[str]:
    """The changes that take these keys away. Raises ``UserError``."""
    for key in keys:
        if "=" in key:
            raise UserError(f"--unset {key}: it takes a key alone, such as training.batch")
    return [f"{key}=" for key in keys]


def convert(values: Mapping[str, Any], kind: type[S], whose: str) -> S:
    """The struct; keys that are ``UNSET`` have their defaults. Raises ``UserError``: the key that is wrong, and what is
    allowed there."""
    info = inspect.type_info(kind)
    values = _without_unset(values, info)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise UserError(f"{whose}: {_complaint(str(error), values, info)}") from None


def _without_unset(values: Mapping[str, Any], kind: inspect.Type) -> dict[str, Any]:
    """Those that nobody knows stay, to be complained of."""
    fields = _fields(kind)
    return {
        key: _without_unset(value, fields[key]) if key in fields and isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not UNSET or key not in fields
    }


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _complaint(message: str, values: Mapping[str, Any], kind: inspect.Type) -> str:
    found = _WHERE.fullmatch(message)
    assert found is not None
    what, path = found[1], found[2] or ""
    place, value = kind, values
    for name in filter(None, path.split(".")):
        place, value = _inside(place, name), value[name]
    fields = ", ".join(sorted(_fields(place)))
    if unknown := _UNKNOWN.fullmatch(what):
        return f"there is no {'.'.join(filter(None, (path, unknown[1])))}; allowed: {fields}"
    if not path:
        return f"{what}; allowed: {fields}"
    return f"{path} is {_words(place)}, not {value!r}"


def _fields(kind: inspect.Type) -> dict[str, inspect.Type]:
    return {field.encode_name: field.type for field in kind.fields} if isinstance(kind, inspect.StructType) else {}


def _inside(kind: inspect.Type, name: str) -> inspect.Type:
    return _fields(kind)[name]


def _words(kind: inspect.Type) -> str:
    """What is allowed."""
    match kind:
        case inspect.UnionType(types):
            return " or ".join(_words(one) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.LiteralType(values):
            return "one of " + ", ".join(map(str, values))
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType():
            return "a text"
        case inspect.IntType() | inspect.FloatType():
            return ("a whole number" if isinstance(kind, inspect.IntType) else "a number") + _bounds(kind)
        case inspect.StructType():
            return "a table of " + ", ".join(sorted(_fields(kind)))
        case _:
            return "something else"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    said = (
        (kind.ge, "from {:.10g}"),
        (kind.gt, "above {:.10g}"),
        (kind.le, "to {:.10g}"),
        (kind.lt, "below {:.10g}"),
        (kind.multiple_of, "that {:.10g} divides"),
    )
    return "".join(" " + word.format(bound) for bound, word in said if bound is not None)
