"""Training learns, is kept and goes on as if nothing had been, and makes do with little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import games
import nets
from tests.no_room import COMPLAINT, no_room
from tests.unit.learning.training.played import GO, TIC_TAC_TOE, write
from tests.unit.learning.training.test_batches import rows_of
from zhugo.learning.training.batches import make_batch
from zhugo.learning.training.checkpoint import STATE
from zhugo.learning.training.log import read
from zhugo.learning.training.net import dump, load_net, new_net
from zhugo.learning.training.plan import Mix, Shape, Training
from zhugo.learning.training.played import run_on_games
from zhugo.learning.training.replicas import devices_of
from zhugo.learning.training.run import Run, ahead
from zhugo.learning.training.trainer import Trainer
from zhugo.shared.errors import UserError

SMALL = Training(batch=16, warm_up=5, save_every=1000)


def net_for(kind: tuple[str, dict[str, Any]], seed: int = 1) -> bytes:
    """A small net with random weights."""
    return dump(*new_net(games.load(*kind), Shape(blocks=1, filters=8), seed))


def run_in(directory: Path, played: Path, net: bytes, training: Training = SMALL) -> Run:
    """A run that knows the games that there are."""
    directory.mkdir(exist_ok=True)
    run = run_on_games(directory, played, net, training, seed=1, say=lambda _: None)
    run.folder.refresh()
    return run


def curve(run: Run, steps: int) -> None:
    """Learn until then, towards step 40."""
    for _ in run.learn_until(steps, lambda step: step / 40):
        pass
    run.log.close()


@pytest.mark.parametrize("kind", [GO, TIC_TAC_TOE], ids=["go", "tic_tac_toe"])
def test_losses_fall_on_games_that_are_seen_again_and_again(tmp_path: Path, kind: tuple[str, dict[str, Any]]) -> None:
    run = run_in(tmp_path / "run", write(tmp_path / "games", [1], kind), net_for(kind))
    entries = list(run.learn_until(150, lambda _: 0.0))
    first, last = entries[0].losses, entries[-1].losses
    assert set(first) == ({"policy", "value", "lead", "ownership"} if kind is GO else {"policy", "value"})
    assert last["value"] < 0.7 * first["value"]
    assert nets.load(write_net(tmp_path, run.trainer.dump())).features == games.load(*kind).own_features


def test_a_net_that_sees_history_is_trained_on_games_as_well(tmp_path: Path) -> None:
    """The bundled one, as anybody would go on with it."""
    run = run_in(tmp_path / "run", write(tmp_path / "games", [1], GO), nets.BUNDLED.read_bytes())
    curve(run, 10)
    assert nets.load(write_net(tmp_path, run.trainer.dump())).features == "zhugo_history"


def write_net(directory: Path, data: bytes) -> Path:
    """A net as a file."""
    path = directory / "net.safetensors"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", [GO, TIC_TAC_TOE], ids=["go", "tic_tac_toe"])
def test_the_file_of_a_net_says_what_the_net_in_training_does(tmp_path: Path, kind: tuple[str, dict[str, Any]]) -> None:
    run = run_in(tmp_path / "run", write(tmp_path / "games", [1], kind), net_for(kind))
    curve(run, 20)
    batch = make_batch(rows_of(tmp_path / "games", 8))
    file = nets.load(write_net(tmp_path, run.trainer.dump()))
    with torch.inference_mode():
        expected = run.trainer.average.module(batch.planes, batch.globals_)
        found = file.module(batch.planes, batch.globals_)
    for theirs, ours in zip(found, expected, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=2e-2, atol=2e-2)  # the file is in half precision


def test_a_run_that_goes_on_makes_the_same_curve(tmp_path: Path) -> None:
    played, net = write(tmp_path / "games", [1, 2], GO), net_for(GO)
    whole = run_in(tmp_path / "whole", played, net)
    curve(whole, 40)
    curve(run_in(tmp_path / "parts", played, net), 20)
    later = run_in(tmp_path / "parts", played, net)
    assert later.trainer.steps == 20
    curve(later, 40)

    def told(directory: Path) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in line.items() if name not in ("steps_per_s", "seconds")}
            for line in read(directory)
        ]

    assert told(tmp_path / "parts") == told(tmp_path / "whole")
    assert [line["step"] for line in told(tmp_path / "whole")] == [10, 20, 30, 40]
    ours, theirs = later.trainer.module.state_dict(), whole.trainer.module.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_batches_that_are_prepared_beside_a_device_come_in_the_same_order(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run", write(tmp_path / "games", [1, 2], GO), net_for(GO))
    steps = range(5, 16)
    for made, expected in zip(ahead(run.samples.batch, steps, 3), map(run.samples.batch, steps), strict=True):
        assert torch.equal(made.planes, expected.planes)
        assert torch.equal(made.policy, expected.policy)


def test_what_was_told_after_the_checkpoint_is_told_again(tmp_path: Path) -> None:
    played, net = write(tmp_path / "games", [1]), net_for(TIC_TAC_TOE)
    curve(run_in(tmp_path / "run", played, net), 10)
    kept = (tmp_path / "run" / STATE).read_bytes()
    curve(run_in(tmp_path / "run", played, net), 30)
    (tmp_path / "run" / STATE).write_bytes(kept)  # as if the process had been killed before it kept step 30
    curve(run_in(tmp_path / "run", played, net), 20)
    assert [line["step"] for line in read(tmp_path / "run")] == [10, 20]
    assert len(list((tmp_path / "run" / "tensorboard").iterdir())) == 3


def test_the_share_of_the_search_in_the_value_rises(tmp_path: Path) -> None:
    training = Training(batch=10, mix=Mix(first=0.2, last=0.8, positions=20))
    trainer = Trainer(*load_net(net_for(TIC_TAC_TOE)), training, print)
    batch = make_batch(rows_of(write(tmp_path, [1, 2]), 10))
    shares = []
    for _ in range(4):
        shares.append(trainer.search_share)
        trainer.learn(batch, 0.0)
    assert shares == pytest.approx([0.2, 0.5, 0.8, 0.8])


def test_the_rate_warms_up_and_goes_down_along_a_cosine() -> None:
    trainer = Trainer(*load_net(net_for(TIC_TAC_TOE)), Training(rate=1.0, last_rate=0.2, warm_up=4), print)
    assert trainer.rate(0.0) == pytest.approx(0.25)
    trainer.steps = 100
    assert [trainer.rate(progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.6, 0.2])


class LittleMemory(torch.nn.Module):
    """A net on a device that has room for a few positions only."""

    def __init__(self, inside: torch.nn.Module, room: int) -> None:
        super().__init__()
        self.inside, self.room = inside, room

    def forward(self, planes: Tensor, globals_: Tensor) -> Any:
        if len(planes) > self.room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return self.inside(planes, globals_)


def test_a_batch_too_large_for_the_device_is_taken_in_parts(tmp_path: Path) -> None:
    batch = make_batch(rows_of(write(tmp_path, [1, 2], GO), 24))
    said: list[str] = []
    plain, cramped = (Trainer(*load_net(net_for(GO)), SMALL, said.append) for _ in range(2))
    cramped._replicas.forwards[0] = LittleMemory(cramped.module, room=7)
    whole, in_parts = plain.learn(batch, 0.0), cramped.learn(batch, 0.0)
    assert said == [
        "out of device memory: batches of 24 are taken in 2 parts from now on",
        "out of device memory: batches of 24 are taken in 4 parts from now on",
    ]
    assert in_parts.losses == pytest.approx(whole.losses, rel=1e-4)
    assert in_parts.norm == pytest.approx(whole.norm, rel=1e-3)
    cramped.learn(batch, 0.0)
    assert len(said) == 2
    cramped._replicas.forwards[0] = LittleMemory(cramped.module, room=0)
    with pytest.raises(UserError, match="out of device memory with a single position"):
        cramped.learn(batch, 0.0)


def test_losses_that_are_no_numbers_end_training(tmp_path: Path) -> None:
    trainer = Trainer(*load_net(net_for(TIC_TAC_TOE)), SMALL, print)
    with torch.no_grad():
        next(trainer.module.parameters()).fill_(float("nan"))
    with pytest.raises(UserError, match=r"no numbers any more; try a lower training\.rate"):
        trainer.learn(make_batch(rows_of(write(tmp_path, [1]), 4)), 0.0)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    played, net = write(tmp_path / "games", [1]), net_for(TIC_TAC_TOE)
    run = run_in(tmp_path / "run", played, net)
    curve(run, 10)
    with pytest.raises(OSError, match=COMPLAINT), no_room(100):
        run.save()
    assert run_in(tmp_path / "run", played, net).trainer.steps == 10


@pytest.mark.parametrize(
    ("kind", "spoil", "complaint"),
    [
        (GO, lambda _: None, "another shape or for another game"),
        (TIC_TAC_TOE, lambda path: path.write_bytes(b"?"), "state.pt cannot be read"),
    ],
)
def test_a_run_that_cannot_go_on_is_one_line(tmp_path: Path, kind: Any, spoil: Any, complaint: str) -> None:
    played = write(tmp_path / "games", [1])
    curve(run_in(tmp_path / "run", played, net_for(TIC_TAC_TOE)), 10)
    spoil(tmp_path / "run" / STATE)
    with pytest.raises(UserError, match=complaint):
        run_in(tmp_path / "run", played, net_for(kind))


def test_games_that_the_net_does_not_play_are_refused(tmp_path: Path) -> None:
    run = run_in(tmp_path / "run", write(tmp_path / "games", [1]), net_for(GO))
    with pytest.raises(UserError, match="the net does not play tic_tac_toe"):
        curve(run, 10)
    empty = tmp_path / "none"
    empty.mkdir()
    with pytest.raises(UserError, match="there are none to learn from"):
        curve(run_in(tmp_path / "other", empty, net_for(GO)), 10)


@pytest.mark.parametrize(("device", "gpus", "complaint"), [
    ("cuda", 0, "there is no CUDA device here"), ("cuda:0", 0, "there is no CUDA device here"),
    ("cuda:0,3", 3, "cuda:0,3: there is no GPU 3"), ("cuda:1,1", 2, "each number once"),
])  # fmt: skip
def test_a_gpu_that_is_not_there_is_one_line(
    device: str, gpus: int, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(UserError, match=rf"training\.device.*{complaint}"):
        devices_of(Training(device=device))


@pytest.mark.parametrize(("device", "gpus", "expected"), [
    ("auto", 0, ["cpu"]), ("auto", 2, ["cuda"]), ("cpu", 2, ["cpu"]), ("cuda", 2, ["cuda:0"]),
    ("cuda:1,0", 2, ["cuda:1", "cuda:0"]),
])  # fmt: skip
def test_the_devices_of_a_training(
    device: str, gpus: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert list(map(str, devices_of(Training(device=device)))) == expected


def on_devices(count: int, said: list[str]) -> Trainer:
    """A net of Go on so many devices."""
    return Trainer(*load_net(net_for(GO)), SMALL, said.append, devices=[torch.device("cpu")] * count)


@pytest.mark.parametrize("count", [2, 3, 40])
def test_several_devices_learn_what_one_does(count: int, tmp_path: Path) -> None:
    """Of 25 positions; some of forty have none. And when they go on, all have the weights that were kept."""
    batch = make_batch(rows_of(write(tmp_path, [1, 2], GO), 25))
    one, several = on_devices(1, []), on_devices(count, [])
    for _ in range(3):
        alone, together = one.learn(batch, 0.0), several.learn(batch, 0.0)
        assert together.losses == pytest.approx(alone.losses, rel=1e-3)
        assert together.norm == pytest.approx(alone.norm, rel=1e-2)
    later = on_devices(count, [])
    later.load_state_dict(several.state_dict())
    for trainer in (several, later):
        for module in trainer._replicas.modules:
            for ours, theirs in zip(module.parameters(), several.module.parameters(), strict=True):
                assert torch.equal(ours, theirs)
    assert later.learn(batch, 0.0).losses == pytest.approx(one.learn(batch, 0.0).losses, rel=1e-3)


def test_a_device_with_too_little_memory_makes_all_take_their_shares_in_parts(tmp_path: Path) -> None:
    batch = make_batch(rows_of(write(tmp_path, [1, 2], GO), 24))
    said: list[str] = []
    plain, cramped = on_devices(1, said), on_devices(2, said)
    cramped._replicas.forwards[1] = LittleMemory(cramped._replicas.modules[1], room=7)
    whole, in_parts = plain.learn(batch, 0.0), cramped.learn(batch, 0.0)
    assert said == ["out of device memory: batches of 24 are taken in 2 parts from now on"]
    assert in_parts.losses == pytest.approx(whole.losses, rel=1e-4)
    assert in_parts.norm == pytest.approx(whole.norm, rel=1e-3)
