"""The folder in which a daemon's sessions wait that nobody uses: one file each, named by what is in it.

What the core asks for is an errand (``daemon.core.errands``). A file is written under another name first, so one that
has its name is whole; its name is the hash of its bytes, so one that was damaged is noticed. Files of sessions that are
no more are removed, at the next start at the latest. A full disk costs the session that was to be stored, and no other.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from daemon.core.errands import Errand, Fetch, Forget, Keep
from daemon.process.options import OptionError
from protocol.files import write_whole
from protocol.messages import Restored, StoreLost

SUFFIX = ".session"
_LOCK = ".lock"
_PARTIAL = ".partial"


class SessionStore:
    """See the module. Without a folder nothing is stored."""

    def __init__(self, folder: Path | None) -> None:
        """Makes the folder. Raises ``OptionError`` if it cannot be, or is another daemon's."""
        self._folder = folder
        self._lock: int | None = None
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise OptionError(f"{folder} is the store of another daemon") from None
        except OSError as error:
            self.close()
            raise OptionError(f"{folder} cannot be a store: {error.strerror}") from error

    def keep_only(self, digests: Iterable[str]) -> None:
        """Remove what belongs to no session that there is."""
        if self._folder is None:
            return
        wanted = {digest + SUFFIX for digest in digests}
        with suppress(OSError):
            for path in list(self._folder.iterdir()):
                if path.suffix in (SUFFIX, _PARTIAL) and path.name not in wanted:
                    path.unlink()

    def run(self, errand: Errand) -> Restored | StoreLost | None:
        """Do this; what the core is to be told of it."""
        match errand:
            case Keep():
                return self._keep(errand)
            case Fetch():
                return self._fetch(errand)
            case Forget(digest=digest):
                if self._folder is not None:
                    with suppress(OSError):
                        (self._folder / (digest + SUFFIX)).unlink()
        return None

    def close(self) -> None:
        """Let others have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _keep(self, errand: Keep) -> StoreLost | None:
        if self._folder is None:
            return StoreLost(errand.serial, "this daemon has no --store")
        path = self._folder / (errand.digest + SUFFIX)
        try:
            write_whole(path, errand.data, mode=0o600)
        except OSError as error:
            return StoreLost(errand.serial, f"it could not be stored: {error.strerror}")
        return None

    def _fetch(self, errand: Fetch) -> Restored | StoreLost:
        if self._folder is None:
            return StoreLost(errand.serial, "this daemon has no --store")
        try:
            data = (self._folder / (errand.digest + SUFFIX)).read_bytes()
        except OSError as error:
            return StoreLost(errand.serial, f"what was stored of it cannot be read: {error.strerror}")
        if hashlib.blake2b(data, digest_size=16).hexdigest() != errand.digest:
            return StoreLost(errand.serial, "what was stored of it is damaged")
        return Restored(errand.serial, np.frombuffer(data, np.uint8))
