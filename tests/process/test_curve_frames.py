"""A daemon that demands keys, and peers that change what is encrypted, and what is in it: an honest client is served
meanwhile, and the daemon stays as it was.
"""

from __future__ import annotations

import itertools
import random
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from protocol import messages as m
from protocol.client import Client
from protocol.codec import encode
from protocol.keys import KeyFolder, read_credentials
from protocol.principals import Quota
from tests import message_samples as samples
from tests.curve_client import CURVE_HELLO, CurveClient, RawCurve, on_wire
from tests.daemons import PATIENCE, RealDaemon
from tests.process.test_frames import FRAMES
from tests.raw_peer import RawPeer
from tests.unit.protocol.test_curve import mutated

TOGETHER = 40
"""Damaged messages of one connection before a frame of it is changed, which ends it."""

LAST = (1 << 40) + 1
"""The number of the request behind the damaged messages."""

GROWTH = 128 << 20
"""Bytes by which the daemon may grow."""


class Noise:
    """Seeded peers of a daemon with keys. ``thrown``: how much was damaged until now."""

    def __init__(self, seed: int, address: str, key: Path) -> None:
        self.thrown = 0
        self._noise = random.Random(seed)
        self._address, self._held = address, read_credentials(key)
        self._damaged = samples.random_frames(seed, FRAMES, 1 << 30)

    def throw(self) -> None:
        """One connection of each kind."""
        self._change_a_greeting()
        self._change_a_conversation()

    def _change_a_greeting(self) -> None:
        held = (bytes.fromhex(each) for each in (self._held.public_key, self._held.secret_key, self._held.server_key))
        hello = on_wire(CurveClient(*held).hello(), 4)
        with RawPeer(self._address, greet=False) as peer, suppress(OSError):
            peer.say(mutated(self._noise, CURVE_HELLO + hello))
        with RawCurve(self._address, self._held, upto=1) as peer, suppress(OSError):
            peer.curve.hear_welcome(peer.read(2 + 168)[2:])
            peer.say(mutated(self._noise, on_wire(peer.curve.initiate(), 4)))
        self.thrown += 2

    def _change_a_conversation(self) -> None:
        with RawCurve(self._address, self._held) as peer, suppress(OSError):
            hello = m.Hello(m.PROTOCOL_VERSION, self._noise.choice(("client", "searcher")), "noise", 1)
            peer.say(peer.curve.frames([bytes(each) for each in encode(hello)]))
            for frames in itertools.islice(self._damaged, TOGETHER):
                peer.say(peer.curve.frames(frames or [b""]))
            # What it had not read when a peer hangs up it never reads.
            peer.say(peer.curve.frames([bytes(each) for each in encode(m.AskStatus(LAST))]))
            while getattr(peer.answer(), "request", None) != LAST:
                pass
            peer.say(mutated(self._noise, peer.curve.frames([b"frame" * 20] * 3)))
        self.thrown += TOGETHER + 1


def _throw(directory: Path, seed: int, count: int) -> None:
    folder = KeyFolder(directory / "keys", make=True)
    for name in ("ann", "noise"):
        folder.create(name, "client", Quota(), directory / f"{name}.key")
    keys = ("--address", "tcp://127.0.0.1:*", "--keys", str(folder.path))
    with RealDaemon(directory, "--searchers", "1", "--log-level", "error", *keys) as daemon:
        assert daemon.process.stdout is not None
        address = [daemon.process.stdout.readline().split()[-1] for _ in range(2)][1]
        noise = Noise(seed, address, directory / "noise.key")
        ann = Client.connect(address, "ann", PATIENCE, credentials=read_credentials(directory / "ann.key"))
        with ann, daemon.client() as operator:
            session = ann.open("game", "go", {"size": 5})
            before = session.search(m.Limits(visits=30)).result(PATIENCE)
            memory = psutil.Process(daemon.process.pid).memory_info().rss
            for round_ in itertools.count(1):
                noise.throw()
                if noise.thrown >= count:
                    break
                if round_ % 50 == 0:
                    assert session.search(m.Limits(new_visits=1)).result(PATIENCE).new_visits >= 1
            operator.check()
            assert operator.status().refused > noise.thrown * 3 / 4
            assert session.search(m.Limits(new_visits=20)).result(PATIENCE).visits >= before.visits + 20
            assert psutil.Process(daemon.process.pid).memory_info().rss < memory + GROWTH


def test_it_survives_thousands_of_changed_frames(directory: Path) -> None:
    _throw(directory, seed=1, count=3000)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_it_survives_a_million_changed_frames(directory: Path) -> None:
    _throw(directory, seed=2, count=1_000_000)
