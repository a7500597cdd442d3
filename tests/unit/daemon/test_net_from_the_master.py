"""The daemon's net for searchers elsewhere: asked for, fetched in parts, kept under its hash, and never another one."""

from __future__ import annotations

import hashlib
from collections import deque
from pathlib import Path

import pytest

from daemon.evaluation.devices import disk_cache
from daemon.process.net_file import DaemonNet
from daemon.process.options import OptionError
from daemon.remote import fetching, net_cache
from daemon.remote import program as remote_program
from daemon.remote.fetching import Asking, NetFacts
from daemon.remote.joined import Daemon
from daemon.remote.options import JoinOptions
from daemon.remote.program import Program
from nets import BUNDLED
from protocol import messages as m
from protocol.choices import Devices
from protocol.codec import decode, encode
from protocol.errors import ConnectionLost, RefusedError
from protocol.principals import Principal, sender_of

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PRINCIPALS = {
    name: Principal(name, role)
    for name, role in (("c", "client"), ("o", "observer"), ("s", "searcher"), ("a", "admin"))
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "directory", lambda: tmp_path / "cache")


@pytest.fixture
def net(tmp_path: Path) -> DaemonNet:
    (tmp_path / "net").write_bytes(CONTENT)
    return DaemonNet(tmp_path / "net")


class Wire:
    """A connection to the shell of a master; it breaks after some answers."""

    def __init__(self, net: DaemonNet, answers: int = 1000) -> None:
        self.net, self.left = net, answers
        self.answers: deque[m.AnyMessage] = deque()
        self.asked: list[m.AskNet] = []
        self.connected = True

    def send(self, message: m.Inbound) -> None:
        assert isinstance(message, m.AskNet)
        self.asked.append(message)
        answer = self.net.answer(b"peer", [bytes(frame) for frame in encode(message)], {})
        assert answer is not None
        self.answers.append(decode([bytes(frame) for frame in encode(answer)]))

    def receive(self, timeout: float) -> m.AnyMessage | None:  # noqa: ARG002
        if not self.left:
            raise ConnectionLost("cut")
        self.left -= 1
        return self.answers.popleft() if self.answers else None

    def close(self) -> None:
        """Nothing is held."""

    def abandon(self) -> None:
        """Nothing is held."""


def asking(net: DaemonNet, answers: int = 1000) -> tuple[Asking, Wire]:
    wire = Wire(net, answers)
    return Asking(wire, lambda: False, patience=0.2), wire


def test_the_bundled_net_is_known_without_a_searcher() -> None:
    net = DaemonNet(None, bundled=True)
    assert asking(net)[0].facts() == NetFacts(hashlib.sha256(BUNDLED.read_bytes()).hexdigest(), BUNDLED.stat().st_size)
    net.close()


def test_a_net_comes_whole_and_is_kept(net: DaemonNet) -> None:
    ask, wire = asking(net)
    told: list[int] = []
    path = ask.fetch(ask.facts(), lambda here, _size: told.append(here))
    assert (path, path.read_bytes()) == (net_cache.path_of(SHA256), CONTENT)
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)
    again, other = asking(net)
    assert again.fetch(NetFacts(SHA256, len(CONTENT)), lambda *_: None) == path
    assert (len(wire.asked) > 2, other.asked) == (True, [])


def test_what_was_fetched_before_a_break_is_not_fetched_again(net: DaemonNet) -> None:
    facts = NetFacts(SHA256, len(CONTENT))
    with pytest.raises(ConnectionLost):
        asking(net, answers=3)[0].fetch(facts, lambda *_: None)
    ask, wire = asking(net)
    assert ask.fetch(facts, lambda *_: None).read_bytes() == CONTENT
    assert wire.asked[0].offset == 3 * fetching.PART
    assert sorted(path.name for path in net_cache.path_of("").parent.iterdir()) == [f"net-{SHA256}"]


