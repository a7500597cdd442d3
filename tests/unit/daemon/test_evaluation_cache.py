"""The cache of evaluations changes no evaluation, and stays within its bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.evaluation.devices.evaluation_cache import ROW_OVERHEAD, CachedDevice, EvaluationCache, keys
from daemon.gpu_client import Batch, take
from tests.unit.daemon.batches import Hashing, boards

PLENTY = 1 << 24
FIELDS = ("value", "lead", "priors", "ownership", "score", "errors")
ALL = boards(12)


def some(rows: list[int]) -> Batch:
    where = np.array(rows)
    return Batch(ALL.planes[where], ALL.global_inputs[where], take(ALL.positions, where))


batches = st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=6), min_size=1, max_size=12)


@given(batches, st.sampled_from([PLENTY, 1500, 1]))
def test_results_are_those_without_a_cache(work: list[list[int]], max_bytes: int) -> None:
    plain, cached = Hashing(), CachedDevice(Hashing(), max_bytes)
    for rows in work:
        expected = plain.submit(some(rows)).result().evaluations
        found = cached.submit(some(rows)).result().evaluations
        for field in FIELDS:
            assert np.array_equal(getattr(found, field), getattr(expected, field))
            assert getattr(found, field).dtype == np.float32


@given(batches)
def test_nothing_is_evaluated_twice_while_there_is_room(work: list[list[int]]) -> None:
    device = Hashing()
    cached = CachedDevice(device, PLENTY)
    remembered = sum(cached.submit(some(rows)).result().cached for rows in work)
    distinct = {row for rows in work for row in rows}
    assert sum(device.sizes) == len(distinct)
    assert remembered == sum(map(len, work)) - len(distinct)


def test_a_batch_that_is_known_needs_no_device() -> None:
    device = Hashing()
    cached = CachedDevice(device, PLENTY)
    first, again = (cached.submit(ALL).result() for _ in range(2))
    assert (first.cached, again.cached) == (0, 12)
    assert (first.begin, first.end) == (1.0, 2.0)
    assert again.begin == again.end, "which counts as no device time"
    assert device.sizes == [12]


def test_what_is_forgotten_is_evaluated_again() -> None:
    device = Hashing()
    cached = CachedDevice(device, PLENTY)
    late = cached.submit(some([0, 1]))
    cached.clear_evaluations()
    late.result()
    assert [cached.submit(some([0, 1])).result().cached for _ in range(2)] == [0, 2]
    assert device.sizes == [2, 2]


def test_a_result_that_comes_late_is_remembered_too() -> None:
    device = Hashing()
    cached = CachedDevice(device, PLENTY)
    pending = [cached.submit(some([0, 1])), cached.submit(some([1, 2]))]
    assert [one.result().cached for one in pending] == [0, 0], "the second came before the first was back"
    assert cached.submit(some([0, 1, 2])).result().cached == 3


def test_what_a_net_does_not_say_stays_unsaid() -> None:
    evaluations = replace(
        Hashing().submit(ALL).result().evaluations,
        lead=np.full(12, np.nan, np.float32),
        ownership=np.zeros((12, 0), np.float32),
        score=np.full((12, 2), np.nan, np.float32),
    )

    class Silent(Hashing):
        def submit(self, batch):  # type: ignore[no-untyped-def]
            done = super().submit(batch)
            result = replace(done.result(), evaluations=evaluations)
            done = type(done)()
            done.set_result(result)
            return done

    cached = CachedDevice(Silent(), PLENTY)
    for _ in range(2):
        found = cached.submit(ALL).result().evaluations
        assert np.isnan(found.lead).all()
        assert found.ownership.shape == (12, 0)
        assert np.isnan(found.score).all()
        assert np.array_equal(found.errors, evaluations.errors)


def changed(batch: Batch, what: str) -> Batch:
    copy = Batch(
        batch.planes.copy(),
        batch.global_inputs.copy(),
        replace(batch.positions, legal=batch.positions.legal.copy(), to_play=batch.positions.to_play.copy()),
    )
    match what:
        case "planes":
            copy.planes[:, -1, -1, -1] += 1
        case "globals":
            copy.global_inputs[:, -1] += 1
        case "legal":
            copy.positions.legal[:, 0] ^= True
        case "to_play":
            copy.positions.to_play[:] *= -1
        case "shape":
            copy = replace(copy, planes=copy.planes.reshape(len(batch), 4, 1, 9))
    return copy


@pytest.mark.parametrize("what", ["planes", "globals", "legal", "to_play", "shape"])
def test_a_key_knows_all_that_an_evaluation_depends_on(what: str) -> None:
    assert keys(changed(ALL, "nothing")) == keys(ALL)
    assert not set(keys(changed(ALL, what))) & set(keys(ALL))
    assert len(set(keys(ALL))) == 12


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=60), st.integers(0, 4000))
def test_it_stays_within_its_bytes(puts: list[tuple[int, int]], max_bytes: int) -> None:
    cache = EvaluationCache(max_bytes)
    for key, size in puts:
        cache.put(bytes([key]), np.zeros(size, np.float32))
        kept = [row for k in range(10) if (row := cache.get(bytes([k]))) is not None]
        assert cache.bytes == sum(row.nbytes + ROW_OVERHEAD for row in kept) <= max_bytes
        assert len(cache) == len(kept)


def test_what_was_used_last_is_kept() -> None:
    cache = EvaluationCache(2 * (4 + ROW_OVERHEAD))
    row = np.zeros(1, np.float32)
    cache.put(b"a", row)
    cache.put(b"b", row)
    assert cache.get(b"a") is not None
    cache.put(b"c", row)
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c")] == [True, False, True]
