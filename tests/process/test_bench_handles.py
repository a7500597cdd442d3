"""The benchmark of the longest event: what it says of a small tree."""

from bench.handles import measure


def test_it_grows_a_tree_drops_most_of_it_and_makes_checkpoints() -> None:
    plain, traced = measure((1500,), size=13)
    assert [row["trace"] for row in (plain, traced)] == [False, True]
    for row in (plain, traced):
        assert row["longest_cpu_ms"] > 0
        assert row["longest_ms"] > 0
        assert {"Update", "Play", "Configure", "Close"} <= row["by_event"].keys()
        assert row["dropping_cpu_ms"] > 0
        assert row["bytes_per_visit"] < 1200
    assert plain["checkpoints"] == 0
    assert traced["checkpoints"] >= 1
