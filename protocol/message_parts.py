"""What stands in the fields of messages: maps without a type of their own; units and sides as in ``messages``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from protocol.bounded import (
    MAX_LEAVES,
    MAX_PV,
    Clock,
    Count,
    DeviceNumber,
    Move,
    Moves,
    Name,
    Number,
    Numbers,
    Optimism,
    Pid,
    Plies,
    Positive,
    Record,
    Seconds,
    SessionName,
    Spec,
    Text,
)
from protocol.principals import PrincipalName


class NetInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """What a searcher evaluates with, for status pages and the trace; ``why`` says how ``device`` was chosen.

    ``number``: of the device, where the daemon was given several by their numbers.
    """

    name: Name
    sha256: Annotated[str, Meta(max_length=64)]
    features: Name
    device: Name
    why: Text = ""
    number: DeviceNumber | UnsetType = UNSET


class Restriction(Struct, frozen=True, forbid_unknown_fields=True):
    """Keep the player ``to_play`` from ``moves`` (or, with ``allow``, from all others) for ``depth`` plies.

    Plies count from the cursor. Reports and choices leave the moves out that the player to move there is kept from.
    """

    to_play: Literal[1, -1]
    moves: Moves
    depth: Plies
    allow: bool = False


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """When a search ends: whichever comes first; with none it ends when it is stopped.

    ``visits`` counts those of the cursor, kept ones included; ``new_visits`` only those of this search. ``early``: it
    ends before, once no other move can get as many visits as the one that it would choose (``decided``).
    """

    visits: Positive | None = None
    new_visits: Positive | None = None
    seconds: Seconds | None = None
    early: bool = False


class ChildReport(Struct, frozen=True, forbid_unknown_fields=True):
    """One move at the cursor, best first by ``order``.

    ``visits`` is those that the cursor's search sent there; ``value`` and ``lead`` are means over all visits of the
    child (Black's side), ``lead`` None where the net does not say; ``lcb`` is the lower confidence bound of the value
    for the player to move at the cursor, still written from Black's side. ``pv`` begins with ``move``; ``pv_visits``
    stands beside it. ``ownership`` is that of the report, over the searches below this move since the cursor came here;
    empty where there were none, or nobody asked. ``utility`` is what the search compares, ``utility_lcb`` its bound,
    ``weight`` what its mean is worth. ``score``, ``score_deviation``: mean and standard deviation of the final score,
    points, None where the net does not say.
    ``preference``: by which ``order`` goes and a temperature draws.
    """

    move: Move
    order: Count
    visits: Count
    value: Number
    lead: Number | None
    prior: Number
    lcb: Number
    utility_variance: Number
    pv: Annotated[list[Move], Meta(max_length=MAX_PV)]
    pv_visits: Annotated[list[Count], Meta(max_length=MAX_PV)]
    ownership: Numbers = []
    utility: Number = 0.0
    utility_lcb: Number = 0.0
    weight: Number = 0.0
    score_deviation: Number | None = None
    preference: Number = 0.0
    score: Number | None = None


class SearcherStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """One searcher as the master sees it. Phase times are means per batch over the last batches.

    ``batch_size``: how many leaves it asks for at a time, 0 before it has asked. ``misses``: how many of its grants
    were revoked since it last finished one in time. After misses it gets fewer leaves, and for a while none (``held
    back``). ``compared``, ``wrong``: how many of its results were checked, and did not hold; of all searchers with its
    key, or on its machine; left out where none was.
    """

    name: Name
    pid: Pid
    net: NetInfo | None
    batches: Count
    leaves: Count
    state: Literal["working", "parked", "idle", "held back"]
    select_seconds: Number
    encode_seconds: Number
    device_seconds: Number
    update_seconds: Number
    batch_size: Count = 0
    misses: Count = 0
    compared: Count | UnsetType = UNSET
    wrong: Count | UnsetType = UNSET


class DeviceStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several devices: the share of its last ten seconds of work in which it was busy, and seconds in all."""

    number: DeviceNumber
    busy: Number
    seconds: Number


class SessionStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """One session as the master sees it.

    ``owner``: its principal; left out of those of clients without a key. ``stored``: it is on the disk, until somebody
    asks something of it; left out of others.
    """

    session: SessionName
    game: Name
    clients: Count
    moves: Count
    visits: Count
    nodes: Count
    bytes: Count
    searching: bool
    max_bytes: Count = 0
    owner: PrincipalName | UnsetType = UNSET
    stored: bool | UnsetType = UNSET


class BoundStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """One bound that the daemon's operator set, and how much of it is used; of a bound per client: by the client that
    uses most.
    """

    name: Name
    used: Count
    most: Count


class BatchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a searcher wants next: up to ``leaves`` tickets; ``speculate`` fills what real selection leaves open.

    ``shallow``: but no leaf below a speculative result that no real selection has reached. ``per_tree``: at most so
    many of these tickets are of one session, so that a large batch of many trees distorts no tree's search; None: no
    such bound. ``optimistic``: the net has an optimistic policy, so that its priors at a cursor are other ones than
    below it. ``ahead``: the grant is to say of so many more leaves that they are likely to be wanted next.
    """

    leaves: Annotated[int, Meta(ge=1, le=MAX_LEAVES)]
    speculate: bool = False
    shallow: bool = False
    per_tree: Annotated[int, Meta(ge=1, le=MAX_LEAVES)] | None = None
    optimistic: bool = False
    ahead: Annotated[int, Meta(ge=0, le=MAX_LEAVES)] = 0


class GrantPart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The session that leaves ``first`` up to the next part's belong to, complete in itself.

    ``position`` is equal exactly when game, spec and record are, so that a searcher may keep what it prepared.
    ``optimism``: of the policy, ``root_optimism`` where the path of a leaf is empty; None unless the searcher's net is
    optimistic.
    """

    first: Annotated[int, Meta(ge=0, lt=MAX_LEAVES)]
    position: Count
    spec: Spec
    record: Record
    ownership: bool
    root_optimism: Optimism | None = None
    optimism: Optimism | None = None


class Phases(Struct, frozen=True, forbid_unknown_fields=True):
    """When each phase of one batch began, on the machine's monotonic clock.

    The device works from ``device`` to ``device_end``, which a queue may put after ``submit``. ``update`` is when the
    searcher sent the result.
    """

    select: Clock
    encode: Clock
    submit: Clock
    device: Clock
    device_end: Clock
    update: Clock
