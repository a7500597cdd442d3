"""What a trace calls the moves of a game."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.core.session import Session
from protocol.messages import SearchSettings
from zhugo.debugger.reading.labels import line, moves_of


def session(game: str, spec: dict[str, Any], num_moves: int) -> Session:
    return Session(
        name="one",
        serial=1,
        position=0,
        game=game,
        spec=spec,
        num_moves=num_moves,
        record=[],
        settings=SearchSettings(),
    )


@pytest.mark.parametrize(
    ("game", "spec", "num_moves", "moves", "words"),
    [
        ("go", {"size": 9}, 82, [0, 80, 81], "A9 J1 pass"),
        ("openspiel", {"game": "tic_tac_toe"}, 9, [4, 0], "4 0"),
        ("hashed", {"num_moves": 3}, 3, [2], "2"),
        ("go", {"size": 9}, 82, [], "root"),
    ],
)
def test_a_line_is_read_as_it_is_written(
    game: str, spec: dict[str, Any], num_moves: int, moves: list[int], words: str
) -> None:
    one = session(game, spec, num_moves)
    assert line(one, moves) == words
    assert moves_of(one, words) == moves
