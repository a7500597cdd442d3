"""What each collision rule does to a search: how full its batches are, and how far it is bent from a sequential search.

Searchers take turns as two do that share a device in double-buffer step: results come back in the order in which
batches were submitted, and the searcher that gets one updates the tree and selects the next. Positions are from real
games, evaluations from a real net. At equal visits the root's visit distribution is set beside that of a sequential
search, and beside what a sequential search itself does when only its ties break in another order.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.oracle import AnyMove, Oracle, device_for, paths_of
from daemon.core.scheduler import Scheduler
from daemon.evaluation.devices.real_positions import RECORDS
from daemon.gpu_client import Device
from games.go import sgf
from protocol import messages as m

RULES = ("capped", "uncapped", "blocking", "second-best", "virtual-loss", "wu-uct")
_PHASES = m.Phases(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


Effort = Literal["default rule", "quick", "full"]
"""Which settings are compared; the fewer, the more positions there is time for."""


@dataclass(frozen=True)
class Setting:
    """One way to search: a collision rule with its k, speculation, batch size, visits, searchers.

    ``changes``: fields of ``SearchSettings`` that are other ones, with what they are.
    """

    policy: str = "capped"
    k: float = 0.2
    speculate: bool = False
    batch: int = 1
    visits: int = 800
    searchers: int = 1
    changes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Run:
    """What a search came to.

    distribution: float64[num_moves], the root's visits by real move, summing to 1. lead: points, Black's side. leads:
    points by which the mover leads after each move with visits, as far as the net says leads.
    """

    distribution: NDArray[np.float64]
    best: int
    visits: int
    batches: int
    evaluations: int
    to_play: int
    lead: float
    leads: dict[int, float]


def settings_of(effort: Effort) -> list[Setting]:
    """The settings that are compared: rules at one batch size, then batch, k and visits for the default rule."""
    base = Setting(batch=32, searchers=2)
    if effort == "default rule":
        return [replace(base, batch=batch, speculate=s) for batch in (4, 8, 32) for s in (False, True)]
    rules = [replace(base, policy=policy, speculate=speculate) for policy in RULES for speculate in (False, True)]
    sizes = [replace(base, batch=batch, speculate=s) for batch in (8, 16, 64) for s in (False, True)]
    if effort == "quick":
        return [*rules, *sizes]
    caps = [replace(base, k=k, speculate=s) for k in (0.05, 0.1, 0.5, 1.0) for s in (False, True)]
    lengths = [replace(base, visits=visits, speculate=s) for visits in (200, 3200) for s in (False, True)]
    policies = [
        replace(base, policy=policy, batch=batch, speculate=s)
        for policy in RULES[1:]
        for batch in (8, 16)
        for s in (False, True)
    ]
    return [*rules, *sizes, *caps, *lengths, *policies]


def run(oracle: Oracle, setting: Setting, order: NDArray[np.int64]) -> Run:
    """Search the oracle's position under this setting."""
    core = Scheduler(AnyMove(len(order)))
    held: deque[tuple[bytes, m.Grant]] = deque()
    final: list[m.Report] = []

    def say(sender: bytes, message: m.AnyMessage) -> None:
        for receiver, answer in core.handle(sender, message, 0.0):
            if isinstance(answer, m.Grant):
                held.append((receiver, answer))
            elif isinstance(answer, m.Report):
                final.append(answer)

    how = m.SearchSettings(collisions=setting.policy, cap=setting.k, **dict(setting.changes))  # type: ignore[arg-type]
    batch_request = m.BatchRequest(setting.batch, setting.speculate)
    say(b"c", m.Hello(m.PROTOCOL_VERSION, "client", "c", 0))
    say(b"c", m.Open(1, "s", "go", {}, settings=how))
    say(b"c", m.Search(2, "s", m.Limits(visits=setting.visits), pv_length=1))
    for i in range(setting.searchers):
        who = f"searcher {i}".encode()
        say(who, m.Hello(m.PROTOCOL_VERSION, "searcher", f"{i}", 0))
        say(who, m.Select(batch_request))
    batches = evaluations = 0
    while not final:
        if not held:
            say(b"", m.Tick())
            continue
        who, grant = held.popleft()
        batches += 1
        evaluations += len(grant.offsets) - 1
        say(who, m.Update(grant.grant, _PHASES, **oracle.evaluate(paths_of(grant), order), batch_request=batch_request))
    distribution = np.zeros(len(order))
    for child in final[0].children:
        distribution[order[child.move]] = child.visits
    assert final[0].chosen is not None
    best, side = int(order[final[0].chosen]), final[0].to_play
    leads = {int(order[child.move]): side * child.lead for child in final[0].children if child.lead is not None}
    lead = math.nan if final[0].lead is None else final[0].lead
    return Run(distribution / distribution.sum(), best, final[0].visits, batches, evaluations, side, lead, leads)


