"""KataGo's parameters, as far as there is something here that they mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from zhugo.bridges.gtp.advantage_params import ADVANTAGE_PARAMS, Advantage, AdvantagePlayer
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.human_play import Profile, imitates_people
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError
from zhugo.bridges.gtp.unsupported_params import IDLE, ONLY, Idle, Only
from zhugo.shared.human_policy import NO_LAMBDA
from zhugo.shared.katago_search import NUMBERS, SWITCHES

UNLIMITED = 1 << 50
"""What KataGo has for visits without a limit."""
ENDLESS = 1e20


@dataclass(frozen=True)
class Param:
    """One parameter: what it is, and how it becomes what a text or a JSON value says.

    ``put`` gets a number or a truth value within ``least`` and ``most``. ``for_one``: what 1 stands for; with one visit
    both programs choose by the policy alone, for which it takes two here.
    """

    kind: type[int] | type[float] | type[bool]
    get: Callable[[Engine], Any]
    put: Callable[[Engine, Any], None]
    least: float = 0.0
    most: float = 1e20
    for_one: int | None = None

    def read(self, name: str, value: object) -> Any:
        """The value of a word or of JSON. Raises ``GtpError``."""
        if self.kind is bool:
            return _truth(name, value)
        if self.for_one is not None and str(value) == "1":
            return self.for_one
        number = Arguments([str(value)]).number(0, name) if not _is_endless(value) else self.most
        if not self.least <= number <= self.most or (self.kind is int and number != int(number)):
            what = "a whole number" if self.kind is int else "a number"
            raise GtpError(f"{name} is {what} from {self.least:g} to {self.most:g}, not {str(value)[:40]}")
        return self.kind(number)


def _setting(name: str, kind: type[int] | type[float] | type[bool], least: float = 0.0, most: float = 1e20) -> Param:
    def put(engine: Engine, value: Any) -> None:
        setattr(engine.settings, name, value)

    return Param(kind, lambda engine: getattr(engine.settings, name), put, least, most)


def _of_search(name: str, least: float, most: float) -> Param:
    """A number among the settings of the search itself."""

    def put(engine: Engine, value: float) -> None:
        try:
            engine.settings.search = structs.replace(engine.settings.search, **{name: value})
        except ValueError as error:
            raise GtpError(str(error)) from None

    return Param(float, lambda engine: getattr(engine.settings.search, name), put, least, most)


def _obvious(name: str, least: float, most: float) -> Param:
    """A number among those that say what is obvious."""

    def put(engine: Engine, value: float) -> None:
        engine.settings.obvious = replace(engine.settings.obvious, **{name: value})

    return Param(float, lambda engine: getattr(engine.settings.obvious, name), put, least, most)


def _human(name: str, kind: type[float] | type[bool], least: float = 0.0, most: float = 1.0) -> Param:
    """A part of how far people's policy chooses the moves."""

    def put(engine: Engine, value: Any) -> None:
        engine.settings.human = replace(engine.settings.human, **{name: value})

    return Param(kind, lambda engine: getattr(engine.settings.human, name), put, least, most)


def _switch(name: str, on: Any, off: Any) -> Param:
    """A part of the search that can be switched off."""

    def put(engine: Engine, value: bool) -> None:
        if value != get(engine):
            engine.settings.search = structs.replace(engine.settings.search, **{name: on if value else off})

    def get(engine: Engine) -> bool:
        return bool(getattr(engine.settings.search, name) != off)

    return Param(bool, get, put)


def _root_fpu_reduction(engine: Engine) -> float:
    search = engine.settings.search
    return search.fpu_reduction if search.root_fpu_reduction is None else search.root_fpu_reduction


def _early_temperature(engine: Engine) -> float:
    early = engine.settings.early_temperature
    return engine.settings.temperature if early is None else early


def _put_visits(engine: Engine, visits: int) -> None:
    engine.settings.visits = None if visits >= UNLIMITED else visits
    _keep_a_limit(engine)


def _put_playouts(engine: Engine, playouts: int) -> None:
    engine.settings.playouts = None if playouts >= UNLIMITED else playouts
    _keep_a_limit(engine)


