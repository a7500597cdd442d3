"""Every message of the protocol: a closed list, and the only one.

A message is a frozen struct. Fields of type ``NDArray`` travel as raw frames of their own behind a small msgpack header
(see ``codec``). ``__post_init__`` checks what the types cannot say, so every message that exists makes sense, and its
receiver need not check it again.

Units and perspective, everywhere: times are seconds; ``value``, ``win_rate`` and ``lead`` are seen from the first
player's (Black's) side, ``value`` in [-1, 1], ``lead`` in points; ``to_play`` is +1 for the first player and -1 for
the second. A *move* is an integer of the game's move space, 0 <= move < num_moves; a record may also hold
``num_moves`` itself, the *switch*: the other player is to move, and nothing else has happened.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType, field
from numpy.typing import NDArray

from protocol.bounded import ILLEGAL_PRIOR as ILLEGAL_PRIOR
from protocol.bounded import (
    MAX_CHILDREN,
    MAX_NET_PART,
    Invitation,
    MaxChildren,
    Move,
    Name,
    Number,
    Numbers,
    Pid,
    Positive,
    PvLength,
    Record,
    ReportEvery,
    Seconds,
    SessionName,
    Spec,
    Text,
    Version,
)
from protocol.bounded import MAX_LEAD as MAX_LEAD
from protocol.bounded import MAX_LEAVES as MAX_LEAVES
from protocol.bounded import MAX_MOVES as MAX_MOVES
from protocol.bounded import MAX_OWNERSHIP as MAX_OWNERSHIP
from protocol.bounded import MAX_PV as MAX_PV
from protocol.bounded import MAX_RECORD as MAX_RECORD
from protocol.bounded import Clock as Clock
from protocol.bounded import Count as Count
from protocol.bounded import Ending as Ending
from protocol.bounded import GuestRole as GuestRole
from protocol.bounded import Priority as Priority
from protocol.bounded import RefusalKind as RefusalKind
from protocol.bounded import RequestId as RequestId
from protocol.choices import MAX_DEVICES
from protocol.message_parts import BatchRequest as BatchRequest
from protocol.message_parts import BoundStatus as BoundStatus
from protocol.message_parts import ChildReport as ChildReport
from protocol.message_parts import DeviceStatus as DeviceStatus
from protocol.message_parts import GrantPart as GrantPart
from protocol.message_parts import Limits as Limits
from protocol.message_parts import NetInfo as NetInfo
from protocol.message_parts import Phases as Phases
from protocol.message_parts import Restriction as Restriction
from protocol.message_parts import SearcherStatus as SearcherStatus
from protocol.message_parts import SessionStatus as SessionStatus
from protocol.principals import Principal as Principal
from protocol.search_settings import SearchSettings as SearchSettings
from protocol.update_checks import require, require_sound

PROTOCOL_VERSION = 10
"""Raised whenever an old peer could misread a new one."""


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag=True, gc=False):
    """Base of every message; the tag on the wire is the class name."""


# Greeting and life signs: everyone -> master, and its answers.


class Hello(Message, frozen=True):
    """The first message of every peer. Before the ``Welcome``, all else is answered with ``NotGreeted``.

    ``token``: a secret that the peer drew at random, by which it is known again on another connection; empty for none.
    A client takes the place of the client that has its token: sessions, searches and watches become its own. A request
    that was obeyed is not obeyed again when its number comes once more; it is answered as before. What a searcher of
    this token held is released. ``machine``: of a searcher whose times are of another machine's clock than the daemon's
    own; empty for the daemon's.
    """

    protocol: Version
    role: Literal["client", "searcher"]
    name: Name
    pid: Pid
    net: NetInfo | None = None
    token: Annotated[str, Meta(max_length=64)] = ""
    machine: Annotated[str, Meta(max_length=128)] = ""


class DeviceChanged(Message, frozen=True):
    """Searcher -> master: the next leaves are evaluated with this, the same net in other arithmetic. No answer."""

    net: NetInfo


class Welcome(Message, frozen=True):
    """The master accepts a peer. ``heartbeat``: how often the peer must send something, seconds.

    ``last_request``: the largest number of a request of this client's token that changed something, or was refused;
    None when the token is not known.
    """

    protocol: Version
    version: Text
    heartbeat: Seconds
    last_request: RequestId | None = None


class NotGreeted(Message, frozen=True):
    """You have not said hello, or your lease ran out, or the master began anew; nothing has changed."""

    request: RequestId | None = None


class Heartbeat(Message, frozen=True):
    """I am alive. No answer."""


class Goodbye(Message, frozen=True):
    """I leave: release what I hold. No answer."""


class Retire(Message, frozen=True):
    """Master -> searcher: finish and exit."""


class Revoked(Message, frozen=True):
    """Master -> searcher: this grant took too long; its leaves are free again, and its result will not count.

    A searcher drops the result and says so with a ``Failed``, as soon as it could work again. Its ``Update`` may be on
    its way already. From either message the master learns how long such a batch takes there. It takes the
    ``batch_request`` in it, and answers with ``Revoked`` once more.
    """

    grant: Count


class ClearEvaluations(Message, frozen=True):
    """Master -> searcher: clear your cache of evaluations. No answer."""


class Tick(Message, frozen=True):
    """The shell's clock reached a deadline of the core. Never on the wire; it is in the trace."""


