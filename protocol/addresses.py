"""Addresses of daemons: ``ipc:///path/of/a/socket`` or ``tcp://host:port``."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from protocol.errors import AddressError

UNREACHABLE_SECONDS = 60
"""How long the machine at the other end of a tcp connection may be silent before the connection is given up.

The operating system answers, even while the process is stopped or busy. zmq's own heartbeats would take such a process
for dead, and after a pause of all processes each would take the others for dead. The connections of a dead process are
closed by its system.
"""

KEEPALIVE_SECONDS = 15
_LONGEST_IPC_PATH = 100
_BACKLOG = 512


def private_directory() -> Path:
    """A fresh directory that only this user may enter; the caller removes it."""
    return Path(tempfile.mkdtemp(prefix="zhugo-"))


def keep_alive(connected: socket.socket) -> None:
    """See ``UNREACHABLE_SECONDS``; for a tcp connection."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_SECONDS)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, UNREACHABLE_SECONDS // KEEPALIVE_SECONDS - 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREACHABLE_SECONDS * 1000)


def check(address: str) -> None:
    """Raise ``AddressError`` for what is no address."""
    scheme, mark, rest = address.partition("://")
    if not mark or scheme not in ("ipc", "tcp") or not rest:
        raise AddressError(f"{address!r} is no address; write ipc:///path or tcp://host:port")
    if scheme == "ipc" and len(rest.encode()) > _LONGEST_IPC_PATH:
        raise AddressError(f"the path of {address} is longer than a socket's may be ({_LONGEST_IPC_PATH} bytes)")


def is_local(address: str) -> bool:
    """Whether only processes of this machine can connect there: a socket in the file system, or the loopback's.

    Raises ``AddressError`` for the name of a host that is none.
    """
    scheme, _, rest = address.partition("://")
    try:
        return scheme == "ipc" or is_loopback(rest.rpartition(":")[0].strip("[]"))
    except OSError as error:
        raise AddressError(f"cannot listen at {address}: {error.strerror}") from error


def is_loopback(host: str) -> bool:
    """Whether a host's name or number stands for nothing but this machine. Raises ``OSError`` for an unknown name."""
    if host in ("", "*"):
        return False
    found = {str(each[4][0]) for each in socket.getaddrinfo(host, 0)}
    return all(ipaddress.ip_address(each.partition("%")[0]).is_loopback for each in found)


def bind(address: str) -> tuple[socket.socket, str]:
    """A socket that listens there, and the address as peers must write it (``tcp://host:*`` got its port).

    Raises ``AddressError``. A socket file that a killed daemon left behind is replaced.
    """
    check(address)
    scheme, _, rest = address.partition("://")
    try:
        listener, bound = _bind_ipc(rest) if scheme == "ipc" else _bind_tcp(rest)
    except OSError as error:
        raise AddressError(f"cannot listen at {address}: {error.strerror}") from error
    except ValueError as error:
        raise AddressError(f"cannot listen at {address}: {error}") from error
    return listener, bound


def unlisten(addresses: Sequence[str]) -> None:
    """Remove the files of these addresses, right before their sockets are closed."""
    for address in addresses:
        if address.startswith("ipc://"):
            Path(address.removeprefix("ipc://")).unlink(missing_ok=True)


def takes_connections(address: str) -> bool:
    """Whether a process listens at an address, even if it is too busy to answer yet."""
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    try:
        with socket.socket(socket.AF_UNIX) if scheme == "ipc" else socket.socket() as probe:
            probe.settimeout(1.0)
            probe.connect(rest if scheme == "ipc" else (host, int(port)))
    except (OSError, ValueError):
        return False
    return True


def _bind_ipc(path: str) -> tuple[socket.socket, str]:
    _claim(Path(path))
    return _listening(socket.AF_UNIX, path), f"ipc://{path}"


def _bind_tcp(place: str) -> tuple[socket.socket, str]:
    host, mark, port = place.rpartition(":")
    if not mark or not host or not (port == "*" or (port.isdecimal() and int(port) < 1 << 16)):
        raise ValueError("write tcp://host:port, or * for any of either")
    number = 0 if port == "*" else int(port)
    host = "0.0.0.0" if host == "*" else host.removeprefix("[").removesuffix("]")
    family, *_, where = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    try:
        listener = _listening(family, where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressError(f"address in use: tcp://{place}") from error
        raise
    host, number = listener.getsockname()[:2]
    return listener, f"tcp://[{host}]:{number}" if family == socket.AF_INET6 else f"tcp://{host}:{number}"


def _listening(family: int, where: object) -> socket.socket:
    listener = socket.socket(family)
    try:
        if family == socket.AF_UNIX:
            os.fchmod(listener.fileno(), 0o600)  # the file that ``bind`` makes has this mode from its first moment
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)  # type: ignore[arg-type]
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _claim(path: Path) -> None:
    """Make way at ``path``, unless a living daemon has it."""
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return
    if not is_socket:
        raise AddressError(f"address in use: {path} exists and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise AddressError(f"address in use: ipc://{path} ({error})") from error
        else:
            raise AddressError(f"address in use: ipc://{path}")
