"""The folder of keys as the master has it: read at the start, read again, and kept where that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.process.gate import Gate
from daemon.process.operation import ConfigurationError
from protocol.errors import KeyFileError
from protocol.keys import KeyFolder
from protocol.messages import Principal, Principals
from protocol.principals import Quota
from protocol.server import Server


def test_without_keys_there_are_no_principals_and_nothing_to_read() -> None:
    gate = Gate(None)
    assert gate.keyring is None
    assert gate.event() == Principals([])
    assert not gate.differs({})
    assert gate.differs({"ann": Principal("ann", "client")}), "of a trace that is resumed without its keys"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="none: No such file"):
        Gate(tmp_path / "none")


def test_what_is_wrong_at_a_reload_changes_nothing(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys", make=True)
    folder.create("ann", "client", Quota(sessions=2), tmp_path / "ann.key")
    gate = Gate(folder.path)
    server = Server(["tcp://127.0.0.1:*"], keys=gate.keyring)
    before = gate.event()
    assert before == Principals([Principal("ann", "client", Quota(sessions=2))])
    record = folder.path / "ann.toml"
    text = record.read_text()
    record.write_text(text.replace("client", "guest"))
    with pytest.raises(ConfigurationError, match=r"ann\.toml:3: role: "):
        gate.reload(server)
    assert gate.event() == before
    record.write_text(text.replace("client", "observer"))
    gate.reload(server)
    assert gate.differs({each.name: each for each in before.principals})
    assert gate.event() == Principals([Principal("ann", "observer", Quota(sessions=2))])
    server.close()
