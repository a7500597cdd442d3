"""The pages' modules keep to their types; the library counts, plays and prints as Python does."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from games.go.coords import to_vertex
from games.go.game import Go
from games.go.position import Position
from tests.clients.scripts import complaints, run


def test_the_scripts_keep_to_the_types_that_they_state(tmp_path: Path) -> None:
    assert complaints(tmp_path) == ""


def test_decimals_are_those_of_python(tmp_path: Path) -> None:
    some = random.Random(1)
    numbers = [some.uniform(-1, 1) * 10 ** some.randrange(6) for _ in range(500)]
    numbers += [each / 16 for each in range(-64, 65)] + [each / 2000 for each in range(-99, 100)]
    numbers += [float(np.float32(each)) for each in numbers[:300]] + [0.0005, 1.0005, 12345.0625, -1e-9]
    program = "given.map(each => [it.signed(each, 3), it.fixed(each, 3), it.signed(each, 2)])"
    assert run(tmp_path, "library/format.js", program, numbers) == [
        [f"{each:+.3f}", f"{each:.3f}", f"{each:+.2f}"] for each in numbers
    ]


def test_counts_take_few_letters(tmp_path: Path) -> None:
    counts = {
        5: "5", 999: "999", 1000: "1.0k", 9950: "10k", 999_499: "999k", 999_500: "1.0M", 1_240_000: "1.2M",
        9_949_999: "9.9M", 9_950_000: "10M", 12_345_678: "12M",
    }  # fmt: skip
    assert run(tmp_path, "library/format.js", "given.map(it.short)", list(counts)) == list(counts.values())


@pytest.mark.parametrize(
    "spec",
    [{"size": 5, "komi": 0.5, "rules": {"ko": "SIMPLE", "suicide": True}}, {"size": [4, 7], "black": [0, 5]}],
    ids=["suicide", "rectangle"],
)
def test_stones_are_put_and_taken_as_the_rules_say(tmp_path: Path, spec: dict[str, Any]) -> None:
    game = Go.from_spec(spec)
    records = [played(game, seed) for seed in range(40)]
    board = {"width": game.width, "height": game.height, "black": list(game.black), "white": list(game.white)}
    program = "given.records.map(moves => Array.from(it.position(given.board, moves).stones))"
    expected = [Position(game, record).stones.reshape(-1).tolist() for record in records]
    given = {"board": {**board, "toPlay": game.to_play}, "records": records}
    assert run(tmp_path, "library/stones.js", program, given) == expected
    assert any(sum(map(abs, stones)) < len(record) - 5 for stones, record in zip(expected, records, strict=True))


def played(game: Go, seed: int) -> list[int]:
    """Any legal moves, a pass now and then."""
    some = random.Random(seed)
    position = Position(game)
    for _ in range(60):
        moves = [move for move in some.sample(range(game.points), 8) if position.why_illegal(move) is None]
        position.play(moves[0] if moves else game.points)
        if position.is_over:
            break
    return position.record


@pytest.mark.parametrize("size", [(19, 19), (9, 9), (5, 13), (2, 7)])
def test_points_have_the_names_that_python_gives_them(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    expected = [to_vertex(point, width, height) for point in range(width * height + 1)]
    given = {"width": width, "height": height}
    program = "Array.from({ length: given.width * given.height + 1 }, (_, point) => it.pointName(given, point))"
    assert run(tmp_path, "library/points.js", program, given) == expected


def test_stars_are_where_boards_have_them(tmp_path: Path) -> None:
    sizes = {
        (19, 19): [60, 66, 72, 174, 180, 186, 288, 294, 300],
        (13, 13): [42, 48, 84, 120, 126],
        (9, 9): [20, 24, 40, 56, 60],
        (8, 8): [18, 21, 42, 45],
        (19, 9): [41, 47, 53, 117, 123, 129, 85],
        (5, 5): [],
        (2, 19): [],
    }
    given = [{"width": width, "height": height} for width, height in sizes]
    found = run(tmp_path, "library/points.js", "given.map(it.starPoints)", given)
    assert [sorted(stars) for stars in found] == [sorted(stars) for stars in sizes.values()]
