"""Configurations of KataGo: its files of ``name = value`` lines, and the texts of ``-override-config``.

What a line may look like is as KataGo reads it (cpp/core/config_parser.cpp): comments behind ``#``, values in double
quotes with backslashes, ``@include FILE``. What the names mean is the caller's affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhugo.shared.errors import UserError

MAX_BYTES = 1 << 20

RULES = "rules"
SINGLE_RULES = (
    "koRule", "scoringRule", "taxRule", "multiStoneSuicideLegal", "hasButton", "friendlyPassOk", "whiteHandicapBonus",
    "whiteBonusPerHandicapStone",
)  # fmt: skip
"""Parts of the rules, which an override of the whole takes the place of, and the other way round."""

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "ignorePreRootHistory": (False,),
    "antiMirror": (False,),
    "genmoveAntiMirror": (False,),
    "humanSLRootExploreProbWeightless": (0, 0.0),
    "humanSLRootExploreProbWeightful": (0, 0.0),
    "humanSLPlaExploreProbWeightless": (0, 0.0),
    "humanSLPlaExploreProbWeightful": (0, 0.0),
    "humanSLOppExploreProbWeightless": (0, 0.0),
    "humanSLOppExploreProbWeightful": (0, 0.0),
    "delayMoveScale": (0, 0.0),
    "rootNumSymmetriesToSample": (1,),
    "rootSymmetryPruning": (False,),
    "rootPruneUselessMoves": (False,),
    "rootEndingBonusPoints": (0, 0.0),
    "conservativePass": (False,),
    "friendlyPass": ("AUTO",),
    "cleanupBeforePass": ("AUTO",),
    "fillDameBeforePass": (False,),
    "preventCleanupPhase": (True,),
    "avoidMYTDaggerHack": (False,),
    "nnPolicyTemperature": (1, 1.0),
    "winLossUtilityFactor": (1, 1.0),
    "useEvalCache": (False,),
    "logToStderr": (False,),
    "logSearchInfo": (False,),
    "logSearchInfoForChosenMove": (False,),
    "logAllGTPCommunication": (False,),
    "logAllRequests": (False,),
    "logAllResponses": (False,),
    "dynamicPlayoutDoublingAdvantageCapPerOppLead": (0, 0.0),
    "analysisIgnorePreRootHistory": (False,),
}
"""Settings that this search does not have, with values that ask for what it does anyway."""

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_INCLUDE = re.compile(r"""@include[\s=]+(?P<quote>["']?)(?P<file>[^"']+)(?P=quote)""")
_QUOTED = re.compile(r'"(?P<value>(?:[^"\\]|\\.)+)"\s*(?:#.*)?')


@dataclass(frozen=True)
class Setting:
    """The text of one value, and where it stands: a file and a line of it, or an option."""

    value: str
    where: str


Config = Mapping[str, Setting]


def read(files: Sequence[Path], overrides: Sequence[str]) -> Config:
    """All settings of these files, later ones before earlier ones, and of the overrides before all of them.

    Raises ``UserError`` for a file that cannot be read and a line that is none, in one line with its number.
    """
    config: dict[str, Setting] = {}
    for file in files:
        config |= _read(file, ())
    for text in overrides:
        changes = _override(text)
        for some, others in (((RULES,), SINGLE_RULES), (SINGLE_RULES, (RULES,))):
            if any(name in changes for name in some):
                config = {name: setting for name, setting in config.items() if name not in others}
        config |= changes
    return config


def is_neutral(name: str, value: object) -> bool:
    """Whether a setting asks for what is done anyway; ``value`` may be a text."""
    return any(_same(value, one) for one in NEUTRAL.get(name, ()))


def not_used(names: Sequence[str]) -> str:
    """The one line about settings that have no effect here."""
    return f"not used of the configuration: {', '.join(names)}"


def _same(value: object, wanted: object) -> bool:
    if not isinstance(value, str):
        return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
    if isinstance(wanted, bool):
        return value.lower() == str(wanted).lower()
    if isinstance(wanted, str):
        return value.upper() == wanted
    try:
        return float(value) == wanted
    except ValueError:
        return False


def _read(file: Path, within: tuple[Path, ...]) -> dict[str, Setting]:
    """``within``: the files that include this one."""
    try:
        path = file.resolve()
        if path in within:
            raise UserError(f"configuration {file} includes itself")
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise UserError(f"configuration {file}: too large for one")
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise UserError(f"configuration {file}: {error.strerror or error}") from error
    found: dict[str, Setting] = {}
    own: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{file}, line {number}"
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            found |= _read(file.parent / _included(line, where), (*within, path))
            continue
        name, value = _pair(line, where)
        if name in own:
            raise UserError(f"configuration {where}: {name} stands in line {own[name]} already")
        own[name] = number
        found[name] = Setting(value, where)
    return found


def _included(line: str, where: str) -> str:
    match = _INCLUDE.fullmatch(line.split("#", 1)[0].strip())
    if match is None:
        raise UserError(f"configuration {where}: not understood: {_shortened(line)}")
    return match["file"].strip()


def _pair(line: str, where: str) -> tuple[str, str]:
    name, equals, rest = (part.strip() for part in line.partition("="))
    quoted = _QUOTED.fullmatch(rest)
    value = re.sub(r"\\(.)", r"\1", quoted["value"]) if quoted else rest.split("#", 1)[0].strip()
    if not _KEY.fullmatch(name) or not equals or not value or (rest.startswith('"') and not quoted):
        raise UserError(f"configuration {where}: no name = value: {_shortened(line)}")
    return name, value


def _override(text: str) -> dict[str, Setting]:
    found = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not name and not equals:
            continue
        if not name or not value:
            raise UserError(f"-override-config: no name=value: {_shortened(part.strip())}")
        found[name] = Setting(value, "-override-config")
    return found


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
