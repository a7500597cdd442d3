"""The protocol over WebSocket: a message a line, in either direction, for any number of clients at a time.

A client must know a token: the one of the server, or that of its key. It stands in the URL, since some clients can send
nothing else. An address that is not of this machine alone is used only when it was asked for. A client whose key is
revoked or made anew is cut off.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from zhugo.bridges.analysis.absent import Absent
from zhugo.bridges.analysis.conversation import MAX_LINE, Conversation
from zhugo.bridges.analysis.engine import Engine
from zhugo.bridges.analysis.outbox import Outbox
from zhugo.bridges.analysis.settings import Settings
from zhugo.shared.encryption import Certificate
from zhugo.shared.errors import UserError
from zhugo.shared.tokens import LOOK_SECONDS, Tokens, Visitor

LOOPBACK = "127.0.0.1"
CLOSE_SECONDS = 2.0
"""How long a client that does not answer can delay the end."""

_LOGGER = logging.getLogger("zhugo.bridges.analysis.websocket")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False  # connections that go away again need no log line


def address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; without a host, that of this machine alone. Raises ``UserError``."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise UserError(f"--websocket is HOST:PORT, not {text}")
    return host.strip("[]") or LOOPBACK, int(port)


@dataclass(frozen=True)
class Serving:
    """Where to serve, and whom. ``certificate``: None to speak plain ``ws``.

    ``told`` hears of the URL as soon as clients can connect.
    """

    host: str
    port: int
    tokens: Tokens
    certificate: Certificate | None
    told: Callable[[str], None]


def run(engine: Engine, settings: Settings, serving: Serving) -> None:
    """Serve until somebody ends the process.

    Raises ``ConnectionLost`` when the daemon is gone, ``UserError`` when the address cannot be used.
    """
    absent, tokens = Absent(engine), serving.tokens
    guests = _Guests(tokens)

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        visitor = tokens.visitor(given := _token(request))
        if visitor is None or not visitor.may_use:
            why = "a wrong token" if visitor is None else f"not for a key whose role is {visitor.role}"
            if given:
                tokens.refused(visitor, ":".join(map(str, connection.remote_address[:2])), "", why)
        if visitor is None:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "The URL needs ?token= with the right token.\n")
        if not visitor.may_use:
            return connection.respond(HTTPStatus.FORBIDDEN, f"The role of {visitor.name} is {visitor.role}.\n")
        return None

    def handle(connection: ServerConnection) -> None:
        visitor = None if connection.request is None else tokens.visitor(_token(connection.request))
        if visitor is None:  # revoked this moment
            return
        with guests.seen_to(connection, visitor):
            _serve(connection, engine, settings, absent, lambda: tokens.is_valid(visitor))

    with _listening(serving, handle, admit) as server, guests.watched():
        # a thread of its own, since shutting down waits for the loop that the main thread is in
        engine.lost.add_done_callback(lambda _lost: threading.Thread(target=server.shutdown).start())
        shown = f"[{serving.host}]" if ":" in serving.host else serving.host
        scheme = "ws" if serving.certificate is None else "wss"
        query = "" if tokens.token is None else f"?token={quote(tokens.token, safe='')}"
        serving.told(f"{scheme}://{shown}:{server.socket.getsockname()[1]}/{query}")
        server.serve_forever()
    if engine.lost.done():
        raise engine.lost.result()


def _token(request: Request) -> str:
    return parse_qs(urlsplit(request.path).query).get("token", [""])[0]


class _Guests:
    """Who is connected, and by whose token; those whose token is not good any more are sent away."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._here: dict[ServerConnection, Visitor] = {}
        self._over = threading.Event()

    @contextmanager
    def seen_to(self, connection: ServerConnection, visitor: Visitor) -> Iterator[None]:
        """This one is here, within the block."""
        with self._lock:
            self._here[connection] = visitor
        try:
            yield
        finally:
            with self._lock:
                self._here.pop(connection, None)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look after them, in a thread of its own."""
        thread = threading.Thread(target=self._watch, name="analysis guests", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            with self._lock:
                here = list(self._here.items())
            for connection, visitor in here:
                if not self._tokens.is_valid(visitor):
                    # which waits for an answer, and others are to be looked at meanwhile
                    threading.Thread(target=connection.close, args=[CloseCode.POLICY_VIOLATION], daemon=True).start()


def _listening(
    serving: Serving,
    handler: Callable[[ServerConnection], None],
    admit: Callable[[ServerConnection, Request], Response | None],
) -> Server:
    host, port = serving.host, serving.port
    try:
        return serve(
            handler,
            host,
            port,
            ssl=None if serving.certificate is None else serving.certificate.context(),
            process_request=admit,
            max_size=MAX_LINE,
            close_timeout=CLOSE_SECONDS,
            compression=None,
            server_header=None,
            logger=_LOGGER,
        )
    except OSError as error:
        raise UserError(f"--websocket {host}:{port}: {error.strerror or error}") from error


def _serve(
    connection: ServerConnection, engine: Engine, settings: Settings, absent: Absent, may_return: Callable[[], bool]
) -> None:
    def write(line: bytes) -> None:
        try:
            connection.send(line, text=True)
        except ConnectionClosed as error:
            raise OSError(str(error)) from error

    outbox = Outbox(write, lambda: None)
    conversation = Conversation(engine, settings, outbox.put, absent)
    try:
        for message in connection:
            text = message.encode() if isinstance(message, str) else message
            for line in text.splitlines():
                conversation.take(line)
    except ConnectionClosed:
        if may_return():
            conversation.leave()
    finally:
        conversation.end()
        outbox.close()