def _put_seconds(engine: Engine, seconds: float) -> None:
    engine.settings.seconds = None if seconds >= ENDLESS else seconds
    _keep_a_limit(engine)


def _keep_a_limit(engine: Engine) -> None:
    """A search for a move must have some limit, also without a clock."""
    settings = engine.settings
    if (settings.visits, settings.playouts, settings.seconds) == (None, None, None):
        engine.settings.seconds = 3600.0


def _put_resigning(engine: Engine, resigning: bool) -> None:
    engine.settings.resign_below = max(engine.settings.resign_below, 0.05) if resigning else 0.0


def _put_threshold(engine: Engine, threshold: float) -> None:
    engine.settings.resign_below = (1.0 + threshold) / 2.0


def _put_lag(engine: Engine, lag: float) -> None:
    engine.clock.lag = lag


PARAMS = {
    "maxVisits": Param(int, lambda engine: engine.settings.visits or UNLIMITED, _put_visits, 2, UNLIMITED, for_one=2),
    "maxPlayouts": Param(int, lambda engine: engine.settings.playouts or UNLIMITED, _put_playouts, 1, UNLIMITED),
    "maxTime": Param(float, lambda engine: engine.settings.seconds or ENDLESS, _put_seconds, 0.01, ENDLESS),
    "lagBuffer": Param(float, lambda engine: engine.clock.lag, _put_lag, 0.0, 3600.0),
    "ponderingEnabled": _setting("ponder", bool),
    "earlyEnd": _setting("early_end", bool),
    "obviousMovesTimeFactor": _obvious("factor", 0.01, 1.0),
    "obviousMovesPolicyEntropyTolerance": _obvious("entropy", 0.001, 2.0),
    "obviousMovesPolicySurpriseTolerance": _obvious("surprise", 0.001, 2.0),
    "rootSymmetryPruning": _setting("symmetry_pruning", bool),
    "rootPruneUselessMoves": _setting("useless_pruning", bool),
    "conservativePass": _setting("conservative_pass", bool),
    "allowResignation": Param(bool, lambda engine: engine.settings.resign_below > 0, _put_resigning),
    "resignThreshold": Param(float, lambda engine: 2 * engine.settings.resign_below - 1, _put_threshold, -1.0, 0.0),
    "resignConsecTurns": _setting("resign_after", int, 1, 1000),
    "analysisWideRootNoise": _setting("wide_root_noise", float, 0.0, 5.0),
    "wideRootNoise": _setting("play_noise", float, 0.0, 5.0),
    **{name: _of_search(*of) for name, of in NUMBERS.items()},
    **{name: _switch(*of) for name, of in SWITCHES.items()},
    "rootFpuReductionMax": replace(_of_search(*NUMBERS["rootFpuReductionMax"]), get=_root_fpu_reduction),
    "analysisPVLen": _setting("pv_length", int, 1, 1000),
}


HUMAN: Mapping[str, Param | Profile] = {
    "humanSLProfile": Profile(),
    "humanSLChosenMoveProp": _human("share", float),
    "humanSLChosenMoveIgnorePass": _human("ignores_pass", bool),
    "humanSLChosenMovePiklLambda": _human("utility_scale", float, 0.001, NO_LAMBDA),
}
"""Of nets that imitate people."""


def _limit(name: str, kind: type[int] | type[float], endless: float) -> Param:
    """A limit among the settings, None where KataGo has a very large one."""

    def put(engine: Engine, value: float) -> None:
        setattr(engine.settings, name, None if value >= endless else value)

    return Param(kind, lambda engine: getattr(engine.settings, name) or endless, put, 0.0, endless)


