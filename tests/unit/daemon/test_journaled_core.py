"""A core that nobody can trust any more is made again of its trace, or begins anew; a replay comes to the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from daemon.core import scheduler as scheduling
from daemon.core.answers import Answers
from daemon.core.config import Config
from daemon.core.invariants import InvariantError
from daemon.core.scheduler import Scheduler
from daemon.core.session import Session
from daemon.core.tickets import Tickets
from daemon.process import journaled_core
from daemon.process.journaled_core import SOON, Encoded, JournaledCore, Taken
from daemon.replay.hashed_game import GAME, HashedGame, HashedReferee, records_of
from daemon.replay.replay import replay, restore
from protocol import messages as m
from protocol.codec import encode
from protocol.trace import FORMAT, Failed, Header, TraceWriter

CLIENT, OTHER, A = b"client", b"other", b"a"
SPEC = {"num_moves": 5, "size": 1}
writing = encode
PHASES = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Life:
    """A core with or without a trace, two clients, a searcher, and a search that is under way."""

    def __init__(self, path: Path | None) -> None:
        self.now = 0.0
        config = Config(searcher_lease=1e6, client_lease=1e6)
        self.trace = None
        restored = None
        if path is not None:
            self.trace = TraceWriter(path, Header(FORMAT, m.PROTOCOL_VERSION, {}, {"game": GAME}, asdict(config), 0.0))

            def restored() -> Scheduler:
                return restore(path, HashedReferee()).core

        self.journaled = JournaledCore(Scheduler(HashedReferee(), config), self.written, restored)
        for client in (CLIENT, OTHER):
            self.say(client, m.Hello(m.PROTOCOL_VERSION, "client", "c", 1))
            self.say(client, m.Open(1, "s", GAME, SPEC, share=True))
        self.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "a", 1))
        self.say(CLIENT, m.Search(2, "s", m.Limits(visits=10_000)))
        self.work(self.grant_of(self.say(A, m.Select(m.BatchRequest(2)))), 20)

    def written(self, now: float, sender: bytes, inbound: Any, answers: Answers, failed: Failed | None) -> Encoded:
        encoded: Encoded = [(receiver, writing(answer)) for receiver, answer in answers]
        if self.trace is not None:
            self.trace.event(now, sender, inbound, encoded, failed)
        return encoded

    @staticmethod
    def grant_of(taken: Taken) -> m.Grant:
        (grant,) = [answer for _, answer in taken.answers if isinstance(answer, m.Grant)]
        return grant

    def say(self, sender: bytes, message: m.Inbound) -> Taken:
        self.now += 0.1
        return self.journaled.take(sender, [bytes(frame) for frame in encode(message)], self.now)

    def work(self, grant: m.Grant, batches: int) -> m.Grant:
        for _ in range(batches):
            arrays = HashedGame.from_spec(SPEC).evaluate(records_of(grant))
            grant = self.grant_of(self.say(A, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(2))))
        self.grant = grant
        return grant

    @property
    def visits(self) -> int:
        return self.journaled.core.sessions.by_name["s"].visits

    def end(self, path: Path) -> None:
        """The trace replays to what is there now."""
        assert self.trace is not None
        self.trace.end(self.journaled.core.digests())
        self.trace.close()
        verdict = replay(path, HashedReferee())
        assert verdict.difference is None
        assert verdict.digests == self.journaled.core.digests()
        assert restore(path, HashedReferee()).core.digests() == verdict.digests


def once(patch: pytest.MonkeyPatch, owner: Any, name: str, faulty: Callable[..., Any]) -> None:
    """Put this in the place of a function, the first time that it is called."""
    sound = getattr(owner, name)

    def instead(*arguments: Any) -> Any:
        patch.setattr(owner, name, sound)
        return faulty(*arguments)

    patch.setattr(owner, name, instead)


def _bookkeeping(patch: pytest.MonkeyPatch) -> None:
    """What is outside every session trips half way."""

    def request(self: Tickets, *_: object) -> None:
        self.waiting.clear()
        self.live.clear()
        self.last_grant += 1
        raise KeyError("tickets")

    once(patch, Tickets, "request", request)


def _invariants(patch: pytest.MonkeyPatch) -> None:
    """A session fails, and what is left does not fit together."""

    def update(*_: object) -> int:
        raise IndexError("an update")

    def check(*_: object) -> None:
        raise InvariantError("the books are wrong")

    once(patch, Session, "update", update)
    once(patch, scheduling, "check_books", check)


def _answers(patch: pytest.MonkeyPatch) -> None:
    """An answer that nobody can write down."""

    def cannot(_: Any) -> list[bytes | memoryview]:
        raise OverflowError("an answer")

    once(patch, sys.modules[__name__], "writing", cannot)


PLANTED: list[Callable[[pytest.MonkeyPatch], None]] = [_bookkeeping, _invariants, _answers]


def bring(life: Life) -> Taken:
    """The update that something is wrong with."""
    arrays = HashedGame.from_spec(SPEC).evaluate(records_of(life.grant))
    return life.say(A, m.Update(life.grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(2)))


@pytest.mark.parametrize("planted", PLANTED)
def test_the_state_comes_from_the_trace_again_without_the_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], planted: Any
) -> None:
    life = Life(tmp_path / "trace")
    before, visits = life.journaled.core.digests(), life.visits
    with monkeypatch.context() as patch:
        planted(patch)
        taken = bring(life)
    ((receiver, refused),) = taken.answers
    assert receiver == A
    assert isinstance(refused, m.Refused)
    assert refused.reason.startswith("failed: Update: ")
    assert taken.message is None
    assert life.journaled.core.digests() == before
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "the state came from the trace again" in said
    assert "Traceback" not in said
    # the searcher greets anew, as it does whenever it is refused, and the search goes on
    life.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "a", 1))
    life.work(life.grant_of(life.say(A, m.Select(m.BatchRequest(2)))), 5)
    assert life.visits > visits
    life.journaled.core.check_invariants()
    assert life.journaled.core.counters.restarts == 1
    life.end(tmp_path / "trace")


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("path", ["trace", None])
def test_it_begins_anew_where_the_trace_does_not_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], planted: Any, path: str | None
) -> None:
    life = Life(tmp_path / path if path else None)
    life.journaled._handled = 0  # it came from there a moment ago
    with monkeypatch.context() as patch:
        planted(patch)
        taken = bring(life)
    assert sorted(taken.answers, key=lambda one: one[0]) == [(who, m.NotGreeted()) for who in (A, CLIENT, OTHER)]
    assert "every session is gone" in capfd.readouterr().err
    assert life.journaled.core.sessions.by_name == {}
    # everybody greets, and no number of before comes again
    last = life.grant.grant
    for client in (CLIENT, OTHER):
        life.say(client, m.Hello(m.PROTOCOL_VERSION, "client", "c", 1))
    life.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "a", 1))
    life.say(CLIENT, m.Open(1, "s", GAME, SPEC))
    life.say(CLIENT, m.Search(2, "s"))
    grant = life.grant_of(life.say(A, m.Select(m.BatchRequest(2))))
    assert grant.grant > last
    assert grant.parts[0].position > life.grant.parts[0].position
    life.work(grant, 5)
    if path:
        life.end(tmp_path / path)


def test_after_a_while_the_trace_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(tmp_path / "trace")
    for _ in range(3):
        with monkeypatch.context() as patch:
            _bookkeeping(patch)
            bring(life)
        life.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "a", 1))
        life.work(life.grant_of(life.say(A, m.Select(m.BatchRequest(2)))), SOON)
    assert life.journaled.core.counters.restarts == 3
    assert "s" in life.journaled.core.sessions.by_name
    life.end(tmp_path / "trace")


def test_a_message_that_cannot_be_read_for_want_of_memory_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    life = Life(tmp_path / "trace")

    def understand(*_: object) -> m.Inbound:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(journaled_core, "understand", understand)
        taken = life.say(CLIENT, m.Play(9, "s", 0))
    assert taken.encoded
    ((receiver, refused),) = taken.answers
    assert (receiver, isinstance(refused, m.Refused) and refused.request) == (CLIENT, 9)
    assert "could not read a message: MemoryError" in capfd.readouterr().err
    life.work(life.grant, 3)
    life.end(tmp_path / "trace")
