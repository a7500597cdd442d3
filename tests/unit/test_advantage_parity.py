"""A net told of a playout doubling advantage says what KataGo's ``kata-raw-nn`` says of it.

The numbers are KataGo 1.17.2's: ``katago gtp -model katago-b6c96.bin.gz -config gtp.cfg``, with
``kata-set-rules chinese``, ``boardsize``, ``komi``, ``fixed_handicap`` and ``play`` for the position, then
``kata-set-param playoutDoublingAdvantagePla BLACK``, ``kata-set-param playoutDoublingAdvantage A``, ``kata-raw-nn 0``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import games
import nets
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.handicap import fixed_handicap
from tests.unit.test_katago_features import encode
from tests.unit.test_katago_parity import net


class Raw(NamedTuple):
    """``whiteWin``, ``whiteLead``, the likeliest points with their priors, and ``policyPass``."""

    white_wins: float
    white_lead: float
    points: dict[str, float]
    passing: float


FOUR = {"size": 19, "komi": 0.5, "black": fixed_handicap(19, 19, 4), "to_play": "white"}
SMALL = {"size": 9, "komi": 7.0}

CASES = [
    (FOUR, "", 0.0, Raw(0.006149, -47.594, {"R3": 0.159592, "R17": 0.140854, "C3": 0.11392}, 0.000026)),
    (FOUR, "", -1.5, Raw(0.148814, -21.519, {"R17": 0.098711, "R3": 0.077516, "C3": 0.060783}, 0.000046)),
    (FOUR, "", 2.0, Raw(0.001147, 7.589, {"C10": 0.080448, "R3": 0.058015, "C3": 0.05039}, 0.000215)),
    (FOUR, "", -2.75, Raw(0.578570, 3.976, {"R17": 0.05642, "O17": 0.055066, "F16": 0.048605}, 0.000042)),
    (FOUR, "", 2.75, Raw(0.001799, 48.046, {"C4": 0.110254, "C3": 0.078577, "C17": 0.057834}, 0.000504)),
    (FOUR, "R14 O17 C6", 1.5, Raw(0.000989, -66.100, {"R11": 0.090769, "R15": 0.07553}, 0.000010)),
    (FOUR, "R14 O17 C6", -2.0, Raw(0.263855, -14.270, {"F3": 0.17722, "G3": 0.159647}, 0.000003)),
    (SMALL, "E5 C3 G4", 0.0, Raw(0.548732, 0.992, {"D6": 0.554095, "C6": 0.243682}, 0.0)),
    (SMALL, "E5 C3 G4", -1.5, Raw(0.718033, 3.249, {"D6": 0.550008, "C6": 0.14805}, 0.000001)),
    (SMALL, "E5 C3 G4", 2.75, Raw(0.239835, -5.574, {"C6": 0.413577, "D6": 0.313861}, 0.000002)),
]  # fmt: skip


@pytest.mark.parametrize(("first", "moves", "advantage", "raw"), CASES)
def test_says_what_katago_says(first: dict[str, Any], moves: str, advantage: float, raw: Raw) -> None:
    game = games.load("go", {**first, "playout_doubling_advantage": advantage})
    size = first["size"]
    root = game.root([from_vertex(move, size, size) for move in moves.split()])
    leaves = games.Leaves([root], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
    features, module = net("katago-b6c96").features, net("katago-b6c96").module
    planes, values = (np.empty((1, *shape), np.float32) for shape in game.feature_shapes(features))
    positions = game.replay(leaves, features, planes, values)
    with torch.inference_mode():
        outputs = module(torch.from_numpy(planes), torch.from_numpy(values))
    said = nets.decode(nets.RawOutputs(*(output.numpy() for output in outputs)), positions)
    assert (1 - said.value[0]) / 2 == pytest.approx(raw.white_wins, abs=1e-4)
    assert -said.lead[0] == pytest.approx(raw.white_lead, abs=0.01)
    priors = {move: said.priors[0][from_vertex(move, size, size)] for move in raw.points}
    assert priors == pytest.approx(raw.points, abs=1e-4)
    assert said.priors[0][-1] == pytest.approx(raw.passing, abs=1e-5)


@pytest.mark.parametrize(("advantage", "record", "inputs"), [
    # for whom is to move: Black first, White after a move
    (0.0, [], [0.0, 0.0]),
    (1.0, [], [1.0, 0.5]),
    (1.0, [40], [1.0, -0.5]),
    (-2.75, [40], [1.0, 1.375]),
    (0.125, [40, 20], [1.0, 0.0625]),
    (3, [40, 20, 21], [1.0, -1.5]),
])  # fmt: skip
def test_two_inputs_tell_of_it(advantage: float, record: list[int], inputs: list[float]) -> None:
    told = Go.from_spec({"size": 9, "playout_doubling_advantage": advantage})
    planes, values = encode(told, record)
    assert values[15:17].tolist() == inputs
    plain_planes, plain_values = encode(Go.from_spec({"size": 9}), record)
    np.testing.assert_array_equal(planes, plain_planes)
    np.testing.assert_array_equal(np.delete(values, [15, 16]), np.delete(plain_values, [15, 16]))


@pytest.mark.parametrize("features", ["zhugo", "leela_zero", "katago_v3", "katago_v4", "katago_v5", "katago_v6"])
def test_other_nets_are_not_told(features: str) -> None:
    found = []
    for spec in ({"size": 9}, {"size": 9, "playout_doubling_advantage": 2.0}):
        game = Go.from_spec(spec)
        leaves = games.Leaves(
            [game.root([40])], np.zeros(1, np.int32), np.array([0, 1], np.int32), np.array([20], np.uint16)
        )
        planes, values = (np.full((1, *shape), 9.0, np.float32) for shape in game.feature_shapes(features))
        game.replay(leaves, features, planes, values)
        found.append((planes, values))
    for plain, told in zip(*found, strict=True):
        np.testing.assert_array_equal(plain, told)


def test_the_specification_has_it_only_where_there_is_one() -> None:
    assert Go.from_spec({"size": 9, "playout_doubling_advantage": -1}).spec()["playout_doubling_advantage"] == -1.0
    assert Go.from_spec({"size": 9, "playout_doubling_advantage": 0}).spec() == Go.from_spec({"size": 9}).spec()
    for wrong in (3.01, -4, float("nan"), "1", None):
        with pytest.raises(games.GameError, match="playout_doubling_advantage is a number from -3 to 3, not"):
            Go.from_spec({"size": 9, "playout_doubling_advantage": wrong})
