"""What can go wrong between programs.

    ProtocolError
    ├── AddressError        an address that makes no sense, or is in use
    ├── TraceError          a trace that cannot be read or written; names the byte
    │   └── DiskFullError   the disk takes no more of it
    ├── RefusedError        the daemon said no; ``reason`` says why
    ├── ConnectionLost      the daemon is gone
    │   ├── SessionLost     it was gone, and what was asked of a session before could not be restored
    │   └── WrongDaemon     who answers there speaks another protocol; to wait for it is of no use
    └── AnswerTimeout       the daemon is there (as far as we know) and did not answer in time

Each text is one clear line, fit to be shown to a person. ``codec.Malformed`` stands apart: it is about one message.
"""

from __future__ import annotations


class ProtocolError(Exception):
    """Root of the tree above."""


class AddressError(ProtocolError):
    """An address that makes no sense, or that somebody else uses."""


class TraceError(ProtocolError):
    """A trace that cannot be read or written."""


class DiskFullError(TraceError):
    """The disk, or this user's share of it, takes no more of a trace."""


class RefusedError(ProtocolError):
    """The daemon refused a request, which changed nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConnectionLost(ProtocolError):
    """The daemon is gone, or was never there. Open requests get no answer."""


class SessionLost(ConnectionLost):
    """The daemon was gone and is there again, but not all of what a client had in it; other sessions go on."""


class WrongDaemon(ConnectionLost):
    """Who answers there speaks another protocol."""


class NotAdmitted(WrongDaemon):
    """The daemon does not know this client's key, has another key itself, or wants one and was shown none."""


class Violation(ProtocolError):
    """A peer does not keep to the rules of the wire. Nothing more of what it sends can be understood.

    ``reply``: a command to send before its connection ends, if there is one.
    """

    def __init__(self, reason: str, reply: bytes = b"") -> None:
        super().__init__(reason)
        self.reply = reply


class KeyFileError(ProtocolError):
    """A file with a key, or a folder of such files, that cannot be read, written, or used as it is."""


class AnswerTimeout(ProtocolError, TimeoutError):
    """No answer in time."""
