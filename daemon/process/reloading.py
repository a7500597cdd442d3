"""What a daemon takes over from its configuration while it runs, and what it says of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import Any

from daemon.process.log import configure, log
from daemon.process.operation import ConfigurationError
from daemon.process.options import OptionError, Options
from protocol.messages import Inbound, SetBounds

TAKEN = ("log_format", "log_level", "bounds")
"""Options that can change."""


class Reloading:
    """The options that hold now."""

    def __init__(self, options: Options, read: Callable[[], Options], tell: Callable[[Inbound], None]) -> None:
        """``read``: what is asked for now; it may raise ``OptionError``. ``tell``: has the core know."""
        self._options = options
        self._read = read
        self._tell = tell

    def reload(self) -> None:
        """Take over what can change and say what cannot. Raises ``ConfigurationError``; then nothing has changed."""
        try:
            wanted = self._read()
            wanted.check()
        except OptionError as error:
            raise ConfigurationError(str(error)) from error
        now = self._options
        changed = [each.name for each in fields(Options) if getattr(now, each.name) != getattr(wanted, each.name)]
        if "log_format" in changed or "log_level" in changed:
            configure(wanted.log_format, wanted.log_level)
        if "bounds" in changed:
            self._tell(SetBounds(**asdict(wanted.bounds)))
        for name in changed:
            if name not in TAKEN:
                log("needs_restart", f"{name} stays what it is until a restart", level="warning", option=name)
        kept: dict[str, Any] = {name: getattr(wanted, name) for name in changed if name in TAKEN}
        self._options = replace(now, **kept)
        log("configured", f"took over: {', '.join(sorted(kept)) or 'nothing new'}", options=sorted(kept))
