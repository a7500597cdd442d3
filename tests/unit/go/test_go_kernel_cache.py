"""Compiled kernels are forgotten when any file of their room has changed, and only then."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from games.kernel_cache import forget_stale_kernels
from tests.daemons import ROOT


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "board.py").write_text("one = 1\n")
    (tmp_path / "moves.py").write_text("two = 2\n")
    forget_stale_kernels(tmp_path)
    for name in ("moves.play-1.py311.nbi", "moves.play-1.py311.1.nbc", "moves.cpython-311.pyc"):
        (tmp_path / "__pycache__" / name).touch()
    return tmp_path


def kept(room: Path) -> list[str]:
    return sorted(file.suffix for file in (room / "__pycache__").iterdir())


def test_nothing_changed(room: Path) -> None:
    forget_stale_kernels(room)
    assert kept(room) == [".nbc", ".nbi", ".pyc", ".stamp"]


@pytest.mark.parametrize("change", ["edit", "new", "gone"])
def test_another_file_changed(room: Path, change: str) -> None:
    if change == "edit":
        (room / "board.py").write_text("one = 11\n")
    elif change == "new":
        (room / "ladders.py").touch()
    else:
        (room / "board.py").unlink()
    forget_stale_kernels(room)
    assert kept(room) == [".pyc", ".stamp"]
    forget_stale_kernels(room)
    assert kept(room) == [".pyc", ".stamp"]


def test_a_folder_that_is_not_there_is_left_alone(tmp_path: Path) -> None:
    forget_stale_kernels(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("room", ["games/go", "daemon/core", "daemon/evaluation/devices"])
def test_rooms_whose_kernels_call_each_other_forget_them(room: str) -> None:
    importlib.import_module(room.replace("/", "."))
    assert (ROOT / room / "__pycache__" / "kernels.stamp").is_file()
