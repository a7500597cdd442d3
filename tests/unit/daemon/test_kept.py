"""Files that are made once: by one process at a time, whole or not at all."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

from daemon.evaluation.devices import kept


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "directory", lambda: tmp_path / "kept")


def test_it_is_made_once() -> None:
    assert kept.find("a") is None
    assert kept.keep("a", lambda: b"made") == b"made"
    assert kept.keep("a", lambda: pytest.fail("again")) == b"made"
    assert kept.find("a") == b"made"


@pytest.mark.parametrize("damage", [b"", b"short", bytes(100)])
def test_a_damaged_file_is_made_again(damage: bytes) -> None:
    kept.keep("a", lambda: b"made")
    (kept.directory() / "a").write_bytes(damage)
    assert kept.keep("a", lambda: b"again") == b"again"
    assert kept.find("a") == b"again"


def test_a_changed_bit_is_damage() -> None:
    kept.keep("a", lambda: b"made")
    data = bytearray((kept.directory() / "a").read_bytes())
    data[-1] ^= 1
    (kept.directory() / "a").write_bytes(data)
    assert kept.find("a") is None


def test_two_at_once_make_it_once() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        time.sleep(0.05)
        return b"made"

    threads = [threading.Thread(target=kept.keep, args=("a", make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_failure_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        kept.keep("a", lambda: bytes(1 // 0))
    assert kept.find("a") is None
    assert kept.keep("a", lambda: b"made") == b"made"


def test_without_a_place_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(kept, "directory", lambda: tmp_path / "file" / "kept")
    assert [kept.keep("a", lambda: b"made") for _ in range(2)] == [b"made", b"made"]


def test_where_the_users_cache_cannot_be_written_files_lie_in_one_of_the_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert kept.keep("a", lambda: b"made") == b"made"
    assert kept.keep("a", lambda: pytest.fail("again")) == b"made"
    assert kept.directory() == tmp_path / f"zhugo-cache-{os.getuid()}"
    assert kept.directory().stat().st_mode & 0o777 == 0o700
    kept.directory().chmod(0o777)
    assert kept.keep("a", lambda: b"another") == b"another", "who could have written it is not known"


def test_what_is_put_takes_the_place_of_what_was_there() -> None:
    for content in (b"one", b"two"):
        kept.put("a", content)
        assert kept.find("a") == content
    kept.put("ab", b"three")
    kept.put("b", b"four")
    kept.remove("a")
    assert [kept.has(name) for name in ("a", "ab", "b")] == [False, False, True]


def test_one_at_a_time_is_alone() -> None:
    first = kept.alone("work")
    assert first is not None
    assert kept.alone("work") is None
    assert kept.alone("other") is not None
    first.close()
    assert kept.alone("work") is not None


def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_BYTES", 400)
    for name in ("a", "b", "c"):
        kept.keep(name, lambda: bytes(100))
        time.sleep(0.02)
    assert kept.find("a") is not None
    time.sleep(0.02)
    kept.keep("d", lambda: bytes(100))
    assert [kept.find(name) is not None for name in ("a", "b", "c", "d")] == [True, False, True, True]
