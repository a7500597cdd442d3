"""What a specification of Go may hold; ``games.go.game`` says what it means."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType, field

from games.go.board import MAX_POINTS, MAX_SIZE, MIN_SIZE
from games.specs import Specification

MAX_KOMI = 400.0
MAX_ADVANTAGE = 3.0
MAX_UNCHECKED = 20_000
"""Moves of a record, at most."""

Word = Annotated[str, Meta(max_length=100)]
Side = Annotated[int, Meta(ge=MIN_SIZE, le=MAX_SIZE)]
Sides = Annotated[list[Side], Meta(min_length=2, max_length=2)]  # msgspec 0.22 crashes at a tuple beside an int
Points = Annotated[list[Annotated[int, Meta(ge=0, lt=MAX_POINTS)]], Meta(max_length=MAX_POINTS)]

_OPTIONS = {
    "ko": "one of SIMPLE, POSITIONAL, SITUATIONAL",
    "scoring": "one of AREA, TERRITORY",
    "score": "one of AREA, TERRITORY",
    "tax": "one of NONE, SEKI, ALL",
    "whiteHandicapBonus": "one of 0, N-1, N",
    "suicide": "true or false",
    "hasButton": "true or false",
    "friendlyPassOk": "true or false",
}


class RuleOptions(Specification, frozen=True):
    """Rules option by option, as ``kata-get-rules`` writes them; what is left out is that of tromp-taylor."""

    CALLED: ClassVar[str] = "a set of rules options"
    SAYS: ClassVar[dict[str, str]] = _OPTIONS

    ko: Word | UnsetType = UNSET
    scoring: Word | UnsetType = UNSET
    score: Word | UnsetType = UNSET
    tax: Word | UnsetType = UNSET
    whiteHandicapBonus: Word | UnsetType = UNSET  # noqa: N815 - the name on the wire of GTP
    suicide: bool | UnsetType = UNSET
    hasButton: bool | UnsetType = UNSET  # noqa: N815
    friendlyPassOk: bool | UnsetType = UNSET  # noqa: N815


class GoSpec(Specification, frozen=True):
    """``size``: of the board, a number or width and height. ``black``, ``white``: points of set-up stones.

    ``unchecked``: so many entries at the start of a record were played under other rules.
    ``playout_doubling_advantage``: positions are evaluated as if Black had so many doublings of playouts more than
    White, by nets that have an input for it (``katago_features.has_advantage``). ``players``: a profile of those whom a
    net that imitates people imitates, see ``players``.
    """

    CALLED: ClassVar[str] = "a Go specification"
    SAYS: ClassVar[dict[str, str]] = {
        "size": f"a number from {MIN_SIZE} to {MAX_SIZE} or [width, height]",
        "komi": f"a number from {-MAX_KOMI:g} to {MAX_KOMI:g}",
        "rules": "a name or options",
        "black": "a list of points of the board",
        "white": "a list of points of the board",
        "to_play": "black or white",
        "unchecked": f"a number of moves from 0 to {MAX_UNCHECKED}",
        "playout_doubling_advantage": f"a number from {-MAX_ADVANTAGE:g} to {MAX_ADVANTAGE:g}",
        "players": "a profile, as rank_5k",
        **{f"rules.{key}": said for key, said in _OPTIONS.items()},
    }

    size: Side | Sides
    komi: Annotated[float, Meta(ge=-MAX_KOMI, le=MAX_KOMI)] = 7.5
    rules: Word | RuleOptions = "chinese"
    black: Points = field(default_factory=list)
    white: Points = field(default_factory=list)
    to_play: Word = "black"
    unchecked: Annotated[int, Meta(ge=0, le=MAX_UNCHECKED)] = 0
    playout_doubling_advantage: Annotated[float, Meta(ge=-MAX_ADVANTAGE, le=MAX_ADVANTAGE)] = 0.0
    players: Word = ""
