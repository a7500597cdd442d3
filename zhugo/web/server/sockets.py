"""One WebSocket: a conversation with a page."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from zhugo.web import messages as m
from zhugo.web.open.service import Service
from zhugo.web.open.viewer import Viewer
from zhugo.web.server.outbox import Outbox

TRY_AGAIN = 1013
"""The code with which a page is sent away that cannot keep up, or when the server ends."""


async def converse(socket: WebSocket, service: Service) -> None:
    """Serve an accepted connection until it is gone."""
    outbox = Outbox(asyncio.get_running_loop())
    viewer = service.enter(outbox.put)
    writer = asyncio.create_task(_write(socket, outbox))
    reader = asyncio.create_task(_read(socket, service, viewer, outbox))
    try:
        await asyncio.wait((writer, reader), return_when=asyncio.FIRST_COMPLETED)
    finally:
        outbox.close()
        reader.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await reader
        await writer
        await asyncio.to_thread(service.leave, viewer)


async def _read(socket: WebSocket, service: Service, viewer: Viewer, outbox: Outbox) -> None:
    while True:
        try:
            frame = await socket.receive_text()
        except WebSocketDisconnect:
            return
        except KeyError:  # a frame of bytes
            outbox.put(m.Failed("", "a message is text"))
            continue
        if len(frame) > m.MAX_FRAME:
            outbox.put(m.Failed("", "the message is too large"))
            continue
        try:
            asked = m.read(frame)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            outbox.put(m.Failed("", f"no message: {error}"))
            continue
        await asyncio.to_thread(service.take, viewer, asked)


async def _next(outbox: Outbox) -> m.Told | None:
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
