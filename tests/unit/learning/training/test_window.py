"""Which positions are drawn: the youngest, each as often as any other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.unit.learning.training.played import GO, write
from zhugo.learning.training.plan import Growth
from zhugo.learning.training.window import Window
from zhugo.shared.errors import UserError


def drawn(window: Window, count: int = 3000) -> set[tuple[int, int]]:
    """Game and ply of what was drawn."""
    rows = window.draw(count, np.random.default_rng(1))
    return {(int(shard.id[shard.of_game[row]]), int(shard.ply[row])) for shard, row in rows}


@pytest.mark.parametrize(
    ("growth", "positions", "size"),
    [
        (Growth(first=100), 60, 60),
        (Growth(first=100), 100, 100),
        (Growth(first=100, slope=0.0), 5000, 100),
        # the paper's: 250,000 positions grow to about 22 million over the 241 million of its main run
        (Growth(), 241_000_000, 22_000_000),
    ],
)
def test_the_window_grows_more_slowly_than_the_games(growth: Growth, positions: int, size: int) -> None:
    assert growth.size(positions) == pytest.approx(size, rel=0.06)


def test_all_is_drawn_while_there_is_little_and_then_the_youngest(tmp_path: Path) -> None:
    window = Window(write(tmp_path, [1, 2, 3]), Growth(first=15, slope=0.0))
    window.refresh()
    assert window.size == 15
    assert max(game for game, _ in drawn(window)) == 3
    write(tmp_path, [4, 5, 6, 7])
    window.refresh()
    seen = drawn(window)
    assert {game for game, _ in seen} <= {4, 5, 6, 7}
    assert len(seen) == 15


def test_each_position_is_as_likely(tmp_path: Path) -> None:
    window = Window(write(tmp_path, [1, 2]), Growth())
    window.refresh()
    rows = window.draw(20_000, np.random.default_rng(1))
    often = Counter(row for _, row in rows)
    assert len(often) == window.positions
    expected = 20_000 / window.positions
    assert max(abs(count - expected) for count in often.values()) < 5 * expected**0.5


def test_who_knows_what_a_window_knew_draws_what_it_would(tmp_path: Path) -> None:
    write(tmp_path, [5, 6])
    window = Window(tmp_path, Growth(first=30, slope=0.0))
    window.refresh()
    write(tmp_path, [1, 2])  # its name comes first, but it came later
    window.refresh()
    again = Window(tmp_path, Growth(first=30, slope=0.0), window.known)
    assert again.refresh() == 0
    assert drawn(again) == drawn(window)
    assert {1, 2} <= {game for game, _ in drawn(window)}


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda path: (path / "w9.npz").write_bytes(b"nothing"), "w9.npz"),
        (lambda path: (path / "w9.npz").write_bytes((path / "w0-000001.npz").read_bytes()), "game 1 is in w0"),
        (lambda path: write(path, [8], GO), "of go, not openspiel"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(tmp_path: Path, spoil, complaint: str) -> None:  # type: ignore[no-untyped-def]
    window = Window(write(tmp_path, [1, 2]), Growth())
    window.refresh()
    spoil(tmp_path)
    with pytest.raises(UserError, match=complaint):
        window.refresh()


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such folder"):
        Window(tmp_path / "none", Growth())
