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
class Request:
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


def carry_out(request: Request) -> None:
    """Train until the plan is over; leave the net at ``out``, the curves in the run's folder. Raises ``UserError``."""
    if not request.out.parent.is_dir():
        raise UserError(f"--out {request.out}: there is no folder {request.out.parent}")
    try:
        (request.run / POSITIONS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--run {request.run}: {error.strerror}") from None
    console = Console()
    with progress(console) as show:
        run = Distillation(request.run, request.teacher, request.config, request.plan, show.say)
        with beside(_supply(request, run.net.sha256)) as check:
            wanted = min(request.begin_with, request.positions // 2)
            while check() and (count := run.positions()) < wanted:
                show.waiting(f"the teacher plays: {count:,} of {wanted:,} positions")
                time.sleep(LOOK_SECONDS)
            for entry in run.train():
                check()
                show.entry(entry)
    run.run.log.close()
    request.out.write_bytes((request.run / NET).read_bytes())
    draw(read(request.run), request.run / "curves.svg")
    console.print(f"{request.out}; curves, log and checkpoint in {request.run}", highlight=False, soft_wrap=True)


def _supply(request: Request, sha256: str) -> Supply:
    return Supply(
        request.teacher,
        sha256,
        request.run / POSITIONS,
        request.positions,
        request.visits,
        request.plan.seed,
        request.daemon,
        request.games_at_once,
    )
