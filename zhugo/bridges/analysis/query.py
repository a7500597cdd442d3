"""A query: the positions that it asks for, and what it wants to know of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, structs

from protocol.messages import Limits, Restriction, SearchSettings
from zhugo.bridges.analysis import fields as known
from zhugo.bridges.analysis import game
from zhugo.bridges.analysis.errors import QueryError
from zhugo.bridges.analysis.fields import Fields, MoveRule
from zhugo.bridges.analysis.game import Place
from zhugo.bridges.analysis.record import FIELD, record_of, with_fields
from zhugo.bridges.analysis.settings import Perspective, Settings, changed
from zhugo.shared.human_policy import HumanStyle
from zhugo.shared.restrictions import leave_nothing

NEVER = 1e6
"""Seconds to the next report of a search that sends no more of them."""

OWN_SETTINGS = ("max_visits", "analysis_pv_len", "root_policy_temperature", "root_fpu_reduction_max")
"""Settings that are fields of a query, too, and then count for more."""

Warnings = list[tuple[str, str]]
"""(field, text) each."""


@dataclass(frozen=True)
class Wishes:
    """What is wanted of every turn of a query.

    ``profile``, ``human``: of a net that imitates people, see ``HumanStyle``.
    ``report_every`` and ``first_report`` are seconds, None for a search that is silent until it ends.
    """

    id: str
    limits: Limits
    search: SearchSettings
    restrictions: tuple[Restriction, ...]
    perspective: Perspective
    pv_length: int
    report_every: float | None
    first_report: float | None
    ownership: bool
    moves_ownership: bool
    pv_visits: bool
    profile: str = ""
    human: HumanStyle = field(default_factory=HumanStyle)


@dataclass(frozen=True)
class Turn:
    """One position to search."""

    wishes: Wishes
    number: int
    priority: int
    place: Place

    @property
    def has_moves(self) -> bool:
        """Whether there is a move that may be looked at."""
        rules = self.wishes.restrictions
        return not rules or not leave_nothing(self.place.position(), rules)


def read(query: Mapping[str, Any], settings: Settings) -> tuple[list[Turn], Warnings]:
    """The turns of a query, the first one first, and what else its sender should know.

    ``settings`` are those that a query does not change. Raises ``QueryError``.
    """
    record = record_of(query)
    query = query if record is None else with_fields(query, record)
    fields = known.read(query)
    settings, warnings = _settings(fields, settings)
    if unknown := sorted(query.keys() - known.KNOWN):
        warnings += [(name, "unknown field, which has no effect") for name in unknown]
    priorities = _priorities(fields)
    wishes = _wishes(str(query["id"]), fields, settings)
    if record is None:
        places = game.places(fields, priorities)
    else:
        places = game.places_of(record, priorities)
        warnings += [(FIELD, note) for note in record.notes]
    told = {
        number: place.told(settings.advantage(place.to_play), settings.human_sl_profile)
        for number, place in places.items()
    }
    return [Turn(wishes, number, priorities[number], place) for number, place in sorted(told.items())], warnings


def _priorities(fields: Fields) -> dict[int, int]:
    """The priority of each turn that is asked for."""
    turns = [len(fields.moves)] if fields.analyze_turns is UNSET else fields.analyze_turns
    for turn in turns:
        if not 0 <= turn <= len(fields.moves):
            raise QueryError("analyzeTurns", f"Invalid turn number: {turn}")
    if fields.priorities is UNSET:
        return dict.fromkeys(turns, 0 if fields.priority is UNSET else fields.priority)
    if fields.priority is not UNSET:
        raise QueryError("priority", "not together with priorities")
    if fields.analyze_turns is UNSET:
        raise QueryError("priorities", "only together with analyzeTurns")
    if len(fields.priorities) != len(turns):
        raise QueryError("priorities", "must be as many as analyzeTurns")
    return dict(zip(turns, fields.priorities, strict=True))


def _settings(fields: Fields, settings: Settings) -> tuple[Settings, Warnings]:
    settings, idle = changed(settings, "overrideSettings", fields.override_settings)
    warnings = [("overrideSettings", f"without effect here: {', '.join(sorted(idle))}")] if idle else []
    own = {name: getattr(fields, name) for name in OWN_SETTINGS}
    settings = structs.replace(settings, **{name: value for name, value in own.items() if value is not UNSET})
    if fields.include_ownership_stdev:
        warnings.append(("includeOwnershipStdev", "not known here, and left out"))
    if fields.include_moves_ownership_stdev:
        warnings.append(("includeMovesOwnershipStdev", "not known here, and left out"))
    if fields.include_no_result_value:
        warnings.append(("includeNoResultValue", "not known here, and left out"))
    return settings, warnings


def _wishes(query_id: str, fields: Fields, settings: Settings) -> Wishes:
    every = None if fields.report_during_search_every is UNSET else fields.report_during_search_every
    first = None if fields.first_report_during_search_after is UNSET else fields.first_report_during_search_after
    return Wishes(
        id=query_id,
        limits=settings.limits(),
        search=settings.search(fields.include_ownership or fields.include_moves_ownership, fields.include_policy),
        restrictions=tuple(_restrictions(fields)),
        perspective=settings.report_analysis_winrates_as,
        pv_length=settings.analysis_pv_len + 1,
        report_every=every if every is not None or first is None else NEVER,
        first_report=every if first is None else first,
        ownership=fields.include_ownership,
        moves_ownership=fields.include_moves_ownership,
        pv_visits=fields.include_pv_visits,
        profile=settings.human_sl_profile,
        human=settings.human,
    )


def _restrictions(fields: Fields) -> Iterator[Restriction]:
    if fields.allow_moves is not UNSET:
        if fields.avoid_moves is not UNSET:
            raise QueryError("allowMoves", "not together with avoidMoves")
        rules = [_restriction(fields, rule, "allowMoves") for rule in fields.allow_moves]
        if len({rule.to_play for rule in rules}) < len(rules):
            raise QueryError("allowMoves", "only once for each player")
        yield from rules
    elif fields.avoid_moves is not UNSET:
        for rule in fields.avoid_moves:
            yield _restriction(fields, rule, "avoidMoves")


def _restriction(fields: Fields, rule: MoveRule, name: str) -> Restriction:
    sides = fields.board_x_size, fields.board_y_size
    moves = [game.location(vertex, *sides, name) for vertex in rule.moves]
    return Restriction(game.player(rule.player, name), moves, rule.until_depth, allow=name == "allowMoves")
