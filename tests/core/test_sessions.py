"""What a session promises its clients: limits, a tree that is kept, restrictions, sharing, leases."""

from __future__ import annotations

import pytest

from daemon.core import search_tree as st
from daemon.replay.hashed_game import HashedGame, records_of
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local, likeliest_move, root_visits

A, B = b"a", b"b"


def refusals(answers: list[m.Outbound]) -> list[str]:
    return [answer.reason for answer in answers if isinstance(answer, m.Refused)]


class TestLimits:
    @pytest.mark.parametrize("visits", [1, 2, 3, 50, 333])
    def test_visits_are_exact(self, visits: int) -> None:
        local = Local()
        local.search_alone(visits)
        (report,) = local.reports()
        assert (report.visits, report.reason) == (visits, "visits")

    def test_visits_count_what_is_there_and_new_visits_do_not(self) -> None:
        local = Local()
        local.search_alone(50)
        local.search_alone(50)
        assert local.session.visits == 50
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(new_visits=50))
        grant = local.select(A)
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(1))
        assert local.session.visits == 100

    def test_time_ends_a_search_without_any_searcher(self) -> None:
        local = Local()
        local.ask(m.Search, "s", m.Limits(seconds=2.0))
        assert local.core.next_deadline() == 2.0
        local.now = 2.0
        local.say(b"", m.Tick())
        assert [report.reason for report in local.reports()] == ["time"]

    def test_live_reports_come_on_time(self) -> None:
        local = Local()
        local.ask(m.Search, "s", report_every=0.5)
        for local.now in (0.4, 0.5, 0.9, 1.0):
            local.say(b"", m.Tick())
        live = [answer for answer in local.heard[CLIENT] if isinstance(answer, m.Report)]
        assert [report.elapsed for report in live] == [0.5, 1.0]

    def test_memory_is_a_limit_in_bytes(self) -> None:
        local = Local(settings=m.SearchSettings(max_bytes=33_000))
        local.search_alone(100_000)
        (report,) = local.reports()
        assert report.reason == "memory"
        assert 25_000 < report.bytes <= 33_000

    @pytest.mark.parametrize("max_bytes", range(600, 4000, 200))
    def test_a_search_of_known_ends_is_over_however_little_memory_is_left(self, max_bytes: int) -> None:
        local = Local({"num_moves": 3, "size": 1, "terminal_share": 1.0}, m.SearchSettings(max_bytes=max_bytes))
        local.search_alone(64)
        (report,) = local.reports()
        assert report.reason in ("visits", "memory")
        assert report.bytes <= max_bytes

    def test_memory_that_is_taken_away_ends_a_search_whatever_is_in_flight(self) -> None:
        for held in (False, True):
            local = Local()
            local.greet(A)
            local.ask(m.Search, "s", m.Limits(visits=1000))
            for _ in range(10):
                grant = local.select(A)
                assert grant is not None
                local.update(A, grant)
            grant = local.select(A) if held else None
            local.ask(m.Configure, "s", m.SearchSettings(max_bytes=600))
            if grant is not None:
                local.update(A, grant)
            assert local.select(A) is None
            assert [report.reason for report in local.reports()] == ["memory"]

    def test_memory_is_found_beside_the_line_that_is_played(self) -> None:
        local = Local({"num_moves": 5, "size": 1, "terminal_share": 0.0}, m.SearchSettings(max_bytes=33_000))
        local.search_alone(100_000)
        move = likeliest_move(local)
        child = st.child_of(local.session.tree, local.session.cursor, move)
        kept = int(local.session.tree.visits[child])
        local.ask(m.Play, "s", move)
        assert local.session.visits == kept
        local.search_alone(kept + 20)
        assert local.session.visits == kept + 20
        local.core.check_invariants()

    def test_a_finished_game_is_not_searched(self) -> None:
        local = Local({"num_moves": 3, "size": 1, "terminal_share": 1.0})
        local.ask(m.Goto, "s", [local.game.legal([])[0]])
        local.ask(m.Goto, "s", [*local.session.record, local.game.legal(local.session.record)[0]])
        local.search_alone(10)
        local.search_alone(10)
        assert [report.reason for report in local.reports()] == ["terminal", "terminal"]


