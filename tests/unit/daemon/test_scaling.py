"""How many searchers there should be: one more while all have work, one fewer while one has none."""

from __future__ import annotations

from daemon.remote.scaling import GROW_SECONDS, SHRINK_SECONDS, Load, Scaler

BUSY, SOME, NOTHING = (
    Load(searches=4, without_work=0),
    Load(searches=4, without_work=1),
    Load(searches=0, without_work=2),
)


def run(scaler: Scaler, load: Load, seconds: float, begin: float = 0.0) -> int:
    for second in range(int(seconds) + 1):
        scaler.look(load, scaler.wanted, begin + second)
    return scaler.wanted


def test_it_grows_while_all_have_work_and_no_further_than_it_may() -> None:
    scaler = Scaler(1, 4, 2)
    assert run(scaler, BUSY, GROW_SECONDS - 1) == 2
    assert run(scaler, BUSY, GROW_SECONDS) == 3
    assert run(scaler, BUSY, 100 * GROW_SECONDS) == 4


def test_it_shrinks_while_somebody_has_none_and_no_further_than_it_may() -> None:
    scaler = Scaler(1, 4, 3)
    assert run(scaler, SOME, SHRINK_SECONDS - 1) == 3
    assert run(scaler, NOTHING, 10 * SHRINK_SECONDS) == 1


def test_a_moment_of_the_other_kind_begins_the_count_again() -> None:
    scaler = Scaler(1, 4, 2)
    for begin in range(0, 40, 4):
        run(scaler, BUSY, 3, begin)
        run(scaler, SOME, 0, begin + 3)
    assert scaler.wanted == 2


def test_who_is_still_starting_is_waited_for() -> None:
    scaler = Scaler(1, 4, 2)
    for second in range(60):
        scaler.look(BUSY, 1, float(second))
    assert scaler.wanted == 2
    assert Scaler(2, 4, 1).wanted == 2
