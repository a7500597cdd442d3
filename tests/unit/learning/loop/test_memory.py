"""What a preset asks of memory, beside what a step really keeps."""

from __future__ import annotations

import re

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from tests.daemons import ROOT
from zhugo.learning.loop.memory import kept_for_gradients, needs
from zhugo.learning.loop.preset import read
from zhugo.learning.training.net import new_net
from zhugo.learning.training.plan import Shape

GAMES = ["dots_and_boxes(num_rows=3,num_cols=3)", "go"]


@pytest.mark.parametrize("game", GAMES)
def test_what_is_worked_out_is_what_a_step_keeps(game: str) -> None:
    preset = read("quick", [f"game={game}"])
    loaded = preset.load_game()
    model = new_net(loaded, Shape(2, 16), 1)[1].train().requires_grad_(True)
    planes, globals_ = loaded.feature_shapes(loaded.own_features)
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    batch = torch.randn(6, *planes), torch.randn(6, *globals_)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = model(*batch)
    really = sum(one.untyped_storage().nbytes() for place, one in kept.items() if place not in own)
    assert outputs is not None
    assert kept_for_gradients(model, *(one.to("meta") for one in batch)) == pytest.approx(really, rel=0.05)


def test_twice_the_batch_keeps_twice_as_much_and_games_want_trees() -> None:
    def of(*changes: str) -> tuple[int, int]:
        preset = read("dots-quick", ["net.blocks=2", "net.filters=16", *changes])
        game = preset.load_game()
        found = needs(preset, game, new_net(game, preset.net, 1)[1])
        return found.training, found.worker

    small, large = of("training.batch=500"), of("training.batch=1000", "selfplay.games_at_once=128")
    assert 1.7 < large[0] / small[0] < 2.0
    assert large[1] - small[1] == small[1] - (64 << 20)


@pytest.mark.long
@pytest.mark.parametrize("name", ["dots-quick", "dots-six-workers", "dots-production", "dots-extreme"])
def test_the_page_says_what_a_preset_asks(name: str) -> None:
    preset = read(name)
    game = preset.load_game()
    training, worker = re.findall(r"(\S+ [MG]iB)", str(needs(preset, game, new_net(game, preset.net, 1)[1])))
    page = (ROOT / "docs" / "dots-and-boxes.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`")]
    assert row.endswith(f"| {training} | {worker} |")
    loop, net = preset.loop, preset.net
    assert f"| {net.blocks} × {net.filters} | {loop.workers} | {loop.games} | {preset.training.batch} |" in row
