"""Nets of every model version, block, activation and option, evaluated as KataGo evaluates them.

The nets are random and written by ``katago_writer``; ``katago_versions.json`` has what KataGo 1.17 (Eigen) said of
them: ``kata-raw-nn 0 0.2`` at the end of each game, for White, policy and ownership from the top left, the pass last.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import games
import nets
from games.go.coords import from_vertex
from nets.facts import check, describe, features_of
from nets.katago import description
from nets.katago.layers import MishOfFew
from nets.katago.model import KataGoModel
from nets.katago.parse import read
from tests.unit.katago_writer import POOLING, RESIDUAL, Attention, FeedForward, Spec, write

_MIXED = ([RESIDUAL, POOLING, RESIDUAL], RESIDUAL, [[POOLING], RESIDUAL], POOLING)
SPECS = {
    f"version {version}": Spec(
        version, _MIXED, "ACTIVATION_MISH", binary=version % 2 == 0, seed=version, lead_multiplier=17.5
    )
    for version in range(3, 18)
} | {
    "identity": Spec(15, _MIXED, "ACTIVATION_IDENTITY", seed=20),
    "relu": Spec(15, _MIXED, "ACTIVATION_RELU", seed=20),
    "silu": Spec(15, _MIXED, "ACTIVATION_SILU", seed=20),
    "rms norm": Spec(15, _MIXED, rms=0, seed=21),
    "rms norm of the board": Spec(16, _MIXED, "ACTIVATION_SILU", rms=1, seed=22),
    "values of moves": Spec(17, _MIXED, policies=4, seed=23),
    "life with suicide": Spec(15, (RESIDUAL, POOLING), suicide_alive=True, seed=24),
    "imitates people": Spec(15, ([RESIDUAL], POOLING), "ACTIVATION_MISH", suicide_alive=True, metadata=True, seed=27),
    "attention": Spec(17, (Attention(), FeedForward()) * 2, "ACTIVATION_SILU", rms=0, seed=25),
    "attention everywhere": Spec(
        17,
        (
            RESIDUAL,
            [Attention(3, 3, 4, 5, "none"), POOLING, FeedForward(7), [Attention(2, 1, 10, 3, "learned")]],
            FeedForward(),
            Attention(6, 2, 2, 2, "learned"),
            Attention(5, 1, 6, 4, theta=3.0),
        ),
        "ACTIVATION_MISH",
        binary=False,
        rms=1,
        policies=4,
        seed=26,
    ),
}
FIGURES: dict[str, Any] = json.loads(Path(__file__).with_name("katago_versions.json").read_text())


@pytest.fixture(params=SPECS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[nets.Net, Any]:
    """A net, and KataGo's figures of it."""
    content = write(SPECS[request.param])
    figures = FIGURES[request.param]
    assert figures["sha256"] == hashlib.sha256(content).hexdigest(), "the figures are those of another net"
    file = tmp_path / "net"
    file.write_bytes(content)
    return nets.load(file), figures["positions"]


