"""From raw outputs to evaluations: perspective, legal moves only, and what goes over the wire."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import nets
from games import Positions
from nets.decode import ILLEGAL_PRIOR_BITS
from protocol.messages import ILLEGAL_PRIOR

BLACK, WHITE = 1, -1


def positions(to_play: list[int], legal: list[list[int]]) -> Positions:
    n = len(to_play)
    zeros = np.zeros(n, np.float32)
    return Positions(np.array(to_play, np.int8), np.zeros(n, np.bool_), zeros, zeros, np.array(legal, np.bool_))


def raw(
    policy: list[list[float]], value: list[float], lead: list[float], ownership: list[list[float]]
) -> nets.RawOutputs:
    score, errors = ([pair] * len(value) for pair in ([4.0, 12.0], [0.25, 1.5]))
    return nets.RawOutputs(*(np.array(field, np.float32) for field in (policy, value, lead, ownership, score, errors)))


def test_everything_is_turned_to_blacks_side() -> None:
    outputs = raw([[0.0, 0.0]] * 2, [0.5, 0.5], [3.0, 3.0], [[0.25]] * 2)
    evaluations = nets.decode(outputs, positions([BLACK, WHITE], [[1, 1], [1, 1]]))
    assert evaluations.value.tolist() == [0.5, -0.5]
    assert evaluations.lead.tolist() == [3.0, -3.0]
    assert evaluations.ownership.tolist() == [[0.25], [-0.25]]
    assert evaluations.score.tolist() == [[4.0, 12.0], [-4.0, 12.0]], "a deviation has no side"
    assert evaluations.errors.tolist() == [[0.25, 1.5]] * 2


def test_priors_are_the_softmax_over_legal_moves_alone() -> None:
    outputs = raw([[0.0, 100.0, np.log(3.0)]], [0.0], [0.0], [[0.0]])
    evaluations = nets.decode(outputs, positions([BLACK], [[1, 0, 1]]))
    np.testing.assert_allclose(evaluations.priors, [[0.25, 0.0, 0.75]], rtol=1e-6)


def test_a_row_without_a_legal_move_is_all_zero() -> None:
    outputs = raw([[1.0, 2.0], [1.0, 1.0]], [0.0, 0.0], [0.0, 0.0], [[0.0]] * 2)
    evaluations = nets.decode(outputs, positions([BLACK, WHITE], [[0, 0], [1, 1]]))
    assert evaluations.priors.tolist() == [[0.0, 0.0], [0.5, 0.5]]


def test_a_value_is_never_beyond_a_win() -> None:
    outputs = raw([[0.0]], [np.nextafter(np.float32(1), np.float32(2))], [0.0], [[0.0]])
    assert nets.decode(outputs, positions([BLACK], [[1]])).value.tolist() == [1.0]


def test_what_a_net_does_not_say_is_not_made_up() -> None:
    raw_outputs = nets.RawOutputs(np.zeros((2, 3), np.float32), np.array([0.5, 0.5], np.float32))
    evaluations = nets.decode(raw_outputs, positions([BLACK, WHITE], [[1, 1, 1]] * 2))
    assert evaluations.value.tolist() == [0.5, -0.5]
    assert np.isnan(evaluations.lead).all()
    assert evaluations.ownership.shape == (2, 0)
    assert evaluations.score.shape == evaluations.errors.shape == (2, 2)
    assert np.isnan(evaluations.score).all()
    assert np.isnan(evaluations.errors).all()


@pytest.mark.parametrize("field", range(6), ids=nets.RawOutputs._fields)
@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_what_is_not_a_number(field: int, place: int, bad: float) -> None:
    outputs = raw([[0.0, 0.0]], [0.0], [0.0], [[0.0]])
    outputs[field].flat[place] = bad
    with pytest.raises(ValueError, match="not a number"):
        nets.decode(outputs, positions([BLACK], [[1, 1]]))


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=30).flatmap(
        lambda logits: st.tuples(
            st.just(logits), st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)).filter(any)
        )
    )
)
def test_bits_on_the_wire_are_the_priors(case: tuple[list[float], list[bool]]) -> None:
    logits, legal_row = case
    legal: NDArray[np.bool_] = np.array([legal_row])
    priors = nets.decode(raw([logits], [0.0], [0.0], [[0.0]]), positions([BLACK], [list(map(int, legal_row))])).priors
    assert priors.sum() == pytest.approx(1.0, abs=1e-5)
    bits = nets.half_prior_bits(priors, legal)
    assert ((bits == ILLEGAL_PRIOR) == ~legal).all()
    assert (bits[legal] <= 0x3C00).all()
    np.testing.assert_allclose(bits[legal].view(np.float16), priors[legal], rtol=1e-3, atol=1e-7)


def test_the_wire_knows_the_same_mark_for_illegal_moves() -> None:
    assert ILLEGAL_PRIOR_BITS == ILLEGAL_PRIOR


def test_importing_nets_imports_no_torch_and_settles_how_its_threads_wait() -> None:
    program = "import sys, os, nets; print('torch' in sys.modules, os.environ['OMP_WAIT_POLICY'])"
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    output = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert output.stdout.split() == ["False", "PASSIVE"]