def test_a_net_that_changes_on_the_way_is_not_kept(net: DaemonNet, tmp_path: Path) -> None:
    assert net.sha256 == SHA256
    (tmp_path / "net").write_bytes(CONTENT[::-1])
    with pytest.raises(net_cache.NetDamaged, match=f"what came is not net {SHA256[:12]}… but"):
        asking(net)[0].fetch(NetFacts(SHA256, len(CONTENT)), lambda *_: None)
    assert net_cache.find(SHA256) is None
    with pytest.raises(RefusedError, match="the daemon evaluates with another net now"):
        asking(net)[0].fetch(NetFacts("0" * 64, len(CONTENT)), lambda *_: None)


def test_a_searcher_fetches_another_net_when_that_changes_while_it_comes(
    net: DaemonNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").write_bytes(CONTENT[::-1])
    nets = [net, DaemonNet(tmp_path / "other")]

    class Changing(Wire):
        """Behind the second part of the first net the daemon has the other one."""

        def send(self, message: m.Inbound) -> None:
            if len(self.asked) == 2 and len(nets) == 2:
                nets.pop(0)
            self.net = nets[0]
            super().send(message)

    said: list[str] = []
    monkeypatch.setattr(remote_program, "say", said.append)
    program = Program(JoinOptions("ipc:///nowhere", "box", device=Devices.parse("torch")))
    program._daemon = Daemon("ipc:///nowhere", lambda _wake: Changing(net))
    monkeypatch.setattr(Daemon, "is_there", lambda _self: True)
    facts, path = program._the_net()
    assert facts is not None
    assert path is not None
    assert (facts.sha256, path.read_bytes()) == (nets[0].sha256, CONTENT[::-1])
    assert said[0] == "the daemon evaluates with another net now"


def test_a_damaged_file_of_the_cache_is_fetched_again(net: DaemonNet) -> None:
    facts = NetFacts(SHA256, len(CONTENT))
    path = asking(net)[0].fetch(facts, lambda *_: None)
    path.write_bytes(CONTENT[:-1] + b"x")
    assert asking(net)[0].fetch(facts, lambda *_: None).read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["", "s", "a", "c", "o", "x"])
def test_the_net_is_for_searchers_and_admins(net: DaemonNet, name: str) -> None:
    sender = sender_of(b"peer", name) if name else b"peer"
    answer = net.answer(sender, [bytes(frame) for frame in encode(m.AskNet(3, length=5))], PRINCIPALS)
    if name in ("", "s", "a"):
        assert isinstance(answer, m.NetPart)
        assert answer.data.tobytes() == CONTENT[:5]
    else:
        assert answer == m.Refused("the net is for searchers and admins", 3, "forbidden")


def test_parts_beyond_the_end_are_empty(net: DaemonNet) -> None:
    for offset in (len(CONTENT), len(CONTENT) + 1, 2**53):
        answer = net.answer(b"p", [bytes(frame) for frame in encode(m.AskNet(1, "", offset, 9))], {})
        assert not isinstance(answer, m.NetPart) or len(answer.data) == 0


def test_a_searcher_with_another_net_is_refused_before_the_core_hears_of_it(net: DaemonNet) -> None:
    def said(sha256: str | None, role: str = "searcher") -> object:
        info = None if sha256 is None else m.NetInfo("n", sha256, "f", "d")
        hello = m.Hello(m.PROTOCOL_VERSION, role, "AskNet", 1, info)  # type: ignore[arg-type]
        return net.answer(b"p", [bytes(frame) for frame in encode(hello)], {})

    told = f"this daemon evaluates with net {SHA256[:12]}…, this searcher with net {'f' * 12}…"
    assert said("f" * 64) == m.Refused(told)
    assert [said(SHA256), said(None), said("f" * 64, "client")] == [None, None, None]


def test_a_daemon_without_a_net_says_so() -> None:
    net = DaemonNet(None)
    assert asking(net)[0].facts() == NetFacts("", 0)
    net.close()


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^net .*: No such file or directory$"):
        DaemonNet(tmp_path / "none")
