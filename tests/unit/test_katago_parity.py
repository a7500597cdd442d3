"""KataGo's nets say of positions what KataGo says of them: features, file reader, arithmetic and decoding at once.

The references hold what KataGo printed, rounded to six digits of a probability and three of a score.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import games
import nets
from games.go.coords import from_vertex
from nets.katago.model import KataGoModel, Outputs

SHARED = Path(__file__).parents[3] / "shared"
NETS = {
    "katago-b6c96": 1e-4,
    "katago-b5c192nbt-random": 1e-6,
    "katago-b7c96h3tfrs-transformer": 1e-4,
    "katago-b7c96h6kv3qk32v16tflrs-transformer": 1e-4,
}
"""By how much a policy's entry may differ; the random net's are all nearly the same."""

CASES = [
    pytest.param(name, line, id=f"{name}-{i}")
    for name in NETS
    for i, line in enumerate((SHARED / "reference" / f"{name}.jsonl").read_text().splitlines())
]


@cache
def net(name: str) -> nets.Net:
    return nets.load(SHARED / "nets" / f"{name}.bin.gz")


def evaluate(name: str, case: dict[str, Any]) -> tuple[games.Positions, nets.Evaluations, Outputs]:
    """The position of a line of the reference, reached from three moves before its end."""
    size = case["size"]
    game = games.load("go", {"size": size, "komi": case["komi"], "rules": case["rules"]})
    record = [from_vertex(move.split()[1], size, size) for move in case["moves"]]
    assert [move[0] for move in case["moves"]] == ["B", "W"] * (len(record) // 2) + ["B"] * (len(record) % 2)
    path = record[-3:]
    leaves = games.Leaves(
        [game.root(record[: len(record) - len(path)])],
        np.zeros(1, np.int32),
        np.array([0, len(path)], np.int32),
        np.array(path, np.uint16),
    )
    features, module = net(name).features, net(name).module
    plane_shape, global_shape = game.feature_shapes(features)
    planes, values = np.empty((1, *plane_shape), np.float32), np.empty((1, *global_shape), np.float32)
    positions = game.replay(leaves, features, planes, values)
    assert isinstance(module, KataGoModel)
    with torch.inference_mode():
        outputs = module(torch.from_numpy(planes), torch.from_numpy(values))
        everything = module.outputs(torch.from_numpy(planes), torch.from_numpy(values))
    return positions, nets.decode(nets.RawOutputs(*(output.numpy() for output in outputs)), positions), everything


@pytest.mark.parametrize(("name", "line"), CASES)
def test_evaluates_as_katago_does(name: str, line: str) -> None:
    case = json.loads(line)
    positions, evaluation, outputs = evaluate(name, case)
    assert positions.to_play[0] == (1 if case["to_play"] == "B" else -1)
    assert positions.legal[0].tolist() == [*(prior is not None for prior in case["policy"]), True]
    policy = [*(prior or 0.0 for prior in case["policy"]), case["policyPass"]]
    np.testing.assert_allclose(evaluation.priors[0], policy, rtol=0, atol=NETS[name])
    black_wins = case["whiteLoss"] + case["noResult"] / 2
    np.testing.assert_allclose((1 + evaluation.value[0]) / 2, black_wins, rtol=0, atol=1e-4)
    np.testing.assert_allclose(evaluation.lead[0], -case["whiteLead"], rtol=0, atol=0.01)
    np.testing.assert_allclose(evaluation.ownership[0], -np.array(case["whiteOwnership"]), rtol=0, atol=1e-4)
    score = -positions.to_play[0] * outputs.score[0]
    np.testing.assert_allclose(score, case["whiteScoreSelfplay"], rtol=0, atol=0.01)
    np.testing.assert_allclose(outputs.score_squared, [case["whiteScoreSelfplaySq"]], rtol=1e-5, atol=0.01)
    deviation = np.sqrt(case["whiteScoreSelfplaySq"] - case["whiteScoreSelfplay"] ** 2)
    np.testing.assert_allclose(evaluation.score[0], [-case["whiteScoreSelfplay"], deviation], rtol=0, atol=0.01)
    if case.get("shorttermScoreError", -1) == -1:
        assert np.isnan(evaluation.errors).all()
    else:
        errors = case["shorttermWinlossError"], case["shorttermScoreError"]
        np.testing.assert_allclose(evaluation.errors[0], errors, rtol=0, atol=0.01)
    for what, key in (
        (outputs.variance_time, "varTimeLeft"),
        (outputs.value_error, "shorttermWinlossError"),
        (outputs.score_error, "shorttermScoreError"),
    ):
        if what is None:
            assert case.get(key, -1) == -1, "KataGo says -1 where a net does not say"
        else:
            np.testing.assert_allclose(what, [case[key]], rtol=0, atol=0.01)


@pytest.mark.parametrize(("name", "line"), [case for case in CASES if case.values[0] == "katago-b5c192nbt-random"][-4:])
def test_logits_agree_as_far_as_they_vary(name: str, line: str) -> None:
    """The digits that KataGo prints leave an error of about a hundredth of the spread of a random net's logits."""
    case = json.loads(line)
    positions, evaluation, _ = evaluate(name, case)
    legal = positions.legal[0]
    told = np.log([*(prior or np.nan for prior in case["policy"]), case["policyPass"]])[legal]
    ours = np.log(evaluation.priors[0][legal])
    assert abs(ours - told).max() < 0.03 * told.std()


def test_the_reference_covers_sizes_and_rules() -> None:
    cases = [json.loads(case.values[1]) for case in CASES]  # type: ignore[arg-type]
    assert {case["size"] for case in cases} >= {9, 13, 19}
    assert {case["rules"] for case in cases} >= {"tromp-taylor", "chinese", "japanese", "aga", "new-zealand"}