def distances(one: Run, other: Run) -> dict[str, float]:
    """How far ``other`` is from ``one``: total variation; KL(one || other) with half a visit more a move."""
    tv = 0.5 * float(np.abs(one.distribution - other.distribution).sum())
    either = (one.distribution > 0) | (other.distribution > 0)
    p, q = ((r.distribution[either] * r.visits + 0.5) for r in (one, other))
    p, q = p / p.sum(), q / q.sum()
    return {
        "total_variation": tv,
        "kl": float((p * np.log(p / q)).sum()),
        "same_best": float(one.best == other.best),
    }


def oracles(device: Device, count: int, size: int = 19) -> Iterator[Oracle]:
    """Positions spread over the bundled games on boards of this size, opening to endgame."""
    files = sorted(RECORDS.glob(f"*-{size}x{size}-*.sgf"))
    for i in range(count):
        read = sgf.read(files[i % len(files)])
        yield Oracle(device, read.game, read.record[: int((i + 0.5) / count * min(len(read.record), 200))])


def measure(
    out: Path, effort: Effort = "quick", net_file: Path | None = None, positions: int | None = None
) -> dict[str, Any]:
    """Every setting on every position; rows of means, and a picture in ``out``. Raises ``NetError``."""
    device = device_for(net_file)
    count = positions or {"default rule": 50, "quick": 4, "full": 20}[effort]
    settings = settings_of(effort)
    found: dict[Setting, list[dict[str, float]]] = {setting: [] for setting in settings}
    ties: dict[int, list[dict[str, float]]] = {}
    for oracle in oracles(device, count):
        for visits in sorted({setting.visits for setting in settings}):
            _compare(oracle, visits, found, ties)
    rows = [{**asdict(setting), **_means(found[setting])} for setting in settings]
    noise = [{"visits": visits, **_means(seen)} for visits, seen in sorted(ties.items())]
    return {
        "net": device.info.name,
        "device": device.info.device,
        "positions": count,
        "picture": str(_draw(rows, noise, out)),
        "tie_breaking": noise,
        "policies": rows,
    }


def _compare(
    oracle: Oracle, visits: int, found: dict[Setting, list[dict[str, float]]], ties: dict[int, list[dict[str, float]]]
) -> None:
    plain = np.arange(oracle.game.num_moves)
    shuffled = np.random.default_rng(visits).permutation(plain)
    sequential = run(oracle, Setting(visits=visits), plain)
    ties.setdefault(visits, []).append(distances(sequential, run(oracle, Setting(visits=visits), shuffled)))
    for setting, seen in found.items():
        if setting.visits == visits:
            result = run(oracle, setting, plain)
            seen.append(
                {
                    "visits_per_batch": result.visits / result.batches,
                    "evaluations_per_visit": result.evaluations / result.visits,
                    **distances(sequential, result),
                }
            )


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.fmean(row[name] for row in rows) for name in rows[0]}


def _draw(rows: list[dict[str, Any]], noise: list[dict[str, Any]], out: Path) -> Path:
    """Visits per batch against distance from the sequential search; good is below and to the right."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    shown = [row for row in rows if row["batch"] == 32 and row["visits"] == 800 and row["k"] == 0.2]
    for policy, color in zip(RULES, plt.get_cmap("tab10").colors, strict=False):  # type: ignore[attr-defined]
        for speculate, marker in ((False, "o"), (True, "^")):
            points = [row for row in shown if row["policy"] == policy and row["speculate"] == speculate]
            axes.scatter(
                [row["visits_per_batch"] for row in points],
                [row["total_variation"] for row in points],
                s=90,
                color=color,
                marker=marker,
                label=policy + (" + speculation" if speculate else ""),
            )
    for row in noise:
        if row["visits"] == 800:
            axes.axhline(row["total_variation"], color="gray", linestyle=":", label="other tie-breaking, sequential")
    axes.set_xlabel("visits per device batch (asked for: 32)")
    axes.set_ylabel("total variation from the sequential search")
    axes.set_title("Collision rules at 800 visits, two searchers")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    out.mkdir(parents=True, exist_ok=True)
    picture = out / "policies.png"
    figure.savefig(picture, dpi=120)
    plt.close(figure)
    return picture
