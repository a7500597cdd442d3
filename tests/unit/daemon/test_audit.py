"""What is told of refusals: each, until they are too many."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.process.audit import PER_SECOND, Audit


class Told:
    def __init__(self) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        self.fields: list[dict[str, Any]] = []
        self.audit = Audit(lambda: self.now, self._write)

    def _write(self, event: str, text: str, **fields: Any) -> None:
        self.lines.append(text)
        self.fields.append({"event": event, **fields})


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_line_says_who_from_where_what_and_why(told: Told) -> None:
    told.audit.refused("ann", "192.0.2.1:50", "Shutdown", "it is not for a client")
    told.audit.refused("", "192.0.2.1:51", "", "it shows no key")
    assert told.lines == [
        "refused ann at 192.0.2.1:50: Shutdown: it is not for a client",
        "refused 192.0.2.1:51: it shows no key",
    ]
    assert told.fields[0] == {
        "event": "refused",
        "level": "warning",
        "principal": "ann",
        "peer": "192.0.2.1:50",
        "message": "Shutdown",
        "reason": "it is not for a client",
    }


def test_what_a_peer_chose_writes_no_lines_and_moves_no_cursor(told: Told) -> None:
    told.audit.refused(
        "ann", "192.0.2.1:50", "Open", "no session 'a\nzhugo-searchd: all is well\x1b[2J'" + "x" * 10_000
    )
    (line,) = told.lines
    assert line.startswith("refused ann at 192.0.2.1:50: Open: no session 'a?zhugo-searchd: all is well?[2J'xxx")
    assert len(line) < 600


def test_a_flood_is_counted_and_not_written(told: Told) -> None:
    for second in range(3):
        told.now = float(second)
        for _ in range(10_000):
            told.audit.refused("", "192.0.2.1", "", "no")
    told.audit.leave_out(7)
    told.now = 3.0
    told.audit.turn()
    left_out = 10_000 - PER_SECOND
    more = [line for line in told.lines if "more" in line]
    assert more == [f"refused {count:,} more that were not told each" for count in (left_out, left_out, left_out + 7)]
    assert len(told.lines) == 3 * PER_SECOND + 3
    told.now = 9.0
    told.audit.turn()
    assert len(told.lines) == 3 * PER_SECOND + 3
