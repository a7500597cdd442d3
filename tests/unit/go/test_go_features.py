"""ZhuGo's planes against the table at the top of ``features``, written once more in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from games.game import GameError, Leaves, Positions
from games.go.board import RECENT
from games.go.features import GLOBALS, PLANES, komi_wave
from games.go.game import Go
from games.go.position import Position
from tests.unit.go.drawn import Drawn
from tests.unit.go.reference import SlowGame
from tests.unit.go.test_go_properties import EXAMPLES, choose, games, played


def leaves_of(game: Go, parts: list[tuple[list[int], list[list[int]]]]) -> Leaves:
    """Leaves from (record of a root, paths from it)."""
    paths = [path for _, group in parts for path in group]
    return Leaves(
        roots=[game.root(record) for record, _ in parts],
        root_of=np.repeat(np.arange(len(parts), dtype=np.int32), [len(group) for _, group in parts]),
        offsets=np.cumsum([0] + [len(path) for path in paths], dtype=np.int32),
        moves=np.array([move for path in paths for move in path], np.uint16),
    )


def encoded(game: Go, leaves: Leaves) -> tuple[NDArray[np.float32], NDArray[np.float32], Positions]:
    """Planes, globals and positions, through buffers full of rubbish."""
    planes = np.full((len(leaves) + 1, PLANES, game.height, game.width), 7, np.float32)
    values = np.full((len(leaves) + 1, GLOBALS), 7, np.float32)
    positions = game.replay(leaves, "zhugo", planes, values)
    assert (planes[-1] == 7).all(), "a row beyond the batch was written"
    assert (values[-1] == 7).all()
    return planes[:-1], values[:-1], positions


def expected_planes(game: SlowGame) -> NDArray[np.float32]:
    """The 26 planes, point by point."""
    planes = np.zeros((PLANES, game.points), np.float32)
    me = game.to_play
    planes[2 if me == 1 else 3] = 1
    for p in range(game.points):
        row, col = divmod(p, game.width)
        planes[25, p] = 1 / (1 + min(row, col, game.height - 1 - row, game.width - 1 - col))
        color = game.stones[p]
        if color:
            planes[0 if color == me else 1, p] = 1
            planes[5 : 5 + min(len(game.chain(game.stones, p)[1]), 8), p] = 1
            dies, works = game.ladder(p)
            planes[21 if color == me else 22, p] = dies
            if color == -me:
                planes[23, list(works)] = 1
            continue
        reason = game.why_illegal(p)
        planes[24, p] = reason in ("ko", "superko")
        if reason is None:
            planes[4, p] = not game.is_true_eye(p, me)
            stones, gone = game.after(game.stones, p, me)
            after = 0 if p in gone else len(game.chain(stones, p)[1])
            planes[13 : 13 + min(after, 8), p] = 1
    return planes.reshape(PLANES, game.height, game.width)


def _taken_in_turns(record: list[int], points: int) -> list[int]:
    """The last moves of a record, as far back as nobody moved twice: an entry beyond the pass skips a turn."""
    moves: list[int] = []
    skipped = 0
    for entry in record:
        if entry > points:
            skipped += 1
            continue
        moves = [*moves, entry] if skipped % 2 == 0 else [entry]
        skipped = 0
    return moves if skipped % 2 == 0 else []


def with_history(game: Go, record: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Planes and globals with the last moves, through buffers full of rubbish."""
    planes = np.full((1, PLANES + RECENT, game.height, game.width), 7, np.float32)
    values = np.full((1, GLOBALS + RECENT), 7, np.float32)
    game.replay(leaves_of(game, [(record[:-2], [record[-2:]])]), "zhugo_history", planes, values)
    return planes[0], values[0]


@EXAMPLES
@given(games(largest=6, moves=60))
def test_the_last_five_moves_are_told(case: tuple[Go, list[int]]) -> None:
    game, _ = case
    for number, (position, _reference) in enumerate(played(*case)):
        if position.is_over:
            return  # who goes on after the end begins another game
        if number % 6:
            continue
        planes, values = with_history(game, position.record)
        without, globals_, _ = encoded(game, leaves_of(game, [(position.record, [[]])]))
        assert (planes[:PLANES] == without[0]).all()
        assert (values[:GLOBALS] == globals_[0]).all()
        expected, passes = np.zeros((RECENT, game.points)), np.zeros(RECENT)
        for ago, move in enumerate(reversed(_taken_in_turns(position.record, game.points)[-RECENT:])):
            if move < game.points:
                expected[ago, move] = 1
            else:
                passes[ago] = 1
        assert (planes[PLANES:].reshape(RECENT, -1) == expected).all()
        assert values[GLOBALS:].tolist() == passes.tolist()


def test_history_goes_back_as_far_as_the_players_took_turns() -> None:
    game = Go.from_spec({"size": 5})
    skip = game.points + 1
    planes, values = with_history(game, [6, 18, 8, skip, 12, 16])
    assert planes[PLANES:].sum() == 2, "the moves behind the skipped turn"
    assert (planes[PLANES, 3, 1], planes[PLANES + 1, 2, 2]) == (1, 1)
    assert not values[GLOBALS:].any()


