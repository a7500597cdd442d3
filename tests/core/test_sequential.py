"""With one ticket in flight the search equals a plain sequential search, bit for bit."""

from typing import Any

import numpy as np
import pytest

from daemon.core.search_tree import NODES, TERMINAL, TRANSPOSED
from daemon.replay.hashed_game import HashedGame
from protocol import messages as m
from tests.core.local import Local
from tests.core.sequential import MEANS, Node, SequentialSearch

RULES = ["capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct"]

ALPHA_ZERO: dict[str, Any] = {
    "exploration": 1.3,
    "exploration_log": 0.0,
    "utility_deviation_scale": 0.0,
    "fpu_reduction": 0.25,
    "root_fpu_reduction": None,
    "fpu_power": 0,
    "static_score_utility": 0.0,
    "dynamic_score_utility": 0.0,
    "value_weight_exponent": 0.0,
    "noise_pruning": 0.0,
    "value_bias": 0.0,
    "uncertainty": 0.0,
}
"""Nothing of what came after AlphaZero."""

PARTS: list[dict[str, Any]] = [
    {},
    ALPHA_ZERO,
    ALPHA_ZERO | {"exploration_log": 2.0, "exploration_base": 10.0},
    ALPHA_ZERO | {"utility_deviation_scale": 1.0, "utility_deviation": 0.2},
    ALPHA_ZERO | {"fpu_power": 1, "root_fpu_reduction": 0.0},
    ALPHA_ZERO | {"static_score_utility": 0.2, "dynamic_score_utility": 0.5, "score_scale": 5.0},
    ALPHA_ZERO | {"value_weight_exponent": 0.5},
    ALPHA_ZERO | {"noise_pruning": 0.1},
    ALPHA_ZERO | {"value_bias": 0.8},
    ALPHA_ZERO | {"uncertainty": 0.5, "max_weight": 4.0},
    ALPHA_ZERO | {"uncertainty": 5e-324},  # the least that is more than 0
    ALPHA_ZERO | {"noise_pruning": 5e-324},
    ALPHA_ZERO | {"value_weight_exponent": 5e-324},
    {"forced_playouts": 2.0},
    ALPHA_ZERO | {"forced_playouts": 20.0},
    {"forced_playouts": 2.0, "noise_weight": 0.25, "seed": 5},
    {"root_temperature": 2.0},
    {"root_selection": "gumbel", "seed": 3},
    ALPHA_ZERO | {"root_selection": "gumbel", "gumbel_moves": 5, "gumbel_offset": 10.0, "gumbel_scale": 0.3},
    {"root_selection": "gumbel", "gumbel_moves": 1},
]


def told(node: Node) -> Any:
    means = {name: node.means.get(name, 0.0).hex() for name in MEANS}
    return node.visits, node.weight.hex(), node.squared_weight.hex(), node.lead_weight.hex(), means


def by_path(search: SequentialSearch) -> dict[tuple[int, ...], Any]:
    """Of each edge its visits and what is said of its position."""
    nothing = Node(())
    return {(): (0, told(search.root))} | {
        edge.record: (edge.visits, told(edge.node or nothing)) for edge in search.edges
    }


def tree_by_path(local: Local) -> dict[tuple[int, ...], Any]:
    t = local.session.tree
    paths: list[tuple[int, ...]] = [()]
    for node in range(1, int(t.used[NODES])):
        paths.append((*paths[t.parent[node]], int(t.move[node])))
    arrays = {name: getattr(t, f"mean_{name}") for name in MEANS}
    return {
        path: (
            int(t.edge_visits[node]),
            (
                int(t.visits[node]),
                float(t.weight[node]).hex(),
                float(t.weight_squared[node]).hex(),
                float(t.lead_weight[node]).hex(),
                {name: float(array[node]).hex() for name, array in arrays.items()},
            ),
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
    compare(spec, m.SearchSettings(collisions=rule), 400)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_search_is_as_it_is_written(part: dict[str, Any]) -> None:
    compare({"num_moves": 12, "size": 1, "terminal_share": 0.05, "leadless_share": 0.0}, m.SearchSettings(**part), 300)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("num_moves", [2, 5, 12])
def test_a_graph_is_the_sequential_one(rule: str, num_moves: int) -> None:
    spec = {"num_moves": num_moves, "size": 1, "terminal_share": 0.02, "leadless_share": 0.1, "transposes": True}
    local = compare(spec, m.SearchSettings(collisions=rule), 600)  # type: ignore[arg-type]
    t = local.session.tree
    assert (t.state[: t.used[NODES]] == TRANSPOSED).sum() > 10


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_search_is_as_it_is_written_in_a_graph(part: dict[str, Any]) -> None:
    spec = {"num_moves": 8, "size": 1, "terminal_share": 0.05, "leadless_share": 0.0, "transposes": True}
    compare(spec, m.SearchSettings(**part), 300)


def test_without_graph_a_position_that_is_met_again_is_another_one() -> None:
    spec = {"num_moves": 8, "size": 1, "terminal_share": 0.05, "leadless_share": 0.0, "transposes": True}
    t = compare(spec, m.SearchSettings(graph=False), 300).session.tree
    assert not (t.state[: t.used[NODES]] == TRANSPOSED).any()


def compare(spec: dict[str, Any], settings: m.SearchSettings, visits: int) -> Local:
    local = Local(spec, settings)
    local.search_alone(visits)
    own = local.session.root_priors.tolist() if local.session.puct.own_root_priors else ()
    reference = SequentialSearch(HashedGame.from_spec(spec), settings, own)
    reference.run(visits)
    assert reference.root.visits == visits
    assert tree_by_path(local) == by_path(reference)
    return local


def test_where_the_net_says_no_lead_the_score_of_an_end_is_worth_nothing() -> None:
    """Else ends alone would have a score utility, and beside evaluations without one a lost game by little look won."""
    local = Local({"num_moves": 9, "size": 1, "terminal_share": 0.2, "leadless_share": 0.5})
    local.search_alone(400)
    t = local.session.tree
    ends = [node for node in range(1, int(t.used[NODES])) if t.state[node] == TERMINAL and not np.isnan(t.lead[node])]
    unsaid = [node for node in ends if np.isnan(t.lead[t.parent[node]])]
    assert 0 < len(unsaid) < len(ends)
    for node in ends:
        assert (t.own_utility[node] == t.value[node]) == (node in unsaid)


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
