"""What a setting that is wrong is told: its key, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation
from daemon.process.in_process_daemon import InProcessDaemon
from games import GameError
from protocol.messages import BatchRequest
from zhugo.learning.loop.preset import PRESETS, Preset, names, read
from zhugo.learning.selfplay.player import Player
from zhugo.learning.training.net import new_net, plays
from zhugo.learning.training.plan import Shape
from zhugo.shared.errors import UserError
from zhugo.shared.settings import unset


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
    with pytest.raises(UserError, match=r"take dots-extreme, dots-production, .*quick or the name of a \.toml file"):
        read("slow")
    with pytest.raises(GameError, match="a size is for go"):
        read("quick", ["game=chess", "size=9"])
    with pytest.raises(UserError, match="komi is for go, not for chess"):
        read("quick", ["game=chess", "komi=7.5"])
    with pytest.raises(GameError, match="unknown game 'poker'"):
        read("quick", ["game=poker"])


def test_without_presets_the_line_is_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("zhugo.learning.loop.preset.PRESETS", tmp_path)
    with pytest.raises(UserError) as caught:
        read("quick")
    assert str(caught.value) == "preset quick: there is none of this name; take the name of a .toml file"
    (tmp_path / "one.toml").write_text("")
    with pytest.raises(UserError, match=r"take one or the name of a \.toml file"):
        read("quick")


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.toml: No such file or directory"):
        read(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"mine\.toml: not a text"):
        read(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    "key", ["komi=", "size=", " loop.minutes =", "training.window.first=", "training=", "selfplay="]
)
def test_a_key_without_a_value_has_its_default(key: str) -> None:
    preset, plain = read("quick", [key]), Preset()
    for part in key.strip("= ").split("."):
        preset, plain = getattr(preset, part), getattr(plain, part)
    assert preset == plain


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("training.batchs=", "there is no training.batchs; allowed: average, batch"),
        ("nets=", "there is no nets; allowed: arena"),
        ("komi.size=", "komi is no table"),
    ],
)
def test_a_key_that_is_none_cannot_be_taken_away(change: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        read("quick", [change])


def test_what_is_taken_away_can_be_set_again() -> None:
    preset = read("quick", [*unset(["net", "training.batch"]), "net.blocks=3", "training.batch=8"])
    assert (preset.net.blocks, preset.net.filters, preset.training.batch) == (3, Preset().net.filters, 8)
    with pytest.raises(UserError, match="--unset net=3: it takes a key alone"):
        unset(["net=3"])


OTHER_GAMES = ["dots_and_boxes", "connect_four", "dots_and_boxes(num_rows=3,num_cols=4)", "tic_tac_toe", "chess"]


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("game", OTHER_GAMES)
def test_every_preset_fits_every_game(name: str, game: str, tmp_path: Path) -> None:
    said: list[str] = []
    preset = read(name, [f"game={game}"], said.append)
    loaded = preset.load_game()
    assert (loaded.name, preset.size, preset.komi) == ("openspiel", None, None)
    assert plays(new_net(loaded, Shape(1, 8), 1)[0], loaded)
    plan = msgspec.structs.replace(preset.plan(loaded, Path("net")), visits=4, fast_visits=2)
    device = EmulatedDevice(tmp_path / "device", Emulation(0.0))
    player = Player(plan, InProcessDaemon(device, BatchRequest(16)), "")
    player.deal([0, 1])
    while player.positions < 10 and not player.idle:
        player.play(1.0)
    device.close()
    if read(name).size is not None:
        (line,) = said
        assert line.startswith(f"preset {name}: left out size")


@pytest.mark.parametrize("size", [7, 9, 13, 19])
@pytest.mark.parametrize("name", names())
def test_every_preset_fits_go_of_every_size(name: str, size: int) -> None:
    preset = read(name, ["game=go", f"size={size}"])
    game = preset.load_game()
    assert game.spec()["size"] == size
    assert plays(new_net(game, Shape(1, 8), 1)[0], game)


def test_what_is_asked_for_is_not_left_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("""
        game = "tic_tac_toe"
        selfplay = {max_moves = 5, openings = "of-tic-tac-toe.txt", visits = 9}
        arena.max_moves = 6
    """)
    said: list[str] = []
    preset = read(str(path), ["game=connect_four", "selfplay.max_moves=30"], said.append)
    assert (preset.selfplay.max_moves, preset.selfplay.visits) == (30, 9)
    assert (preset.selfplay.openings, preset.arena.max_moves) == (None, None)
    assert said == [f"preset {path}: left out selfplay.openings, arena.max_moves, which it has for tic_tac_toe"]
    assert read(str(path), ["game=tic_tac_toe"], said.append).arena.max_moves == 6
    assert len(said) == 1


@pytest.mark.parametrize("name", names())
def test_no_preset_names_what_some_machine_lacks(name: str) -> None:
    preset = read(name)
    assert (preset.selfplay.device, preset.selfplay.precision) == ("auto", "auto")
    assert (preset.training.device, preset.training.precision, preset.training.compile) == ("auto", "auto", "auto")


def test_a_preset_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("")
    assert read(str(path)) == Preset()
