"""Moves as people play them: by the policy of a net that imitates them, the daemon's or one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from games.game import GameError, takes_players
from games.go.game import Go
from games.go.players import parse
from nets.errors import NetError
from protocol.messages import Report
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.level import Level
from zhugo.bridges.gtp.protocol import GtpError
from zhugo.bridges.gtp.settings import Settings
from zhugo.shared.advantage import PLAYERS
from zhugo.shared.human_policy import HumanStyle, blended, drawn
from zhugo.shared.local_net import NetRecord

LEVEL_VISITS = 40
"""For when to pass and to resign; the moves are the policy's (KataGo, configs/gtp_human5k_example.cfg)."""

_EARLY, _LATER, _HALFLIFE, _ONLY_BELOW = 0.85, 0.70, 80.0, 0.01
"""Temperatures of that configuration."""


def imitates_people(engine: Engine) -> bool:
    """Whether there is a policy of people's: that of the daemon's net, or of one given beside it."""
    return engine.human_net is not None or _is_daemons(engine)


def play_at(settings: Settings, level: Level) -> None:
    """Play as people of this rank do."""
    settings.level, settings.visits, settings.playouts = level, LEVEL_VISITS, None
    settings.profile = f"rank_{level.name}"
    settings.human = HumanStyle(1.0, ignores_pass=True)
    settings.early_temperature, settings.temperature, settings.temperature_halflife = _EARLY, _LATER, _HALFLIFE
    settings.only_below = _ONLY_BELOW


def choose(engine: Engine, report: Report, best: int, forbidden: set[int]) -> int:
    """What is played in place of the best move, as far as people's policy chooses."""
    settings = engine.settings
    policy = _policy(engine, report) if settings.human.share > 0.0 else None
    if policy is None:
        return best
    weights = blended(report, policy, settings.human, forbidden, engine.pass_move)
    if not any(weight > 0.0 for weight in weights.values()):
        return best
    moves = len(engine.position.record)
    temperature = settings.temperature_at(moves, engine.game.points)
    return drawn(weights, temperature, settings.only_below, settings.seed + moves)


def human_says(engine: Engine, record: Sequence[int], **changes: object) -> NetRecord:
    """What the net beside the daemon's says of the position after ``record``. Raises ``GtpError``.

    ``changes``: of the game's specification.
    """
    assert engine.human_net is not None
    spec = {**engine.game.spec(), PLAYERS: engine.settings.profile, **changes}
    try:
        return engine.human_net.says(Go.from_spec(spec), record)
    except (NetError, GameError) as error:
        raise GtpError(str(error)) from error


class Profile:
    """``humanSLProfile``, a text."""

    def get(self, engine: Engine) -> str:
        """As it was set."""
        return engine.settings.profile

    def put(self, engine: Engine, value: Any) -> None:
        """What is searched from now on is told of it."""
        engine.settings.profile = value

    def read(self, name: str, value: object) -> Any:
        """Raises ``GtpError``."""
        word = str(value).strip('"')
        try:
            parse(word)
        except GameError as error:
            raise GtpError(f"{name}: {error}") from None
        return word


def _policy(engine: Engine, report: Report) -> Sequence[float] | None:
    """A prior a move, -1 where it is illegal. None where no net says it, or nobody whom to imitate."""
    profile = engine.settings.profile
    if engine.human_net is None:
        return report.policy if profile and report.policy and _is_daemons(engine) else None
    if not profile and takes_players(engine.human_net.features):
        return None
    said: list[float] = human_says(engine, engine.position.record).policy.tolist()
    return said


def _is_daemons(engine: Engine) -> bool:
    features = engine.features_if_known
    return features is not None and takes_players(features)
