"""Files that are made once: by one process at a time, whole or not at all."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

from daemon.evaluation.devices import disk_cache


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "kept")


def test_it_is_made_once() -> None:
    assert disk_cache.find("a") is None
    assert disk_cache.keep("a", lambda: b"made") == b"made"
    assert disk_cache.keep("a", lambda: pytest.fail("again")) == b"made"
    assert disk_cache.find("a") == b"made"


@pytest.mark.parametrize("damage", [b"", b"short", bytes(100)])
def test_a_damaged_file_is_made_again(damage: bytes) -> None:
    disk_cache.keep("a", lambda: b"made")
    (disk_cache.directory() / "a").write_bytes(damage)
    assert disk_cache.keep("a", lambda: b"again") == b"again"
    assert disk_cache.find("a") == b"again"


def test_a_changed_bit_is_damage() -> None:
    disk_cache.keep("a", lambda: b"made")
    data = bytearray((disk_cache.directory() / "a").read_bytes())
    data[-1] ^= 1
    (disk_cache.directory() / "a").write_bytes(data)
    assert disk_cache.find("a") is None


def test_two_at_once_make_it_once() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        time.sleep(0.05)
        return b"made"

    threads = [threading.Thread(target=disk_cache.keep, args=("a", make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_failure_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        disk_cache.keep("a", lambda: bytes(1 // 0))
    assert disk_cache.find("a") is None
    assert disk_cache.keep("a", lambda: b"made") == b"made"


def test_without_a_place_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "file" / "kept")
    assert [disk_cache.keep("a", lambda: b"made") for _ in range(2)] == [b"made", b"made"]


def test_where_the_users_cache_cannot_be_written_files_lie_in_one_of_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert disk_cache.keep("a", lambda: b"made") == b"made"
    assert disk_cache.keep("a", lambda: pytest.fail("again")) == b"made"
    assert disk_cache.directory() == tmp_path / f"zhugo-cache-{os.getuid()}"
    assert disk_cache.directory().stat().st_mode & 0o777 == 0o700
    disk_cache.directory().chmod(0o777)
    assert disk_cache.keep("a", lambda: b"another") == b"another", "who could have written it is not known"


def test_what_is_put_takes_the_place_of_what_was_there() -> None:
    for content in (b"one", b"two"):
        disk_cache.put("a", content)
        assert disk_cache.find("a") == content
    disk_cache.put("ab", b"three")
    disk_cache.put("b", b"four")
    disk_cache.remove("a")
    assert [disk_cache.has(name) for name in ("a", "ab", "b")] == [False, False, True]


def test_one_at_a_time_is_alone() -> None:
    first = disk_cache.alone("work")
    assert first is not None
    assert disk_cache.alone("work") is None
    assert disk_cache.alone("other") is not None
    first.close()
    assert disk_cache.alone("work") is not None


def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "MAX_BYTES", 400)
    for name in ("a", "b", "c"):
        disk_cache.keep(name, lambda: bytes(100))
        time.sleep(0.02)
    assert disk_cache.find("a") is not None
    time.sleep(0.02)
    disk_cache.keep("d", lambda: bytes(100))
    assert [disk_cache.find(name) is not None for name in ("a", "b", "c", "d")] == [True, False, True, True]
