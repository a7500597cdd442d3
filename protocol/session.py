"""One session as its client sees it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from protocol import messages as m
from protocol.client_state import OpenSession
from protocol.errors import SessionLost
from protocol.search_handle import SearchHandle

_T = TypeVar("_T", bound=m.Message)


class Asks(Protocol):
    """What a session needs of its client."""

    def request(self, make: Callable[[int], m.Inbound], answer: type[_T]) -> _T:
        """Send the message that ``make`` makes of a fresh request id, and wait for its answer of type ``answer``."""

    def tell(self, make: Callable[[int], m.Inbound]) -> None:
        """Send it without waiting for the answer."""

    def stream(self, make: Callable[[int], m.Inbound], until_closed: bool = False) -> SearchHandle:
        """Send it; its reports come through the handle."""


class Session:
    """One session of a client, which is brought back when the daemon was lost; see ``Client``."""

    def __init__(self, client: Asks, opened: OpenSession, shared: bool) -> None:
        self._client = client
        self._opened = opened
        self.name = opened.name
        self.shared = shared
        """It was open before."""

    @property
    def game(self) -> str:
        """What is played."""
        return self._opened.game

    @property
    def spec(self) -> dict[str, Any]:
        """Its specification."""
        return self._opened.spec

    @property
    def record(self) -> list[int]:
        """Where its cursor stood when it was opened or last moved by this client."""
        return list(self._opened.record)

    def play(self, move: int) -> None:
        """Play a move at the cursor. Raises ``RefusedError`` with the reason when it is illegal."""
        self._client.request(lambda request: m.Play(request, self.name, move), m.Done)

    def undo(self, count: int = 1) -> None:
        """Take back moves; the tree keeps what was searched."""
        self._client.request(lambda request: m.Undo(request, self.name, count), m.Done)

    def goto(self, record: Sequence[int]) -> None:
        """Move the cursor to the end of ``record``, from the start of the game; the tree is kept."""
        self._client.request(lambda request: m.Goto(request, self.name, list(record)), m.Done)

    def reset(self, game: str, spec: dict[str, Any], record: Sequence[int] = ()) -> None:
        """Start another game; the tree is dropped."""
        self._client.request(lambda request: m.Reset(request, self.name, game, spec, list(record)), m.Done)

    def configure(self, settings: m.SearchSettings) -> None:
        """Change how the session searches, from its next walk on."""
        self._client.request(lambda request: m.Configure(request, self.name, settings), m.Done)

    def search(
        self,
        limits: m.Limits | None = None,
        report_every: float | None = None,
        restrictions: Sequence[m.Restriction] = (),
        max_children: int = 10_000,
        pv_length: int = 15,
        moves_ownership: bool = False,
        priority: m.Priority = "live",
    ) -> SearchHandle:
        """Search at the cursor, in the background; without limits until ``stop``."""
        return self._client.stream(
            lambda request: m.Search(
                request,
                self.name,
                limits or m.Limits(),
                report_every,
                list(restrictions),
                max_children,
                pv_length,
                moves_ownership,
                priority,
            )
        )

    def watch(self, every: float = 1.0) -> SearchHandle:
        """Reports of all searches in the session, of any client, until the session is closed."""
        return self._client.stream(lambda request: m.Watch(request, self.name, every), until_closed=True)

    def stop(self) -> None:
        """End the session's search, if there is one; its handle gets the final report."""
        self._client.request(lambda request: m.Stop(request, self.name), m.Done)

    def stop_soon(self) -> None:
        """As ``stop``, without waiting for the daemon, which ends the search before whatever it is told next."""
        self._client.tell(lambda request: m.Stop(request, self.name))

    def query(self, max_children: int = 10_000, pv_length: int = 15, moves_ownership: bool = False) -> m.Report:
        """The tree as it is, searching or not."""
        return self._client.request(
            lambda request: m.Query(request, self.name, max_children, pv_length, moves_ownership), m.Report
        )

    def invite(self, role: m.GuestRole = "observer") -> str:
        """Let others in, to look or, with ``role="client"``, for all else; the secret that they ``Client.join`` by."""
        invitation = secrets.token_urlsafe(24)
        self._client.request(lambda request: m.Invite(request, self.name, invitation, role), m.Done)
        return invitation

    def uninvite(self, invitation: str) -> None:
        """Take an invitation back; whoever came by it is put out."""
        self._client.request(lambda request: m.Uninvite(request, self.name, invitation), m.Done)

    def close(self) -> None:
        """Leave the session; it ends when the last client has left."""
        with suppress(SessionLost):
            self._client.request(lambda request: m.Close(request, self.name), m.Done)
