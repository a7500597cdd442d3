"""What a person may set, and what is said of what makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.toy_game import Heap
from zhugo.learning.selfplay.command import make_plan, workers_of
from zhugo.learning.selfplay.plan import Plan, read_openings
from zhugo.shared.errors import UserError

ROOT = Path(__file__).parent.parent.parent.parent.parent


def test_options_go_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("visits = 50\nfast_visits = 10\nkeep_tree = false\n")
    plan = make_plan("go", 7, file, {"visits": 60})
    assert (plan.visits, plan.fast_visits, plan.keep_tree) == (60, 10, False)
    assert (plan.game, plan.spec["size"]) == ("go", 7)


def test_every_setting_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "selfplay.md").read_text(encoding="utf-8")
    assert [name for name in Plan.__struct_fields__ if name not in ("game", "spec") and f"`{name}`" not in page] == []


def test_fast_searches_have_no_noise_and_force_no_playouts() -> None:
    plan = Plan("heap", {})
    full, fast = plan.settings(full=True), plan.settings(full=False)
    assert (full.noise_weight, full.forced_playouts, full.choice) == (0.25, 2.0, "pruned")
    assert (fast.noise_weight, fast.forced_playouts, fast.choice) == (0.0, 0.0, "visits")
    assert Plan("heap", {}, forced_playouts=0.0).settings(full=True).choice == "visits"


def test_gumbel_needs_no_other_noise() -> None:
    plan = Plan("heap", {}, root_selection="gumbel", gumbel_moves=8, root_temperature=1.3)
    for full in (True, False):
        how = plan.settings(full=full)
        assert (how.root_selection, how.gumbel_moves, how.policy) == ("gumbel", 8, True)
        assert (how.noise_weight, how.root_temperature, how.forced_playouts) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(("num_moves", "given", "longest"), [(7, None, 200), (362, None, 724), (7, 30, 30)])
def test_when_a_game_is_cut_off(num_moves: int, given: int | None, longest: int) -> None:
    assert Plan("heap", {}, max_moves=given).longest(num_moves) == longest


def test_openings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "openings.txt"
    file.write_text("0 1 2  # a comment\n\n# another\n2 2\n")
    assert read_openings(file, Heap(9)) == [[0, 1, 2], [2, 2]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("0\n2 2 2 2\n", "line 2: so much is not there"), ("0 x\n", "line 1: moves are numbers"), ("# none\n", "none")],
)
def test_openings_that_make_no_sense_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "openings.txt"
    file.write_text(text)
    with pytest.raises(UserError, match=complaint):
        read_openings(file, Heap(9))


@pytest.mark.parametrize("text", ["0", "-1", "x", "1025", "", "²"])
def test_a_crew_has_a_size(text: str) -> None:
    with pytest.raises(UserError, match="--workers: auto, or a number from 1 to 1024"):
        workers_of(text)
    assert (workers_of("auto"), workers_of("12")) == (None, 12)
