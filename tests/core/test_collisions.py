"""What each rule does when two searches meet, told by small trees."""

import pytest

from daemon.core import search_tree as st
from daemon.core.core_queries import choices, moves_to
from daemon.core.selection import walk
from daemon.replay.hashed_game import HashedGame
from protocol import messages as m
from tests.core.local import CLIENT, Local, root_visits

A, B, C = b"a", b"b", b"c"


def searching(rule: str = "capped", visits: int = 100_000, grown: int = 0, **settings: float) -> Local:
    """A session with ``grown`` visits that searches on, and three searchers at the door."""
    local = Local({"num_moves": 5, "size": 1, "terminal_share": 0.0}, m.SearchSettings(collisions=rule, **settings))  # type: ignore[arg-type]
    if grown:
        local.search_alone(grown)
    for who in (A, B, C):
        local.greet(who)
    local.ask(m.Search, "s", m.Limits(visits=visits))
    return local


def pseudo_visits(local: Local) -> int:
    return int(local.session.tree.pseudo[local.session.cursor])


def test_the_root_can_be_evaluated_by_one_only() -> None:
    local = searching()
    grant = local.select(A, 16)
    assert grant is not None
    assert len(grant.offsets) - 1 == 1
    assert local.select(B, 16) is None  # parked: a path without an expanded node counts as over the cap
    local.heard.clear()
    local.update(A, grant)
    woken = local.take_grant(B)
    assert woken is not None


def test_the_parked_are_served_in_the_order_in_which_they_came() -> None:
    local = searching(cap=0.0)
    grant = local.select(A, 1)
    assert grant is not None
    assert local.select(C, 1) is None
    assert local.select(B, 1) is None
    local.heard.clear()
    local.update(A, grant)
    assert local.take_grant(C) is not None
    assert local.take_grant(B) is None  # parked again, on the leaf that C has now


@pytest.mark.parametrize(("k", "pseudo"), [(0.0, 0), (0.1, 1), (1.0, 1), (1.5, 2), (2.5, 3)])
def test_capped_gives_pseudo_visits_only_below_k_times_visits(k: float, pseudo: int) -> None:
    # One legal move everywhere: all walks end on one leaf, and the node above it has one visit.
    local = Local({"num_moves": 1, "size": 1, "terminal_share": 0.0}, m.SearchSettings(cap=k))
    local.search_alone(10)
    for who in (A, B):
        local.greet(who)
    local.ask(m.Search, "s", m.Limits(visits=1000))
    grant = local.select(A, 8)
    assert grant is not None
    assert len(grant.offsets) - 1 == 1
    assert pseudo_visits(local) == pseudo
    assert local.select(B, 8) is None
    local.update(A, grant)


@pytest.mark.parametrize("rule", ["capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct"])
def test_a_release_takes_away_exactly_what_its_leaf_caused(rule: str) -> None:
    local = searching(rule, grown=60)
    before = local.core.digests()
    visits = root_visits(local)
    local.select(A, 6)
    local.select(B, 6)
    assert local.core.digests() != before
    local.say(A, m.Goodbye())
    local.say(B, m.Goodbye())
    assert root_visits(local) == visits
    assert pseudo_visits(local) == 0


def test_blocking_stops_at_the_first_collision_and_second_best_goes_round() -> None:
    taken = {}
    for rule in ("blocking", "capped", "second-best"):
        local = searching(rule, grown=60)
        grant = local.select(A, 4)
        assert grant is not None
        taken[rule] = len(grant.offsets) - 1
    assert taken["blocking"] <= taken["capped"] <= taken["second-best"] == 4


def test_only_wu_uct_and_virtual_loss_count_the_ticket_itself() -> None:
    for rule, expected in (("capped", 0), ("uncapped", 0), ("wu-uct", 1), ("virtual-loss", 1)):
        local = searching(rule, grown=60)
        local.select(A, 1)
        assert pseudo_visits(local) == expected, rule


def test_virtual_loss_bends_q_and_wu_uct_does_not() -> None:
    # With an enormous loss the second walk flees from the first one's branch; without exploration nothing else would.
    def branches(rule: str, loss: float) -> set[int]:
        local = searching(rule, grown=60, exploration=0.0, virtual_loss=loss)
        found = set()
        for who in (A, B):
            grant = local.select(who, 1)
            if grant is not None:
                found.add(int(grant.moves[0]))
        return found

    assert len(branches("virtual-loss", 100.0)) == 2
    assert len(branches("wu-uct", 1.0)) == 1


@pytest.mark.parametrize("rule", ["capped", "uncapped", "wu-uct"])
def test_leaves_in_flight_below_a_cursor_that_moved_up_crowd_no_edge_above_it(rule: str) -> None:
    """They came through no edge above the cursor of their time; the node itself counts them still."""
    local = searching(rule, grown=200, cap=5.0, dynamic_score_utility=0.0)
    local.ask(m.Stop, "s")
    session = local.session
    move = max(root_visits(local).items(), key=lambda item: item[1])[0]
    before = choices(session, session.cursor, 0)
    local.ask(m.Play, "s", move)
    child = session.cursor
    local.ask(m.Search, "s", m.Limits(new_visits=100))
    assert local.select(A, 8) is not None
    assert session.tree.pseudo[child] > 0
    local.ask(m.Undo, "s")
    assert choices(session, session.cursor, 0) == before
    assert (session.tree.pseudo[child] > 0, session.tree.edge_pseudo[child]) == (True, 0)
    how = session.puct, session.root_priors, session.halving.numbers, session.avoid
    leaf = walk(session.tree.addresses, session.cursor, *how, False, True)
    assert moves_to(session.tree, leaf)[0] == before[0].move, "the walk itself sees what the choices say"


