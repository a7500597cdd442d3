"""A folder of games while somebody writes it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.learning.samples.played import played
from zhugo.learning.samples.folder import Folder
from zhugo.learning.selfplay.plan import Plan
from zhugo.learning.selfplay.store import Store
from zhugo.shared.errors import UserError

PLAN = Plan("heap", {"heap": 6})


def test_shards_follow_those_that_are_there(tmp_path: Path) -> None:
    for first in (0, 2):
        with Store(tmp_path, PLAN) as store:
            assert store.numbers(0) == set(range(first))
            assert store.numbers(1) == set()
            store.write([played(first), played(first + 1)])
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["000001.npz", "000002.npz"]
    assert Folder(tmp_path).ids == {0, 1, 2, 3}


def test_what_a_kill_left_half_written_is_taken_away(tmp_path: Path) -> None:
    with Store(tmp_path, PLAN) as store:
        store.write([played(0)])
    (tmp_path / "000002.partial").write_bytes(b"half")
    with Store(tmp_path, PLAN) as store:
        store.write([played(1)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001.npz", "000002.npz", "game.json", "lock"]


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path, PLAN), pytest.raises(UserError, match="another process writes them"):
        Store(tmp_path, PLAN)
    Store(tmp_path, PLAN).close()


@pytest.mark.parametrize(
    ("other", "complaint"),
    [(msgspec.structs.replace(PLAN, spec={"heap": 7}), 'of another game or version: .*"heap": 6'),
     (msgspec.structs.replace(PLAN, game="go"), "of another game or version")],
)  # fmt: skip
def test_games_of_something_else_are_left_alone(tmp_path: Path, other: Plan, complaint: str) -> None:
    with Store(tmp_path, PLAN) as store:
        store.write([played(0)])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UserError, match=complaint):
        Store(tmp_path, other)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_strange_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "00000-9.npz").write_bytes(b"x")
    with pytest.raises(UserError, match="files of something else"):
        Store(tmp_path / "strange", PLAN)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "game.json").write_text("{")
    with pytest.raises(UserError, match=r"game\.json: corrupted"):
        Store(tmp_path / "broken", PLAN)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="File exists"):
        Store(tmp_path / "file", PLAN)