class Paused(Message, frozen=True):
    """The daemon did not run for ``seconds`` up to now, and perhaps no peer did: this time counts in no lease.

    Deadlines of searches and reports stay where they are. Never on the wire; it is in the trace.
    """

    seconds: Seconds


class Principals(Message, frozen=True):
    """Who may do what from now on: all principals that there are. Never on the wire; it is in the trace.

    Peers of principals that are there no more, or could not greet so any more, are given up.
    """

    principals: Annotated[list[Principal], Meta(max_length=100_000)]


class Drain(Message, frozen=True):
    """Shell -> core: the daemon ends soon.

    ``begin``: no search is begun any more. ``end``: those that run end, with their last reports. ``over``: another
    daemon goes on with this state, and begins searches again.
    """

    step: Literal["begin", "end", "over"]


class NetSwapped(Message, frozen=True, omit_defaults=True):
    """Shell -> core: the change that a ``SwapNet`` asked for is over. ``refused``: why nothing has changed, or ""."""

    refused: Text = ""


class SetBounds(Message, frozen=True):
    """Shell -> core: from now on clients may make the daemon keep and do so much; see docs/limits.md.

    What is over a new bound already stays; no more of it comes.
    """

    peers: Positive
    sessions: Positive
    client_sessions: Positive
    searches: Positive
    watches: Positive
    moves: Positive
    reports: Number
    tree_bytes: Positive
    keep: Seconds
    store_bytes: Count = 0
    running_searches: Count = 0
    keep_stored: Seconds = 0.0


class Restored(Message, frozen=True):
    """The shell has what was stored of session number ``serial``. Never on the wire; it is in the trace."""

    serial: Count
    state: NDArray[np.uint8]

    def __post_init__(self) -> None:
        require(self.state.ndim == 1, "what was stored has one dimension")


class StoreLost(Message, frozen=True):
    """The shell could not store session number ``serial``, or has not what was stored of it.

    Never on the wire; it is in the trace.
    """

    serial: Count
    reason: Text


class MalformedInput(Message, frozen=True):
    """The shell received frames that are no message; ``reason`` says why. Never on the wire; it is in the trace.

    ``request``: its number, where that could still be read, so that the answer finds the request.
    """

    reason: Text
    request: RequestId | None = None


def _no_request() -> RequestId | None:  # of a factory, so that it is written even where it is the default
    return None


class Refused(Message, frozen=True, omit_defaults=True):
    """A message was not accepted and changed nothing; ``reason`` is one clear line.

    ``kind``: ``forbidden``, the sender's key does not allow it; ``quota``, its principal has as much as it may; empty
    for all else, and then left out.
    """

    reason: Text
    request: RequestId | None = field(default_factory=_no_request)
    kind: RefusalKind = ""


class Done(Message, frozen=True):
    """The request was obeyed; there is nothing else to say."""

    request: RequestId


class Queued(Message, frozen=True):
    """Master -> client: as many search, or as many sessions are there, as may at a time; this one waits, and
    ``position`` - 1 come before it.

    Comes again when the position changes, once a second at most. The answer is to come still. A ``Search``: limits
    count from when it begins; ``Stop`` and all else that ends a search ends the wait. An ``Open``, or whatever is asked
    of a session that is stored: ``Close`` ends the wait, and the request is refused.
    """

    request: RequestId
    position: Positive


class Closed(Message, frozen=True):
    """Master -> a client of a session: it is gone, at least for this client, its tree with it; ``reason`` says why.

    It failed, or room was made, or its owner left it or put this guest out. Its searches and watches have got their
    final reports. Where it was the client's own, the name is free, so it may be opened again.
    """

    session: SessionName
    reason: Text


