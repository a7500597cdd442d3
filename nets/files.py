"""Net files as they lie on disk: how much of them is read, and which format they are in, told by their content."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from games.bounded import read_bytes
from nets.errors import NetError
from nets.unpack import head

MAX_FILE_BYTES = 1 << 30
"""The largest file that is read."""

Format = Literal["KataGo", "Leela Zero", "ZhuGo"]

_HEAD_BYTES = 1000
_KATAGO = re.compile(rb"\s*[!-~]{1,200}\s+\d{1,9}\s")
_LEELA_ZERO = re.compile(rb"\d{1,9}[ \t\r]*\n[ \t]*[-+.0-9eE]+[ \t]+[-+.0-9eE]")


def read_file(path: Path) -> bytes:
    """The bytes of a file that may hold a net. Raises ``NetError``, one line that names the file."""
    try:
        data = read_bytes(path, MAX_FILE_BYTES)
    except OSError as error:
        raise NetError(f"net {path}: {error.strerror or error}") from None
    if not data:
        raise NetError(f"net {path}: the file is empty")
    return data


def format_of(data: bytes) -> Format:
    """Whose net a file seems to hold, by how it begins. Raises ``NetError`` when it is nobody's."""
    if data[8:9] == b"{":  # where the header of a safetensors file begins
        return "ZhuGo"
    begin = head(data, _HEAD_BYTES)
    if _LEELA_ZERO.match(begin):
        return "Leela Zero"
    if _KATAGO.match(begin):
        return "KataGo"
    raise NetError("no net: it begins as neither KataGo's, Leela Zero's nor ZhuGo's files do")
