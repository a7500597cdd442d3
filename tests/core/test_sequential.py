"""With one ticket in flight the search equals a plain sequential search, bit for bit."""

import pytest

from daemon.core.search_tree import NODES
from daemon.replay.hashed_game import HashedGame
from protocol import messages as m
from tests.core.local import Local
from tests.core.sequential import Node, SequentialSearch

RULES = ["capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct"]


def by_path(node: Node) -> dict[tuple[int, ...], tuple[int, int, str, str]]:
    found = {node.record: (node.visits, node.lead_visits, node.W.hex(), node.lead_sum.hex())}
    for child in node.children.values():
        found |= by_path(child)
    return found


def tree_by_path(local: Local) -> dict[tuple[int, ...], tuple[int, int, str, str]]:
    tree = local.session.tree
    paths: list[tuple[int, ...]] = [()]
    for node in range(1, int(tree.used[NODES])):
        paths.append((*paths[tree.parent[node]], int(tree.move[node])))
    return {
        path: (
            int(tree.visits[node]),
            int(tree.lead_visits[node]),
            float(tree.W[node]).hex(),
            float(tree.lead_sum[node]).hex(),
        )
        for node, path in enumerate(paths)
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("num_moves", "terminal_share", "leadless_share"), [(2, 0.3, 0.0), (5, 0.1, 0.5), (9, 0.0, 0.0), (40, 0.02, 0.1)]
)
def test_one_ticket_at_a_time_is_sequential(
    rule: str, num_moves: int, terminal_share: float, leadless_share: float
) -> None:
    spec = {"num_moves": num_moves, "size": 1, "terminal_share": terminal_share, "leadless_share": leadless_share}
    settings = m.SearchSettings(collisions=rule, exploration=1.3, fpu_reduction=0.25)  # type: ignore[arg-type]
    local = Local(spec, settings)
    local.search_alone(400)
    reference = SequentialSearch(HashedGame.from_spec(spec), 1.3, 0.25)
    reference.run(400)
    assert reference.root.visits == 400
    assert tree_by_path(local) == by_path(reference.root)


def test_a_search_in_pieces_is_the_search_in_one_go() -> None:
    whole, pieces = Local(), Local()
    whole.search_alone(300)
    for visits in (1, 2, 50, 51, 300):
        pieces.search_alone(visits)
    assert tree_by_path(whole) == tree_by_path(pieces)


def test_two_searchers_that_take_turns_are_one() -> None:
    alone, turns = Local(), Local()
    alone.search_alone(200)
    for name in (b"a", b"b"):
        turns.greet(name)
    turns.ask(m.Search, "s", m.Limits(visits=200))
    who, other = b"a", b"b"
    while (grant := turns.select(who)) is not None:
        turns.update(who, grant)
        who, other = other, who
    assert tree_by_path(alone) == tree_by_path(turns)
