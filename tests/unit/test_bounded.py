"""Files without end, and files that are larger than one of their kind can be."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from games.bounded import read_bytes
from nets import NetError
from nets.files import read_file


def test_a_file_that_just_fits_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1 << 20))
    assert read_bytes(path, 1 << 20) == bytes(1 << 20)
    with pytest.raises(OSError, match="more than 0 MiB") as caught:
        read_bytes(path, (1 << 20) - 1)
    assert caught.value.errno == errno.EFBIG


def test_a_sparse_file_of_a_terabyte_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(NetError, match="more than 1024 MiB"):
        read_file(path)


def test_a_device_without_end_is_given_up() -> None:
    with pytest.raises(OSError, match="more than 4 MiB"):
        read_bytes(Path("/dev/zero"), 4 << 20)
