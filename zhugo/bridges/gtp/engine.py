"""The game that GTP speaks of, and its session in the daemon. The search itself is the daemon's.

The game is kept here; the session's cursor follows when something is to be searched. So playing and taking back cost no
message, and do not disturb others in a shared session. The tree is kept as long as the game stays the same one: back
and forth, into variations, and when a GUI clears the board to play the moves again.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import structs

from games.game import GameError, IllegalMove
from games.go.coords import from_vertex
from games.go.game import Go
from games.go.other_rules import continued
from games.go.position import Position
from games.go.rules import Rules
from nets.errors import NetError
from nets.facts import features_of
from protocol.client import Client, SearchHandle, Session
from protocol.errors import ConnectionLost, RefusedError, SessionLost
from protocol.messages import Limits, NetInfo, Report, Restriction, SearchSettings
from zhugo.bridges.gtp.answer_deadline import AnswerDeadline, OutOfTime
from zhugo.bridges.gtp.background_call import BackgroundCall
from zhugo.bridges.gtp.clock import Clock
from zhugo.bridges.gtp.controller import Controller, Sign
from zhugo.bridges.gtp.game_advantage import GameAdvantage, Turn
from zhugo.bridges.gtp.next_report import next_report
from zhugo.bridges.gtp.protocol import GtpError
from zhugo.bridges.gtp.resign_rule import Estimate
from zhugo.bridges.gtp.settings import Settings
from zhugo.shared.advantage import ADVANTAGE, PLAYERS
from zhugo.shared.errors import UserError
from zhugo.shared.local_net import LocalNet
from zhugo.shared.waiting import tell_place

FIRST_GAME: dict[str, Any] = {"size": 19, "komi": 7.5, "rules": "chinese"}
ANSWER_SECONDS = 120.0
"""How long after its time a search may take to end: a first batch may have to compile."""
AT_ONCE = 0.5
"""Seconds within which a running daemon answers; commands that can do without its answer wait so long."""
NET_SECONDS = 120.0
"""How long a daemon may take from its start until a searcher has its net."""
POLL_SECONDS = 0.05
LEAST_SECONDS = 0.005
"""A search that begins when its time is over already has so many seconds more."""
PONDER_SECONDS = 0.1
"""How long an answer waits for pondering to begin; after that it begins in the background."""


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
    estimates: dict[int, list[Estimate]] = field(default_factory=dict)
    """For each player, the results of the searches for his moves in this game."""
    asked_rules: Rules | None = None
    """The rules that were asked for and that count at the end, where the net knows only others and plays by these."""
    played_here: bool = False
    """Whether the engine itself has played in this game."""
    net_file: Path | None = None
    human_net: LocalNet | None = None
    """A net beside the daemon's whose policy may choose the moves."""
    read_at: Callable[[], float] | None = None
    """When the line that is being answered was read, by ``now``; this moment, unless given."""
    now: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._daemon = BackgroundCall(self.connect, "gtp-client")
        self._net = BackgroundCall(self._net_of_daemon, "gtp-net")
        self._before_search: list[Callable[[], None]] = []
        self.recent_values: list[float] = []
        """Values of the engine's own searches for moves in this game, Black's side."""
        self.advantage = GameAdvantage(self.settings, self.shared, lambda: self.features_if_known)
        self._turn: Turn | None = None
        self._searching_as = self.settings.for_play()
        self._another_game = False
        self._pondering: _Pondering | None = None
        self._session: Session | None = None
        self.answer_deadline = AnswerDeadline(self.now)
        self.turn_ended = -math.inf

    @property
    def client(self) -> Client:
        """The daemon's. Waits for it."""
        return self._daemon.result()

    @property
    def is_ready(self) -> bool:
        """Whether the daemon has answered before, so that it does not still have to start."""
        return self._session is not None

    @property
    def client_if_there(self) -> Client | None:
        """The daemon's, None while it is not there. Does not wait."""
        return self._daemon.within(AT_ONCE)

    @property
    def net(self) -> NetInfo:
        """What the daemon's searchers evaluate with. Waits for it. Raises ``GtpError`` when none of them comes."""
        self.answer_deadline.wait_for(self._net)
        return self._net.result()

    def has_net_within(self, seconds: float) -> bool:
        """Whether a searcher of the daemon has a net, or gets one within so many seconds. Raises ``ProtocolError``."""
        deadline = time.monotonic() + seconds
        client = self._daemon.within(seconds)
        while client is not None:
            if any(searcher.net is not None for searcher in client.status().searchers):
                return True
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        return False

    @cached_property
    def _features_of_file(self) -> str | None:
        return None if self.net_file is None else features_of(self.net_file)

    @property
    def features_if_known(self) -> str | None:
        """The kind of the net's inputs, None while it is not known. Waits for a moment at most."""
        with suppress(NetError):  # of which the daemon tells
            if self._features_of_file is not None:
                return self._features_of_file
        left = self.answer_deadline.left
        net = self._net.within(AT_ONCE if left is None else min(AT_ONCE, left / 2))
        return None if net is None else net.features

    @cached_property
    def local_net(self) -> LocalNet | None:
        """The daemon's net in this process, None where its file is not known."""
        return None if self.net_file is None else LocalNet(self.net_file)

    def before_search(self, call: Callable[[], None]) -> None:
        """Call this once, when the daemon is there and before anything else is searched for."""
        self._before_search.append(call)

    @property
    def session(self) -> Session:
        """The session in the daemon, opened when it is first needed."""
        if self._session is None:
            position = Position(Go.from_spec(FIRST_GAME)) if self.shared else self.position
            self._session = self._open(position.game.spec(), position.record)
        return self._session

    @cached_property
    def position(self) -> Position:
        """The game as it stands. Raises ``UserError`` for a session of another game."""
        if not self.shared:
            return Position(Go.from_spec(FIRST_GAME))
        if self.session.game != "go":
            raise UserError(f"session {self.name!r} plays {self.session.game}, not Go")
        spec = {name: value for name, value in self.session.spec.items() if name not in (ADVANTAGE, PLAYERS)}
        return Position(Go.from_spec(spec), self.session.record)

    @property
    def game(self) -> Go:
        """Size, rules and the first position."""
        return self.position.game

    @property
    def rules(self) -> Rules:
        """The rules that were asked for."""
        return self.asked_rules or self.game.rules

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

        What was legal by other rules stands. Raises ``GtpError`` when there is no such game, and the old one goes on.
        """
        if self.settings.forced_komi is not None:
            changes = {**changes, "komi": self.settings.forced_komi}
        spec = {name: value for name, value in {**self.game.spec(), **changes}.items() if value is not None}
        try:
            position = continued(spec, record)
        except GameError as error:
            raise GtpError(str(error)) from error
        self.stop_pondering()
        self.position = position
        if "rules" in changes:
            self.asked_rules = None
        self.estimates.clear()
        self.recent_values.clear()
        self.advantage.clear()

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
        """Play a move for ``player``, also when it is the other's turn. Raises ``GtpError`` when it is illegal."""
        try:
            self.position.play_as(player, move)
        except IllegalMove as error:
            raise GtpError(f"illegal move: {error}") from error
        self.stop_pondering()

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
        if self.game.unchecked > left:
            self.position = continued(self.game.spec(), self.position.record)
        self.advantage.take_back(left)
        self.stop_pondering()

    @contextmanager
    def turn_of(self, player: int) -> Iterator[None]:
        """Within the block it is the turn of ``player``, and two passes count as moves that do not end the game."""
        tail = self._tail() if self.position.is_over else []
        instead = [self.pass_move + 1] * len(tail)
        if player != self.to_play:
            instead.append(self.pass_move + 1)
        self._replace(tail, instead)
        self._turn = Turn(player, len(self.position.record))
        try:
            yield
        finally:
            self._turn = None
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

    # The clock.

    def turn_began(self) -> float:
        """When the clock began to run for the answer that is being given, by ``now``.

        It began when its line was read, however long the line waited; but not before the last own move, where lines are
        sent ahead.
        """
        return self.now() if self.read_at is None else max(self.read_at(), self.turn_ended)

    def end_turn(self, player: int, began: float) -> None:
        """The clock of ``player``, which ran since then, stops."""
        self.turn_ended = self.now()
        self.clock.spend(player, self.turn_ended - began)

    # The search.

    def reports(
        self,
        limits: Limits,
        every: float | None = None,
        restrictions: Sequence[Restriction] = (),
        moves_ownership: bool = False,
        until: Sign | None = None,
        how: SearchSettings | None = None,
        ends: float | None = None,
    ) -> Iterator[Report]:
        """Search here: a report ``every`` so many seconds, and the final one at the end of ``limits`` or ``until``.

        ``ends``: the moment, by ``now``, at which the search ends if it has begun. No report at all when ``until``
        comes before the daemon is there. Raises ``GtpError`` with the reason when the search fails, ``OutOfTime``.
        """
        if until is None:
            self.answer_deadline.wait_for(self._daemon)
        elif not self._is_there_before(until):
            return
        self._sync_session(how or self._how_to_play(), self._spec_of_play if how is None else self.spec_of_analysis)
        limits = self._in_time(limits, ends)
        search = self.session.search(
            limits, every, restrictions, pv_length=self.settings.pv_length, moves_ownership=moves_ownership
        )
        deadline = None if limits.seconds is None else time.monotonic() + limits.seconds + ANSWER_SECONDS
        over = False
        try:
            with self.controller.calling(lambda: self._stop(search), until) if until else nullcontext():
                while not over:
                    report = self.answer_deadline.get(lambda: next_report(search, deadline))
                    over = report.final
                    yield report
        finally:
            self._stop(search)

    def search(self, limits: Limits, restrictions: Sequence[Restriction] = ()) -> Report:
        """The final report of ``reports``."""
        return list(self.reports(limits, None, restrictions))[-1]

    def ponder(self) -> None:
        """Search on while the controller is silent, as soon as the daemon lets us."""
        if self._before_search or not self._daemon.is_there(0.0):
            return
        turn = Turn(-self.to_play, len(self.position.record))  # as the next search for a move of the one who waits
        bring = self._session_sync(self._how_to_play(), self.advantage.spec_of_play(self.position, turn))
        self._pondering = pondering = _Pondering()

        def begin() -> None:
            bring()
            pondering.search = self.session.search(self.settings.for_pondering(), pv_length=1)
            if pondering.over:
                self._stop(pondering.search)

        with suppress(OutOfTime):
            self.answer_deadline.do(begin, PONDER_SECONDS)

    def stop_pondering(self) -> None:
        """Stop pondering."""
        if self._pondering is not None:
            self._pondering.over = True
            if self._pondering.search is not None:
                self._stop(self._pondering.search)
            self._pondering = None

    def forget(self) -> None:
        """Drop the tree and the daemon's cache of evaluations, before the next search if there is no daemon yet."""
        client = self.client_if_there
        if client is None:
            self.before_search(lambda: self.answer_deadline.do(self.client.clear_cache))
            return
        client.clear_cache()
        if self._session is not None:
            self._another_game = True
            self._sync_session(self._searching_as, self._spec_of_play)

    def leave(self) -> None:
        """Close the session, if one is open; the next search opens another. Raises ``ProtocolError``."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def note_search(self, report: Report) -> None:
        """A search for an own move has ended with this report."""
        self.recent_values.append(report.value)
        self.advantage.note(report)

    def is_seen_alike(self) -> bool:
        """Whether the shared session is searched with the advantage that an analysis of this position has here."""
        wanted = self.spec_of_analysis()
        return self._open(wanted, self.position.record).spec.get(ADVANTAGE) == wanted.get(ADVANTAGE)

    def spec_of_analysis(self) -> dict[str, Any]:
        """What a session is asked for that evaluates this position for people."""
        return self.advantage.spec_of_analysis(self.position)

    def _spec_of_play(self) -> dict[str, Any]:
        turn = self._turn or Turn(self.to_play, len(self.position.record))
        return self.advantage.spec_of_play(self.position, turn)

    def _how_to_play(self) -> SearchSettings:
        return self.settings.for_play(len(self.position.record), self.game.points)

    def open_session(
        self, name: str, spec: dict[str, Any], record: Sequence[int], settings: SearchSettings, share: bool
    ) -> Session:
        """A session of the daemon's, as soon as it has room for one. Raises ``RefusedError``, also where the controller
        ends the conversation while this waits for room.
        """
        opening = self.client.begin_open(name, "go", spec, record, settings, share)
        with ExitStack() as waiting:

            def queued(place: int) -> None:
                waiting.close()
                waiting.enter_context(self.controller.calling(opening.cancel, "end"))
                tell_place(place)

            return opening.result(queued)

    def _open(self, spec: dict[str, Any], record: Sequence[int]) -> Session:
        return self.open_session(self.name, spec, record, self._searching_as, self.shared)

    def _net_of_daemon(self) -> NetInfo:
        """As soon as a searcher has a net."""
        deadline = time.monotonic() + NET_SECONDS
        while time.monotonic() < deadline:
            for searcher in self.client.status().searchers:
                if searcher.net is not None:
                    return searcher.net
            time.sleep(POLL_SECONDS)
        raise GtpError("the daemon has no net")

    def _is_there_before(self, sign: Sign) -> bool:
        """Wait for the daemon, or for this sign of the controller's. Raises ``OutOfTime``."""
        if self._daemon.is_there(0.0):
            return True
        either, signed = threading.Event(), threading.Event()

        def note() -> None:
            signed.set()
            either.set()

        with self.controller.calling(note, sign):
            self._daemon.then(either.set)
            self.answer_deadline.wait_until_set(either)
        return not signed.is_set()

    def _in_time(self, limits: Limits, ends: float | None) -> Limits:
        """So that a search that begins now ends then."""
        if ends is None:
            return limits
        seconds = max(LEAST_SECONDS, ends - self.now())
        return structs.replace(limits, seconds=seconds if limits.seconds is None else min(limits.seconds, seconds))

    def _sync_session(self, how: SearchSettings, spec: Callable[[], dict[str, Any]]) -> None:
        """Bring the session to this game's position, wherever it was, and have it search like this.

        ``spec``: gives what to ask for, once all is done that comes before the search. Raises ``OutOfTime``; what was
        begun goes on, and the next such call waits for it.
        """
        while self._before_search:
            self._before_search[0]()
            self._before_search.pop(0)
        self.answer_deadline.do(self._session_sync(how, spec()))

    def _session_sync(self, how: SearchSettings, spec: dict[str, Any]) -> Callable[[], None]:
        """What brings the session to where the game is now; any thread may call it, one at a time."""
        record, another_game = self.position.record, self._another_game
        self._another_game, self._pondering = False, None

        def bring() -> None:
            try:
                try:
                    self._sync_to(spec, record, how, another_game)
                except SessionLost:
                    self._session = None  # the daemon was gone and did not give it back: opened anew it has this game
                    self._sync_to(spec, record, how, another_game)
            except BaseException:
                self._another_game |= another_game
                raise

        return bring

    def _sync_to(self, spec: dict[str, Any], record: Sequence[int], how: SearchSettings, another_game: bool) -> None:
        if self._session is None or self.shared:
            # somebody else may have taken a shared one elsewhere: opening it again says where it stands
            self._session = self._open(spec, record)
        session = self._session
        try:
            if another_game or spec != session.spec:
                session.reset("go", spec, record)
            elif record != session.record:
                session.goto(record)
            if self.shared or how != self._searching_as:
                session.configure(how)
        except RefusedError as error:
            raise GtpError(str(error)) from error
        self._searching_as = how

    def _stop(self, search: SearchHandle) -> None:
        """Stop a search that has not ended, without waiting for its end. Any thread may call this."""
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


@dataclass
class _Pondering:
    """A search while the controller is silent. ``search``: None until it has begun; ``over``: it is to be stopped."""

    search: SearchHandle | None = None
    over: bool = False
