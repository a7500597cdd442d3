"""What a session promises its clients: limits, a tree that is kept, restrictions, choice, fairness, leases."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.core import search_tree as st
from daemon.core.choice import LCB_WEIGHT_SHARE, children, order, preferences
from daemon.replay.hashed_game import HashedGame, records_of
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local, root_visits

A, B = b"a", b"b"


def refusals(answers: list[m.Outbound]) -> list[str]:
    return [answer.reason for answer in answers if isinstance(answer, m.Refused)]


def likeliest_move(local: Local) -> int:
    return max(root_visits(local).items(), key=lambda item: item[1])[0]


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


class TestChoice:
    def test_lcb_prefers_the_surer_of_two_good_moves(self) -> None:
        local = Local({"num_moves": 40, "size": 1, "terminal_share": 0.0})
        local.search_alone(500)
        session = local.session
        found = children(session.tree, 0, session.puct)
        by_bound = order(found, preferences(session, found))
        local.ask(m.Configure, "s", m.SearchSettings(choice="visits"))
        by_visits = order(found, preferences(session, found))
        assert found.visits[by_visits[0]] == found.visits.max()
        bound = session.tree.to_play[0] * found.utility - found.radius
        heavy = found.weight >= LCB_WEIGHT_SHARE * found.weight.max()
        assert bound[by_bound[0]] == bound[heavy].max()
        assert sorted(by_visits) == sorted(by_bound)

    def test_temperature_draws_in_proportion_and_from_the_seed(self) -> None:
        def chosen(seed: int) -> int | None:
            local = Local(settings=m.SearchSettings(temperature=1.0, seed=seed, choice="visits"))
            local.search_alone(40)
            return local.reports()[0].chosen

        draws = [chosen(seed) for seed in range(60)]
        assert draws == [chosen(seed) for seed in range(60)]
        local = Local()
        local.search_alone(40)
        visits = root_visits(local)
        assert set(draws) <= set(visits)
        for move, count in visits.items():
            assert abs(draws.count(move) / 60 - count / 39) < 0.25

    def test_noise_comes_from_the_seed_and_changes_the_search(self) -> None:
        def visits(noise: float, seed: int) -> dict[int, int]:
            settings = m.SearchSettings(noise_weight=noise, seed=seed)
            local = Local({"num_moves": 40, "size": 1, "terminal_share": 0.0}, settings)
            local.search_alone(100)
            return root_visits(local)

        assert visits(0.25, 1) == visits(0.25, 1)
        assert visits(0.25, 1) != visits(0.25, 2)
        assert visits(0.0, 1) == visits(0.0, 2)

    def test_temperature_at_the_root_flattens_its_priors_and_no_others(self) -> None:
        def searched(temperature: float) -> Local:
            settings = m.SearchSettings(
                root_temperature=temperature, exploration=100.0, noise_pruning=0.0, uncertainty=0.0, policy=True
            )
            local = Local({"num_moves": 40, "size": 1, "terminal_share": 0.0}, settings)
            local.search_alone(400)
            return local

        def shares(local: Local) -> dict[int, float]:
            return {move: visits / 399 for move, visits in root_visits(local).items()}

        plain, flat = searched(1.0), searched(2.0)
        (report,) = (said for said in flat.ask(m.Query, "s") if isinstance(said, m.Report))
        powers = {move: prior**0.5 for move, prior in enumerate(report.policy) if prior > 0}
        # with so much exploration visits follow the priors
        for move, power in powers.items():
            assert shares(flat).get(move, 0.0) == pytest.approx(power / sum(powers.values()), abs=0.01)
            assert shares(plain).get(move, 0.0) == pytest.approx(report.policy[move], abs=0.01)

    def test_first_play_at_the_root_can_be_valued_otherwise_than_below(self) -> None:
        def tried(**settings: float) -> int:
            how = m.SearchSettings(exploration=0.5, fpu_power=0, **settings)  # type: ignore[arg-type]
            local = Local({"num_moves": 40, "size": 1, "terminal_share": 0.0}, how)
            local.search_alone(200)
            return len([visits for visits in root_visits(local).values() if visits])

        assert tried(fpu_reduction=0.2, root_fpu_reduction=None) == tried(root_fpu_reduction=0.2)
        few, many = tried(root_fpu_reduction=2.0), tried(root_fpu_reduction=0.0)
        assert few < tried() < many

    def test_a_position_that_was_only_speculated_on_has_its_own_root_priors_too(self) -> None:
        settings = m.SearchSettings(root_temperature=3.0)
        local = Local({"num_moves": 8, "size": 1, "terminal_share": 0.0}, settings)
        local.search_alone(1)
        local.greet(A)
        local.ask(m.Search, "s", m.Limits())
        grant = local.select(A, 8, speculate=True)
        assert grant is not None
        local.update(A, grant)
        tree = local.session.tree
        (guess, *_) = (child for child in st.children_of(tree, 0) if tree.state[child] == st.EVALUATED)
        local.ask(m.Goto, "s", [int(tree.move[guess])])
        local.session.select(1, 1, speculate=False)
        legal = st.policy(local.session.tree, local.session.cursor) >= 0
        assert ((local.session.root_priors > 0) == legal).all()


class TestReports:
    def test_a_report_adds_up(self) -> None:
        local = Local()
        local.search_alone(300)
        (report,) = local.reports()
        assert sum(child.visits for child in report.children) == report.visits - 1
        assert [child.order for child in report.children] == list(range(len(report.children)))
        assert report.chosen == report.children[0].move
        values = [report.raw_value, *(child.value for child in report.children if child.visits)]
        assert min(values) < report.value < max(values)
        weights = sum(child.weight for child in report.children)
        assert weights == pytest.approx(local.session.tree.children_weight[0])
        for child in report.children:
            assert child.pv[0] == child.move
            assert child.pv_visits == sorted(child.pv_visits, reverse=True)
            assert (child.utility - child.utility_lcb) * report.to_play > 0
            if abs(child.lcb) < 1.0:
                part_of_utility = 1.0 / (1.0 + 0.1 + 0.3)  # beside the static and the dynamic worth of the score
                radius = (child.utility - child.utility_lcb) * part_of_utility
                assert child.value - child.lcb == pytest.approx(radius, abs=1e-6)

    def test_ownership_is_the_mean_of_what_the_search_saw(self) -> None:
        local = Local(settings=m.SearchSettings(ownership=True))
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(visits=3))
        grant = local.select(A)
        seen = []
        while grant is not None:
            seen.append(np.full((1, 4), len(seen) / 4, np.float32))
            arrays = local.game.evaluate([[*grant.parts[0].record, *grant.moves.tolist()]]) | {"ownership": seen[-1]}
            answers = local.say(A, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(1)))
            grant = next((answer for answer in answers if isinstance(answer, m.Grant)), None)
        report = local.reports()[-1]
        assert report.ownership == [0.25] * 4
        assert all(child.ownership == [] for child in report.children)

    def test_ownership_after_each_move_is_the_mean_of_what_was_seen_below_it(self) -> None:
        local = Local(settings=m.SearchSettings(ownership=True))
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(visits=40), moves_ownership=True)
        grant = local.select(A)
        while grant is not None:
            line = grant.moves.tolist()
            # the net says k / 8 of every point below the cursor's move k
            seen = np.full((1, 4), line[0] / 8 if line else -1, np.float32)
            arrays = local.game.evaluate([[*grant.parts[0].record, *line]]) | {"ownership": seen}
            answers = local.say(A, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(1)))
            grant = next((answer for answer in answers if isinstance(answer, m.Grant)), None)
        children = [child for child in local.reports()[-1].children if child.visits]
        assert len(children) > 1
        assert all(child.ownership == [child.move / 8] * 4 for child in children)
        local.ask(m.Query, "s", moves_ownership=True)
        asked = local.heard[CLIENT][-1]
        assert isinstance(asked, m.Report)
        assert [child.ownership for child in asked.children if child.visits] == [[c.move / 8] * 4 for c in children]

    def test_moves_that_are_avoided_are_neither_told_nor_chosen_whatever_was_searched_before(self) -> None:
        local = Local()
        local.search_alone(200)
        best = local.reports()[-1].chosen
        assert best is not None
        player = 1 if local.reports()[-1].to_play > 0 else -1
        local.ask(m.Search, "s", m.Limits(seconds=0.0), restrictions=[m.Restriction(player, [best], 1)])
        local.now += 1.0
        local.say(b"", m.Tick())
        report = local.reports()[-1]
        assert report.chosen not in (None, best)
        assert best not in [child.move for child in report.children]
        assert [child.order for child in report.children] == list(range(len(report.children)))

    @pytest.mark.parametrize("visits", [1, 100])
    def test_the_nets_own_policy_is_told_whatever_was_visited(self, visits: int) -> None:
        local = Local(settings=m.SearchSettings(policy=True))
        local.search_alone(visits)
        (report,) = local.reports()
        priors = local.game.evaluate([[]])["priors"][0]
        expected = [-1.0 if bits == m.ILLEGAL_PRIOR else float(bits.view(np.float16)) for bits in priors]
        assert report.policy == expected
        assert sum(p for p in report.policy if p >= 0) == pytest.approx(1.0, abs=0.01)
        assert all(report.policy[child.move] == child.prior for child in report.children)

    def test_no_policy_is_told_unless_it_is_asked_for(self) -> None:
        local = Local()
        local.search_alone(5)
        assert local.reports()[-1].policy == []


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
        (m.Done(1), "Done is not for the master"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_the_reason(message: m.AnyMessage, reason: str) -> None:
    local = Local()
    before = local.core.digests()
    assert refusals(local.say(CLIENT, message)) == [reason]
    assert local.core.digests() == before
    assert local.core.counters.refused == 1


class TestLeads:
    """A net need not say a lead, nor need a game's end; what says none counts in no mean of leads, for good."""

    @staticmethod
    def searched(leadless_share: float, terminal_share: float = 0.1) -> Local:
        spec = {"num_moves": 5, "size": 1, "leadless_share": leadless_share, "terminal_share": terminal_share}
        local = Local(spec)
        local.search_alone(300)
        return local

    def test_one_lead_that_nobody_said_leaves_the_others(self) -> None:
        local = self.searched(leadless_share=0.1)
        tree, used = local.session.tree, int(local.session.tree.used[st.NODES])
        unsaid = np.isnan(tree.lead[:used]) & (tree.visits[:used] > 0)
        assert unsaid.any()
        (report,) = local.reports()
        assert report.lead == tree.mean_lead[0]
        assert 0.5 * tree.weight[0] < tree.lead_weight[0] < tree.weight[0]
        # the hashed game's lead is ten times its value, so the means lie close to each other
        assert report.lead == pytest.approx(10 * report.value, abs=1.5)

    def test_a_mean_of_few_is_not_said(self) -> None:
        local = self.searched(leadless_share=0.9)
        (report,) = local.reports()
        assert 0 < local.session.tree.lead_weight[0] < 0.5 * local.session.tree.weight[0]
        assert report.lead is None
        assert {child.lead for child in report.children if child.visits > 40} == {None}

    def test_a_net_without_a_score_deviation_is_given_none(self) -> None:
        """The means of what was seen lie apart all the same."""
        local = Local()
        local.greet(A)
        local.ask(m.Search, "s", m.Limits(visits=50))
        grant = local.select(A)
        while grant is not None:
            arrays = local.game.evaluate(records_of(grant)) | {"score": np.zeros((0, 0), np.float32)}
            answers = local.say(A, m.Update(grant.grant, PHASES, **arrays, batch_request=m.BatchRequest(1)))
            grant = next((answer for answer in answers if isinstance(answer, m.Grant)), None)
        report = local.reports()[-1]
        assert report.lead is not None
        assert {report.score_deviation, *(child.score_deviation for child in report.children)} == {None}

    def test_what_says_none_at_all_has_none(self) -> None:
        (report,) = self.searched(leadless_share=1.0).reports()
        assert (report.lead, report.raw_lead) == (None, None)
        assert all(child.lead is None for child in report.children if child.visits)

    def test_leads_are_counted_over_a_compaction(self) -> None:
        spec = {"num_moves": 5, "size": 1, "terminal_share": 0.0, "leadless_share": 0.3}
        local = Local(spec, m.SearchSettings(max_bytes=33_000))
        local.search_alone(100_000)
        local.ask(m.Play, "s", likeliest_move(local))
        kept = local.session.visits
        local.search_alone(kept + 20)
        assert local.session.visits == kept + 20
