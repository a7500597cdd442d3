"""The same net in another file: packed or not, its weights as binary floats or as text."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path

from nets.errors import NetError
from nets.files import format_of, read_file
from nets.unpack import content

_PACKING = 6
"""gzip's level; a higher one gains nothing on weights."""


def convert(source: Path, target: Path) -> None:
    """Write the net in ``source`` to ``target``, whose name says how: ``.bin`` or ``.txt``, ``.gz`` after it or not.

    Every weight stays the number that it is; nothing that a person named is overwritten before all is ready. Raises
    ``NetError``, one line that names a file, when the source holds no net or the target's name asks for what there is
    not.
    """
    suffixes = [suffix for suffix in target.suffixes if suffix in (".bin", ".txt", ".gz")]
    packed = suffixes[-1:] == [".gz"]
    kind = "".join(suffixes[:-1] if packed else suffixes)[-4:]
    data = read_file(source)
    try:
        written = _written(data, kind)
    except NetError as error:
        raise NetError(f"net {source}: {error}") from None
    # without time and name, so that the same net gives the same file
    _replace(target, gzip.compress(written, _PACKING, mtime=0) if packed else written)


def _written(data: bytes, kind: str) -> bytes:
    found = format_of(data)
    if found == "KataGo" and kind in (".bin", ".txt"):
        from nets.katago.rewrite import rewrite

        return rewrite(content(data), binary=kind == ".bin")
    if found == "Leela Zero" and kind in (".txt", ""):
        from nets.leela_zero import weights

        weights.read(data)
        return content(data)
    ways = {"KataGo": ".bin, .bin.gz, .txt and .txt.gz", "Leela Zero": ".txt, .txt.gz and .gz"}
    if found in ways:
        raise NetError(f"{found}'s nets are written as {ways[found]}; the target's name ends in none of them")
    raise NetError(f"{found}'s nets have one form only")


def _replace(target: Path, data: bytes) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                file.write(data)
                file.close()
                Path(file.name).chmod(0o666 & ~_umask())
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise NetError(f"net {target}: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
