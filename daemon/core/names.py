"""How a session is named: inside the core by a key, outside as its reader must write it.

Names are per owner: two principals may both have a "game 1". All local clients are one owner, whose name is empty. A
client names its owner's sessions as they are, and those of others "owner/name"; local ones are "/name" to others.

The key of a local session without "/" in its name is that name; all others have their owner in front. Owners' names
hold no "/", so no two sessions have the same key.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol.messages import Closed, Opened, Outbound, Report
from protocol.principals import principal_name


def key_of(owner: str, name: str) -> str:
    """The key of this owner's session."""
    return f"{owner}/{name}" if owner or "/" in name else name


def owner_of(key: str) -> str:
    """Whose session it is; empty for a local one."""
    return key.partition("/")[0] if "/" in key else ""


def shown(key: str, reader: str) -> str:
    """What this principal, or "" for a local client, must call the session."""
    owner, slash, name = key.partition("/")
    if not slash:
        owner, name = "", key
    return name if owner == reader else f"{owner}/{name}"


def meant(said: str) -> str | None:
    """The key of another owner's session that is called so; None where it is no such name."""
    owner, slash, name = said.partition("/")
    return key_of(owner, name) if slash and name else None


def addressed(message: Outbound, to: bytes) -> Outbound:
    """The message with its session named for this receiver."""
    if not isinstance(message, Report | Opened | Closed):
        return message
    reader = principal_name(to)
    if not reader and "/" not in message.session:
        return message
    return replace(message, session=shown(message.session, reader))
