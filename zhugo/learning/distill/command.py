"""`zhugo train distill` as a whole: positions from one process, a student in this one, and the net at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from nets.zhugo_model import Config
from zhugo.learning.distill.curves import draw
from zhugo.learning.distill.run import NET, POSITIONS, Distillation, Plan
from zhugo.learning.distill.show import progress
from zhugo.learning.distill.supply import LOOK_SECONDS, Supply, beside
from zhugo.learning.training.log import read
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions


@dataclass(frozen=True)
class Order:
    """What was asked for; see the command's options."""

    teacher: Path
    out: Path
    run: Path
    config: Config
    plan: Plan
    positions: int
    begin_with: int
    visits: int
    games_at_once: int
    daemon: DaemonOptions


def carry_out(order: Order) -> None:
    """Train until the plan is over; leave the net at ``out``, the curves in the run's folder. Raises ``UserError``."""
    if not order.out.parent.is_dir():
        raise UserError(f"--out {order.out}: there is no folder {order.out.parent}")
    try:
        (order.run / POSITIONS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--run {order.run}: {error.strerror}") from None
    console = Console()
    with progress(console) as show:
        run = Distillation(order.run, order.teacher, order.config, order.plan, show.say)
        with beside(_supply(order, run.net.sha256)) as check:
            wanted = min(order.begin_with, order.positions // 2)
            while check() and (count := run.positions()) < wanted:
                show.waiting(f"the teacher plays: {count:,} of {wanted:,} positions")
                time.sleep(LOOK_SECONDS)
            for entry in run.train():
                check()
                show.entry(entry)
    run.run.log.close()
    order.out.write_bytes((order.run / NET).read_bytes())
    draw(read(order.run), order.run / "curves.svg")
    console.print(f"{order.out}; curves, log and checkpoint in {order.run}", highlight=False, soft_wrap=True)


def _supply(order: Order, sha256: str) -> Supply:
    return Supply(
        order.teacher,
        sha256,
        order.run / POSITIONS,
        order.positions,
        order.visits,
        order.plan.seed,
        order.daemon,
        order.games_at_once,
    )
