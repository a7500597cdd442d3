"""The protocol on stdin and stdout: a line a query, a line an answer, and nothing else."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

from zhugo.bridges.analysis.conversation import MAX_LINE, Conversation
from zhugo.bridges.analysis.engine import Engine
from zhugo.bridges.analysis.outbox import Outbox
from zhugo.bridges.analysis.settings import Settings

_PIECE = 1 << 16


def run(engine: Engine, settings: Settings, drain: bool, source: int | None = None, target: int | None = None) -> None:
    """Answer until ``source`` ends, and with ``drain`` until all that was asked is answered.

    ``source`` and ``target`` are file descriptors, stdin and stdout when not given. Raises ``BrokenPipeError`` when
    nobody reads the answers, ``ConnectionLost`` when the daemon is gone.
    """
    source = sys.stdin.fileno() if source is None else source
    target = sys.stdout.fileno() if target is None else target
    ended = threading.Event()
    engine.lost.add_done_callback(lambda _lost: ended.set())
    outbox = Outbox(lambda line: _write(target, line + b"\n"), ended.set)
    conversation = Conversation(engine, settings, outbox.put)

    def listen() -> None:
        try:
            for line in lines(source):
                if line is None:
                    conversation.refuse(f"a line has {MAX_LINE:,} bytes at most")
                else:
                    conversation.take(line)
            if drain:
                conversation.drain()
        finally:
            ended.set()

    threading.Thread(target=listen, name="analysis queries", daemon=True).start()
    ended.wait()
    if engine.lost.done():
        raise engine.lost.result()
    if outbox.gone:
        raise BrokenPipeError
    outbox.close()


def lines(source: int) -> Iterator[bytes | None]:
    """The lines of a file descriptor, without their ends; None for one that is too long. The last may lack its end."""
    rest, skipping = bytearray(), False
    while piece := os.read(source, _PIECE):
        *complete, last = piece.split(b"\n")
        for part in complete:
            rest += part
            if not skipping:
                yield bytes(rest) if len(rest) <= MAX_LINE else None
            rest.clear()
            skipping = False
        rest += last
        if len(rest) > MAX_LINE:
            if not skipping:
                yield None
            skipping = True
            rest.clear()
    if rest and not skipping:
        yield bytes(rest)


def _write(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]
