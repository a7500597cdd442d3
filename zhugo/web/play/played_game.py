"""A game against the engine that goes on by itself: the pure game, with a thread for the engine and one for clocks."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from games.game import GameError
from nets.errors import NetError
from protocol.errors import ConnectionLost, ProtocolError
from zhugo.bridges.gtp.game_kernels import load_kernels, load_kernels_of_the_end
from zhugo.bridges.gtp.level import STRONGEST_OF_PEOPLE, Level
from zhugo.bridges.gtp.protocol import GtpError
from zhugo.shared.errors import UserError
from zhugo.web import messages
from zhugo.web.play.engine_player import EngineAccess, EnginePlayer, StopSign
from zhugo.web.play.events import (
    EngineAway,
    EngineBack,
    EngineFails,
    Event,
    PersonActs,
    PersonMoves,
    Request,
    Tick,
    Watched,
)
from zhugo.web.play.game import Game
from zhugo.web.play.standing import Standing

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two attempts to find a daemon."""
LONGEST_SLEEP = 3600.0
"""Of the thread that looks after clocks."""

KNOWN = (ProtocolError, GtpError, UserError, NetError, GameError, ValueError)
"""Errors whose text says enough."""

Told = Callable[[Standing], None]


@cache
def _load_the_rest() -> None:
    """The kernels that judge who lives take a while, and the first pass is too late for them."""
    threading.Thread(target=load_kernels_of_the_end, name="play-kernels", daemon=True).start()


class PlayedGame:
    """A game; see the room for what it promises. All methods may be called from any thread, and none waits."""

    def __init__(self, game: Game, access: EngineAccess, told: Told) -> None:
        """``game``: this one's from now on. Use ``begin`` or ``bring_back``."""
        self._game, self._access, self._told = game, access, told
        self._changed = threading.Condition()
        """Guards the game, and wakes the two threads."""
        self._closed = False
        self._stop = StopSign()
        self._player: EnginePlayer | None = None
        self._news: deque[Standing] = deque()
        self._telling = threading.Lock()
        _load_the_rest()
        for run, name in ((self._run_engine, "engine"), (self._run_clock, "clock")):
            threading.Thread(target=run, name=f"play-{name}", daemon=True).start()

    @classmethod
    def begin(
        cls,
        spec: Mapping[str, Any],
        before: Sequence[tuple[int, int]],
        opponent: messages.Opponent,
        access: EngineAccess,
        told: Told,
        turn: int | None = None,
    ) -> PlayedGame:
        """A game from the position of ``spec`` (``games.go.game``) after the moves ``before``, (color, point) each.

        ``turn``: who moves then, where a record says so. Raises ``ValueError`` with one line for an opponent that there
        is not, ``GameError`` for a game that cannot be.
        """
        if opponent.level is not None:
            Level.parse(opponent.level, STRONGEST_OF_PEOPLE)
        load_kernels()  # before a clock runs
        return cls(Game.begun(spec, before, opponent, time.monotonic(), turn), access, told)

    @classmethod
    def bring_back(cls, saved: Any, access: EngineAccess, told: Told) -> PlayedGame:
        """A game that ``saved`` gave, perhaps in another process. Raises ``ValueError``, ``GameError``."""
        load_kernels()
        return cls(Game.brought_back(saved, time.monotonic()), access, told)

    def play(self, point: int) -> None:
        """The person plays. Raises ``Refused`` with one line."""
        self._happens(PersonMoves(point))

    def act(self, act: messages.Act) -> None:
        """The person wants something else. Raises ``Refused`` with one line."""
        self._happens(PersonActs(act.what, act.point))

    def watched(self, by_anybody: bool) -> None:
        """Whether anybody looks at the game."""
        self._happens(Watched(by_anybody))

    def standing(self) -> Standing:
        """As it stands at this moment."""
        with self._changed:
            return self._game.standing(time.monotonic())

    def saved(self) -> Any:
        """The game as JSON has it."""
        with self._changed:
            return self._game.saved()

    def close(self) -> None:
        """Leave the game as it is: its engine and its clocks stop, and nothing is told any more."""
        with self._changed:
            self._closed = True
            stop = self._stop
            self._changed.notify_all()
        stop.give()

    def _happens(self, event: Event) -> bool:
        """Whether there was something to tell. Raises ``Refused``."""
        with self._changed:
            if self._closed:
                return False
            now = time.monotonic()
            before = self._game.wanted
            told = self._game.handle(event, now)
            if told:
                self._news.append(self._game.standing(now))
            stop = self._stop if self._game.wanted is not before else None
            self._changed.notify_all()
        if stop is not None:
            stop.give()
        self._tell()
        return told

    def _tell(self) -> None:
        """Tell what is new, in order, by one thread at a time; none waits for another one's telling."""
        while self._news and self._telling.acquire(blocking=False):
            try:
                while self._news and not self._closed:
                    self._told(self._news.popleft())
                if self._closed:
                    self._news.clear()
            finally:
                self._telling.release()

    # The clock's thread.

    def _run_clock(self) -> None:
        while self._waits_for_deadline():
            self._happens(Tick())

    def _waits_for_deadline(self) -> bool:
        """Until a clock may have fallen; False at the end."""
        with self._changed:
            while not self._closed:
                deadline = self._game.deadline
                left = LONGEST_SLEEP if deadline is None else deadline - time.monotonic()
                if left <= 0.0:
                    return True
                self._changed.wait(min(left, LONGEST_SLEEP))
        return False

    # The engine's thread.

    def _run_engine(self) -> None:
        with suppress(Exception):  # which is said when the engine is asked for something
            self._player = self._connected()  # so that its first move waits for less
        pause = FIRST_PAUSE
        while (request := self._next_request()) is not None:
            try:
                player = self._player = self._player or self._connected()
                player.check()
                pause = FIRST_PAUSE
                if self._happens(EngineBack()):
                    continue
                answer = player.answer(request, self._stop)
            except ConnectionLost:
                self._lose_daemon()
                self._happens(EngineAway())
                self._rest(pause)
                pause = min(2.0 * pause, LONGEST_PAUSE)
                continue
            except Exception as error:  # whatever it is: the game is there, and the engine can be asked again
                answer = self._failed(request, error)
            if answer is not None:
                self._happens(answer)
        if self._player is not None:
            self._player.close()

    def _next_request(self) -> Request | None:
        """What is to be done, as soon as there is something; None at the end."""
        with self._changed:
            while not self._closed:
                wanted = self._game.wanted
                if wanted is not None:
                    self._stop = StopSign()
                    return wanted
                self._changed.wait()
        return None

    def _connected(self) -> EnginePlayer:
        """Raises ``ConnectionLost`` where nobody can be reached now, and what a player raises."""
        try:
            client = self._access.connect()
        except (ProtocolError, UserError) as error:
            raise ConnectionLost(str(error)) from error
        return EnginePlayer(client, self._access, *self._game.beginning)

    def _failed(self, request: Request, error: Exception) -> EngineFails:
        """What to say of an error. The next request begins with another session."""
        if not isinstance(error, KNOWN):
            traceback.print_exception(error)
        player, self._player = self._player, None
        if player is not None:
            player.close()
        return EngineFails(request.number, " ".join(str(error).split()) or type(error).__name__)

    def _lose_daemon(self) -> None:
        """Ask for another client, unless this one waits for its daemon."""
        try:
            if self._player is not None:
                self._player.check()
        except ConnectionLost:
            return
        self._player = None

    def _rest(self, seconds: float) -> None:
        """So long, or until the end."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._closed and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
