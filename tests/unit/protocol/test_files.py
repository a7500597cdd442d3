"""A file is written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from protocol.files import write_whole
from tests.no_room import COMPLAINT, no_room


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "net"
    write_whole(path, b"the old one, which is longer")
    write_whole(path, memoryview(b"the new one"))
    assert path.read_bytes() == b"the new one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "net"
    write_whole(path, b"old")
    with pytest.raises(OSError, match=COMPLAINT), no_room(100):
        write_whole(path, bytes(200))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_writer_left_that_was_killed_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "net"
    path.with_name("net.partial").write_bytes(b"half of a ")
    write_whole(path, b"whole")
    assert path.read_bytes() == b"whole"


def test_a_link_that_waits_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """Another user who may write to the folder must not choose where a secret is written to."""
    (tmp_path / "elsewhere").write_bytes(b"untouched")
    (tmp_path / "key.partial").symlink_to(tmp_path / "elsewhere")
    write_whole(tmp_path / "key", b"secret", 0o600)
    assert (tmp_path / "elsewhere").read_bytes() == b"untouched"
    assert (tmp_path / "key").read_bytes() == b"secret"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "net", b"")
