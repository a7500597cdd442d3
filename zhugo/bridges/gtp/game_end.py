"""The end of a game: which stones come off the board, and what the score is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daemon.evaluation.devices.symmetries import orders
from games.go import life
from games.go.game import Go
from games.go.life import Fate, Judgement
from games.go.position import Position
from protocol.errors import ProtocolError
from protocol.messages import Limits, Restriction, SearchSettings
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import warn
from zhugo.shared.errors import UserError
from zhugo.shared.searching import finished
from zhugo.shared.waiting import tell_place

VISITS = 12
"""Visits of each of the short searches that say whose the points are."""
PLIES = 4
"""For so many plies they may not pass: the pass would end the game with dead stones counted as alive."""
NET_SECONDS = 60.0
"""How long to wait for a net, which a daemon that just started still loads."""
SEARCH_SECONDS = 120.0
"""Of one search: kernels of a device may have to compile first."""
NODES_A_SECOND = 1_000_000
"""Of the local searches that say what is dead; they are a good deal faster on an idle machine."""
SHOWN = 6
"""Chains that a line names at most."""


def judge(engine: Engine) -> Judgement:
    """How the game ends if it ends here, by the rules that were asked for."""
    position = engine.position
    if engine.asked_rules is not None:
        position = Position(Go.from_spec({**engine.game.spec(), "rules": engine.asked_rules}), position.record)
    if not position.game.rules.takes_dead_off:
        return life.by_the_rules(position)
    owners = ownership(engine)
    nodes = life.ALL_NODES if engine.answer_deadline.left is None else int(engine.answer_deadline.left * NODES_A_SECOND)
    return engine.answer_deadline.get(lambda: life.judge(position, owners, nodes))


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
        if judgement.points(Fate.DEAD):
            return ["under these rules only stones are dead that could not live if the opponent always passed"]
        return ["the board as it stands: under these rules no stone is dead, and open land is nobody's"]
    said = []
    if judgement.unsure:
        names = [game.vertex(chain.points[0]) for chain in judgement.unsure]
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        black, white = (judgement.decided_for(color).score for color in (1, -1))
        said.append(f"not sure of the chains at {shown}: {black} if all of them go well for Black, {white} for White")
    if judgement.has_open_land:
        literal = judgement.position.final_score(judgement.points(Fate.DEAD))
        said.append(f"open land is counted for whom it goes to if play goes on; as nobody's it would be {literal}")
    return said


def ownership(engine: Engine) -> list[float] | None:
    """Whose each point is before the last passes, +1 Black's to -1 White's; None where the net does not say.

    None, too, and a line on stderr, while no searcher has a net, or where it does not play this size. Raises
    ``OutOfTime``.
    """
    with engine.before_passes():
        before = _Before(f"{engine.name} end", engine.game, engine.position.record)
    try:
        return engine.answer_deadline.get(lambda: _asked(engine, before))
    except (ProtocolError, UserError) as error:
        warn(f"the end is judged by the rules alone, no net was asked: {error}")
        return None


@dataclass(frozen=True)
class _Before:
    """The game as it was before the last passes, and the name of the session in which it is looked at."""

    session: str
    game: Go
    record: list[int]


def _asked(engine: Engine, before: _Before) -> list[float] | None:
    """The mean over short searches of the position turned in all ways, so that it does not depend on how it is turned.

    Raises ``UserError`` and ``ProtocolError`` where nobody can say.
    """
    if not engine.has_net_within(NET_SECONDS):
        raise UserError("there is none yet")
    game, pass_move, spec = before.game, before.game.points, before.game.spec()
    no_pass = [Restriction(player, [pass_move], PLIES) for player in (1, -1)]
    total = np.zeros(game.points)
    how = SearchSettings(ownership=True)
    session = engine.client.open(before.session, "go", spec, before.record, how, share=True, queued=tell_place)
    try:
        for order, back in zip(*orders(game.height, game.width), strict=True):
            turned = [*back.tolist(), pass_move, pass_move + 1]
            stones = {color: [turned[point] for point in spec[color]] for color in ("black", "white")}
            session.reset("go", {**spec, **stones}, [turned[move] for move in before.record])
            report = finished(session.search(Limits(new_visits=VISITS), restrictions=no_pass), SEARCH_SECONDS)
            if not report.ownership:
                return None
            total[order] += report.ownership
    finally:
        session.close()
    return [float(one) for one in total / len(orders(game.height, game.width)[0])]
