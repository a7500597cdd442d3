"""Files of arrays that hold less, or far more, than they say."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from zhugo.learning.samples import files as samples
from zhugo.shared import npz
from zhugo.shared.errors import UserError
from zhugo.shared.npz import BadArrays


def header(shape: tuple[int, ...]) -> bytes:
    file = BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue()


def written(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def bomb(path: Path) -> Path:
    """Some 300 kB that unpack to 300 MB."""
    count = 75 << 20
    return written(path, {"id": header((count,)) + bytes(4 * count), "version": header((1,)) + bytes(4)})


def test_arrays_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.arange(5), b=np.array("go"), c=np.zeros((1000, 1000)))
    found = npz.load(path, ("a", "b", "c"))
    assert found["a"].tolist() == [0, 1, 2, 3, 4]
    assert str(found["b"]) == "go"
    assert found["c"].shape == (1000, 1000)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (header((1 << 40,)), "another size than it says"),
        (header((1 << 40, 1 << 40)), "another size than it says"),
        (header((2,)) + bytes(4), "another size than it says"),
        (header((2,)) + bytes(12), "another size than it says"),
        (b"", "EOF|magic"),
        (b"\x93NUMPY\x01\x00" + b"\xff\xff" + b"(" * 65535, "not be safe to load"),
    ],
)
def test_an_array_that_is_not_what_it_says(tmp_path: Path, data: bytes, complaint: str) -> None:
    with pytest.raises(BadArrays, match=complaint):
        npz.load(written(tmp_path / "a.npz", {"a": data}), ("a",))


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_such_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with pytest.raises(BadArrays):
        npz.load(path, ("a",))


def test_nothing_is_unpacked_without_end(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.npz")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BadArrays, match="unpacks to far more"):
        npz.load(path, ("id",))
    with pytest.raises(UserError, match=r"a\.npz"):
        samples.read_ids(path)
    with pytest.raises(UserError, match=r"a\.npz"):
        samples.load(path)
