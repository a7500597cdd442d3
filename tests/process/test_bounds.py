"""What a peer can make the master's process keep, measured from outside."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from protocol import messages as m
from protocol.errors import RefusedError
from tests.daemons import PATIENCE, RealDaemon, eventually
from tests.raw_peer import MORE, RawPeer, frame

MB = 1_000_000


def memory(daemon: RealDaemon) -> float:
    """Of the master, in MB."""
    return float(psutil.Process(daemon.process.pid).memory_info().rss) / MB


def test_a_stranger_cannot_grow_the_master(directory: Path) -> None:
    """With a ROUTER of zmq: from 182 to 2,671 MB by frames of 250 MB, and as surely by frames of a kB."""
    with RealDaemon(directory, "--searchers", "1") as daemon, daemon.client() as client:
        client.open("game", "go", {"size": 5}).search(m.Limits(visits=50)).result(PATIENCE)
        before = memory(daemon)
        for body, count in ((bytes(50 * MB), 6), (bytes(1000), 100_000)):
            with RawPeer(daemon.address, timeout=PATIENCE) as stranger:
                data = frame(body, MORE)
                for _ in range(count):
                    stranger.say(data)
                assert client.status().sessions, "the others are served meanwhile"
                assert memory(daemon) < before + 30
                stranger.say(frame(b"the end"))
                refused = stranger.answer()
                assert isinstance(refused, m.Refused)
                assert "oversized" in refused.reason


def test_a_client_that_watches_and_never_reads_cannot_grow_the_master(directory: Path) -> None:
    with RealDaemon(directory, "--searchers", "1") as daemon, daemon.client() as client:
        names = [f"game {number}" for number in range(8)]
        for name in names:
            client.open(name, "go", {"size": 19}).search(m.Limits(), pv_length=50)
        with RawPeer(daemon.address, timeout=PATIENCE) as deaf:
            deaf.send(m.Hello(m.PROTOCOL_VERSION, "client", "deaf", 1))
            request = 0
            for name in names:
                deaf.send(m.Open(0, name, "go", {}, share=True))
                for _ in range(20):
                    request += 1
                    deaf.send(m.Watch(request, name, report_every=0.01))
            visits = client.status().visits
            before = memory(daemon)
            eventually(lambda: client.status().visits > visits + 1_500, "the search goes on")
            grown = memory(daemon) - before
            trees = sum(session.bytes for session in client.status().sessions) / MB
            assert grown < trees + 60, f"{grown:.0f} MB, of which {trees:.0f} are trees"


def test_a_client_that_reads_none_of_its_answers_is_given_up(directory: Path) -> None:
    with RealDaemon(directory, "--searchers", "1", "--reader-mb", "0.5") as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 19})
        session.search(m.Limits(visits=200)).result(PATIENCE)
        with RawPeer(daemon.address, timeout=PATIENCE) as deaf:
            deaf.send(m.Hello(m.PROTOCOL_VERSION, "client", "deaf", 1))
            deaf.send(m.Open(0, "game", "go", {}, share=True))
            before = memory(daemon)
            with suppress(ConnectionError):
                for request in range(20_000):
                    deaf.send(m.Query(request, "game", pv_length=50))
            eventually(lambda: client.status().sessions[0].clients == 1, "it has left the session")
            assert memory(daemon) < before + 30
        session.search(m.Limits(new_visits=50)).result(PATIENCE)
        daemon.end()
        assert daemon.process.stderr is not None
        assert "client 'deaf' takes nothing" in daemon.process.stderr.read()


def test_what_one_client_opens_and_asks_for_is_bounded_by_the_operator(directory: Path) -> None:
    """5,000 sessions and 20,000 watches at 100 Hz from one client were accepted, and 2**53 bytes for each."""
    options = ("--client-sessions", "50", "--client-watches", "20", "--memory-mb", "64")
    with RealDaemon(directory, "--searchers", "1", *options) as daemon, daemon.client() as client:
        settings = m.SearchSettings(max_bytes=2**53)
        for number in range(50):
            client.open(f"game {number}", "go", {"size": 9}, settings=settings)
        with pytest.raises(RefusedError, match="50 sessions of one client are the most"):
            client.open("one more", "go", {"size": 9})
        watches = [client.stream(lambda request: m.Watch(request, "game 0", 0.01)) for _ in range(21)]
        with pytest.raises(RefusedError, match="20 watches of one client are the most"):
            watches[-1].result(PATIENCE)
        status = client.status()
        assert {session.max_bytes for session in status.sessions} == {64 << 20}
        bounds = {bound.name: (bound.used, bound.most) for bound in status.bounds}
        assert bounds["sessions of a client"] == (50, 50)
        assert bounds["bytes of all trees"][1] == 64 << 20