# Sessions: client -> master.


class Open(Message, frozen=True):
    """Open the session ``session``, or share it when ``share`` is set and it is open already.

    ``game`` and ``spec`` say what is played (for Go: size, komi, rules, set-up stones, who begins), ``record`` the
    moves played so far. A shared session keeps the game that it has; ``spec`` and ``record`` are then ignored.
    Where there is no room for one more session, it waits for its turn (``Queued``), ``live`` ones before ``review``.
    """

    request: RequestId
    session: SessionName
    game: Name
    spec: Spec
    record: Record = []
    settings: SearchSettings = SearchSettings()
    share: bool = False
    priority: Priority = "live"


class Invite(Message, frozen=True):
    """Let whoever says this ``invitation`` into a session of one's own, as ``role``. Answer: ``Done``.

    The client draws the secret at random. It holds for as many as say it, until ``Uninvite`` or the session's end.
    """

    request: RequestId
    session: SessionName
    invitation: Invitation
    role: GuestRole = "observer"


class Uninvite(Message, frozen=True):
    """Take an invitation back: whoever came by it is put out and hears ``Closed``. Answer: ``Done``, if unknown too."""

    request: RequestId
    session: SessionName
    invitation: Invitation


class Join(Message, frozen=True):
    """Enter the session of somebody who gave this invitation. Answer: ``Opened``, which has its name."""

    request: RequestId
    invitation: Invitation


class Close(Message, frozen=True):
    """Leave a session; it ends when the last client of its owner has left, for its guests with ``Closed``."""

    request: RequestId
    session: SessionName


class Reset(Message, frozen=True):
    """Start another game in a session; the tree is dropped."""

    request: RequestId
    session: SessionName
    game: Name
    spec: Spec
    record: Record = []


class Play(Message, frozen=True):
    """Play one move at the cursor. The tree is kept."""

    request: RequestId
    session: SessionName
    move: Move


class Undo(Message, frozen=True):
    """Take back ``count`` moves. The tree is kept."""

    request: RequestId
    session: SessionName
    count: Annotated[int, Meta(ge=1, le=MAX_RECORD)] = 1


class Goto(Message, frozen=True):
    """Move the cursor to the end of ``record``, from the start of the game. The tree is kept."""

    request: RequestId
    session: SessionName
    record: Record


class Configure(Message, frozen=True):
    """Change how a session searches, from its next walk on. The tree is kept."""

    request: RequestId
    session: SessionName
    settings: SearchSettings


class Search(Message, frozen=True):
    """Search at the cursor, and report to the sender.

    A session has one search at a time: a second ``Search`` takes its place (its sender gets the last report), and
    whatever moves the cursor ends it. Answer: ``Report`` every ``report_every`` seconds (never when None), and one
    with ``final`` set. ``moves_ownership``: say of every child who owns what after it, if the session asks for
    ownership. ``priority``: a ``review`` gets a small part of the searchers' work while a ``live`` search wants it.
    """

    request: RequestId
    session: SessionName
    limits: Limits = Limits()
    report_every: ReportEvery | None = None
    restrictions: Annotated[list[Restriction], Meta(max_length=64)] = []
    max_children: MaxChildren = MAX_CHILDREN
    pv_length: PvLength = 15
    moves_ownership: bool = False
    priority: Priority = "live"


class Watch(Message, frozen=True):
    """See somebody else's search: reports of the session's searches, now and later.

    A report with the reason ``closed`` is the last one: the session is gone, or this client has left it. Any other
    reason is the end of one search.
    """

    request: RequestId
    session: SessionName
    report_every: ReportEvery = 1.0


class Stop(Message, frozen=True):
    """End the search of a session; its sender gets the final report. Answer: ``Done``, search or none."""

    request: RequestId
    session: SessionName


class Query(Message, frozen=True):
    """One ``Report`` of the tree as it is, searching or not."""

    request: RequestId
    session: SessionName
    max_children: MaxChildren = MAX_CHILDREN
    pv_length: PvLength = 15
    moves_ownership: bool = False


class AskStatus(Message, frozen=True):
    """One ``Status``."""

    request: RequestId


class AskCheck(Message, frozen=True):
    """Check every invariant of every tree; ``Done``, or ``Refused`` with what does not hold."""

    request: RequestId


class ClearCache(Message, frozen=True):
    """Every searcher clears its cache of evaluations before it gets more work; trees stay. Answer: ``Done``."""

    request: RequestId


