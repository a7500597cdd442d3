"""Who may come in over HTTP and WebSocket: whoever knows the one token, and the holders of the keys of a folder."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon.process.audit import Audit
from protocol.errors import KeyFileError
from protocol.keys import KeyFolder, Keyring
from protocol.principals import Role

LOOK_SECONDS = 1.0
"""How often it is looked whether the folder has changed."""


@dataclass(frozen=True)
class Visitor:
    """Who came in. ``name``: of the key's holder; empty for who knows the one token, and may do everything."""

    name: str
    role: Role
    token_sha256: str = ""

    @property
    def may_use(self) -> bool:
        """Whether this one may have games changed and positions searched."""
        return self.role in ("client", "admin")

    @property
    def may_look(self) -> bool:
        """Whether this one may see anything."""
        return self.role != "searcher"


class Tokens:
    """See the module. All methods may be called from any thread. A folder that changes counts at once."""

    def __init__(
        self, token: str | None, keys: Path | None = None, complain: Callable[[str], None] = lambda _text: None
    ) -> None:
        """``token``: None for none. ``complain`` hears of those who are refused, and of a folder that cannot be read:
        then what was read before holds. Raises ``KeyFileError``.
        """
        self.token = token
        self._folder = None if keys is None else KeyFolder(keys)
        self._complain = complain
        self._audit = Audit(write=lambda _event, text, **_fields: complain(text))
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._state = self._seen()
        self._keyring: Keyring | None = None if self._folder is None else self._folder.keyring()

    def visitor(self, given: str) -> Visitor | None:
        """Whose token this is; None for nobody's. Takes as long whatever it is."""
        keyring = self._now()
        holder = None if keyring is None else keyring.holder(given)
        if self.token is not None and hmac.compare_digest(given.encode(errors="replace"), self.token.encode()):
            return Visitor("", "admin")
        return None if holder is None else Visitor(holder.name, holder.role, holder.token_sha256)

    def refused(self, visitor: Visitor | None, where: object, asked: str, why: str) -> None:
        """Complain of somebody who was refused, at the address ``where``; of many together."""
        with self._lock:
            self._audit.refused("" if visitor is None else visitor.name, str(where), asked, why)

    def is_valid(self, visitor: Visitor) -> bool:
        """Whether this one might still come in as then."""
        if not visitor.name:
            return True
        keyring = self._now()
        records = () if keyring is None else keyring.records
        return any(Visitor(each.name, each.role, each.token_sha256) == visitor for each in records)

    def _now(self) -> Keyring | None:
        """The keys as they stand in the folder."""
        with self._lock:
            if self._folder is None or time.monotonic() - self._looked < LOOK_SECONDS:
                return self._keyring
            self._looked = time.monotonic()
            if (state := self._seen()) != self._state:
                self._state = state
                try:
                    self._keyring = self._folder.keyring()
                except KeyFileError as error:
                    self._complain(f"the keys stay as they were: {error}")
            return self._keyring

    def _seen(self) -> object:
        """What changes when the folder does."""
        if self._folder is None:
            return None
        try:
            found = [(path.name, path.stat()) for path in self._folder.path.iterdir()]
        except OSError as error:
            return str(error)
        return sorted((name, about.st_mtime_ns, about.st_size, about.st_ino) for name, about in found)