class TestTheTreeIsKept:
    def test_undo_finds_it_as_it_was(self) -> None:
        local = Local()
        local.search_alone(200)
        before, move = root_visits(local), likeliest_move(local)
        local.ask(m.Play, "s", move)
        local.search_alone(local.session.visits + 100)
        local.ask(m.Undo, "s")
        assert root_visits(local) == before
        assert local.session.visits == 200

    def test_forward_again_too(self) -> None:
        local = Local()
        local.search_alone(200)
        local.ask(m.Play, "s", likeliest_move(local))
        kept = local.session.visits
        assert kept > 1
        local.search_alone(kept + 50)
        local.ask(m.Undo, "s")
        local.ask(m.Play, "s", likeliest_move(local))
        assert local.session.visits == kept + 50

    def test_what_was_learnt_below_counts_in_q_but_not_in_edge_visits(self) -> None:
        local = Local()
        local.search_alone(100)
        move = likeliest_move(local)
        local.ask(m.Play, "s", move)
        local.search_alone(local.session.visits + 300)
        local.ask(m.Undo, "s")
        tree, cursor = local.session.tree, local.session.cursor
        child = st.child_of(tree, cursor, move)
        assert tree.visits[child] == tree.edge_visits[child] + 300
        local.search_alone(150)
        assert local.session.visits == 150

    def test_a_game_opened_at_move_three_can_be_undone_to_its_start(self) -> None:
        local = Local()
        record: list[int] = []
        while len(record) < 3:
            record.append(local.game.legal(record)[0])
        local.ask(m.Goto, "s", record)
        local.search_alone(30)
        local.ask(m.Undo, "s", 3)
        local.search_alone(60)
        local.ask(m.Goto, "s", record)
        assert local.session.visits == 30


class TestRestrictions:
    @pytest.mark.parametrize("allow", [False, True])
    def test_only_what_is_allowed_gets_new_visits(self, allow: bool) -> None:
        local = Local()
        local.search_alone(50)
        before = root_visits(local)
        side = int(local.session.tree.to_play[local.session.cursor])
        legal = local.game.legal([])
        named = legal[1:] if not allow else legal[:1]
        local.greet(A)
        local.ask(
            m.Search,
            "s",
            m.Limits(visits=150),
            restrictions=[m.Restriction(side, named, 1, allow)],  # type: ignore[arg-type]
        )
        grant = local.select(A)
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(1))
        after = root_visits(local)
        assert after[legal[0]] == before.get(legal[0], 0) + 100
        assert {move: visits for move, visits in after.items() if move != legal[0]} == {
            move: visits for move, visits in before.items() if move != legal[0]
        }

    def test_if_nothing_is_allowed_everything_is(self) -> None:
        local = Local()
        side = local.game.to_play([])
        local.greet(A)
        nothing = m.Restriction(side, list(range(5)), 1)  # type: ignore[arg-type]
        local.ask(m.Search, "s", m.Limits(visits=40), restrictions=[nothing])
        grant = local.select(A)
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(1))
        assert sum(root_visits(local).values()) == 39


