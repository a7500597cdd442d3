"""KataGo's net as a torch module.

The arithmetic is that of cpp/neuralnet/eigenbackend.cpp, and that of cpp/neuralnet/nneval.cpp for what the outputs
mean. Boards fill the whole input, so there is no mask.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from games import USUAL_OPTIMISM
from nets.katago.blocks import stack
from nets.katago.description import (
    Conv,
    KataGoNet,
    MatMul,
    MetadataEncoder,
    Multipliers,
    PolicyHead,
    RMSNorm,
    ValueHead,
)
from nets.katago.layers import ACTIVATIONS, RMSNormModel, ScaleBias, conv, dense, linear
from nets.pooling import pool, pool_for_value

_NEVER = 3e4
"""Taken off a logit that cannot be; large enough for exp to give 0, and a finite half-precision number."""

_KO_IS_SUPERKO, _TERRITORY = 6, 9
"""Global inputs, of every version, that say whether a game can end without a result."""

_SCORE, _STDEV, _LEAD, _VARIANCE_TIME, _VALUE_ERROR, _SCORE_ERROR = range(6)
"""The score outputs, as many of them as a version has."""


class Outputs(NamedTuple):
    """All that a net says of n positions, of the player to move, float32. None: its version does not say it.

    policy: [n, H * W + 1], logits. outcome: [n, 3], probabilities of win, loss and no result. score: [n], expected
    final score in self-play, points; score_squared: [n], its second moment; score_stdev: [n], what the two make its
    standard deviation. lead: [n], points, for fair play from here.
    variance_time: [n], moves until the outcome is clear. value_error, score_error: [n], how far a short search is
    expected to move value and score. ownership: [n, H * W] in [-1, 1].
    """

    policy: Tensor
    outcome: Tensor
    score: Tensor
    score_squared: Tensor | None
    score_stdev: Tensor | None
    lead: Tensor
    variance_time: Tensor | None
    value_error: Tensor | None
    score_error: Tensor | None
    ownership: Tensor


class KataGoModel(nn.Module):
    """planes[n, C, H, W], globals[n, G] -> the fields of ``nets.net.RawOutputs``, as many as the net's version has.

    Behind a net's own global inputs are those that say who plays, where it imitates people (``games.with_players``).
    A net that is optimistic has ``games.with_optimism``'s there; it may be left out.

    That is policy[n, H * W + 1], value[n], lead[n], ownership[n, H * W]; since version 4 score[n, 2]; since version 9
    errors[n, 2]: logits, the rest finished, all float32 and of the player to move. No result counts as 0.
    """

    def __init__(self, net: KataGoNet) -> None:
        super().__init__()
        self.conv = conv(net.trunk.conv)
        self.from_globals = linear(net.trunk.from_globals)
        self.blocks = stack(net.trunk.blocks, net.trunk.norm.activation)
        norm = net.trunk.norm
        self.norm = RMSNormModel(norm) if isinstance(norm, RMSNorm) else ScaleBias(norm)
        self.policy = PolicyHeadModel(net.policy, net.is_optimistic)
        self.own_globals = len(net.trunk.from_globals.weights)
        players = net.trunk.from_metadata
        self.from_players = None if players is None else PlayersModel(players)
        self.own_players = 0 if players is None else len(players.hidden1.product.weights)
        self.value = ValueHeadModel(net.value, net.version, net.multipliers)

    def forward(self, planes: Tensor, globals_: Tensor) -> tuple[Tensor, ...]:
        return self.chosen(self.outputs(planes, globals_))

    @staticmethod
    def chosen(outputs: Outputs) -> tuple[Tensor, ...]:
        """What ``forward`` gives of all that is said."""
        win, loss, _ = outputs.outcome.unbind(1)
        said = [outputs.policy, win - loss, outputs.lead, outputs.ownership]
        if outputs.score_stdev is not None:
            said.append(torch.stack((outputs.score, outputs.score_stdev), dim=1))
        if outputs.value_error is not None and outputs.score_error is not None:
            said.append(torch.stack((outputs.value_error, outputs.score_error), dim=1))
        return tuple(said)

    def outputs(self, planes: Tensor, globals_: Tensor) -> Outputs:
        """Everything, from the same inputs."""
        end = self.own_globals + self.own_players
        own, players, more = globals_[:, : self.own_globals], globals_[:, self.own_globals : end], globals_[:, end:]
        bias = self.from_globals(own)
        if self.from_players is not None:
            bias = bias + self.from_players(players)
        x = self.norm(self.blocks(self.conv(planes) + bias[:, :, None, None]))
        return self.value.outputs(x, own, self.policy(x, more))


class PlayersModel(nn.Module):
    """``description.MetadataEncoder``."""

    def __init__(self, encoder: MetadataEncoder) -> None:
        super().__init__()
        self.hidden = nn.Sequential(dense(encoder.hidden1), dense(encoder.hidden2))
        self.out = linear(encoder.out)

    def forward(self, players: Tensor) -> Tensor:
        out: Tensor = self.out(self.hidden(players))
        return out


class PolicyHeadModel(nn.Module):
    """``description.PolicyHead``; the pass is the last logit.

    Of a net that ``is_optimistic`` the optimistic policy's logits are mixed with those of the plain one.
    """

    def __init__(self, head: PolicyHead, is_optimistic: bool) -> None:
        super().__init__()
        policies = 2 if is_optimistic else 1
        self.conv = conv(head.conv, head.norm)
        self.pool_conv = conv(head.pool_conv, head.pool_norm)
        self.pool_activation = ACTIVATIONS[head.pool_norm.activation]()
        self.pool_to_bias = linear(head.pool_to_bias, head.norm)
        self.activation = ACTIVATIONS[head.norm.activation]()
        self.to_logits = conv(Conv(head.to_logits.name, head.to_logits.weights[:policies]))
        self.pass_hidden = nn.Identity() if head.pass_hidden is None else dense(head.pass_hidden)
        self.to_pass = linear(MatMul(head.to_pass.name, head.to_pass.weights[:, :policies]))
        self.is_optimistic = is_optimistic

    def forward(self, x: Tensor, more_optimism: Tensor) -> Tensor:
        """``more_optimism``: [n, 1], than the usual; [n, 0] for the usual."""
        pooled = pool(self.pool_activation(self.pool_conv(x)))
        y = self.activation(self.conv(x) + self.pool_to_bias(pooled)[:, :, None, None])
        return self.mixed(self.to_logits(y).flatten(2), self.to_pass(self.pass_hidden(pooled)), more_optimism)

    def mixed(self, points: Tensor, passing: Tensor, more_optimism: Tensor) -> Tensor:
        """[n, H * W + 1], from the logits of points and of the pass, [n, policies, H * W] and [n, policies]."""
        logits = torch.cat((points, passing[:, :, None]), dim=2).float()
        if not self.is_optimistic:
            return logits[:, 0]
        optimism = more_optimism.float() + USUAL_OPTIMISM if more_optimism.shape[1] else USUAL_OPTIMISM
        return logits[:, 0] + optimism * (logits[:, 1] - logits[:, 0])


class ValueHeadModel(nn.Module):
    """``description.ValueHead``, finished as cpp/neuralnet/nneval.cpp does."""

    def __init__(self, head: ValueHead, version: int, multipliers: Multipliers) -> None:
        super().__init__()
        self.conv = conv(head.conv, head.norm)
        self.activation = ACTIVATIONS[head.norm.activation]()
        self.hidden = dense(head.hidden)
        self.to_outcome = dense(head.to_outcome)
        self.to_score = dense(head.to_score)
        self.to_ownership = conv(head.to_ownership)
        self.version = version
        self.multipliers = multipliers

    def outputs(self, x: Tensor, globals_: Tensor, policy: Tensor) -> Outputs:
        """Everything that is said of the trunk's output ``x``, beside the policy."""
        y = self.activation(self.conv(x))
        hidden = self.hidden(pool_for_value(y))
        ownership = self.to_ownership(y).flatten(1)
        return self.said(self.to_outcome(hidden), self.to_score(hidden), ownership, globals_, policy)

    def said(self, outcome: Tensor, scores: Tensor, ownership: Tensor, globals_: Tensor, policy: Tensor) -> Outputs:
        """The same from what the last products gave: [n, 3], [n, as many as the version has] and [n, H * W]."""
        outcome, scores, ownership = self._outcome(outcome.float(), globals_.float()), scores.float(), ownership.float()
        ownership = ownership.tanh()
        if self.version < 4:
            score = self._old_score(scores[:, 0], ownership.shape[1] ** 0.5)
            return Outputs(policy, outcome, score, None, None, score, None, None, None, ownership)
        score, squared, stdev, lead = self._scores(scores, 1.0 - outcome[:, 2])
        if self.version < 9:
            return Outputs(policy, outcome, score, squared, stdev, lead, None, None, None, ownership)
        variance_time = softplus(scores[:, _VARIANCE_TIME]) * self.multipliers.variance_time
        return Outputs(policy, outcome, score, squared, stdev, lead, variance_time, *self._errors(scores), ownership)

    def _outcome(self, logits: Tensor, globals_: Tensor) -> Tensor:
        """Probabilities; version 3 knows of no result even where it cannot be."""
        if self.version < 4:
            return logits.softmax(1)
        never = _NEVER * globals_[:, _KO_IS_SUPERKO] * (1.0 - globals_[:, _TERRITORY])
        win, loss, no_result = logits.unbind(1)
        return torch.stack((win, loss, no_result - never), dim=1).softmax(1)

    def _old_score(self, raw: Tensor, side: float) -> Tensor:
        """Version 3 gives the tangent of a score that was squashed with the board's mean side in mind."""
        return raw.clamp(-1e6, 1e6) * (2.0 * side)

    def _scores(self, raw: Tensor, has_result: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mean, second moment and deviation of the score, and the lead, no result as 0.

        Before version 8 mean and lead are one. The deviation is that of KataGo, sqrt(moment - mean * mean), without the
        difference of two large numbers, which would leave nothing right of it in half precision.
        """
        mean = raw[:, _SCORE] * self.multipliers.score
        stdev = softplus(raw[:, _STDEV]) * self.multipliers.score_stdev
        lead = raw[:, _LEAD if self.version >= 8 else _SCORE] * self.multipliers.lead
        variance = has_result * (stdev * stdev + (1.0 - has_result) * mean * mean)
        moment = (mean * mean + stdev * stdev) * has_result
        return mean * has_result, moment, variance.clamp(min=0.0).sqrt(), lead * has_result

    def _errors(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        value, score = raw[:, _VALUE_ERROR], raw[:, _SCORE_ERROR]
        if self.version < 10:
            return softplus(value), softplus(score) * 10.0
        by_value, by_score = self.multipliers.value_error, self.multipliers.score_error
        if self.version < 14:
            return (softplus(value) * by_value).sqrt(), (softplus(score) * by_score).sqrt()
        return softplus(0.5 * value) * math.sqrt(by_value), softplus(0.5 * score) * math.sqrt(by_score)
