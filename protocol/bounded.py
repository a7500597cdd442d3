"""The numbers, texts and lists of messages, each with its bounds.

No bound lets NaN or an infinity in. They are what the code behind a message can keep, whatever else the message says.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from protocol.choices import MAX_DEVICES

ILLEGAL_PRIOR = 0xFFFF
"""Marks an illegal move in a row of prior bits; it is no finite half-precision number."""

MAX_MOVES = 8192
"""The largest move space that is accepted."""

MAX_LEAVES = 4096
"""The largest batch that is accepted."""

MAX_RECORD = 20_000
"""The longest record that is accepted."""

MAX_CHILDREN = 10_000
"""The most children that a report may hold."""

MAX_PV = 10_000
"""The longest variation that a report may hold."""

MAX_LEAD = 10_000.0
"""The largest lead, score, deviation and error that is accepted, in points."""

MAX_NET_PART = 1 << 20
"""The most bytes of a net's file that one message brings."""

MAX_OWNERSHIP = 1.01
"""The largest ownership that is accepted: 1, and what rounding may add."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Positive = Annotated[int, Meta(ge=1, le=2**53)]
Pid = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Plies = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Seconds = Annotated[float, Meta(ge=0.0, le=1e9)]
Clock = Annotated[float, Meta(ge=-1e12, le=1e12)]
"""A time on some machine's monotonic clock, in seconds."""

Number = Annotated[float, Meta(ge=-1e300, le=1e300)]
ReportEvery = Annotated[float, Meta(ge=0.01, le=1e6)]
Move = Annotated[int, Meta(ge=0, le=MAX_MOVES)]
Moves = Annotated[list[Move], Meta(max_length=MAX_MOVES + 1)]
Record = Annotated[list[Move], Meta(max_length=MAX_RECORD)]
Numbers = Annotated[list[Number], Meta(max_length=MAX_MOVES)]
MaxChildren = Annotated[int, Meta(ge=1, le=MAX_CHILDREN)]
PvLength = Annotated[int, Meta(ge=1, le=MAX_PV)]
Spec = Annotated[dict[str, Any], Meta(max_length=64)]
"""What is played; the game's own model says what may stand in it (``games.registry``)."""

RequestId = Annotated[int, Meta(ge=0, le=2**53)]
"""Chosen by the sender; comes back on every answer, so that answers can be told apart."""

SessionName = Annotated[str, Meta(min_length=1, max_length=265)]
"""A client names its principal's own sessions as it likes, in up to 200 characters, and those of others "owner/name".

All clients without a key are one owner, whose name is empty.
"""

Invitation = Annotated[str, Meta(min_length=22, max_length=64, pattern=r"^[A-Za-z0-9_-]{22,64}$")]
"""A secret of at least 128 random bits, in letters of base 64."""

GuestRole = Literal["client", "observer"]
"""What a guest may do in a session: what its own role allows, or only look."""

Priority = Literal["live", "review"]
"""Whether somebody waits for what a search finds: ``live`` ones come first."""

Ending = Literal[
    "visits", "time", "decided", "memory", "stopped", "replaced", "moved", "left", "closed", "terminal", "failed"
]  # fmt: skip
"""Why a search ended.

``visits``, ``time``: its limits. ``decided``: early, as the limits allowed. ``memory``: the session has no more.
``terminal``: the game is over at the cursor. ``failed``: it cannot be evaluated. ``stopped``: by a ``Stop``.
``replaced``: by another ``Search``. ``moved``: the cursor was. ``left``: the client that searched has left, the session
is still there; only watchers hear that. ``closed``: the session is gone, at least for the receiver; nothing follows.
"""

DeviceNumber = Annotated[int, Meta(ge=0, lt=MAX_DEVICES)]
RefusalKind = Literal["", "forbidden", "quota"]
"""Why a message was refused, where that is more than its own reason; see ``Refused``."""

Optimism = Annotated[float, Meta(ge=0.0, le=1.0)]
"""How far from a net's plain policy (0) towards its optimistic one (1)."""
