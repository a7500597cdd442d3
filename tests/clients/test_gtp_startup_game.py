"""Who answers while kernels load: in time, by the rules, and the engine takes the game over as it stands."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from games.go.game import Go
from games.go.plain_board import PlainBoard
from games.go.position import Position
from tests.clients.fake_session import FakeClient, FakeController
from tests.daemons import PATIENCE
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.clock import Clock, TimeSystem
from zhugo.bridges.gtp.controller import InputLines
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.settings import Settings
from zhugo.bridges.gtp.startup_game import StartupGame

HURRY = "kata-time_settings byoyomi 0 0.2 1"


def served(
    text: str, startup_game: StartupGame | None = None, there: bool = False
) -> tuple[StartupGame, str, list[str]]:
    """A startup game that served these lines, what it answered, and the lines that it left to the engine."""
    startup_game = startup_game or StartupGame()
    engine_is_there = threading.Event()
    if there:
        engine_is_there.set()
    lines, said = InputLines(io.StringIO(text)), list[str]()
    startup_game.serve(lines, engine_is_there, said.append)
    return startup_game, "".join(said), list(lines)


def taken_over(startup_game: StartupGame) -> Engine:
    engine = Engine(FakeClient().connect, Settings(10, None), FakeController())
    startup_game.hand_over(commands_of(engine))
    return engine


def test_it_answers_what_comes_before_a_first_move_and_the_move_in_time() -> None:
    startup_game, said, left = served(
        f"boardsize 9\n1 clear_board\nkomi 6.5\n\n{HURRY}\n7 time_left b 0.2 1\n8 genmove b\n"
    )
    assert said == "=\n\n=1\n\n=\n\n=\n\n=7\n\n=8 C7\n\n"
    assert left == []
    engine = taken_over(startup_game)
    assert (engine.game.width, engine.game.komi, engine.position.record) == (9, 6.5, [20])
    assert startup_game.moved
    assert startup_game.clock.system == TimeSystem.byoyomi(0, 0.2, 1)


def test_a_game_that_it_began_goes_on() -> None:
    startup_game, said, left = served(
        f"{HURRY}\nplay b D4\ngenmove w\nplay b Q16\nplay b C3\ngenmove w\nname\ngenmove b\n"
    )
    assert said.count("=") == 6
    assert left == ["name\n", "genmove b\n"], "what the engine alone can answer, and all behind it"
    engine = taken_over(startup_game)
    answers = [word.split()[1] for word in said.split("\n\n") if " " in word]
    played = [engine.vertex(move) for move in engine.position.record if move <= 361]
    assert played == ["D4", answers[0], "Q16", "C3", answers[1]]


@pytest.mark.parametrize(
    "line",
    [
        "name", "genmove b", "genmove", "play b D99", "play b", "play green D4", "komi 1000", "komi much",
        "boardsize 99", "boardsize 9 7", "time_settings 1", "kata-set-rules japanese", "fixed_handicap 9", "undo",
        "nonsense", "quit",
    ],
)  # fmt: skip
def test_what_it_leaves_to_the_engine(line: str) -> None:
    """Also whatever is wrong, of which the engine speaks; and a move without a clock, for which there is time."""
    _, said, left = served(f"{line}\nclear_board\n")
    assert (said, left) == ("", [f"{line}\n", "clear_board\n"])


def test_an_illegal_move_is_left_to_the_engine() -> None:
    startup_game, said, left = served("play b D4\nplay w D4\n")
    assert (said, left) == ("=\n\n", ["play w D4\n"])
    assert startup_game.journal == ["play b D4"]


def test_the_engine_answers_as_soon_as_it_is_there() -> None:
    _, said, left = served(f"{HURRY}\ngenmove b\n", there=True)
    assert (said, len(left)) == ("", 2)


def test_an_engine_that_comes_in_time_makes_the_move() -> None:
    engine_is_there = threading.Event()
    lines, said = InputLines(io.StringIO("kata-time_settings absolute 100000\ngenmove b\n")), list[str]()

    def write(text: str) -> None:
        said.append(text)
        engine_is_there.set()

    StartupGame().serve(lines, engine_is_there, write)
    assert said == ["=\n\n"]
    assert list(lines) == ["genmove b\n"]


def test_time_runs_from_the_line_and_the_account_is_kept() -> None:
    startup_game, _, _ = served("kata-time_settings absolute 0.2\ngenmove b\n", StartupGame(Clock(lag=0.1)))
    assert startup_game.clock.left[1].seconds < 0.2
    assert startup_game.turn_ended <= time.monotonic()


class TestThePlainBoard:
    @pytest.mark.parametrize("seed", range(6))
    def test_it_knows_what_is_legal(self, seed: int) -> None:
        """As ``games.go`` does under simple ko, over random games with captures and kos."""
        draw = random.Random(seed)
        width, height = [(5, 5), (4, 3), (3, 3), (6, 2), (7, 7), (9, 9)][seed]
        position = Position(Go.from_spec({"size": [width, height], "komi": 7.5, "rules": "chinese"}))
        board = PlainBoard(width, height)
        for _ in range(150):
            if position.is_over:
                break
            legal = position.legal()[: position.game.points + 1].tolist()
            assert board.legal() == legal
            move = draw.choice(
                [point for point in range(position.game.points) if legal[point]] or [position.game.points]
            )
            position.play(move)
            assert board.play(board.to_play, move)
            assert board.stones == position.stones.reshape(-1).tolist()

    def test_who_moves_twice_may_take_back_a_ko(self) -> None:
        board = PlainBoard(4, 3, stones=[0, 1, -1, 0, 1, -1, 0, -1, 0, 1, -1, 0])
        assert board.play(1, 6)
        assert board.stones[5] == 0
        assert not board.play(-1, 5)
        assert board.play(1, 12)
        assert board.play(-1, 5)


@pytest.mark.long
def test_a_move_comes_in_time_on_the_first_start_on_a_machine(tmp_path: Path) -> None:
    """Where nothing is compiled yet, which takes much longer than the clock has."""
    command = [sys.executable, "-P", "-m", "zhugo.cli", "gtp"]
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write("boardsize 9\nkgs-time_settings byoyomi 0 4 1\ntime_left b 4 1\n8 genmove b\n")
            process.stdin.flush()
            timer = threading.Timer(PATIENCE, process.kill)
            timer.start()
            answers = [process.stdout.readline() for _ in range(8)]
            timer.cancel()
            assert answers[6] == "=8 C7\n"
        finally:
            process.kill()
        assert process.stderr is not None
        assert "the engine still starts" in process.stderr.read()
