"""Files of samples: npz archives, each there whole or not at all, whatever happens to who writes them."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from itertools import chain
from pathlib import Path

import numpy as np

from protocol.files import write_whole
from zhugo.learning.samples import older
from zhugo.learning.samples.shard import Shard
from zhugo.shared import npz
from zhugo.shared.errors import UserError, one_line

VERSION, LABELLED, WEIGHTED = 1, 2, 3
"""Of files with neither labels nor weights of their positions, with labels, and with weights."""

_MORE = {LABELLED: ("position_komi", "position_lead", "position_ownership"), WEIGHTED: ("weight",)}
_PLAIN = tuple(one.name for one in fields(Shard) if one.init and one.name not in {*chain(*_MORE.values())})
_ARRAYS = {VERSION: _PLAIN, **{version: (*_PLAIN, *more) for version, more in _MORE.items()}}


def save(shard: Shard, path: Path) -> None:
    """Write the file at once or not at all. Raises ``OSError``, and leaves nothing behind, when the disk is full."""
    assert not (shard.labelled and shard.weighted), "there is no version with both"
    version = LABELLED if shard.labelled else WEIGHTED if shard.weighted else VERSION
    file = BytesIO()
    np.savez_compressed(file, version=version, **{name: getattr(shard, name) for name in _ARRAYS[version]})
    write_whole(path, file.getbuffer())


def load(path: Path) -> Shard:
    """Raises ``UserError`` for a file that holds no samples, or those of a later version."""
    try:
        if npz.names(path) >= older.ARRAYS:
            return older.load(path)
        version = _version(path)
        columns = npz.load(path, _ARRAYS[version])
        return Shard(**{**columns, "game": str(columns["game"])})
    except (ValueError, TypeError) as error:
        raise UserError(f"games {path}: {one_line(error)}") from None


def read_ids(path: Path) -> list[int]:
    """The ids of a file's games, without the rest. Raises ``UserError`` as ``load`` does."""
    try:
        _version(path)
        ids: list[int] = npz.load(path, ("id",))["id"].tolist()
    except (ValueError, TypeError) as error:
        raise UserError(f"games {path}: {one_line(error)}") from None
    return ids


def _version(path: Path) -> int:
    version = int(npz.load(path, ("version",))["version"])
    if version not in _ARRAYS:
        raise ValueError(f"of version {version}, not {VERSION} to {WEIGHTED}")
    return version
