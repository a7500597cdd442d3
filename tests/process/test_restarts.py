"""kill -9 of a daemon that others use, again and again, while they do: resumed, it has lost nothing, nor have they."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import pytest

from protocol.messages import Limits
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually

GAME = "(;GM[1]SZ[9]KM[7];B[ee];W[ec];B[gf];W[cf];B[eg];W[dd];B[fd];W[ge])"
LINES = 12
"""Of stderr that a failing test shows."""


class Service:
    """A daemon with a journal, killed and resumed at will."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.trace = directory / "trace"
        self.daemon = RealDaemon(directory, "--trace", str(self.trace), latency_ms=2.0)

    @property
    def address(self) -> str:
        return self.daemon.address

    def restart(self) -> None:
        self.daemon.kill()
        self.daemon.__exit__()
        self.daemon = RealDaemon(self.directory, "--resume", str(self.trace), latency_ms=2.0)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.daemon.__exit__()


class Program:
    """A ``zhugo`` command on pipes."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zhugo.cli", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._listening = threading.Thread(target=self._listen, args=(self.process.stderr,))
        self._listening.start()

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.said[-LINES:]}"
        return line

    def end(self) -> str:
        """Close its input; what else it says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        rest = self.process.stdout.read()
        assert self.process.wait(PATIENCE) == 0, self.said[-LINES:]
        return rest

    def _listen(self, stream: IO[str]) -> None:
        self.said += iter(stream)

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._listening.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


class Player:
    """Plays a game over GTP, one genmove after the other; every answer must be a move."""

    def __init__(self, engine: Program) -> None:
        self._engine = engine
        self.moves: list[str] = []

    def play(self, over: threading.Event) -> None:
        self._ask("boardsize 9")
        while not over.is_set():
            self.moves.append(self._ask(f"genmove {'bw'[len(self.moves) % 2]}"))

    def undo_all(self) -> None:
        for _ in self.moves:
            self._ask("undo")

    def _ask(self, command: str) -> str:
        self._engine.say(command)
        answer = self._engine.hear()
        assert self._engine.hear() == "\n"
        assert answer.startswith("="), (command, answer, self._engine.said[-LINES:])
        return answer.removeprefix("=").strip()


class Asker:
    """Asks an analysis engine for positions, some at a time, and counts the final answers to each."""

    def __init__(self, engine: Program) -> None:
        self._engine = engine
        self.asked = 0
        self.finals: Counter[str] = Counter()

    def ask(self, over: threading.Event) -> None:
        while not over.is_set():
            query = {
                "id": str(self.asked),
                "moves": [["B", "E5"]],
                "rules": "chinese",
                "komi": 7,
                "boardXSize": 9,
                "boardYSize": 9,
                "maxVisits": 100 + self.asked % 50,
                "reportDuringSearchEvery": 0.05,
            }
            self._engine.say(json.dumps(query))
            self.asked += 1
            while self.asked - self.finals.total() >= 4:
                self.take(self._engine.hear())

    def take(self, line: str) -> None:
        answer = json.loads(line)
        assert "error" not in answer, answer
        if not answer["isDuringSearch"]:
            assert answer["rootInfo"]["visits"] >= 100
            self.finals[answer["id"]] += 1


class Reviewer:
    """Reviews a game, again and again."""

    def __init__(self, address: str, directory: Path) -> None:
        self._address, self._directory = address, directory
        self.reviews = 0
        (directory / "game.sgf").write_text(GAME)

    def review(self, over: threading.Event) -> None:
        while not over.is_set():
            out = self._directory / f"out {self.reviews}"
            arguments = [str(self._directory / "game.sgf"), "--visits", "60", "--out", str(out)]
            with Program("analyze", *arguments, "--connect", self._address) as program:
                program.end()
            (found,) = out.glob("*.json")
            assert len(json.loads(found.read_text())["positions"]) == GAME.count(";")
            self.reviews += 1


@contextmanager
def at_work(over: threading.Event, *jobs: object) -> Iterator[None]:
    """Each in a thread, until it is over; an error in one is raised behind the block."""
    errors: list[BaseException] = []

    def work(job: object) -> None:
        try:
            job(over)  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])
def test_whoever_works_with_a_daemon_survives_its_kills(directory: Path, kills: int) -> None:
    draw = random.Random(kills)
    over = threading.Event()
    with ExitStack() as stack:
        service = stack.enter_context(Service(directory))
        connect = ("--connect", service.address, "--reconnect", "120")
        gtp = stack.enter_context(Program("gtp", "--visits", "40", *connect))
        analysis = stack.enter_context(Program("analysis", *connect))
        mine = stack.enter_context(service.daemon.client("mine", PATIENCE))
        player, asker, reviewer = Player(gtp), Asker(analysis), Reviewer(service.address, directory)
        session = mine.open("mine", "go", {"size": 19})
        played: list[int] = []

        def play(over: threading.Event) -> None:
            for move in range(300):
                if over.is_set():
                    return
                session.play(move)
                played.append(move)
                session.search(Limits(new_visits=5)).result(PATIENCE)
                assert session.record == played
                time.sleep(0.2)

        with at_work(over, player.play, asker.ask, reviewer.review, play):
            for _ in range(kills):
                before = len(player.moves), asker.finals.total(), len(played)
                eventually(
                    lambda before=before: all(
                        now > then
                        for now, then in zip(
                            (len(player.moves), asker.finals.total(), len(played)), before, strict=True
                        )
                    ),
                    "everybody gets on",
                )
                time.sleep(draw.random())
                service.restart()
                with service.daemon.client() as looking:
                    looking.check()
                    recorded = looking.open("mine", "go", {}, share=True).query().record
                    assert recorded[: len(played)] == played[: len(recorded)]
                    assert len(recorded) >= len(played) - 1
        player.undo_all()
        gtp.say("quit")
        gtp.end()
        for line in analysis.end().splitlines():
            asker.take(line)
        assert asker.finals == Counter(str(number) for number in range(asker.asked))
        assert session.query().record == played
        assert reviewer.reviews > 0
        mine.check()
        for program in (gtp, analysis):
            told = [line for line in program.said if "went away" in line or "is back" in line]
            assert len(told) == 2 * kills, program.said
