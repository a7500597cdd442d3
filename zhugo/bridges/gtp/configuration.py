"""What a configuration of KataGo's GTP engine means to this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from games.game import GameError
from games.go import rules as go_rules
from zhugo.bridges.gtp.advantage_params import ADVANTAGE_PARAMS
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.param_commands import CONFIGURED, HUMAN, PARAMS, AnyParam
from zhugo.bridges.gtp.protocol import GtpError
from zhugo.bridges.gtp.rules_commands import play_by
from zhugo.bridges.gtp.settings import Perspective
from zhugo.bridges.gtp.setup_commands import LONGEST_KOMI, SIZES
from zhugo.shared.errors import UserError
from zhugo.shared.katago_config import RULES, SINGLE_RULES, Config, Setting, is_neutral

_TABLE: Mapping[str, AnyParam] = {**PARAMS, **CONFIGURED, **ADVANTAGE_PARAMS, **HUMAN}
_PERSPECTIVES: Mapping[str, Perspective] = {"BLACK": "black", "WHITE": "white", "SIDETOMOVE": "side"}
_SIZES = ("defaultBoardSize", "defaultBoardXSize", "defaultBoardYSize")
_OTHERS = ("ignoreGTPAndForceKomi", "reportAnalysisWinratesAs", "ogsChatToStderr")
_RESIGNING, _THRESHOLD, _USUAL_THRESHOLD = "allowResignation", "resignThreshold", -0.9

_RULES = {
    "koRule": "ko",
    "scoringRule": "scoring",
    "taxRule": "tax",
    "multiStoneSuicideLegal": "suicide",
    "hasButton": "hasButton",
    "friendlyPassOk": "friendlyPassOk",
    "whiteHandicapBonus": "whiteHandicapBonus",
}
_TRUTHS = ("multiStoneSuicideLegal", "hasButton", "friendlyPassOk")


@dataclass(frozen=True)
class Configuration:
    """A configuration that was understood. unused: names of settings without effect here."""

    values: Mapping[str, Any]
    """What becomes of parameters, by their names."""
    rules: go_rules.Rules | None
    size: tuple[int, int] | None
    forced_komi: float | None
    perspective: Perspective | None
    chat: bool | None
    unused: tuple[str, ...]

    def apply(self, engine: Engine) -> None:
        """Have the engine search as it says, and begin with its game, unless others have begun one."""
        settings = engine.settings
        settings.perspective = self.perspective or settings.perspective
        settings.chat = settings.chat if self.chat is None else self.chat
        settings.forced_komi = self.forced_komi
        for name, value in self.values.items():
            _TABLE[name].put(engine, value)
        if engine.shared:
            return
        if self.size is not None:
            width, height = self.size
            engine.clear(size=width if width == height else [width, height])
        if self.rules is not None:
            engine.change(komi=self.rules.default_komi)
            play_by(engine, self.rules)
        elif self.forced_komi is not None:
            engine.change(komi=self.forced_komi)


def understood(config: Config) -> Configuration:
    """What these settings mean here. Raises ``UserError``, one line that says where, for a value that cannot be."""
    values = {name: _value(name, setting, _TABLE[name]) for name, setting in config.items() if name in _TABLE}
    perspective = _choice(config, "reportAnalysisWinratesAs", _PERSPECTIVES)
    known = {*_TABLE, *_SIZES, *_OTHERS, RULES, *SINGLE_RULES}
    return Configuration(
        values=_resigning(values),
        rules=_rules(config),
        size=_size(config),
        forced_komi=_komi(config),
        perspective=perspective,
        chat=_choice(config, "ogsChatToStderr", {"TRUE": True, "FALSE": False}),
        unused=tuple(
            name for name, setting in config.items() if name not in known and not is_neutral(name, setting.value)
        ),
    )


def _value(name: str, setting: Setting, param: AnyParam) -> Any:
    try:
        return param.read(name, setting.value)
    except GtpError as error:
        raise _refused(setting, str(error)) from None


def _resigning(values: dict[str, Any]) -> dict[str, Any]:
    """As in KataGo, the engine resigns only if that is allowed, whatever the threshold."""
    threshold, allowed = values.pop(_THRESHOLD, _USUAL_THRESHOLD), values.pop(_RESIGNING, None)
    return {**values, _THRESHOLD: threshold} if allowed else values


def _rules(config: Config) -> go_rules.Rules | None:
    single = {name: config[name] for name in SINGLE_RULES if name in config}
    if RULES in config:
        if single:
            name, setting = next(iter(single.items()))
            raise _refused(setting, f"{name} beside rules: either the name of all, or each of them")
        return _parsed(config[RULES], config[RULES].value)
    options: dict[str, object] = {}
    for name, setting in single.items():
        if name == "whiteBonusPerHandicapStone":
            option, value = "whiteHandicapBonus", _choice(config, name, {"0": "0", "1": "N"})
        elif name in _TRUTHS:
            option, value = _RULES[name], _choice(config, name, {"TRUE": True, "FALSE": False})
        else:
            option, value = _RULES[name], setting.value.upper()
        _parsed(setting, {option: value})  # so that the line is named that is wrong
        options[option] = value
    return _parsed(list(single.values())[-1], options) if options else None


def _parsed(setting: Setting, rules: object) -> go_rules.Rules:
    try:
        return go_rules.parse(rules)
    except GameError as error:
        raise _refused(setting, str(error)) from None


def _size(config: Config) -> tuple[int, int] | None:
    both, *sides = (config.get(name) for name in _SIZES)
    width, height = (side or both for side in sides)
    if width is None or height is None:
        return None
    return _side(width), _side(height)


def _side(setting: Setting) -> int:
    if not setting.value.isascii() or not setting.value.isdigit() or int(setting.value[:9]) not in SIZES:
        raise _refused(setting, f"the size of a board is {SIZES[0]} to {SIZES[-1]}, not {setting.value[:40]}")
    return int(setting.value)


def _komi(config: Config) -> float | None:
    setting = config.get("ignoreGTPAndForceKomi")
    if setting is None:
        return None
    try:
        komi = float(setting.value)
    except ValueError:
        komi = float("nan")
    if not (abs(komi) <= LONGEST_KOMI and (2 * komi).is_integer()):
        raise _refused(setting, f"komi is a whole or half number, not {setting.value[:40]}")
    return komi


def _choice(config: Config, name: str, known: Mapping[str, Any]) -> Any:
    """One of these words, None where nothing is said."""
    setting = config.get(name)
    if setting is None:
        return None
    if setting.value.upper() not in known:
        words = " or ".join(word.lower() if word in ("TRUE", "FALSE") else word for word in known)
        raise _refused(setting, f"{name} is {words}, not {setting.value[:40]}")
    return known[setting.value.upper()]


def _refused(setting: Setting, text: str) -> UserError:
    return UserError(f"configuration {setting.where}: {text}")
