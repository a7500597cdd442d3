"""Hypothesis strategies for valid messages, made of the types themselves, so that a new field is in them at once.

Every number, text and list is drawn from what its bounds allow, its ends most of all. What the types cannot say, that
the arrays of an update belong together, stands here by hand; a field that is not named takes part with its type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec
import numpy as np
from hypothesis import strategies as st
from msgspec import UNSET, inspect
from numpy.typing import NDArray

from daemon.replay.hashed_game import HashedSpec
from games.go.spec import GoSpec
from games.openspiel.spec import OpenSpielSpec
from protocol import messages as m
from protocol.packing import packed

INT64 = 2**63 - 1

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
"""Whatever msgpack can hold."""

_ELEMENTS: dict[str, list[Any]] = {
    "to_play": [1, -1],
    "terminal": [0, 1],
    "value": [-1.0, 1.0, 0.0, -0.0, 1e-45, -1e-45, 0.999],
    "lead": [-m.MAX_LEAD, m.MAX_LEAD, math.nan, 0.0, 1e-45, 7.5],
    "ownership": [-1.0, 1.0, 0.0, 1e-45, m.MAX_OWNERSHIP * 0.999],
    "score": [(-m.MAX_LEAD, m.MAX_LEAD), (m.MAX_LEAD, 0.0), (-0.0, 1e-45), (7.5, 12.25), (math.nan, math.nan)],
    "errors": [(m.MAX_LEAD, m.MAX_LEAD), (0.0, 0.0), (1e-45, -0.0), (0.25, 1.5), (math.nan, math.nan)],
    "priors": [0, 1, 0x03FF, 0x0400, 0x3800, 0x3C00, m.ILLEGAL_PRIOR],
}
"""What may stand in an array of this name, pairs in a row of two; in others whatever their type holds."""


def of(kind: type) -> st.SearchStrategy[Any]:
    """Valid ones of this struct."""
    return _struct(kind)


def arrays(kind: type, leaves: int, num_moves: int, points: int) -> st.SearchStrategy[dict[str, NDArray[Any]]]:
    """The arrays of a message of this kind, of these sides, by field."""
    hints = get_type_hints(kind)
    shapes = {
        "priors": (leaves, num_moves),
        "ownership": (leaves, points) if points else (0, 0),
        "patterns": (leaves,) if points else (0,),
    }
    found = {
        name: _array(name, np.dtype(get_args(get_args(hint)[1])[0]), shapes.get(name, (leaves,)))
        for name, hint in hints.items()
        if getattr(hint, "__origin__", None) is np.ndarray
    }
    return st.fixed_dictionaries(found)


@st.composite
def updates(draw: st.DrawFn, leaves: int, num_moves: int, grant: int | None = None, points: int = 0) -> m.Update:
    """Updates of this many leaves."""
    made = draw(arrays(m.Update, leaves, num_moves, points))
    dead = (made["priors"] == m.ILLEGAL_PRIOR).all(axis=1) & (made["terminal"] == 0)
    made["priors"][dead, 0] = 0  # whoever is to move has a move
    fields = draw(_fields(m.Update, {"cached": st.integers(0, leaves)}, made))
    if grant is not None:
        fields["grant"] = grant
    return m.Update(**fields, **made)


@st.composite
def grants(draw: st.DrawFn) -> m.Grant:
    """Grants of one part, or of a part for each leaf."""
    lengths = draw(st.lists(st.sampled_from([0, 1, 2, 9]), min_size=1, max_size=6))
    offsets = np.cumsum([0, *lengths]).astype(np.int32)
    moves = draw(_array("moves", np.dtype(np.uint16), (int(offsets[-1]),)))
    firsts = draw(st.sampled_from([[0], list(range(len(lengths)))]))
    parts = [msgspec.structs.replace(draw(of(m.GrantPart)), first=first) for first in firsts]
    fields = draw(_fields(m.Grant, without=("parts", "offsets", "moves", "ahead")))
    ahead = draw(st.sampled_from([UNSET, m.Forecast(parts, offsets, moves)]))
    return m.Grant(**fields, parts=parts, offsets=offsets, moves=moves, ahead=ahead)


@st.composite
def packed_updates(draw: st.DrawFn) -> m.PackedUpdate:
    """Packed ones of sound updates, and such as are packed wrongly."""
    made = packed(draw(updates(draw(st.integers(1, 3)), 3, None, draw(st.sampled_from([0, 4])))))
    data = made.data.copy()
    if draw(st.booleans()):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    return msgspec.structs.replace(made, data=data, legal=draw(st.sampled_from([made.legal, 0, made.leaves * 3])))


@st.composite
def net_parts(draw: st.DrawFn) -> m.NetPart:
    """Parts of nets, the last and the empty ones among them."""
    length = draw(st.sampled_from([0, 1, 5000]))
    offset, behind = draw(st.sampled_from([0, 1, 2**52])), draw(st.sampled_from([0, 7]))
    data = draw(_array("data", np.dtype(np.uint8), (length,)))
    fields = draw(_fields(m.NetPart, without=("size", "offset", "data")))
    return m.NetPart(**fields, size=offset + length + behind, offset=offset, data=data)


@st.composite
def restored(draw: st.DrawFn) -> m.Restored:
    """What was stored of a session, or claims to be that."""
    state = draw(_array("state", np.dtype(np.uint8), (draw(st.sampled_from([0, 1, 5000])),)))
    return m.Restored(**draw(_fields(m.Restored, without=("state",))), state=state)


def messages(kinds: tuple[type, ...] = get_args(m.AnyMessage)) -> st.SearchStrategy[Any]:
    """Messages of any of these kinds."""
    return st.one_of(*[_BY_HAND.get(kind, lambda kind=kind: of(kind))() for kind in kinds])


_BY_HAND: dict[type, Callable[[], st.SearchStrategy[Any]]] = {
    m.Grant: grants,
    m.NetPart: net_parts,
    m.PackedUpdate: packed_updates,
    m.Restored: restored,
    m.Update: lambda: st.integers(0, 3).flatmap(lambda n: updates(n, 3, None, n)),
}

SPECS: dict[str, type] = {"go": GoSpec, "openspiel": OpenSpielSpec, "hashed": HashedSpec}
OPENSPIEL = ["tic_tac_toe", "connect_four(rows=4,columns=5)", "nim(pile_sizes=1;2)", "nosuch", "x(y=1)", "chess("]


def specs(game: str) -> st.SearchStrategy[dict[str, Any]]:
    """Specifications that the model of this game takes, and such as nobody should."""
    sound = of(SPECS[game]).map(msgspec.to_builtins)
    if game == "openspiel":
        sound |= st.sampled_from(OPENSPIEL).map(lambda name: {"game": name})
    keys = st.sampled_from([*SPECS[game].__struct_fields__, "x"])
    return sound | st.tuples(sound, keys, PLAIN).map(lambda parts: {**parts[0], parts[1]: parts[2]})


ANY_SPEC = st.deferred(lambda: st.one_of(*map(specs, SPECS)) | st.dictionaries(st.text(max_size=5), PLAIN, max_size=3))


@cache
def _struct(kind: type) -> st.SearchStrategy[Any]:
    return _fields(kind).map(lambda fields: kind(**fields))


def _fields(
    kind: type, by_hand: Mapping[str, st.SearchStrategy[Any]] | None = None, without: Collection[str] = ()
) -> st.SearchStrategy[dict[str, Any]]:
    """The fields of a struct, by name; what need not be there is there or not."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    drawn = {
        field.name: by_hand[field.name] if by_hand and field.name in by_hand else _of_field(field)
        for field in found.fields
        if field.name not in without
    }
    needed = {field.name for field in found.fields if field.required}
    return st.fixed_dictionaries(
        {name: each for name, each in drawn.items() if name in needed},
        optional={name: each for name, each in drawn.items() if name not in needed},
    )


