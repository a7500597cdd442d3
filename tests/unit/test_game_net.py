"""Nets for games other than Go: their files, what they say, and what evaluates them."""

from __future__ import annotations

import dataclasses
import json
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

import games
import nets
from daemon.evaluation.devices import disk_cache
from daemon.evaluation.devices.backends import Backend
from daemon.evaluation.devices.measurement import measure
from daemon.evaluation.devices.open_device import open_device
from daemon.evaluation.devices.real_positions import played_at_random
from daemon.evaluation.devices.searcher_device import make_device
from daemon.evaluation.searcher_options import SearcherOptions
from daemon.gpu_client import DeviceError
from games.registry import named
from nets.facts import check, describe, game_of
from nets.game_model import Config, dump, initialized, load_trainable

CONNECT_FOUR = "connect_four(columns=5,rows=4)"


def config(text: str = CONNECT_FOUR) -> Config:
    name, spec = named(text)
    game = games.load(name, spec)
    planes, (globals_,) = game.feature_shapes(game.own_features)
    channels, height, width = planes
    shape = (channels, height, width)
    return Config("small", name, spec, game.own_features, shape, globals_, game.num_moves, 2, 8, 4, 8)


def written(path: Path, text: str = CONNECT_FOUR) -> Path:
    torch.manual_seed(1)
    model = initialized(config(text))
    for parameter in model.parameters():  # else it would say nearly nothing
        torch.nn.init.normal_(parameter, std=0.3)
    path.write_bytes(dump(config(text), model))
    return path


@pytest.fixture
def net(tmp_path: Path) -> Path:
    return written(tmp_path / "net.safetensors")


def options(tmp_path: Path, net: Path, **others: Any) -> SearcherOptions:
    settings = {"device": "torch", "precision": "auto", "batch": None, "speculate": "auto", "threads": 1} | others
    return SearcherOptions("", "searcher 0", str(tmp_path), net=str(net), **settings)


@pytest.mark.parametrize("text", [CONNECT_FOUR, "dots_and_boxes", "othello", "hex(num_rows=3,num_cols=5)", "nim"])
def test_a_new_net_finds_all_moves_alike(text: str) -> None:
    torch.manual_seed(3)
    model = initialized(config(text))
    batch = played_at_random(*named(text), config(text).features)
    with torch.inference_mode():
        policy, value = model(torch.from_numpy(batch.planes), torch.from_numpy(batch.global_inputs))
    assert policy.shape == (len(batch), config(text).moves)
    assert value.shape == (len(batch),)
    assert float((policy.softmax(1) * policy.shape[1] - 1).abs().max()) < 0.5
    assert float(value.abs().max()) < 0.3


def test_a_file_keeps_the_net(net: Path) -> None:
    shape, model = load_trainable(net.read_bytes())
    assert shape == config()
    again = load_trainable(dump(shape, model))
    assert again[0] == shape
    for one, other in zip(model.state_dict().values(), again[1].state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_equal_nets_have_equal_files(net: Path) -> None:
    assert {dump(*load_trainable(net.read_bytes())) for _ in range(5)} == {net.read_bytes()}


def test_a_loaded_net_says_what_it_plays(net: Path) -> None:
    loaded = nets.load(net)
    assert (loaded.game, loaded.spec, loaded.features) == ("openspiel", {"game": CONNECT_FOUR}, CONNECT_FOUR)
    assert (loaded.min_size, loaded.max_size) == (4, 5)
    facts = describe(net)
    assert (facts.game, facts.blocks, facts.channels, facts.heads) == (
        CONNECT_FOUR,
        "2 residual",
        8,
        ("policy", "value"),
    )
    assert game_of(net) == CONNECT_FOUR
    assert game_of(nets.BUNDLED) == "go"
    check(net)


def changed(data: bytes, **values: Any) -> bytes:
    """The file with another configuration, and everything else as before."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    shape = json.loads(header["__metadata__"]["config"])
    header["__metadata__"]["config"] = json.dumps(shape | values)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-9], "checksum of the weights does not hold"),
        (lambda data: data[:40], "header cannot be read"),
        (lambda data: changed(data, blocks=0), "configuration of the net makes no sense"),
        (lambda data: changed(data, blocks="2"), "configuration of the net makes no sense"),
        (lambda data: changed(data, planes=[3, 4]), "configuration of the net makes no sense"),
        (lambda data: changed(data, shoes=2), "configuration of the net makes no sense"),
        (lambda data: changed(data, filters=9), "not those that the configuration asks for"),
        (lambda data: data.replace(b'"version":"1"', b'"version":"7"'), "net version '7' is not supported"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(net: Path, damage: Any, reason: str) -> None:
    net.write_bytes(damage(net.read_bytes()))
    with pytest.raises(nets.NetError, match=reason) as refused:
        nets.load(net)
    assert str(refused.value).startswith(f"net {net}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", [CONNECT_FOUR, "dots_and_boxes", "nim"])
def test_every_backend_says_the_same(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "kept")
    net = written(tmp_path / "net.safetensors", text)
    batch = played_at_random(*named(text), config(text).features)
    reference = open_device(net, Backend("torch", "f32"), 1, 8).submit(batch).result().evaluations
    assert np.ptp(reference.value) > 0.01
    assert np.allclose(reference.priors.sum(axis=1), 1.0, atol=1e-5)
    assert (reference.priors[~batch.positions.legal] == 0.0).all()
    assert np.isnan(reference.lead).all()
    for backend, size in product((Backend("openvino", "f32"), Backend("winograd", "f32")), (8, len(batch))):
        device, rows = open_device(net, backend, 1, 8), np.arange(size)
        part = dataclasses.replace(
            batch, planes=batch.planes[rows], global_inputs=batch.global_inputs[rows], positions=_rows(batch, rows)
        )
        found = device.submit(part).result().evaluations
        np.testing.assert_allclose(found.value, reference.value[rows], atol=1e-4)
        np.testing.assert_allclose(found.priors, reference.priors[rows], atol=1e-4)


def _rows(batch: Any, rows: Any) -> games.Positions:
    return games.Positions(
        *(
            column[rows] if len(column) else column
            for column in (getattr(batch.positions, field.name) for field in dataclasses.fields(games.Positions))
        )
    )


def test_auto_takes_what_is_exact(tmp_path: Path, net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "kept")
    device, _ = make_device(options(tmp_path, net, device="openvino"))
    assert device.info.device.startswith("OpenVINO on the CPU, f32")
    assert device.info.why == f"f32, which is exact, for a net that plays {CONNECT_FOUR}"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"symmetries": True}, "--symmetries: those of connect_four"),
        ({"device": "openvino", "precision": "int8"}, "--precision int8: "),
    ],
)
def test_what_only_nets_for_go_can_have_is_refused(
    tmp_path: Path, net: Path, asked: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DeviceError, match=reason):
        make_device(options(tmp_path, net, **asked))


def test_a_check_of_a_net_plays_its_game_at_random(net: Path) -> None:
    found = measure(net, [Backend("torch", "f32")], 1, (1,))
    assert found[Backend("torch", "f32")].agreement == 1.0
    assert found[Backend("torch", "f32")].positions > 100


def test_a_configuration_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(config()), type=Config) == config()
