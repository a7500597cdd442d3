"""Settings under KataGo's names: of its configuration file, of ``-override-config``, and of a query's overrideSettings.

Only those that mean something to this search are fields here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from games.go.players import parse
from protocol.messages import Limits, SearchSettings
from zhugo.bridges.analysis.errors import QueryError, shortened
from zhugo.shared import katago_config
from zhugo.shared.errors import UserError
from zhugo.shared.human_policy import NO_LAMBDA, HumanStyle
from zhugo.shared.katago_config import is_neutral
from zhugo.shared.katago_search import NUMBERS, SWITCHES

Perspective = Literal["BLACK", "WHITE", "SIDETOMOVE"]
Count = Annotated[int, Meta(ge=1, le=1 << 50)]

_SHORT = {"B": "BLACK", "W": "WHITE"}
_OF_PLAYERS = ("reportAnalysisWinratesAs", "playoutDoublingAdvantagePla")


class Settings(Struct, frozen=True, kw_only=True, rename="camel"):
    """What can be set, None where it is not; names and meanings are those of KataGo's configuration.

    ``use_lcb_for_selection`` orders the moves; ``max_time`` is in seconds. ``wide_root_noise`` has the search look at
    more moves as its namesake does, but by the noise of self-play, whose weight it is unless that is set itself.
    ``human_sl_profile``: whom a net that imitates people imitates.
    ``playout_doubling_advantage`` is that of ``playout_doubling_advantage_pla``, or of each position's player to move.
    """

    report_analysis_winrates_as: Perspective = "BLACK"
    max_visits: Count | None = None
    max_playouts: Count | None = None
    max_time: Annotated[float, Meta(ge=0.0, le=1e9)] | None = None
    analysis_pv_len: Annotated[int, Meta(ge=1, le=1000)] = field(name="analysisPVLen", default=15)
    num_analysis_threads: Annotated[int, Meta(ge=1, le=16384)] | None = None
    cpuct_exploration: Annotated[float, Meta(ge=0.0, le=100.0)] | None = None
    cpuct_exploration_log: Annotated[float, Meta(ge=0.0, le=100.0)] | None = None
    cpuct_exploration_base: Annotated[float, Meta(ge=1.0, le=1e9)] | None = None
    cpuct_utility_stdev_prior: Annotated[float, Meta(ge=0.001, le=10.0)] | None = None
    cpuct_utility_stdev_prior_weight: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None
    cpuct_utility_stdev_scale: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    fpu_reduction_max: Annotated[float, Meta(ge=0.0, le=2.0)] | None = None
    root_fpu_reduction_max: Annotated[float, Meta(ge=0.0, le=2.0)] | None = None
    static_score_utility_factor: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    dynamic_score_utility_factor: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    dynamic_score_center_zero_weight: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    dynamic_score_center_scale: Annotated[float, Meta(ge=0.05, le=5.0)] | None = None
    value_weight_exponent: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    use_noise_pruning: bool = True
    noise_prune_utility_scale: Annotated[float, Meta(ge=0.0, le=100.0)] | None = None
    subtree_value_bias_factor: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    use_uncertainty: bool = True
    uncertainty_coeff: Annotated[float, Meta(ge=0.0, le=100.0)] | None = None
    uncertainty_max_weight: Annotated[float, Meta(ge=1.0, le=1000.0)] | None = None
    use_graph_search: bool = True
    root_policy_temperature: Annotated[float, Meta(ge=0.01, le=100.0)] = 1.0
    policy_optimism: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    root_policy_optimism: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    wide_root_noise: Annotated[float, Meta(ge=0.0, le=5.0)] = 0.0
    root_noise_enabled: bool = False
    root_dirichlet_noise_weight: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.25
    root_dirichlet_noise_total_concentration: Annotated[float, Meta(gt=0.0, le=1e4)] = 10.83
    use_lcb_for_selection: bool = True
    playout_doubling_advantage: Annotated[float, Meta(ge=-3.0, le=3.0)] = 0.0
    playout_doubling_advantage_pla: Literal["BLACK", "WHITE"] | None = None
    human_sl_profile: Annotated[str, Meta(max_length=100)] = field(name="humanSLProfile", default="")
    human_sl_chosen_move_prop: Annotated[float, Meta(ge=0.0, le=1.0)] = field(name="humanSLChosenMoveProp", default=0.0)
    human_sl_chosen_move_ignore_pass: bool = field(name="humanSLChosenMoveIgnorePass", default=False)
    human_sl_chosen_move_pikl_lambda: Annotated[float, Meta(ge=0.001, le=NO_LAMBDA)] = field(
        name="humanSLChosenMovePiklLambda", default=NO_LAMBDA
    )

    def __post_init__(self) -> None:
        """Raises ``GameError`` for a profile that is none."""
        parse(self.human_sl_profile)

    @property
    def human(self) -> HumanStyle:
        """How far the policy of a net that imitates people orders the moves."""
        return HumanStyle(
            self.human_sl_chosen_move_prop, self.human_sl_chosen_move_ignore_pass, self.human_sl_chosen_move_pikl_lambda
        )

    def advantage(self, to_play: int) -> float:
        """A position's playout doubling advantage, Black's: that of its player to move unless a player is named."""
        player = {"BLACK": 1, "WHITE": -1, None: to_play}[self.playout_doubling_advantage_pla]
        return player * self.playout_doubling_advantage + 0.0

    def limits(self) -> Limits:
        """When a search ends."""
        return Limits(self.max_visits, self.max_playouts, self.max_time)

    def search(self, ownership: bool, policy: bool) -> SearchSettings:
        """How a session searches, and what it keeps to report."""
        chosen: dict[str, Any] = {ours: getattr(self, NAMES[name]) for name, (ours, _, _) in NUMBERS.items()}
        for name, (ours, _, off) in SWITCHES.items():
            if not getattr(self, NAMES[name]):
                chosen[ours] = off
        chosen |= {
            "noise_weight": self.root_dirichlet_noise_weight
            if self.root_noise_enabled
            else min(1.0, self.wide_root_noise),
            "noise_concentration": self.root_dirichlet_noise_total_concentration,
        }
        given = {name: value for name, value in chosen.items() if value is not None}
        return SearchSettings(**given, ownership=ownership, policy=policy)


NAMES = dict(zip(Settings.__struct_encode_fields__, Settings.__struct_fields__, strict=True))


def changed(settings: Settings, where: str, changes: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The settings with ``changes``, values also as text; and the names of those that have no effect here.

    Raises ``QueryError`` of the field ``where`` for a value that cannot be.
    """
    known = {name: value for name, value in changes.items() if name in NAMES}
    for name in _OF_PLAYERS:
        if isinstance(player := known.get(name), str):
            known[name] = _SHORT.get(player.upper(), player.upper())
    if known.get("playoutDoublingAdvantagePla") == "":
        known["playoutDoublingAdvantagePla"] = None
    read: dict[str, Any] = {}
    for name, value in known.items():
        try:
            one = msgspec.convert({name: value}, Settings, strict=False)
            one.search(ownership=False, policy=False)
            read[NAMES[name]] = getattr(one, NAMES[name])
        except ValueError:
            raise QueryError(where, f"{name} cannot be {shortened(value)}") from None
    idle = [name for name, value in changes.items() if name not in known and not is_neutral(name, value)]
    return msgspec.structs.replace(settings, **read), idle


def configured(
    files: Path | Sequence[Path] | None,
    overrides: str | Sequence[str] | None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Settings:
    """The settings of configurations of KataGo's, and of texts ``name=value,name=value`` that go before them.

    ``tell`` hears of those that have no effect here. Raises ``UserError``, one line that says where.
    """
    config = katago_config.read(
        [files] if isinstance(files, Path) else files or [],
        [overrides] if isinstance(overrides, str) else overrides or [],
    )
    settings, unused = Settings(), []
    for name, setting in config.items():
        try:
            settings, idle = changed(settings, "", {name: setting.value})
        except QueryError as error:
            raise UserError(f"configuration {setting.where}: {error}") from error
        unused += idle
    if unused:
        tell(f"zhugo: {katago_config.not_used(unused)}")
    return settings
