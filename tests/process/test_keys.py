"""A daemon that demands keys: who gets in, what each role may do, and what its operator reads of the others."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from protocol import messages as m
from protocol.client import Client
from protocol.errors import ConnectionLost, NotAdmitted, RefusedError
from protocol.keys import KeyFolder, read_credentials
from protocol.principals import Quota
from tests.daemons import PATIENCE, RealDaemon, eventually

ROLES: tuple[m.Role, ...] = ("client", "observer", "searcher", "admin")


@dataclass
class Club:
    """``daemon``, with a key of each role. ``address``: where keys are demanded. ``lines``: its stderr until now."""

    daemon: RealDaemon
    path: Path
    address: str
    folder: KeyFolder
    lines: list[str] = field(default_factory=list)

    def key(self, name: str) -> Path:
        return self.path / f"{name}.key"

    def client(self, name: str) -> Client:
        return Client.connect(self.address, name, PATIENCE, credentials=read_credentials(self.key(name)))

    def reload(self) -> None:
        self.daemon.process.send_signal(signal.SIGHUP)

    def says(self, *words: str) -> None:
        """Wait for a line with all of these on the daemon's stderr."""
        assert self.daemon.process.stderr is not None
        while not any(all(word in line for word in words) for line in self.lines):
            line = self.daemon.process.stderr.readline()
            assert line, f"in vain: {words}"
            self.lines.append(line)


@pytest.fixture
def club(directory: Path) -> Iterator[Club]:
    folder = KeyFolder(directory / "keys")
    for role in ROLES:
        folder.create(role, role, Quota(), directory / f"{role}.key")
    with RealDaemon(
        directory, "--searchers", "1", "--address", "tcp://127.0.0.1:*", "--keys", str(folder.path)
    ) as daemon:
        assert daemon.process.stdout is not None
        first, second = (daemon.process.stdout.readline().split() for _ in range(2))
        assert first == ["listening", "at", daemon.address]
        yield Club(daemon, directory, second[-1], folder)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as error:
        call()
    return error.value.reason


def test_what_each_may_do(club: Club) -> None:
    with club.client("client") as client:
        session = client.open("game", "go", {"size": 5})
        assert session.search(m.Limits(visits=20)).result(PATIENCE).visits >= 20
        assert "role is client" in refused(client.check)
        club.says("zhugo-searchd: refused client at 127.0.0.1:", "AskCheck")
    with club.client("observer") as observer:
        assert observer.status().sessions is not None
        assert "role is observer" in refused(lambda: observer.open("mine", "go", {"size": 5}))
        club.says("refused observer at 127.0.0.1:", "Open")
    assert "role is searcher" in refused(lambda: club.client("searcher"))
    club.says("refused searcher at 127.0.0.1:", "Hello")
    with club.client("admin") as admin:
        admin.check()
    with club.daemon.client() as local:
        local.check()

    with pytest.raises(NotAdmitted, match="wants a key"):
        Client.connect(club.address, "stranger", PATIENCE)
    club.folder.create("late", "client", Quota(), club.key("late"))  # but the daemon has not read it
    with pytest.raises(NotAdmitted, match="does not know this key"):
        club.client("late")
    club.says("refused 127.0.0.1:", "nobody here has the key", read_credentials(club.key("late")).public_key)

    with club.client("client") as client, club.client("admin") as admin:
        late = club.folder.path / "late.toml"
        whole = late.read_text()
        late.write_text(whole.replace('"client"', '"guest"'))
        club.reload()
        club.says("not reloaded:", "late.toml, line 3, role")
        client.status()
        late.write_text(whole)
        club.folder.revoke("client")
        club.reload()
        club.says("reloaded")
        club.client("late").close()
        with pytest.raises(ConnectionLost):
            client.status()
        with pytest.raises(NotAdmitted, match="does not know this key"):
            club.client("client")
        admin.shutdown()
    eventually(lambda: club.daemon.process.poll() == 0, "it ends")
