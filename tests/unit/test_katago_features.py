"""KataGo's V7 inputs, where the reference positions do not look: history, passes, ko, rules, areas, ladders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import games
from games.go import katago_features as inputs
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from tests.unit.go.drawn import Drawn

V7 = inputs.LAYOUTS["katago_v7"]

PASS_ENDS_AREA = {"ko": "SIMPLE", "scoring": "AREA", "tax": "NONE", "friendlyPassOk": False}

Inputs = tuple[NDArray[np.float32], NDArray[np.float32]]


def encode(game: Go, record: list[int], path: int = 0) -> Inputs:
    """Planes[22, H, W] and globals[19] after ``record``, the last ``path`` moves of it played from the root."""
    start = len(record) - path
    leaves = games.Leaves(
        [game.root(record[:start])],
        np.zeros(1, np.int32),
        np.array([0, path], np.int32),
        np.array(record[start:], np.uint16),
    )
    planes = np.full((1, V7.planes, game.height, game.width), 9.0, np.float32)
    values = np.full((1, V7.global_inputs), 9.0, np.float32)
    game.replay(leaves, "katago_v7", planes, values)
    return planes[0], values[0]


def points(plane: NDArray[np.float32]) -> set[int]:
    assert set(plane.flat) <= {0.0, 1.0}
    return set(np.flatnonzero(plane).tolist())


def moves(text: str, size: int = 9) -> list[int]:
    """Space-separated vertices; "switch" is the record-only switch."""
    return [size * size + 1 if word == "switch" else from_vertex(word, size, size) for word in text.split()]


@pytest.mark.parametrize("path", range(7))
def test_leaves_do_not_depend_on_where_the_root_is(path: int) -> None:
    game = Go.from_spec({"size": 9, "rules": "tromp-taylor"})
    record = moves("E5 E6 D6 D5 F6 C6 E7 D7 pass E6 F5 E8 B2 F7")
    for end in range(7, len(record) + 1):
        for one, other in zip(encode(game, record[:end]), encode(game, record[:end], path), strict=True):
            np.testing.assert_array_equal(one, other)


HISTORIES = [
    # record, rules, planes 9.. as vertices (None: nothing), globals 0.. that are set
    ("D4", "japanese", ["D4"], []),
    ("D4 E5 F6 C3 G7 B2 H8", "japanese", ["H8", "B2", "G7", "C3", "F6"], []),
    ("D4 pass F6", "japanese", ["F6", None, "D4"], [1]),
    ("D4 pass", "japanese", [None, "D4"], [0]),
    ("D4 pass", PASS_ENDS_AREA, [None, "D4"], [0]),
    # a pass now would end the game with dead stones on the board: the net is not told
    ("D4 pass", "chinese", [], []),
    # ... but taking the button does not end the game
    ("D4 pass", "aga-button", [None, "D4"], [0]),
    ("D4 pass C3 pass", "aga-button", [], []),
    # after the end the net is told of the last pass
    ("D4 pass pass", "chinese", [None], [0]),
    ("D4 pass pass", "japanese", [None], [0]),
    ("D4 pass pass", "new-zealand", [None], [0]),
    ("D4 pass pass pass", "chinese", [None], [0]),
    # ... and in play that goes on nevertheless of nothing before that pass
    ("D4 pass pass E5", "chinese", ["E5", None], [1]),
    ("D4 pass pass E5 F6", "chinese", ["F6", "E5", None], [2]),
    # the players did not take turns
    ("D4 switch", "japanese", [], []),
    ("D4 switch E5", "japanese", ["E5"], []),
    ("D4 switch E5 F6", "japanese", ["F6", "E5"], []),
]


@pytest.mark.parametrize(("record", "rules", "planes", "passes"), HISTORIES)
def test_recent_moves(record: str, rules: Any, planes: list[str | None], passes: list[int]) -> None:
    found, values = encode(Go.from_spec({"size": 9, "rules": rules}), moves(record))
    expected = [set(moves(vertex or "")) for vertex in planes] + [set()] * (5 - len(planes))
    assert [points(found[V7.recent + ago]) for ago in range(5)] == expected
    assert np.flatnonzero(values[:5]).tolist() == passes


RULES: list[tuple[Any, dict[int, float]]] = [
    ("chinese", {}),
    ("japanese", {9: 1.0, 10: 1.0}),
    ("tromp-taylor", {6: 1.0, 7: 0.5, 8: 1.0}),
    ("aga", {6: 1.0, 7: -0.5}),
    ("new-zealand", {6: 1.0, 7: -0.5, 8: 1.0}),
    ("stone-scoring", {10: 1.0, 11: 1.0}),
    ("aga-button", {6: 1.0, 7: -0.5, 17: 1.0}),
    ({"scoring": "TERRITORY", "tax": "NONE", "ko": "SIMPLE"}, {8: 1.0, 9: 1.0}),
]


@pytest.mark.parametrize(("rules", "expected"), RULES, ids=[str(rules) for rules, _ in RULES])
def test_rules(rules: Any, expected: dict[int, float]) -> None:
    _, values = encode(Go.from_spec({"size": 9, "rules": rules, "komi": 7.0}), [])
    told = {i: float(values[i]) for i in range(V7.global_inputs) if i not in (inputs.KOMI, V7.wave) and values[i] != 0}
    assert told == expected


KOMI = [
    # rules, size, komi, record, komi as the player to move is told it, wave
    ("chinese", 9, 7.0, "", -7.0, 0.0),  # 81 points: odd komi can draw
    ("chinese", 9, 7.5, "", -7.5, -0.5),
    ("chinese", 9, 6.5, "", -6.5, 0.5),
    ("chinese", 9, 6.0, "", -6.0, 0.0),
    ("chinese", 9, 7.0, "D4", 7.0, 0.0),
    ("chinese", 9, 7.5, "D4", 7.5, 0.5),
    ("chinese", 8, 6.5, "", -6.5, -0.5),  # 64 points: even komi can draw
    ("chinese", 8, 6.0, "", -6.0, 0.0),
    ("japanese", 9, 6.5, "", -6.5, 0.0),
    # under territory rules every stone played is a point that area does not know
    ("japanese", 9, 6.5, "D4", 7.5, 0.0),
    ("japanese", 9, 6.5, "D4 pass", -7.5, 0.0),
    ("aga-button", 9, 7.0, "D4 pass", -7.5, -0.5),  # White has taken the button
    ("aga-button", 9, 7.0, "pass", 6.5, -0.5),  # Black has
    # what Black plays before White has a stone is a handicap, for which White gets a stone each, or one less
    ("chinese", 9, 7.0, "D4 pass E5", 9.0, 0.0),
    ("chinese", 9, 7.0, "D4 switch E5", 9.0, 0.0),
    ("chinese", 9, 7.0, "D4 pass E5 F6 G7", 9.0, 0.0),
    ("chinese", 9, 7.0, "pass D4 E5", 7.0, 0.0),
    ("aga", 9, 7.0, "D4 pass E5 pass F6", 9.0, 0.0),
    ("tromp-taylor", 9, 7.0, "D4 pass E5", 7.0, 0.0),
    ("chinese", 9, 300.0, "", -101.0, 0.0),  # no more than the board and 20 points
]


@pytest.mark.parametrize(("rules", "size", "komi", "record", "told", "wave"), KOMI)
def test_komi(rules: str, size: int, komi: float, record: str, told: float, wave: float) -> None:
    _, values = encode(Go.from_spec({"size": size, "rules": rules, "komi": komi}), moves(record, size))
    assert values[inputs.KOMI] == np.float32(told / 20)
    assert values[V7.wave] == np.float32(wave)


@pytest.mark.parametrize(
    ("record", "rules", "expected"),
    [
        ("", "japanese", 0.0),
        ("D4 pass", "japanese", 1.0),
        ("D4 pass", PASS_ENDS_AREA, 1.0),
        ("D4 pass", "chinese", 0.0),  # dead stones would count, so the net is not told
        ("D4 pass pass", "chinese", 1.0),  # it is over: another pass is no news
        ("D4 pass pass", "new-zealand", 1.0),
        ("D4 pass C3", "japanese", 0.0),
        ("D4 pass", "aga-button", 0.0),
    ],
)
def test_whether_a_pass_ends_the_game(record: str, rules: Any, expected: float) -> None:
    assert encode(Go.from_spec({"size": 9, "rules": rules}), moves(record))[1][V7.pass_ends] == expected


KO = """
. X O . .
X a X O .
. X O . .
. . . . .
. . . . .
"""


@pytest.mark.parametrize("rules", ["chinese", "tromp-taylor"])
def test_ko(rules: str) -> None:
    board = Drawn(KO, to_play="white", rules=rules)
    planes, _ = encode(board.game, [board.at["a"]])  # White takes the stone to the right of it
    assert points(planes[V7.forbidden]) == {board.at["a"] + 1}


@pytest.mark.parametrize("seed", range(3))
def test_ko_and_superko_in_small_games(seed: int) -> None:
    game = Go.from_spec({"size": 4, "rules": "tromp-taylor"})
    record = sensible_game(game, 150, seed)
    reasons = []
    for end in range(len(record) + 1):
        position = Position(game, record[:end])
        why = [position.why_illegal(p) for p in range(game.points)]
        expected = {p for p, reason in enumerate(why) if reason in ("ko", "superko")}
        assert points(encode(game, record[:end])[0][V7.forbidden]) == expected
        reasons += why
    assert "superko" in reasons


def test_stones_and_liberties() -> None:
    game = Drawn(
        """
        X O . . .
        . . . . .
        . X X . .
        O . . . X
        X . . . .
        """
    ).game
    planes, _ = encode(game, [])
    assert points(planes[inputs.ON_BOARD]) == set(range(25))
    assert points(planes[inputs.OWN]) == {0, 11, 12, 19, 20}
    assert points(planes[inputs.OPPONENT]) == {1, 15}
    assert points(planes[V7.liberties]) == {0, 20}
    assert points(planes[V7.liberties + 1]) == {1, 15}
    assert points(planes[V7.liberties + 2]) == {19}


def test_ladders_now_and_before() -> None:
    game = Drawn(
        """
        . . . . . . .
        . . O O . . .
        . O X a . . .
        . . b O . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
        """,
        to_play="white",
    ).game
    planes, _ = encode(game, [])
    assert points(planes[V7.ladders]) == {16}
    assert points(planes[V7.ladders]) == points(planes[V7.ladders + 1]) == points(planes[V7.ladders + 2])
    assert points(planes[V7.ladders + 3]) == {17, 23}
    elsewhere = 38
    planes, _ = encode(game, [23])
    assert points(planes[V7.ladders]) == {16}
    assert points(planes[V7.ladders + 3]) == set()
    planes, _ = encode(game, [elsewhere, 23])
    assert points(planes[V7.ladders]) == set()
    assert points(planes[V7.ladders + 1]) == points(planes[V7.ladders + 2]) == {16}


WITH_DAME = """
. X . O .
. X . O .
. X . O .
. X . O .
. X . O .
"""
WITHOUT_DAME = """
. X O . .
. X O . .
. X O . .
. X O . .
. X O . .
"""
IN_ATARI = """
. X O . .
X O O . .
O O . . .
. . . . .
. . . . .
"""
AREAS = [
    (WITH_DAME, "chinese", 10, 10),
    (WITH_DAME, "stone-scoring", 5, 5),  # a tax on seki leaves stones alone to what touches a dame
    (WITH_DAME, "japanese", 0, 0),
    (WITHOUT_DAME, "chinese", 10, 15),
    (WITHOUT_DAME, "stone-scoring", 10, 15),
    (IN_ATARI, "chinese", 3, 22),
    (IN_ATARI, "stone-scoring", 2, 22),  # ... and to what has a stone in atari
]


@pytest.mark.parametrize(("diagram", "rules", "own", "other"), AREAS)
def test_area(diagram: str, rules: str, own: int, other: int) -> None:
    planes, _ = encode(Drawn(diagram, rules=rules).game, [])
    assert len(points(planes[V7.area])) == own
    assert len(points(planes[V7.area + 1])) == other


@pytest.mark.parametrize("symmetry", range(8))
def test_turning_the_game_turns_the_planes(symmetry: int) -> None:
    size = 13
    game = Go.from_spec({"size": size, "rules": "aga"})
    grid = np.arange(size * size).reshape(size, size)
    turned = np.rot90(grid, symmetry % 4)
    turned = turned[:, ::-1] if symmetry >= 4 else turned
    place = np.empty(size * size, int)
    place[turned.ravel()] = np.arange(size * size)
    record = sensible_game(game, 150, symmetry)
    for end in range(0, len(record), 10):
        planes, values = encode(game, record[:end])
        there, same = encode(game, [int(place[move]) if move < size * size else move for move in record[:end]])
        np.testing.assert_array_equal(planes.reshape(V7.planes, -1)[:, turned.ravel()], there.reshape(V7.planes, -1))
        np.testing.assert_array_equal(values, same)


def sensible_game(game: Go, length: int, seed: int) -> list[int]:
    """Random legal moves, mostly near the last ones, so that chains meet; a pass where there is none."""
    rng = np.random.default_rng(seed)
    position = Position(game)
    centre = 0
    while len(position.record) < length:
        legal = position.legal()[:-1]
        if not legal.any():
            position.play(game.points)
            continue
        candidates = np.flatnonzero(legal)
        away = np.abs(candidates // game.width - centre // game.width) + np.abs(
            candidates % game.width - centre % game.width
        )
        weights = np.where(away <= 3, 20.0, 1.0)
        centre = int(rng.choice(candidates, p=weights / weights.sum()))
        position.play(centre)
    return position.record
