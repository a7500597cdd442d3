"""A daemon's status as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UnsetType
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from daemon.evaluation.gpu_monitor import GpuUse
from protocol.messages import BoundStatus, DeviceStatus, SearcherStatus, SessionStatus, Status

MOST_SESSIONS = 12
"""Rows of sessions that are shown, those that search first."""


def view(now: Status, before: Status | None, gpus: Sequence[GpuUse] = ()) -> RenderableType:
    """Tables of ``now``; rates are of the time since ``before``, or since the daemon's start if that was later.

    gpus: of the daemon's machine, where they are known.
    """
    if before is not None and before.uptime > now.uptime:
        before = None
    return Group(
        Panel(_totals(now, before), title="zhugo-searchd", title_align="left"),
        *([Text(f"no trace: {now.trace}", style="bold red")] if now.trace else []),
        *_next_net(now),
        _searchers(now.searchers),
        *([] if isinstance(now.put_out, UnsetType) else [Text(why, style="bold red") for why in now.put_out]),
        *([] if isinstance(now.devices, UnsetType) else [_devices(now.devices, now.searchers)]),
        *([_gpus(gpus)] if gpus else []),
        _sessions(now.sessions),
        _bounds(now.bounds),
    )


def _next_net(now: Status) -> list[Text]:
    if isinstance(now.next_net, UnsetType):
        return []
    return [Text(f"changing to the net {now.next_net}", style="bold yellow")]


def _totals(now: Status, before: Status | None) -> Table:
    seconds = now.uptime - (before.uptime if before else 0.0)
    visits = now.visits - (before.visits if before else 0)
    parked = now.parked_seconds - (before.parked_seconds if before else 0.0)
    per_second = visits / seconds if seconds > 0 else 0.0
    figures = [
        ("up", _duration(now.uptime)),
        ("visits/s", f"{per_second:,.0f}"),
        ("visits", f"{now.visits:,}"),
        ("device busy", f"{now.device_busy:.1%}"),
        ("mean batch", f"{now.mean_batch:.1f}"),
        ("batches", f"{now.batches:,}"),
        ("collisions", f"{now.collisions:,}"),
        ("pseudo-visits", f"{now.pseudo_share:.2%}"),
        ("parked", f"{parked / max(seconds, 1e-9) / max(1, len(now.searchers)):.1%}"),
        ("speculative/used", f"{now.speculative:,}/{now.speculative_used:,}"),
        ("remembered", f"{now.cached / max(1, now.leaves):.1%}"),
        ("refused", f"{now.refused:,}"),
        ("searchers lost", f"{now.searcher_deaths:,}"),
        ("revoked/late", f"{now.revoked:,}/{now.late:,}"),
        ("faults/restarts", f"{now.failures:,}/{now.restarts:,}"),
    ]
    grid = Table.grid(padding=(0, 2), expand=True)
    for _ in range(3):
        grid.add_column()
        grid.add_column(justify="right")
    for row in range(0, len(figures), 3):
        grid.add_row(*(cell for label, figure in figures[row : row + 3] for cell in (f"[dim]{label}[/dim]", figure)))
    return grid


def _searchers(searchers: list[SearcherStatus]) -> Table:
    nets = {f"{one.net.name} on {one.net.device}" for one in searchers if one.net is not None}
    reasons = {f"; {one.net.why}" for one in searchers if one.net is not None and one.net.why}
    title = f"Searchers: {', '.join(sorted(nets)) or 'none ready yet'}{''.join(sorted(reasons))}"
    table = Table(title=title, title_justify="left", expand=True, box=SIMPLE_HEAD)
    for name in ("searcher", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("batches", "leaves", "select ms", "encode ms", "device ms", "update ms"):
        table.add_column(name, justify="right")
    for one in searchers:
        phases = (one.select_seconds, one.encode_seconds, one.device_seconds, one.update_seconds)
        counts = (f"{one.batches:,}", f"{one.leaves:,}")
        table.add_row(one.name, one.state, *counts, *(f"{seconds * 1000:.2f}" for seconds in phases))
    return table


def _devices(devices: list[DeviceStatus], searchers: list[SearcherStatus]) -> Table:
    table = Table(title="Devices", title_justify="left", expand=True, box=SIMPLE_HEAD)
    for name in ("number", "what"):
        table.add_column(name, no_wrap=True)
    for name in ("searchers", "batches", "leaves", "busy", "busy in all"):
        table.add_column(name, justify="right")
    for one in devices:
        own = [each for each in searchers if each.net is not None and each.net.number == one.number]
        what = ", ".join(sorted({each.net.device for each in own if each.net is not None})) or "gone"
        counts = (len(own), sum(each.batches for each in own), sum(each.leaves for each in own))
        table.add_row(str(one.number), what, *(f"{n:,}" for n in counts), f"{one.busy:.1%}", _duration(one.seconds))
    return table


def _gpus(gpus: Sequence[GpuUse]) -> Table:
    table = Table(title="GPUs, whoever uses them", title_justify="left", expand=True, box=SIMPLE_HEAD)
    for name in ("number", "what"):
        table.add_column(name, no_wrap=True)
    for name in ("busy", "memory used", "of", "power"):
        table.add_column(name, justify="right")
    for one in gpus:
        memory = ("" if count is None else f"{count / 2**30:,.1f} GiB" for count in (one.used, one.memory))
        busy, power = (
            "" if one.busy is None else f"{one.busy:.0%}",
            "" if one.watts is None else f"{one.watts:.0f} W",
        )
        table.add_row(str(one.number), one.name, busy, *memory, power)
    return table


def _sessions(sessions: list[SessionStatus]) -> Table:
    table = Table(title=f"Sessions: {len(sessions)}", title_justify="left", expand=True, box=SIMPLE_HEAD)
    table.add_column("session")
    table.add_column("game")
    for name in ("clients", "moves", "visits", "nodes", "memory"):
        table.add_column(name, justify="right")
    table.add_column("searching")
    for one in sorted(sessions, key=lambda one: not one.searching)[:MOST_SESSIONS]:
        counts = (one.clients, one.moves, one.visits, one.nodes)
        memory = f"{one.bytes / 2**20:,.1f} MB"
        table.add_row(one.session, one.game, *(f"{n:,}" for n in counts), memory, "yes" if one.searching else "")
    if len(sessions) > MOST_SESSIONS:
        table.add_row(f"and {len(sessions) - MOST_SESSIONS} more")
    return table


def _bounds(bounds: list[BoundStatus]) -> Table:
    table = Table(title="Bounds", title_justify="left", expand=True, box=SIMPLE_HEAD)
    table.add_column("of")
    for name in ("used", "most", ""):
        table.add_column(name, justify="right")
    for one in bounds:
        is_memory = one.name.startswith("bytes")
        shown = [f"{n / 2**20:,.0f} MB" if is_memory else f"{n:,}" for n in (one.used, one.most)]
        table.add_row(one.name.removeprefix("bytes of "), *shown, f"{one.used / max(1, one.most):.0%}")
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def is_on_this_machine(address: str) -> bool:
    """Whether a daemon at this address shares this machine's GPUs."""
    host = address.removeprefix("tcp://").rpartition(":")[0].strip("[]")
    return address.startswith("ipc://") or host in ("localhost", "127.0.0.1", "::1")
