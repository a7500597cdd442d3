"""KataGo beside us: its analysis engine, which takes queries as lines of JSON (docs/Analysis_Engine.md of KataGo)."""

from __future__ import annotations

import json
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from games.go.sgf import Segment
from zhugo.shared import records
from zhugo.shared.errors import UserError

ANSWER_SECONDS = 600.0
"""Until it is ready (a large net, or a backend that tunes itself first), or has searched what it was asked to."""
END_SECONDS = 60.0

_ROWS = re.compile(r"NN rows: (\d+)")


@dataclass(frozen=True)
class Setup:
    """How KataGo is started. ``config``: a file of the person's, None for KataGo's own defaults."""

    program: str
    net: Path
    config: Path | None = None

    def check(self) -> None:
        """Raise ``UserError`` for what can be seen to be wrong before anything starts."""
        if shutil.which(self.program) is None:
            raise UserError(f"there is no KataGo at {self.program}: --katago names its program")
        for what, path in (("net", self.net), ("KataGo's configuration", self.config)):
            if path is not None and not path.is_file():
                raise UserError(f"{what} {path}: there is no such file")


class KataGo:
    """A running analysis engine for boards of one size: ``at_once`` searches at a time, of ``threads`` threads each.

    ``visits``: of all its searches. ``evaluations``, after it was closed: how many positions its net evaluated for
    them, None when it did not say.
    """

    def __init__(self, setup: Setup, size: int, threads: int, at_once: int = 1) -> None:
        """Raises ``UserError``, with the last thing that it said when it does not start."""
        self.visits = 0
        self.evaluations: int | None = None
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._notes: deque[str] = deque(maxlen=20)
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as empty:
            empty.write("# all by default\n")
            empty.flush()
            config = setup.config or Path(empty.name)
            arguments = ["analysis", "-model", str(setup.net), "-config", str(config)]
            try:
                self._process = subprocess.Popen(
                    [setup.program, *arguments, "-override-config", _overrides(config, size, threads, at_once)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    errors="replace",
                )
            except OSError as error:
                raise UserError(f"cannot start {setup.program}: {error.strerror}") from None
            self._pumps = [
                threading.Thread(target=self._read_answers, args=(self._process.stdout,), daemon=True),
                threading.Thread(target=self._read_notes, args=(self._process.stderr,), daemon=True),
            ]
            for pump in self._pumps:
                pump.start()
            try:
                (answer,) = self._ask([{"action": "query_version"}])
            except BaseException:
                self.close()
                raise
        self.version = str(answer.get("version", "unknown"))

    def forget(self) -> None:
        """Clear the cache of evaluations; trees do not outlive a search."""
        self._ask([{"action": "clear_cache"}])

    def search(self, positions: Sequence[Segment], visits: int) -> int:
        """Search all positions, each for so many visits: visits in all. Raises ``UserError``."""
        answers = self._ask([{**_query(position), "maxVisits": visits} for position in positions])
        try:
            made = sum(int(answer["rootInfo"]["visits"]) for answer in answers)
        except (KeyError, TypeError, ValueError):
            raise UserError("KataGo answers a query without the visits of its root") from None
        self.visits += made
        return made

    def choice(self, position: Segment, visits: int) -> str:
        """The move that it ranks first after so many visits, as a GTP vertex. Raises ``UserError``."""
        asked = {"maxVisits": visits, "overrideSettings": {"ignorePreRootHistory": False}}  # as when it plays
        (answer,) = self._ask([{**_query(position), **asked}])
        try:
            return str(next(info["move"] for info in answer["moveInfos"] if info["order"] == 0))
        except (KeyError, TypeError, StopIteration):
            raise UserError("KataGo answers a query without a move") from None

    def close(self) -> None:
        """End it, once it has told how much it evaluated."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pump in self._pumps:
            pump.join(END_SECONDS)

    def __enter__(self) -> KataGo:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _ask(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send queries, and wait for as many answers, which come in any order."""
        assert self._process.stdin is not None
        with suppress(OSError):
            for number, query in enumerate(queries):
                self._process.stdin.write(json.dumps({"id": str(number), **query}) + "\n")
            self._process.stdin.flush()
        answers: list[dict[str, Any]] = []
        while len(answers) < len(queries):
            try:
                answer = self._answers.get(timeout=ANSWER_SECONDS)
            except queue.Empty:
                raise UserError(f"KataGo does not answer within {ANSWER_SECONDS:g} s") from None
            if answer is None:
                raise UserError(f"KataGo ended: {self._last_words()}")
            if "error" in answer:
                raise UserError(f"KataGo refuses a query: {answer['error']}")
            if "warning" not in answer:
                answers.append(answer)
        return answers

    def _read_answers(self, stream: IO[str]) -> None:
        with stream, suppress(OSError, ValueError):
            for line in stream:
                with suppress(json.JSONDecodeError):
                    answer = json.loads(line)
                    if isinstance(answer, dict):
                        self._answers.put(answer)
        self._answers.put(None)

    def _read_notes(self, stream: IO[str]) -> None:
        with stream, suppress(OSError, ValueError):
            for line in stream:
                if line.strip():
                    self._notes.append(line.strip())
                if rows := _ROWS.search(line):
                    self.evaluations = int(rows[1])

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._pumps[1].join(END_SECONDS)
        return self._notes[-1] if self._notes else f"exit code {self._process.poll()}, and nothing on stderr"


def _overrides(config: Path, size: int, threads: int, at_once: int) -> str:
    # KataGo takes either of two names for the same, and not both: files for its GTP engine have the other
    name = "numSearchThreadsPerAnalysisThread"
    threads_name = name if name in config.read_text(errors="replace") else "numSearchThreads"
    values = {
        "numAnalysisThreads": at_once,
        threads_name: threads,
        "nnMaxBatchSize": max(8, threads * at_once),
        "logToStderr": "true",
        # as when it plays: a net for exactly this board, and no noise at the root
        "maxBoardXSizeForNNBuffer": size,
        "maxBoardYSizeForNNBuffer": size,
        "requireMaxBoardSize": "true",
        "wideRootNoise": 0,
    }
    return ",".join(f"{name}={value}" for name, value in values.items())


def _query(position: Segment) -> dict[str, Any]:
    game = position.game
    colors = {1: "B", -1: "W"}
    return {
        "moves": [[colors[player], game.vertex(move)] for player, move in records.moves(position)],
        "initialStones": [
            [color, game.vertex(point)] for color, points in (("B", game.black), ("W", game.white)) for point in points
        ],
        "initialPlayer": colors[game.to_play],
        "rules": game.rules.as_dict(),
        "komi": game.komi,
        "boardXSize": game.width,
        "boardYSize": game.height,
    }
