"""The daemon at one moment: the answer to ``AskStatus``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from daemon.core.bounds import Bounds
from daemon.core.counters import Counters, DeviceMeters
from daemon.core.grants import Waiting
from daemon.core.names import shown
from daemon.core.peers import Peer
from daemon.core.search_report import session_status
from daemon.core.session import Session
from daemon.core.session_admission import WAITING
from daemon.core.sessions import Sessions
from daemon.core.storeroom import Stored
from daemon.core.tickets import Tickets
from protocol import messages as m
from protocol.principals import principal_name


@dataclass(frozen=True)
class Books:
    """What is looked at. ``peers``: by their addresses. ``reader``: who looks, and sees the sessions that it may."""

    peers: Mapping[bytes, Peer]
    sessions: Sessions
    tickets: Tickets
    counters: Counters
    devices: DeviceMeters
    bounds: Bounds
    reader: bytes = b""


def status_of(books: Books, request: int, uptime: float, now: float, with_sessions: bool = True) -> m.Status:
    """The answer to this request, at ``now``, so many seconds after the first event."""
    sessions = _seen(books) if with_sessions else []
    counters = books.counters
    searchers = [_searcher_status(books, who, peer) for who, peer in books.peers.items() if peer.is_searcher]
    parked = sum(now - held.since for held in books.tickets.waiting.values() if held.blocking) + counters.parked_seconds
    return m.Status(
        request=request,
        uptime=uptime,
        visits=counters.visits,
        batches=counters.batches,
        leaves=counters.leaves,
        cached=counters.cached,
        mean_batch=counters.leaves / max(1, counters.batches + len(books.tickets.live)),
        device_busy=books.devices.busy_share(),
        device_seconds=books.devices.busy_seconds(),
        collisions=counters.collisions,
        pseudo_visits=counters.pseudo_visits,
        pseudo_share=counters.pseudo_visits / max(1, counters.visits),
        parked_seconds=parked,
        parked_share=parked / max(1e-9, uptime * max(1, len(searchers))),
        speculative=counters.speculative,
        speculative_used=counters.speculative_used,
        refused=counters.refused,
        searcher_deaths=counters.searcher_deaths,
        revoked=counters.revoked,
        late=counters.late,
        failures=counters.failures,
        restarts=counters.restarts,
        bounds=_bounds(books),
        sessions=sessions,
        searchers=searchers,
        devices=_devices(books),
        put_out=_put_out(books),
    )


def _devices(books: Books) -> list[m.DeviceStatus] | UnsetType:
    rows = [
        m.DeviceStatus(number, meter.busy_share(), meter.busy_seconds())
        for number, meter in books.devices.meters.items()
        if isinstance(number, int)
    ]
    return sorted(rows, key=lambda row: row.number) or UNSET


def _put_out(books: Books) -> list[str] | UnsetType:
    return [book.put_out for book in books.tickets.rechecks.books.values() if book.put_out][-1000:] or UNSET


def _bounds(books: Books) -> list[m.BoundStatus]:
    bounds, sessions = books.bounds, books.sessions
    watches = [watcher.client for watchers in sessions.searches.watchers.values() for watcher in watchers]
    searches = [session.search.client for session in sessions.searches.running if session.search is not None]
    members = [client for session in sessions.by_name.values() for client in session.clients]
    searchers = sum(peer.is_searcher for peer in books.peers.values())
    return [
        m.BoundStatus("bytes of all trees", max(0, sessions.memory.total), bounds.tree_bytes),
        m.BoundStatus("sessions", len(sessions.by_name), bounds.sessions),
        m.BoundStatus("clients", len(books.peers) - searchers, bounds.peers),
        m.BoundStatus("searchers", searchers, bounds.peers),
        m.BoundStatus("sessions of a client", _fullest(members), bounds.client_sessions),
        m.BoundStatus("searches of a client", _fullest(searches), bounds.searches),
        m.BoundStatus("watches of a client", _fullest(watches), bounds.watches),
        m.BoundStatus(
            "moves of a record", max((len(s.record) for s in sessions.by_name.values()), default=0), bounds.moves
        ),
        *_waiting(books),
        *_store(books),
        *_quota(books),
    ]


def _waiting(books: Books) -> list[m.BoundStatus]:
    requests = books.sessions.admission.requests
    return [m.BoundStatus("requests that wait for a session", requests, WAITING)] if requests else []


def _store(books: Books) -> list[m.BoundStatus]:
    most = books.bounds.store_bytes
    return [m.BoundStatus("bytes of stored sessions", books.sessions.storeroom.size, most)] if most else []


def _quota(books: Books) -> list[m.BoundStatus]:
    """What the reader's principal may have, where something bounds it, and has."""
    owner, sessions = principal_name(books.reader), books.sessions
    quota = sessions.shares.quota(owner)
    own = [session for session in sessions.by_name.values() if session.owner == owner]
    here = len(own) + sessions.storeroom.in_use(owner)
    searches = sum(session.search is not None for session in own)
    held = sum(session.bytes_held() for session in own)
    rows = [
        (f"sessions of {owner}", here, quota.sessions),
        (f"searches of {owner}", searches, quota.searches),
        (f"bytes of {owner}", held, None if quota.memory_mb is None else quota.memory_mb << 20),
    ]
    return [m.BoundStatus(name, used, most) for name, used, most in rows if most is not None]


def _searcher_status(books: Books, who: bytes, peer: Peer) -> m.SearcherStatus:
    held = books.tickets.waiting.get(who)
    select, encode, device, update = peer.phases.means()
    book = books.tickets.rechecks.books.get(books.tickets.standings[who].identity)
    return m.SearcherStatus(
        name=peer.hello.name,
        pid=peer.hello.pid,
        net=peer.hello.net,
        batches=peer.phases.batches,
        leaves=peer.phases.leaves,
        state=_state(held),
        select_seconds=select,
        encode_seconds=encode,
        device_seconds=device,
        update_seconds=update,
        batch_size=peer.batch_size,
        misses=books.tickets.standings[who].misses,
        compared=UNSET if book is None else book.compared,
        wrong=UNSET if book is None else book.wrong,
    )


def _state(held: Waiting | None) -> Literal["working", "parked", "idle", "held back"]:
    if held is None:
        return "working"
    return "held back" if held.held_back else "parked" if held.blocking else "idle"


def _fullest(clients: Iterable[bytes]) -> int:
    """How often that client comes that comes most often."""
    return max(Counter(clients).values(), default=0)


def _seen(books: Books) -> list[m.SessionStatus]:
    """The sessions that the reader may see, by the names that it uses."""
    reader, room = principal_name(books.reader), books.sessions.storeroom
    sees_all = books.sessions.sees_all(books.reader)

    def may_see(one: Session | Stored) -> bool:
        return sees_all or one.owner == reader or books.reader in one.clients

    found = [session_status(session) for session in books.sessions.by_name.values() if may_see(session)]
    found += [
        replace(record.status, clients=len(record.clients), stored=True)
        for record in room.records.values()
        if may_see(record)
    ]
    return [replace(each, session=shown(each.session, reader)) for each in found]
