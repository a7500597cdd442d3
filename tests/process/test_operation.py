"""A real daemon under a service manager: what it says, and what it does when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.daemons import PATIENCE, RealDaemon


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
