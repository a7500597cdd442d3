"""One WebSocket: a conversation with a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from zhugo.shared.tokens import Tokens, Visitor
from zhugo.web import messages as m
from zhugo.web.server.guard import where
from zhugo.web.server.outbox import Outbox
from zhugo.web.server.served import Served

TRY_AGAIN = 1013
"""The code with which a page is sent away that cannot keep up, or when the server ends."""


LOOK_SECONDS = 1.0
"""How often it is looked whether a visitor's key is still good."""

LOOKS_ON = "this key lets you look on, and not change games or search"


async def converse(socket: WebSocket, service: Served, visitor: Visitor, tokens: Tokens) -> None:
    """Serve an accepted connection until it is gone, or the visitor may not be here any more."""
    outbox = Outbox(asyncio.get_running_loop())
    viewer = service.enter(outbox.put)
    writer = asyncio.create_task(_write(socket, outbox))

    def forbid(kind: str) -> None:
        outbox.put(m.Failed(kind, LOOKS_ON))
        tokens.refused(visitor, where(socket), kind, f"not for a key whose role is {visitor.role}")

    def may(asked: Any) -> bool:
        return visitor.may_use or service.only_looks(asked)

    reader = asyncio.create_task(_read(socket, service, viewer, outbox, may, forbid))
    watcher = asyncio.create_task(_watch(visitor, tokens))
    try:
        await asyncio.wait((writer, reader, watcher), return_when=asyncio.FIRST_COMPLETED)
    finally:
        outbox.close()
        watcher.cancel()
        reader.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await reader
        await writer
        await asyncio.to_thread(service.leave, viewer)


async def _watch(visitor: Visitor, tokens: Tokens) -> None:
    while tokens.is_valid(visitor):
        await asyncio.sleep(LOOK_SECONDS)


async def _read(
    socket: WebSocket,
    service: Served,
    viewer: Any,
    outbox: Outbox,
    allowed: Callable[[Any], bool],
    forbid: Callable[[str], None],
) -> None:
    while True:
        try:
            frame = await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError):  # the second where it was gone before anybody read
            return
        except KeyError:  # a frame of bytes
            outbox.put(m.Failed("", "a message is text"))
            continue
        if len(frame) > m.MAX_FRAME:
            outbox.put(m.Failed("", "the message is too large"))
            continue
        try:
            asked = service.read(frame)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            outbox.put(m.Failed("", f"no message: {error}"))
            continue
        if not allowed(asked):
            forbid(str(asked.__struct_config__.tag))
            continue
        await asyncio.to_thread(service.take, viewer, asked)


async def _next(outbox: Outbox) -> m.Message | None:
    """What is to be sent next; None at the end."""
    try:
        return await asyncio.wait_for(outbox.next(), m.ALIVE_SECONDS)
    except TimeoutError:
        return m.Alive()


async def _write(socket: WebSocket, outbox: Outbox) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        while (message := await _next(outbox)) is not None:
            await socket.send_text(m.write(message))
        await socket.close(TRY_AGAIN)
