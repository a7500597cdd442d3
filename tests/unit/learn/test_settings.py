"""What a setting that is wrong is told: its key, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from games import GameError
from zhugo.errors import UserError
from zhugo.learn.preset import PRESETS, Preset, names, read


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("training.batch=many", "training.batch is a whole number from 1 to 65536, not 'many'"),
        ("training.batch=1.5", "training.batch is a whole number from 1 to 65536, not 1.5"),
        ("training.rate=0", "training.rate is a number above 0 to 10, not 0"),
        ("training.average=1.0", "training.average is a number from 0 below 1, not 1.0"),
        ("training.precision=half", "training.precision is one of auto, bfloat16, float32, not 'half'"),
        ("training.weights.policy=-1", "training.weights.policy is a number from 0 to 1000, not -1"),
        (
            "training.weights.policies=1",
            "there is no training.weights.policies; allowed: lead, ownership, policy, value",
        ),
        ("arena.games=3", "arena.games is a whole number from 2 to 100000 that 2 divides, not 3"),
        ("selfplay.visits=1", "selfplay.visits is a whole number from 2 to 2147483648, not 1"),
        ("selfplay.keep_tree=1", "selfplay.keep_tree is true or false, not 1"),
        ("selfplay.openings=3", "selfplay.openings is a text, not 3"),
        ("selfplay.net=mine", "there is no selfplay.net; allowed: cache_mb, device"),
        ("net=3", "net is a table of blocks, filters, not 3"),
        ("nets.blocks=3", "there is no nets; allowed: arena, game, komi, loop, net, selfplay, size, training"),
        ("training", "--set training: it is written key=value, such as training.batch=512"),
        ("game.size=9", "--set game.size=9: game is no table"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(change: str, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        read("quick", [change])
    assert complaint in str(caught.value)


def test_changes_are_values_as_in_toml_or_texts() -> None:
    preset = read("quick", ["training.batch=512", "selfplay.device=torch", "loop.minutes=2.5"])
    assert (preset.training.batch, preset.selfplay.device, preset.loop.minutes) == (512, "torch", 2.5)
    assert preset.training.window.first == 100_000  # its neighbours in the file stay


@pytest.mark.parametrize("name", names())
def test_every_preset_can_be_read_and_says_what_it_is(name: str) -> None:
    preset = read(name)
    game = preset.load_game()
    assert preset.plan(game, Path("net")).visits == preset.selfplay.visits
    assert (PRESETS / f"{name}.toml").read_text().startswith("# ")


@pytest.mark.parametrize(
    ("name", "workers", "games", "batch", "filters", "blocks"),
    [("quick", 4, 40, 1024, 128, 10), ("production", 8, 100, 2048, 256, 15), ("extreme", 12, 120, 4096, 512, 20)],
)
def test_presets_have_the_values_of_the_original(
    name: str, workers: int, games: int, batch: int, filters: int, blocks: int
) -> None:
    preset = read(name)
    assert (preset.loop.workers, preset.loop.games) == (workers, games)
    assert (preset.training.batch, preset.net.filters, preset.net.blocks) == (batch, filters, blocks)
    assert preset.arena.accept == 0.55


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("game = ", "preset .*: Invalid value"),
        ('game = "go"\nsize = 9\n[loops]\n', "there is no loops"),
        ('game = "tic_tac_toe"\nkomi = 3.5\n', "komi is for go, not for tic_tac_toe"),
    ],
)
def test_a_file_that_is_no_preset_is_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=complaint) as caught:
        read(str(path))
    assert "\n" not in str(caught.value)


def test_unknown_presets_and_games() -> None:
    with pytest.raises(UserError, match=r"there are extreme, production, .*quick, or the name of a \.toml file"):
        read("slow")
    with pytest.raises(GameError, match="a size is for go"):
        read("quick", ["game=chess"])


def test_a_preset_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("")
    assert read(str(path)) == Preset()