class TestSharing:
    def test_two_clients_on_one_session_see_one_tree(self) -> None:
        local = Local()
        local.say(b"second", m.Hello(m.PROTOCOL_VERSION, "client", "second", 2))
        (opened,) = local.say(b"second", m.Open(1, "s", "hashed", local.spec, share=True))
        assert isinstance(opened, m.Opened)
        assert opened.shared
        local.say(b"second", m.Watch(2, "s", 0.1))
        local.search_alone(20)
        (seen,) = [a for a in local.heard[b"second"] if isinstance(a, m.Report)]
        assert (seen.request, seen.visits, seen.final) == (2, 20, True)
        (report,) = local.say(b"second", m.Query(3, "s"))
        assert isinstance(report, m.Report)
        assert report.visits == 20

    def test_a_session_lives_as_long_as_somebody_is_in_it(self) -> None:
        local = Local()
        local.say(b"second", m.Hello(m.PROTOCOL_VERSION, "client", "second", 2))
        local.say(b"second", m.Open(1, "s", "hashed", local.spec, share=True))
        local.ask(m.Close, "s")
        assert refusals(local.ask(m.Query, "s")) == ["no session 's' is open here"]
        assert local.core.digests()
        local.say(b"second", m.Goodbye())
        assert not local.core.digests()

    def test_sessions_get_equal_shares_of_a_batch(self) -> None:
        local = Local({"num_moves": 5, "size": 1, "terminal_share": 0.0})
        for i in range(3):
            local.ask(m.Open, f"t{i}", "hashed", local.spec)
            local.ask(m.Search, f"t{i}", m.Limits(visits=200))
        local.greet(A)
        grant = local.select(A, 6)
        seen = [0, 0, 0]
        while grant is not None:
            grant = local.update(A, grant, m.BatchRequest(6))
            visits = [local.core.sessions.by_name[f"t{i}"].visits for i in range(3)]
            seen = visits
            assert max(visits) - min(visits) <= 12
        assert seen == [200, 200, 200]

    @pytest.mark.parametrize("speculate", [False, True])
    @pytest.mark.parametrize("trees", [1, 2, 4, 8])
    def test_a_large_batch_takes_little_of_each_tree(self, trees: int, speculate: bool) -> None:
        local = Local({"num_moves": 40, "size": 1, "terminal_share": 0.0})
        for i in range(trees):
            local.ask(m.Open, f"t{i}", "hashed", local.spec)
            local.ask(m.Search, f"t{i}", m.Limits(visits=300))
        local.greet(A)
        batch_request = m.BatchRequest(16, speculate, per_tree=4)
        answers = local.say(A, m.Select(batch_request))
        largest, most_of_a_tree = 0, 0
        while grant := next((answer for answer in answers if isinstance(answer, m.Grant)), None):
            leaves = len(grant.offsets) - 1
            sizes: dict[int, int] = {}
            for part, end in zip(grant.parts, [*(part.first for part in grant.parts[1:]), leaves], strict=True):
                sizes[part.position] = sizes.get(part.position, 0) + end - part.first
            largest, most_of_a_tree = max(largest, leaves), max(most_of_a_tree, *sizes.values())
            answers = local.say(
                A, m.Update(grant.grant, PHASES, **local.game.evaluate(records_of(grant)), batch_request=batch_request)
            )
        assert largest == min(16, 4 * trees)
        assert most_of_a_tree <= 4
        assert [report.visits for report in local.reports()] == [300] * trees

    def test_another_board_size_waits_for_another_batch(self) -> None:
        local = Local()
        local.ask(m.Open, "t", "hashed", {"num_moves": 7, "size": 2})
        local.ask(m.Search, "s", m.Limits(visits=5))
        local.ask(m.Search, "t", m.Limits(visits=5))
        local.greet(A)
        sizes = []
        grant = local.select(A, 4)
        while grant is not None:
            sizes.append(grant.num_moves)
            assert {part.spec["size"] for part in grant.parts} == {1 if grant.num_moves == 5 else 2}
            game = HashedGame.from_spec(grant.parts[0].spec)
            update = m.Update(grant.grant, PHASES, **game.evaluate(records_of(grant)), batch_request=m.BatchRequest(4))
            answers = local.say(A, update)
            grant = next((answer for answer in answers if isinstance(answer, m.Grant)), None)
        assert {5, 7} == set(sizes)


def test_to_clear_the_cache_is_told_to_every_searcher_before_its_next_work() -> None:
    local = Local()
    for searcher in (b"a", b"b"):
        local.greet(searcher)
    local.select(b"a")
    assert local.ask(m.ClearCache) == [m.Done(local.requests)]
    local.ask(m.Search, "s", m.Limits(visits=1))
    assert [type(said) for said in local.heard[b"a"]] == [m.Welcome, m.ClearEvaluations, m.Grant]
    assert local.heard[b"b"][-1] == m.ClearEvaluations()
    assert refusals(local.say(b"b", m.ClearCache(1))) == ["ClearCache is not for a searcher to send"]


