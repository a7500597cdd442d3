"""The bridge put together: all tables over one engine, between a stream of lines and a stream of answers."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TextIO

from games.game import GameError
from protocol.client import Client
from protocol.errors import AnswerTimeout, RefusedError, SessionLost
from zhugo.bridges.gtp import (
    analyze_commands,
    chat,
    gogui_commands,
    katago_commands,
    net_commands,
    param_commands,
    play_commands,
    record_commands,
    rules_commands,
    score_commands,
    setup_commands,
    time_commands,
)
from zhugo.bridges.gtp.controller import InputLines, stdin_lines
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.game_kernels import load_kernels, load_kernels_of_the_end
from zhugo.bridges.gtp.protocol import Command, GtpError, serve, with_administration
from zhugo.bridges.gtp.settings import Settings
from zhugo.bridges.gtp.startup_game import StartupGame
from zhugo.shared.errors import UserError
from zhugo.shared.local_net import LocalNet

Compat = Literal["none", "katago", "leelaz"]
"""Whose name and version to give, for clients that know an engine by them."""

TABLES = (
    setup_commands,
    rules_commands,
    play_commands,
    time_commands,
    score_commands,
    record_commands,
    analyze_commands,
    net_commands,
    param_commands,
    gogui_commands,
    katago_commands,
)

OTHER_NAMES = ("analyze", "genmove_analyze")
"""Sabaki has other commands that it prefers to these: as in KataGo, they work and ``known_command`` denies them."""

UNLISTED = (*OTHER_NAMES, "genmove_debug", "gomill-cpu_time", "kata-debug-print-tc", "kata-search_debug")
"""Commands of KataGo's that work and are not listed, since GUIs look for others."""


FAILURES = (GtpError, UserError, GameError, RefusedError, AnswerTimeout, SessionLost)
"""Errors that end a command but not the conversation."""


def commands_of(engine: Engine, compat: Compat = "none", override_version: str | None = None) -> dict[str, Command]:
    """Everything that the bridge answers to."""
    own = ("ZhuGo", version("zhugo"))
    name, number = {"none": own, "katago": ("KataGo", "1.16.4"), "leelaz": ("Leela Zero", "0.17")}[compat]
    number = override_version or number
    everything: dict[str, Command] = {"name": lambda _arguments: name, "version": lambda _arguments: number}
    for table in TABLES:
        everything.update(table.commands(engine))
    everything["gomill-cpu_time"] = everything["cputime"]
    return with_administration(everything, UNLISTED, OTHER_NAMES)


def run(
    connect: Callable[[], Client],
    settings: Settings,
    session: str,
    *,
    shared: bool,
    compat: Compat,
    prepare: Callable[[Engine], None],
    net_file: Path | None = None,
    human_net: LocalNet | None = None,
    override_version: str | None = None,
    lines: InputLines | None = None,
    startup_game: StartupGame | None = None,
) -> None:
    """Answer GTP on stdin and stdout until ``quit`` or the end of the input.

    ``prepare``: what happens before the first line; ``lines``: those of stdin, where they are read already;
    ``startup_game``: has answered some of them; its game goes on; ``net_file``, ``human_net``: as the engine has them.
    Raises what ``connect`` raises, and ``ConnectionLost`` when the daemon is gone, also while nobody asks for anything.
    """
    with _stdout_alone() as target:
        lines = lines or stdin_lines()
        engine = Engine(
            _connecting(connect, lines.fail),
            settings,
            lines,
            session,
            shared,
            net_file=net_file,
            human_net=human_net,
            read_at=lines.moment,
        )
        prepare(engine)
        commands = commands_of(engine, compat, override_version)
        if startup_game is not None:
            startup_game.hand_over(commands)
            engine.clock, engine.turn_ended, engine.played_here = (
                startup_game.clock,
                startup_game.turn_ended,
                startup_game.moved,
            )
        if settings.chat:
            print(chat.GREETING, file=sys.stderr, flush=True)

        def write(text: str) -> None:
            target.write(text)
            target.flush()

        serve(commands, lines, write, FAILURES)


def _connecting(connect: Callable[[], Client], fail: Callable[[Exception], None]) -> Callable[[], Client]:
    """Connect in the background, so that no GUI takes the engine for hung while its daemon starts.

    Returns a function that waits for the client. ``fail`` is called with the reason when there is none, or none any
    more.
    """
    connected: Future[Client] = Future()

    def run() -> None:
        try:
            load_kernels()
            client = connect()
        except Exception as error:
            connected.set_exception(error)
            fail(error)
        else:
            client.when_lost(fail)
            connected.set_result(client)
            load_kernels_of_the_end()

    threading.Thread(target=run, name="gtp-daemon", daemon=True).start()
    return connected.result


@contextmanager
def _stdout_alone() -> Iterator[TextIO]:
    """The real stdout, and nobody else gets at it: what libraries print meanwhile goes to stderr."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace") as target:
        os.dup2(2, 1)
        try:
            yield target
        finally:
            target.flush()
            os.dup2(target.fileno(), 1)
