"""Self-play as a person sees it."""

from __future__ import annotations

from zhugo.learning.selfplay.run import RunProgress
from zhugo.learning.selfplay.show import Rates, summary
from zhugo.learning.selfplay.tasks import Work


def test_rates_look_back_a_little() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    for second in range(1, 61):
        now = float(second)
        speed = 100 if second <= 30 else 400
        done = Work(positions=30 * 100 + (second - 30) * 400 if second > 30 else second * speed)
        told = rates.of(done)
    assert told.startswith("400 positions/s, ")


def test_rates_of_slow_work_look_back_on_all_of_it() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    for second in range(1, 101):
        now = float(second)
        told = rates.of(Work(positions=second // 25 * 500))
    assert told.startswith("20 positions/s, ")


def test_the_share_of_the_device_is_that_of_all_workers() -> None:
    now = 0.0
    rates = Rates(lambda: now)
    now = 2.0
    assert rates.of(Work(evaluations=3000, busy=3.0, seconds=4.0)) == "0 positions/s, 1,500 evaluations/s, device 75%"


def test_what_a_run_came_to() -> None:
    work = Work(positions=500, evaluations=20_000, busy=5.0, seconds=20.0)
    standing = RunProgress(30, 10, 2, games=30, resigned=5, checked=4, wrong=1, deaths=1, device="torch", work=work)
    assert list(summary(standing, 10.0)) == [
        "20 games, 10 were there; 500 positions in 10 s",
        "2 workers, each with torch",
        "50 positions/s, 2,000 evaluations/s, device 25%, 7,200 games/h",
        "25% resigned; of those that played on regardless, wrongly: 1 of 4",
        "1 workers died and were replaced",
    ]


def test_nothing_was_left_to_do() -> None:
    assert list(summary(RunProgress(10, 10, 2, games=10), 0.1)) == ["0 games, 10 were there; 0 positions in 0 s"]
