"""The losses by hand, and that parts of a batch add up to the whole."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from zhugo.learning.training.batches import Batch
from zhugo.learning.training.losses import counts, losses, mixed, weighted
from zhugo.learning.training.plan import Weights


def batch_of(n: int, moves: int = 3, points: int = 4) -> Batch:
    """Positions with two legal moves of three, of which the first took three quarters of the visits."""
    legal = torch.tensor([True, True, False]).repeat(n, 1)
    policy = torch.tensor([0.75, 0.25, 0.0]).repeat(n, 1)
    every_other = torch.arange(n) % 2 == 0
    return Batch(
        planes=torch.zeros(n, 1, 2, 2),
        globals_=torch.zeros(n, 1),
        legal=legal[:, :moves],
        policy=policy,
        full=every_other,
        weight=torch.ones(n),
        result=torch.ones(n),
        searched=torch.zeros(n),
        lead=torch.full((n,), 5.0),
        ownership=torch.ones(n, points),
        scored=every_other,
        hint_planes=torch.zeros(n, 0, 2, 2),
        hint_globals=torch.zeros(n, 0),
    )


def outputs_of(n: int, points: int = 4) -> tuple[Tensor, ...]:
    """A net that thinks both legal moves alike, and everything even."""
    return torch.tensor([0.0, 0.0, 9.0]).repeat(n, 1), torch.zeros(n), torch.zeros(n), torch.zeros(n, points)


def test_each_loss_by_hand() -> None:
    batch = batch_of(4)
    sums = losses(outputs_of(4), batch, search_share=0.0)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert {name: float(total) for name, total in sums.items()} == {
        "policy": pytest.approx(2 * (math.log(2) - entropy)),  # the illegal move's logit counts for nothing
        "value": pytest.approx(4 * math.log(2), rel=1e-2),
        "lead": pytest.approx(2 * 0.125),  # half a unit off: half of its square
        "ownership": pytest.approx(2.0),
    }
    assert counts(batch) == {"policy": 2.0, "value": 4.0, "lead": 2.0, "ownership": 2.0}
    weights = Weights(policy=1.0, value=2.0, lead=0.0, ownership=3.0)
    expected = float(sums["policy"]) / 2 + 2 * float(sums["value"]) / 4 + 3 * float(sums["ownership"]) / 2
    assert float(weighted(sums, counts(batch), weights)) == pytest.approx(expected)


def test_a_row_counts_as_often_as_its_weight_says() -> None:
    once, weighed = batch_of(4), batch_of(4)
    weighed.weight[:] = torch.tensor([2.0, 1.0, 0.0, 1.0])
    outputs = outputs_of(4)
    rows = [losses(tuple(one[i : i + 1] for one in outputs), once.part(i, i + 1), 0.5) for i in (0, 0, 1, 3)]
    for name, total in losses(outputs, weighed, 0.5).items():
        assert float(total) == pytest.approx(sum(float(row[name]) for row in rows))
    assert counts(weighed) == counts(once)


@pytest.mark.parametrize(("share", "target"), [(0.0, 1.0), (0.25, 0.75), (1.0, 0.0)])
def test_the_value_to_learn_is_between_result_and_search(share: float, target: float) -> None:
    assert mixed(batch_of(1), share).tolist() == [target]


def test_a_net_that_says_what_it_should_loses_nothing() -> None:
    batch = batch_of(2)
    exact = torch.log(batch.policy + 1e-9), batch.result, batch.lead, batch.ownership
    assert all(float(total) == pytest.approx(0.0, abs=1e-5) for total in losses(exact, batch, 0.0).values())


def test_a_net_without_lead_and_ownership_is_asked_for_neither() -> None:
    assert set(losses(outputs_of(2)[:2], batch_of(2), 0.5)) == {"policy", "value"}


def test_parts_add_up() -> None:
    batch = batch_of(5)
    outputs = tuple(torch.randn(part.shape, generator=torch.manual_seed(1)) for part in outputs_of(5))
    outputs = (outputs[0], outputs[1].tanh(), *outputs[2:])
    whole = losses(outputs, batch, 0.3)
    for name in whole:
        parts = [losses(tuple(one[a:b] for one in outputs), batch.part(a, b), 0.3)[name] for a, b in ((0, 2), (2, 5))]
        assert float(sum(parts)) == pytest.approx(float(whole[name]), rel=1e-5)
