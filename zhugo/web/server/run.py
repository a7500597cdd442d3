"""The server started, and ended."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import uvicorn

from games.go.sgf import read_bytes
from games.openspiel.game import OpenSpielGame
from zhugo.bridges.gtp.game_kernels import load_kernels
from zhugo.shared import human_net as human_nets
from zhugo.shared.encryption import Certificate
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions
from zhugo.shared.tokens import Tokens
from zhugo.web import messages as m
from zhugo.web.open.daemon import Daemon
from zhugo.web.open.library import FolderLibrary
from zhugo.web.open.service import Parts, Service
from zhugo.web.open.why import TRACE_KEEP, TRACE_MB
from zhugo.web.openspiel.service import OpenSpielService
from zhugo.web.openspiel.service import Parts as OpenSpielParts
from zhugo.web.server.app import app
from zhugo.web.server.served import Served
from zhugo.web.store import home
from zhugo.web.store.analyses import AnalysisStore
from zhugo.web.store.games import GameStore

PORTS = range(8361, 8461)
"""The first that is free, where the person names none."""
ENDS_SECONDS = 3
PING_SECONDS, SILENT_SECONDS = 5.0, 15.0
"""A page is asked so often whether it is there, and is gone if it is silent for so long: then no clock of its runs."""
POLL_SECONDS = 0.2


Serving = tuple[list[str], Callable[[], None]]
"""The addresses at which a page can be opened, and a call that returns when the daemon cannot be started."""


@dataclass(frozen=True)
class Place:
    """Where to serve, and to whom. ``port``: 0 for any, None for the first of ``PORTS`` that is free.

    ``token``: lets in; None for none. ``keys``: the folder of those whose holders are let in. ``certificate``: None to
    speak plain HTTP.
    """

    host: str
    port: int | None
    token: str | None
    keys: Path | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True)
class Given:
    """What the person named: ``games`` to open, ``folders`` to choose from, ``home`` to keep games in.

    ``nets``: files to compare with, by name. ``human_net``: one that imitates people, to play against. ``complain``
    hears of what is damaged on disk.
    """

    games: Sequence[Path] = ()
    folders: Sequence[Path] = ()
    home: Path | None = None
    nets: Mapping[str, Path] = field(default_factory=dict)
    human_net: Path | None = None
    version: str = ""
    complain: Callable[[str], None] = field(default=print)


@dataclass(frozen=True)
class GivenGame:
    """A game of OpenSpiel to serve. ``ignorant``: the engine has no net for it."""

    game: OpenSpielGame
    ignorant: bool = False
    version: str = ""
    complain: Callable[[str], None] = field(default=print)


@contextmanager
def serving(options: DaemonOptions, given: Given, place: Place) -> Iterator[Serving]:
    """A board of Go. Raises ``UserError`` or ``SgfError`` for what was named wrongly."""
    with _traced(options) as traced, _serving(traced, given, place) as it:
        yield it


@contextmanager
def serving_game(options: DaemonOptions, given: GivenGame, place: Place) -> Iterator[Serving]:
    """A game of OpenSpiel. Raises ``UserError``."""
    with _traced(options) as traced:
        tokens = Tokens(place.token, place.keys, given.complain)
        with closing(bound(place.host, place.port)) as listening:
            daemon = Daemon(traced)
            service = OpenSpielService(OpenSpielParts(given.game, daemon.client, traced, given.version, given.ignorant))
            with _running(service, daemon, tokens, listening, place) as wait:
                yield addresses(place, listening, []), wait


@contextmanager
def _traced(options: DaemonOptions) -> Iterator[DaemonOptions]:
    """With a trace of our own daemon, so that people can see why it searched what it did."""
    if options.connect is not None or options.trace is not None:
        yield options
        return
    with TemporaryDirectory(prefix="zhugo-web-") as folder:
        yield replace(options, trace=Path(folder) / "board.trace", trace_mb=TRACE_MB, trace_keep=TRACE_KEEP)


@contextmanager
def _serving(options: DaemonOptions, given: Given, place: Place) -> Iterator[Serving]:
    tokens = Tokens(place.token, place.keys, given.complain)
    with closing(bound(place.host, place.port)) as listening:
        folder = home(given.home)
        with closing(AnalysisStore(folder, given.complain)) as analyses:
            daemon = Daemon(options)
            games = GameStore(folder, given.complain)
            library = FolderLibrary(given.folders)
            human_net = human_nets.opened(given.human_net)
            if human_net is not None:
                human_net.load_soon()
            service = Service(
                Parts(daemon.client, games, analyses, library, given.version, given.nets, options, human_net)
            )
            opened = [name for path in given.games for name in service.add_file(read_bytes(path), path.name)]
            threading.Thread(target=load_kernels, name="web kernels", daemon=True).start()  # before a page waits
            with _running(service, daemon, tokens, listening, place) as wait:
                yield addresses(place, listening, opened), wait


@contextmanager
def _running(
    service: Served, daemon: Daemon, tokens: Tokens, listening: socket.socket, place: Place
) -> Iterator[Callable[[], None]]:
    """The daemon and the server, started, and ended behind the block. A call that waits, as in ``Serving``."""
    server = uvicorn.Server(
        uvicorn.Config(
            app(service, tokens),
            log_level="warning",
            ws="websockets-sansio",
            ws_max_size=m.MAX_FRAME,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=SILENT_SECONDS,
            server_header=False,
            timeout_graceful_shutdown=ENDS_SECONDS,
            ssl_certfile=None if place.certificate is None else place.certificate.certificate,
            ssl_keyfile=None if place.certificate is None else place.certificate.private_key,
        )
    )
    thread = threading.Thread(target=server.run, args=([listening],), name="web server", daemon=True)
    daemon.start(service.engine_told)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield lambda: _wait(daemon, thread)
    finally:
        server.should_exit = True
        thread.join()
        daemon.stop()
        service.close()
        daemon.close()


def bound(host: str, port: int | None) -> socket.socket:
    """A socket that listens there. Raises ``UserError``."""
    error: OSError | None = None
    for number in PORTS if port is None else (port,):
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
            listening = socket.socket(family, kind, protocol)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError as raised:
            error = raised
        else:
            return listening
    assert error is not None
    raise UserError(f"cannot serve at {host}:{PORTS[0] if port is None else port}: {error.strerror or error}")


def addresses(place: Place, listening: socket.socket, opened: Sequence[str]) -> list[str]:
    """Where the page can be opened: at this machine, and where it serves others, at its addresses in their networks."""
    port = listening.getsockname()[1]
    hosts = [place.host]
    if place.host in ("0.0.0.0", "::"):
        hosts = ["127.0.0.1", *_own_addresses()]
    named = {"token": place.token or "", "game": opened[0] if opened else ""}
    query = urlencode({name: value for name, value in named.items() if value})
    shown = [f"[{host}]" if ":" in host else host for host in hosts]
    scheme = "http" if place.certificate is None else "https"
    return [f"{scheme}://{host}:{port}/{f'?{query}' if query else ''}" for host in shown]


def _own_addresses() -> list[str]:
    import psutil

    found = [
        address.address
        for each in psutil.net_if_addrs().values()
        for address in each
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    ]
    return sorted(found)


def _wait(daemon: Daemon, server: threading.Thread) -> None:
    """Until the daemon cannot be started. Raises why."""
    while server.is_alive():
        if daemon.failed.done():
            raise daemon.failed.result()
        time.sleep(POLL_SECONDS)
    raise UserError("the server has ended")
