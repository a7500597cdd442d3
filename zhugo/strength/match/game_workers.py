"""Where the games of a match are played: some at the same time, each program started once for many games."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from zhugo.shared.errors import UserError
from zhugo.strength.match.arbiter import Arbiter
from zhugo.strength.match.game import PlayedGame, play_game
from zhugo.strength.match.match import Match
from zhugo.strength.match.openings import Openings
from zhugo.strength.match.program import Program
from zhugo.strength.match.sides import Side


class GameWorkers:
    """Threads that play games, each with programs of its own."""

    def __init__(self, match: Match, numbers: Sequence[int], openings: Openings) -> None:
        self._match, self._openings = match, openings
        self._left = iter(numbers)
        self._lock = threading.Lock()
        self._running: set[Program] = set()
        self._closed = False
        self._arbiter = Arbiter(match.referee)
        self._results: queue.SimpleQueue[tuple[int, PlayedGame] | BaseException | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run) for _ in range(min(match.parallel, len(numbers)))]
        for thread in self._threads:
            thread.start()

    def results(self) -> Iterator[tuple[int, PlayedGame]]:
        """Games as they end. Raises what went wrong in a thread."""
        busy = len(self._threads)
        while busy:
            result = self._results.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                busy -= 1
            else:
                yield result

    def close(self) -> None:
        """End all programs, those of unfinished games too."""
        with self._lock:
            self._closed = True
            programs = list(self._running)
        for program in programs:
            program.kill()
        self._arbiter.close()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        players: list[Program | None] = [None, None]
        try:
            while (task := self._next()) is not None:
                number, opening = task
                self._results.put((number, self._play(number, opening, players)))
        except BaseException as error:
            self._results.put(error)
        finally:
            for player in players:
                if player is not None:
                    self._end(player)
            self._results.put(None)

    def _next(self) -> tuple[int, list[int]] | None:
        with self._lock:
            number = None if self._closed else next(self._left, None)
            return None if number is None else (number, self._openings.get(number // 2))

    def _play(self, number: int, opening: list[int], players: list[Program | None]) -> PlayedGame:
        """Play one game; a program that failed in it is taken from ``players``, for the next game to start it anew."""
        missing = [i for i, player in enumerate(players) if player is None]
        for i, program in zip(missing, self._start([self._match.sides[i] for i in missing]), strict=True):
            players[i] = program
        first, second = players
        assert first is not None
        assert second is not None
        black, white = (first, second) if self._match.first_is(number) == "black" else (second, first)
        game = play_game(black, white, self._match.terms, self._arbiter, opening)
        if game.failed is not None:
            failed = black if game.failed == "black" else white
            players[players.index(failed)] = None
            self._end(failed, kill=True)
        return game

    def _start(self, sides: Sequence[Side]) -> list[Program]:
        """These sides' programs, all starting at once; when one fails the others end, and it raises."""
        programs: list[Program] = []
        try:
            for side in sides:
                programs.append(side.start())
                self._add(programs[-1])
            size = self._match.terms.spec["size"]
            with ThreadPoolExecutor(max(1, len(programs))) as pool:
                for greeting in as_completed([pool.submit(program.greet, size) for program in programs]):
                    try:
                        greeting.result()
                    except BaseException:
                        for program in programs:
                            program.kill()
                        raise
        except BaseException:
            for program in programs:
                self._end(program, kill=True)
            raise
        return programs

    def _add(self, program: Program) -> None:
        with self._lock:
            self._running.add(program)
            if self._closed:
                raise UserError("the match is over")

    def _end(self, program: Program, kill: bool = False) -> None:
        with self._lock:
            self._running.discard(program)
        if kill:
            program.kill()
        else:
            program.close()
