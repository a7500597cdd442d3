"""The part of its time that a search needs whose move is obvious, as a recapture is. Pure.

KataGo, cpp/search/searchtimehelpers.cpp, recomputeSearchTimeLimit, and searchresults.cpp, getPolicySurpriseAndEntropy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from protocol.messages import Report


@dataclass(frozen=True)
class Tolerance:
    """factor: the part of its time that the most obvious move takes; 1: nothing is obvious.

    entropy: of the policy, surprise: of the search by the policy (its Kullback-Leibler divergence), with either of
    which a move is obvious by 1/e. Both in natural logarithms.
    """

    factor: float
    entropy: float = 0.3
    surprise: float = 0.15


def part_of_time(report: Report, tolerance: Tolerance) -> float:
    """The part of its time, in (0, 1], that the search of this report needs by what it has found so far."""
    return 1.0 + obviousness(report, tolerance) * (tolerance.factor - 1.0)


def obviousness(report: Report, tolerance: Tolerance) -> float:
    """How obvious the move is, in [0, 1]: the policy is sure of it, and the search thinks as the policy does.

    0 where the report has no policy, or no move that was searched.
    """
    preferences = {child.move: child.preference for child in report.children if child.preference > 0}
    if not report.policy or not preferences:
        return 0.0
    entropy = -sum(prior * math.log(prior) for prior in report.policy if prior > 0)
    total, surprise = sum(preferences.values()), 0.0
    for move, preference in preferences.items():
        share = preference / total
        surprise += share * math.log(share / max(report.policy[move], 1e-100))
    return min(math.exp(-max(entropy, 0.0) / tolerance.entropy), math.exp(-max(surprise, 0.0) / tolerance.surprise))