class SwapNet(Message, frozen=True, omit_defaults=True):
    """Evaluate with another net from now on: a file of the daemon's machine. Answered when all searchers have it.

    No session ends, and searches go on. ``anew``: trees forget what they know, but for the line to the cursor.
    """

    request: RequestId
    net: Name
    anew: bool = False


class Shutdown(Message, frozen=True, omit_defaults=True):
    """End the daemon. ``drain``: but let searches that run go on for so many seconds, and begin no others."""

    request: RequestId
    drain: Seconds = 0.0


# Answers: master -> client.


class Opened(Message, frozen=True):
    """The session is open; ``record`` is where its cursor stands. ``shared`` says that it was open before.

    ``max_bytes``: the memory that it has, which may be less than was asked for.
    """

    request: RequestId
    session: SessionName
    game: Name
    spec: Spec
    record: Record
    shared: bool
    max_bytes: Count = 0


class Report(Message, frozen=True):
    """What is known at a session's cursor.

    ``chosen`` is the move that the session's settings choose, None without a visited child. ``reason``: why the search
    ended, "" in reports that are not final. ``failure``: one clear line where the reason is ``failed``, or ``closed``
    because the session itself failed, else "". The report of a failed session knows nothing else, not even the record.
    ``raw_value`` and ``raw_lead`` are the net's own evaluation of the cursor. ``lead`` and ``raw_lead`` are None where
    the net does not say. ``ownership``: mean over the search, one number a point from the top left, +1 Black, empty
    unless the session asks for it and the net has it. ``policy``: the net's own policy at the cursor, a number a move,
    -1 where it is illegal; empty unless the session asks for it, or while the cursor has none. ``improved_policy``:
    under Gumbel's choice what a net is to learn, alike; else left out. ``elapsed`` since the search began. ``utility``,
    ``weight``, ``score``, ``score_deviation``: of the cursor, as of its children; ``raw_score`` and
    ``raw_score_deviation`` are the net's own, as ``raw_lead`` is.
    """

    request: RequestId
    session: SessionName
    record: Record
    to_play: Literal[1, -1, 0]
    visits: Count
    new_visits: Count
    value: Number
    lead: Number | None
    raw_value: Number
    raw_lead: Number | None
    children: Annotated[list[ChildReport], Meta(max_length=MAX_CHILDREN)]
    chosen: Move | None
    elapsed: Number
    final: bool
    reason: Ending | Literal[""]
    nodes: Count
    bytes: Count
    ownership: Numbers = []
    policy: Numbers = []
    failure: Text = ""
    utility: Number = 0.0
    weight: Number = 0.0
    score_deviation: Number | None = None
    improved_policy: Numbers | UnsetType = UNSET
    score: Number | None = None
    raw_score: Number | None = None
    raw_score_deviation: Number | None = None


class Status(Message, frozen=True):
    """The daemon at this moment; counters since its start, ``device_busy`` over the last ten seconds of device work.

    ``device_seconds``: how long the device was busy, overlapping work of several searchers counted once. Of several
    devices ``device_busy`` is the mean and ``device_seconds`` the sum; ``devices`` has each, where they have numbers.
    ``parked_seconds`` sums over searchers. ``pseudo_share`` is pseudo-visits given per visit. ``speculative_used`` of
    ``speculative`` leaves were reached later by a real selection. ``cached`` of ``leaves`` were evaluated from a
    searcher's cache, without the device. ``revoked`` grants took too long; ``late`` of their results came later.
    ``next_net``: the net that the daemon is changing to. ``trace``: why the trace is no longer written; empty while all
    is well. ``failures``: internal faults that cost a
    session or a request. ``restarts``: those that cost the whole state, which was restored from the trace or began
    anew. ``put_out``: which searchers may not evaluate any more, and why; left out where there are none.
    """

    request: RequestId
    uptime: Number
    visits: Count
    batches: Count
    leaves: Count
    cached: Count
    mean_batch: Number
    device_busy: Number
    device_seconds: Number
    collisions: Count
    pseudo_visits: Count
    pseudo_share: Number
    parked_seconds: Number
    parked_share: Number
    speculative: Count
    speculative_used: Count
    refused: Count
    searcher_deaths: Count
    failures: Count
    restarts: Count
    sessions: Annotated[list[SessionStatus], Meta(max_length=100_000)]
    searchers: Annotated[list[SearcherStatus], Meta(max_length=100_000)]
    revoked: Count = 0
    late: Count = 0
    trace: Text = ""
    bounds: Annotated[list[BoundStatus], Meta(max_length=100)] = []
    devices: Annotated[list[DeviceStatus], Meta(max_length=MAX_DEVICES)] | UnsetType = UNSET
    put_out: Annotated[list[Text], Meta(max_length=1000)] | UnsetType = UNSET
    next_net: Name | UnsetType = UNSET


