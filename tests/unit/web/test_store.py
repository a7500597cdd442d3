"""What the board keeps on disk."""

from __future__ import annotations

import multiprocessing
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from zhugo.review.move_costs import Candidate, Position
from zhugo.shared.errors import UserError
from zhugo.web.store.analyses import FILE, AnalysisStore, position_key
from zhugo.web.store.games import GameStore

NINE = {"size": 9, "komi": 7.0, "rules": "chinese"}
NET = "ab" * 32


def analysed(visits: int, win_rate: float = 0.5) -> Position:
    return Position(win_rate, 0.5, visits, (Candidate(40, visits - 1, win_rate, None, 0.25, (40, 41)),))


@pytest.fixture
def said() -> list[str]:
    return []


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_a_game_comes_back_as_it_was_saved(tmp_path: Path, said: list[str]) -> None:
    sgf = "(;C[碁 <script>];B[aa])".encode()
    GameStore(tmp_path, said.append).save("one", sgf, "Ann – Bob", 1, {"clock": [1.5, None]}, played=True)
    saved = GameStore(tmp_path, said.append).load("one")
    assert (saved.sgf, saved.title, saved.moves, saved.state, saved.played) == (
        sgf, "Ann – Bob", 1, {"clock": [1.5, None]}, True,
    )  # fmt: skip


def test_bytes_in_another_encoding_come_back_too(tmp_path: Path, said: list[str]) -> None:
    sgf = "(;CA[GB18030]C[围棋])".encode("gb18030")
    store = GameStore(tmp_path, said.append)
    store.save("one", sgf, "", 0, {}, played=False)
    assert store.load("one").sgf == sgf


def test_the_newest_game_is_listed_first_and_a_removed_one_is_not(tmp_path: Path, said: list[str]) -> None:
    store = GameStore(tmp_path, said.append, Clock())
    for name in ("one", "two", "three"):
        store.save(name, b"(;)", name, 0, {}, played=False)
    store.save("one", b"(;)", "one again", 0, {}, played=False)
    store.remove("two")
    store.remove("never-was")
    assert [one.title for one in store.list()] == ["one again", "three"]


def test_a_damaged_game_is_put_aside_with_one_line(tmp_path: Path, said: list[str]) -> None:
    store = GameStore(tmp_path, said.append)
    store.save("good", b"(;)", "good", 0, {}, played=False)
    (tmp_path / "games" / "bad.json").write_bytes(b'{"format": "zhugo-game-1", "tit')
    (tmp_path / "games" / "worse.json").write_bytes(b"\x00\xff" * 50)
    assert [one.game for one in store.list()] == ["good"]
    assert [one.game for one in store.list()] == ["good"]
    assert len(said) == 2
    assert all("damaged" in line and "\n" not in line for line in said)
    assert (tmp_path / "games" / "bad.damaged").exists()


@pytest.mark.parametrize("name", ["", "../one", "a/b", "one.json", "/etc/passwd", "x" * 65, "a\n"])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path, said: list[str]) -> None:
    store = GameStore(tmp_path, said.append)
    for act in (lambda: store.load(name), lambda: store.remove(name)):
        with pytest.raises(UserError):
            act()
    with pytest.raises(UserError):
        store.save(name, b"(;)", "", 0, {}, played=False)


@pytest.mark.parametrize(
    ("spec", "record", "same"),
    [
        (NINE, [40, 41], True),
        ({**NINE, "size": [9, 9], "komi": 7}, [40, 41], True),
        ({**NINE, "to_play": "black", "black": []}, [40, 41], True),
        ({**NINE, "komi": 7.5}, [40, 41], False),
        ({**NINE, "rules": "japanese"}, [40, 41], False),
        ({**NINE, "black": [3]}, [40, 41], False),
        (NINE, [41, 40], False),
        (NINE, [40], False),
        ({**NINE, "size": 13}, [40, 41], False),
    ],
)
def test_a_position_is_known_by_its_game_and_the_way_to_it(spec: dict, record: list[int], same: bool) -> None:
    assert (position_key(spec, record) == position_key(NINE, [40, 41])) is same


