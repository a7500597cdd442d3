"""The whole state of a core as frames, and a core of such frames again, which goes on as if nothing had been.

The first frame is a msgpack header, the others are the arrays that it speaks of, as they lie in memory; of a tree only
what is in use. The later parts of a trace begin with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_args, get_origin

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from daemon.core.bounds import Bounds
from daemon.core.checkpoint_upgrade import SCHEMA, upgraded
from daemon.core.counters import Counters, DeviceMeter, DeviceMeters
from daemon.core.peers import Peer
from daemon.core.rechecks import Rechecks
from daemon.core.scheduler import Scheduler
from daemon.core.search_tree import NONE, STALE_NODES
from daemon.core.searcher_history import Standing
from daemon.core.searches import Watcher
from daemon.core.session import ActiveSearch, EndedSearch, Ownership, Session
from daemon.core.shares import Share
from daemon.core.tickets import LiveGrant, Waiting
from daemon.core.tree_memory import lengths_in_use
from protocol import messages as m

Frames = Sequence[bytes | memoryview]


class _InPlace:
    """An array of a tree. It is read where its frame lies, for a tree may be most of what there is of memory."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array


class _Session(Struct):
    """What ``Session`` holds beside what follows from it.

    ``generator``: the two 128-bit numbers of PCG64, and two. ``asked``: of its ``RootPolicy``.
    """

    name: str
    serial: int
    position: int
    game: str
    spec: dict[str, Any]
    num_moves: int
    settings: m.SearchSettings
    record: list[int]
    clients: set[bytes]
    search: ActiveSearch | None
    ownership: dict[int, Ownership]
    tree: dict[str, _InPlace]
    cursor_path: list[int]
    avoid: NDArray[np.int32]
    cap_holds: bool
    root_priors: NDArray[np.float32]
    node_of_priors: int
    generator: tuple[bytes, bytes, int, int]
    used_at: float
    center: float
    center_of: int
    biases: NDArray[np.float64] | None
    ended: EndedSearch | None = None
    asked: int = NONE
    invitations: dict[str, m.GuestRole] = {}
    guests: dict[bytes, str] = {}


class _Core(Struct):
    """What ``Scheduler`` and its parts hold. Sessions in the order of their names' first use."""

    began: float | None
    due: float
    peers: dict[bytes, Peer]
    counters: Counters
    device: DeviceMeter
    sessions: list[_Session]
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


class _Peers(Struct):
    """What of a ``_Core`` tells who they were."""

    peers: dict[bytes, Peer]


Kind = TypeVar("Kind", _Core, _Peers)


class CheckpointError(ValueError):
    """These frames are no state of a core."""


def save(core: Scheduler) -> list[bytes | memoryview]:
    """The state of ``core``. The arrays' frames share its memory, so they hold until the next event."""
    arrays: list[memoryview] = []

    def put(value: Any) -> Any:
        if isinstance(value, deque):
            return list(value)
        if isinstance(value, _InPlace):
            value = value.array
        arrays.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
        return value.dtype.str, value.shape, len(arrays)

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
        sessions=[_saved(session) for session in sessions.by_name.values()],
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
    )
    return [msgspec.msgpack.encode(state, enc_hook=put), *arrays]


def load(core: Scheduler, frames: Frames) -> None:
    """Give a fresh core this state. Raises ``CheckpointError``."""
    state = _decoded(frames, _Core)
    sessions, tickets = core.sessions, core.tickets
    core.began, core.due, core.peers = state.began, state.due, state.peers
    core.principals.update({each.name: each for each in state.principals})
    core.draining, core.swap = state.draining, state.swap
    if state.bounds is not None:
        core.config = replace(core.config, bounds=state.bounds)
        sessions.set_bounds(state.bounds)
    sessions.shares.of, sessions.shares.owed = state.shares, state.owed
    core.devices = DeviceMeters(gone=state.devices_gone)
    for number, meter in state.devices.items():
        core.devices.meters[number] = meter
    for place, meter in state.elsewhere.items():
        core.devices.meters[place] = meter
    if state.device.intervals:
        core.devices.meters[None] = state.device
    vars(core.counters).update(vars(state.counters))  # the tickets count in it, too
    for saved in state.sessions:
        session = _loaded(sessions.make_session, saved)
        session.join(sessions.budget(session.owner))
        sessions.by_name[session.name] = session
    by_age = sorted(sessions.by_name.values(), key=lambda session: session.serial)
    sessions.by_serial = {session.serial: session for session in by_age}
    sessions.searches.running = [sessions.by_serial[serial] for serial in state.searching]
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


