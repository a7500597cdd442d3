"""Commands about the net: which it is, its evaluation of a position, and ``clear_cache``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from games.game import GameError, takes_players
from games.go.game import Go
from nets.errors import NetError
from protocol.messages import Limits, Report, SearchSettings
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.human_play import human_says
from zhugo.bridges.gtp.protocol import Arguments, Command, GtpError
from zhugo.shared.local_net import NetRecord
from zhugo.shared.models import model_in, models
from zhugo.shared.searching import finished

SYMMETRIES = 8


def commands(engine: Engine) -> dict[str, Command]:
    """The table."""

    def get_models(_arguments: Arguments) -> str:
        client = engine.client_if_there
        known = [] if client is None else models(client.status())
        if not known and engine.net_file is None:
            raise GtpError("the daemon has no net yet")
        if not known and engine.net_file is not None:
            known = [model_in(engine.net_file)]
        beside = [] if engine.human_net is None else [model_in(engine.human_net.file)]
        return json.dumps([*known, *beside])

    def raw_nn(arguments: Arguments) -> str:
        player, which, rest = asked(arguments)
        optimism = engine.settings.search.root_policy_optimism
        if rest:
            optimism = Arguments(rest).number(0, "the optimism of the policy")
            if not 0.0 <= optimism <= 1.0:
                raise GtpError("the optimism of the policy goes from 0 to 1")
        return "\n".join(_raw(engine, player, symmetry, optimism) for symmetry in _symmetries(which))

    def raw_human_nn(arguments: Arguments) -> str:
        player, which, _ = asked(arguments)
        net = engine.human_net
        if net is None:
            raise GtpError("no net beside the daemon's: give one with --human-net")
        if not engine.settings.profile and takes_players(net.features):
            raise GtpError("it is not said whom to imitate: set humanSLProfile")
        return "\n".join(_raw_human(engine, player, symmetry) for symmetry in _symmetries(which))

    def asked(arguments: Arguments) -> tuple[int, str, list[str]]:
        """Player, symmetry, and what follows."""
        words = list(arguments)
        player = engine.to_play
        if words and words[0].lower() in ("b", "w", "black", "white"):
            player = Arguments([words.pop(0)]).color(0)
        return player, words[0] if words else "0", words[1:]

    def clear_cache(_arguments: Arguments) -> str:
        engine.forget()
        return ""

    return {
        "kata-get-models": get_models,
        "kata-raw-nn": raw_nn,
        "kata-raw-human-nn": raw_human_nn,
        "clear_cache": clear_cache,
    }


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


def _raw(engine: Engine, player: int, symmetry: int, optimism: float) -> str:
    """What the net says of the turned position, turned back, from White's side."""
    order = _order(engine.game.width, engine.game.height, symmetry)
    net = engine.local_net
    with engine.turn_of(player):
        spec = _turned_spec(engine.spec_of_analysis(), order)
    if net is None:
        with engine.turn_of(player):
            said = _of_report(_evaluated(engine, spec, _turned(engine.position.record, order), optimism))
    else:
        try:
            said = net.says(Go.from_spec(spec), _turned(_record_of(engine, player), order), optimism)
        except (NetError, GameError) as error:
            raise GtpError(str(error)) from error
    return _written(symmetry, said, order, engine.game.width, _of_net(said))


def _raw_human(engine: Engine, player: int, symmetry: int) -> str:
    """As ``_raw``, of the net that is given beside the daemon's."""
    order = _order(engine.game.width, engine.game.height, symmetry)
    stones = _turned_spec(engine.game.spec(), order)
    record = _turned(_record_of(engine, player), order)
    said = human_says(engine, record, black=stones["black"], white=stones["white"])
    numbers = {
        "whiteScore": _negative(said.score),
        "whiteScoreSq": said.score_squared,
        "shorttermWinlossError": said.value_error,
        "shorttermScoreError": said.score_error,
    }
    return _written(symmetry, said, order, engine.game.width, numbers)


def _record_of(engine: Engine, player: int) -> list[int]:
    """The moves played, at the end of which it is the turn of ``player``."""
    return [*engine.position.record, *([engine.pass_move + 1] if player != engine.to_play else [])]


def _turned(record: Sequence[int], order: NDArray[np.int64]) -> list[int]:
    turned = [*np.argsort(order).tolist(), len(order), len(order) + 1]
    return [turned[move] for move in record]


def _turned_spec(spec: dict[str, Any], order: NDArray[np.int64]) -> dict[str, Any]:
    return {**spec, **{color: _turned(spec[color], order) for color in ("black", "white")}}


def _of_net(said: NetRecord) -> dict[str, float | None]:
    return {
        "whiteLead": _negative(said.lead),
        "whiteScoreSelfplay": _negative(said.score),
        "whiteScoreSelfplaySq": said.score_squared,
        "varTimeLeft": said.variance_time,
        "shorttermWinlossError": said.value_error,
        "shorttermScoreError": said.score_error,
    }


def _negative(value: float | None) -> float | None:
    return None if value is None else 0.0 - value


def _written(
    symmetry: int, said: NetRecord, order: NDArray[np.int64], width: int, numbers: Mapping[str, float | None]
) -> str:
    """KataGo's lines, without those of which the net does not say anything."""
    policy, lines = np.full(len(order), np.nan), [f"symmetry {symmetry}"]
    policy[order] = np.where(said.policy[:-1] < 0, np.nan, said.policy[:-1])
    lines += [f"whiteWin {said.white_win:.6f}", f"whiteLoss {said.black_win:.6f}"]
    lines += [f"noResult {said.no_result:.6f}"] if said.no_result is not None else []
    lines += [f"{name} {value:.3f}" for name, value in numbers.items() if value is not None]
    lines += ["policy", _grid(policy, width), f"policyPass {said.policy[-1]:.6f}"]
    if said.ownership is not None:
        ownership = np.full(len(order), np.nan)
        ownership[order] = 0.0 - said.ownership
        lines += ["whiteOwnership", _grid(ownership, width)]
    return "\n".join(lines)


def _of_report(report: Report) -> NetRecord:
    """As far as a search knows it, which has no use for the rest."""
    win = (1.0 + report.raw_value) / 2.0
    return NetRecord(
        policy=np.array(report.policy),
        black_win=win,
        white_win=1.0 - win,
        no_result=None,
        lead=report.raw_lead,
        score=None,
        score_squared=None,
        score_deviation=None,
        variance_time=None,
        value_error=None,
        score_error=None,
        ownership=np.array(report.ownership) if report.ownership else None,
    )


def _evaluated(engine: Engine, spec: dict[str, object], record: list[int], optimism: float) -> Report:
    """One evaluation, in a session of its own, so that the game's tree stays as it is."""
    settings = SearchSettings(ownership=True, policy=True, root_policy_optimism=optimism)
    session = engine.open_session(f"{engine.name} raw", spec, record, settings, share=True)
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
