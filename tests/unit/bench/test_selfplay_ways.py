"""Runs of learning that differ in one way of self-play: what they differ in, and what is made of their games."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench import selfplay_ways as ways
from bench.selfplay_ways import PLAIN, WAYS, Ablation, Played, chosen, figures, measure
from tests.unit.learning.loop.test_folder import folder_of, iteration
from zhugo.learning.loop.loop import Learning
from zhugo.learning.loop.preset import Preset, read
from zhugo.shared.errors import UserError
from zhugo.strength.arena.contest import Pair


def test_each_way_is_another_than_plain_and_a_plan() -> None:
    preset = read("proof-connect-four")
    ablation = Ablation(preset, chosen([]), 1000, 1, 1)
    plans = {way: ways._preset(ablation, way, 1).plan(preset.load_game(), Path("net")) for way in WAYS}
    assert len({msgspec.json.encode(plan) for plan in plans.values()}) == len(WAYS)
    plain = plans[PLAIN]
    assert (plain.forced_playouts, plain.surprise_weight, plain.root_selection) == (0.0, 0.0, "puct")


@pytest.mark.parametrize("name", ["nothing", PLAIN])
def test_a_way_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=rf"--way {name}: there is none of this name; take forced-playouts, "):
        chosen([name])


def test_elo_is_that_of_all_pairs_and_of_each_seed() -> None:
    even, better = [(1.0, 0.0)] * 20, [(1.0, 0.5)] * 20
    row = figures([Played("gumbel", 1, (1000, 1100), 32, even), Played("gumbel", 2, (1200, 1300), 32, better)])
    assert (row["pairs"], row["score"]) == (40, 0.625)
    assert row["elo_by_seed"][0][0] == pytest.approx(0.0)
    assert row["elo_by_seed"][1][0] == pytest.approx(190.8, abs=0.1)  # a score of 3/4
    assert row["elo"][0] == pytest.approx(88.7, abs=0.1)
    assert row["elo"][1] < row["elo"][0] < row["elo"][2]
    assert (row["evaluations"], row["evaluations_plain"]) == ([1000, 1200], [1100, 1300])


def test_what_was_played_is_not_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[tuple[str, int]] = []

    def contest(_folder: Path, _preset: Preset, way: str, seed: int) -> list[Pair]:
        played.append((way, seed))
        return [(1.0, 0.5)]

    monkeypatch.setattr(ways, "_learn", lambda *_: 1000)
    monkeypatch.setattr(ways, "_contest", contest)
    ablation = Ablation(read("proof-connect-four"), chosen(["gumbel"]), 1000, 2, 1)
    first = measure(tmp_path, ablation, lambda _: None)
    assert measure(tmp_path, ablation, lambda _: None) == first
    assert played == [("gumbel", 1), ("gumbel", 2)]


def test_a_run_ends_when_its_net_was_asked_often_enough(tmp_path: Path) -> None:
    learning = object.__new__(Learning)
    learning.preset = read("quick", ["game=tic_tac_toe", "loop.evaluations=10000", "loop.iterations=100"])
    learning.folder = folder_of(tmp_path)
    assert learning.progress == 0.0
    learning.folder.add(msgspec.structs.replace(iteration(1), evaluations=4000))
    assert learning.progress == pytest.approx(0.4)
    learning.folder.add(msgspec.structs.replace(iteration(2), evaluations=10_400))
    assert learning.over
