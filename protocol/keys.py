"""Files of keys: a folder of those who may come in, for the daemon; and a file for each holder of a key.

    FOLDER/server.key   the daemon's own pair, made at first use
    FOLDER/NAME.toml    a principal: its role and quota, its public key, and a hash of its token for the web
    NAME.key            the holder's: the pair, the token, and the server's public key

Who has ``server.key`` can be the daemon, who has ``NAME.key`` can be that principal; only their owner may read them. A
record in the folder holds nothing secret, and people may edit it. All are TOML.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import platformdirs
from msgspec import Meta, Struct

from protocol import toml_file
from protocol.curve import KEY_BYTES, Pair
from protocol.errors import KeyFileError
from protocol.files import sync_directory
from protocol.principals import Principal, PrincipalName, Quota, Role

Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""32 bytes."""

MOST = 100_000
"""Principals of a folder."""

_SECRETS = 0o077
"""Permissions that a file with a secret may not have: those of others than its owner."""


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """A principal, as its file in the folder has it."""

    name: PrincipalName
    role: Role
    public_key: Hex
    token_sha256: Hex
    created: Annotated[str, Meta(max_length=40)]
    quota: Quota = Quota()

    @property
    def principal(self) -> Principal:
        """What the core is told."""
        return Principal(self.name, self.role, self.quota)


class Credentials(Struct, frozen=True, forbid_unknown_fields=True):
    """What its holder has: a pair, the public key of the server to talk to, and a token for its web pages."""

    name: PrincipalName
    public_key: Hex
    secret_key: Hex
    server_key: Hex
    token: Annotated[str, Meta(min_length=1, max_length=200)]

    def __repr__(self) -> str:
        return f"Credentials({self.name!r})"


class _ServerKey(Struct, frozen=True, forbid_unknown_fields=True):
    public_key: Hex
    secret_key: Hex


@dataclass(frozen=True)
class Keyring:
    """A folder as it was read: the daemon's own pair, and who may come in. ``names``: by public key."""

    pair: Pair
    names: Mapping[bytes, str]
    records: tuple[Record, ...]

    @property
    def principals(self) -> list[Principal]:
        """What the core is told."""
        return [each.principal for each in self.records]

    def holder(self, token: str) -> Record | None:
        """Whose token this is. Takes as long whatever the token is."""
        digest, found = _digest(token), None
        for each in self.records:
            if hmac.compare_digest(each.token_sha256, digest):
                found = each
        return found


def default_folder() -> Path:
    """Where keys lie unless somebody says otherwise."""
    return platformdirs.user_config_path("zhugo") / "keys"


def read_credentials(path: Path) -> Credentials:
    """The file of a key's holder. Raises ``KeyFileError``."""
    _check_secret(path)
    read = toml_file.read(path, Credentials)
    _check_pair(path, read.public_key, read.secret_key)
    return read


