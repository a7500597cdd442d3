"""Who may come in: the folder of keys as it stands now, what the server and the core are told of it, and the audit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from daemon.process.audit import Audit
from daemon.process.journaled_core import Taken
from daemon.process.operation import ConfigurationError
from protocol.errors import KeyFileError
from protocol.keys import KeyFolder, Keyring
from protocol.messages import Principal, Principals, Refused
from protocol.principals import principal_name
from protocol.server import Server


class Gate:
    """``keyring``: None where no keys are demanded."""

    def __init__(self, folder: Path | None) -> None:
        """Raises ``KeyFileError``."""
        self._folder = folder
        self._audit = Audit()
        self.keyring: Keyring | None = None if folder is None else KeyFolder(folder).keyring()

    def differs(self, principals: Mapping[str, Principal]) -> bool:
        """Whether the core knows others than there are."""
        return {each.name: each for each in self.event().principals} != principals

    def event(self) -> Principals:
        """What the core is told."""
        return Principals([] if self.keyring is None else self.keyring.principals)

    def reload(self, server: Server) -> None:
        """Read the folder again, and end the connections of keys that are gone.

        Raises ``ConfigurationError``, and nothing has changed.
        """
        if self._folder is None:
            return
        try:
            self.keyring = KeyFolder(self._folder).keyring()
        except KeyFileError as error:
            raise ConfigurationError(str(error)) from error
        server.set_keys(self.keyring)

    def audit(self, sender: bytes, taken: Taken, server: Server) -> None:
        """Tell of an event that its sender had no right to, if it had none."""
        for _, answer in taken.answers:
            if isinstance(answer, Refused) and answer.kind:
                message = type(taken.message).__name__
                self._audit.refused(principal_name(sender), server.where(sender), message, answer.reason)

    def turn(self, server: Server) -> None:
        """Tell of those who were not let in since the last call."""
        refused, more = server.refused()
        for where, why in refused:
            self._audit.refused("", where, "", why)
        self._audit.leave_out(more)
        self._audit.turn()
