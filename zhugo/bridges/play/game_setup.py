"""The daemon's options for a game in a terminal, and what the person is told before the first move."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

from rich.console import Console

from games.registry import named
from protocol.messages import Limits
from zhugo.bridges.play.conversation import Conversation
from zhugo.bridges.play.shown import shown
from zhugo.shared.evaluation import VISITS, VISITS_WITHOUT_NET, evaluating
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import client
from zhugo.shared.waiting import tell_place

GO_SIZE = 9


def play_in_terminal(
    text: str, size: int | None, human_first: bool, visits: int | None, seconds: float | None, options: DaemonOptions
) -> None:
    """A game against the daemon of ``options``. Raises ``UserError``, ``GameError`` and what a daemon can raise."""
    name, spec = named(text, GO_SIZE if text == "go" and size is None else size)
    options, ignorant = evaluating(text if name == "go" else spec["game"], options)
    if visits is None and seconds is None:
        visits = VISITS_WITHOUT_NET if ignorant else VISITS
    with suppress(ImportError):
        import readline  # noqa: F401  # input() lets people edit their lines where it is there
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    with client(options, "play") as connected:
        if ignorant:
            print("No net was given: the engine knows the rules and nothing else, and looks ahead. See --net.")
        session = connected.open(options.session_name("play"), name, spec, queued=tell_place)
        Conversation(shown(name, spec), session, Limits(visits=visits, seconds=seconds), human_first, _thinking()).run()


def _thinking() -> Callable[[], AbstractContextManager[object]]:
    if sys.stdout.isatty():
        console = Console()
        return lambda: console.status("thinking …")
    return nullcontext
