"""Metrics, health and readiness over HTTP, from a thread of its own.

Nothing here can hold the master up, and a connection can make it keep little: so many at a time, each bounded in size
and in the time that it may take for a request.
"""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from daemon.evaluation.gpu_monitor import GpuReader, Nvml
from daemon.process.figures import Questions
from daemon.process.log import log
from daemon.process.metrics import make_registry
from daemon.process.options import OptionError

CONNECTIONS = 64
"""At a time; what comes beyond is closed at once."""

REQUEST_SECONDS = 10.0
"""In which a connection sends its first request."""

REQUEST_BYTES = 16 << 10

END_SECONDS = 2


class HttpServer:
    """See the module. It serves from its making to ``close``."""

    def __init__(self, listening: socket.socket, questions: Questions, gpus: GpuReader | None = None) -> None:
        """``listening``: bound, and this server's from now on. ``gpus``: the machine's, if nobody says otherwise."""
        config = Config(
            make_app(questions, gpus or Nvml()),
            http=_Bounded,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=END_SECONDS,
            h11_max_incomplete_event_size=REQUEST_BYTES,
        )
        logger = logging.getLogger("uvicorn.error")
        logger.handlers, logger.propagate = [_Complaints()], False
        self._server = Server(config)
        self._socket = listening
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        self._server.should_exit = True
        self._thread.join(END_SECONDS + 2.0)
        self._socket.close()

    def _serve(self) -> None:
        self._server.run([self._socket])


def listen(address: str) -> socket.socket:
    """A socket that listens at ``HOST:PORT``; ``PORT`` alone is of this machine only. Raises ``OptionError``."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or int(port) >= 1 << 16:
        raise OptionError(f"--http {address}: write HOST:PORT")
    try:
        family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, int(port)), family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "there is no such host"
        raise OptionError(f"--http {address}: cannot listen there: {reason}") from error


def url_of(listening: socket.socket) -> str:
    """Where that is."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_app(questions: Questions, gpus: GpuReader) -> Starlette:
    """What is served. A request waits for the master, and reads the GPUs, in a thread of its own."""
    registry = make_registry(questions.ask, gpus)
    return Starlette(
        routes=[
            Route("/metrics", lambda _: Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)),
            Route("/healthz", lambda _: _health(questions)),
            Route("/readyz", lambda _: _readiness(questions)),
        ]
    )


def _health(questions: Questions) -> Response:
    if questions.ask() is None:
        return PlainTextResponse("the master does not answer\n", 503)
    return PlainTextResponse("ok\n")


def _readiness(questions: Questions) -> Response:
    figures = questions.ask()
    if figures is None:
        return PlainTextResponse("the master does not answer\n", 503)
    if figures.draining:
        return PlainTextResponse("the daemon ends\n", 503)
    if not figures.status.searchers:
        return PlainTextResponse("no searcher is there\n", 503)
    return PlainTextResponse("ok\n")


class _Complaints(logging.Handler):
    """What the server says of requests that make no sense, which anybody may send."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on."""
        log("http", record.getMessage(), level="debug")


class _Bounded(H11Protocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        """Take it, if there is room, for as long as it takes to ask."""
        if len(self.connections) >= CONNECTIONS:
            transport.abort()
            return
        super().connection_made(transport)
        self._timer = self.loop.call_later(REQUEST_SECONDS, self._end_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        if hasattr(self, "_timer"):
            self._timer.cancel()
            super().connection_lost(exc)

    def _end_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()