CONFIGURED = {
    "resignMinScoreDifference": _setting("resign_points", float, 0.0, 1000.0),
    "resignMinMovesPerBoardArea": _setting("resign_played", float, 0.0, 1.0),
    "maxVisitsPondering": _limit("ponder_visits", int, UNLIMITED),
    "maxPlayoutsPondering": _limit("ponder_playouts", int, UNLIMITED),
    "maxTimePondering": _limit("ponder_seconds", float, ENDLESS),
    "chosenMoveTemperature": _setting("temperature", float, 0.0, 5.0),
    "chosenMoveTemperatureEarly": replace(_setting("early_temperature", float, 0.0, 5.0), get=_early_temperature),
    "chosenMoveTemperatureOnlyBelowProb": _setting("only_below", float, 0.0, 1.0),
    "chosenMoveTemperatureHalflife": _setting("temperature_halflife", float, 0.1, 1e5),
    "searchFactorAfterOnePass": _setting("search_factor_after_pass", float, 0.01, 1.0),
    "searchFactorAfterTwoPass": _setting("search_factor_after_two_passes", float, 0.01, 1.0),
    "searchFactorWhenWinning": _setting("search_factor_when_winning", float, 0.01, 1.0),
    "searchFactorWhenWinningThreshold": _setting("winning_threshold", float, 0.0, 1.0),
}
"""Parameters that a configuration sets, and some that a controller may, too."""

_OF_A_CONFIGURATION_ALONE = (
    "resignMinScoreDifference", "resignMinMovesPerBoardArea", "searchFactorWhenWinning",
    "searchFactorWhenWinningThreshold", "chosenMoveTemperatureOnlyBelowProb",
)  # fmt: skip

AnyParam = Param | Advantage | AdvantagePlayer | Profile | Only | Idle

ALL: dict[str, AnyParam] = {
    **PARAMS,
    **{name: param for name, param in CONFIGURED.items() if name not in _OF_A_CONFIGURATION_ALONE},
    **ADVANTAGE_PARAMS,
    **HUMAN,
    **ONLY,
    **IDLE,
}
"""What a controller may ask for and set."""


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def get_param(arguments: Arguments) -> str:
        param = _param(arguments.word(0, "the parameter"))
        value = param.get(engine)
        # as in KataGo, a text of the search's own parameters stands in quotes
        return value if isinstance(param, Only | Profile) and isinstance(value, str) else json.dumps(value)

    def get_params(_arguments: Arguments) -> str:
        return json.dumps({name: param.get(engine) for name, param in ALL.items()})

    def set_param(arguments: Arguments) -> str:
        name = arguments.word(0, "the parameter")
        # an empty text is a value, of some of them
        takes_nothing = name in ADVANTAGE_PARAMS or name == "humanSLProfile" or _param(name).get(engine) == ""
        put_all({name: "" if takes_nothing and len(arguments) == 1 else arguments.word(1, "the value")})
        return ""

    def set_params(arguments: Arguments) -> str:
        try:
            values = json.loads(" ".join(arguments))
        except (ValueError, RecursionError):
            raise GtpError("the parameters are no JSON") from None
        if not isinstance(values, dict):
            raise GtpError("the parameters are no JSON dictionary")
        put_all(values)
        return ""

    def put_all(values: dict[str, object]) -> None:
        read = [(_param(name), _param(name).read(name, value)) for name, value in values.items()]
        before = engine.settings.human
        for param, value in read:
            param.put(engine, value)
        if engine.settings.human != before and not imitates_people(engine):
            engine.settings.human = before
            raise GtpError("no net imitates people: give one with --human-net")

    return {
        "kata-list-params": lambda _arguments: " ".join(ALL),
        "kata-get-param": get_param,
        "kata-get-params": get_params,
        "kata-set-param": set_param,
        "kata-set-params": set_params,
    }


def _param(name: str) -> AnyParam:
    if name not in ALL:
        raise GtpError(f"unknown parameter {name[:40]}; kata-list-params names those that are known")
    return ALL[name]


def _truth(name: str, value: object) -> bool:
    word = str(value).lower()
    if word not in ("true", "false"):
        raise GtpError(f"{name} is true or false, not {word[:40]}")
    return word == "true"


def _is_endless(value: object) -> bool:
    """Beyond what ``Arguments.number`` takes: KataGo's own words for no limit."""
    try:
        return float(str(value)) >= 1e12
    except ValueError:
        return False