def _saved(session: Session) -> _Session:
    generator: dict[str, Any] = dict(session.rng.bit_generator.state)
    numbers = generator["state"]
    return _Session(
        name=session.name,
        serial=session.serial,
        position=session.position,
        game=session.game,
        spec=session.spec,
        num_moves=session.num_moves,
        settings=session.settings,
        record=session.record,
        clients=session.clients,
        search=session.search,
        ended=session.ended,
        asked=session.root_policy.asked,
        ownership=session.ownership,
        tree={
            name: _InPlace(getattr(session.tree, name)[:length])
            for name, length in lengths_in_use(session.tree).items()
        },
        cursor_path=session.cursor_path,
        avoid=session.avoid,
        cap_holds=session.cap_holds,
        root_priors=session.root_priors,
        node_of_priors=session.node_of_priors,
        generator=(
            numbers["state"].to_bytes(16, "little"),
            numbers["inc"].to_bytes(16, "little"),
            generator["has_uint32"],
            generator["uinteger"],
        ),
        used_at=session.used_at,
        invitations=session.invitations,
        guests=session.guests,
        center=session.backup_parameters.center,
        center_of=session.backup_parameters.center_of,
        biases=session.backup_parameters.biases,
    )


def _loaded(make_session: Callable[..., Session], saved: _Session) -> Session:
    fields = (
        "name",
        "serial",
        "position",
        "game",
        "spec",
        "num_moves",
        "settings",
        "record",
        "clients",
        "search",
        "ended",
        "used_at",
        "invitations",
        "guests",
    )
    session = make_session(**{name: getattr(saved, name) for name in fields})
    arrays = {name: stored.array for name, stored in saved.tree.items()}
    try:
        session.tree = session.memory.load(arrays, saved.settings.max_bytes)
    except ValueError as error:
        raise CheckpointError(f"session {saved.name!r}: {error}") from error
    session.root_policy.asked = saved.asked
    session.ownership, session.cursor_path = saved.ownership, saved.cursor_path
    if saved.biases is None:  # means of an earlier program
        session.backup_parameters.begin_refresh(session.tree)
        while session.tree.used[STALE_NODES]:
            session.backup_parameters.refresh(session.tree)
    else:
        session.backup_parameters.load(saved.center, saved.center_of, saved.biases)
    session.avoid = saved.avoid
    session.avoid_depth = int(saved.avoid.max(initial=0))
    session.configure(saved.settings)
    session.cap_holds = saved.cap_holds
    session.root_priors, session.node_of_priors = saved.root_priors, saved.node_of_priors
    state, increment, has_uint32, uinteger = saved.generator
    session.rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": int.from_bytes(state, "little"), "inc": int.from_bytes(increment, "little")},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
    return session


def _decoded(frames: Frames, kind: type[Kind]) -> Kind:
    def get(wanted: Any, value: Any) -> Any:
        if get_origin(wanted) is deque:
            return deque(msgspec.convert(value, list[get_args(wanted)[0]]))  # type: ignore[misc]
        dtype, shape, frame = value
        array = np.frombuffer(frames[frame], np.dtype(dtype)).reshape(shape)
        return _InPlace(array) if wanted is _InPlace else array.copy()

    try:
        frames = upgraded(frames) if kind is _Core else frames
        return msgspec.msgpack.decode(frames[0], type=kind, dec_hook=get)
    except (msgspec.DecodeError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(str(error)) from error
