"""The net of this daemon for searchers on other machines: what it is known by, and its bytes.

Answered by the shell, for no tree has a part in it: nothing of this is in the trace. A searcher that evaluates with
another net is refused here, before the core hears of it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread

import numpy as np

from daemon.core.roles import allowed
from daemon.process.options import OptionError, Options
from protocol import messages as m
from protocol.codec import Malformed, decode
from protocol.principals import Principal, principal_name

_LONGEST = 16 << 10
"""Bytes of a header that may be a hello or a request for the net."""


class DaemonNet:
    """See the module. The file stays open, so that who has begun to fetch it gets the rest of the same one."""

    def __init__(self, path: Path | None, bundled: bool = False) -> None:
        """``path`` None: the one that comes with this program if ``bundled``, else none at all.

        Raises ``OptionError``.
        """
        self._sha256 = ""
        self._file: int | None = None
        self._size = 0
        self._hashing: Thread | None = None
        if path is not None:
            self._open(path)
        if path is not None or bundled:
            self._hashing = Thread(target=self._hash, name="hash of the net", daemon=True)
            self._hashing.start()

    @classmethod
    def of(cls, options: Options) -> DaemonNet:
        """That of a daemon with these options. Raises ``OptionError``."""
        return cls(options.net, options.device != "emulated")

    @property
    def sha256(self) -> str:
        """Of its file; empty where there is none. A large file takes a moment, the first time."""
        if self._hashing is not None:
            self._hashing.join()
        return self._sha256

    def answer(
        self,
        sender: bytes,
        frames: Sequence[bytes | memoryview],
        principals: Mapping[str, Principal],
        other: DaemonNet | None = None,
    ) -> m.NetPart | m.Refused | None:
        """What to say to a message that is the shell's to answer; None where it is for the core.

        ``other``: the net that the daemon is changing to, with which searchers may come, too.
        """
        if len(frames) != 1 or len(frames[0]) > _LONGEST:
            return None
        header = bytes(frames[0])
        if b"AskNet" not in header and not (b"Hello" in header and b"searcher" in header):
            return None
        try:
            message = decode(frames)
        except Malformed:
            return None
        match message:
            case m.AskNet():
                if _may_have_it(sender, message, principals):
                    return self._part(message)
                return m.Refused("the net is for searchers and admins", message.request, "forbidden")
            case m.Hello(role="searcher", net=m.NetInfo(sha256=sha256)) if sha256 != self.sha256:
                if other is not None and sha256 == other.sha256:
                    return None
                own, others = _named(self.sha256), _named(sha256)
                return m.Refused(f"this daemon evaluates with {own}, this searcher with {others}")
        return None

    def close(self) -> None:
        """Let go of the file."""
        if self._hashing is not None:
            self._hashing.join()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _part(self, message: m.AskNet) -> m.NetPart | m.Refused:
        if message.sha256 not in ("", self.sha256):
            return m.Refused(f"the daemon evaluates with another net now, {_named(self.sha256)}", message.request)
        sha256 = self.sha256
        try:
            data = b"" if self._file is None else os.pread(self._file, message.length, message.offset)
        except OSError as error:
            return m.Refused(f"the daemon cannot read its net: {error.strerror}", message.request)
        part = np.frombuffer(data[: max(0, self._size - message.offset)], np.uint8)
        return m.NetPart(message.request, sha256, self._size, message.offset, part)

    def _open(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise OptionError(f"net {path}: {error.strerror}") from error
        self._size = os.fstat(self._file).st_size

    def _hash(self) -> None:
        if self._file is None:
            import nets  # brings numba, which takes its time, and the searchers do not wait for it

            self._open(nets.BUNDLED)
        assert self._file is not None
        digest, at = hashlib.sha256(), 0
        while at < self._size and (data := os.pread(self._file, 1 << 20, at)):
            digest.update(data)
            at += len(data)
        self._sha256 = digest.hexdigest()


def _may_have_it(sender: bytes, message: m.AskNet, principals: Mapping[str, Principal]) -> bool:
    name = principal_name(sender)
    return not name or (name in principals and allowed(principals[name], message))


def _named(sha256: str) -> str:
    return f"net {sha256[:12]}…" if sha256 else "no net (its device is emulated)"
