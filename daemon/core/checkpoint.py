"""The whole state of a core as frames, and a core of such frames again, which goes on as if nothing had been.

The first frame is a msgpack header, the others are the arrays that it speaks of, as they lie in memory; of a tree only
what is in use. The later parts of a trace begin with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import msgspec
from msgspec import Struct

from daemon.core.admission_queue import Told
from daemon.core.bounds import Bounds
from daemon.core.checkpoint_upgrade import SCHEMA, upgraded
from daemon.core.counters import Counters, DeviceMeter
from daemon.core.grants import LiveGrant, Waiting
from daemon.core.peers import Peer
from daemon.core.rechecks import Rechecks
from daemon.core.scheduler import Scheduler
from daemon.core.searcher_history import Standing
from daemon.core.searches import Watcher
from daemon.core.session_admission import Opening, Outlook
from daemon.core.session_state import CheckpointError as CheckpointError
from daemon.core.session_state import Frames, SavedSession, decoded, encoded, loaded, saved
from daemon.core.shares import Share
from daemon.core.storeroom import Stored
from protocol import messages as m


class _Core(Struct):
    """What ``Scheduler`` and its parts hold. Sessions in the order of their names' first use."""

    began: float | None
    due: float
    peers: dict[bytes, Peer]
    counters: Counters
    device: DeviceMeter
    sessions: list[SavedSession]
    searching: list[int]
    untidy: list[int]
    watchers: dict[str, list[Watcher]]
    last_serial: int
    last_position: int
    live: dict[bytes, LiveGrant]
    waiting: dict[bytes, Waiting]
    last_grant: int
    standings: dict[bytes, Standing]
    grants_due: float
    schema: int
    devices: dict[int, DeviceMeter] = {}
    principals: list[m.Principal] = []
    draining: bool = False
    elsewhere: dict[str, DeviceMeter] = {}
    devices_gone: float = 0.0
    bounds: Bounds | None = None
    shares: dict[str, Share] = {}
    owed: float = 0.0
    rechecks: Rechecks | None = None
    swap: tuple[bytes, m.SwapNet] | None = None
    stored: list[Stored] = []
    queued: list[int] = []
    told: dict[int, Told] = {}
    queue_owed: int = 0
    openings: list[Opening] = []
    openings_told: dict[int, Told] = {}
    openings_owed: int = 0
    outlook: Outlook | None = None


class _Peers(Struct):
    """What of a ``_Core`` tells who they were."""

    peers: dict[bytes, Peer]


Kind = TypeVar("Kind", _Core, _Peers)


def save(core: Scheduler) -> list[bytes | memoryview]:
    """The state of ``core``. The arrays' frames share its memory, so they hold until the next event."""
    sessions, tickets = core.sessions, core.tickets
    state = _Core(
        began=core.began,
        due=core.due,
        peers=core.peers,
        counters=core.counters,
        device=core.devices.meters.get(None, DeviceMeter()),
        devices={key: meter for key, meter in core.devices.meters.items() if isinstance(key, int)},
        elsewhere={key: meter for key, meter in core.devices.meters.items() if isinstance(key, str)},
        devices_gone=core.devices.gone,
        rechecks=core.tickets.rechecks,
        sessions=[saved(session) for session in sessions.by_name.values()],
        searching=[session.serial for session in sessions.searches.running],
        untidy=[session.serial for session in sessions.compactions.sessions],
        watchers=sessions.searches.watchers,
        last_serial=sessions.last_serial,
        last_position=sessions.last_position,
        live=tickets.live,
        waiting=tickets.waiting,
        last_grant=tickets.last_grant,
        standings=tickets.standings,
        grants_due=tickets.due,
        schema=SCHEMA,
        principals=list(core.principals.values()),
        draining=core.draining,
        bounds=core.config.bounds,
        shares=sessions.shares.of,
        owed=sessions.shares.owed,
        swap=core.swap,
        queued=[session.serial for session in sessions.searches.queue.waiting],
        told=sessions.searches.queue.told,
        queue_owed=sessions.searches.queue.owed,
        openings=sessions.admission.queue.waiting,
        openings_told=sessions.admission.queue.told,
        openings_owed=sessions.admission.queue.owed,
        outlook=sessions.admission.outlook,
        stored=list(sessions.storeroom.records.values()),
    )
    return encoded(state)


def load(core: Scheduler, frames: Frames) -> None:
    """Give a fresh core this state. Raises ``CheckpointError``."""
    state = _decoded(frames, _Core)
    sessions, tickets = core.sessions, core.tickets
    core.began, core.due = state.began, state.due
    core.peers.update(state.peers)
    core.principals.update({each.name: each for each in state.principals})
    core.draining, core.swap = state.draining, state.swap
    sessions.searches.holds = state.draining
    if state.bounds is not None:
        core.config = replace(core.config, bounds=state.bounds)
        sessions.set_bounds(state.bounds)
    sessions.shares.of, sessions.shares.owed = state.shares, state.owed
    core.devices.gone = state.devices_gone
    for number, meter in state.devices.items():
        core.devices.meters[number] = meter
    for place, meter in state.elsewhere.items():
        core.devices.meters[place] = meter
    if state.device.intervals:
        core.devices.meters[None] = state.device
    vars(core.counters).update(vars(state.counters))  # the tickets count in it, too
    for each in state.sessions:
        session = loaded(sessions.make_session, each)
        session.join(sessions.budget(session.owner))
        sessions.by_name[session.name] = session
    by_age = sorted(sessions.by_name.values(), key=lambda session: session.serial)
    sessions.by_serial = {session.serial: session for session in by_age}
    sessions.searches.running = [sessions.by_serial[serial] for serial in state.searching]
    queued = [sessions.by_serial[serial] for serial in state.queued]
    sessions.searches.queue.load(queued, state.told, state.queue_owed)
    sessions.admission.queue.load(state.openings, state.openings_told, state.openings_owed)
    sessions.admission.outlook = state.outlook or Outlook()
    sessions.storeroom.load(state.stored)
    sessions.compactions.sessions = [sessions.by_serial[serial] for serial in state.untidy]
    sessions.searches.watchers = state.watchers
    sessions.last_serial, sessions.last_position = state.last_serial, state.last_position
    tickets.live, tickets.waiting, tickets.last_grant = state.live, state.waiting, state.last_grant
    tickets.standings, tickets.due = state.standings, state.grants_due
    if state.rechecks is not None:
        tickets.rechecks = state.rechecks


def peers(frames: Frames) -> dict[bytes, Peer]:
    """Who had said hello, in that order. Raises ``CheckpointError``."""
    return _decoded(frames[:1], _Peers).peers


def _decoded(frames: Frames, kind: type[Kind]) -> Kind:
    try:
        frames = upgraded(frames) if kind is _Core else frames
    except (msgspec.DecodeError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(str(error)) from error
    return decoded(frames, kind)
