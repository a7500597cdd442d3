"""A daemon that demands keys: who gets in, what each role may do, and what its operator reads of the others."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec import structs

from protocol import messages as m
from protocol import toml_file
from protocol.client import Client
from protocol.errors import ConnectionLost, NotAdmitted, RefusedError
from protocol.keys import Credentials, KeyFolder, read_credentials
from protocol.principals import Quota
from tests.daemons import PATIENCE, RealDaemon, eventually, start
from tests.process.command import inside, refusal
from tests.process.test_hard_messages import daemon
from zhugo import Engine
from zhugo.shared import private_daemon

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
    folder = KeyFolder(directory / "keys", make=True)
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
        club.says("not reloaded:", "late.toml:3: role")
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


def test_commands_with_a_key(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = ("--connect", club.address)
    assert json.loads(inside("status", *connect, "--json", "--key", club.key("observer")).stdout)["sessions"] == []
    said = inside("genmove", *connect, "--key", club.key("client"), "--size", "5", "--visits", "2").stdout
    assert said.strip()
    assert "wants a key: name its file with --key" in refusal("status", *connect, "--once")
    monkeypatch.setenv("ZHUGO_KEY", str(club.key("client")))
    assert inside("status", *connect, "--once").stdout
    with Engine(connect=club.address, key=club.key("client")) as engine, engine.game(size=5) as game:
        assert game.moves == []
    assert "takes no key: leave --key out" not in inside("status", "--connect", club.daemon.address, "--once").stdout

    club.folder.rotate("client", club.path / "new.key")
    club.reload()
    club.says("reloaded")
    assert "does not know this key" in refusal("status", *connect, "--once")
    assert inside("status", *connect, "--once", "--key", club.path / "new.key").stdout
    held = toml_file.read(club.path / "new.key", Credentials)
    other = structs.replace(held, server_key=held.public_key)
    toml_file.write(club.path / "other.key", other, "Of another server.", replace=False)
    assert "has another key" in refusal("status", *connect, "--once", "--key", club.path / "other.key")
    club.key("client").chmod(0o644)
    assert "others can read this key" in refusal("status", *connect, "--once")
    assert "No such file" in refusal("status", *connect, "--once", "--key", club.path / "none.key")
    monkeypatch.setattr(private_daemon, "CONNECT_SECONDS", 0.2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        assert "no daemon answers" in refusal("status", "--connect", address, "--key", club.path / "new.key")


def test_the_commands_that_make_keys(directory: Path) -> None:
    keys = ("--keys", directory / "keys")
    out = directory / "ann.key"
    assert "No such file" in refusal("keys", "list", *keys)
    quota = ("--sessions", "4", "--searches", "2", "--memory-mb", "64", "--visits-per-second", "5000", "--weight", "2")
    said = inside("keys", "create", "ann", "--role", "observer", *quota, *keys, "--out", out).stdout
    assert said.startswith(f"{out} is the key of ann")
    held = read_credentials(out)
    assert inside("keys", "server", *keys).stdout.strip() == held.server_key
    (listed,) = json.loads(inside("keys", "list", "--json", *keys).stdout)
    assert (listed["name"], listed["role"], listed["public_key"]) == ("ann", "observer", held.public_key)
    assert listed["quota"] == {
        "sessions": 4, "searches": 2, "memory_mb": 64, "visits_per_second": 5000.0, "weight": 2.0,
    }  # fmt: skip
    assert held.token not in str(listed)
    assert "sessions 4, searches 2" in inside("keys", "list", *keys).stdout
    assert "already" in refusal("keys", "create", "ann", *keys, "--out", directory / "b.key")
    assert "king" in refusal("keys", "create", "bob", "--role", "king", *keys, "--out", directory / "b.key")
    assert "no name of a key" in refusal("keys", "create", "../bob", *keys, "--out", directory / "b.key")
    inside("keys", "rotate", "ann", *keys, "--out", out)
    again = read_credentials(out)
    assert again.public_key != held.public_key
    assert again.token != held.token
    assert "is revoked" in inside("keys", "revoke", "ann", *keys).stdout
    assert json.loads(inside("keys", "list", "--json", *keys).stdout) == []
    assert "no key of ann" in refusal("keys", "revoke", "ann", *keys)


def test_other_machines_get_in_with_a_key_or_not_at_all(directory: Path) -> None:
    process = start("--device", "emulated", "--address", f"ipc://{directory / 'd'}", "--address", "tcp://0.0.0.0:*")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert errors.startswith("zhugo-searchd: tcp://0.0.0.0:*: other machines could do everything there")


FAULTY = """
from protocol import messages as m
from daemon.core.scheduler import Scheduler
sound = Scheduler._check
def check(self, *rest):
    Scheduler._check = sound
    self._handlers = {**self._handlers, m.AskCheck: self._check}
    raise RuntimeError('a fault')
Scheduler._check = check
"""


def test_a_core_that_begins_anew_knows_who_there_is(directory: Path) -> None:
    folder = KeyFolder(directory / "keys", make=True)
    folder.create("ann", "admin", Quota(), directory / "ann.key")
    with daemon("--searchers", "0", "--keys", str(folder.path), code=FAULTY) as (address, process):
        held = read_credentials(directory / "ann.key")
        with Client.connect(address, "ann", PATIENCE, credentials=held) as client:
            client.check()
            assert client.open("game", "go", {"size": 5}).name == "game"
            assert client.status().restarts == 1
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
        assert "failed at AskCheck" in said
        assert "refused ann" not in said


@pytest.mark.long
def test_a_daemon_that_resumes_asks_its_folder_who_there_is(directory: Path) -> None:
    folder = KeyFolder(directory / "keys", make=True)
    for name in ("ann", "ben"):
        folder.create(name, "client", Quota(), directory / f"{name}.key")
    trace, keys = directory / "trace", ("--searchers", "0", "--keys", str(folder.path))
    held = {name: read_credentials(directory / f"{name}.key") for name in ("ann", "ben")}
    with daemon("--trace", str(trace), *keys) as (address, process):
        clients = [Client.connect(address, name, PATIENCE, credentials=held[name]) for name in held]
        for name, client in zip(held, clients, strict=True):
            client.open(f"game of {name}", "go", {"size": 5})
        process.terminate()
        assert process.wait(PATIENCE) == 0
        for client in clients:
            client.close()
    folder.revoke("ben")
    with daemon("--resume", str(trace), *keys) as (address, process):
        with pytest.raises(NotAdmitted):
            Client.connect(address, "ben", PATIENCE, credentials=held["ben"])
        with Client.connect(address, "ann", PATIENCE, credentials=held["ann"]) as client:
            assert client.open("another game", "go", {"size": 5}).name == "another game"
        process.terminate()
        assert process.wait(PATIENCE) == 0
