"""A grant of many sessions is encoded as each of them would be alone."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from daemon.evaluation.encoder import Encoder
from games.go import features as zhugo
from protocol import messages as m
from protocol.codec import decode, encode

PARTS: list[tuple[dict[str, Any], list[int], list[list[int]]]] = [
    ({"size": 9, "komi": 7.5}, [40], [[], [41], [81, 81]]),
    ({"size": 9, "komi": 0.5}, [40], [[], [41]]),
    ({"size": 9, "komi": 0.5}, [40, 41, 42], [[50, 51, 52]]),
    ({"size": 9, "komi": 7.5, "rules": "japanese", "black": [20]}, [], [[], [81]]),
    ({"size": 9, "komi": 7.5}, [40, 81], [[81]]),
]


def grant_of(parts: list[tuple[dict[str, Any], list[int], list[list[int]]]], position: int = 0) -> m.Grant:
    paths = [path for _, _, leaves in parts for path in leaves]
    firsts = np.cumsum([0] + [len(leaves) for _, _, leaves in parts]).tolist()
    return m.Grant(
        grant=1,
        game="go",
        num_moves=82,
        parts=[
            m.GrantPart(first, position + i, spec, record, False)
            for i, (first, (spec, record, _)) in enumerate(zip(firsts, parts, strict=False))
        ],
        offsets=np.cumsum([0] + [len(path) for path in paths]).astype(np.int32),
        moves=np.array([move for path in paths for move in path], np.uint16),
    )


@pytest.mark.parametrize("features", ["zhugo", "katago_v7"])
def test_together_is_as_alone(features: str) -> None:
    together = Encoder(features).encode(grant_of(PARTS))
    alone = [Encoder(features).encode(grant_of([part])) for part in PARTS]
    for name in ("to_play", "terminal", "result", "lead", "legal", "patterns"):
        expected = np.concatenate([getattr(one.positions, name) for one in alone])
        np.testing.assert_array_equal(getattr(together.positions, name), expected, err_msg=name)
    assert together.batch is not None
    batches = [one.batch for one in alone if one.batch is not None]
    np.testing.assert_array_equal(together.batch.planes, np.concatenate([batch.planes for batch in batches]))
    inputs = np.concatenate([batch.global_inputs for batch in batches])
    np.testing.assert_array_equal(together.batch.global_inputs, inputs)
    assert together.positions.terminal.any()
    assert len(np.unique(inputs, axis=0)) > 3  # komi and rules reached the net


def test_the_optimism_of_a_policy_follows_the_length_of_the_path() -> None:
    """Beside 0.2, which is what nets take where nobody says otherwise; a leaf without moves is the cursor itself."""
    grant = grant_of(PARTS)
    optimism = [(0.2, 1.0), (0.5, 0.7), (None, None), (0.2, 1.0), (0.2, 1.0)]
    parts = [
        msgspec.structs.replace(part, root_optimism=of_root, optimism=below)
        for part, (of_root, below) in zip(grant.parts, optimism, strict=True)
    ]
    plain = Encoder("katago_v7").encode(grant).batch
    found = Encoder("katago_v7_optimism").encode(msgspec.structs.replace(grant, parts=parts)).batch
    assert plain is not None
    assert found is not None
    np.testing.assert_array_equal(found.global_inputs[:, :-1], plain.global_inputs)
    expected = [0.0, 0.8, 0.3, 0.5, 0.0, 0.0, 0.8]  # of those where the game goes on
    np.testing.assert_allclose(found.global_inputs[:, -1], expected, atol=1e-6)


def test_a_grant_from_the_wire_needs_no_kernel_of_its_own() -> None:
    """Its arrays are read-only, which to numba is another type; the kernel for it would be compiled in a search."""
    for parts in (PARTS[:1], PARTS):
        grant = grant_of(parts)
        received = decode([bytes(frame) for frame in encode(grant)])
        assert isinstance(received, m.Grant)
        assert not received.offsets.flags.writeable
        for one in (grant, received):
            Encoder("zhugo").encode(one)
    assert len(zhugo.encode.signatures) == 1
