"""The table of ``zhugo bench net``: a row for each size and batch, a column for each backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.net import instructions, measure
from tests.unit import leela_zero_writer


def test_a_row_for_each_size_that_the_net_plays_and_each_batch(tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(size=9)))
    found = measure(net, (9, 13), (1, 3), rounds=1, devices=("winograd", "torch"))
    assert [(row["size"], row["batch"]) for row in found["rates"]] == [(9, 1), (9, 3)]
    for row in found["rates"]:
        assert {"winograd f32", "torch f32"} <= row.keys()
        assert all(value > 0.0 for value in row.values())
    assert found["unit"] == "evaluations per second and core"


def test_instructions_are_named_in_a_fixed_order(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "model name\t: some CPU\nflags\t\t: fpu avx512f fma avx2 avx512_vnni\nflags\t\t: none\n"
    monkeypatch.setattr(Path, "read_text", lambda _: told)
    assert instructions() == "avx2 fma avx512f avx512_vnni"