@EXAMPLES
@given(games(largest=6, moves=60))
def test_planes_are_those_of_the_table(case: tuple[Go, list[int]]) -> None:
    game, _ = case
    for number, (position, reference) in enumerate(played(*case)):
        if number % 6 or position.is_over:
            continue
        planes, _, positions = encoded(game, leaves_of(game, [(position.record, [[]])]))
        np.testing.assert_allclose(planes[0], expected_planes(reference), rtol=1e-6)
        assert positions.to_play[0] == position.to_play
        assert (positions.legal[0] == position.legal()).all()


@EXAMPLES
@given(games(largest=9))
def test_a_path_leads_where_the_record_leads(case: tuple[Go, list[int]]) -> None:
    game, choices = case
    position = Position(game)
    for choice in choices:
        move = choose(position, choice)
        position.play(move if move <= game.points else game.points)
    record = position.record
    cuts = sorted({len(record) * i // 5 for i in range(6)})
    # every root with the paths to two later cuts, all in one batch
    parts = [(record[:cut], [*[record[cut:end] for end in cuts if end >= cut][:2], record[cut:]]) for cut in cuts]
    ends = [record[:cut] + path for cut, (_, group) in zip(cuts, parts, strict=True) for path in group]
    together = encoded(game, leaves_of(game, parts))
    apart = encoded(game, leaves_of(game, [(end, [[]]) for end in ends]))
    for one, other in zip(
        (*together[:2], *vars(together[2]).values()), (*apart[:2], *vars(apart[2]).values()), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def globals_of(spec: dict[str, Any], record: list[int]) -> list[float]:
    game = Go.from_spec(spec)
    values = encoded(game, leaves_of(game, [(record, [[]])]))[1]
    return [round(float(value), 6) for value in values[0]]


NINE: dict[str, Any] = {"size": 9, "komi": 7.0}
GLOBAL_INPUTS = {
    # name: (specification, record, values)
    "chinese, black to move": ({**NINE}, [], [-0.35, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    "chinese, white to move": ({**NINE}, [0], [0.35, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    "half a point more": ({**NINE, "komi": 7.5}, [0], [0.375, 0.5, 0, 0, 0, 0, 0, 0, 0, 0]),
    "half a point less": ({**NINE, "komi": 6.5}, [0], [0.325, -0.5, 0, 0, 0, 0, 0, 0, 0, 0]),
    "after a pass": ({**NINE}, [81], [0.35, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
    "japanese": ({**NINE, "rules": "japanese"}, [], [-0.35, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
    "japanese, black has a stone more": ({**NINE, "rules": "japanese"}, [0], [0.4, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
    "tromp-taylor": ({**NINE, "rules": "tromp-taylor"}, [], [-0.35, 0, 0, 0, 0, 1, 0, 1, 0, 0]),
    "aga": ({**NINE, "rules": "aga"}, [], [-0.35, 0, 0, 0, 0, 1, 1, 0, 0, 0]),
    "stone-scoring": ({**NINE, "rules": "stone-scoring"}, [], [-0.35, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
    "handicap of two": ({**NINE, "black": [0, 1], "to_play": "white"}, [], [0.45, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    "button": ({**NINE, "rules": "aga-button"}, [], [-0.35, 0, 0, 0, 0, 1, 1, 0, 0, 1]),
    "black has the button": ({**NINE, "rules": "aga-button"}, [81], [0.325, -0.5, 0, 0, 0, 1, 1, 0, 0, 0]),
}


@pytest.mark.parametrize("name", GLOBAL_INPUTS)
def test_global_inputs(name: str) -> None:
    spec, record, values = GLOBAL_INPUTS[name]
    assert globals_of(spec, record) == values


@pytest.mark.parametrize(("komi", "wave"), [(6, -0), (6.5, -0.5), (7, 0), (7.5, 0.5), (8, 0), (-7, 0), (-7.5, -0.5)])
def test_the_wave_says_which_way_a_draw_lies(komi: float, wave: float) -> None:
    assert komi_wave(komi, 81) == wave


def test_planes_of_a_drawn_position() -> None:
    drawn = Drawn(
        """
        . X O . .
        X O . O .
        . X O . .
        . . . . .
        """
    )
    position = drawn.position
    position.play(7)
    planes, _, _ = encoded(drawn.game, leaves_of(drawn.game, [(position.record, [[]])]))
    retake = 6
    assert np.flatnonzero(planes[0, 24]).tolist() == [retake]
    assert planes[0, 13:21, 3, 4].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert planes[0, 4].ravel()[retake] == 0


def test_features_that_go_does_not_have() -> None:
    game = Go.from_spec({"size": 9})
    with pytest.raises(GameError, match="looks at 'alphago', and Go has zhugo"):
        game.feature_shapes("alphago")
    assert game.feature_shapes("zhugo") == ((26, 9, 9), (10,))
    assert Go.from_spec({"size": [7, 5]}).feature_shapes("zhugo") == ((26, 5, 7), (10,))


def test_an_empty_batch() -> None:
    game = Go.from_spec({"size": 9})
    assert len(encoded(game, leaves_of(game, [([], [])]))[2].to_play) == 0
