"""What a session holds as frames, and a session of such frames again; of a tree only what is in use.

The first frame is a msgpack header, the others are the arrays that it speaks of, as they lie in memory. A whole core
(``checkpoint``) is made of the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args, get_origin

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from daemon.core.search_tree import NONE, STALE_NODES
from daemon.core.session import ActiveSearch, EndedSearch, Ownership, Session
from daemon.core.tree_memory import lengths_in_use
from protocol import messages as m

Frames = Sequence[bytes | memoryview]
_T = TypeVar("_T")


class CheckpointError(ValueError):
    """These frames are no state of a core, or of a session."""


class InPlace:
    """An array of a tree. It is read where its frame lies, for a tree may be most of what there is of memory."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array


class SavedSession(Struct):
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
    tree: dict[str, InPlace]
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
    patterns: NDArray[np.uint32] | None
    ended: EndedSearch | None = None
    asked: int = NONE
    invitations: dict[str, m.GuestRole] = {}
    guests: dict[bytes, str] = {}
    halving: NDArray[np.float64] | None = None


def saved(session: Session) -> SavedSession:
    """All of a session's state. The arrays of its tree share its memory."""
    generator: dict[str, Any] = dict(session.rng.bit_generator.state)
    numbers = generator["state"]
    return SavedSession(
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
            name: InPlace(getattr(session.tree, name)[:length]) for name, length in lengths_in_use(session.tree).items()
        },
        cursor_path=session.cursor_path,
        avoid=session.avoid,
        cap_holds=session.cap_holds,
        root_priors=session.root_priors,
        node_of_priors=session.node_of_priors,
        halving=session.halving.numbers,
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
        patterns=session.backup_parameters.patterns,
    )


def loaded(make_session: Callable[..., Session], state: SavedSession) -> Session:
    """A session as it was. Raises ``CheckpointError``."""
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
    session = make_session(**{name: getattr(state, name) for name in fields})
    arrays = {name: stored.array for name, stored in state.tree.items()}
    try:
        session.tree = session.memory.load(arrays, state.settings.max_bytes)
    except ValueError as error:
        raise CheckpointError(f"session {state.name!r}: {error}") from error
    session.root_policy.asked = state.asked
    session.ownership, session.cursor_path = state.ownership, state.cursor_path
    session.backup_parameters.load(session.tree, state.center, state.center_of, state.patterns, state.biases)
    if state.biases is None:  # means of an earlier program
        session.backup_parameters.begin_refresh(session.tree)
        while session.tree.used[STALE_NODES]:
            session.backup_parameters.refresh(session.tree)
    session.avoid = state.avoid
    session.avoid_depth = int(state.avoid.max(initial=0))
    session.configure(state.settings)
    session.cap_holds = state.cap_holds
    session.root_priors, session.node_of_priors = state.root_priors, state.node_of_priors
    if state.halving is not None:
        session.halving.numbers = state.halving
    number, increment, has_uint32, uinteger = state.generator
    session.rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": int.from_bytes(number, "little"), "inc": int.from_bytes(increment, "little")},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
    return session


def encoded(state: Struct) -> list[bytes | memoryview]:
    """The frames of a state. Those of arrays share their memory, so they hold until the next event."""
    arrays: list[memoryview] = []

    def put(value: Any) -> Any:
        if isinstance(value, deque):
            return list(value)
        if isinstance(value, InPlace):
            value = value.array
        arrays.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
        return value.dtype.str, value.shape, len(arrays)

    return [msgspec.msgpack.encode(state, enc_hook=put), *arrays]


def decoded(frames: Frames, kind: type[_T]) -> _T:
    """The state of these frames. Raises ``CheckpointError``."""

    def get(wanted: Any, value: Any) -> Any:
        if get_origin(wanted) is deque:
            return deque(msgspec.convert(value, list[get_args(wanted)[0]]))  # type: ignore[misc]
        dtype, shape, frame = value
        array = np.frombuffer(frames[frame], np.dtype(dtype)).reshape(shape)
        return InPlace(array) if wanted is InPlace else array.copy()

    try:
        return msgspec.msgpack.decode(frames[0], type=kind, dec_hook=get)
    except (msgspec.DecodeError, ValueError, TypeError, IndexError) as error:
        raise CheckpointError(str(error)) from error


def packed(frames: Frames) -> bytes:
    """All of these frames in one."""
    lengths = np.array([len(frames), *map(len, frames)], np.int64)
    return b"".join([lengths.tobytes(), *frames])


def unpacked(data: bytes | memoryview) -> list[memoryview]:
    """The frames of one that ``packed`` made. Raises ``CheckpointError``."""
    view = memoryview(data)
    try:
        count = int(np.frombuffer(view[:8], np.int64)[0])
        lengths = np.frombuffer(view[8 : 8 * (count + 1)], np.int64)
        ends = 8 * (count + 1) + np.cumsum(lengths)
        if count < 1 or len(lengths) != count or (lengths < 0).any() or ends[-1] != len(view):
            raise ValueError("its lengths are broken")
    except (ValueError, IndexError) as error:
        raise CheckpointError(str(error)) from error
    return [view[end - length : end] for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)]
