"""Leela Zero's nets: their files, their planes, and what they say of positions."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import games
import nets
from games.go.game import Go
from games.go.position import Position
from nets.facts import describe
from tests.unit.leela_zero_writer import Lines, evaluate, weights, write
from tests.unit.test_katago_features import sensible_game

Encoded = tuple[games.Positions, NDArray[np.float32], NDArray[np.float32]]
SIZE = 9
GAME = Go.from_spec({"size": SIZE, "komi": 7.5, "rules": "chinese"})
POINTS = SIZE * SIZE


def loaded(path: Path, content: bytes) -> nets.Net:
    path.write_bytes(content)
    return nets.load(path)


def encode(game: Go, record: list[int], path: int = 0) -> Encoded:
    """The position after ``record``, the last ``path`` moves of it played from the root, and its inputs."""
    start = len(record) - path
    leaves = games.Leaves(
        [game.root(record[:start])],
        np.zeros(1, np.int32),
        np.array([0, path], np.int32),
        np.array(record[start:], np.uint16),
    )
    planes, values = (np.full((1, *shape), 9.0, np.float32) for shape in game.feature_shapes("leela_zero"))
    return game.replay(leaves, "leela_zero", planes, values), planes, values


def planes_of(game: Go, record: list[int]) -> NDArray[np.float64]:
    """The planes of the position after ``record``, the bottom row first, from the boards that the game went through."""
    boards = [Position(game, record[:end]).stones for end in range(len(record), max(len(record) - 8, -1), -1)]
    player = Position(game, record).to_play
    planes = np.zeros((18, game.height, game.width))
    for ago, board in enumerate(boards):
        planes[ago] = board[::-1] == player
        planes[8 + ago] = board[::-1] == -player
    planes[16 if player == 1 else 17] = 1
    return planes


@pytest.mark.parametrize("path", range(10))
def test_planes_show_eight_boards_wherever_the_root_is(path: int) -> None:
    record = sensible_game(GAME, 40, seed=3)
    for end in range(path, len(record) + 1, 3):
        positions, planes, values = encode(GAME, record[:end], path)
        np.testing.assert_array_equal(planes[0][:, ::-1], planes_of(GAME, record[:end]))
        assert values[0].tolist() == [positions.to_play[0]]


def test_planes_of_set_up_stones_and_passes() -> None:
    game = Go.from_spec({"size": SIZE, "black": [20, 24], "to_play": "white"})
    for record in ([], [POINTS], [40, POINTS, 41]):
        np.testing.assert_array_equal(encode(game, record)[1][0][:, ::-1], planes_of(game, record))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_evaluates_as_leela_zero_does(tmp_path: Path, version: int, packed: bool) -> None:
    lines = weights(seed=version)
    content = write(lines, version)
    net = loaded(tmp_path / "weights", gzip.compress(content) if packed else content)
    assert (net.name, net.features, net.min_size, net.max_size) == ("leela-zero-2x6", "leela_zero", SIZE, SIZE)
    record = sensible_game(GAME, 30, seed=5)
    for end in (0, 1, 6, 17, 30):
        positions, planes, values = encode(GAME, record[:end])
        with torch.inference_mode():
            outputs = net.module(torch.from_numpy(planes), torch.from_numpy(values))
        evaluation = nets.decode(nets.RawOutputs(*(output.numpy() for output in outputs)), positions)
        policy, value = evaluate(lines, planes_of(GAME, record[:end]))
        upright = np.append(policy[:-1].reshape(SIZE, SIZE)[::-1].ravel(), policy[-1])
        expected = np.where(positions.legal[0], np.exp(upright - upright.max()), 0)
        np.testing.assert_allclose(evaluation.priors[0], expected / expected.sum(), rtol=0, atol=1e-6)
        blacks = value if version == 2 else value * positions.to_play[0]
        np.testing.assert_allclose(evaluation.value[0], blacks, rtol=0, atol=1e-5)
        assert np.isnan(evaluation.lead).all()
        assert evaluation.ownership.shape == (1, 0)


def test_plays_the_size_that_it_was_made_for(tmp_path: Path) -> None:
    net = loaded(tmp_path / "weights", write(weights(size=7)))
    net.check(7, 7)
    with pytest.raises(nets.NetError, match="plays 7x7 only, not 9x9"):
        net.check(9, 9)


def test_facts(tmp_path: Path) -> None:
    path = tmp_path / "weights.txt"
    path.write_bytes(write(weights(blocks=3, channels=5)))
    facts = describe(path)
    assert (facts.format, facts.version, facts.blocks, facts.channels, facts.sizes) == (
        "Leela Zero",
        1,
        "3 residual",
        5,
        (9, 9),
    )
    tower = 5 * 18 * 9 + 5 + 6 * (5 * 5 * 9 + 5)
    heads = 2 * 5 + 2 + 82 * 162 + 82 + 5 + 1 + 16 * 81 + 16 + 16 + 1
    assert facts.parameters == tower + heads


def edited(lines: Lines, at: int, line: str) -> bytes:
    """The file with the text of one line replaced; the line after the version is 2."""
    text = write(lines).decode().split("\n")
    text[at - 1] = line
    return "\n".join(text).encode()


LINES = weights()
BAD = [
    ("a number is missing", edited(LINES, 2, " ".join(["0.5"] * 971)), "line 2 has 971 numbers where 972 belong"),
    ("a number too many", edited(LINES, 3, " ".join(["0.5"] * 7)), "line 2 has 972 numbers where 1134 belong"),
    ("a word", edited(LINES, 6, "0.1 " * 323 + "nought"), "line 6 has something else than numbers"),
    ("no number", edited(LINES, 4, "0.1 0.2 nan 0.4 0.5 0.6"), "line 4 has something else than numbers"),
    ("a huge number", edited(LINES, 4, "0.1 0.2 1e99 0.4 0.5 0.6"), "line 4 has a number that is not finite"),
    ("a line is missing", write(LINES[:-1]), "34 lines are no number of whole blocks"),
    ("half of it", write(LINES)[:20_000], "truncated or corrupted"),
    ("a head alone", write(LINES)[:5000], "lines are no number of whole blocks"),
    ("another version", write(LINES, 3), "Leela Zero weights of version 3 are not supported; supported: 1, 2"),
    ("no variance", edited(LINES, 5, "0.1 0.2 -1 0.4 0.5 0.6"), "a batch norm has a negative variance"),
    ("no board", write([*LINES[:-9], np.zeros(75, np.float32), *LINES[-8:]]), "a policy of 74 points is for no board"),
]


@pytest.mark.parametrize(("content", "expected"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_refuses(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "weights.txt"
    with pytest.raises(nets.NetError) as refusal:
        loaded(path, content)
    assert expected in str(refusal.value)
    assert "\n" not in str(refusal.value)
