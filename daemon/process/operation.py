"""What a master does for its operator: it says when it serves, reloads and ends, shows its figures, and has its parts
reload.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon.process.figures import Figures, Questions
from daemon.process.log import announce, log
from daemon.process.notify import Notifier

if TYPE_CHECKING:
    from daemon.process.http_server import HttpServer


class ConfigurationError(ValueError):
    """What an operator wrote cannot be followed; the text is one clear line. What held before holds on."""


class Operation:
    """See the module. Everything here is called by the master's thread."""

    def __init__(self, searchers: int, http: str | None = None, notifier: Notifier | None = None) -> None:
        """``searchers``: its own; without any it serves as soon as it listens, for others are to come. ``http``: where
        to show the figures. Raises ``OptionError``.
        """
        self._listening: socket.socket | None = None
        self._server: HttpServer | None = None
        self._questions: Questions | None = None
        if http is not None:
            self._listen(http)
        self._notifier = notifier or Notifier()
        self._is_waited_for = searchers > 0
        self._is_ready = False
        self._reloads: list[Callable[[], None]] = []

    @property
    def due(self) -> float | None:
        """When ``turn`` has something to do even if nothing happens, on the monotonic clock."""
        return self._notifier.due

    def show_figures(self) -> None:
        """Serve who wants to see figures."""
        if self._listening is not None:
            from daemon.process.http_server import HttpServer, url_of

            assert self._questions is not None
            self._server = HttpServer(self._listening, self._questions)
            url = url_of(self._listening)
            announce(f"metrics at {url}/metrics", "metrics", url=url)

    def descriptors(self) -> Iterator[int]:
        """What becomes readable when ``turn`` has something to do."""
        if self._questions is not None:
            yield self._questions.descriptor

    def on_reload(self, part: Callable[[], None]) -> None:
        """Call this at every reload, behind those that are registered. It may raise ``ConfigurationError``."""
        self._reloads.append(part)

    def reload(self) -> None:
        """Have all parts read again what can change while the daemon runs. What cannot be followed is told."""
        self._notifier.reloading()
        failed = 0
        for part in self._reloads:
            try:
                part()
            except ConfigurationError as error:
                failed += 1
                log("reload_failed", f"not reloaded: {error}", level="error", reason=str(error))
        if not failed:
            log("reloaded")
        self._notifier.ready()

    def draining(self, seconds: float) -> None:
        """The daemon ends within so many seconds, when its searches have."""
        log("draining", f"ending within {seconds:g} s, when the searches that run have", seconds=seconds)
        if self._questions is not None:
            self._questions.forget()
        self._notifier.stopping()
        self._notifier.status(f"draining, for {seconds:g} s at most")

    def greeted(self) -> None:
        """A searcher is there."""
        self._is_waited_for = False

    def turn(self, figures: Callable[[], Figures]) -> None:
        """Once each time that the master has done what there was to do."""
        if self._questions is not None:
            self._questions.answer(figures)
        if not (self._is_ready or self._is_waited_for):
            self._is_ready = True
            self._notifier.ready()
            self._notifier.status("serving")
        self._notifier.live()

    def close(self) -> None:
        """The daemon ends."""
        self._notifier.stopping()
        self._notifier.close()
        if self._server is not None:
            self._server.close()
        elif self._listening is not None:
            self._listening.close()
        if self._questions is not None:
            self._questions.close()

    def _listen(self, address: str) -> None:
        from daemon.process.http_server import listen

        self._listening = listen(address)
        self._questions = Questions()
