"""A net with an optimistic policy has other priors at the cursor than below it."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.core import checkpoint
from daemon.core import search_tree as st
from daemon.core.scheduler import Scheduler
from daemon.replay.hashed_game import HashedReferee
from protocol import messages as m
from tests.core.local import Local

A, B = b"a", b"b"


def searched(settings: m.SearchSettings | None = None, visits: int = 60) -> Local:
    """A tree over the hashed game, searched from its start by a searcher with an optimistic policy, which is gone."""
    local = Local({"num_moves": 6, "size": 1, "seed": 5, "terminal_share": 0.0}, settings)
    local.greet(A)
    local.greet(B)
    local.ask(m.Search, "s", m.Limits(visits=visits))
    run(local, local.select(A, optimistic=True))
    return local


def run(local: Local, grant: m.Grant | None) -> None:
    """Evaluate for A until there is nothing more to do."""
    while grant is not None:
        grant = local.update(A, grant, m.BatchRequest(1, optimistic=True))


def move_to_best(local: Local) -> int:
    """Move the cursor to the child with most visits, and search from there."""
    tree = local.session.tree
    children = st.children_of(tree, local.session.cursor)
    best = children[np.argmax(tree.visits[children])]
    local.ask(m.Play, "s", int(tree.move[best]))
    local.ask(m.Search, "s", m.Limits(new_visits=10))
    return int(best)


def priors_of(local: Local, optimism: float) -> list[float]:
    """What the hashed game says of the cursor's moves, -1 where illegal."""
    bits = local.game.evaluate([local.session.record], [optimism])["priors"][0]
    priors = bits.view(np.float16).astype(np.float64)
    return np.where(np.isfinite(priors), priors, -1.0).tolist()


def policy(local: Local) -> list[float]:
    """The cursor's priors in the tree."""
    return st.policy(local.session.tree, local.session.cursor).tolist()


def test_the_start_is_evaluated_as_a_root_and_what_is_below_it_is_not() -> None:
    local = searched()
    assert policy(local) == priors_of(local, 0.2)
    move_to_best(local)
    assert policy(local) == priors_of(local, 1.0)


def test_a_cursor_from_below_another_gets_the_priors_of_a_root_before_anything_else_is_handed_out() -> None:
    local = searched()
    cursor = move_to_best(local)
    tree, visits = local.session.tree, local.session.visits
    grant = local.take_grant(A)
    assert grant is not None
    assert grant.offsets.tolist() == [0, 0]
    assert (grant.parts[0].root_optimism, grant.parts[0].optimism) == (0.2, 1.0)
    assert local.select(B, 4, speculate=True, optimistic=True) is None, "it waits for these priors"
    before = {int(tree.move[child]): tree.visits[child] for child in st.children_of(tree, cursor)}

    local.update(A, grant, m.BatchRequest(1, optimistic=True))

    assert local.session.visits == visits, "new priors are no visit"
    assert policy(local) == priors_of(local, 0.2)
    children = st.children_of(tree, cursor)
    assert before.items() <= {int(tree.move[child]): tree.visits[child] for child in children}.items()
    for child in children:
        assert tree.prior[child] == np.float32(priors_of(local, 0.2)[tree.move[child]])
    served = local.take_grant(B)
    assert served is not None, "who waited is served"
    assert served.offsets[-1] > 0


@pytest.mark.parametrize("way", ["searcher dies", "grant fails"])
def test_priors_that_do_not_come_are_asked_for_again(way: str) -> None:
    local = searched()
    move_to_best(local)
    grant = local.take_grant(A)
    assert grant is not None
    if way == "searcher dies":
        local.say(A, m.Goodbye())
    else:
        local.say(A, m.Failed(grant.grant, "the device fell over"))
        local.ask(m.Search, "s", m.Limits(new_visits=10))
    again = local.select(B, optimistic=True)
    assert again is not None
    assert again.offsets.tolist() == [0, 0]
    local.update(B, again)
    assert policy(local) == priors_of(local, 0.2)


def test_going_back_to_a_root_asks_for_nothing() -> None:
    local = searched()
    move_to_best(local)
    run(local, local.take_grant(A))
    local.ask(m.Undo, "s")
    local.ask(m.Search, "s", m.Limits(new_visits=1))
    grant = local.take_grant(A)
    assert grant is not None
    assert grant.offsets.tolist() != [0, 0]
    assert policy(local) == priors_of(local, 0.2)


def test_another_optimism_counts_from_the_next_search_on() -> None:
    local = searched()
    local.ask(m.Configure, "s", m.SearchSettings(root_policy_optimism=0.7))
    local.ask(m.Search, "s", m.Limits(new_visits=5))
    run(local, local.take_grant(A))
    assert policy(local) == priors_of(local, np.float32(0.7))


def test_one_optimism_for_all_nodes_asks_for_nothing() -> None:
    local = searched(m.SearchSettings(root_policy_optimism=0.5, policy_optimism=0.5))
    move_to_best(local)
    grant = local.take_grant(A)
    assert grant is not None
    assert grant.offsets.tolist() != [0, 0]
    assert policy(local) == priors_of(local, 0.5)


def test_a_net_with_one_policy_is_asked_for_no_other() -> None:
    local = searched()
    move_to_best(local)
    local.say(A, m.Goodbye())
    grant = local.select(B)
    assert grant is not None
    assert grant.offsets.tolist() != [0, 0]
    assert grant.parts[0].optimism is None


def test_a_state_is_taken_over_while_priors_are_asked_for() -> None:
    local = searched()
    move_to_best(local)
    frames = [bytes(frame) for frame in checkpoint.save(local.core)]
    local.core = Scheduler(HashedReferee(), local.core.config)
    checkpoint.load(local.core, frames)
    local.core.check_invariants()
    grant = local.take_grant(A)
    assert grant is not None
    run(local, grant)
    assert policy(local) == priors_of(local, 0.2)
