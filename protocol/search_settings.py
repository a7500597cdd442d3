"""How a session searches: every setting with its bounds, its default and KataGo's name for it.

A part of the messages ``Open`` and ``Configure`` of ``messages``, where everybody imports it from.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from protocol.bounded import MAX_MOVES


class SearchSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How a session searches and chooses. Formulas and defaults are KataGo's, whose names stand in brackets.

    Selection: c of PUCT is ``exploration`` + ``exploration_log`` * log((w + ``exploration_base``) /
    ``exploration_base``), w the children's weight (cpuctExploration, ...Log, ...Base). It is multiplied with 1 +
    ``utility_deviation_scale`` * (d / ``utility_deviation`` - 1), d the standard deviation of the utilities below the
    node, drawn to ``utility_deviation`` as by ``utility_deviation_weight`` visits (cpuctUtilityStdevScale, ...Prior,
    ...PriorWeight). A child without visits counts as v - ``fpu_reduction`` * sqrt(m) for the player to move, m the
    prior mass of the visited children, v = s * mean utility + (1 - s) * the net's, s = m ** ``fpu_power``
    (fpuReductionMax, fpuParentWeightByVisitedPolicyPow); ``root_fpu_reduction`` is that of the cursor, None for the
    same. ``root_temperature`` t: the cursor's priors are taken as P ** (1 / t), with the same sum; above 1 they are
    flatter. ``policy_optimism``: how far the policy of a net that has an optimistic one lies towards it; at the cursor
    ``root_policy_optimism`` (policyOptimism, rootPolicyOptimism). A node keeps the priors that it has, but the cursor's
    are asked for anew where they are not those of a root.

    Utility: win - loss, ``static_score_utility`` and ``dynamic_score_utility`` times the worth of the score (see
    daemon/core/score_utility.py; staticScoreUtilityFactor, dynamicScoreUtilityFactor); the dynamic one's center lies
    nearer to 0 than the expected score by ``score_center_zero`` of it, its scale is ``score_center_scale`` times
    ``score_scale`` points, None for sqrt(num_moves - 1): the root of a board's area (dynamicScoreCenterZeroWeight,
    dynamicScoreCenterScale).

    Backup: a child's weight is multiplied with p ** ``value_weight_exponent``, p how likely it is to be as good as
    the mean; 0, or what is nearest of 1, 1/2, 1/4 ... 1/32 (valueWeightExponent). Noise is pruned on a scale of
    ``noise_pruning`` utility, 0 for not (useNoisePruning, noisePruneUtilityScale). ``value_bias``: the part of the mean
    error after the same local pattern by which an evaluation is corrected (subtreeValueBiasFactor). ``uncertainty``: an
    evaluation of error e weighs ``uncertainty`` / (e + ``uncertainty`` / ``max_weight``), and 1 where the net does not
    say or with less than 1e-6 (useUncertainty, uncertaintyCoeff, uncertaintyMaxWeight).

    Transpositions: with ``graph`` positions that several orders of moves reach share their statistics, where the game
    says which are the same (useGraphSearch; daemon/core/transpositions.py).

    Choice: ``lcb`` prefers the best lower confidence bound among well-visited moves (useLcbForSelection). ``pruned``
    prefers by weight, without what ``forced_playouts`` alone brought (policy target pruning; Wu 2019, "Accelerating
    Self-Play Learning in Go", 3.2). ``temperature`` > 0 draws the chosen move from weights ** (1 / temperature).
    Collisions: ``cap`` is k of the capped pseudo-visits. ``virtual_loss`` is the loss, in visits, of that rule.
    Forced playouts: a child of the cursor that has a visit and weighs less than sqrt(``forced_playouts`` * P * w) is
    searched before all others, P its prior, with noise; w as above. 0 for not; 2 in KataGo's self-play
    (rootDesiredPerChildVisitsCoeff; Wu 2019, 3.2).
    Gumbel's choice, ``root_selection`` = ``gumbel``: at the cursor of a search with a limit of visits, sequential
    halving over ``gumbel_moves`` moves drawn by Gumbel noise from ``seed``, and PUCT below it. sigma(q) =
    (``gumbel_offset`` + the most visits) * ``gumbel_scale`` * q, q = (1 + utility) / 2 (c_visit and c_scale of
    Danihelka et al. 2022, "Policy improvement by planning with Gumbel"; daemon/core/gumbel.py). Forced playouts, noise
    and ``root_temperature`` are then of no use, and neither is ``choice``: of the most visited moves the best by
    g + logit + sigma(q) is chosen.
    Noise: Dirichlet with total concentration ``noise_concentration`` over the legal moves of the cursor, mixed in
    with weight ``noise_weight`` (AlphaZero).
    """

    exploration: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0
    exploration_log: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.45
    exploration_base: Annotated[float, Meta(ge=1.0, le=1e9)] = 500.0
    utility_deviation: Annotated[float, Meta(ge=0.001, le=10.0)] = 0.4
    utility_deviation_weight: Annotated[float, Meta(ge=0.0, le=1e6)] = 2.0
    utility_deviation_scale: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.85
    fpu_reduction: Annotated[float, Meta(ge=0.0, le=2.0)] = 0.2
    root_fpu_reduction: Annotated[float, Meta(ge=0.0, le=2.0)] | None = 0.1
    fpu_power: Annotated[int, Meta(ge=0, le=8)] = 2
    root_temperature: Annotated[float, Meta(ge=0.01, le=100.0)] = 1.0
    policy_optimism: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    root_policy_optimism: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.2
    static_score_utility: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.1
    dynamic_score_utility: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.3
    score_center_zero: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.2
    score_center_scale: Annotated[float, Meta(ge=0.05, le=5.0)] = 0.75
    score_scale: Annotated[float, Meta(ge=1.0, le=1e4)] | None = None
    value_weight_exponent: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.25
    noise_pruning: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.15
    value_bias: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.45
    uncertainty: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.25
    max_weight: Annotated[float, Meta(ge=1.0, le=1000.0)] = 8.0
    graph: bool = True
    collisions: Literal["capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct"] = "capped"
    cap: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.2
    virtual_loss: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0
    noise_weight: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    noise_concentration: Annotated[float, Meta(ge=1e-6, le=1e4)] = 10.83
    choice: Literal["visits", "lcb", "pruned"] = "lcb"
    temperature: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.0
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    max_bytes: Annotated[int, Meta(ge=1, le=2**53)] = 1 << 30
    ownership: bool = False
    policy: bool = False
    forced_playouts: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.0
    root_selection: Literal["puct", "gumbel"] = "puct"
    gumbel_moves: Annotated[int, Meta(ge=1, le=MAX_MOVES)] = 16
    gumbel_offset: Annotated[float, Meta(ge=0.0, le=1e6)] = 50.0
    gumbel_scale: Annotated[float, Meta(ge=0.0, le=100.0)] = 1.0
