"""A trace comes out the same on every machine, to the bit.

The traces in ``tests/traces`` were made on one machine and must replay wherever the tests run. To be made again when
the format changes, or what a search does: ``zhugo genmove --size 9 --visits 500 --trace …``, 220 visits for 19x19,
``zhugo simulate --seed 8 --trace …``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numpy._core import _multiarray_umath as numpy_core

from protocol.errors import TraceError
from protocol.trace import Event, TraceReader
from tests.daemons import ROOT
from tests.process.lived_elsewhere import lived

TRACES = sorted((ROOT / "tests" / "traces").glob("*.trace"))
DIGESTS = {
    "19x19.trace": "ea5adc8a323c8eff96919725f70b4423",
    "9x9.trace": "580578f10c95485af525aea656ceca5c",
    "simulated.trace": "c85bd401693210f233721e0bcda149dd",
}
"""Of every tree behind every event."""

GLIBC_WITHOUT = ",".join(f"-{feature}" for feature in ("AVX", "AVX2", "AVX512F", "FMA", "FMA4", "BMI1", "BMI2"))

OLD_CPU = {
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={GLIBC_WITHOUT}",
    "NPY_DISABLE_CPU_FEATURES": " ".join(
        name for name in numpy_core.__cpu_dispatch__ if numpy_core.__cpu_features__.get(name)
    ),
}
"""numba, the C library and numpy as on a processor of long ago."""


def test_there_are_traces_of_both_sizes_and_of_accidents() -> None:
    assert DIGESTS.keys() == {path.name for path in TRACES} == {"9x9.trace", "19x19.trace", "simulated.trace"}
    assert sum(path.stat().st_size for path in TRACES) < 400_000


@pytest.mark.parametrize("path", TRACES, ids=lambda path: str(path.name))
def test_what_another_machine_recorded_comes_out_again(path: Path) -> None:
    assert lived(path) == {"difference": "None", "digest": DIGESTS[path.name]}


def test_a_trace_of_another_search_is_read_and_not_replayed() -> None:
    old = ROOT / "tests" / "traces" / "protocol-6.simulated"
    assert sum(isinstance(record, Event) for _, record in TraceReader(old)) == 94
    with pytest.raises(TraceError, match="written with protocol 6, when the search was another one"):
        lived(old)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("machine", [{}, OLD_CPU], ids=["this processor", "a processor of long ago"])
def test_an_old_processor_computes_the_same(tmp_path: Path, machine: dict[str, str]) -> None:
    said = _lived_with(machine | {"NUMBA_CACHE_DIR": str(tmp_path)})
    assert {name: trace["digest"] for name, trace in said["traces"].items()} == DIGESTS
    assert {trace["difference"] for trace in said["traces"].values()} == {"None"}
    assert said["fused"] == []


def _lived_with(settings: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.process.lived_elsewhere", *map(str, TRACES)]
    done = subprocess.run(command, env=os.environ | settings, cwd=ROOT, capture_output=True, text=True, timeout=1100)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
