"""Finished games on disk."""

from __future__ import annotations

import errno
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.unit.learning.samples.played import played
from zhugo.learning.samples import files as samples
from zhugo.learning.samples.files import load, save
from zhugo.learning.samples.folder import Folder
from zhugo.learning.samples.shard import CUT_OFF, make_shard
from zhugo.shared.errors import UserError


def write(folder: Path, name: str, *numbers: int, game: str = "heap") -> None:
    save(make_shard([played(number, game=game) for number in numbers]), folder / name)


def test_a_shard_says_of_every_position_what_was_found(tmp_path: Path) -> None:
    owned = msgspec.structs.replace(played(2**40 + 7, 2), ownership=[1, -1, 0], lead=2.5, ended=CUT_OFF)
    save(make_shard([played(3), owned]), tmp_path / "1.npz")
    shard = load(tmp_path / "1.npz")
    assert (shard.game, shard.games, len(shard)) == ("heap", 2, 5)
    assert shard.id.tolist() == [3, 2**40 + 7]
    assert shard.specs == ({"heap": 6}, {"heap": 6})
    assert math.isnan(shard.lead[0])
    assert (shard.lead[1], shard.ended.tolist()) == (2.5, [0, CUT_OFF])
    assert [shard.ownership_of(row).tolist() for row in (0, 3)] == [[], [1, -1, 0]]
    assert [shard.moves_before(row) for row in range(5)] == [[], [0], [0, 1], [], [0]]
    assert shard.of_game.tolist() == [0, 0, 0, 1, 1]
    assert shard.to_play.tolist() == [1, -1, 1, 1, -1]
    assert shard.full.tolist() == [True, False, True, True, False]
    assert shard.visits.tolist() == [8, 9, 10, 8, 9]
    moves, counts = shard.policy(2)
    assert (moves.tolist(), counts.tolist()) == ([0, 2], [5, 4])


def test_weights_are_written_where_there_are_any_and_without_them_all_weigh_1(tmp_path: Path) -> None:
    plain = played(3)
    heavy = [msgspec.structs.replace(position, weight=0.5 + position.ply) for position in plain.positions]
    save(make_shard([plain]), tmp_path / "1.npz")
    save(make_shard([plain, msgspec.structs.replace(played(4), positions=heavy)]), tmp_path / "2.npz")
    old, new = load(tmp_path / "1.npz"), load(tmp_path / "2.npz")
    assert [int(np.load(tmp_path / f"{number}.npz")["version"]) for number in (1, 2)] == [1, 3]
    assert [old.weight_of(row) for row in range(3)] == [1.0, 1.0, 1.0]
    assert [new.weight_of(row) for row in range(6)] == [1.0, 1.0, 1.0, 0.5, 1.5, 2.5]


def test_a_game_without_a_searched_position_keeps_its_place(tmp_path: Path) -> None:
    write(tmp_path, "1.npz", 1)
    save(make_shard([played(5, 0)]), tmp_path / "2.npz")
    folder = Folder(tmp_path)
    assert (folder.games, folder.positions) == (2, 3)


def test_a_folder_takes_in_what_has_come(tmp_path: Path) -> None:
    write(tmp_path, "2.npz", 3, 4)
    write(tmp_path, "1.npz", 1, 2)
    folder = Folder(tmp_path)
    assert [shard.id.tolist() for shard in folder.shards] == [[1, 2], [3, 4]]
    (tmp_path / "3.partial").write_bytes(b"half a fi")
    assert folder.refresh() == 0
    write(tmp_path, "3.npz", 5)
    assert folder.refresh() == 3
    assert folder.shards[-1].id.tolist() == [5]
    assert (folder.games, folder.positions, folder.ids) == (5, 15, {1, 2, 3, 4, 5})


@pytest.mark.parametrize(
    ("numbers", "game", "complaint"),
    [((2, 1), "heap", "2.npz: game 1 is in 1.npz too"),
     ((7, 7), "heap", "2.npz: a game of it is there twice"),
     ((7,), "go", "2.npz: of go, not heap")],
)  # fmt: skip
def test_games_that_do_not_belong_together_are_refused(
    tmp_path: Path, numbers: tuple[int, ...], game: str, complaint: str
) -> None:
    write(tmp_path, "1.npz", 1)
    write(tmp_path, "2.npz", *numbers, game=game)
    with pytest.raises(UserError, match=complaint):
        Folder(tmp_path)


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        Folder(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"no zip", "cut"])
def test_a_file_that_is_no_shard_is_named(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "1.npz"
    write(tmp_path, path.name, 1)
    path.write_bytes(content if isinstance(content, bytes) else path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"^games .*1\.npz: .+"):
        load(path)


def test_a_shard_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(samples, "VERSION", 4)
        patch.setitem(samples._ARRAYS, 4, samples._ARRAYS[1])
        write(tmp_path, "1.npz", 1)
    with pytest.raises(UserError, match="of version 4, not 1 to 3"):
        load(tmp_path / "1.npz")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(file: Any, **_: Any) -> None:
        file.write(b"the first half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", overflow)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, "1.npz", 1)
    assert list(tmp_path.iterdir()) == []
