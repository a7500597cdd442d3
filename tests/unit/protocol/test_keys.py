"""Files of keys: who may read them, what is in them, and what is said of a wrong one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from protocol.curve import Pair
from protocol.errors import KeyFileError
from protocol.keys import KeyFolder, read_credentials
from protocol.principals import Principal, Quota


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys", make=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_read_what_is_written_whatever_the_umask(folder: KeyFolder, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = KeyFolder(tmp_path / "open" / "keys", make=True)
        folder.create("ann", "client", Quota(), tmp_path / "ann.key")
    finally:
        os.umask(before)
    assert mode(folder.path) == 0o700
    files = [tmp_path / "ann.key", *folder.path.iterdir()]
    assert {path.name: mode(path) for path in files} == {
        "ann.key": 0o600,
        "ann.toml": 0o600,
        "server.key": 0o600,
    }


def test_a_holders_file_and_the_record_fit_and_the_record_has_no_secret(folder: KeyFolder, tmp_path: Path) -> None:
    quota = Quota(sessions=4, visits_per_second=1000.5, weight=0.5)
    folder.create("ann", "observer", quota, tmp_path / "ann.key")
    held, keyring = read_credentials(tmp_path / "ann.key"), folder.keyring()
    assert keyring.principals == [Principal("ann", "observer", quota)]
    assert keyring.names == {bytes.fromhex(held.public_key): "ann"}
    assert Pair.of_secret(bytes.fromhex(held.secret_key)).public.hex() == held.public_key
    assert held.server_key == keyring.pair.public.hex() == folder.server_pair().public.hex()
    record = (folder.path / "ann.toml").read_text()
    assert held.secret_key not in record
    assert held.token not in record
    assert held.secret_key not in repr(held)
    assert keyring.holder(held.token) == keyring.records[0]
    assert [keyring.holder(wrong) for wrong in ("", "x", held.token[:-1], "\ud800")] == [None] * 4


def test_a_revoked_key_is_nobodys_and_a_rotated_one_another(folder: KeyFolder, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        folder.create(name, "client", Quota(searches=2), tmp_path / f"{name}.key")
    old = {name: read_credentials(tmp_path / f"{name}.key") for name in ("ann", "bob")}
    folder.revoke("bob")
    folder.rotate("ann", tmp_path / "ann.key")
    new, keyring = read_credentials(tmp_path / "ann.key"), folder.keyring()
    assert keyring.principals == [Principal("ann", "client", Quota(searches=2))]
    assert keyring.names == {bytes.fromhex(new.public_key): "ann"}
    assert new.server_key == old["ann"].server_key
    assert [keyring.holder(each.token) for each in old.values()] == [None, None]
    assert keyring.holder(new.token) is not None


def test_what_cannot_be_done_is_said_and_changes_nothing(folder: KeyFolder, tmp_path: Path) -> None:
    folder.create("ann", "client", Quota(), tmp_path / "ann.key")
    before = {path: path.read_bytes() for path in [tmp_path / "ann.key", *folder.path.iterdir()]}
    for wrong, call in [
        ("already", lambda: folder.create("ann", "client", Quota(), tmp_path / "other.key")),
        ("exists already", lambda: folder.create("bob", "client", Quota(), tmp_path / "ann.key")),
        ("no name of a key", lambda: folder.create("../bob", "client", Quota(), tmp_path / "bob.key")),
        ("no name of a key", lambda: folder.revoke("")),
        ("no key of bob", lambda: folder.revoke("bob")),
        ("no key of bob", lambda: folder.rotate("bob", tmp_path / "bob.key")),
        ("cannot write", lambda: folder.create("bob", "client", Quota(), tmp_path / "none" / "bob.key")),
    ]:
        with pytest.raises(KeyFileError, match=wrong):
            call()
    files = [tmp_path / "ann.key", *folder.path.iterdir()]
    assert {path: path.read_bytes() for path in files} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ann.key", "keys"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('role = "client"', 'role = "king"', r"ann.toml:3: role: Invalid enum value 'king'"),
        ("sessions = 3", "sessions = 0", r"ann.toml:9: sessions: Expected int >= 1"),
        ("sessions = 3", "seasons = 3", r"ann.toml:9: seasons: the file contains unknown field seasons"),
        ('name = "ann"', 'name = "bob"', r"ann.toml: name: bob is another than the file's"),
        ('name = "ann"', "", r"ann.toml: the file missing required field name"),
        ('role = "client"', 'role = "client', r"ann.toml:3: "),
        ('public_key = "', 'public_key = "zz', r"ann.toml:4: public_key: Expected str matching"),
    ],
)
def test_a_record_that_was_edited_wrongly_is_told_with_file_line_and_key(
    folder: KeyFolder, tmp_path: Path, old: str, new: str, told: str
) -> None:
    folder.create("ann", "client", Quota(sessions=3), tmp_path / "ann.key")
    path = folder.path / "ann.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(KeyFileError, match=told) as error:
        folder.keyring()
    assert "\n" not in str(error.value)


def test_two_records_with_one_key_are_refused(folder: KeyFolder, tmp_path: Path) -> None:
    folder.create("ann", "client", Quota(), tmp_path / "ann.key")
    (folder.path / "bob.toml").write_text((folder.path / "ann.toml").read_text().replace('"ann"', '"bob"'))
    with pytest.raises(KeyFileError, match=r"bob.toml: public_key: ann.toml has the same"):
        folder.keyring()


def test_files_that_others_can_read_are_refused(folder: KeyFolder, tmp_path: Path) -> None:
    folder.create("ann", "client", Quota(), tmp_path / "ann.key")
    (tmp_path / "ann.key").chmod(0o640)
    with pytest.raises(KeyFileError, match="others can read this key; chmod 600"):
        read_credentials(tmp_path / "ann.key")
    (folder.path / "server.key").chmod(0o604)
    with pytest.raises(KeyFileError, match="others can read this key"):
        folder.keyring()
    folder.path.chmod(0o770)
    with pytest.raises(KeyFileError, match="others can write there"):
        KeyFolder(folder.path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"name = 1", b"x" * 100_000, b"[name]", b"a = " + b"[" * 30_000])
def test_what_is_no_key_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"a\.key") as error:
        read_credentials(path)
    assert "\n" not in str(error.value)


def test_halves_that_do_not_belong_together_are_refused(folder: KeyFolder, tmp_path: Path) -> None:
    folder.create("ann", "client", Quota(), tmp_path / "ann.key")
    held = read_credentials(tmp_path / "ann.key")
    text = (tmp_path / "ann.key").read_text()
    (tmp_path / "ann.key").write_text(text.replace(held.public_key, held.server_key, 1))
    with pytest.raises(KeyFileError, match="do not belong together"):
        read_credentials(tmp_path / "ann.key")


def test_a_folder_that_is_not_there_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        KeyFolder(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        read_credentials(tmp_path / "none.key")
