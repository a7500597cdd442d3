"""The bridge put together: all tables over one engine, between a stream of lines and a stream of answers."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from typing import TextIO

from protocol.client import Client
from zhugo.gtp import analyze_commands, play_commands, record_commands, score_commands, setup_commands
from zhugo.gtp.engine import Engine, Thinking
from zhugo.gtp.protocol import Command, InputLines, serve, with_administration


def commands_of(engine: Engine) -> dict[str, Command]:
    """Everything that the bridge answers to."""
    tables = (setup_commands, play_commands, score_commands, record_commands, analyze_commands)
    everything: dict[str, Command] = {
        "name": lambda _arguments: "ZhuGo",
        "version": lambda _arguments: version("zhugo"),
    }
    for table in tables:
        everything.update(table.commands(engine))
    return with_administration(everything)


def run(client: Client, thinking: Thinking, source: TextIO = sys.stdin, target: TextIO = sys.stdout) -> None:
    """Answer GTP until ``quit`` or the end of ``source``."""
    for stream in (source, target):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    lines = InputLines(source)
    engine = Engine(client, thinking, lines.waiting)

    def write(text: str) -> None:
        target.write(text)
        target.flush()

    serve(commands_of(engine), lines, write)