class TestSpeculation:
    def test_fills_the_batch_and_changes_no_count(self) -> None:
        plain, speculating = searching(grown=60), searching(grown=60)
        few, many = plain.select(A, 16), speculating.select(A, 16, speculate=True)
        assert few is not None
        assert many is not None
        assert len(few.offsets) < len(many.offsets)
        assert root_visits(plain) == root_visits(speculating)
        assert pseudo_visits(plain) == pseudo_visits(speculating)

    def test_a_speculative_result_counts_as_nothing_until_it_is_wanted(self) -> None:
        local = searching(grown=60)
        grant = local.select(A, 16, speculate=True)
        assert grant is not None
        tree = local.session.tree
        real = int((tree.state[: tree.used[0]] == st.IN_FLIGHT).sum())
        local.update(A, grant)
        assert local.session.visits == 60 + real
        tree = local.session.tree
        kept = int((tree.state[: tree.used[0]] == st.EVALUATED).sum())
        assert kept == len(grant.offsets) - 1 - real > 0

    @pytest.mark.parametrize("shallow", [False, True])
    def test_shallow_means_nothing_below_results_that_nobody_wanted_yet(self, shallow: bool) -> None:
        local = searching(grown=60)
        local.select(B, 4)
        found = 0
        while found == 0 and (grant := local.select(A, 16, speculate=True, shallow=shallow)):
            tree = local.session.tree
            speculated = tree.state[: tree.used[0]] == st.SPECULATED
            found += int((tree.state[tree.parent[: tree.used[0]][speculated]] == st.EVALUATED).sum())
            local.update(A, grant)
        assert local.core.counters.speculative > 0
        assert (found == 0) == shallow, "shallow, it is parked when nothing else is left"

    def test_kept_results_are_backed_up_without_the_device(self) -> None:
        local = searching(grown=60)
        grant = local.select(A, 16, speculate=True)
        assert grant is not None
        local.update(A, grant)
        leaves_before, visits_before = local.core.counters.leaves, local.session.visits
        for _ in range(20):
            grant = local.select(A, 4)
            assert grant is not None
            local.update(A, grant)
        evaluated = local.core.counters.leaves - leaves_before
        assert local.session.visits - visits_before > evaluated
        assert local.core.counters.speculative_used > 0

    def test_a_selection_that_ends_on_a_speculative_ticket_makes_it_real(self) -> None:
        local = searching(grown=60)
        local.select(A, 16, speculate=True)
        tree = local.session.tree
        speculated = int((tree.state[: tree.used[0]] == st.SPECULATED).sum())
        local.ask(m.Configure, "s", m.SearchSettings(cap=5.0))  # so that B walks on to where A only speculated
        local.select(B, 16)
        tree = local.session.tree
        assert int((tree.state[: tree.used[0]] == st.SPECULATED).sum()) < speculated

    def test_the_search_still_ends_with_exactly_its_visits(self) -> None:
        local = searching(visits=333)
        holders = {}
        for who in (A, B):
            holders[who] = local.select(who, 16, speculate=True)
        for _ in range(1000):
            for who in (A, B):
                grant = holders[who] or local.take_grant(who)
                holders[who] = local.update(who, grant, m.BatchRequest(16, speculate=True)) if grant else None
                local.heard.pop(who, None)
            if local.session.search is None:
                break
        assert local.session.visits == 333
        (report,) = [r for r in local.reports() if r.reason == "visits" and r.visits == 333]
        assert report.session == "s"
        assert CLIENT in local.heard


def test_a_search_of_known_ends_goes_on_though_another_session_is_blocked() -> None:
    """Who stopped at the bound of walks is served again at the next tick, whatever leaf in flight it met elsewhere."""
    local = Local()
    spec = {"num_moves": 5, "terminal_share": 1.0}  # over after two moves
    ends = HashedGame.from_spec(spec)
    local.ask(m.Open, "ends", "hashed", spec, ends.legal([])[:1])
    local.ask(m.Search, "ends", m.Limits(visits=100))
    local.greet(A)
    local.greet(B)
    local.game, blocked = ends, local.game
    grant = local.select(A, 1)
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1))
    local.game = blocked
    local.say(A, m.Hello(m.PROTOCOL_VERSION, "searcher", "a", 1))  # so that it waits no more
    local.heard.clear()
    local.ask(m.Search, "ends", m.Limits(visits=2000))
    local.ask(m.Search, "s", m.Limits(visits=10))
    for who in (A, B):  # each takes known ends; A then the root of "s", and B is parked on it
        local.say(who, m.Select(m.BatchRequest(4)))
    ticks = 0
    while local.core.next_deadline() == 0.0 and ticks < 100:
        local.say(b"", m.Tick())
        ticks += 1
    assert ticks < 100
    assert local.take_grant(B) is not None  # a leaf turned up behind the known ends
