"""KataGo's parameters of the playout doubling advantage, with its bounds; see ``playout_advantage``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from games.go.spec import MAX_ADVANTAGE
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.playout_advantage import MOST_PER_POINT
from zhugo.bridges.gtp.protocol import Arguments, GtpError

_NOBODY = "E"
"""KataGo's letter for neither player."""
_PLAYERS = {"": 0, "E": 0, "B": 1, "BLACK": 1, "W": -1, "WHITE": -1}


@dataclass(frozen=True)
class Advantage:
    """A number among the settings, from ``least`` to ``most``. ``None``, an empty text, when nobody said any more."""

    setting: str
    least: float
    most: float

    def get(self, engine: Engine) -> float:
        """What counts, be it set or not."""
        if self.setting == "advantage_per_point":
            return engine.advantage.per_point
        return engine.settings.advantage or 0.0

    def put(self, engine: Engine, value: float | None) -> None:
        """What is searched from now on is told of it."""
        setattr(engine.settings, self.setting, value)

    def read(self, name: str, value: object) -> float | None:
        """Raises ``GtpError``."""
        if value == "":
            return None
        number = Arguments([str(value)]).number(0, name)
        if not self.least <= number <= self.most:
            raise GtpError(f"{name} is a number from {self.least:g} to {self.most:g}, not {str(value)[:40]}")
        return number


class AdvantagePlayer:
    """Who has it: +1 Black, -1 White, 0 whom a search is for; KataGo gives its letter and takes the word."""

    def get(self, engine: Engine) -> str:
        """B, W or E."""
        return {1: "B", -1: "W", 0: _NOBODY}[engine.settings.advantage_of]

    def put(self, engine: Engine, value: Any) -> None:
        """What is searched from now on is told of it."""
        engine.settings.advantage_of = value

    def read(self, name: str, value: object) -> int:
        """Raises ``GtpError``."""
        word = str(value).strip('"').upper()
        if word not in _PLAYERS:
            raise GtpError(f"{name} is BLACK, WHITE or empty, not {str(value)[:40]}")
        return _PLAYERS[word]


ADVANTAGE_PARAMS: Mapping[str, Advantage | AdvantagePlayer] = {
    "playoutDoublingAdvantage": Advantage("advantage", -MAX_ADVANTAGE, MAX_ADVANTAGE),
    "playoutDoublingAdvantagePla": AdvantagePlayer(),
    "dynamicPlayoutDoublingAdvantageCapPerOppLead": Advantage("advantage_per_point", 0.0, MOST_PER_POINT),
}
"""Each takes an empty text, which takes back what was set."""
