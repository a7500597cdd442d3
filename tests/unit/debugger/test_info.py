"""What a trace says of how it was made."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from daemon.replay.versions import versions
from protocol import messages as m
from protocol.renamed import OLDER
from protocol.trace import TraceReader, TraceWriter
from tests.unit.debugger.recorded import record
from zhugo.debugger.explaining.info import info
from zhugo.debugger.reading.recording import Recording


def test_everything_that_decides_what_comes_out_is_told(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    record(path, settings=m.SearchSettings(seed=77, cap=0.5))
    header = msgspec.structs.replace(TraceReader(path).header, versions=versions(), options={"symmetry_seed": 5})
    records = [record for _, record in TraceReader(path)]
    with TraceWriter(path, header) as writer:
        for each in records[:-1]:
            writer.event(each.time, each.sender, each.inbound, each.outbound)  # type: ignore[union-attr]
        writer.end({})
    facts = info(Recording.load(path))
    assert {"python", "system", "zhugo", "numpy", "numba", "zstandard"} <= facts["versions"].keys()
    assert (facts["protocol"], facts["options"]) == (m.PROTOCOL_VERSION, {"symmetry_seed": 5})
    assert (facts["events"], facts["orderly_ends"], facts["parts"]) == (len(records) - 1, 1, "trace")
    assert facts["bytes"] == path.stat().st_size
    (session,) = facts["sessions"]
    assert (session["session"], session["seed"], session["settings"]) == ("s", 77, {"seed": 77, "cap": 0.5})
    assert [each["searcher"] for each in facts["searchers"]] == ["searcher A", "searcher B"]


def test_the_net_of_each_searcher_is_told(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    net = m.NetInfo("b6c96", "ab" * 32, "katago_v7", "OpenVINO")
    record(path, net=net)
    assert [(each["net"], each["sha256"]) for each in info(Recording.load(path))["searchers"]] == [
        ("b6c96", "ab" * 32)
    ] * 2


@pytest.mark.parametrize("protocol", [min(OLDER) - 1, m.PROTOCOL_VERSION + 1])
def test_of_another_protocol_the_header_is_shown(trace: Path, protocol: int) -> None:
    header = msgspec.structs.replace(TraceReader(trace).header, protocol=protocol)
    TraceWriter(trace, header).close()
    facts = info(Recording.load(trace))
    assert facts["protocol"] == protocol
    assert "sessions" not in facts
