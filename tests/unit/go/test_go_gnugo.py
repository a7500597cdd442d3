"""GNU Go as the referee: legal moves, liberties and captures of every position of random and of real games.

Each rule of ko and suicide that GNU Go knows is played; it names the legal moves of a position in ``all_legal``, and it
answers as a process fed with all questions at once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from games.go import sgf
from games.go.features import is_true_eye
from games.go.game import Go
from games.go.position import Position

HERE = Path(__file__).parent
RECORDS = HERE.parents[2] / "games" / "records"
REAL_GAMES = sorted((HERE / "games").glob("*.sgf")) + sorted(RECORDS.glob("*-19x19-*.sgf"))
LEAST_POSITIONS = 20_000

RULES = {
    # name: (GNU Go's options, ours, [(size, games, moves a game)])
    "simple ko": ((), {"ko": "SIMPLE", "suicide": False}, [(5, 20, 80), (9, 20, 200), (13, 8, 250), (19, 6, 300)]),
    "positional superko": (
        ("--positional-superko",),
        {"ko": "POSITIONAL", "suicide": False},
        [(3, 20, 40), (4, 30, 60), (5, 30, 90)],
    ),
    "situational superko": (
        ("--situational-superko",),
        {"ko": "SITUATIONAL", "suicide": False},
        [(3, 20, 40), (4, 40, 60), (5, 10, 90), (7, 10, 90)],
    ),
    "suicide": (("--allow-suicide",), {"ko": "SIMPLE", "suicide": True}, [(5, 20, 80), (9, 8, 150)]),
}


def find_gnugo() -> str:
    """The program; where it is missing, CI fails and others skip."""
    found = shutil.which("gnugo") or shutil.which("gnugo", path="/usr/games")
    if found is None and os.environ.get("CI"):
        pytest.fail("gnugo is not installed")
    if found is None:
        pytest.skip("gnugo is not installed")
    return found


@dataclass
class Questions:
    """GTP commands, and the answer that is expected to each; None for those whose answer says nothing."""

    commands: list[str] = field(default_factory=list)
    expected: list[str | None] = field(default_factory=list)
    positions: int = 0
    forbidden: set[str] = field(default_factory=set)
    """Why empty points were illegal in these positions."""

    def say(self, command: str) -> None:
        self.commands.append(command)
        self.expected.append(None)

    def ask(self, command: str, answer: str) -> None:
        self.commands.append(command)
        self.expected.append(answer)

    def ask_all(self, position: Position) -> None:
        """Everything about a position."""
        game = position.game
        self.positions += 1
        allowed = position.legal()[: game.points]
        legal = np.flatnonzero(allowed)
        for point in np.flatnonzero(~allowed & (position.stones.ravel() == 0)):
            self.forbidden.add(str(position.why_illegal(int(point))))
        color = "black" if position.to_play == 1 else "white"
        self.ask(f"all_legal {color}", " ".join(sorted(game.vertex(int(p)) for p in legal)))
        black, white = position.captures
        self.ask("captures black", str(black))
        self.ask("captures white", str(white))
        board = position._board
        for head in sorted({int(board["head"][p]) for p in np.flatnonzero(position.stones)}):
            self.ask(f"countlib {game.vertex(head)}", str(len(position.liberties(head))))


def begin(game: Go, questions: Questions) -> Position:
    questions.say(f"boardsize {game.width}")
    questions.say("clear_board")
    return Position(game)


def step(position: Position, move: int, questions: Questions) -> None:
    color = "black" if position.to_play == 1 else "white"
    questions.say(f"play {color} {position.game.vertex(move)}")
    position.play(move)
    questions.ask_all(position)


def random_move(position: Position, random: np.random.Generator) -> int:
    """A legal move; seldom into an own eye, so that games last and stones get captured."""
    points = position.game.points
    legal = np.flatnonzero(position.legal()[:points])
    if random.random() > 0.05:
        legal = np.array([p for p in legal if not is_true_eye(position._board, p, position.to_play)], np.int64)
    return int(random.choice(legal)) if len(legal) else points


def random_games(name: str) -> Questions:
    _, rules, plan = RULES[name]
    questions = Questions()
    random = np.random.default_rng(len(name))
    for size, games, moves in plan:
        for _ in range(games):
            position = begin(Go.from_spec({"size": size, "rules": rules}), questions)
            for _ in range(moves):
                step(position, random_move(position, random), questions)
    return questions


def real_games() -> Questions:
    questions = Questions()
    for path in REAL_GAMES:
        record = sgf.read(path)
        position = begin(record.game, questions)
        for move in record.record:
            step(position, move, questions)
    return questions


def check_answers(options: tuple[str, ...], questions: Questions) -> None:
    command = [find_gnugo(), "--mode", "gtp", *options]
    lines = "\n".join([*questions.commands, "quit", ""])
    output = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=250).stdout
    answers = output.split("\n\n")
    assert len(answers) > len(questions.commands)
    for number, (asked, expected, answer) in enumerate(
        zip(questions.commands, questions.expected, answers, strict=False)
    ):
        assert answer.startswith("="), f"{asked}: {answer}"
        given = answer[1:].strip()
        if asked.startswith("all_legal"):
            given = " ".join(sorted(given.split()))
        if expected is not None and given != expected:
            start = max(i for i in range(number) if questions.commands[i] == "clear_board")
            story = [
                line for line in questions.commands[start - 1 : number] if not line.startswith(("all_", "cap", "count"))
            ]
            pytest.fail(f"{asked}: GNU Go says {given!r}, we say {expected!r}, after\n" + "\n".join(story))


@pytest.fixture(scope="module")
def questions_by_name() -> dict[str, Questions]:
    return {name: random_games(name) for name in RULES} | {"real games": real_games()}


def test_there_are_enough_positions(questions_by_name: dict[str, Questions]) -> None:
    assert sum(questions.positions for questions in questions_by_name.values()) >= LEAST_POSITIONS


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("simple ko", {"ko", "suicide"}),
        ("positional superko", {"ko", "suicide", "superko"}),
        ("situational superko", {"ko", "suicide", "superko"}),
    ],
)
def test_the_games_meet_every_reason(name: str, reasons: set[str], questions_by_name: dict[str, Questions]) -> None:
    assert questions_by_name[name].forbidden == reasons


@pytest.mark.parametrize("name", [*RULES, "real games"])
def test_gnugo_agrees(name: str, questions_by_name: dict[str, Questions]) -> None:
    options = RULES[name][0] if name in RULES else ()
    check_answers(options, questions_by_name[name])
