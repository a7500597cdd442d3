"""Who a peer is, where its connection proves that it holds a key; and how a sender's name says so.

The master's server learns the key of a connection and looks it up (``daemon.process``). From then on every message of
that connection has a sender that names the key's *principal*, and the core needs to know no keys: what each principal
may do and have comes in a ``Principals`` event. A sender that names none is local: it came through the daemon's own
socket, or an address without keys, and may do everything.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Role = Literal["client", "observer", "searcher", "admin"]
"""``client``: opens sessions and searches. ``observer``: sees what it was invited to. ``searcher``: evaluates.
``admin``: everything."""

PrincipalName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]

_MARK = b"\0key:"


class Quota(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one principal may have at a time, over all of its connections; None: no bound but the daemon's.

    ``sessions``, ``searches``: how many. ``memory_mb``: of its trees, MiB. ``visits_per_second``: of its searches, over
    some seconds. ``weight``: its share of the searchers' work beside that of others who search.
    """

    sessions: Annotated[int, Meta(ge=1, le=1 << 20)] | None = None
    searches: Annotated[int, Meta(ge=1, le=1 << 20)] | None = None
    memory_mb: Annotated[int, Meta(ge=1, le=1 << 30)] | None = None
    visits_per_second: Annotated[float, Meta(ge=1.0, le=1e9)] | None = None
    weight: Annotated[float, Meta(ge=0.01, le=1000.0)] = 1.0


class Principal(Struct, frozen=True, forbid_unknown_fields=True):
    """The holder of a key."""

    name: PrincipalName
    role: Role
    quota: Quota = Quota()


def sender_of(peer: bytes, name: str) -> bytes:
    """The sender of what a peer says whose key is this principal's. ``peer``: as the server numbers it."""
    return peer + _MARK + name.encode()


def principal_name(sender: bytes) -> str:
    """Whose key a sender proved to have; empty for one that is local."""
    return sender.partition(_MARK)[2].decode()
