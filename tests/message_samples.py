"""At least one message of every type, as it could really be sent, and damage to do to its frames."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol import messages as m
from protocol.packing import packed
from protocol.principals import Quota

_NET = m.NetInfo("b6c96", "0" * 64, "katago_v7", "torch cpu")
_PHASES = m.Phases(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
BATCH_REQUEST = m.BatchRequest(16, speculate=True, per_tree=4)
_SPEC: dict[str, Any] = {"size": [9, 13], "komi": -6.5, "rules": {"ko": "SIMPLE"}, "black": [3, 4]}
_CHILD = m.ChildReport(72, 0, 400, 0.25, 3.5, 0.6, 0.2, 0.01, [72, 288], [400, 200], [0.5, -1.0])


def update(leaves: int, num_moves: int = 5, points: int = 4, seed: int = 0) -> m.Update:
    """A sound update of this many leaves; without ownership, scores, errors and patterns when ``points`` is 0."""
    rng = np.random.default_rng(seed)
    priors = rng.integers(0, 0x3C01, (leaves, num_moves), np.uint16)
    priors[:, 1:][rng.random((leaves, num_moves - 1)) < 0.3] = m.ILLEGAL_PRIOR
    return m.Update(
        grant=7,
        phases=_PHASES,
        to_play=rng.choice(np.array([-1, 1], np.int8), leaves),
        terminal=rng.integers(0, 2, leaves, np.uint8),
        value=rng.uniform(-1, 1, leaves).astype(np.float32),
        lead=rng.normal(0, 20, leaves).astype(np.float32),
        priors=priors,
        ownership=rng.uniform(-1, 1, (leaves, points) if points else (0, 0)).astype(np.float32),
        batch_request=BATCH_REQUEST,
        score=_pairs(rng, leaves, 20.0) if points else _UNSAID,
        errors=abs(_pairs(rng, leaves, 0.5)) if points else _UNSAID,
        patterns=rng.integers(0, 2**64, leaves if points else 0, np.uint64),
    )


_UNSAID = np.zeros((0, 0), np.float32)


def _pairs(rng: np.random.Generator, leaves: int, spread: float) -> NDArray[np.float32]:
    """float32[leaves, 2], any number and one that is not negative; a few rows are NaN."""
    pairs = rng.normal(0, spread, (leaves, 2)).astype(np.float32)
    pairs[:, 1] = abs(pairs[:, 1])
    pairs[rng.random(leaves) < 0.2] = np.nan
    return pairs


def grant(leaves: int, seed: int = 0) -> m.Grant:
    """A sound grant of this many leaves in one part."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate(([0], np.cumsum(rng.integers(0, 6, leaves)))).astype(np.int32)
    moves = rng.integers(0, 362, offsets[-1]).astype(np.uint16)
    return m.Grant(9, "go", 362, [m.GrantPart(0, 4, {"size": 19}, [60, 72], False)], offsets, moves)


