"""A Ray cluster, for whoever places processes of this program on it. Needs the package ray."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from typing import Any

KNOCK_SECONDS = 5.0


class RayUnavailable(Exception):
    """There is no such cluster, or no Ray here; the text is one clear line."""


def connected(address: str) -> Any:
    """The module ray, connected to the cluster there. Raises ``RayUnavailable``."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise RayUnavailable("--ray: the package ray is not installed; pip install 'zhugo[ray]'") from None
    terminated = signal.getsignal(signal.SIGTERM)
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, OverflowError, ValueError, RuntimeError) as error:
        lines = str(error).split("\n")
        raise RayUnavailable(f"--ray {address}: {lines[0] or type(error).__name__}") from None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminated)  # Ray has put its own in place
    return ray


def _knock(address: str) -> None:
    """Raise ``OSError`` when nobody listens at HOST:PORT: Ray itself tries for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
