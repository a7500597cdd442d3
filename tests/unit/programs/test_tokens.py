"""Who may come in over HTTP, and where others could read along."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import KeyFileError
from protocol.keys import KeyFolder, read_credentials
from protocol.principals import Quota
from tests.certificate import certificate
from zhugo.shared import tokens as shared
from zhugo.shared.encryption import encryption, one_token
from zhugo.shared.errors import UserError
from zhugo.shared.tokens import Tokens, Visitor


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyFolder:
    monkeypatch.setattr(shared, "LOOK_SECONDS", 0.0)
    return KeyFolder(tmp_path / "keys", make=True)


def token(folder: KeyFolder, name: str) -> str:
    return read_credentials(folder.path.parent / f"{name}.key").token


def test_the_one_token_lets_in_and_nothing_else_does() -> None:
    tokens = Tokens("a token")
    found = tokens.visitor("a token")
    assert found == Visitor("", "admin")
    assert found.may_use
    assert tokens.is_valid(found)
    assert [tokens.visitor(wrong) for wrong in ("", "a toke", "a tokens", "\ud800")] == [None] * 4
    assert Tokens(None).visitor("") is None


def test_holders_of_keys_come_in_by_their_role_until_it_ends(folder: KeyFolder) -> None:
    for name, role in (("ann", "client"), ("ben", "observer"), ("box", "searcher")):
        folder.create(name, role, Quota(), folder.path.parent / f"{name}.key")  # type: ignore[arg-type]
    complaints: list[str] = []
    tokens = Tokens("a token", folder.path, complaints.append)
    ann, ben, box = (tokens.visitor(token(folder, name)) for name in ("ann", "ben", "box"))
    assert ann is not None
    assert ben is not None
    assert box is not None
    assert [(each.name, each.may_look, each.may_use) for each in (ann, ben, box)] == [
        ("ann", True, True),
        ("ben", True, False),
        ("box", False, False),
    ]
    old = token(folder, "ann")
    folder.rotate("ann", folder.path.parent / "ann.key")
    assert tokens.visitor(old) is None
    assert not tokens.is_valid(ann)
    assert tokens.visitor(token(folder, "ann")) is not None
    record = folder.path / "ben.toml"
    text = record.read_text()
    record.write_text(text.replace("observer", "nobody"))
    assert tokens.is_valid(ben)
    assert tokens.visitor(token(folder, "ben")) == ben
    (complaint,) = complaints
    assert complaint.startswith("the keys stay as they were: ")
    assert "ben.toml:3: role" in complaint
    record.write_text(text.replace("observer", "client"))
    assert not tokens.is_valid(ben)
    folder.revoke("box")
    assert tokens.visitor(token(folder, "box")) is None
    assert tokens.visitor("a token") is not None


def test_who_is_refused_is_told_of() -> None:
    told: list[str] = []
    tokens = Tokens("a", None, told.append)
    tokens.refused(None, "192.0.2.1:50", "/", "a wrong token")
    tokens.refused(Visitor("ben", "observer"), "192.0.2.1:51", "edit", "not for a key whose role is observer")
    assert told == [
        "refused 192.0.2.1:50: /: a wrong token",
        "refused ben at 192.0.2.1:51: edit: not for a key whose role is observer",
    ]
    for _ in range(1000):
        tokens.refused(None, "192.0.2.1:50", "/", "a wrong token")
    assert len(told) == 20


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        Tokens("a", tmp_path / "none")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_machine_nothing_need_be_encrypted(host: str, tmp_path: Path) -> None:
    assert encryption(host, None, None, insecure=False) is None
    assert one_token(host, None, tmp_path, "drawn") == "drawn"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_elsewhere_it_must_be_or_be_said_not_to_be(host: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="others could read along"):
        encryption(host, None, None, insecure=False)
    assert encryption(host, None, None, insecure=True) is None
    made = certificate(tmp_path)
    assert encryption(host, *made, insecure=False) is not None
    assert one_token(host, None, None, "drawn") == "drawn"
    assert one_token(host, None, tmp_path, "drawn") is None
    assert one_token(host, "given", tmp_path, "drawn") == "given"


def test_certificates_that_cannot_be_are_told(tmp_path: Path) -> None:
    made, key = certificate(tmp_path)
    with pytest.raises(UserError, match="belong together"):
        encryption("localhost", made, None, insecure=False)
    with pytest.raises(UserError, match="No such file"):
        encryption("localhost", made, tmp_path / "none", insecure=False)
    for wrong in ((key, made), (made, made)):
        with pytest.raises(UserError, match="no certificate and its private key"):
            encryption("localhost", *wrong, insecure=False)
