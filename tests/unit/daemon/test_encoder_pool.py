"""Several processes encode as one does, whatever their schedule; what they encoded ahead is used, and one may die."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from daemon.evaluation import encoder_pool
from daemon.evaluation.encoder import Encoder
from daemon.evaluation.encoder_pool import EncoderPool
from daemon.schedules.course import Course
from daemon.schedules.service import course_for
from games import GameError
from protocol import messages as m
from tests.unit.daemon.test_encoder import PARTS, grant_of

ABOUT = ("to_play", "terminal", "result", "lead", "legal", "patterns")


def course(name: Any, encoders: int = 2, batch: int = 4) -> Course:
    found = course_for(name, encoders, batch)
    assert found is not None
    return found


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> Iterator[EncoderPool]:
    name, features = request.param
    made = EncoderPool(features, course(name))
    yield made
    made.close()


@pytest.mark.parametrize("pool", [("virtual", "zhugo")], indirect=True)
def test_they_encode_as_one_does(pool: EncoderPool) -> None:
    plain = Encoder(pool._features)
    for grant in (grant_of(PARTS), grant_of(PARTS[1:3], 50)):
        expected, found = plain.encode(grant), pool.encode(grant)
        for name in ABOUT:
            np.testing.assert_array_equal(getattr(found.positions, name), getattr(expected.positions, name), name)
        assert found.batch is not None
        assert expected.batch is not None
        np.testing.assert_array_equal(found.batch.planes, expected.batch.planes)
        np.testing.assert_array_equal(found.batch.global_inputs, expected.batch.global_inputs)
        assert found.live.tolist() == expected.live.tolist()
        pool.done(True)
        assert pool._course.tensors == 0
        assert not pool._rows


@pytest.mark.parametrize("pool", [("ahead", "zhugo")], indirect=True)
def test_what_was_encoded_ahead_is_ready_when_it_is_granted(pool: EncoderPool) -> None:
    spec, record = PARTS[0][0], PARTS[0][1]
    first, second = grant_of([(spec, record, [[41]])]), grant_of([(spec, record, [[42]])])
    pool.encode(replace(first, ahead=m.Forecast(second.parts, second.offsets, second.moves)))
    deadline = time.monotonic() + 60.0
    while pool._course.tensors < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    pool.done(True)
    found = pool.encode(second)
    assert pool._course.counts.ready == 1
    np.testing.assert_array_equal(found.positions.legal, Encoder("zhugo").encode(second).positions.legal)


@pytest.mark.parametrize("pool", [("spread", "zhugo")], indirect=True)
def test_the_death_of_an_encoder_costs_a_moment(pool: EncoderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, deaths = pool._asked, []

    def dies_once(process: Any, data: bytes) -> bytes | None:
        if not deaths:
            deaths.append(process.pid)
            process.kill()
        return asked(process, data)

    monkeypatch.setattr(pool, "_asked", dies_once)
    found = pool.encode(grant_of(PARTS))
    assert len(found.positions.to_play) == 9
    assert len(deaths) == 1


@pytest.mark.parametrize("pool", [("spread", "zhugo")], indirect=True)
def test_what_cannot_be_played_is_said_and_the_next_grant_is_encoded(pool: EncoderPool) -> None:
    with pytest.raises(GameError):
        pool.encode(replace(grant_of(PARTS[:1]), game="nosuch"))
    pool.done(False)
    assert len(pool.encode(grant_of(PARTS[1:2], 9)).positions.to_play) == 2


@pytest.mark.long
@pytest.mark.parametrize("pool", [("virtual", "zhugo")], indirect=True)
def test_a_grant_that_is_given_up_leaves_nothing_behind_for_ever(pool: EncoderPool) -> None:
    for position in range(30):
        pool.encode(grant_of(PARTS[:1], 100 * position))
    pool.done(False)
    assert len(pool._rows) <= pool._course.plan.keep


def test_encoders_that_always_die_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_pool, "command", lambda *_: ["false"])
    pool = EncoderPool("zhugo", course("spread", 1))
    with pytest.raises(encoder_pool.DeviceError, match="died 4 times in a row"):
        pool.encode(grant_of(PARTS[:1]))
    pool.done(False)
    pool.close()