def test_evaluates_as_katago_does(case: tuple[nets.Net, Any]) -> None:
    net, positions = case
    assert isinstance(net.module, KataGoModel)
    for said in positions:
        sides = said["size"]
        width, height = sides if isinstance(sides, list) else (sides, sides)
        game = games.load("go", {key: said[key] for key in said.keys() & {"size", "komi", "rules", "players"}})
        root = game.root([from_vertex(move, width, height) for move in said["moves"].split()])
        leaves = games.Leaves([root], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
        planes, values = (np.zeros((1, *shape), np.float32) for shape in game.feature_shapes(net.features))
        found = game.replay(leaves, net.features, planes, values)
        with torch.inference_mode():
            outputs = net.module.outputs(torch.from_numpy(planes), torch.from_numpy(values))
            played = nets.RawOutputs(
                *(x.numpy() for x in net.module(torch.from_numpy(planes), torch.from_numpy(values)))
            )
        evaluation = nets.decode(played, found)
        white = -float(found.to_play[0])
        np.testing.assert_allclose(evaluation.priors[0], said["policy"], rtol=0, atol=5e-6)
        np.testing.assert_allclose(evaluation.ownership[0], -np.array(said["whiteOwnership"]), rtol=0, atol=1e-5)
        np.testing.assert_allclose(-evaluation.value[0], said["whiteWin"] - said["whiteLoss"], rtol=0, atol=5e-6)
        np.testing.assert_allclose(outputs.outcome[0, 2], said["noResult"], rtol=0, atol=5e-6)
        np.testing.assert_allclose(-evaluation.lead[0], said["whiteLead"], rtol=0, atol=1e-3)
        np.testing.assert_allclose(white * outputs.score[0], said["whiteScoreSelfplay"], rtol=0, atol=1e-3)
        if outputs.score_squared is None:
            assert np.isnan(evaluation.score).all()
        else:
            deviation = np.sqrt(said["whiteScoreSelfplaySq"] - said["whiteScoreSelfplay"] ** 2)
            score = -said["whiteScoreSelfplay"], deviation
            np.testing.assert_allclose(evaluation.score[0], score, rtol=1e-4, atol=2e-3)
        if outputs.value_error is None:
            assert np.isnan(evaluation.errors).all()
        else:
            errors = said["shorttermWinlossError"], said["shorttermScoreError"]
            np.testing.assert_allclose(evaluation.errors[0], errors, rtol=1e-5, atol=1e-3)
        for ours, theirs in (
            (outputs.score_squared, "whiteScoreSelfplaySq"),
            (outputs.variance_time, "varTimeLeft"),
            (outputs.value_error, "shorttermWinlossError"),
            (outputs.score_error, "shorttermScoreError"),
        ):
            if ours is not None:
                np.testing.assert_allclose(ours, [said[theirs]], rtol=1e-5, atol=1e-3)


def test_the_deviation_of_a_sure_score_is_not_lost_beside_its_square() -> None:
    """500 points, give or take 0.25: their squares differ by less than the last digit of one of them."""
    head = KataGoModel(read(write(SPECS["version 8"]))).value
    by = head.multipliers
    raw = torch.tensor([[500 / by.score, np.log(np.expm1(0.25 / by.score_stdev)), 0.0, 0.0]], dtype=torch.float32)
    for has_result, expected in ((1.0, 0.25), (0.5, np.sqrt(0.5 * 0.25**2 + 0.25 * 500**2)), (0.0, 0.0), (-1e-7, 0.0)):
        *_, deviation, _ = head._scores(raw, torch.tensor([has_result]))
        np.testing.assert_allclose(deviation, [expected], rtol=1e-4)


@pytest.mark.parametrize("version", [2, 18, 99])
def test_refuses_versions_that_it_does_not_know(version: int) -> None:
    with pytest.raises(nets.NetError, match=f"model version {version} of net random-v{version} is not supported"):
        read(write(Spec(version, seed=1)))


def test_names_the_version_and_the_block_that_it_does_not_know() -> None:
    content = write(Spec(17)).replace(POOLING.encode(), b"dilated_block")
    with pytest.raises(nets.NetError, match="block 'dilated_block' of model version 17 is not supported"):
        read(content)


@pytest.mark.parametrize(
    ("block", "story"),
    [
        (Attention(heads=3, key_heads=2), "block0 has 2 heads of keys for 3 of queries"),
        (Attention(size=5), "block0 turns queries of 5 channels, which are no pairs"),
        (Attention(theta=-1.0), "'-1.0' for theta of block0/theta"),
    ],
)
def test_refuses_attention_that_makes_no_sense(block: Attention, story: str) -> None:
    with pytest.raises(nets.NetError, match=story):
        read(write(Spec(17, (block,))))


def test_a_feed_forward_block_without_a_gate_has_the_activation_of_the_net() -> None:
    """KataGo's own engine refuses them; in its trainer (TransformerFFNBlock) it is the net's one activation."""
    net, x = read(write(Spec(17, (FeedForward(gated=False),), "ACTIVATION_SILU", rms=0))), torch.randn(2, 12, 3, 4)
    (block,) = net.trunk.blocks
    assert isinstance(block, description.FeedForward)
    points = x.permute(0, 2, 3, 1).numpy()
    y = points / np.sqrt((points**2).mean(axis=3, keepdims=True) + 1e-3) * block.norm.scale
    wide = y @ block.wide.weights
    expected = points + (wide / (1 + np.exp(-wide))) @ block.narrow.weights
    with torch.inference_mode():
        found = KataGoModel(net).blocks(x)
    np.testing.assert_allclose(found.permute(0, 2, 3, 1), expected, rtol=0, atol=1e-5)


def test_tells_of_what_blocks_a_transformer_is_made(tmp_path: Path) -> None:
    file = tmp_path / "net.bin"
    file.write_bytes(write(Spec(17, (Attention(), FeedForward(), [Attention(), FeedForward()]))))
    check(file)
    expected = "1 attention, 1 feed-forward, 1 nested bottleneck (inside: 1 attention, 1 feed-forward)"
    assert describe(file).blocks == expected


def test_names_an_activation_that_it_does_not_know() -> None:
    with pytest.raises(nets.NetError, match="activation 'ACTIVATION_GELU' of block0/norm1/act is not supported"):
        read(write(Spec(15, activation="ACTIVATION_GELU")))


def test_an_activation_scaled_by_8_is_mish_of_a_net_scaled_so() -> None:
    x = torch.linspace(-3, 3, 50)
    scaled = KataGoModel(read(write(Spec(11, activation="ACTIVATION_MISH_SCALE8")))).norm.activation
    torch.testing.assert_close(scaled(x), torch.nn.functional.mish(8 * x) / 8)


def test_mish_is_mish_also_where_it_is_written_out() -> None:
    x = torch.tensor([-1e4, -100.0, -20.0, -3.0, -0.5, 0.0, 0.5, 3.0, 20.0, 100.0, 1e4])
    torch.testing.assert_close(MishOfFew()(x), torch.nn.functional.mish(x), rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize(
    "name", ["version 3", "version 8", "version 16", "rms norm of the board", "attention everywhere"]
)
def test_a_trace_of_the_module_holds_for_every_size_of_board(name: str) -> None:
    """Backends make their own form of a net from one."""
    module = KataGoModel(read(write(SPECS[name]))).eval()
    planes, values = SPECS[name].inputs
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(module, (torch.rand(2, planes, 13, 13), torch.rand(2, values)))
        for height, width in ((5, 5), (19, 19), (7, 9)):
            inputs = torch.rand(3, planes, height, width), torch.rand(3, values)
            for ours, theirs in zip(module(*inputs), traced(*inputs), strict=True):
                torch.testing.assert_close(theirs, ours)


def test_an_optimistic_policy_is_mixed_with_the_plain_one_as_far_as_is_asked_for() -> None:
    net = read(write(SPECS["version 16"]))
    module = KataGoModel(net).eval()
    planes, values = torch.rand(2, 22, 9, 9), torch.rand(2, 19)
    with torch.inference_mode():
        usual, plain, optimistic = (
            module(planes, torch.cat((values, torch.full((2, 1), optimism - 0.2)), dim=1))[0]
            for optimism in (0.2, 0.0, 1.0)
        )
        unsaid = module(planes, values)[0]
    torch.testing.assert_close(unsaid, usual)
    torch.testing.assert_close(usual, 0.8 * plain + 0.2 * optimistic)
    assert (plain - optimistic).abs().max() > 0.1
    assert net.features == "katago_v7_optimism"


def test_a_net_for_other_inputs_is_refused() -> None:
    content = write(Spec(8))
    with pytest.raises(nets.NetError, match="takes 21 planes, not those of Go"):
        read(content.replace(b"\n22\n", b"\n21\n", 1))


def test_a_net_that_imitates_people_wants_to_know_who_plays(tmp_path: Path) -> None:
    file = tmp_path / "human.bin"
    file.write_bytes(write(Spec(15, metadata=True)))
    check(file)
    assert "metadata of players (input)" in describe(file).heads
    net = nets.load(file)
    assert net.features == features_of(file) == "katago_v7_players"
    planes, values = torch.rand(2, 22, 9, 9), torch.rand(2, 19 + 192)
    with torch.inference_mode():
        one, other = net.module(planes, values)[0], net.module(planes, values + (torch.arange(211) == 19))[0]
    assert (one - other).abs().max() > 1e-3


def test_blocks_nested_without_end_are_refused() -> None:
    with pytest.raises(nets.NetError, match="nested too deeply"):
        read(write(Spec(15, ([[[[[RESIDUAL]]]]],), channels=20)))


def test_the_parameters_are_those_that_were_learned() -> None:
    """Every number but means and variances: here of one residual block without scale in its first norm."""
    spec = Spec(8, (RESIDUAL,), channels=8)
    net = read(write(spec))
    trunk = 9 * 22 * 8 + 19 * 8 + (8 + 9 * 8 * 6 + 2 * 6 + 9 * 6 * 8) + 2 * 8
    policy = 8 * 6 + 8 * 5 + 2 * 5 + 15 * 6 + 2 * 6 + 6 + 15
    value = 8 * 7 + 2 * 7 + 21 * 9 + 9 + 9 * 3 + 3 + 9 * 4 + 4 + 7
    assert net.parameters == trunk + policy + value
