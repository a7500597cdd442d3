"""The routes: the page and its parts, the WebSocket, downloads."""

from __future__ import annotations

import asyncio
import itertools
import mimetypes
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from zhugo.shared.tokens import Tokens
from zhugo.web.open.service import PROBLEMS
from zhugo.web.server import guard
from zhugo.web.server.guard import Guard
from zhugo.web.server.served import Exports, Served
from zhugo.web.server.sockets import converse

PARTS = {"page": "zhugo.web.page", "library": "zhugo.pages.library"}
"""Where the page's scripts and style lie, by the first part of their paths."""
KINDS = (".js", ".css", ".html", ".svg", ".json")
COOKIE_SECONDS = 30 * 86_400
FORBIDDEN = "The address needs ?token= with the right token: open the one that `zhugo web` printed.\n"
POLICY_VIOLATION = 1008


def app(service: Served, tokens: Tokens) -> Starlette:
    """What serves requests of those who have a token; ``service`` does what they ask for."""
    return _App(service, Guard(tokens)).starlette


class _App:
    def __init__(self, service: Served, keeper: Guard) -> None:
        self._service, self._guard = service, keeper
        self._parts = {f"{kind}/{name}": data for kind in PARTS for name, data in _files(PARTS[kind]).items()}
        self._numbers = itertools.count(1)
        self._traces: dict[int, bytes] = {}
        """The trace page that was made last."""
        self.starlette = Starlette(
            routes=[
                Route("/", self._page),
                *(Route(f"/{kind}/{{name:str}}", self._part) for kind in PARTS),
                *self._exports(service),
                Route("/why", self._why),
                Route("/why/{number:int}", self._trace),
                WebSocketRoute("/socket", self._socket),
            ],
            exception_handlers={404: _not_found},
        )

    async def _page(self, request: Request) -> Response:
        given = request.query_params.get(guard.TOKEN)
        if given is not None and self._guard.is_right(given):
            rest = [(name, value) for name, value in request.query_params.multi_items() if name != guard.TOKEN]
            query = "&".join(f"{quote(name)}={quote(value)}" for name, value in rest)
            answer: Response = RedirectResponse(f"/?{query}" if query else "/", 303, guard.HEADERS)
            answer.set_cookie(
                self._guard.cookie(request),
                given,
                COOKIE_SECONDS,
                path="/",
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="strict",
            )
            return answer
        if self._guard.visitor(request) is None:
            return _refused()
        return self._file(self._service.page)

    async def _part(self, request: Request) -> Response:
        if self._guard.visitor(request) is None:
            return _refused()
        return self._file(request.url.path[1:])

    def _file(self, path: str) -> Response:
        if path not in self._parts:
            return _missing()
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return _answer(self._parts[path], f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)

    def _exports(self, service: Served) -> list[Route]:
        """The way to a game's files, where it has some."""
        if not isinstance(service, Exports):
            return []

        async def exported(request: Request) -> Response:
            return await self._export(request, service)

        return [Route("/export/{game:str}.{kind:str}", exported)]

    async def _export(self, request: Request, service: Exports) -> Response:
        if self._guard.visitor(request) is None:
            return _refused()
        game, kind = request.path_params["game"], request.path_params["kind"]
        try:
            name, media, data = await asyncio.to_thread(service.export, game, kind, dict(request.query_params))
        except PROBLEMS as error:
            return PlainTextResponse(f"{error}\n", 404, guard.HEADERS)
        saved = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return _answer(data, media, saved, guard.FILE_POLICY)

    async def _why(self, request: Request) -> Response:
        """Make the trace page, and send the browser there: at the search of the game that it names."""
        if self._guard.visitor(request) is None:
            return _refused()
        try:
            page = await asyncio.to_thread(self._service.why, request.query_params.get("game", ""))
        except PROBLEMS as error:
            return PlainTextResponse(f"{error}\n", 404, guard.HEADERS)
        self._traces = {next(self._numbers): page.html}
        return RedirectResponse(f"/why/{max(self._traces)}#{page.place}", 303, guard.HEADERS)

    async def _trace(self, request: Request) -> Response:
        if self._guard.visitor(request) is None:
            return _refused()
        page = self._traces.get(request.path_params["number"])
        if page is None:
            return _missing()
        return _answer(page, "text/html; charset=utf-8", policy=guard.FILE_POLICY)

    async def _socket(self, socket: WebSocket) -> None:
        visitor = self._guard.visitor(socket)
        if visitor is None or not self._guard.is_from_here(socket.headers):
            await socket.close(POLICY_VIOLATION)
            return
        await socket.accept()
        await converse(socket, self._service, visitor, self._guard.tokens)


def _answer(data: bytes, kind: str, more: Mapping[str, str] | None = None, policy: str = guard.PAGE_POLICY) -> Response:
    headers = {**guard.HEADERS, "Content-Security-Policy": policy, **(more or {})}
    return Response(data, 200, headers, kind)


def _refused() -> Response:
    return PlainTextResponse(FORBIDDEN, 403, {**guard.HEADERS, "Content-Security-Policy": guard.PAGE_POLICY})


def _missing() -> Response:
    return PlainTextResponse("There is no such page.\n", 404, guard.HEADERS)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _missing()


def _files(package: str) -> dict[str, bytes]:
    """What a package has for pages, by name."""
    parent, _, folder = package.rpartition(".")
    place = files(parent) / folder
    found = place.iterdir() if place.is_dir() else ()
    return {each.name: each.read_bytes() for each in found if each.name.endswith(KINDS)}
