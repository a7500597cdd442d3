"""The protocol over WebSocket: a message a line, in either direction, for any number of clients at a time.

A client must know the token. It stands in the URL, since some clients can send nothing else. An address that is not of
this machine alone is used only when it was asked for.
"""

from __future__ import annotations

import hmac
import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qs, quote, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from zhugo.bridges.analysis.absent import Absent
from zhugo.bridges.analysis.conversation import MAX_LINE, Conversation
from zhugo.bridges.analysis.engine import Engine
from zhugo.bridges.analysis.outbox import Outbox
from zhugo.bridges.analysis.settings import Settings
from zhugo.shared.errors import UserError

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


def run(engine: Engine, settings: Settings, host: str, port: int, token: str, told: Callable[[str], None]) -> None:
    """Serve until somebody ends the process; ``told`` hears of the URL as soon as clients can connect.

    Raises ``ConnectionLost`` when the daemon is gone, ``UserError`` when the address cannot be used.
    """

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        given = parse_qs(urlsplit(request.path).query).get("token", [""])[0]
        if hmac.compare_digest(given.encode(), token.encode()):
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, "The URL needs ?token= with the right token.\n")

    absent = Absent(engine)
    with _listening(host, port, lambda connection: _serve(connection, engine, settings, absent), admit) as server:
        # a thread of its own, since shutting down waits for the loop that the main thread is in
        engine.lost.add_done_callback(lambda _lost: threading.Thread(target=server.shutdown).start())
        shown = f"[{host}]" if ":" in host else host
        told(f"ws://{shown}:{server.socket.getsockname()[1]}/?token={quote(token, safe='')}")
        server.serve_forever()
    if engine.lost.done():
        raise engine.lost.result()


def _listening(
    host: str,
    port: int,
    handler: Callable[[ServerConnection], None],
    admit: Callable[[ServerConnection, Request], Response | None],
) -> Server:
    try:
        return serve(
            handler,
            host,
            port,
            process_request=admit,
            max_size=MAX_LINE,
            close_timeout=CLOSE_SECONDS,
            compression=None,
            server_header=None,
            logger=_LOGGER,
        )
    except OSError as error:
        raise UserError(f"--websocket {host}:{port}: {error.strerror or error}") from error


def _serve(connection: ServerConnection, engine: Engine, settings: Settings, absent: Absent) -> None:
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
        conversation.leave()
    finally:
        conversation.end()
        outbox.close()
