"""Moves as people play them: the policy of a net that imitates them, beside what the search says.

The formulas are KataGo's (cpp/search/searchresults.cpp, getPlaySelectionValues; cpp/search/searchhelpers.cpp,
chooseIndexWithTemperature).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from protocol.messages import Report

NO_LAMBDA = 1e9


@dataclass(frozen=True)
class HumanStyle:
    """How far the choice of a move is left to the imitating net's policy, under KataGo's names.

    ``share`` (humanSLChosenMoveProp): of the weight with which moves are chosen. ``ignores_pass``
    (humanSLChosenMoveIgnorePass): when to pass is left to the search. ``utility_scale`` (humanSLChosenMovePiklLambda):
    a searched move that is worse than the best one by so much utility is e times less likely.
    """

    share: float = 0.0
    ignores_pass: bool = False
    utility_scale: float = NO_LAMBDA


def blended(
    report: Report, policy: Sequence[float], style: HumanStyle, forbidden: Collection[int], pass_move: int
) -> dict[int, float]:
    """The weight with which each move is to be chosen. ``policy``: by move, -1 where illegal.

    That of the search is what it would choose by; both are none for ``forbidden`` moves.
    """
    own = {child.move: child.preference for child in report.children if child.visits and child.move not in forbidden}
    utility = {child.move: report.to_play * child.utility for child in report.children if child.visits}
    usual = sum(utility.values()) / max(1, len(utility))
    best = max([*utility.values(), usual])
    human = {
        move: prior * math.exp((utility.get(move, usual) - best) / style.utility_scale)
        for move, prior in enumerate(policy)
        if prior > 0.0 and move not in forbidden
    }
    total, weight = sum(human.values()), sum(own.values())
    if total <= 0.0 or weight <= 0.0:
        return own or human
    shares = {move: prior / total for move, prior in human.items()}
    if style.ignores_pass:
        shares = _without_pass(shares, own.get(pass_move, 0.0) / weight, pass_move)
    moves = own.keys() | shares.keys()
    mixed = {
        move: own.get(move, 0.0) * (1 - style.share) + weight * style.share * shares.get(move, 0.0) for move in moves
    }
    return {move: mixed[move] for move in sorted(moves)}


def _without_pass(shares: Mapping[int, float], of_pass: float, pass_move: int) -> dict[int, float]:
    """The same, but for the pass, which has this share of all."""
    points = sum(share for move, share in shares.items() if move != pass_move)
    if points <= 0.0:
        return dict(shares)
    kept = {move: share / points * (1.0 - of_pass) for move, share in shares.items() if move != pass_move}
    return {**kept, pass_move: of_pass}


def drawn(weights: Mapping[int, float], temperature: float, only_below: float, seed: int) -> int:
    """A move by its weight to the power 1 / temperature; weights above ``only_below`` of all stay as they are."""
    moves = [move for move, weight in weights.items() if weight > 0.0]
    values = np.array([weights[move] for move in moves])
    if temperature <= 1e-4 and only_below >= 1.0:
        return moves[int(np.argmax(values))]
    logs = np.log(values / values.max())
    threshold = min(0.0, math.log(max(1e-50, only_below)) + math.log(values.sum() / values.max()))
    tempered = np.where(logs > threshold, logs, (logs - threshold) / max(temperature, 1e-4) + threshold)
    chances = np.exp(tempered)
    return moves[int(np.random.default_rng(seed).choice(len(moves), p=chances / chances.sum()))]
