"""What the server asks of what it serves: Go's board, or a game of OpenSpiel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from zhugo.web.messages import EngineState
from zhugo.web.open.why import TracePage


class Served(Protocol):
    """A service that pages talk to. ``page``: the file that a browser gets first.

    Viewers and messages are the service's own: the server hands them from one method to the other.
    """

    page: str

    def enter(self, tell: Callable[[Any], None]) -> Any:
        """A page is connected, and hears what is said by ``tell``, which does not wait: its viewer."""

    def leave(self, viewer: Any) -> None:
        """Its connection is gone."""

    def read(self, frame: str | bytes) -> Any:
        """A message of the page. Raises ``msgspec.MsgspecError``, whose text is for people."""

    def only_looks(self, asked: Any) -> bool:
        """Whether a message changes nothing, and has nothing searched."""

    def take(self, viewer: Any, asked: Any) -> None:
        """Do what is asked for, or tell why not."""

    def engine_told(self, state: EngineState) -> None:
        """How the daemon is."""

    def why(self, game: str) -> TracePage:
        """The search of a game, decision by decision. Raises ``UserError`` or ``TraceError``."""

    def close(self) -> None:
        """End all searches and games."""


@runtime_checkable
class Exports(Protocol):
    """A service that gives games away as files, too."""

    def export(self, name: str, kind: str, options: Mapping[str, str]) -> tuple[str, str, bytes]:
        """A game as a file: its name, its kind as HTTP has it, what is in it. Raises ``UserError``."""
