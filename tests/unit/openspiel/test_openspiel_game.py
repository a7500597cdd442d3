"""Games of OpenSpiel as the search sees them, beside OpenSpiel's own states."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from playouts import game, playouts, replayed, state_after

import games
from games import GameError, IllegalMove
from games.openspiel import catalogue

GAMES = [
    "dots_and_boxes(num_rows=1,num_cols=1)",
    "dots_and_boxes",
    "dots_and_boxes(num_rows=2,num_cols=3)",
    "dots_and_boxes(num_rows=3,num_cols=3)",
    "connect_four",
    "connect_four(rows=4,columns=5)",
    "tic_tac_toe",
    "othello",
    "hex(board_size=4)",
    "hex(num_rows=3,num_cols=5)",
    "nim(pile_sizes=1;2;3)",
    "mancala",
    "breakthrough(rows=5,columns=4)",
]


@pytest.mark.parametrize("text", GAMES)
def test_every_position_of_random_games_is_as_openspiel_has_it(text: str) -> None:
    played = game(text)
    records = playouts(played, 12, seed=6)
    half = [record[: len(record) // 2] for record in records]
    paths = [
        (number, record[len(half[number]) : end])
        for number, record in enumerate(records)
        for end in range(len(half[number]), len(record) + 1)
    ]
    positions, planes, values = replayed(played, half, paths)
    assert np.isfinite(planes).all()
    for row, (number, path) in enumerate(paths):
        state = state_after(played, [*half[number], *path])
        assert positions.terminal[row] == state.is_terminal()
        assert np.flatnonzero(positions.legal[row]).tolist() == state.legal_actions()
        if state.is_terminal():
            assert positions.result[row] == np.sign(state.returns()[0])
            assert np.isnan(positions.lead[row])
        else:
            assert (positions.result[row], positions.lead[row]) == (0.0, 0.0)
            assert positions.to_play[row] == values[row, 0] == (1, -1)[state.current_player()]


@pytest.mark.parametrize("text", [*GAMES, "chess", "gomoku(size=5)", "ultimate_tic_tac_toe", "oware"])
def test_equal_features_mean_equal_moves(text: str) -> None:
    """What a net sees leaves nothing out that decides what is legal now, and who is to move."""
    played = game(text)
    paths = [(0, record[:end]) for record in playouts(played, 25, seed=3) for end in range(min(9, len(record)))]
    positions, planes, values = replayed(played, [[]], paths)
    seen: dict[bytes, tuple[int, list[int]]] = {}
    for row in range(len(paths)):
        key = planes[row].tobytes() + values[row].tobytes()
        told = (int(positions.to_play[row]), np.flatnonzero(positions.legal[row]).tolist())
        assert seen.setdefault(key, told) == told


def test_threads_that_share_a_game_see_its_positions_as_one_does() -> None:
    played = game("connect_four")
    records = playouts(played, 30, seed=2)
    alone = [replayed(played, [record], [(0, [])])[1] for record in records]
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(lambda record: replayed(played, [record], [(0, [])])[1], records * 8))
    assert all((planes == alone[number % len(records)]).all() for number, planes in enumerate(shared))


def test_who_closes_a_box_moves_again() -> None:
    played = game("dots_and_boxes(num_rows=1,num_cols=2)")
    # across: 0 1 above, 2 3 below; down: 4 5 6
    box = [0, 2, 4, 5]
    positions, _, _ = replayed(played, [[]], [(0, box[:end]) for end in range(5)])
    assert positions.to_play.tolist() == [1, -1, 1, -1, -1]


def test_a_player_without_a_move_in_othello_passes() -> None:
    played = game("othello")
    passes = [record[:at] for record in playouts(played, 60, seed=0) for at, move in enumerate(record) if move == 64]
    assert passes
    positions, _, _ = replayed(played, passes, [(number, []) for number in range(len(passes))])
    assert (positions.legal.sum(axis=1) == 1).all()
    assert positions.legal[:, 64].all()


@pytest.mark.parametrize(
    ("text", "record", "drawn"),
    [
        ("tic_tac_toe", [4, 0], {0: ["...", ".x.", "..."], 1: ["x..", "...", "..."]}),
        ("tic_tac_toe", [4], {0: ["...", "...", "..."], 1: ["...", ".x.", "..."]}),
        ("mnk(m=3,n=3,k=3)", [4, 0, 8], {0: ["x..", "...", "..."], 1: ["...", ".x.", "..x"]}),
        ("connect_four(rows=2,columns=3,x_in_row=2)", [1], {0: ["...", "..."], 1: [".x.", "..."]}),
        ("connect_four(rows=2,columns=3,x_in_row=3)", [1, 1], {0: [".x.", "..."], 1: ["...", ".x."]}),
        # what can still be drawn across and down, one's own boxes, the other's, where there are any
        (
            "dots_and_boxes(num_rows=1,num_cols=2)",
            [0, 2, 4, 5],
            {0: [".x.", ".x."], 1: ["..x", "..."], 2: ["x..", "..."], 3: ["...", "..."], 4: ["xx.", "..."]},
        ),
        (
            "dots_and_boxes(num_rows=1,num_cols=2)",
            [0, 2, 4, 5, 1],
            {0: ["...", ".x."], 1: ["..x", "..."], 2: ["...", "..."], 3: ["x..", "..."], 4: ["xx.", "..."]},
        ),
    ],
)
def test_a_net_sees_the_movers_own_first(text: str, record: list[int], drawn: dict[int, list[str]]) -> None:
    played = game(text)
    order = {"tic_tac_toe": (2, 1), "mnk": (2, 1)}.get(text.partition("(")[0], (0, 1))
    _, planes, _ = replayed(played, [record], [(0, [])])
    for plane, rows in drawn.items():
        shown = planes[0, plane if "dots" in text else order[plane]]
        assert ["".join(".x"[int(point)] for point in row) for row in shown] == rows


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("connect_four", "connect_four"),
        (" connect_four() ", "connect_four"),
        ("connect_four( rows = 6, columns = 5 )", "connect_four(columns=5)"),
        ("connect_four(rows=4,columns=5)", "connect_four(columns=5,rows=4)"),
        ("hex(board_size=3,num_rows=3)", "hex(board_size=3)"),
        ("hex(board_size=3,num_rows=11)", "hex(board_size=3,num_rows=11)"),
        ("nim(pile_sizes=1;2)", "nim(pile_sizes=1;2)"),
        ("go(board_size=5,komi=-0.5)", "go(board_size=5,komi=-0.5)"),
    ],
)
def test_one_game_has_one_name(text: str, canonical: str) -> None:
    assert game(text).spec() == {"game": canonical}
    assert game(canonical).spec() == {"game": canonical}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no game"),
        ("connect_four(rows=4", "names no game"),
        ("nosuch", "unknown game 'nosuch'; known: go, amazons, "),
        ("backgammon", "chance has a part in it"),
        ("matrix_rps", "its players move at the same time"),
        ("dark_hex", "its players do not see everything"),
        ("solitaire", "cannot be searched"),
        ("misere(game=tic_tac_toe())", "cannot be searched"),
        ("efg_game(filename=/etc/passwd)", "cannot be searched"),
        ("connect_four(foo=1)", "has no parameter 'foo'; it has: columns, rows, x_in_row"),
        ("tic_tac_toe(rows=3)", "it has: none"),
        ("connect_four(rows=4,rows=5)", "each once"),
        ("connect_four(4,5)", "written key=value"),
        ("connect_four(rows=0)", "a whole number from 1 to 24, not '0'"),
        ("connect_four(rows=-1)", "a whole number from 1 to 24, not '-1'"),
        ("hex(board_size=100000)", "a whole number from 2 to 24"),
        ("hex(num_rows=1)", "a whole number from 2 to 24"),
        ("hex(num_cols=7,plain_obs_tensor=True)", "no parameter 'plain_obs_tensor'"),
        ("hive(board_size=20)", "hive(board_size=20): "),
        ("checkers(columns=9)", "a whole number from 8 to 8"),
        ("havannah(board_size=14)", "a whole number from 1 to 13"),
        ("dots_and_boxes(num_rows=2.5)", "a whole number"),
        ("dots_and_boxes(utility_margin=1)", "True or False"),
        ("go(komi=seven)", "a number such as 7.5"),
        ("nim(pile_sizes=1000000;1000000)", "pile_sizes cannot be"),
        ("shogi", "13689 moves; there can be 1 to 8192"),
        ("quoridor(players=3)", "it is for two players here"),
        ("gomoku(size=24,dims=3)", "moves; there can be"),
        ("go(board_size=24)", "supports board size up to 19"),
        ("twixt(board_size=2)", "board_size out of range"),
        ("gomoku(dims=40)", "a whole number from 1 to 3"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(
    text: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(GameError, match=re.escape(reason)) as refused:
        game(text)
    assert "\n" not in str(refused.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seed", range(40))
def test_any_parameters_are_refused_or_played(seed: int) -> None:
    draws = random.Random(seed)
    name = draws.choice(catalogue.names())
    numbers = [draws.choice([1, 2, 3, 5, 8, 13, 19, 24]) for _ in range(9)]
    pairs = [
        f"{key}={draws.choice((True, False)) if isinstance(default, bool) else numbers.pop()}"
        for key, default in catalogue.pyspiel().load_game(name).get_type().parameter_specification.items()
        if isinstance(default, int) and draws.random() < 0.6
    ]
    try:
        played = game(f"{name}({','.join(pairs)})")
    except GameError:
        return
    record: list[int] = []
    while len(record) < 60 and (legal := list(played.move_names(record))):
        record.append(draws.choice(legal))
    positions, planes, _ = replayed(played, [[]], [(0, record)])
    assert np.isfinite(planes).all()
    assert played.picture(record)
    assert positions.terminal[0] or positions.legal.any()


def test_without_openspiel_the_way_to_get_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspiel", None)
    with pytest.raises(GameError, match=r"OpenSpiel is not installed; pip install 'zhugo\[openspiel\]'"):
        game("tic_tac_toe")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([4, 4], "move 2 of the record: 4 is not legal"),
        ([9], "move 1 of the record: 9 is not legal"),
        ([0, 1, 3, 4, 6, 7], "move 6 of the record: the game is over"),
    ],
)
def test_an_illegal_move_is_named(record: list[int], reason: str) -> None:
    with pytest.raises(IllegalMove, match=re.escape(reason)):
        game("tic_tac_toe").root(record)


def test_features_of_another_game_are_refused() -> None:
    with pytest.raises(GameError, match="the net is not for tic_tac_toe: it looks at connect_four"):
        game("tic_tac_toe").feature_shapes(game("connect_four").own_features)


ILLEGAL_EVERYWHERE = """
import sys
from games import GameError, IllegalMove, load
from games.openspiel import catalogue
for name in catalogue.names():
    print(name, flush=True)
    try:
        game, record = load("openspiel", {"game": name}), []
    except GameError:  # with these parameters
        continue
    for _ in range(4):
        legal = game.root(record).legal_actions()
        inside = [*range(min(game.num_moves, 40)), *range(0, game.num_moves, 1 + game.num_moves // 40)]
        for move in {*inside, game.num_moves - 1, game.num_moves, 8192} - {*legal}:
            try:
                game.root([*record, move])
            except IllegalMove:
                continue
            raise AssertionError(f"{name}: {move} is taken behind {record}")
        record.append(legal[len(legal) // 2])
        if game.root(record).is_terminal():
            break
"""


def test_an_illegal_move_of_any_game_is_refused_and_ends_no_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ILLEGAL_EVERYWHERE], cwd=Path(games.__file__).parents[1], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout.split()[-1:]
