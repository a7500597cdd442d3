"""KataGo's parameters that this search does not have: some take one value only, the others have no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, GtpError
from zhugo.shared.katago_config import NEUTRAL, is_neutral


@dataclass(frozen=True)
class Only:
    """Only one value is taken."""

    value: Any

    def get(self, _engine: Engine) -> Any:
        """It."""
        return self.value

    def put(self, _engine: Engine, _value: Any) -> None:
        """There is nothing to do."""

    def read(self, name: str, value: object) -> Any:
        """Raises ``GtpError`` for another one."""
        if not is_neutral(name, value):
            number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
            taken = f"a number from {self.value:g} to {self.value:g}" if number else str(self.value).lower() or "empty"
            raise GtpError(f"{name} is {taken}, not {str(value)[:40]}")
        return self.value


@dataclass(frozen=True)
class Idle:
    """A number without effect. It is kept, for controllers that ask for what they have set."""

    name: str
    usual: float
    least: float
    most: float

    def get(self, engine: Engine) -> Any:
        """As it was set."""
        return engine.settings.idle.get(self.name, self.usual)

    def put(self, engine: Engine, value: Any) -> None:
        """Keep it."""
        engine.settings.idle[self.name] = value

    def read(self, name: str, value: object) -> Any:
        """A number like the usual one, within bounds. Raises ``GtpError``."""
        number = Arguments([str(value)]).number(0, name)
        whole = isinstance(self.usual, int)
        if not self.least <= number <= self.most or (whole and not number.is_integer()):
            what = "a whole number" if whole else "a number"
            raise GtpError(f"{name} is {what} from {self.least:g} to {self.most:g}, not {str(value)[:40]}")
        return int(number) if whole else number


_PARAMS_OF_A_CONFIGURATION_ALONE = (
    "log", "dynamic", "friendlyPass", "cleanupBeforePass", "preventCleanupPhase", "avoidMYTDaggerHack",
)  # fmt: skip
"""What their names begin with."""
_OF_ANALYSIS_ALONE = ("useEvalCache", "rootSymmetryPruning", "rootPruneUselessMoves", "conservativePass")
"""What a search for a move does otherwise, or what is no parameter of GTP's."""

ONLY: Mapping[str, Only] = {
    name: Only(values[-1])
    for name, values in NEUTRAL.items()
    if not name.startswith(_PARAMS_OF_A_CONFIGURATION_ALONE) and name not in _OF_ANALYSIS_ALONE
}
IDLE: Mapping[str, Idle] = {
    one.name: one for one in (Idle("numSearchThreads", 1, 1, 16384), Idle("delayMoveMax", 1e6, 0.0, 1e6))
}
