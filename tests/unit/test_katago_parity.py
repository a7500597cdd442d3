"""The b6c96 net says of positions what KataGo says of them: features, file reader, arithmetic and decoding at once."""

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

SHARED = Path(__file__).parents[3] / "shared"
NET = SHARED / "nets" / "katago-b6c96.bin.gz"
LINES = (SHARED / "reference" / "katago-b6c96.jsonl").read_text().splitlines()


@cache
def net() -> nets.Net:
    return nets.load(NET)


def evaluate(case: dict[str, Any]) -> tuple[games.Positions, nets.Evaluations]:
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
    plane_shape, global_shape = game.feature_shapes(net().features)
    planes, values = np.empty((1, *plane_shape), np.float32), np.empty((1, *global_shape), np.float32)
    positions = game.replay(leaves, net().features, planes, values)
    with torch.inference_mode():
        outputs = net().module(torch.from_numpy(planes), torch.from_numpy(values))
    return positions, nets.decode(nets.RawOutputs(*(output.numpy() for output in outputs)), positions)


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_evaluates_as_katago_does(line: str) -> None:
    case = json.loads(line)
    positions, evaluation = evaluate(case)
    assert positions.to_play[0] == (1 if case["to_play"] == "B" else -1)
    assert positions.legal[0].tolist() == [*(prior is not None for prior in case["policy"]), True]
    policy = [*(prior or 0.0 for prior in case["policy"]), case["policyPass"]]
    np.testing.assert_allclose(evaluation.priors[0], policy, rtol=0, atol=1e-4)
    black_wins = case["whiteLoss"] + case["noResult"] / 2
    np.testing.assert_allclose((1 + evaluation.value[0]) / 2, black_wins, rtol=0, atol=1e-4)
    np.testing.assert_allclose(evaluation.lead[0], -case["whiteLead"], rtol=0, atol=0.01)
    np.testing.assert_allclose(evaluation.ownership[0], -np.array(case["whiteOwnership"]), rtol=0, atol=1e-4)


def test_the_reference_covers_sizes_and_rules() -> None:
    cases = [json.loads(line) for line in LINES]
    assert {case["size"] for case in cases} >= {9, 13, 19}
    assert {case["rules"] for case in cases} >= {"tromp-taylor", "chinese", "japanese", "aga", "new-zealand"}
