"""Commands and the running daemon that a person names."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocol.codec import decode, encode
from protocol.errors import ConnectionLost, WrongDaemon
from protocol.messages import PROTOCOL_VERSION, Hello, Welcome
from protocol.server import Server
from zhugo.shared import private_daemon
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import client


@contextmanager
def daemon_that_answers(address: str, hello: int) -> Iterator[None]:
    """It listens, and answers this hello and later ones, not those before."""
    server = Server([address])
    done = threading.Event()

    def serve() -> None:
        heard = 0
        while not done.wait(0.01):
            while (received := server.receive()) is not None:
                sender, frames = received
                heard += isinstance(decode(frames), Hello)
                if heard >= hello:
                    server.send(sender, encode(Welcome(PROTOCOL_VERSION, "", 1000.0)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    done.set()
    thread.join()
    server.close()


def test_a_daemon_that_listens_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(private_daemon, "CONNECT_SECONDS", 0.3)
    address = f"ipc://{tmp_path / 'd'}"
    with daemon_that_answers(address, hello=3), client(DaemonOptions(connect=address), "test"):
        pass
    assert capsys.readouterr().err == f"zhugo: the daemon at {address} has not answered yet; waiting\n"


def test_one_that_is_not_there_is_given_up_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_daemon, "CONNECT_SECONDS", 0.05)
    nobody = f"ipc://{tmp_path / 'd'}"
    with pytest.raises(ConnectionLost, match=nobody), client(DaemonOptions(connect=nobody), "test"):
        pass


def test_one_that_dies_while_it_is_greeted_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_daemon, "CONNECT_SECONDS", 0.3)
    address = f"ipc://{tmp_path / 'd'}"
    first = Server([address])

    def die_and_come_back() -> None:
        while first.receive() is None:
            time.sleep(0.01)
        first.close()
        time.sleep(1.0)
        with daemon_that_answers(address, hello=1):
            met.wait()

    met = threading.Event()
    thread = threading.Thread(target=die_and_come_back)
    thread.start()
    try:
        with client(DaemonOptions(connect=address, reconnect=60.0), "test"):
            met.set()
    finally:
        met.set()
        thread.join()


def test_one_that_speaks_another_protocol_is_not_waited_for(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path / 'd'}"
    server = Server([address])

    def answer() -> None:
        while (received := server.receive()) is None:
            time.sleep(0.01)
        server.send(received[0], [b"nonsense"])
        over.wait()

    over = threading.Event()
    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with pytest.raises(WrongDaemon, match="another protocol"), client(DaemonOptions(connect=address), "test"):
            pass
    finally:
        over.set()
        thread.join()
        server.close()
