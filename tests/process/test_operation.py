"""A real daemon under a service manager: what it says, and what it does when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from daemon.process.referee import GamesReferee
from daemon.replay.replay import replay
from protocol.errors import RefusedError
from protocol.messages import Limits
from tests.daemons import PATIENCE, RealDaemon, eventually
from tests.process.command import zhugo
from tests.unit.daemon.test_metrics import get


def test_a_service_manager_hears_how_the_daemon_is(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(directory / "n"))
        manager.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(directory / "n"))
        with RealDaemon(directory, "--searchers", "1", "--log", "json") as daemon:
            assert manager.recv(4096) == b"READY=1"
            with daemon.client() as client:
                client.open("game", "go", {"size": 5}).search(report_every=0.01).next(PATIENCE)
            assert manager.recv(4096) == b"STATUS=serving"
            os.kill(daemon.process.pid, signal.SIGHUP)
            assert manager.recv(4096).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
            assert manager.recv(4096) == b"READY=1"
            assert daemon.end() == 0
            assert manager.recv(4096) == b"STOPPING=1"
            lines = [json.loads(line) for line in daemon.process.communicate()[1].splitlines()]
        (directory / "n").unlink()
        assert {"listening", "begins", "reloaded"} <= {line["event"] for line in lines}


def test_a_daemon_drains(directory: Path) -> None:
    trace = directory / "t"
    with RealDaemon(directory, "--trace", str(trace), "--drain", "100", "--http", "0", "--searchers", "1") as daemon:
        with daemon.client() as client:
            endless = client.open("game", "go", {"size": 5}).search(report_every=0.05)
            endless.next(PATIENCE)
            url = _url(daemon)
            eventually(lambda: get(f"{url}/readyz") == (200, "ok\n"), "a searcher is there")
            other = client.open("other", "go", {"size": 5})
            with pytest.raises(RefusedError, match="--net has no use with --device emulated"):
                client.swap_net("/net")
            daemon.process.terminate()
            eventually(lambda: get(f"{url}/readyz") == (503, "the daemon ends\n"), "it is not ready any more")
            with pytest.raises(RefusedError, match="this daemon ends"):
                other.search(Limits(visits=5)).result(PATIENCE)
            assert get(f"{url}/healthz")[0] == 200
            assert "zhugo_draining 1.0" in get(f"{url}/metrics")[1]
            assert daemon.end() == 0
            assert endless.result(PATIENCE).reason == "stopped"
        assert daemon.process.stderr is not None
        told = "zhugo-searchd: ending within 100 s, when the searches that run have\n"
        assert told in list(daemon.process.stderr)
    verdict = replay(trace, GamesReferee())
    assert (verdict.same, verdict.ends) == (True, 1)
    with RealDaemon(directory, "--resume", str(trace), "--searchers", "1") as again, again.client() as client:
        assert client.open("third", "go", {"size": 5}).search(Limits(visits=5)).result(PATIENCE).visits >= 5
        zhugo("shutdown", "--connect", again.address)
        assert again.process.wait(PATIENCE) == 0
    for path in directory.iterdir():
        path.unlink()


def _url(daemon: RealDaemon) -> str:
    """Where it serves metrics."""
    assert daemon.process.stdout is not None
    while not (line := daemon.process.stdout.readline()).startswith("metrics at "):
        assert line
    return line.removeprefix("metrics at ").strip().removesuffix("/metrics")
