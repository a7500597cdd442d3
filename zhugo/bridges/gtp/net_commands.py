"""Commands about the net: which it is, its evaluation of a position, and ``clear_cache``."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from protocol.messages import Limits, Report, SearchSettings
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError
from zhugo.shared.models import model_in, models
from zhugo.shared.searching import finished

SYMMETRIES = 8


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def get_models(_arguments: Arguments) -> str:
        client = engine.client_if_there
        known = [] if client is None else models(client.status())
        if known:
            return json.dumps(known)
        if engine.net_file is None:
            raise GtpError("the daemon has no net yet")
        return json.dumps([model_in(engine.net_file)])

    def raw_nn(arguments: Arguments) -> str:
        words = list(arguments)
        player = engine.to_play
        if words and words[0].lower() in ("b", "w", "black", "white"):
            player = Arguments([words.pop(0)]).color(0)
        which = words[0] if words else "0"
        optimism = engine.settings.search.root_policy_optimism
        if len(words) > 1:
            optimism = Arguments(words).number(1, "the optimism of the policy")
            if not 0.0 <= optimism <= 1.0:
                raise GtpError("the optimism of the policy goes from 0 to 1")
        with engine.turn_of(player):
            return "\n".join(_raw(engine, symmetry, optimism) for symmetry in _symmetries(which))

    def clear_cache(_arguments: Arguments) -> str:
        engine.forget()
        return ""

    return {"kata-get-models": get_models, "kata-raw-nn": raw_nn, "clear_cache": clear_cache}


def _symmetries(which: str) -> list[int]:
    """The numbers of symmetries."""
    if which.lower() == "all":
        return list(range(SYMMETRIES))
    number = Arguments([which]).integer(0, "the symmetry")
    if number not in range(SYMMETRIES):
        raise GtpError(f"symmetries go from 0 to {SYMMETRIES - 1}")
    return [number]


def _order(width: int, height: int, symmetry: int) -> NDArray[np.int64]:
    """For each point of the turned board the point of the original there.

    As in KataGo: 1 turns the rows about, 2 the columns, and after that 4 transposes a square and leaves others alone.
    """
    grid = np.arange(height * width).reshape(height, width)
    grid = grid[::-1] if symmetry & 1 else grid
    grid = grid[:, ::-1] if symmetry & 2 else grid
    grid = grid.T if symmetry & 4 and width == height else grid
    return grid.reshape(-1)


def _raw(engine: Engine, symmetry: int, optimism: float) -> str:
    """What the net says of the turned position, turned back, from White's side."""
    game = engine.game
    order = _order(game.width, game.height, symmetry)
    turned = [*np.argsort(order).tolist(), game.points, game.points + 1]
    spec = engine.spec_of_analysis()
    spec["black"], spec["white"] = ([turned[point] for point in spec[color]] for color in ("black", "white"))
    report = _evaluated(engine, spec, [turned[move] for move in engine.position.record], optimism)
    policy, ownership = np.full(game.points, np.nan), np.full(game.points, np.nan)
    policy[order] = np.where(np.array(report.policy[:-1]) < 0, np.nan, report.policy[:-1])
    if report.ownership:
        ownership[order] = 0.0 - np.array(report.ownership)
    win = (1.0 - report.raw_value) / 2.0
    lead = float("nan") if report.raw_lead is None else -report.raw_lead
    numbers = {
        "symmetry": str(symmetry),
        "whiteWin": f"{win:.6f}",
        "whiteLoss": f"{1 - win:.6f}",
        "noResult": "0.000000",
        "whiteLead": f"{lead:.3f}",
        "whiteScoreSelfplay": f"{lead:.3f}",
        "shorttermWinlossError": "-1",
        "shorttermScoreError": "-1",
        "policy": "\n" + _grid(policy, game.width),
        "policyPass": f"{report.policy[-1]:.6f}",
        "whiteOwnership": "\n" + _grid(ownership, game.width),
    }
    return "\n".join(f"{name} {value}".replace(" \n", "\n") for name, value in numbers.items())


def _evaluated(engine: Engine, spec: dict[str, object], record: list[int], optimism: float) -> Report:
    """One evaluation, in a session of its own, so that the game's tree stays as it is."""
    settings = SearchSettings(ownership=True, policy=True, root_policy_optimism=optimism)
    session = engine.client.open(f"{engine.name} raw", "go", spec, record, settings, share=True)
    try:
        report = finished(session.search(Limits(visits=1)))
    finally:
        session.close()
    if not report.policy:
        raise GtpError("the game is over")
    return report


def _grid(values: NDArray[np.float64], width: int) -> str:
    rows = values.reshape(-1, width)
    return "\n".join(" ".join("NAN" if np.isnan(one) else f"{one:.6f}" for one in row) for row in rows)
