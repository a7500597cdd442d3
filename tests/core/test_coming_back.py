"""A client that comes back on another connection finds what it had, and nothing that it asked for is done twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.peers import HANDLED
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import Local

SPEC = {"num_moves": 5, "size": 1}
OLD, NEW, OTHER, SEARCHER = b"old", b"new", b"other", b"searcher"


def hello(token: str = "secret", role: Any = "client") -> m.Hello:
    return m.Hello(m.PROTOCOL_VERSION, role, "somebody", 1, token=token)


def with_a_client(token: str = "secret") -> Local:
    """A core in which ``OLD`` has the session "mine"."""
    local = Local(SPEC)
    local.say(OLD, hello(token))
    local.say(OLD, m.Open(1, "mine", "hashed", SPEC))
    return local


def last_request(answers: list[m.Outbound]) -> int | None:
    (welcome,) = answers
    assert isinstance(welcome, m.Welcome)
    return welcome.last_request


def record_of(local: Local, name: str = "mine") -> list[int]:
    return local.core.sessions.by_name[name].record


class TestWhoComesBack:
    def test_has_its_sessions_searches_and_watches(self) -> None:
        local = with_a_client()
        local.say(OLD, m.Watch(2, "mine", 1.0))
        local.say(OLD, m.Search(3, "mine", report_every=1.0))
        assert last_request(local.say(NEW, hello())) == 3
        local.now += 1.5
        local.say(b"", m.Tick())
        assert {answer.request for answer in local.heard[NEW] if isinstance(answer, m.Report)} == {2, 3}
        assert local.say(NEW, m.Play(4, "mine", 2))[-1] == m.Done(4)
        assert [who for who, peer in local.core.peers.items() if peer.hello.token] == [NEW]

    def test_is_a_stranger_on_its_old_connection(self) -> None:
        local = with_a_client()
        local.say(NEW, hello())
        assert local.say(OLD, m.Play(4, "mine", 2)) == [m.NotGreeted(4)]
        assert record_of(local) == []

    def test_keeps_what_it_shares_with_others(self) -> None:
        local = with_a_client()
        local.say(OLD, m.Open(2, "s", "hashed", SPEC, share=True))
        local.say(NEW, hello())
        local.say(NEW, m.Close(3, "s"))
        assert list(local.core.sessions.by_name) == ["s", "mine"]

    def test_may_greet_twice_on_one_connection(self) -> None:
        local = with_a_client()
        assert last_request(local.say(OLD, hello())) == 1
        assert local.say(OLD, m.Play(2, "mine", 2)) == [m.Done(2)]

    def test_leaves_behind_what_it_had_on_the_new_connection_under_another_token(self) -> None:
        local = with_a_client()
        local.say(NEW, hello("another"))
        local.say(NEW, m.Open(1, "its", "hashed", SPEC))
        local.say(NEW, hello())
        assert list(local.core.sessions.by_name) == ["s", "mine"]

    @pytest.mark.parametrize(("before", "now"), [("", ""), ("secret", "other"), ("secret", "")])
    def test_is_known_by_its_token_alone(self, before: str, now: str) -> None:
        local = with_a_client(before)
        assert last_request(local.say(NEW, hello(now))) is None
        (refused,) = local.say(NEW, m.Query(2, "mine"))
        assert isinstance(refused, m.Refused)

    def test_is_forgotten_when_its_lease_is_over(self) -> None:
        local = with_a_client()
        local.say(OLD, m.Search(5, "mine"))
        local.heard.clear()
        local.now += 2e6
        local.say(b"", m.Tick())
        assert local.heard[OLD] == [m.NotGreeted()]
        assert local.say(OLD, m.Play(2, "mine", 2)) == [m.NotGreeted(2)]
        assert last_request(local.say(OLD, hello())) is None
        assert "mine" not in local.core.sessions.by_name

    def test_is_not_the_searcher_of_the_same_token(self) -> None:
        local = with_a_client()
        assert last_request(local.say(SEARCHER, hello(role="searcher"))) is None
        assert record_of(local) == []


def test_a_searcher_that_comes_back_holds_nothing_any_more() -> None:
    local = with_a_client()
    local.say(OLD, m.Search(2, "mine", m.Limits(visits=50)))
    local.say(OLD_SEARCHER := b"before", hello("its", "searcher"))
    grant = local.select(OLD_SEARCHER)
    assert grant is not None
    local.say(SEARCHER, hello("its", "searcher"))
    assert not local.core.tickets.live
    assert local.select(SEARCHER) is not None
    assert list(local.core.peers) == [b"client", OLD, SEARCHER]


class TestARequestThatComesAgain:
    def test_is_answered_and_not_obeyed_again(self) -> None:
        local = with_a_client()
        requests: list[m.Inbound] = [
            m.Play(2, "mine", 2),
            m.Play(3, "mine", 4),
            m.Undo(4, "mine"),
            m.Configure(5, "mine", m.SearchSettings(cap=0.5)),
            m.Stop(6, "mine"),
            m.Open(7, "else", "hashed", SPEC, [3]),
            m.Close(8, "else"),
            m.Watch(9, "mine"),
        ]
        first = [local.say(OLD, request) for request in requests]
        digests = local.core.digests()
        local.say(NEW, hello())
        again = [local.say(NEW, request) for request in requests if not isinstance(request, m.Open)]
        assert again == [answers for request, answers in zip(requests, first, strict=True) if request.request != 7]
        assert (local.core.digests(), record_of(local)) == (digests, [2])
        assert len(local.core.sessions.searches.watchers["mine"]) == 1

    def test_is_refused_again_for_the_same_reason(self) -> None:
        local = with_a_client()
        wrong = m.Play(2, "mine", 99)
        refused = local.say(OLD, wrong)
        assert isinstance(refused[0], m.Refused)
        assert local.say(NEW, hello())
        assert local.say(NEW, wrong) == refused

    def test_opens_no_session_anew_but_says_where_it_stands(self) -> None:
        local = with_a_client()
        local.say(OLD, m.Play(2, "mine", 3))
        local.say(NEW, hello())
        told = m.Opened(1, "mine", "hashed", SPEC, [3], False, 1 << 30)
        assert local.say(NEW, m.Open(1, "mine", "hashed", SPEC)) == [told]
        local.say(NEW, m.Close(3, "mine"))
        (refused,) = local.say(NEW, m.Open(1, "mine", "hashed", SPEC))
        assert isinstance(refused, m.Refused)

    def test_is_a_new_one_for_a_client_without_a_token(self) -> None:
        local = with_a_client("")
        for _ in range(2):
            local.say(OLD, m.Play(2, "mine", 4))
        assert record_of(local) == [4, 4]

    def test_may_be_a_question_and_gets_a_new_answer(self) -> None:
        local = with_a_client()
        local.say(OLD, m.Query(2, "mine"))
        local.say(OLD, m.Play(3, "mine", 2))
        (report,) = local.say(OLD, m.Query(2, "mine"))
        assert isinstance(report, m.Report)
        assert report.record == [2]

    def test_is_known_among_so_many(self) -> None:
        local = with_a_client()
        for request in range(2, HANDLED + 2):
            local.core.handle(OLD, m.Stop(request, "mine"), local.now)
        assert len(local.core.peers[OLD].handled) == HANDLED
        assert 2 in local.core.peers[OLD].handled


class TestASearchThatComesAgain:
    SEARCH = m.Search(2, "mine", m.Limits(visits=20), pv_length=3)

    def searched(self, reason: str) -> tuple[Local, m.Report]:
        """A search that ended so, and its final report."""
        local = with_a_client()
        local.greet(SEARCHER)
        local.say(OLD, self.SEARCH)
        grant = local.select(SEARCHER)
        if reason == "stopped":
            local.say(OLD, m.Stop(3, "mine"))
        while grant is not None and reason == "visits":
            grant = local.update(SEARCHER, grant, m.BatchRequest(1))
        final = next(answer for answer in local.heard[OLD] if isinstance(answer, m.Report) and answer.final)
        assert final.reason == reason
        return local, final

    @pytest.mark.parametrize("reason", ["visits", "stopped"])
    def test_has_its_final_report_again(self, reason: str) -> None:
        local, final = self.searched(reason)
        local.now += 7.0
        local.say(NEW, hello())
        assert local.say(NEW, self.SEARCH) == [final]
        assert local.core.sessions.searches.running == []

    def test_goes_on_without_another_word_while_it_runs(self) -> None:
        local = with_a_client()
        local.say(OLD, self.SEARCH)
        local.say(NEW, hello())
        assert local.say(NEW, self.SEARCH) == []
        local.say(NEW, m.Stop(3, "mine"))
        assert [answer.request for answer in local.heard[NEW] if isinstance(answer, m.Report)] == [2]

    def test_ended_once_also_if_another_came_after_it(self) -> None:
        local, _ = self.searched("visits")
        local.say(OLD, m.Search(4, "mine"))
        local.say(OLD, m.Stop(5, "mine"))
        (report,) = local.say(OLD, self.SEARCH)
        assert isinstance(report, m.Report)
        assert (report.request, report.final, report.reason, report.new_visits) == (2, True, "replaced", 0)

    def test_ended_also_if_its_session_plays_another_game_now(self) -> None:
        local, _ = self.searched("stopped")
        local.say(OLD, m.Reset(4, "mine", "hashed", {"num_moves": 3, "size": 1}))
        (report,) = local.say(OLD, self.SEARCH)
        assert isinstance(report, m.Report)
        assert (report.reason, report.visits, report.new_visits) == ("moved", 0, 0)


class Returning(RuleBasedStateMachine):
    """A client that plays and takes back, and loses its connection, or its daemon, whenever it likes to.

    It has one request open at a time, says it again whenever it is back, and believes what it is answered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.core = Scheduler(HashedReferee(), Config(client_lease=1e6))
        self.lives = 0
        self.request = 1
        self.open: m.Inbound | None = None
        self.record: list[int] = []
        self.connect()
        self.say(m.Open(1, "mine", "hashed", SPEC))

    @property
    def sender(self) -> bytes:
        return f"life {self.lives}".encode()

    def say(self, message: m.Inbound) -> list[m.Outbound]:
        answers = self.core.handle(self.sender, message, 0.0)
        self.core.check_invariants()
        return [answer for receiver, answer in answers if receiver == self.sender]

    def connect(self) -> int | None:
        self.lives += 1
        return last_request(self.say(hello()))

    def hear(self, answer: m.Outbound) -> None:
        match self.open, answer:
            case m.Play(move=move), m.Done():
                self.record.append(move)
            case m.Undo(count=count), m.Done():
                del self.record[-count:]
            case _:
                assert isinstance(answer, m.Refused)
        self.open = None

    @rule(move=some.integers(0, 6), arrives=some.booleans(), answered=some.booleans())
    def play(self, move: int, arrives: bool, answered: bool) -> None:
        self.ask(m.Play(self.request + 1, "mine", move), arrives, answered)

    @rule(count=some.integers(1, 3), arrives=some.booleans(), answered=some.booleans())
    def undo(self, count: int, arrives: bool, answered: bool) -> None:
        self.ask(m.Undo(self.request + 1, "mine", count), arrives, answered)

    def ask(self, message: m.Play | m.Undo, arrives: bool, answered: bool) -> None:
        """Ask for it, if nothing is open. It may not arrive, nor its answer, before the connection is lost."""
        if self.open is not None:
            return
        self.open, self.request = message, message.request
        if arrives:
            (answer,) = self.say(message)
            if answered:
                self.hear(answer)

    @rule()
    def come_back(self) -> None:
        assert self.connect() in (self.request, self.request - 1)
        if self.open is not None:
            (answer,) = self.say(self.open)
            self.hear(answer)

    @rule()
    def restart(self) -> None:
        """The daemon is killed and resumed."""
        core = Scheduler(HashedReferee(), self.core.config)
        load(core, [bytes(frame) for frame in save(self.core)])
        self.core = core

    @invariant()
    def nothing_is_lost_or_done_twice(self) -> None:
        if self.open is None:
            assert self.core.sessions.by_name["mine"].record == self.record


Returning.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestReturning = Returning.TestCase
