"""The client's side: sessions, searches and their reports, over any transport.

    with Client.connect(address, name="review") as client:
        session = client.open("game 1", "go", {"size": 19})
        session.play(72)
        for report in session.search(Limits(visits=800), report_every=0.5):
            print(report.value, report.chosen)

A background thread owns the connection: it sends life signs and hands answers to whoever waits for them. When the
daemon goes, every wait, now and later, ends with ``ConnectionLost``. All methods may be called from any thread.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

from protocol import messages as m
from protocol.errors import AnswerTimeout, ConnectionLost, ProtocolError, RefusedError
from protocol.transport import SocketTransport, Transport

_T = TypeVar("_T", bound=m.Message)

ANSWER_SECONDS = 120.0
"""How long an answer may take: the daemon may be compiling, or have much to do. Its death is noticed at once."""

_POLL_SECONDS = 1.0
_FIRST_HEARTBEAT = 1.0


class Client:
    """A connection to a daemon. Make one with ``connect``; a context manager."""

    def __init__(
        self,
        transport: Transport,
        name: str = "client",
        timeout: float = 10.0,
        answer_timeout: float = ANSWER_SECONDS,
    ) -> None:
        """Say hello over ``transport``, wait ``timeout`` seconds for the welcome, later ``answer_timeout`` for answers.

        Raises ``ConnectionLost`` when there is no daemon, ``RefusedError`` when it does not want us.
        """
        self._transport = transport
        self._answer_timeout = answer_timeout
        self._requests = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Any]] = {}
        self._streams: dict[int, SearchHandle] = {}
        self._lost: ConnectionLost | None = None
        self._loss: Future[ConnectionLost] = Future()
        self._closing = False
        self._heartbeat = _FIRST_HEARTBEAT
        self._welcome: Future[m.Welcome] = Future()
        self._thread = threading.Thread(target=self._receive_all, name=f"zhugo client {name}", daemon=True)
        self._transport.send(m.Hello(m.PROTOCOL_VERSION, "client", name, os.getpid()))
        self._thread.start()
        try:
            self._wait(self._welcome, timeout)
        except AnswerTimeout:
            self._shut("no daemon answers")
            raise ConnectionLost("no daemon answers") from None
        except BaseException:
            self._shut("the connection is closed")
            raise

    @classmethod
    def connect(
        cls, address: str, name: str = "client", timeout: float = 10.0, answer_timeout: float = ANSWER_SECONDS
    ) -> Client:
        """Connect to the daemon at ``address``, which may still be starting.

        Raises ``AddressError`` or ``ConnectionLost``, whose text names the address.
        """
        try:
            return cls(SocketTransport(address), name, timeout, answer_timeout)
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
    ) -> Session:
        """Open the session ``name``; with ``share``, join it when it is open already.

        A shared session keeps its game, record and settings. Raises ``RefusedError``: a name that is taken, an unknown
        game, an illegal move.
        """
        settings = settings or m.SearchSettings()
        opened = self.request(
            lambda request: m.Open(request, name, game, spec, list(record), settings, share), m.Opened
        )
        return Session(self, opened)

    def status(self) -> m.Status:
        """The daemon at this moment."""
        return self.request(m.AskStatus, m.Status)

    def check(self) -> None:
        """Have every invariant of every tree checked. Raises ``RefusedError`` with the story of what does not hold."""
        self.request(m.AskCheck, m.Done)

    def clear_cache(self) -> None:
        """Have the searchers forget the evaluations that they remember; trees stay."""
        self.request(m.ClearCache, m.Done)

    def shutdown(self) -> None:
        """End the daemon. The connection is lost soon after."""
        self.request(m.Shutdown, m.Done)

    def when_lost(self, call: Callable[[ConnectionLost], None]) -> None:
        """Have ``call`` called as soon as the daemon is gone, from the client's thread; at once if it is already."""
        self._loss.add_done_callback(lambda loss: call(loss.result()))

    def close(self) -> None:
        """Leave the daemon; it closes the sessions that nobody else shares."""
        if self._thread.is_alive() and self._lost is None:
            self._send(m.Goodbye())
        self._shut("the connection is closed")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def request(self, make: Callable[[int], m.Inbound], answer: type[_T]) -> _T:
        """Send the message that ``make`` makes of a fresh request id, and wait for its answer of type ``answer``."""
        request = next(self._requests)
        future: Future[Any] = Future()
        with self._lock:
            self._waiting[request] = future
        try:
            self._send(make(request))
            reply = self._wait(future, self._answer_timeout)
        finally:
            with self._lock:
                self._waiting.pop(request, None)
        if not isinstance(reply, answer):
            raise ConnectionLost(f"the daemon answers {type(reply).__name__} where {answer.__name__} belongs")
        return reply

    def tell(self, make: Callable[[int], m.Inbound]) -> None:
        """Send the message that ``make`` makes of a fresh request id; nobody waits for its answer."""
        self._send(make(next(self._requests)))

    def stream(self, make: Callable[[int], m.Inbound], until_closed: bool = False) -> SearchHandle:
        """Send the message that ``make`` makes of a fresh request id; its reports come through the handle.

        ``until_closed``: final reports do not end the stream but the one that says that the session is closed.
        """
        request = next(self._requests)
        handle = SearchHandle(self, request, until_closed)
        with self._lock:
            self._streams[request] = handle
        self._send(make(request))
        return handle

    def forget(self, request: int) -> None:
        """Drop further reports of a stream."""
        with self._lock:
            self._streams.pop(request, None)

    def _send(self, message: m.Inbound) -> None:
        if self._lost is not None:
            raise ConnectionLost(str(self._lost))
        self._transport.send(message)

    def _wait(self, future: Future[_T], timeout: float) -> _T:
        if self._lost is not None and not future.done():
            raise ConnectionLost(str(self._lost))
        try:
            return future.result(timeout)
        except FutureTimeout:
            raise AnswerTimeout(f"no answer within {timeout:g} s") from None

    def _receive_all(self) -> None:
        """The background thread."""
        due = time.monotonic() + self._heartbeat
        try:
            while not self._closing:
                message = self._transport.receive(min(_POLL_SECONDS, max(0.0, due - time.monotonic())))
                if message is not None:
                    self._take(message)
                if time.monotonic() >= due:
                    self._transport.send(m.Heartbeat())
                    due = time.monotonic() + self._heartbeat
        except ConnectionLost as error:
            self._lose(error)
        except BaseException as error:  # whoever waits must learn of it, whatever it was
            self._lose(ConnectionLost(f"the client failed: {error!r}"))
            raise

    def _take(self, message: m.AnyMessage) -> None:
        match message:
            case m.Welcome():
                self._heartbeat = message.heartbeat
                if not self._welcome.done():
                    self._welcome.set_result(message)
            case m.Report():
                with self._lock:
                    handle, future = self._streams.get(message.request), self._waiting.get(message.request)
                if handle is not None:
                    handle.put(message)
                if future is not None:
                    _settle(future, message)
            case m.NotGreeted():
                self._fail_all(RefusedError("the daemon does not know this client any more"))
            case m.Refused(reason, None):
                self._fail_all(RefusedError(reason))
            case m.Refused(reason, int(request)):
                self._fail(request, RefusedError(reason))
            case m.Done() | m.Opened() | m.Status():
                with self._lock:
                    future = self._waiting.get(message.request)
                if future is not None:
                    _settle(future, message)
            case _:
                raise ConnectionLost(f"the daemon sent a {type(message).__name__}, which is not for clients")

    def _fail(self, request: int, error: ProtocolError) -> None:
        with self._lock:
            future, handle = self._waiting.get(request), self._streams.get(request)
        if future is not None:
            _break(future, error)
        if handle is not None:
            handle.put(error)

    def _fail_all(self, error: ProtocolError) -> None:
        """An error that names no request: everything that waits may be meant."""
        with self._lock:
            requests = [*self._waiting, *self._streams]
        for request in requests:
            self._fail(request, error)
        _break(self._welcome, error)

    def _lose(self, error: ConnectionLost) -> None:
        if self._lost is None:
            self._lost = error
        self._fail_all(self._lost)
        if not self._closing:
            _settle(self._loss, self._lost)

    def _shut(self, reason: str) -> None:
        if self._closing:
            return
        self._closing = True
        with suppress(ConnectionLost):
            self._transport.send(m.Heartbeat())  # wakes the thread
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._transport.close()
        self._lose(ConnectionLost(reason))


