"""The client's side: sessions, searches and their reports, over any transport.

    with Client.connect(address, name="review") as client:
        session = client.open("game 1", "go", {"size": 19})
        session.play(72)
        for report in session.search(Limits(visits=800), report_every=0.5):
            print(report.value, report.chosen)

A background thread owns the connection: it sends heartbeats and hands answers to the threads that wait for them. All
methods may be called from any thread.

When the connection breaks, or the daemon has given this client up, the thread greets it again, brings the sessions back
and repeats all open requests. Callers that wait just wait longer. ``client_state`` says how. A daemon that was killed
is waited for only with a ``Reconnect``. Where it is gone for good, every wait, now and later, ends with
``ConnectionLost``; what could not be brought back ends with ``SessionLost``.
"""

from __future__ import annotations

import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from protocol import messages as m
from protocol.client_state import ClientState
from protocol.errors import AnswerTimeout, ConnectionLost, ProtocolError, RefusedError, WrongDaemon
from protocol.keys import Credentials
from protocol.opening import Opening, Replies
from protocol.search_handle import SearchHandle
from protocol.session import Session
from protocol.transport import SocketTransport, Transport

__all__ = ["Client", "Opening", "Reconnect", "SearchHandle", "Session"]

_T = TypeVar("_T", bound=m.Message)
_Any = TypeVar("_Any")

ANSWER_SECONDS = 120.0
"""How long an answer may take: the daemon may be compiling, or have much to do. Its death is noticed at once."""

RESTORING_SECONDS = 600.0
"""How long a daemon that is there again may take to restore what it knew, before it answers."""

_POLL_SECONDS = 1.0
_FIRST_HEARTBEAT = 1.0
_PAUSE_SECONDS = 0.2
"""Between two attempts to find a daemon that went away."""


@dataclass(frozen=True)
class Reconnect:
    """How to find a daemon again that went away: call ``connect`` for up to ``seconds``.

    ``tell`` is called, in the client's thread, when the daemon goes away and when it is back.
    """

    connect: Callable[[], Transport]
    seconds: float
    tell: Callable[[str], None]
    place: str = "the daemon"


