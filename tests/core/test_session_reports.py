"""What a session says of its tree: the move that it chooses, its reports, leads."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.core import search_tree as st
from daemon.core.choice import LCB_WEIGHT_SHARE, children, order, preferences
from daemon.replay.hashed_game import records_of
from protocol import messages as m
from tests.core.local import CLIENT, PHASES, Local, likeliest_move, root_visits

A = b"a"


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
        said = {report.raw_score, report.raw_score_deviation}
        for each in (report, *report.children):
            said |= {each.score, each.score_deviation}
        assert said == {None}

    def test_a_score_is_the_mean_of_what_the_net_says_and_so_is_the_cursors_own(self) -> None:
        local = Local({"num_moves": 5, "size": 1, "terminal_share": 0.0})
        local.greet(A)
        local.ask(m.Play, "s", 2)  # of the first position the hashed game says no deviation
        local.search_alone(300)
        (report,) = local.reports()
        tree, cursor = local.session.tree, local.session.cursor
        assert tree.score_deviation[cursor] > 0.0
        assert (report.raw_score, report.raw_score_deviation) == (tree.score[cursor], tree.score_deviation[cursor])
        assert report.score == tree.mean_score[cursor]
        for child, node in ((child, st.child_of(tree, cursor, child.move)) for child in report.children):
            assert child.score == (tree.mean_score[node] if tree.score_deviation[node] > 0.0 else None)
        assert any(child.score is not None for child in report.children)

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