# Work: searcher <-> master.


class Select(Message, frozen=True):
    """Searcher -> master: give me work. Answered by a ``Grant``, at once or when there is some."""

    batch_request: BatchRequest


class Forecast(Struct, frozen=True, forbid_unknown_fields=True):
    """Leaves that the searches of a grant are likely to want next, each part's likeliest first, under no ticket.

    ``parts``, ``offsets`` and ``moves`` are as in ``Grant``.
    """

    parts: Annotated[list[GrantPart], Meta(min_length=1, max_length=MAX_LEAVES)]
    offsets: NDArray[np.int32]
    moves: NDArray[np.uint16]

    def __post_init__(self) -> None:
        _require_leaves(self.parts, self.offsets, self.moves)


class Grant(Message, frozen=True):
    """Master -> searcher: tickets for n leaves of one game and size.

    offsets: int32[n + 1], leaf i is reached from its part's position by moves[offsets[i]:offsets[i + 1]]; moves:
    uint16. ``ahead``: what may be wanted next, for a batch request that asks for it.
    """

    grant: Count
    game: Name
    num_moves: Annotated[int, Meta(ge=1, le=MAX_MOVES)]
    parts: Annotated[list[GrantPart], Meta(min_length=1, max_length=MAX_LEAVES)]
    offsets: NDArray[np.int32]
    moves: NDArray[np.uint16]
    ahead: Forecast | UnsetType = UNSET

    def __post_init__(self) -> None:
        _require_leaves(self.parts, self.offsets, self.moves)


def _require_leaves(parts: list[GrantPart], offsets: NDArray[np.int32], moves: NDArray[np.uint16]) -> None:
    require(offsets.ndim == 1 and moves.ndim == 1, "arrays of a grant have one dimension")
    ends = offsets.tolist()
    require(1 < len(ends) <= MAX_LEAVES + 1, f"a grant has 1 to {MAX_LEAVES} leaves")
    require(ends[0] == 0 and ends == sorted(ends) and ends[-1] == len(moves), "a grant's offsets are broken")
    firsts = [part.first for part in parts]
    require(firsts[0] == 0 and all(one < two for one, two in pairwise([*firsts, len(ends) - 1])), "a part is empty")


def _no_pairs() -> NDArray[np.float32]:
    return np.zeros((0, 0), np.float32)


def _no_words() -> NDArray[np.uint64]:
    return np.zeros(0, np.uint64)


class Update(Message, frozen=True):
    """Searcher -> master: the evaluation of a whole grant, and the next batch request in the same message.

    to_play: int8[n], +1/-1. terminal: uint8[n], 1 where the game is over; such a leaf has no priors. value, lead:
    float32[n], Black's side; a lead is NaN where the net does not say. priors: uint16[n, num_moves], half-precision
    bits of each prior, ILLEGAL_PRIOR where illegal; rows sum to about 1. ownership: float32[n, points], or [0, 0] when
    no part asked for it or the net does not say. ``cached`` of the leaves were known without the device.

    score: float32[n, 2], mean (points, Black's side) and standard deviation of the game's final score as the net
    expects it, which is not the lead: that is for fair play from here. Where the game is over they are its score and 0.
    errors: float32[n, 2], how far a short search is expected to move value and score; 0 where the game is over. In both
    a row is NaN where the net, or the game at its end, does not say; [0, 0] stands for rows that are all NaN.
    patterns: uint64[n], equal for leaves whose last move was the same in the same surroundings, 0 where none was
    played; [0] where the game does not say. keys: uint64[n], equal for leaves that a search may take for the same
    position, 0 where none is; [0] where the game does not say.
    """

    grant: Count
    phases: Phases
    to_play: NDArray[np.int8]
    terminal: NDArray[np.uint8]
    value: NDArray[np.float32]
    lead: NDArray[np.float32]
    priors: NDArray[np.uint16]
    ownership: NDArray[np.float32]
    batch_request: BatchRequest | None = None
    cached: Count = 0
    score: NDArray[np.float32] = field(default_factory=_no_pairs)
    errors: NDArray[np.float32] = field(default_factory=_no_pairs)
    patterns: NDArray[np.uint64] = field(default_factory=_no_words)
    keys: NDArray[np.uint64] = field(default_factory=_no_words)

    def __post_init__(self) -> None:
        require_sound(self)