def test_a_searcher_that_goes_over_to_another_device_keeps_what_it_holds() -> None:
    local = Local()
    local.greet(b"a")
    local.ask(m.Search, "s", m.Limits(visits=2))
    grant = local.select(b"a")
    assert grant is not None
    net = m.NetInfo("net", "0" * 64, "zhugo", "OpenVINO on the CPU, int8", "the fastest")
    assert local.say(b"a", m.DeviceChanged(net)) == []
    assert isinstance(status := local.ask(m.AskStatus)[0], m.Status)
    assert (status.searchers[0].net, status.searchers[0].state) == (net, "working")
    local.update(b"a", grant)
    assert refusals(local.ask(lambda _: m.DeviceChanged(net))) == ["DeviceChanged is not for a client to send"]  # type: ignore[arg-type]


class TestLeases:
    def test_a_silent_searcher_loses_its_tickets_and_the_other_goes_on(self) -> None:
        local = Local()
        local.greet(A)
        local.greet(B)
        local.ask(m.Search, "s", m.Limits(visits=30))
        lost = local.select(A, 4)
        assert lost is not None
        assert local.select(B, 4) is None
        for local.now in (4.0, 8.0):
            local.say(B, m.Heartbeat())
        local.now = 10.0
        local.heard.clear()
        local.say(b"", m.Tick())
        grant = local.take_grant(B)
        assert grant is not None
        late = local.say(A, m.Update(lost.grant, PHASES, **local.game.evaluate([[]])))
        assert late == [m.NotGreeted()]
        while grant is not None:
            grant = local.update(B, grant, m.BatchRequest(4))
        assert local.session.visits == 30

    def test_a_second_update_is_refused_and_changes_nothing(self) -> None:
        local = Local()
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(visits=30))
        grant = local.select(A)
        assert grant is not None
        local.update(A, grant)
        before = local.core.digests()
        again = local.say(A, m.Update(grant.grant, PHASES, **local.game.evaluate([[]])))
        assert refusals(again) == ["grant 1 is not live: it was updated, or its lease is over"]
        assert local.core.digests() == before

    def test_a_failed_evaluation_ends_the_search_with_its_reason(self) -> None:
        local = Local()
        local.greet(A)
        local.ask(m.Search, "s")
        grant = local.select(A)
        assert grant is not None
        local.say(A, m.Failed(grant.grant, "the net plays 19x19 only"))
        assert [(report.reason, report.failure) for report in local.reports()] == [
            ("failed", "the net plays 19x19 only")
        ]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (m.Play(1, "s", 99), "move 1 is illegal: 99"),
        (m.Undo(1, "s", 3), "cannot undo 3 of 0 moves"),
        (m.Query(1, "nobody"), "no session 'nobody' is open here"),
        (m.Open(1, "s", "hashed", {"num_moves": 5}), "session 's' is open already; share it"),
        (m.Open(1, "t", "chess", {}), "unknown game 'chess'"),
        (m.Open(1, "t", "hashed", {}), "a specification of the hashed game needs a num_moves"),
        (m.Select(m.BatchRequest(1)), "Select is not for a client to send"),
        (m.Tick(), "Tick is the shell's"),
        (m.Paused(60.0), "Paused is the shell's"),
        (m.Principals([]), "Principals is the shell's"),
        (m.Drain("end"), "Drain is the shell's"),
        (m.NetSwapped(), "NetSwapped is the shell's"),
        (m.SetBounds(1, 1, 1, 1, 1, 1, 1.0, 1, 1.0), "SetBounds is the shell's"),
        (m.Done(1), "Done is not for the master"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_the_reason(message: m.AnyMessage, reason: str) -> None:
    local = Local()
    before = local.core.digests()
    assert refusals(local.say(CLIENT, message)) == [reason]
    assert local.core.digests() == before
    assert local.core.counters.refused == 1
