"""KataGo's names of the search's settings, each with the field of ``SearchSettings`` that it sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.messages import SearchSettings

NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "cpuctExploration": ("exploration", 0.0, 100.0),
    "cpuctExplorationLog": ("exploration_log", 0.0, 100.0),
    "cpuctExplorationBase": ("exploration_base", 1.0, 1e9),
    "cpuctUtilityStdevPrior": ("utility_deviation", 0.001, 10.0),
    "cpuctUtilityStdevPriorWeight": ("utility_deviation_weight", 0.0, 1e6),
    "cpuctUtilityStdevScale": ("utility_deviation_scale", 0.0, 1.0),
    "fpuReductionMax": ("fpu_reduction", 0.0, 2.0),
    "rootFpuReductionMax": ("root_fpu_reduction", 0.0, 2.0),
    "staticScoreUtilityFactor": ("static_score_utility", 0.0, 1.0),
    "dynamicScoreUtilityFactor": ("dynamic_score_utility", 0.0, 1.0),
    "dynamicScoreCenterZeroWeight": ("score_center_zero", 0.0, 1.0),
    "dynamicScoreCenterScale": ("score_center_scale", 0.05, 5.0),
    "valueWeightExponent": ("value_weight_exponent", 0.0, 1.0),
    "noisePruneUtilityScale": ("noise_pruning", 0.0, 100.0),
    "subtreeValueBiasFactor": ("value_bias", 0.0, 1.0),
    "uncertaintyCoeff": ("uncertainty", 0.0, 100.0),
    "uncertaintyMaxWeight": ("max_weight", 1.0, 1000.0),
    "rootPolicyTemperature": ("root_temperature", 0.01, 100.0),
    "policyOptimism": ("policy_optimism", 0.0, 1.0),
    "rootPolicyOptimism": ("root_policy_optimism", 0.0, 1.0),
}
"""KataGo's name: the field of ``SearchSettings``, the least and the greatest number."""

_USUAL = SearchSettings()

SWITCHES: Mapping[str, tuple[str, Any, Any]] = {
    "useNoisePruning": ("noise_pruning", _USUAL.noise_pruning, 0.0),
    "useUncertainty": ("uncertainty", _USUAL.uncertainty, 0.0),
    "useLcbForSelection": ("choice", "lcb", "visits"),
    "useGraphSearch": ("graph", True, False),
}
"""KataGo's name: the field, and what it is when switched on and off."""
