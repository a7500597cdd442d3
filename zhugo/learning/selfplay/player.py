"""Many games at once over one daemon: all trees are searched at once, so that the device's batches are full."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from protocol import messages as m
from protocol.transport import Transport
from zhugo.learning.samples.shard import PlayedGame
from zhugo.learning.selfplay.game import GameInProgress
from zhugo.learning.selfplay.plan import Plan, game_of, read_openings
from zhugo.shared.errors import UserError

_STATUS = 2**53
"""Request id of the question for the status; the other requests bear the number of their place."""

_TREES_KEPT = 3
"""A session holds the nodes of so many full searches before what was played past is dropped."""

_BYTES_PER_NODE = 256
"""More than a node takes beside its priors."""


class Player:
    """Plays the games that it is dealt, ``games_at_once`` of them at a time, each in a session of its own.

    A session is a *place*; the id of every request is the number of its place.
    """

    def __init__(self, plan: Plan, transport: Transport, net: str) -> None:
        """``net``: sha256 of the net that the daemon has. Raises ``GameError`` or ``UserError`` for a bad plan."""
        self.plan = plan
        self._transport = transport
        self._net = net
        self._game = game_of(plan)
        self._openings = read_openings(Path(plan.openings), self._game) if plan.openings else []
        self._max_bytes = bytes_of_a_tree(plan, self._game.num_moves)
        self._waiting: deque[int] = deque()
        self._places: list[GameInProgress | None] = []
        self._finished: list[PlayedGame] = []
        self.positions = 0
        """How many were searched so far."""
        self._status: m.Status | None = None
        self._transport.send(m.Hello(m.PROTOCOL_VERSION, "client", "self-play", os.getpid()))

    @property
    def idle(self) -> bool:
        """Whether all that was dealt is played."""
        return not self._waiting and not any(self._places)

    def deal(self, numbers: Sequence[int]) -> None:
        """Play these games too."""
        self._waiting.extend(numbers)
        for place, playing in enumerate(self._places):
            if playing is None:
                self._start(place)
        while self._waiting and len(self._places) < self.plan.games_at_once:
            self._places.append(None)
            self._start(len(self._places) - 1)

    def play(self, seconds: float) -> list[PlayedGame]:
        """Play on for so long, or until nothing is left to play; the games that came to an end.

        Raises ``UserError`` when a search fails, and ``ConnectionLost`` when the daemon does.
        """
        deadline = time.monotonic() + seconds
        while not self.idle and (now := time.monotonic()) < deadline:
            message = self._transport.receive(deadline - now)
            if message is not None:
                self._take(message)
        finished, self._finished = self._finished, []
        return finished

    def status(self) -> m.Status:
        """The daemon's counters at this moment."""
        self._status = None
        self._transport.send(m.AskStatus(_STATUS))
        while self._status is None:
            message = self._transport.receive(1.0)
            if message is not None:
                self._take(message)
        return self._status

    def _take(self, message: m.AnyMessage) -> None:
        match message:
            case m.Report():
                self._move(message.request, message)
            case m.Status():
                self._status = message
            case m.Refused():
                raise UserError(message.reason)
            case _:
                pass  # welcomes and plain yeses

    def _move(self, place: int, report: m.Report) -> None:
        playing = self._places[place]
        assert playing is not None
        if report.reason == "failed":
            raise UserError(report.failure)
        self.positions += report.reason != "terminal"
        was_full = playing.full
        move = playing.take(report)
        if move is None:
            self._finished.append(playing.finished(report, self._net))
            self._start(place)
            return
        name, plan = str(place), self.plan
        if plan.keep_tree:
            self._transport.send(m.Play(place, name, move))
        else:
            self._transport.send(m.Reset(place, name, plan.game, plan.spec, playing.record))
        if playing.full != was_full:
            self._transport.send(m.Configure(place, name, self._settings(playing)))
        self._search(place, playing)

    def _start(self, place: int) -> None:
        """The next game in this place, if there is one, in a session of its own: another's tree is of no use."""
        name, plan = str(place), self.plan
        if self._places[place] is not None:
            self._transport.send(m.Close(place, name))
        self._places[place] = None
        if self._waiting:
            playing = GameInProgress(plan, self._game, self._waiting.popleft(), self._openings)
            self._places[place] = playing
            self._transport.send(m.Open(place, name, plan.game, plan.spec, playing.record, self._settings(playing)))
            self._search(place, playing)

    def _search(self, place: int, playing: GameInProgress) -> None:
        visits = self.plan.visits if playing.full else self.plan.fast_visits
        self._transport.send(m.Search(place, str(place), m.Limits(visits=visits), pv_length=1))

    def _settings(self, playing: GameInProgress) -> m.SearchSettings:
        settings = self.plan.settings(full=playing.full)
        return msgspec.structs.replace(settings, seed=playing.search_seed(), max_bytes=self._max_bytes)


def bytes_of_a_tree(plan: Plan, num_moves: int) -> int:
    """The most that the tree of one game takes, in a game with so many different moves."""
    nodes = _TREES_KEPT * plan.visits + plan.longest(num_moves)
    return nodes * (2 * num_moves + _BYTES_PER_NODE)
