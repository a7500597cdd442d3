"""Results in few bytes: what is kept, how far the rest may move, and what is no result at all."""

from __future__ import annotations

import struct

import msgspec
import numpy as np
import pytest
import zstandard

from protocol import messages as m
from protocol.codec import encode
from protocol.packing import PackingError, packed, unpacked
from tests.core.local import Local
from tests.message_samples import update


def real_update(leaves: int = 16, num_moves: int = 362, seed: int = 1) -> m.Update:
    """Priors as a net has them: few large ones, most tiny."""
    rng = np.random.default_rng(seed)
    weights = np.exp(rng.normal(0, 3, (leaves, num_moves)))
    legal = rng.random((leaves, num_moves)) < 0.7
    legal[:, 0] = True
    weights[~legal] = 0
    priors = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float16).view(np.uint16)
    priors[~legal] = m.ILLEGAL_PRIOR
    ones, zeros = np.ones(leaves, np.int8), np.zeros(leaves, np.uint8)
    value = rng.uniform(-1, 1, leaves).astype(np.float32)
    return m.Update(1, update(1).phases, ones, zeros, value, value * 9, priors, np.zeros((0, 0), np.float32))


@pytest.mark.parametrize("points", [0, 4])
def test_what_is_exact_stays_and_the_rest_moves_little(points: int) -> None:
    before = update(7, num_moves=9, points=points)
    after = unpacked(packed(before))
    for name in ("grant", "phases", "batch_request", "cached"):
        assert getattr(after, name) == getattr(before, name)
    for name in ("to_play", "terminal", "value", "patterns"):
        assert getattr(after, name).tobytes() == getattr(before, name).tobytes()
    assert ((after.priors == m.ILLEGAL_PRIOR) == (before.priors == m.ILLEGAL_PRIOR)).all()
    assert np.allclose(after.lead, before.lead, rtol=1e-3)
    for name in ("score", "errors"):
        assert getattr(after, name).shape == getattr(before, name).shape
        assert np.allclose(getattr(after, name), getattr(before, name), rtol=1e-3, atol=1e-6, equal_nan=True)
    assert np.allclose(after.ownership, before.ownership, atol=0.5 / 127 + 1e-6)


def test_priors_move_by_less_than_a_hundredth_in_a_third_of_the_bytes() -> None:
    before = real_update()
    made = packed(before)
    after = unpacked(made)
    legal = before.priors != m.ILLEGAL_PRIOR
    one, other = (each.priors[legal].view(np.float16).astype(np.float64) for each in (before, after))
    assert np.abs(one - other).max() < 0.01
    assert other.min() > 0.0
    assert sum(map(len, encode(made))) < 0.45 * sum(map(len, encode(before)))


def test_rows_without_priors_or_with_none_but_zeros() -> None:
    before = real_update(3, 5)
    priors, terminal = before.priors.copy(), before.terminal.copy()
    priors[0], priors[1], terminal[0] = m.ILLEGAL_PRIOR, 0, 1
    after = unpacked(packed(msgspec.structs.replace(before, priors=priors, terminal=terminal)))
    assert (after.priors[0] == m.ILLEGAL_PRIOR).all()
    assert np.allclose(after.priors[1].view(np.float16), 0.2, atol=1e-3)


@pytest.mark.parametrize(
    "changes", [{"leaves": 6}, {"num_moves": 300}, {"points": 3}, {"legal": 1}, {"with_scores": True}]
)
def test_sides_that_are_not_those_of_what_is_packed(changes: dict[str, int]) -> None:
    with pytest.raises((PackingError, ValueError)):
        unpacked(msgspec.structs.replace(packed(real_update(4)), **changes))


def test_a_bomb_is_not_unpacked() -> None:
    made = packed(real_update(4))
    zeros = zstandard.ZstdCompressor().compress(bytes(1 << 28))
    for bomb in (zeros, b"", b"x" * 100, zeros[:4] + struct.pack("<B", 0) + zeros[5:]):
        with pytest.raises(PackingError):
            unpacked(msgspec.structs.replace(made, data=np.frombuffer(bomb, np.uint8)))


def test_a_core_takes_them_as_results_and_refuses_others() -> None:
    local = Local()
    local.greet(b"a")
    local.ask(m.Search, "s", m.Limits(visits=30))
    grant = local.select(b"a", 4)
    visits = 0
    while grant is not None:
        leaves = len(grant.offsets) - 1
        made = packed(update(leaves, local.session.num_moves, points=0, seed=visits))
        made = msgspec.structs.replace(made, grant=grant.grant, batch_request=m.BatchRequest(4))
        wrong = msgspec.structs.replace(made, data=made.data[:-1])
        for bad in (
            wrong,
            msgspec.structs.replace(made, leaves=leaves + 1),
            msgspec.structs.replace(made, points=2000),
        ):
            assert isinstance(local.say(b"a", bad)[0], m.Refused)
        grant = local._grant(b"a", local.say(b"a", made))
        visits += 1
        assert visits < 100
    assert local.reports()[-1].visits >= 1