class KeyFolder:
    """The folder; each call reads it anew. All raise ``KeyFileError``, whose text is one line."""

    def __init__(self, path: Path, make: bool = False) -> None:
        """``make``: it is made, for its owner alone, where there is none."""
        self.path = path
        try:
            if make:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = path.stat().st_mode
        except OSError as error:
            raise KeyFileError(f"keys {path}: {error.strerror}") from error
        if mode & 0o022:
            raise KeyFileError(f"keys {path}: others can write there; chmod 700 {path}")

    def server_pair(self) -> Pair:
        """The daemon's own; drawn when it is first asked for."""
        path = self.path / "server.key"
        if not path.exists():
            pair = Pair.of_secret(secrets.token_bytes(KEY_BYTES))
            made = _ServerKey(pair.public.hex(), pair.secret.hex())
            try:
                toml_file.write(path, made, "The server's own key. Show it to nobody.", replace=False)
            except KeyFileError:
                if not path.exists():  # or else another one made it meanwhile
                    raise
        _check_secret(path)
        read = toml_file.read(path, _ServerKey)
        return _check_pair(path, read.public_key, read.secret_key)

    def records(self) -> list[Record]:
        """All principals, by name."""
        try:
            paths = sorted(path for path in self.path.iterdir() if path.suffix == ".toml" and path.name[0] != ".")
        except OSError as error:
            raise KeyFileError(f"keys {self.path}: {error.strerror}") from error
        if len(paths) > MOST:
            raise KeyFileError(f"keys {self.path}: more than {MOST}")
        found = []
        owners: dict[str, Path] = {}
        for path in paths:
            record = toml_file.read(path, Record)
            if record.name != path.stem:
                raise KeyFileError(f"{path}: name: {record.name} is another than the file's")
            if (other := owners.setdefault(record.public_key, path)) != path:
                raise KeyFileError(f"{path}: public_key: {other.name} has the same")
            found.append(record)
        return found

    def keyring(self) -> Keyring:
        """All of it."""
        records = self.records()
        names = {bytes.fromhex(each.public_key): each.name for each in records}
        return Keyring(self.server_pair(), names, tuple(records))

    def create(self, name: str, role: Role, quota: Quota, out: Path) -> None:
        """A new principal; what its holder gets is written to ``out``, which may not be there yet."""
        path = self._record_path(name)
        if path.exists():
            raise KeyFileError(f"there is a key of {name} already: zhugo keys rotate {name} makes it another")
        credentials, record = self._drawn(name, role, quota)
        _write_holders(out, credentials, replace=False)
        try:
            toml_file.write(path, record, _RECORD_HEADING, replace=False)
        except KeyFileError:
            out.unlink()
            raise

    def rotate(self, name: str, out: Path) -> None:
        """Another pair and token for a principal; the old ones are worth nothing any more. ``out`` is replaced."""
        path = self._record_path(name)
        old = self._known(path, name)
        credentials, record = self._drawn(name, old.role, old.quota)
        _write_holders(out, credentials, replace=True)
        toml_file.write(path, record, _RECORD_HEADING, replace=True)

    def revoke(self, name: str) -> None:
        """Have nobody be this principal any more."""
        path = self._record_path(name)
        if not path.exists():
            raise KeyFileError(f"there is no key of {name} in {self.path}")
        try:
            path.unlink()
            sync_directory(self.path)
        except OSError as error:
            raise KeyFileError(f"{path}: {error.strerror}") from error

    def _known(self, path: Path, name: str) -> Record:
        if not path.exists():
            raise KeyFileError(f"there is no key of {name} in {self.path}")
        return toml_file.read(path, Record)

    def _record_path(self, name: str) -> Path:
        try:
            msgspec.convert(name, PrincipalName)
        except msgspec.ValidationError:
            raise KeyFileError(
                f"{name!r} is no name of a key: up to 64 letters, digits, and . _ - behind the first"
            ) from None
        return self.path / f"{name}.toml"

    def _drawn(self, name: str, role: Role, quota: Quota) -> tuple[Credentials, Record]:
        pair, token = Pair.of_secret(secrets.token_bytes(KEY_BYTES)), secrets.token_urlsafe(32)
        public = pair.public.hex()
        credentials = Credentials(name, public, pair.secret.hex(), self.server_pair().public.hex(), token)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return credentials, Record(name, role, public, _digest(token), created, quota)


_RECORD_HEADING = "Whoever holds the secret half of this key is this principal of the daemon."


def _write_holders(out: Path, credentials: Credentials, replace: bool) -> None:
    toml_file.write(out, credentials, f"The key of {credentials.name}: for its holder alone.", replace)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _check_secret(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    if mode & _SECRETS:
        raise KeyFileError(f"{path}: others can read this key; chmod 600 {path}, or better make a new one")


def _check_pair(path: Path, public: str, secret: str) -> Pair:
    pair = Pair.of_secret(bytes.fromhex(secret))
    if pair.public.hex() != public:
        raise KeyFileError(f"{path}: public_key and secret_key do not belong together")
    return pair
