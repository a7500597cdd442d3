"""The game that GTP speaks of, and its session in the daemon. The search itself is the daemon's.

The game is kept here; the session's cursor follows when something is to be searched. So playing and taking back cost
no message, and whoever shares the session is not disturbed by them. The tree is kept as long as the game stays the
same one: back and forth, into variations, and when a GUI clears the board to play the moves again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from games.game import GameError, IllegalMove
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.position import Position
from nets.errors import NetError
from nets.facts import features_of
from protocol.client import Client, SearchHandle, Session
from protocol.errors import AnswerTimeout, ConnectionLost, ProtocolError, RefusedError, SessionLost
from protocol.messages import Limits, NetInfo, Report, Restriction, SearchSettings
from zhugo.errors import UserError
from zhugo.gtp.clock import Clock
from zhugo.gtp.controller import Controller, Sign
from zhugo.gtp.eventual import Eventual
from zhugo.gtp.protocol import GtpError
from zhugo.gtp.settings import Settings

FIRST_GAME = {"size": 19, "komi": 7.5, "rules": "chinese"}
ANSWER_SECONDS = 120.0
"""How long after the end of its time a search may still take to say so: a first batch may have to compile."""
AT_ONCE = 0.5
"""Seconds within which a daemon answers that is there, and for which a command waits that can do without it."""
NET_SECONDS = 120.0
"""How long a daemon may take from its start until a searcher has its net."""


@dataclass
class Engine:
    """State of one GTP conversation. ``shared``: others may be in the session ``name`` too.

    ``connect`` gives the daemon's client, or waits until it can: a daemon takes a while to start, and minutes the first
    time. So nothing waits for it before there is something to search, but for the game of a session that is shared.
    ``net_file``: the net that the daemon will have, where that is known before it says so.
    """

    connect: Callable[[], Client]
    settings: Settings
    controller: Controller
    name: str = "gtp"
    shared: bool = False
    clock: Clock = field(default_factory=Clock)
    hopeless: dict[int, int] = field(default_factory=dict)
    """For each player, how many moves in a row were hopeless."""
    played_here: bool = False
    """The engine itself has played in this game."""
    net_file: Path | None = None

    def __post_init__(self) -> None:
        self._daemon = Eventual(self.connect, "gtp-client")
        self._net = Eventual(self._net_of_daemon, "gtp-net")
        self._before_search: list[Callable[[], None]] = []
        self.recent_values: list[float] = []
        """What the engine's own searches for a move came to in this game, Black's side."""
        self._searching_as = self.settings.for_play()
        self._another_game = False
        self._pondering: SearchHandle | None = None
        self._session: Session | None = None

    @property
    def client(self) -> Client:
        """The daemon's. Waits for it."""
        return self._daemon.result()

    @property
    def client_if_there(self) -> Client | None:
        """The daemon's, None while it is not there. Does not wait."""
        return self._daemon.within(AT_ONCE)

    @property
    def net(self) -> NetInfo:
        """What the daemon's searchers evaluate with. Waits for it. Raises ``GtpError`` when none of them comes."""
        return self._net.result()

    @cached_property
    def _features_of_file(self) -> str | None:
        return None if self.net_file is None else features_of(self.net_file)

    @property
    def features_if_known(self) -> str | None:
        """The kind of the net's inputs, None while it is not known. Does not wait."""
        with suppress(NetError):  # of which the daemon tells
            if self._features_of_file is not None:
                return self._features_of_file
        net = self._net.within(AT_ONCE)
        return None if net is None else net.features

    def before_search(self, call: Callable[[], None]) -> None:
        """Call this once, when the daemon is there and before anything else is searched for."""
        self._before_search.append(call)

    @property
    def session(self) -> Session:
        """The session in the daemon, opened when it is first needed."""
        if self._session is None:
            self._session = self._open()
        return self._session

    @cached_property
    def position(self) -> Position:
        """The game as it stands. Raises ``UserError`` for a session of another game."""
        if not self.shared:
            return Position(Go.from_spec(FIRST_GAME))
        if self.session.game != "go":
            raise UserError(f"session {self.name!r} plays {self.session.game}, not Go")
        return Position(Go.from_spec(self.session.spec), self.session.record)

    @property
    def game(self) -> Go:
        """Size, rules and the first position."""
        return self.position.game

    @property
    def pass_move(self) -> int:
        """The number of the pass."""
        return self.game.points

    @property
    def to_play(self) -> int:
        """+1 Black, -1 White."""
        return self.position.to_play

    def vertex(self, move: int) -> str:
        """A move as GTP writes it."""
        return self.game.vertex(move)

    def move(self, vertex: str) -> int:
        """The move that GTP writes so. Raises ``GtpError``."""
        try:
            return from_vertex(vertex, self.game.width, self.game.height)
        except ValueError as error:
            raise GtpError(f"syntax error: {error}") from error

    # The game.

    def start(self, record: Sequence[int] = (), **changes: Any) -> None:
        """Another game: this one's specification with ``changes`` (None removes an entry), at the end of ``record``.

        Raises ``GtpError`` when there is no such game, and the old one goes on.
        """
        if self.settings.forced_komi is not None:
            changes = {**changes, "komi": self.settings.forced_komi}
        spec = {name: value for name, value in {**self.game.spec(), **changes}.items() if value is not None}
        try:
            position = Position(Go.from_spec(spec), record)
        except GameError as error:
            raise GtpError(str(error)) from error
        self.rest()
        self.position = position
        self.hopeless.clear()
        self.recent_values.clear()

    def clear(self, **changes: Any) -> None:
        """An empty board; size, komi and rules stay but for ``changes``.

        After a game that the engine played, the next begins with an empty tree; a GUI that reviews keeps the tree.
        """
        self.start(**{"black": None, "white": None, "to_play": None, **changes})
        self._another_game |= self.played_here
        self.played_here = False

    def change(self, **changes: Any) -> None:
        """Another specification for the same moves."""
        self.start(self.position.record, **changes)

    def play(self, player: int, move: int) -> None:
        """Play a move for ``player``, whoever's turn it is. Raises ``GtpError`` when it is illegal."""
        try:
            self.position.play_as(player, move)
        except IllegalMove as error:
            raise GtpError(f"illegal move: {error}") from error
        self.rest()

    def undo(self, count: int = 1) -> None:
        """Take back the last ``count`` moves. Raises ``GtpError`` when there are fewer."""
        record = self.position.record
        left = len(record)
        for _ in range(count):
            if left == 0:
                raise GtpError("cannot undo")
            left -= 1
            if left and record[left - 1] > self.pass_move:
                left -= 1
        for _ in range(len(record) - left):
            self.position.undo()
        self.rest()

    @contextmanager
    def turn_of(self, player: int) -> Iterator[None]:
        """Within the block it is the turn of ``player``, and two passes have not ended the game but handed it over."""
        tail = self._tail() if self.position.is_over else []
        instead = [self.pass_move + 1] * len(tail)
        if player != self.to_play:
            instead.append(self.pass_move + 1)
        self._replace(tail, instead)
        try:
            yield
        finally:
            self._replace(instead, tail)

    @contextmanager
    def before_passes(self) -> Iterator[None]:
        """Within the block the passes that the game ends with have not been played."""
        tail = self._tail()
        self._replace(tail, [])
        try:
            yield
        finally:
            self._replace([], tail)

    # The search.

    def reports(
        self,
        limits: Limits,
        every: float | None = None,
        restrictions: Sequence[Restriction] = (),
        moves_ownership: bool = False,
        until: Sign | None = None,
        how: SearchSettings | None = None,
    ) -> Iterator[Report]:
        """Search here: a report ``every`` so many seconds, and the final one at the end of ``limits`` or ``until``.

        No report at all when ``until`` comes before the daemon is there. Raises ``GtpError`` with the reason when the
        search fails.
        """
        if until is not None and not self._is_there_before(until):
            return
        self._come_here(how or self._how_to_play())
        search = self.session.search(
            limits, every, restrictions, pv_length=self.settings.pv_length, moves_ownership=moves_ownership
        )
        deadline = None if limits.seconds is None else time.monotonic() + limits.seconds + ANSWER_SECONDS
        over = False
        try:
            with self.controller.calling(lambda: self._stop(search), until) if until else nullcontext():
                while not over:
                    report = _next_report(search, deadline)
                    over = report.final
                    yield report
        finally:
            self._stop(search)

    def search(self, limits: Limits, restrictions: Sequence[Restriction] = ()) -> Report:
        """The final report of ``reports``."""
        return list(self.reports(limits, None, restrictions))[-1]

    def ponder(self) -> None:
        """Search on while the controller is silent."""
        self._come_here(self._how_to_play())
        self._pondering = self.session.search(self.settings.for_pondering(), pv_length=1)

    def rest(self) -> None:
        """Stop pondering."""
        if self._pondering is not None:
            self._stop(self._pondering)
            self._pondering = None

    def forget(self) -> None:
        """Drop the tree, and what the daemon remembers of its positions; before the next search, if it is not there."""
        client = self.client_if_there
        if client is None:
            self.before_search(lambda: self.client.clear_cache())
            return
        client.clear_cache()
        if self._session is not None:
            self._another_game = True
            self._come_here(self._searching_as)

    def _how_to_play(self) -> SearchSettings:
        return self.settings.for_play(len(self.position.record), self.game.points)

    def _open(self) -> Session:
        position = Position(Go.from_spec(FIRST_GAME)) if self.shared else self.position
        return self.client.open(
            self.name, "go", position.game.spec(), position.record, self._searching_as, share=self.shared
        )

    def _net_of_daemon(self) -> NetInfo:
        """As soon as a searcher has a net."""
        deadline = time.monotonic() + NET_SECONDS
        while time.monotonic() < deadline:
            for searcher in self.client.status().searchers:
                if searcher.net is not None:
                    return searcher.net
            time.sleep(0.05)
        raise GtpError("the daemon has no net")

    def _is_there_before(self, sign: Sign) -> bool:
        """Wait for the daemon, or for this sign of the controller's."""
        if self.client_if_there is not None:
            return True
        either, signed = threading.Event(), threading.Event()

        def note() -> None:
            signed.set()
            either.set()

        with self.controller.calling(note, sign):
            self._daemon.then(either.set)
            either.wait()
        return not signed.is_set()

    def _come_here(self, how: SearchSettings) -> None:
        """Bring the session to this game's position, wherever it was, and have it search like this."""
        calls, self._before_search = self._before_search, []
        for call in calls:
            call()
        try:
            self._bring_session(how)
        except SessionLost:
            self._session = None  # the daemon was gone and did not give it back: opened anew it has this game
            self._bring_session(how)

    def _bring_session(self, how: SearchSettings) -> None:
        if self.shared:
            # somebody else may have taken it elsewhere: opening it again says where it stands
            self._session = self._open()
        spec, record = self.game.spec(), self.position.record
        try:
            if self._another_game or spec != self.session.spec:
                self.session.reset("go", spec, record)
            elif record != self.session.record:
                self.session.goto(record)
            if self.shared or how != self._searching_as:
                self.session.configure(how)
        except RefusedError as error:
            raise GtpError(str(error)) from error
        self._another_game, self._searching_as, self._pondering = False, how, None

    def _stop(self, search: SearchHandle) -> None:
        """Have a search end that has not ended yet, without waiting for it; any thread may."""
        with suppress(ConnectionLost):  # which has ended it, too
            if not search.over:
                self.session.stop_soon()

    def _replace(self, last: Sequence[int], entries: Sequence[int]) -> None:
        """Take back as many entries of the record as ``last`` has, and play ``entries``."""
        for _ in last:
            self.position.undo()
        for entry in entries:
            self.position.play(entry)

    def _tail(self) -> list[int]:
        """The passes, and the switches among them, that the record ends with."""
        record = self.position.record
        at = len(record)
        while at and record[at - 1] >= self.pass_move:
            at -= 1
        return record[at:]


def load_kernels() -> None:
    """Have the kernels of Go ready, or compiled, before they are needed: the first move of a game is too late."""
    position = Position(Go.from_spec(FIRST_GAME))
    position.play(position.game.points)
    position.undo()


def _next_report(search: SearchHandle, deadline: float | None) -> Report:
    """The next report. Raises ``GtpError`` when the search failed or is late beyond reason."""
    try:
        report = search.next(None if deadline is None else max(0.0, deadline - time.monotonic()))
    except AnswerTimeout:
        raise GtpError("the search does not end") from None
    except ConnectionLost as error:
        if isinstance(error, SessionLost):
            raise GtpError(str(error)) from error
        raise
    except ProtocolError as error:
        raise GtpError(str(error)) from error
    if report.reason == "failed":
        raise GtpError(report.failure)
    return report
