"""What a specification may hold: every game has a model of its own, and nothing else comes near the game.

A specification is a dict of plain values, from a peer or a file. A *model* is a frozen ``msgspec.Struct`` that forbids
unknown fields, in which every text, list and number has bounds: so what it takes is bounded in size and depth.
``SAYS`` of a model says in words what belongs to each key, for whoever wrote something else there; a key of a nested
model is written ``outer.inner``.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from games.game import GameError


class Specification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the models. ``CALLED``: what errors call such a specification, with its article."""

    CALLED: ClassVar[str]
    SAYS: ClassVar[Mapping[str, str]]


_M = TypeVar("_M", bound=Specification)

_PLACE = re.compile(r"(?P<said>.*?)(?: - at (?:`key` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_NAMES = re.compile(r"\.(\w+)")
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = 2, 40, 40, 40


def read(spec: object, model: type[_M]) -> _M:
    """``spec`` as ``model`` has it. Raises ``GameError`` with one line that names the key at fault."""
    try:
        return msgspec.convert(spec, model)
    except msgspec.ValidationError as error:
        raise GameError(_complaint(str(error), spec, model)) from None
    except (TypeError, OverflowError, RecursionError):  # what a Python caller may hand in, and no peer can send
        raise GameError(f"{model.CALLED} is a dict of plain values, not {short(spec)}") from None


def short(value: object) -> str:
    """How an error shows a value: as Python writes it, on one line, but never much of it."""
    return _SHORT.repr(value).replace("\n", " ")


def _complaint(text: str, spec: object, model: type[Specification]) -> str:
    place = _PLACE.fullmatch(text)
    said, path = (place["said"], place["path"] or "") if place else (text, "")
    names = _NAMES.findall(path)
    inside = f" in {'.'.join(names)} of {model.CALLED}" if names else f" in {model.CALLED}"
    if missing := _MISSING.fullmatch(said):
        return f"{model.CALLED} needs a {missing[1]}"
    if unknown := _UNKNOWN.fullmatch(said):
        known = _keys(model, names)
        return f"unknown key {short(unknown[1])}{inside}; known: {', '.join(known)}"
    key = ".".join(names)
    while key and key not in model.SAYS:
        key = key.rpartition(".")[0]
    if not key:
        return f"{said}{inside}" if isinstance(spec, Mapping) else f"{model.CALLED} is a dict, not {short(spec)}"
    return f"{key} is {model.SAYS[key]}, not {short(_value(spec, key.split('.')))}"


def _keys(model: type[Specification], names: list[str]) -> list[str]:
    """The keys that are known at this place of a model."""
    prefix = "".join(f"{name}." for name in names)
    return sorted(
        key.removeprefix(prefix) for key in model.SAYS if key.startswith(prefix) and "." not in key[len(prefix) :]
    )


def _value(spec: Any, names: list[str]) -> Any:
    for name in names:
        spec = spec.get(name) if isinstance(spec, Mapping) else getattr(spec, name, None)
    return spec
