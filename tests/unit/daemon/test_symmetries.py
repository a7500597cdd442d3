"""Turned positions: what comes back lies where it belongs, and a seed says how each is turned."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.evaluation.devices.symmetries import SymmetricDevice, orders
from daemon.gpu_client import Batch, Result, take
from games import Leaves
from games.go.game import Go
from nets import Evaluations
from tests.unit.daemon.batches import Hashing, boards


class Local(Hashing):
    """Evaluates every point by itself: as symmetric as a board."""

    def submit(self, batch: Batch) -> Future[Result]:
        n = len(batch)
        points = batch.planes.reshape(n, 4, -1)
        passing = batch.positions.legal.shape[1] - points.shape[2]
        priors = np.concatenate([points[:, 0], np.full((n, passing), 0.25, np.float32)], axis=1)
        priors = np.where(batch.positions.legal, priors, 0.0).astype(np.float32)
        value = points.max(axis=(1, 2))
        pairs = points[:, :2].max(axis=2)
        done: Future[Result] = Future()
        made = Evaluations(value, -value, priors, points[:, 1] - points[:, 2], pairs, 2 * pairs)
        done.set_result(Result(made, 1.0, 2.0))
        return done


@pytest.mark.parametrize(("height", "width", "count"), [(3, 3, 8), (5, 5, 8), (2, 3, 4), (1, 1, 8), (19, 19, 8)])
def test_a_board_has_its_symmetries(height: int, width: int, count: int) -> None:
    forth, back = orders(height, width)
    assert forth.shape == back.shape == (count, height * width)
    assert forth[0].tolist() == list(range(height * width)), "the identity first"
    for there, again in zip(forth, back, strict=True):
        assert there[again].tolist() == list(range(height * width))
    if height * width > 2:
        assert len({tuple(order) for order in forth}) == count


@given(st.integers(1, 9), st.integers(0, 99), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_a_symmetric_net_is_not_bothered(
    leaves: int, seed: int, height: int, width: int, has_pass: bool, drawn_from: int
) -> None:
    batch = boards(leaves, seed, height, width, height * width + has_pass)
    expected = Local().submit(batch).result().evaluations
    found = SymmetricDevice(Local(), drawn_from).submit(batch).result().evaluations
    for field in ("value", "lead", "priors", "ownership", "score", "errors"):
        assert np.array_equal(getattr(found, field), getattr(expected, field))


def test_a_position_is_turned_alike_in_every_batch() -> None:
    batch = boards(64)
    rows = np.random.default_rng(0).permutation(64)[:20]
    part = Batch(batch.planes[rows], batch.global_inputs[rows], take(batch.positions, rows))
    device, other = SymmetricDevice(Hashing(), 5), SymmetricDevice(Hashing(), 6)
    whole = device.submit(batch).result().evaluations
    some = device.submit(part).result().evaluations
    assert np.array_equal(whole.value[rows], some.value)
    assert np.array_equal(whole.priors[rows], some.priors)
    assert not np.array_equal(other.submit(batch).result().evaluations.value, whole.value), "another seed"
    assert set(device.chosen(batch, 8).tolist()) == set(range(8)), "and all of them are drawn"


def test_illegal_moves_stay_illegal() -> None:
    batch = boards(30, 3)
    found = SymmetricDevice(Hashing(), 1).submit(batch).result().evaluations
    assert np.array_equal(found.priors > 0, batch.positions.legal)


def test_games_whose_moves_are_no_points_are_left_alone() -> None:
    batch = boards(5, 0, 2, 3, moves=3)
    plain, turned = Hashing().submit(batch).result(), SymmetricDevice(Hashing(), 1).submit(batch).result()
    assert np.array_equal(plain.evaluations.value, turned.evaluations.value)


def test_a_net_that_does_not_say_who_owns_what() -> None:
    class Silent(Local):
        def submit(self, batch: Batch) -> Future[Result]:
            result = super().submit(batch).result()
            silent = replace(result.evaluations, ownership=np.zeros((len(batch), 0), np.float32))
            done: Future[Result] = Future()
            done.set_result(replace(result, evaluations=silent))
            return done

    assert SymmetricDevice(Silent(), 0).submit(boards(3)).result().evaluations.ownership.shape == (3, 0)


@pytest.mark.parametrize("features", ["zhugo", "katago_v7"])
@given(seed=st.integers(0, 10_000), symmetry=st.integers(0, 7), length=st.integers(0, 40))
def test_the_planes_of_go_are_boards(features: str, seed: int, symmetry: int, length: int) -> None:
    """A turned game has turned planes: so turning planes shows the net what turning the game would."""
    go = Go.from_spec({"size": 5, "komi": 6.5, "rules": "tromp-taylor"})
    forth, back = orders(5, 5)
    rng = np.random.default_rng(seed)
    record: list[int] = []
    for _ in range(length):
        _, positions = _encoded(go, record, features)
        if positions.terminal[0]:
            break
        record.append(int(rng.choice(np.flatnonzero(positions.legal[0]))))
    planes, positions = _encoded(go, record, features)
    where = np.append(back[symmetry], 25)
    turned, turned_positions = _encoded(go, [int(where[move]) for move in record], features)
    assert np.array_equal(planes.reshape(-1, 25)[:, forth[symmetry]], turned.reshape(-1, 25))
    assert np.array_equal(positions.legal[0][np.append(forth[symmetry], 25)], turned_positions.legal[0])


def _encoded(go: Go, record: list[int], features: str):  # type: ignore[no-untyped-def]
    plane_shape, global_shape = go.feature_shapes(features)
    planes, global_inputs = np.zeros((1, *plane_shape), np.float32), np.zeros((1, *global_shape), np.float32)
    path = np.array(record, np.uint16)
    leaves = Leaves([go.root([])], np.zeros(1, np.int32), np.array([0, len(path)], np.int32), path)
    return planes, go.replay(leaves, features, planes, global_inputs)
