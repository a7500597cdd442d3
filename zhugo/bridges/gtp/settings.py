"""What a person may set of the engine: by the command's options, and later by ``kata-set-param``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from msgspec import structs

from protocol.messages import Limits, SearchSettings
from zhugo.bridges.gtp.level import Level
from zhugo.bridges.gtp.obvious_move import Tolerance
from zhugo.bridges.gtp.resign_rule import Terms
from zhugo.shared.human_policy import HumanStyle

LEAST_TEMPERATURE = 0.01
"""Below it the most visited move is chosen, as good as always."""

Perspective = Literal["side", "black", "white"]
"""From whose side win rates and leads are told: that of the side to move, or always one player's."""


@dataclass
class Settings:
    """``visits``, ``playouts``, ``seconds``: what a search for a move may cost; a clock may cut the time further.
    ``visits`` counts those that the tree has already, ``playouts`` does not. ``search``: how to search.

    ``resign_below``: a win rate that is hopeless, 0 for never to resign; after ``resign_after`` hopeless moves in a
    row the engine resigns, if it is ``resign_points`` behind and the moves are more than ``resign_played`` of the
    board's points; see ``resign_rule``. ``wide_root_noise``: the weight of noise at the root of an analysis, so that it
    looks at more moves. ``chat``: say on stderr what gtp2ogs reads there.

    ``ponder_…``: what pondering may cost. ``temperature``: of the choice of a move by visits, drawn from ``seed``. It
    begins at ``early_temperature``, from where half the way is gone after ``temperature_halflife`` moves of 19x19, and
    so on. ``search_factor_…``: the part of its limits that a search for a move uses: after a pass, after two passes,
    and the least one when the values of the last three searches exceed ``winning_threshold``, in [0, 1].
    ``early_end``: where the time is kept, a search for a move ends once no other can catch up. ``obvious``: the part of
    its time that an obvious move takes, where the rest is kept. ``symmetry_pruning``: of moves that come to the same by
    symmetry it looks at one. ``useless_pruning``: it looks at none that can change nothing
    (``games.go.useless_moves``). ``level``: the rank to play at, None for the best. ``conservative_pass``: the engine
    never takes it that its pass ends the game. ``forced_komi``: the komi of every game, whatever a GUI sends.
    ``play_noise``: as ``wide_root_noise``, of searches for a move. ``idle``: what was set that changes nothing.

    ``profile``: whom a net that imitates people imitates, see ``games.go.players``; ``human``: how far its policy
    chooses the moves, of which ``temperature`` then changes only the chances below ``only_below``.

    ``advantage``: playout doublings that ``advantage_of`` (+1 Black, -1 White, 0 who is searched for) is taken to have
    more than the opponent, None where nobody said; in a handicap game a search for a move has the dynamic advantage in
    its place, unless it alone was set. ``advantage_per_point``: that one's cap for each point of the opponent's lead,
    None for the usual one; see ``playout_advantage``.
    """

    visits: int | None
    seconds: float | None
    ponder: bool = False
    resign_below: float = 0.0
    resign_after: int = 3
    resign_points: float = 3.0
    resign_played: float = 0.2
    wide_root_noise: float = 0.0
    pv_length: int = 15
    perspective: Perspective = "side"
    chat: bool = False
    playouts: int | None = None
    ponder_visits: int | None = None
    ponder_playouts: int | None = None
    ponder_seconds: float | None = None
    temperature: float = 0.0
    early_temperature: float | None = None
    temperature_halflife: float = 19.0
    search_factor_after_pass: float = 1.0
    search_factor_after_two_passes: float = 1.0
    search_factor_when_winning: float = 1.0
    winning_threshold: float = 1.0
    early_end: bool = True
    obvious: Tolerance = field(default_factory=lambda: Tolerance(factor=0.3))
    symmetry_pruning: bool = True
    useless_pruning: bool = True
    level: Level | None = None
    conservative_pass: bool = False
    forced_komi: float | None = None
    play_noise: float = 0.0
    profile: str = ""
    human: HumanStyle = field(default_factory=HumanStyle)
    only_below: float = 1.0
    advantage: float | None = None
    advantage_of: int = 0
    advantage_per_point: float | None = None
    idle: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    search: SearchSettings = field(default_factory=lambda: SearchSettings(ownership=True, policy=True))

    def for_play(self, moves: int = 0, points: int = 361) -> SearchSettings:
        """How to search for a move, after so many on a board of so many points."""
        temperature = self.temperature_at(moves, points)
        search = (
            structs.replace(self.search, noise_weight=min(1.0, self.play_noise)) if self.play_noise else self.search
        )
        if temperature < LEAST_TEMPERATURE:
            return search
        return structs.replace(search, temperature=temperature, seed=(self.seed + moves) % 2**63)

    def temperature_at(self, moves: int, points: int) -> float:
        """Of the choice of a move, after so many on a board of so many points."""
        temperature = self.temperature
        if self.early_temperature is not None:
            # KataGo, cpp/search/searchhelpers.cpp, interpolateEarly
            halves = moves / self.temperature_halflife * 19.0 / math.sqrt(points)
            temperature += (self.early_temperature - temperature) * 0.5**halves
        return temperature

    def for_analysis(self) -> SearchSettings:
        """How to search for people."""
        return structs.replace(self.search, noise_weight=min(1.0, self.wide_root_noise))

    def for_pondering(self) -> Limits:
        """The limits of pondering."""
        return Limits(self.ponder_visits, self.ponder_playouts, self.ponder_seconds)

    def static_advantage(self, player: int) -> float:
        """The playout doubling advantage that was set, Black's, where ``player`` is searched for."""
        return (self.advantage or 0.0) * (self.advantage_of or player) + 0.0

    def for_resigning(self) -> Terms:
        """When to resign."""
        return Terms(self.resign_below, self.resign_after, self.resign_points, self.resign_played)

    def limits(self, seconds: float | None, anew: bool = False, kept: bool = False) -> Limits:
        """Those of a search for a move within ``seconds``; ``anew``: what the tree has already does not count.

        ``kept``: time that is not used is there for later moves.
        """
        is_drawn = max(self.temperature, self.early_temperature or 0.0) >= LEAST_TEMPERATURE
        early = self.early_end and kept and not is_drawn  # what is drawn from all visits needs them all
        if not anew:
            return Limits(self.visits, self.playouts, seconds, early)
        known = [limit for limit in (self.visits, self.playouts) if limit is not None]
        return Limits(new_visits=min(known, default=None), seconds=seconds, early=early)
