"""Who may come in and do what, and what a browser may do with what it gets.

Whoever opens the page names the token once, in its address. The browser keeps it in a cookie that scripts cannot read
and that no other site can use; the address is then shown without it. A WebSocket is refused where the page that opens
it comes from elsewhere.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from zhugo.shared.tokens import Tokens, Visitor

TOKEN = "token"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
FILE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Of pages that stand alone, with their scripts inside: they can reach nothing."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def where(connection: HTTPConnection) -> str:
    """The address that a browser has."""
    return "" if connection.client is None else f"{connection.client.host}:{connection.client.port}"


class Guard:
    """``tokens``: what an address must name."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def cookie(self, connection: HTTPConnection) -> str:
        """The cookie's name: one for each port, since a browser shares cookies between ports of a machine."""
        return f"zhugo-{connection.url.port or 80}"

    def is_right(self, given: str) -> bool:
        """Whether this is the token of somebody who may look."""
        return self._visitor(given) is not None

    def visitor(self, connection: HTTPConnection) -> Visitor | None:
        """Who it is, by the address's token or the browser's cookie."""
        given = (connection.query_params.get(TOKEN, ""), connection.cookies.get(self.cookie(connection), ""))
        found = self._visitor(given[0]) or self._visitor(given[1])
        if found is None and any(given):
            self.tokens.refused(None, where(connection), connection.url.path, "a wrong token")
        return found

    def _visitor(self, given: str) -> Visitor | None:
        found = self.tokens.visitor(given) if given else None
        return found if found is not None and found.may_look else None

    @staticmethod
    def is_from_here(headers: Headers) -> bool:
        """Whether a WebSocket is opened by our own page, or by a program that is no browser."""
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == headers.get("host")
