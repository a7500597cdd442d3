"""The end of a game: which stones come off the board, and what the score is."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.messages import Limits, Report, Restriction
from zhugo.gtp import life
from zhugo.gtp.engine import Engine

VISITS = 60
"""Visits of the short search that tells dead stones from living ones."""
PLIES = 4
"""For so many plies that search may not pass: the pass would end the game with dead stones counted as alive."""


def judge(engine: Engine) -> list[life.Verdict]:
    """Every chain on the board and its fate, by a short search that sees the game without its last passes."""
    no_pass = [Restriction(player, [engine.pass_move], PLIES) for player in (1, -1)]
    with engine.before_passes():
        report = engine.search(Limits(new_visits=VISITS), no_pass)
    return life.judge(engine.position, owners(engine, report))


def final_score(engine: Engine) -> str:
    """The score by the rules of the game, as GTP writes it."""
    return engine.position.final_score(taken_off(engine, judge(engine) if agreement(engine) else []))


def agreement(engine: Engine) -> bool:
    """Whether the players of this game take dead stones off, or must capture them."""
    return engine.game.rules.friendlyPassOk or engine.game.rules.is_territory


def taken_off(engine: Engine, verdicts: Sequence[life.Verdict]) -> list[int]:
    """The stones that come off the board at the end."""
    return life.dead_points(verdicts) if agreement(engine) else []


def owners(engine: Engine, report: Report) -> Sequence[float]:
    """Who owns each point; where neither net nor search can say, the stones as they stand."""
    return report.ownership or engine.position.stones.reshape(-1).tolist()
