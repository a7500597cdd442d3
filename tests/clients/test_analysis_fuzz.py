"""Whatever comes in: one error at most for a line, an end for every turn that was begun, and nothing left behind."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.clients.analysis import ENDLESS, SMALL, Talk, engine
from zhugo.bridges.analysis import stdio

FORMS = (
    {"error"},
    {"error", "field", "id"},
    {"warning", "field", "id"},
    {"id", "isDuringSearch", "noResults", "turnNumber"},
)
"""Of answers that are neither an analysis nor an action sent back."""

SEED_QUERIES: list[dict[str, Any]] = [
    {"id": "a", **SMALL},
    {"id": "b", **SMALL, "moves": [["B", "A1"], ["W", "pass"]], "analyzeTurns": [0, 1, 2], "priorities": [1, 2, 3]},
    {"id": "c", **SMALL, "includeOwnership": True, "includePolicy": True, "overrideSettings": {"maxTime": 0.01}},
    {"id": "d", **SMALL, "avoidMoves": [{"player": "B", "moves": ["A1"], "untilDepth": 2}], "priority": -4},
    {"id": "e", "action": "terminate", "terminateId": "a", "turnNumbers": [0]},
    {"id": "f", "action": "terminate_all"},
    {"id": "g", "action": "query_version"},
    {"id": "h", "action": "query_models"},
    {"id": "i", **SMALL, "rules": {"ko": "SIMPLE", "scoring": "TERRITORY"}, "initialStones": [["B", "C3"]]},
    {"id": "j", **SMALL, "reportDuringSearchEvery": 0.001, "initialPlayer": "W", "komi": 0.5},
]
ODD: list[Any] = [
    None, True, -1, 0, 1.5, 1e308, 2**64, -(2**70), "", "B", "pass", "\u0000", "é𝄞", "\ud800", [], [[]], {}, {"a": 1},
    [["B"]], [["B", "A1", "W"]], ["A1"], [0, 0, 0], [10**9], "x" * 10_000, [["B", "A1"]] * 300,
]  # fmt: skip


def _mutated(random_: random.Random) -> dict[str, Any]:
    query = json.loads(json.dumps(random_.choice(SEED_QUERIES)))
    for _ in range(random_.randint(1, 3)):
        name = random_.choice([*query, "extra", "komi", "rules", "moves", "action", "maxVisits"])
        if random_.random() < 0.2:
            query.pop(name, None)
        else:
            query[name] = random_.choice(ODD)
    if query.get("maxVisits", 0) != SMALL["maxVisits"]:
        query.setdefault("overrideSettings", {"maxTime": 0.02})
    return query


def _lines(random_: random.Random, count: int) -> Iterator[bytes]:
    for _ in range(count):
        line = json.dumps(_mutated(random_)).encode()
        kind = random_.random()
        if kind < 0.15:
            yield random_.randbytes(random_.randint(0, 200)).replace(b"\n", b" ")
        elif kind < 0.3:
            yield line[: random_.randint(0, len(line))]
        elif kind < 0.4:
            at = random_.randrange(len(line))
            yield line[:at] + random_.randbytes(2).replace(b"\n", b" ") + line[at:]
        else:
            yield line


def _check_forms(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        known = answer.keys() in FORMS or "action" in answer or {"moveInfos", "rootInfo"} <= answer.keys()
        assert known, answer


def test_nothing_that_is_sent_stops_the_engine(tmp_path: Path) -> None:
    with engine(tmp_path) as made:
        talk = Talk(made)
        for number, line in enumerate(_lines(random.Random(1), 1500)):
            talk.line(line)
            if number % 100 == 0:
                talk.send(id=f"stop {number}", action="terminate_all")
        talk.send(id="stop", action="terminate_all")
        made.drain()
        _check_forms(talk.answers)
        assert talk.ask(id="still there", **SMALL)["rootInfo"]["visits"] == 8


def _start_and_stop(talk: Talk, rounds: int) -> None:
    for number in range(rounds):
        talk.send(id=f"q{number}", **ENDLESS)
        talk.send(id=f"s{number}", action="terminate", terminateId=f"q{number}")
    talk.engine.drain()
    ended = [a["id"] for a in talk.answers if a.get("isDuringSearch") is False]
    assert sorted(ended) == sorted(f"q{number}" for number in range(rounds))


def test_rapid_starts_and_stops_leave_nothing_behind(tmp_path: Path) -> None:
    with engine(tmp_path) as made:
        _start_and_stop(Talk(made), 500)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_starts_and_stops_leave_nothing_behind(tmp_path: Path) -> None:
    with engine(tmp_path) as made:
        _start_and_stop(Talk(made), 10_000)


def test_clients_that_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    with engine(tmp_path) as made:
        for _ in range(60):
            talk = Talk(made)
            for number in range(5):
                talk.send(id=f"q{number}", **ENDLESS)
            talk.conversation.end()
        made.drain()


@pytest.mark.parametrize("longest", [10, 1000])
def test_lines_are_cut_wherever_they_arrive_in_pieces(monkeypatch: pytest.MonkeyPatch, longest: int) -> None:
    monkeypatch.setattr(stdio, "MAX_LINE", longest)
    random_ = random.Random(2)
    sent = [random_.randbytes(random_.choice([0, 1, 9, 10, 11, 30, 300])).replace(b"\n", b".") for _ in range(60)]
    stream = b"\n".join(sent)
    read, write = os.pipe()
    monkeypatch.setattr(stdio, "_PIECE", 7)
    os.write(write, stream)
    os.close(write)
    with closing(os.fdopen(read, "rb", buffering=0)) as source:
        got = list(stdio.lines(source.fileno()))
    expected = [line if len(line) <= longest else None for line in sent]
    # the end of the input ends no line
    assert got == (expected if sent[-1] else expected[:-1])