class Client:
    """A connection to a daemon. Make one with ``connect``; a context manager."""

    def __init__(
        self,
        transport: Transport,
        name: str = "client",
        timeout: float = 10.0,
        answer_timeout: float = ANSWER_SECONDS,
        reconnect: Reconnect | None = None,
    ) -> None:
        """Say hello over ``transport``, wait ``timeout`` seconds for the welcome, later ``answer_timeout`` for answers.

        Raises ``ConnectionLost`` when there is no daemon, ``RefusedError`` when it does not want us.
        """
        self._transport = transport
        self._answer_timeout = answer_timeout
        self._reconnect = reconnect
        self._lock = threading.Lock()
        """Of the state, and of what goes out in which order."""
        hello = m.Hello(m.PROTOCOL_VERSION, "client", name, os.getpid(), token=secrets.token_hex(16))
        self._state = ClientState(hello)
        self._lost: ConnectionLost | None = None
        self._loss: Future[ConnectionLost] = Future()
        self._closing = threading.Event()
        self._heartbeat = _FIRST_HEARTBEAT
        self._welcome: Future[m.Welcome] = Future()
        self._away_since: float | None = None
        self._away = 0.0
        self._thread = threading.Thread(target=self._run, name=f"zhugo client {name}", daemon=True)
        self._transport.send(self._state.greet())
        self._thread.start()
        try:
            self._welcome.result(timeout)
        except FutureTimeout:
            self._shut("no daemon answers")
            raise ConnectionLost("no daemon answers") from None
        except BaseException:
            self._shut("the connection is closed")
            raise

    @classmethod
    def connect(
        cls,
        address: str,
        name: str = "client",
        timeout: float = 10.0,
        answer_timeout: float = ANSWER_SECONDS,
        reconnect: float = 0.0,
        tell: Callable[[str], None] = lambda _text: None,
        credentials: Credentials | None = None,
    ) -> Client:
        """Connect to the daemon at ``address``, which may still be starting.

        ``reconnect``: how many seconds to wait for it should it go away later; ``tell`` hears of that. ``credentials``:
        the key to show. Raises ``AddressError`` or ``ConnectionLost``, whose text names the address; ``NotAdmitted``
        when the daemon does not let this key in.
        """
        place = f"the daemon at {address}"
        again = (
            Reconnect(lambda: SocketTransport(address, credentials), reconnect, tell, place) if reconnect > 0 else None
        )
        try:
            return cls(SocketTransport(address, credentials), name, timeout, answer_timeout, again)
        except WrongDaemon:
            raise
        except ConnectionLost as error:
            text = str(error)
            raise ConnectionLost(text if address in text else f"{text} at {address}") from None

    def open(
        self,
        name: str,
        game: str,
        spec: dict[str, Any],
        record: Sequence[int] = (),
        settings: m.SearchSettings | None = None,
        share: bool = False,
        priority: m.Priority = "live",
        queued: Callable[[int], None] | None = None,
    ) -> Session:
        """Open the session ``name``; with ``share``, join it when it is open already.

        A shared session keeps its game, record and settings. Where the daemon has no room, this waits for its turn,
        ``live`` before ``review``; ``queued`` hears of its place, in this thread. Raises ``RefusedError``: a name that
        is taken, an unknown game, an illegal move, a quota.
        """
        return self.begin_open(name, game, spec, record, settings, share, priority).result(queued)

    def begin_open(
        self,
        name: str,
        game: str,
        spec: dict[str, Any],
        record: Sequence[int] = (),
        settings: m.SearchSettings | None = None,
        share: bool = False,
        priority: m.Priority = "live",
    ) -> Opening:
        """As ``open``, for those who have something else to do while it waits."""
        how = settings or m.SearchSettings()
        replies = Replies(self.wait)
        number = self._ask(
            lambda request: m.Open(request, name, game, spec, list(record), how, share, priority), replies.put
        )
        return Opening(replies, self._answer_timeout, self._opened, lambda: self._cancel_opening(number, name))

    def _opened(self, reply: Any) -> Session:
        opened = _expected(reply, m.Opened)
        with self._lock:
            return Session(self, self._state.sessions[opened.session], opened.shared)

    def _cancel_opening(self, number: int, name: str) -> None:
        """Nobody waits for this session any more, so the daemon need not open it."""
        with self._lock:
            self._state.forget(number)
            is_open = name in self._state.sessions
        if not is_open:
            with suppress(ProtocolError):
                self.tell(lambda request: m.Close(request, name))

    def join(self, invitation: str) -> Session:
        """Enter the session of somebody who gave this invitation. Raises ``RefusedError``."""
        return self._opened(self.request(lambda request: m.Join(request, invitation), m.Opened))

    def status(self) -> m.Status:
        """The daemon at this moment."""
        return self.request(m.AskStatus, m.Status)

    def check(self) -> None:
        """Have every invariant of every tree checked. Raises ``RefusedError`` with the story of what does not hold."""
        self.request(m.AskCheck, m.Done)

    def clear_cache(self) -> None:
        """Have the searchers forget the evaluations that they remember; trees stay."""
        self.request(m.ClearCache, m.Done)

    def shutdown(self, drain: float = 0.0) -> None:
        """End the daemon. The connection is lost soon after, for good.

        ``drain``: but let searches that run go on for so many seconds, while it begins no others.
        """
        self._reconnect = None
        self.request(lambda request: m.Shutdown(request, drain), m.Done)

    def swap_net(self, net: str, anew: bool = False, timeout: float = 600.0) -> None:
        """Have the daemon evaluate with another net, a file of its machine; back when all its searchers have it.

        ``anew``: trees forget what they know. Raises ``RefusedError`` when nothing has changed, with the reason.
        """
        self.request(lambda request: m.SwapNet(request, net, anew), m.Done, timeout)

    def when_lost(self, call: Callable[[ConnectionLost], None]) -> None:
        """Call ``call``, in the client's thread, as soon as the daemon is gone for good; now if it already is."""
        self._loss.add_done_callback(lambda loss: call(loss.result()))

    @property
    def is_away(self) -> bool:
        """Whether the daemon went away and is waited for."""
        return self._away_since is not None

    def close(self) -> None:
        """Leave the daemon; it closes the sessions that nobody else shares."""
        with self._lock, suppress(ConnectionLost):
            if self._thread.is_alive() and self._lost is None:
                self._transport.send(m.Goodbye())
        self._shut("the connection is closed")

    def abandon(self) -> None:
        """Be gone without a word, as on a machine that lost its power: the daemon learns it from the silence."""
        self._shut("the connection is closed", silently=True)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def request(self, make: Callable[[int], m.Inbound], answer: type[_T], timeout: float | None = None) -> _T:
        """Send the message that ``make`` makes of a fresh request id, and wait for its answer of type ``answer``.

        ``timeout``: for so many seconds, in place of the client's own; for any time once the daemon has told a place in
        a queue.
        """
        replies = Replies(self.wait)
        number = self._ask(make, replies.put)
        try:
            reply = replies.last(self._answer_timeout if timeout is None else timeout)
        except AnswerTimeout:
            with self._lock:
                self._state.forget(number)
            raise
        return _expected(reply, answer)

    def tell(self, make: Callable[[int], m.Inbound]) -> None:
        """Send the message that ``make`` makes of a fresh request id; nobody waits for its answer."""
        self._ask(make, lambda _reply: None)

    def stream(self, make: Callable[[int], m.Inbound], until_closed: bool = False) -> SearchHandle:
        """Send the message that ``make`` makes of a fresh request id; its reports come through the handle.

        ``until_closed``: final reports do not end the stream but the one that says that the session is closed.
        """
        handle = SearchHandle(self.wait, until_closed)
        self._ask(make, handle.put)
        return handle

    def wait(self, get: Callable[[float | None], _Any], timeout: float | None) -> _Any:
        """``get(timeout)``, for longer by the time in which the daemon is away. Raises what ``get`` raises then."""
        if timeout is None:
            return get(None)
        end = time.monotonic() + timeout - self._seconds_away()
        left = timeout
        while True:
            try:
                return get(max(0.0, left))
            except (FutureTimeout, queue.Empty):
                left = end + self._seconds_away() - time.monotonic()
                if left < 0.001:
                    raise

    def _seconds_away(self) -> float:
        """How long the daemon has been away, all in all."""
        since = self._away_since
        return self._away + (0.0 if since is None else time.monotonic() - since)

    def _ask(self, make: Callable[[int], m.Inbound], take: Callable[[Any], None]) -> int:
        with self._lock:
            if self._lost is not None:
                raise ConnectionLost(str(self._lost))
            number, messages = self._state.ask(make, take, time.monotonic())
            self._send(messages)
        return number

    def _send(self, messages: Sequence[m.Inbound]) -> None:
        """Send these. Should the connection be broken, they are sent again when there is another."""
        with suppress(ConnectionLost):
            for message in messages:
                self._transport.send(message)

    # The background thread.

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                try:
                    self._converse()
                except ConnectionLost as error:
                    self._come_back(error)
        except ConnectionLost as error:
            self._lose(error)
        except BaseException as error:  # all waiting threads must learn of it, whatever it was
            self._lose(ConnectionLost(f"the client failed: {error!r}"))
            raise

    def _converse(self) -> None:
        """Take what comes, and give signs of life. Raises ``ConnectionLost``."""
        due = time.monotonic() + self._heartbeat
        while not self._closing.is_set():
            message = self._transport.receive(min(_POLL_SECONDS, max(0.0, due - time.monotonic())))
            if message is not None:
                self._take(message)
            if time.monotonic() >= due:
                self._transport.send(m.Heartbeat())
                due = time.monotonic() + self._heartbeat

    def _take(self, message: m.AnyMessage) -> None:
        now = time.monotonic()
        match message:
            case m.Welcome():
                self._take_welcome(message, now)
            case m.NotGreeted():
                with self._lock:
                    self._send(self._state.not_greeted(now))
            case m.Closed():
                with self._lock:
                    self._state.close(message)
            case m.Refused(reason, None):
                error = RefusedError(reason)
                if self._welcome.done() and not self._state.greeted:
                    raise WrongDaemon(f"the daemon refuses this client: {reason}")
                with self._lock:
                    self._state.fail_all(error)
                _settle(self._welcome, error)
            case m.Refused() | m.Done() | m.Queued() | m.Opened() | m.Status() | m.Report():
                with self._lock:
                    self._send(self._state.hear(message, now))
                self._say_it_is_back()
            case _:
                raise ConnectionLost(f"the daemon sent a {type(message).__name__}, which is not for clients")

    def _take_welcome(self, welcome: m.Welcome, now: float) -> None:
        self._heartbeat = welcome.heartbeat
        with self._lock:
            if not self._state.greeted:
                self._send(self._state.welcome(welcome, now))
        _settle(self._welcome, welcome)
        self._say_it_is_back()

    def _come_back(self, error: ConnectionLost) -> None:
        """Find the daemon again, and go on. Raises ``ConnectionLost`` when it is gone for good."""
        reconnect = self._reconnect
        if reconnect is None or isinstance(error, WrongDaemon) or not self._welcome.done():
            raise error
        with self._lock:
            self._state.lose(time.monotonic())
        since = time.monotonic()
        if self._away_since is None:
            self._away_since = since
            reconnect.tell(f"{reconnect.place} went away; waiting {reconnect.seconds:g} s for it to come back")
        while not self._closing.wait(_PAUSE_SECONDS):
            if self._greet_again(reconnect, since):
                return
            if self._gives_up(reconnect, since):
                raise ConnectionLost(f"{error}, and did not come back")

    def _greet_again(self, reconnect: Reconnect, since: float) -> bool:
        """Whether the daemon answers, before its new connection breaks, too, or it is given up."""
        with self._lock:
            old, self._transport = self._transport, reconnect.connect()
            self._send([self._state.greet()])
        old.abandon()
        try:
            while not self._closing.is_set() and not self._gives_up(reconnect, since):
                message = self._transport.receive(_PAUSE_SECONDS)
                if message is not None:
                    self._take(message)
                    return True
        except WrongDaemon:
            raise
        except ConnectionLost:
            return False
        return self._closing.is_set()

    def _gives_up(self, reconnect: Reconnect, since: float) -> bool:
        """Whether the daemon has been away for too long. One that takes connections may be restoring what it knew."""
        patience = max(reconnect.seconds, RESTORING_SECONDS) if self._transport.connected else reconnect.seconds
        return time.monotonic() > since + patience

    def _say_it_is_back(self) -> None:
        if self._away_since is not None and self._reconnect is not None and self._state.greeted:
            self._away, self._away_since = self._seconds_away(), None
            self._reconnect.tell(f"{self._reconnect.place} is back")

    def _lose(self, error: ConnectionLost) -> None:
        with self._lock:
            self._lost = self._lost or error
            self._state.fail_all(self._lost)
        _settle(self._welcome, self._lost)
        if not self._closing.is_set() and not self._loss.done():
            self._loss.set_result(self._lost)

    def _shut(self, reason: str, silently: bool = False) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        with self._lock, suppress(ConnectionLost):
            self._transport.send(m.Heartbeat())  # wakes the thread
        if threading.current_thread() is not self._thread:
            self._thread.join()
        if silently:  # over the connection that there is now: the thread may have made another
            self._transport.abandon()
        else:
            self._transport.close()
        self._lose(ConnectionLost(reason))


def _expected(reply: Any, answer: type[_T]) -> _T:
    """An answer of this type, for there is no other. Raises ``ConnectionLost``."""
    if not isinstance(reply, answer):
        raise ConnectionLost(f"the daemon answers {type(reply).__name__} where {answer.__name__} belongs")
    return reply


def _settle(future: Future[Any], value: object) -> None:
    """Give a future its result, or the error that it ends with; the first holds."""
    if future.done():
        return
    if isinstance(value, ProtocolError):
        future.set_exception(value)
    else:
        future.set_result(value)
