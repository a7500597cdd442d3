"""What a master does for its operator: it says when it serves, reloads and ends, and has its parts reload."""

from __future__ import annotations

from collections.abc import Callable

from daemon.process.log import log
from daemon.process.notify import Notifier


class ConfigurationError(ValueError):
    """What an operator wrote cannot be followed; the text is one clear line. What held before holds on."""


class Operation:
    """See the module. Everything here is called by the master's thread."""

    def __init__(self, searchers: int, notifier: Notifier | None = None) -> None:
        """``searchers``: its own; without any it serves as soon as it listens, for others are to come."""
        self._notifier = notifier or Notifier()
        self._is_waited_for = searchers > 0
        self._is_ready = False
        self._reloads: list[Callable[[], None]] = []

    @property
    def due(self) -> float | None:
        """When ``turn`` has something to do even if nothing happens, on the monotonic clock."""
        return self._notifier.due

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

    def greeted(self) -> None:
        """A searcher is there."""
        self._is_waited_for = False

    def turn(self) -> None:
        """Once each time that the master has done what there was to do."""
        if not (self._is_ready or self._is_waited_for):
            self._is_ready = True
            self._notifier.ready()
            self._notifier.status("serving")
        self._notifier.live()

    def close(self) -> None:
        """The daemon ends."""
        self._notifier.stopping()
        self._notifier.close()
