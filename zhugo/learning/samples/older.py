"""Files that distillation wrote before it shared the format of self-play: they are read as shards of today."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhugo.learning.samples.shard import CUT_OFF, Shard, counts_of
from zhugo.shared import npz

ARRAYS = {
    "size", "rules", "record", "record_start", "game", "ply", "komi", "to_play", "visits", "policy", "value", "lead",
    "ownership",
}  # fmt: skip
"""size: the board's side. rules: text[games]. record, record_start, ply, to_play, visits, value: as in a shard.

game: int32[n], of each position. komi, lead: float32[n]. policy: float16[n, points + 1], the net's priors, 0 where
illegal. ownership: int8[n, points], in units of 1/127.
"""


def load(path: Path) -> Shard:
    """Raises ``ValueError``. The games have no number of their own: their ids are made of the file's name."""
    arrays = npz.load(path, sorted(ARRAYS))
    size, rules = int(arrays["size"]), arrays["rules"]
    games, policy = len(rules), np.asarray(arrays["policy"], np.float16)
    rows, moves = np.nonzero(policy)
    specs = [json.dumps({"rules": str(one), "size": size}, sort_keys=True) for one in rules]
    return Shard(
        game="go",
        id=_ids(path, games),
        spec=np.array(specs),
        net=np.full(games, ""),
        result=np.full(games, np.nan, np.float32),
        lead=np.full(games, np.nan, np.float32),
        ended=np.full(games, CUT_OFF, np.uint8),
        ownership=np.zeros(0, np.int8),
        ownership_start=np.zeros(games + 1, np.int64),
        record=arrays["record"],
        record_start=arrays["record_start"],
        of_game=arrays["game"],
        ply=arrays["ply"],
        to_play=arrays["to_play"],
        visits=arrays["visits"],
        full=np.ones(len(policy), np.bool_),
        move=moves.astype(np.uint16),
        count=counts_of(policy[rows, moves]),
        policy_start=np.searchsorted(rows, np.arange(len(policy) + 1)),
        value=arrays["value"],
        position_komi=arrays["komi"],
        position_lead=arrays["lead"],
        position_ownership=arrays["ownership"],
    )


def _ids(path: Path, games: int) -> NDArray[np.uint64]:
    of_file = int.from_bytes(hashlib.blake2b(path.name.encode(), digest_size=6).digest())
    return np.array([of_file << 16 | game for game in range(games)], np.uint64)