class Session:
    """One session of a client. ``record`` is where its cursor stood when it was opened or last moved by this client."""

    def __init__(self, client: Client, opened: m.Opened) -> None:
        self._client = client
        self.name = opened.session
        self.game = opened.game
        self.spec = opened.spec
        self.record = list(opened.record)
        self.shared = opened.shared
        """It was open before."""

    def play(self, move: int) -> None:
        """Play a move at the cursor. Raises ``RefusedError`` with the reason when it is illegal."""
        self._client.request(lambda request: m.Play(request, self.name, move), m.Done)
        self.record.append(move)

    def undo(self, count: int = 1) -> None:
        """Take back moves; the tree keeps what was searched."""
        self._client.request(lambda request: m.Undo(request, self.name, count), m.Done)
        del self.record[-count:]

    def goto(self, record: Sequence[int]) -> None:
        """Move the cursor to the end of ``record``, from the start of the game; the tree is kept."""
        self._client.request(lambda request: m.Goto(request, self.name, list(record)), m.Done)
        self.record = list(record)

    def reset(self, game: str, spec: dict[str, Any], record: Sequence[int] = ()) -> None:
        """Start another game; the tree is dropped."""
        self._client.request(lambda request: m.Reset(request, self.name, game, spec, list(record)), m.Done)
        self.game, self.spec, self.record = game, spec, list(record)

    def configure(self, settings: m.SearchSettings) -> None:
        """Change how the session searches, from its next walk on."""
        self._client.request(lambda request: m.Configure(request, self.name, settings), m.Done)

    def search(
        self,
        limits: m.Limits | None = None,
        report_every: float | None = None,
        restrictions: Sequence[m.Restriction] = (),
        max_children: int = 10_000,
        pv_length: int = 15,
        moves_ownership: bool = False,
    ) -> SearchHandle:
        """Search at the cursor, in the background; without limits until ``stop``."""
        return self._client.stream(
            lambda request: m.Search(
                request,
                self.name,
                limits or m.Limits(),
                report_every,
                list(restrictions),
                max_children,
                pv_length,
                moves_ownership,
            )
        )

    def watch(self, every: float = 1.0) -> SearchHandle:
        """Reports of the session's searches, whoever runs them, now and later, until the session is closed."""
        return self._client.stream(lambda request: m.Watch(request, self.name, every), until_closed=True)

    def stop(self) -> None:
        """End the session's search, if there is one; its handle gets the final report."""
        self._client.request(lambda request: m.Stop(request, self.name), m.Done)

    def stop_soon(self) -> None:
        """As ``stop``, without waiting for the daemon, which ends the search before whatever it is told next."""
        self._client.tell(lambda request: m.Stop(request, self.name))

    def query(self, max_children: int = 10_000, pv_length: int = 15, moves_ownership: bool = False) -> m.Report:
        """The tree as it is, searching or not."""
        return self._client.request(
            lambda request: m.Query(request, self.name, max_children, pv_length, moves_ownership), m.Report
        )

    def close(self) -> None:
        """Leave the session; it ends when the last client has left."""
        self._client.request(lambda request: m.Close(request, self.name), m.Done)