SAMPLES: list[m.AnyMessage] = [
    m.Hello(m.PROTOCOL_VERSION, "client", "review", 4242),
    m.Hello(m.PROTOCOL_VERSION, "searcher", "searcher 0", 4243, _NET),
    m.Hello(m.PROTOCOL_VERSION, "client", "review", 4244, token="0123456789abcdef"),
    m.DeviceChanged(_NET),
    m.Welcome(m.PROTOCOL_VERSION, "0.1.0", 2.5),
    m.Welcome(m.PROTOCOL_VERSION, "0.1.0", 2.5, 17),
    m.NotGreeted(),
    m.NotGreeted(3),
    m.Heartbeat(),
    m.Goodbye(),
    m.Retire(),
    m.ClearEvaluations(),
    m.Tick(),
    m.Paused(70.5),
    m.Principals([m.Principal("anna", "client", Quota(searches=2)), m.Principal("box-2", "searcher")]),
    m.Revoked(17),
    m.Restored(3, np.arange(9, dtype=np.uint8)),
    m.StoreLost(3, "it could not be stored: No space left on device"),
    m.MalformedInput("a message without frames"),
    m.MalformedInput("Expected `int` >= 1 - at `$.count`", 6),
    m.Refused("move 3 is illegal: the point is taken", 12),
    m.Refused("a message without frames"),
    m.Refused("2 searches at a time are the most that 'anna' may have", 13, "quota"),
    m.Done(3),
    m.Queued(8, 4),
    m.Closed("game 1", "failed: MemoryError (session.py, line 148)"),
    m.Open(1, "game 1", "go", _SPEC, [1, 2, 3], m.SearchSettings(cap=0.5, ownership=True), True, "review"),
    m.Invite(16, "game 1", "b64-of_24_random_bytes_0123456789", "client"),
    m.Uninvite(17, "game 1", "b64-of_24_random_bytes_0123456789"),
    m.Join(18, "b64-of_24_random_bytes_0123456789"),
    m.Close(2, "game 1"),
    m.Reset(3, "game 1", "go", {"size": 19}),
    m.Play(4, "game 1", 72),
    m.Undo(5, "game 1", 2),
    m.Goto(6, "game 1", [5, 6, 7]),
    m.Configure(7, "game 1", m.SearchSettings(collisions="wu-uct", temperature=1.0, seed=99)),
    m.Search(
        8, "game 1", m.Limits(visits=800, seconds=1.5), 0.5, [m.Restriction(-1, [0, 1], 3, allow=True)], 9, 7, True
    ),
    m.Watch(9, "game 1", 0.25),
    m.Stop(10, "game 1"),
    m.Query(11, "game 1", 10, 5, True),
    m.AskStatus(12),
    m.AskCheck(13),
    m.ClearCache(15),
    m.Shutdown(14),
    m.Shutdown(14, 30.0),
    m.Drain("begin"),
    m.SwapNet(15, "/nets/b10.safetensors", True),
    m.NetSwapped("net /nets/b10.safetensors: the file is empty"),
    m.SetBounds(4, 100, 10, 5, 5, 1000, 50.0, 1 << 30, 60.0),
    m.Opened(1, "game 1", "go", _SPEC, [1, 2, 3], shared=False, max_bytes=1 << 30),
    m.Closed("game 1", "failed: MemoryError (session.py, line 148)"),
    m.Report(
        request=8,
        session="game 1",
        record=[1, 2, 3],
        to_play=-1,
        visits=800,
        new_visits=750,
        value=0.125,
        lead=-2.5,
        raw_value=0.1,
        raw_lead=-3.0,
        children=[_CHILD],
        chosen=72,
        elapsed=1.25,
        final=True,
        reason="visits",
        nodes=900,
        bytes=700_000,
        ownership=[0.5, -0.5],
    ),
    m.Status(
        request=12,
        uptime=60.0,
        visits=10_000,
        batches=700,
        leaves=9_000,
        cached=120,
        mean_batch=12.9,
        device_busy=0.99,
        device_seconds=59.0,
        collisions=300,
        pseudo_visits=200,
        pseudo_share=0.02,
        parked_seconds=1.5,
        parked_share=0.0125,
        speculative=500,
        speculative_used=300,
        refused=2,
        searcher_deaths=1,
        failures=1,
        restarts=0,
        sessions=[m.SessionStatus("game 1", "go", 2, 3, 800, 900, 700_000, True, 1 << 30)],
        bounds=[m.BoundStatus("sessions", 1, 8192)],
        searchers=[m.SearcherStatus("searcher 0", 4243, _NET, 350, 4_500, "parked", 1e-4, 2e-4, 1e-2, 3e-4, 16)],
    ),
    m.Select(BATCH_REQUEST),
    grant(3),
    update(4),
    update(2, points=0),
    packed(update(3)),
    packed(update(2, points=0)),
    m.Failed(7, "net b6c96 plays sizes 2 to 19", BATCH_REQUEST),
    m.Hello(m.PROTOCOL_VERSION, "searcher", "box 0", 1, _NET, "0123456789abcdef", "box, 3f2a"),
    m.AskNet(16),
    m.AskNet(17, "0" * 64, 4096, 65536),
    m.NetPart(17, "0" * 64, 4100, 4096, np.arange(4, dtype=np.uint8)),
]


def same(one: object, other: object) -> bool:
    """Whether two messages are equal, arrays by type, shape and bytes."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    fields = getattr(one, "__struct_fields__", None)
    if fields is None:
        return one == other
    return all(same(getattr(one, name), getattr(other, name)) for name in fields)


def damaged(frames: list[bytes], rng: random.Random) -> list[bytes]:
    """The frames of a message after one to three accidents."""
    frames = list(frames)
    for _ in range(rng.randint(1, 3)):
        rng.choice(_ACCIDENTS)(frames, rng)
    return frames


def random_frames(seed: int, frames_of: list[list[bytes]], count: int) -> Iterator[list[bytes]]:
    """``count`` messages from a seed: damaged ones, and now and then mere noise."""
    rng = random.Random(seed)
    for _ in range(count):
        if rng.random() < 0.1:
            yield [rng.randbytes(rng.randint(0, 40)) for _ in range(rng.randint(0, 4))]
        else:
            yield damaged(rng.choice(frames_of), rng)


def _change_bytes(frames: list[bytes], rng: random.Random, make: Any) -> None:
    if frames:
        # The header is where the trouble is; arrays get their share.
        index = 0 if rng.random() < 0.7 else rng.randrange(len(frames))
        frames[index] = make(frames[index])


def _flip(frames: list[bytes], rng: random.Random) -> None:
    def flip(data: bytes) -> bytes:
        if not data:
            return data
        changed = bytearray(data)
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return bytes(changed)

    _change_bytes(frames, rng, flip)


def _overwrite(frames: list[bytes], rng: random.Random) -> None:
    def overwrite(data: bytes) -> bytes:
        at = rng.randint(0, len(data))
        return data[:at] + rng.randbytes(rng.randint(1, 4)) + data[at + rng.randint(0, 4) :]

    _change_bytes(frames, rng, overwrite)


def _cut(frames: list[bytes], rng: random.Random) -> None:
    _change_bytes(frames, rng, lambda data: data[: rng.randint(0, len(data))])


def _drop(frames: list[bytes], rng: random.Random) -> None:
    if frames:
        del frames[rng.randrange(len(frames))]


def _repeat(frames: list[bytes], rng: random.Random) -> None:
    if frames:
        frames.insert(rng.randint(0, len(frames)), rng.choice(frames))


def _shuffle(frames: list[bytes], rng: random.Random) -> None:
    rng.shuffle(frames)


_ACCIDENTS = (_flip, _flip, _overwrite, _overwrite, _cut, _drop, _repeat, _shuffle)
