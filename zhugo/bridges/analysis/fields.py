"""The fields of a query, and their types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from zhugo.bridges.analysis.errors import QueryError

MAX_TURNS = 10_000
"""Moves of a game, at most."""

Side = Annotated[int, Meta(ge=2, le=19)]
Colored = tuple[str, str]
Priority = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]
Seconds = Annotated[float, Meta(ge=0.001, le=1_000_000.0)]
Turns = Annotated[list[int], Meta(max_length=MAX_TURNS + 1)]


class MoveRule(Struct, frozen=True, rename="camel"):
    """Moves that ``player`` may not play, or may only play, for ``until_depth`` plies."""

    player: str
    moves: Annotated[list[str], Meta(max_length=2000)]
    until_depth: Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Fields(Struct, frozen=True, kw_only=True, rename="camel"):
    """A query as it came, every field of the right type and range."""

    board_x_size: Side
    board_y_size: Side
    moves: Annotated[list[Colored], Meta(max_length=MAX_TURNS)]
    rules: str | dict[str, Any]
    initial_stones: Annotated[list[Colored], Meta(max_length=2000)] = []
    initial_player: str | UnsetType = UNSET
    komi: Annotated[float, Meta(ge=-400.0, le=400.0)] | UnsetType = UNSET
    white_handicap_bonus: str | UnsetType = UNSET
    analyze_turns: Turns | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    priorities: Annotated[list[Priority], Meta(max_length=MAX_TURNS + 1)] | UnsetType = UNSET
    max_visits: Annotated[int, Meta(ge=1, le=1 << 50)] | UnsetType = UNSET
    root_policy_temperature: Annotated[float, Meta(ge=0.01, le=100.0)] | UnsetType = UNSET
    root_fpu_reduction_max: Annotated[float, Meta(ge=0.0, le=2.0)] | UnsetType = UNSET
    analysis_pv_len: Annotated[int, Meta(ge=1, le=1000)] | UnsetType = field(name="analysisPVLen", default=UNSET)
    include_ownership: bool = False
    include_ownership_stdev: bool = False
    include_moves_ownership: bool = False
    include_moves_ownership_stdev: bool = False
    include_policy: bool = False
    include_pv_visits: bool = field(name="includePVVisits", default=False)
    include_no_result_value: bool = False
    avoid_moves: Annotated[list[MoveRule], Meta(max_length=64)] | UnsetType = UNSET
    allow_moves: Annotated[list[MoveRule], Meta(max_length=2)] | UnsetType = UNSET
    override_settings: dict[str, Any] = {}
    report_during_search_every: Seconds | UnsetType = UNSET
    first_report_during_search_after: Seconds | UnsetType = UNSET


KNOWN = {*Fields.__struct_encode_fields__, "id", "action", "terminateId", "turnNumbers"}
"""Names that a query may have without a warning about an unknown field."""

_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `\$\.(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(\w+)`")


def read(query: Mapping[str, Any]) -> Fields:
    """The fields of a query. Raises ``QueryError`` for the first that is missing or cannot be."""
    try:
        return msgspec.convert(query, Fields)
    except msgspec.ValidationError as error:
        raise _complaint(str(error)) from None


def _complaint(text: str) -> QueryError:
    match = _PLACE.match(text)
    said, path = (match["said"], match["path"]) if match else (text, None)
    missing = _MISSING.search(said)
    if missing and path is None:
        return QueryError(missing[1], "this field is missing")
    name = re.split(r"[.\[]", path)[0] if path else "id"
    return QueryError(name, said.replace("`", "") + (f" at {path}" if path and path != name else ""))
