"""Whether others can read along: certificates for https and wss, and where they must be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhugo.shared.errors import UserError
from zhugo.shared.options import SERVICE

if TYPE_CHECKING:
    import ssl

Keys = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Let the holders of this folder's keys in by their tokens; see zhugo keys.",
        show_default="nobody but who knows --token",
        rich_help_panel=SERVICE,
    ),
]
CertificateFile = Annotated[
    Path | None, typer.Option("--certificate", help="Encrypt: a certificate, PEM.", rich_help_panel=SERVICE)
]
PrivateKeyFile = Annotated[
    Path | None, typer.Option("--private-key", help="... and its private key, PEM.", rich_help_panel=SERVICE)
]
Insecure = Annotated[
    bool,
    typer.Option("--insecure", help="Serve other machines without a certificate.", rich_help_panel=SERVICE),
]


@dataclass(frozen=True)
class Certificate:
    """The files of one that was found to be good."""

    certificate: Path
    private_key: Path

    def context(self) -> ssl.SSLContext:
        """For a server. Raises ``UserError``."""
        import ssl

        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.num_tickets = 0  # they come behind the handshake, when threads read and write a connection at once
        for path in (self.certificate, self.private_key):
            try:
                path.read_bytes()
            except OSError as error:
                raise UserError(f"{path}: {error.strerror}") from error
        try:
            made.load_cert_chain(self.certificate, self.private_key, password="")
        except ssl.SSLError as error:
            told = f"{self.certificate}, {self.private_key}: no certificate and its private key without a password"
            raise UserError(f"{told} ({error.reason or error})") from error
        return made


def encryption(host: str, certificate: Path | None, private_key: Path | None, insecure: bool) -> Certificate | None:
    """What these options ask for at a host. Raises ``UserError``, also where others could read along unasked."""
    if (certificate is None) != (private_key is None):
        raise UserError("--certificate and --private-key belong together")
    if certificate is not None and private_key is not None:
        found = Certificate(certificate, private_key)
        found.context()
        return found
    if not insecure and not _is_loopback(host):
        raise UserError(
            f"{host}: others could read along, tokens too; give --certificate and --private-key, or say --insecure"
        )
    return None


def one_token(host: str, given: str | None, keys: Path | None, drawn: str) -> str | None:
    """The one token that lets in at a host: the one that is given, or a random one; with keys, that only here."""
    if given is not None or (keys is not None and not _is_loopback(host)):
        return given
    return drawn


def _is_loopback(host: str) -> bool:
    from protocol.addresses import is_loopback

    try:
        return is_loopback(host)
    except OSError as error:
        raise UserError(f"cannot serve at {host}: {error.strerror}") from error