def _of_field(field: inspect.Field) -> st.SearchStrategy[Any]:
    if field.name == "spec":
        return ANY_SPEC
    if field.name == "game":
        return st.sampled_from([*SPECS, "chess"])
    return _of_type(field.type)


def _of_type(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.IntType():
            least, most = _end(kind.ge, kind.gt, 1, -INT64), _end(kind.le, kind.lt, -1, INT64)
            ends = sorted({v for v in (least, least + 1, 0, 1, 2, 100, most - 1, most) if least <= v <= most})
            return st.sampled_from(ends) | st.integers(least, most)
        case inspect.FloatType():
            least, most = _end(kind.ge, kind.gt, 0.0, -1e300), _end(kind.le, kind.lt, 0.0, 1e300)
            some = (
                least,
                math.nextafter(least, math.inf),
                -0.0,
                0.0,
                5e-324,
                1.0,
                math.nextafter(most, -math.inf),
                most,
            )
            ends = [v for v in some if least <= v <= most and v not in (kind.gt, kind.lt)]
            return st.sampled_from(ends) | st.floats(least, most, exclude_min=kind.gt is not None)
        case inspect.StrType(pattern=str(pattern)):
            shortest, longest = kind.min_length or 0, kind.max_length or 5000
            return st.from_regex(pattern, fullmatch=True).map(
                lambda text: (text if len(text) >= shortest else text * shortest)[:longest]
            )
        case inspect.StrType():
            least, most = kind.min_length or 0, kind.max_length or 5000
            ends = st.sampled_from(
                [text for text in ("", "a", "\x00\n", "é" * most, "☯" * least) if least <= len(text)]
            )
            return ends | st.text(min_size=least, max_size=min(most, 9))
        case inspect.ListType():
            item, most = _of_type(kind.item_type), kind.max_length or 5000
            least = kind.min_length or 0
            return st.lists(item, min_size=least, max_size=max(least, 3)) | item.map(lambda one: [one] * min(most, 500))
        case inspect.UnionType():
            return st.one_of(*map(_of_type, kind.types))
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.StructType():
            return of(kind.cls)
        case inspect.AnyType():
            return PLAIN
        case inspect.CustomType():  # bytes as an array; all other arrays are made by hand
            return st.binary(max_size=40).map(lambda data: np.frombuffer(data, np.uint8))
    raise TypeError(f"no strategy for {kind}")


def _end(closed: Any, opened: Any, step: Any, otherwise: Any) -> Any:
    if closed is not None:
        return closed
    return otherwise if opened is None else opened + step


def _array(name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> st.SearchStrategy[NDArray[Any]]:
    if dtype.kind == "f":
        limits: Any = [np.finfo(dtype).max, np.finfo(dtype).min, np.nan, np.inf, 0.0, 1e-45]
    else:
        limits = [np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1]
    elements = np.array(_ELEMENTS.get(name, limits), dtype)

    def fill(seed: int) -> NDArray[Any]:
        array: NDArray[Any] = elements[np.random.default_rng(seed).integers(0, len(elements), shape)]
        return array

    same = st.integers(0, len(elements) - 1).map(lambda index: elements[np.full(shape, index)])
    drawn = same | st.integers(0, 2**32 - 1).map(fill)
    return drawn if elements.ndim == 1 else st.just(np.zeros((0, 0), dtype)) | drawn