class SearchHandle:
    """A running search, or a watch. Iterate over it for reports, the final one included, or ask for ``result``."""

    def __init__(self, client: Client, request: int, until_closed: bool) -> None:
        self._client = client
        self._request = request
        self._until_closed = until_closed
        self._reports: queue.SimpleQueue[m.Report | ProtocolError] = queue.SimpleQueue()
        self._final: Future[m.Report] = Future()

    def __iter__(self) -> Iterator[m.Report]:
        """Reports as they come. Ends behind the final one of a search; raises what ended it otherwise."""
        while True:
            report = self.next()
            yield report
            if self._is_last(report):
                return

    def next(self, timeout: float | None = None) -> m.Report:
        """The next report. Raises ``AnswerTimeout``, or what ended the search."""
        try:
            item = self._reports.get(timeout=timeout)
        except queue.Empty:
            raise AnswerTimeout(f"no report within {timeout:g} s") from None
        if isinstance(item, ProtocolError):
            self._reports.put(item)  # for whoever asks again
            raise item
        return item

    def result(self, timeout: float | None = None) -> m.Report:
        """Wait for the final report. Raises ``AnswerTimeout``, ``RefusedError`` or ``ConnectionLost``."""
        try:
            return self._final.result(timeout)
        except FutureTimeout:
            raise AnswerTimeout(f"the search did not end within {timeout:g} s") from None

    @property
    def over(self) -> bool:
        """Whether the search has ended, well or not."""
        return self._final.done()

    def put(self, item: m.Report | ProtocolError) -> None:
        """Take a report, or the error that ends it all; called by the client's thread."""
        self._reports.put(item)
        if isinstance(item, ProtocolError):
            self._client.forget(self._request)
            _break(self._final, item)
        elif self._is_last(item):
            self._client.forget(self._request)
            _settle(self._final, item)

    def _is_last(self, report: m.Report) -> bool:
        return report.final and (report.reason == "closed" or not self._until_closed)


def _settle(future: Future[Any], value: object) -> None:
    if not future.done():
        future.set_result(value)


def _break(future: Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
