"""ZhuGo's own net: the bundled file, sizes, and what a file keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import games
import nets
from nets.net import BUNDLED
from nets.zhugo_model import Config, Pair, dump, initialized, load_trainable, read

SMALL = Config("small", blocks=3, channels=8, inner=6, pooling=(0, 2), pooled=4, head=4, hidden=8)


def evaluate(net: nets.Net, size: int, record: list[int], komi: float = 7.5) -> nets.Evaluations:
    game = games.load("go", {"size": size, "komi": komi})
    leaves = games.Leaves([game.root(record)], np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.uint16))
    plane_shape, value_shape = game.feature_shapes(net.features)
    planes, values = np.empty((1, *plane_shape), np.float32), np.empty((1, *value_shape), np.float32)
    positions = game.replay(leaves, net.features, planes, values)
    with torch.inference_mode():
        outputs = net.module(torch.from_numpy(planes), torch.from_numpy(values))
    return nets.decode(nets.RawOutputs(*(output.numpy() for output in outputs)), positions)


@pytest.fixture(scope="module")
def bundled() -> nets.Net:
    return nets.load(None)


@pytest.mark.parametrize("size", range(7, 20))
def test_the_bundled_net_plays_on_every_size_that_it_promises(bundled: nets.Net, size: int) -> None:
    bundled.check(size, size)
    evaluations = evaluate(bundled, size, [size * size // 2])
    assert evaluations.priors.shape == (1, size * size + 1)
    assert evaluations.ownership.shape == (1, size * size)
    assert evaluations.priors.sum() == pytest.approx(1.0, abs=1e-5)
    assert abs(evaluations.value[0]) <= 1


@pytest.mark.parametrize(("height", "width"), [(6, 6), (5, 9), (19, 20), (2, 2)])
def test_the_bundled_net_refuses_other_sizes(bundled: nets.Net, height: int, width: int) -> None:
    with pytest.raises(nets.NetError, match=f"plays sizes 7 to 19, not {width}x{height}"):
        bundled.check(height, width)


def test_the_bundled_net_is_small_and_knows_who_wins() -> None:
    assert BUNDLED.stat().st_size < 8 << 20
    net = nets.load(None)
    assert net.features == "zhugo_history"
    for size in (9, 13, 19):
        lost = evaluate(net, size, [], komi=30.0)
        won = evaluate(net, size, [], komi=-15.0)
        assert lost.value[0] < -0.3 < 0.3 < won.value[0]
        assert lost.lead[0] < -10 < 10 < won.lead[0]


def test_a_name_tells_nets_apart() -> None:
    net = nets.load(BUNDLED)
    assert net.name.startswith("zhugo")
    assert net.sha256 == nets.load(None).sha256
    assert len(net.sha256) == 64


@pytest.mark.parametrize("size", [7, 19])
def test_a_file_keeps_what_the_net_says(size: int) -> None:
    torch.manual_seed(size)
    model = initialized(SMALL)
    name, features, kept = read(dump(SMALL, model))
    assert (name, features) == ("small", "zhugo")
    planes, values = torch.rand(16, SMALL.planes, size, size), torch.rand(16, SMALL.globals)
    with torch.inference_mode():
        for one, other in zip(model(planes, values), kept(planes, values), strict=True):
            torch.testing.assert_close(one, other, rtol=5e-3, atol=5e-3)  # weights are kept in half precision


@pytest.mark.parametrize(("planes", "globals_"), [(26, 15), (31, 10), (20, 10)])
def test_inputs_that_nobody_makes_are_none_of_a_net(planes: int, globals_: int) -> None:
    config = replace(SMALL, planes=planes, globals=globals_)
    with pytest.raises(nets.NetError, match="the configuration of the net makes no sense"):
        read(dump(config, initialized(config)))


def test_a_file_made_of_a_file_holds_the_same() -> None:
    data = dump(SMALL, initialized(SMALL))
    config, model = load_trainable(data)
    again = load_trainable(dump(config, model))
    assert again[0] == config == SMALL
    for one, other in zip(model.state_dict().values(), again[1].state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_a_net_to_train_begins_near_its_stem() -> None:
    torch.manual_seed(1)
    first, *later = initialized(SMALL).trunk(torch.rand(4, SMALL.planes, 9, 9), torch.rand(4, SMALL.globals))
    for x in later:
        assert float((x - first).detach().norm() / first.detach().norm()) < 0.1


def test_blocks_pool_where_the_configuration_says() -> None:
    blocks = initialized(SMALL).blocks
    assert [[pair.pool is not None for pair in block.modules() if isinstance(pair, Pair)] for block in blocks] == [
        [True, False],
        [False, False],
        [True, False],
    ]


def test_a_batch_is_worth_its_positions(bundled: nets.Net) -> None:
    planes, values = torch.rand(5, 31, 9, 9), torch.rand(5, 15)
    with torch.inference_mode():
        together = bundled.module(planes, values)
        for i in range(5):
            alone = bundled.module(planes[i : i + 1], values[i : i + 1])
            for one, all_ in zip(alone, together, strict=True):
                torch.testing.assert_close(one[0], all_[i], rtol=1e-4, atol=1e-5)


def test_training_can_go_on_from_the_bundled_net() -> None:
    config, model = load_trainable(BUNDLED.read_bytes())
    model.train()
    policy = model(torch.rand(4, config.planes, 9, 9), torch.rand(4, config.globals))[0]
    policy.sum().backward()
    assert all(p.grad is not None for name, p in model.named_parameters() if "policy" in name or "stem" in name)
