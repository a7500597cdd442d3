"""Faults of the core's own, planted in it: one costs the session that it happened in, and nobody else anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.core.containment import Containment, Failure, Refusal, describe
from daemon.core.session import Session
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.replay import replay
from daemon.replay.simulation import STEPS, _header, _World
from protocol import messages as m
from protocol.trace import TraceReader, TraceWriter
from tests.core.local import CLIENT, Local, one_by_one, root_visits
from zhugo.debugger.explaining.info import info
from zhugo.debugger.reading.recording import Recording

OTHER, A, B = b"other", b"a", b"b"
BAD = "bad"


def plant(patch: pytest.MonkeyPatch, method: str, error: Exception, fails: Callable[[Session], bool]) -> None:
    """Have a method of these sessions spoil something and raise."""
    one_by_one(patch)
    sound = getattr(Session, method)

    def faulty(self: Session, *arguments: Any, **named: Any) -> Any:
        if not fails(self):
            return sound(self, *arguments, **named)
        self.tree.visits[:] += 7
        self.record, self.cursor_path = [*self.record, 99], []
        raise error

    patch.setattr(Session, method, faulty)


def world() -> Local:
    """Two clients in session ``bad``, which one searches and the other watches; a search in ``s`` beside it.

    Searcher A holds leaves of both, B is parked on such.
    """
    local = Local()
    local.accepts_faults = True
    local.say(OTHER, m.Hello(m.PROTOCOL_VERSION, "client", "other", 2))
    local.ask(m.Open, BAD, "hashed", local.spec)
    local.say(OTHER, m.Open(1, BAD, "hashed", local.spec, share=True))
    local.say(OTHER, m.Watch(7, BAD))
    for name in (A, B):
        local.greet(name)
    local.ask(m.Search, "s", m.Limits(visits=60))
    local.ask(m.Search, BAD, m.Limits(visits=60), report_every=1.0)
    local.held = {}  # type: ignore[attr-defined]
    for _ in range(4):
        grant = local.select(A, 2)
        assert grant is not None
        assert len(grant.parts) == 2
        local.update(A, grant)
    local.held = {A: local.select(A, 2), B: local.select(B, 64)}  # type: ignore[attr-defined]
    local.heard.clear()
    return local


def _updates(local: Local) -> None:
    local.update(A, local.held[A])  # type: ignore[attr-defined]


def _ticks(local: Local) -> None:
    local.now += 1.0
    local.say(b"", m.Tick())


TRIGGERS: dict[str, tuple[str, Callable[[Local], object]]] = {
    "an update": ("update", _updates),
    "a selection": ("select", lambda local: (_updates(local), local.select(A, 2))),
    "tickets that die": ("release", lambda local: local.say(A, m.Goodbye())),
    "a move": ("goto", lambda local: local.ask(m.Play, BAD, local.game.legal([])[0])),
    "settings": ("configure", lambda local: local.ask(m.Configure, BAD, m.SearchSettings())),
    "a search": ("restrict", lambda local: local.ask(m.Search, BAD)),
    "memory that is looked for": ("make_room", _ticks),
    "time that is looked at": ("ending", _ticks),
}

REPORTS: dict[str, Callable[[Local], object]] = {
    "asked for": lambda local: local.ask(m.Query, BAD),
    "live": _ticks,
    "the last": lambda local: local.ask(m.Stop, BAD),
}


def assert_contained(local: Local, error: Exception) -> None:
    """``bad`` is gone and everybody in it knows why; ``s`` ends as if nothing had been, and the name is free."""
    said = {
        who: [one for one in local.heard.get(who, []) if getattr(one, "session", "") == BAD] for who in (CLIENT, OTHER)
    }
    for heard in said.values():
        (closed,) = [one for one in heard if isinstance(one, m.Closed)]
        assert type(error).__name__ in closed.reason
        assert "\n" not in closed.reason
    mine = [one for one in said[CLIENT] if isinstance(one, m.Report) and one.final]
    theirs = [one for one in said[OTHER] if isinstance(one, m.Report) and one.final]
    assert [report.reason for report in mine][-1] in ("failed", "replaced", "moved")
    assert theirs[-1].reason == "closed"
    assert type(error).__name__ in theirs[-1].failure
    assert local.core.counters.failures == 1
    assert list(local.core.sessions.by_name) == ["s"]

    while local.reports() == [] or local.reports()[-1].session != "s":
        for searcher in (A, B):
            if searcher not in local.core.peers:
                local.greet(searcher)
            if (held := local.core.tickets.live.get(searcher)) is not None:
                grants = [one for one in local.heard.get(searcher, []) if isinstance(one, m.Grant)]
                known = [grant for grant in (*grants, local.held.get(searcher)) if grant and grant.grant == held.grant]  # type: ignore[attr-defined]
                local.update(searcher, known[-1], m.BatchRequest(2))
            elif searcher not in local.core.tickets.waiting:
                local.say(searcher, m.Select(m.BatchRequest(2)))
    assert local.reports()[-1].visits == 60
    (opened,) = local.ask(m.Open, BAD, "hashed", local.spec)
    assert isinstance(opened, m.Opened)
    (status,) = local.ask(m.AskStatus)
    assert isinstance(status, m.Status)
    assert (status.failures, status.restarts) == (1, 0)


@pytest.mark.parametrize("error", [IndexError("planted"), MemoryError(), RecursionError("deep")], ids=repr)
@pytest.mark.parametrize("name", TRIGGERS)
def test_a_session_that_fails_is_closed_and_all_else_goes_on(
    monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    method, trigger = TRIGGERS[name]
    local = world()
    with monkeypatch.context() as patch:
        plant(patch, method, error, lambda session: session.name == BAD)
        trigger(local)
    assert_contained(local, error)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_that_fails_costs_its_session(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import daemon.core.searches as module

    local, error, sound = world(), ValueError("no report"), module.make_report

    def faulty(session: Session, *rest: Any) -> m.Report:
        if session.name == BAD:
            raise error
        return sound(session, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(module, "make_report", faulty)
        REPORTS[name](local)
    assert_contained(local, error)


def test_whoever_asked_is_refused_with_the_story(monkeypatch: pytest.MonkeyPatch) -> None:
    local = world()
    plant(monkeypatch, "goto", IndexError("planted"), lambda session: session.name == BAD)
    (refused,) = [a for a in local.ask(m.Play, BAD, local.game.legal([])[0]) if isinstance(a, m.Refused)]
    assert refused.request == local.requests
    assert refused.reason.startswith("failed: IndexError (planted; test_containment.py, line ")


def test_a_session_that_cannot_be_made_leaves_the_old_one_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    local = Local()
    local.search_alone(20)
    local.accepts_faults = True
    before = root_visits(local)
    with monkeypatch.context() as patch:
        plant(patch, "goto", MemoryError(), lambda _: True)
        for ask in (
            lambda: local.ask(m.Reset, "s", "hashed", local.spec),
            lambda: local.ask(m.Open, "t", "hashed", local.spec),
        ):
            (refused,) = ask()
            assert isinstance(refused, m.Refused)
            assert "MemoryError" in refused.reason
    assert root_visits(local) == before
    assert list(local.core.sessions.by_name) == ["s"]


def test_a_game_that_fails_is_no_fault_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    local = Local()
    local.search_alone(20)
    local.accepts_faults = True

    def judge(*_: object) -> int:
        raise KeyError("the game fell over")

    with monkeypatch.context() as patch:
        patch.setattr(HashedReferee, "judge", judge)
        (refused,) = local.ask(m.Play, "s", 0)
    assert isinstance(refused, m.Refused)
    assert "the game fell over" in refused.reason
    assert local.session.visits == 20
    assert local.core.counters.failures == 1


def _failing_run(seed: int, path: Path, patch: pytest.MonkeyPatch) -> Counter[str]:
    """A simulated run whose sessions fail now and then at anything; how often at what."""
    made = _World(seed)
    made.accepts_faults = True
    failures: Counter[str] = Counter()

    def fails(method: str) -> Callable[[Session], bool]:
        def fail(_: Session) -> bool:
            fail_now = made.accidents and made.random.random() < 0.1
            failures[method] += fail_now
            return fail_now

        return fail

    with patch.context() as planted:
        for method in ("goto", "configure", "restrict", "select", "update", "release", "ending"):
            plant(planted, method, MemoryError(), fails(method))
        with TraceWriter(path, _header(made, seed, STEPS)) as made.trace:
            made.run(STEPS)
    assert made.master.counters.failures <= failures.total()
    return failures


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 7, 8, 10])  # each fails at something
def test_a_run_with_failures_replays_where_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    failures = _failing_run(seed, tmp_path / "trace", monkeypatch)
    assert failures.total() > 0
    verdict = replay(tmp_path / "trace", HashedReferee())
    assert verdict.difference is None
    assert verdict.ends == 1
    marked = [record for _, record in TraceReader(tmp_path / "trace") if getattr(record, "failed", None) is not None]
    assert marked
    told = info(Recording.load(tmp_path / "trace"))["failed_events"]
    assert len(told) >= len(marked)
    assert {each["cost"] for each in told} == {"its session"}


class TestContainment:
    def test_steps_are_counted_and_what_failed_is_left_alone_from_then_on(self) -> None:
        contained, done = Containment(), []
        contained.begin()
        assert contained.attempt(1, lambda: 5, 0) == 5
        assert contained.attempt(1, lambda: 1 // 0, 0) == 0
        assert contained.attempt(1, lambda: done.append("again"), None) is None
        assert contained.attempt(2, lambda: 6, 0) == 6
        assert done == []
        assert [fault.step for fault in contained.faults] == [2]
        assert contained.why(1).startswith("ZeroDivisionError (")
        assert contained.why(2) == ""

    def test_a_replay_is_told_what_failed(self) -> None:
        contained = Containment()
        contained.begin([(2, "MemoryError (a.py, line 3)")])
        assert contained.demand(lambda: 5) == 5
        with pytest.raises(Failure, match=r"failed: MemoryError \(a.py, line 3\)"):
            contained.demand(lambda: 6)
        assert contained.faults[0].error is None

    def test_a_refusal_is_no_fault(self) -> None:
        contained = Containment()
        contained.begin()

        def refuse() -> None:
            raise Refusal("no")

        with pytest.raises(Refusal, match="no"):
            contained.demand(refuse, 1)
        assert contained.faults == []

    def test_a_story_is_one_line_of_bounded_length(self) -> None:
        told = describe(ValueError("one\ntwo\n" + "x" * 10_000))
        assert told.isprintable()
        assert len(told) < 600