class PackedUpdate(Message, frozen=True):
    """An ``Update`` in few bytes, rounded a little; a searcher may send it in place of one. See ``protocol.packing``.

    leaves, num_moves: the sides of ``priors``; points: of an ownership, 0 without one; legal: how many moves of all
    leaves are legal; with_...: which of the arrays are there. data: uint8, packed by zstandard.
    """

    grant: Count
    phases: Phases
    leaves: Annotated[int, Meta(ge=1, le=MAX_LEAVES)]
    num_moves: Annotated[int, Meta(ge=1, le=MAX_MOVES)]
    points: Annotated[int, Meta(ge=0, le=MAX_MOVES)]
    legal: Annotated[int, Meta(ge=0, le=MAX_LEAVES * MAX_MOVES)]
    with_scores: bool
    with_errors: bool
    with_patterns: bool
    data: NDArray[np.uint8]
    batch_request: BatchRequest | None = None
    cached: Count = 0
    with_keys: bool = False

    def __post_init__(self) -> None:
        require(self.data.ndim == 1, "what is packed has one dimension")
        require(self.legal <= self.leaves * self.num_moves, "more legal moves than moves")
        require(self.cached <= self.leaves, "more leaves of an update were remembered than it has")


class AskNet(Message, frozen=True):
    """Searcher or admin -> daemon: ``length`` bytes from ``offset`` of the file of the daemon's net.

    It needs no hello, for a searcher says in its hello what it evaluates with. Answer: ``NetPart``; ``Refused`` where
    the net is not the one of this ``sha256`` (empty: whichever it is). No event of the core: it is not in the trace.
    """

    request: RequestId
    sha256: Annotated[str, Meta(max_length=64)] = ""
    offset: Count = 0
    length: Annotated[int, Meta(ge=0, le=MAX_NET_PART)] = 0


class NetPart(Message, frozen=True):
    """What was asked for of the net's file; fewer bytes where it ends.

    ``size``: bytes of the whole file. A daemon without a net, whose device is emulated, has an empty ``sha256`` and no
    bytes. ``data``: uint8.
    """

    request: RequestId
    sha256: Annotated[str, Meta(max_length=64)]
    size: Count
    offset: Count
    data: NDArray[np.uint8]

    def __post_init__(self) -> None:
        require(self.data.ndim == 1 and len(self.data) <= MAX_NET_PART, "a part of a net is too long")
        require(self.offset + len(self.data) <= max(self.size, self.offset), "a part of a net beyond its end")


class Failed(Message, frozen=True):
    """Searcher -> master: this grant cannot be evaluated; its sessions' searches end with ``reason``."""

    grant: Count
    reason: Text
    batch_request: BatchRequest | None = None


ONCE = (Open, Join, Invite, Uninvite, Close, Reset, Play, Undo, Goto, Configure, Search, Watch, Stop)
"""Requests that change something. Of a client with a token, each is obeyed once, however often its number comes."""

OfSession = (
    Open | Invite | Uninvite | Join | Close | Reset | Play | Undo | Goto | Configure | Search | Watch | Stop | Query
)
"""Requests that are about one session."""

OF_THE_SHELL = (Tick, Paused, Principals, Drain, SetBounds, NetSwapped, Restored, StoreLost, MalformedInput)
"""What only the daemon's own shell may say to its core."""

Inbound = (
    Hello | Heartbeat | Goodbye | Tick | Paused | Principals | Drain | SetBounds | NetSwapped | Restored | StoreLost
    | MalformedInput | Open | Invite | Uninvite | Join | Close | Reset | Play | Undo | Goto | Configure | Search | Watch
    | Stop | Query | AskStatus | AskCheck | ClearCache | Shutdown | SwapNet | Select | Update | PackedUpdate | Failed
    | DeviceChanged | AskNet
)  # fmt: skip
Outbound = (
    Welcome | NotGreeted | Retire | Revoked | ClearEvaluations | Refused | Done | Queued | Closed | Opened | Report
    | Status | Grant | NetPart
)  # fmt: skip
AnyMessage = Inbound | Outbound

__all__ = [name for name in dir() if not name.startswith("_") and name not in ("annotations", "msgspec", "np")]