def test_the_better_known_analysis_is_kept(tmp_path: Path, said: list[str]) -> None:
    store, key = AnalysisStore(tmp_path, said.append), position_key(NINE, [40])
    store.put(key, NET, analysed(50))
    store.put(key, NET, analysed(20, 0.9))
    assert store.get(key, NET) == analysed(50)
    store.put(key, NET, analysed(80))
    assert AnalysisStore(tmp_path, said.append).get(key, NET) == analysed(80)
    assert store.get(key, "another net") is None
    assert store.get(position_key(NINE, []), NET) is None
    assert store.get_all([key, position_key(NINE, [])], NET) == {key: analysed(80)}
    assert said == []


def test_without_a_net_nothing_is_kept(tmp_path: Path, said: list[str]) -> None:
    store, key = AnalysisStore(tmp_path, said.append), position_key(NINE, [40])
    store.put(key, "", analysed(50))
    assert store.get(key, "") is None


def test_what_was_used_long_ago_goes_first(tmp_path: Path, said: list[str]) -> None:
    store = AnalysisStore(tmp_path, said.append, max_bytes=200_000, clock=Clock())
    long = replace(analysed(50), candidates=tuple(analysed(50).candidates * 20))
    keys = [position_key(NINE, [at]) for at in range(81)] + [position_key(NINE, [at, 80]) for at in range(80)]
    for key in keys * 2:
        store.put(key, NET, long)
        kept_last = key
    assert (tmp_path / FILE).stat().st_size < 400_000
    found = store.get_all(keys, NET)
    assert kept_last in found
    assert 20 < len(found) < len(keys)
    assert keys[-1] in found
    assert keys[0] not in found


@pytest.mark.parametrize("damage", [b"this is no database" * 400, b"\x00" * 8192])
def test_a_damaged_database_is_put_aside_and_begun_anew(damage: bytes, tmp_path: Path, said: list[str]) -> None:
    (tmp_path / FILE).write_bytes(damage)
    store, key = AnalysisStore(tmp_path, said.append), position_key(NINE, [40])
    assert store.get(key, NET) is None
    store.put(key, NET, analysed(50))
    assert store.get(key, NET) == analysed(50)
    assert len(said) == 1
    assert "\n" not in said[0]


def test_a_database_that_is_damaged_in_use_is_put_aside_too(tmp_path: Path, said: list[str]) -> None:
    store = AnalysisStore(tmp_path, said.append)
    keys = [position_key(NINE, [one, two]) for one in range(40) for two in range(41, 81)]
    store.put_all(dict.fromkeys(keys, analysed(50)), NET)
    store.close()
    size = (tmp_path / FILE).stat().st_size
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 8192))
    store = AnalysisStore(tmp_path, said.append)
    store.get_all(keys, NET)
    store.put(keys[0], NET, analysed(60))
    assert store.get(keys[0], NET) == analysed(60)
    assert len(said) == 1


def test_a_folder_that_takes_nothing_is_told_once(tmp_path: Path, said: list[str]) -> None:
    store, key = AnalysisStore(tmp_path / "not there", said.append), position_key(NINE, [40])
    for _ in range(3):
        store.put(key, NET, analysed(50))
        assert store.get(key, NET) is None
    assert len(said) == 1


def _write(folder: Path, first: int) -> None:
    store = AnalysisStore(folder, print)
    for at in range(60):
        store.put(position_key(NINE, [first, at]), NET, analysed(50))
        store.put(position_key(NINE, [80]), NET, analysed(1000 * first + at + 1))


def test_two_processes_write_at_once(tmp_path: Path, said: list[str]) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write, args=(tmp_path, first)) for first in (70, 71)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(120)
    assert [one.exitcode for one in writers] == [0, 0]
    store = AnalysisStore(tmp_path, said.append)
    keys = [position_key(NINE, [first, at]) for first in (70, 71) for at in range(60)]
    assert store.get_all(keys, NET).keys() == set(keys)
    assert store.get(position_key(NINE, [80]), NET) == analysed(71_060)
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
