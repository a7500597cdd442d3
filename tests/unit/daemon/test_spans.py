"""Spans of requests and batches, kept in memory."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from daemon.process import spans as module
from daemon.process.journaled_core import Taken
from daemon.process.spans import Spans
from protocol import messages as m
from tests.core.local import CLIENT, Local


class Spanned(Local):
    """A core whose events become spans."""

    exporter: InMemorySpanExporter
    spans: Spans | None = None

    def say(self, sender: bytes, message: m.AnyMessage) -> list[m.Outbound]:
        answers = self.core.handle(sender, message, self.now)
        if self.spans is not None:
            self.spans.took(sender, Taken(message, answers, []), 0.25, self.core.peers)  # type: ignore[arg-type]
        for receiver, answer in answers:
            self.heard.setdefault(receiver, []).append(answer)
        return [answer for receiver, answer in answers if receiver == sender]

    def finished(self) -> list[tuple[str, dict[str, object]]]:
        return [(span.name, dict(span.attributes or {})) for span in self.exporter.get_finished_spans()]


@pytest.fixture
def local() -> Spanned:
    made = Spanned()
    made.exporter = InMemorySpanExporter()
    made.spans = Spans(SimpleSpanProcessor(made.exporter))
    return made


def test_a_request_is_a_span_from_its_arrival_to_its_answer(local: Spanned) -> None:
    local.ask(m.Play, "s", local.game.legal([])[0])
    local.ask(m.Undo, "s", 5)
    (play, told), (undo, of_undo) = local.finished()
    assert (play, told["zhugo.session"], told["zhugo.client"], told["zhugo.core_seconds"]) == (
        "Play",
        "s",
        "client",
        0.25,
    )
    assert told["zhugo.answer"] == "Done"
    assert (undo, of_undo["zhugo.answer"]) == ("Undo", "Refused: cannot undo 5 of 1 moves")
    span = local.exporter.get_finished_spans()[0]
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time == 250_000_000


def test_a_search_ends_with_its_last_report_and_batches_stand_beside_it(local: Spanned) -> None:
    local.greet(b"s1")
    local.ask(m.Search, "s", m.Limits(visits=2))
    grant = local.select(b"s1")
    assert local.finished() == []
    while grant is not None:
        grant = local.update(b"s1", grant, m.BatchRequest(1))
    names = [name for name, _ in local.finished()]
    assert sorted(names) == ["Search", "batch", "batch"]
    search = dict(local.finished())["Search"]
    assert search["zhugo.answer"] == "Report: visits"
    batch = dict(local.finished())["batch"]
    assert (batch["zhugo.searcher"], batch["zhugo.leaves"], batch["zhugo.answer"]) == ("s1", 1, "Update")


def test_what_is_never_answered_is_forgotten(local: Spanned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 2)
    for _ in range(5):
        local.ask(m.Search, "s", m.Limits(visits=1000))
    assert local.spans is not None
    assert len(local.spans._requests) <= 2
    assert CLIENT in local.core.peers
