"""`zhugo selfplay` as a whole: a plan, a folder, a pool, and a bar over all."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from daemon.evaluation.machine import cores
from games.registry import named
from nets.facts import check
from zhugo.learning.selfplay.plan import Plan, game_of, read_openings
from zhugo.learning.selfplay.pool import LocalPool, auto_workers, gpus
from zhugo.learning.selfplay.ray_pool import RayPool
from zhugo.learning.selfplay.run import Run
from zhugo.learning.selfplay.show import progress, summary
from zhugo.learning.selfplay.store import Store
from zhugo.shared.backend import settled
from zhugo.shared.errors import UserError
from zhugo.shared.out_of_memory import OutOfMemory

MAX_WORKERS = 1024


def carry_out(
    out: Path, games: int, plan: Plan, workers: int | None, ray: str | None, numbers: Sequence[int] = ()
) -> None:
    """Play until the folder has the games. Raises ``UserError`` or ``GameError`` for what cannot be done."""
    if ray is None:
        settled(plan.device, plan.precision)  # to hear now of what this machine has not
    console = Console()
    began = time.monotonic()
    with Store(out, plan) as store, pool_of(plan, workers, ray, numbers) as pool:
        run = Run(plan, store, range(games), pool)
        try:
            with progress(console) as show, closing(run.play()) as standings:
                for standing in standings:
                    show(standing)
        except OutOfMemory as error:
            raise UserError(error.advice("--games-at-once {}", "--workers {}")) from None
    for line in summary(run.standing, time.monotonic() - began):
        console.print(line, highlight=False, soft_wrap=True)


def make_plan(game: str, size: int | None, file: Path | None, given: dict[str, Any]) -> Plan:
    """The plan of a file, if there is one, and of options, which go before it. Raises ``UserError``, ``GameError``."""
    name, spec = named(game, size)
    settings = {**(_read(file) if file else {}), **given, "game": name, "spec": spec}
    try:
        plan = msgspec.convert(settings, Plan)
    except msgspec.ValidationError as error:
        raise UserError(f"plan {file}: {error}" if file else str(error)) from None
    if plan.net is not None:
        check(Path(plan.net))
    if plan.openings is not None:
        read_openings(Path(plan.openings), game_of(plan))
    return plan


def workers_of(text: str) -> int | None:
    """What --workers says, None for auto. Raises ``UserError``."""
    if text == "auto":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_WORKERS:
        raise UserError(f"--workers: auto, or a number from 1 to {MAX_WORKERS}, not {text!r}")
    return int(text)


def pool_of(plan: Plan, workers: int | None, ray: str | None, numbers: Sequence[int] = ()) -> LocalPool | RayPool:
    """So many workers, or as many as suit: here, or on the cluster at ``ray``. Raises ``UserError``.

    numbers: of the GPUs that they have in turn; all, unless some are named.
    """
    if numbers and ray is not None:
        raise UserError("--device: GPUs cannot be named with --ray, which gives them out")
    if ray is not None:
        return RayPool(ray, workers)
    chosen = numbers or (range(gpus()) if plan.device in ("auto", "cuda") else ())
    return LocalPool(workers or auto_workers(cores(), len(chosen)), chosen)


def _read(file: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"plan {file}: {getattr(error, 'strerror', None) or error}") from None
    known = set(Plan.__struct_fields__) - {"game", "spec"}
    for key in settings:
        if key not in known:
            raise UserError(f"plan {file}: {key!r} is no setting; there are: {', '.join(sorted(known))}")
    return settings
