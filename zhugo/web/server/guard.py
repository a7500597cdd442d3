"""Who may come in, and what a browser may do with what it gets.

Whoever opens the page names the token once, in its address. The browser keeps it in a cookie that scripts cannot read
and that no other site can use; the address is then shown without it. A WebSocket is refused where the page that opens
it comes from elsewhere.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

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


class Guard:
    """``token``: what an address must name."""

    def __init__(self, token: str) -> None:
        self._token = token

    def cookie(self, connection: HTTPConnection) -> str:
        """The cookie's name: one for each port, since a browser shares cookies between ports of a machine."""
        return f"zhugo-{connection.url.port or 80}"

    def is_right(self, given: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(given.encode(), self._token.encode())

    def knows(self, connection: HTTPConnection) -> bool:
        """Whether the browser has the cookie, or the address the token."""
        given = (connection.cookies.get(self.cookie(connection), ""), connection.query_params.get(TOKEN, ""))
        return any(self.is_right(one) for one in given)

    @staticmethod
    def is_from_here(headers: Headers) -> bool:
        """Whether a WebSocket is opened by our own page, or by a program that is no browser."""
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == headers.get("host")
