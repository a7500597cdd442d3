"""The end of a game: which stones come off the board, and what the score is."""

from __future__ import annotations

import numpy as np

from daemon.evaluation.devices.symmetries import orders
from games.go import life
from games.go.game import Go
from games.go.life import Judgement
from games.go.position import Position
from protocol.messages import Limits, Restriction, SearchSettings
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import warn
from zhugo.shared.searching import finished

VISITS = 12
"""Visits of each of the short searches that say whose the points are."""
PLIES = 4
"""For so many plies they may not pass: the pass would end the game with dead stones counted as alive."""
SHOWN = 6
"""Chains that a line names at most."""


def judge(engine: Engine) -> Judgement:
    """How the game ends if it ends here, by the rules that were asked for."""
    position = engine.position
    if engine.asked_rules is not None:
        position = Position(Go.from_spec({**engine.game.spec(), "rules": engine.asked_rules}), position.record)
    if not position.game.rules.takes_dead_off:
        return life.as_it_stands(position)
    return life.judge(position, ownership(engine))


def final_score(engine: Engine) -> str:
    """The score by the rules of the game, as GTP writes it; what is to be said of it goes to stderr."""
    judgement = judge(engine)
    for note in notes(judgement):
        warn(f"final_score: {note}")
    return judgement.score


def notes(judgement: Judgement) -> list[str]:
    """What a score depends on that the rules alone do not say."""
    game = judgement.position.game
    if not game.rules.takes_dead_off:
        return ["the board as it stands: under these rules no stone is dead, and open land is nobody's"]
    said = []
    if judgement.unsure:
        names = [game.vertex(chain.points[0]) for chain in judgement.unsure]
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        black, white = (judgement.decided_for(color).score for color in (1, -1))
        said.append(f"not sure of the chains at {shown}: {black} if all of them go well for Black, {white} for White")
    if judgement.has_open_land:
        literal = judgement.position.final_score(judgement.points(life.Fate.DEAD))
        said.append(f"open land is counted for whom it goes to if play goes on; as nobody's it would be {literal}")
    return said


def ownership(engine: Engine) -> list[float] | None:
    """Whose each point is before the last passes, +1 Black's to -1 White's; None where the net does not say.

    The mean over short searches of the position turned in all ways, so that it does not depend on how it is turned.
    """
    no_pass = [Restriction(player, [engine.pass_move], PLIES) for player in (1, -1)]
    with engine.before_passes():
        spec, record = engine.game.spec(), engine.position.record
    total = np.zeros(engine.game.points)
    session = engine.client.open(f"{engine.name} end", "go", spec, record, SearchSettings(ownership=True), share=True)
    try:
        for order, back in zip(*orders(engine.game.height, engine.game.width), strict=True):
            turned = [*back.tolist(), engine.pass_move, engine.pass_move + 1]
            stones = {color: [turned[point] for point in spec[color]] for color in ("black", "white")}
            session.reset("go", {**spec, **stones}, [turned[move] for move in record])
            report = finished(session.search(Limits(new_visits=VISITS), restrictions=no_pass))
            if not report.ownership:
                return None
            total[order] += report.ownership
    finally:
        session.close()
    return [float(one) for one in total / len(orders(engine.game.height, engine.game.width)[0])]
