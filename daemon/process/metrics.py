"""A daemon's figures as metrics of Prometheus.

Names follow Prometheus' conventions: base units, ``_total`` for what only grows. Labels take few values, whatever
clients do: none is a session, a client, or the name that a searcher gives itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import UNSET
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.evaluation.gpu_monitor import GpuReader, GpuUse
from daemon.process.figures import Figures
from protocol.messages import PROTOCOL_VERSION, Status

STATES = ("working", "parked", "idle", "held back")

COUNTERS: dict[str, tuple[str, Callable[[Status], float]]] = {
    "zhugo_visits": ("Visits of all searches.", lambda s: s.visits),
    "zhugo_batches": ("Batches that searchers evaluated.", lambda s: s.batches),
    "zhugo_leaves": ("Leaves that were handed out to be evaluated.", lambda s: s.leaves),
    "zhugo_cached_leaves": ("Leaves that were evaluated from a searcher's cache.", lambda s: s.cached),
    "zhugo_collisions": ("Walks that ended on a leaf in flight.", lambda s: s.collisions),
    "zhugo_pseudo_visits": ("Pseudo-visits given at collisions.", lambda s: s.pseudo_visits),
    "zhugo_parked_seconds": ("Time for which searchers were parked, of all together.", lambda s: s.parked_seconds),
    "zhugo_speculative_leaves": ("Leaves evaluated before anybody wanted them.", lambda s: s.speculative),
    "zhugo_speculative_leaves_used": ("Speculative leaves that were wanted later.", lambda s: s.speculative_used),
    "zhugo_refusals": ("Messages that were refused.", lambda s: s.refused),
    "zhugo_searcher_deaths": ("Searchers that went while they held leaves.", lambda s: s.searcher_deaths),
    "zhugo_grants_revoked": ("Batches that were taken back, for they took too long.", lambda s: s.revoked),
    "zhugo_results_late": ("Results of batches that had been taken back.", lambda s: s.late),
    "zhugo_failures": ("Internal faults that cost a session or a request.", lambda s: s.failures),
    "zhugo_restarts": ("Internal faults that cost the whole state.", lambda s: s.restarts),
}
"""Name without ``_total``, what it counts, and where it stands."""

GAUGES: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "zhugo_uptime_seconds": ("Time since the first event; of a resumed trace, too.", lambda f: f.status.uptime),
    "zhugo_batch_fill_ratio": ("Leaves of a batch, of those that searchers ask for.", lambda f: _fill(f.status)),
    "zhugo_searches": ("Searches that run.", lambda f: f.searches),
    "zhugo_connections": ("Connections, strangers' too.", lambda f: f.connections),
    "zhugo_waiting_bytes": ("What waits for peers to read it.", lambda f: f.waiting),
    "zhugo_unfinished_bytes": ("What came of messages that are not whole yet.", lambda f: f.unfinished),
    "zhugo_trace_failed": ("1 when the trace is no longer written.", lambda f: bool(f.trace_failure)),
    "zhugo_trace_bytes": ("Bytes of the trace's newest file.", lambda f: f.trace_bytes),
    "zhugo_draining": ("1 when no new search is begun, for the daemon ends.", lambda f: f.draining),
}

GPU_GAUGES: dict[str, tuple[str, Callable[[GpuUse], float | None]]] = {
    "zhugo_gpu_busy_ratio": ("Share of the last moments in which a GPU worked, for whomever.", lambda g: g.busy),
    "zhugo_gpu_memory_used_bytes": ("Memory of a GPU that is taken, by whomever.", lambda g: g.used),
    "zhugo_gpu_memory_bytes": ("Memory of a GPU.", lambda g: g.memory),
    "zhugo_gpu_watts": ("Power that a GPU draws.", lambda g: g.watts),
}

BOUNDS = {
    "bytes of all trees": "tree_bytes",
    "sessions of a client": "client_sessions",
    "searches of a client": "client_searches",
    "watches of a client": "client_watches",
    "moves of a record": "moves",
    "requests that wait for a session": "waiting_for_session",
}
"""What a label says of a bound's name; others are as they are called."""


class StatusCollector(Collector):
    """Makes metrics of the figures at every scrape; none but ``zhugo_up`` while there are no figures."""

    def __init__(self, ask: Callable[[], Figures | None]) -> None:
        self._ask = ask

    def describe(self) -> list[Metric]:
        """Nothing, so that the registry asks for no figures when it gets to know this."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See the class."""
        figures = self._ask()
        yield GaugeMetricFamily("zhugo_up", "1 when the master answers within a second.", figures is not None)
        if figures is not None:
            yield from metrics_of(figures)


class GpuCollector(Collector):
    """Reads the GPUs of the machine at every scrape; nothing where there are none."""

    def __init__(self, gpus: GpuReader) -> None:
        self._gpus = gpus

    def describe(self) -> list[Metric]:
        """Nothing, so that the registry reads no GPU when it gets to know this."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See the class."""
        uses = self._gpus.read()
        for name, (told, read) in GPU_GAUGES.items():
            values = [(use, value) for use in uses if (value := read(use)) is not None]
            if values:
                family = GaugeMetricFamily(name, told, labels=["gpu", "name"])
                for use, value in values:
                    family.add_metric([str(use.number), use.name], value)
                yield family


def make_registry(ask: Callable[[], Figures | None], gpus: GpuReader) -> CollectorRegistry:
    """The daemon's figures, those of its process (memory, processor time, open files), and those of the GPUs."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(ask))
    registry.register(GpuCollector(gpus))
    ProcessCollector(registry=registry)
    return registry


def metrics_of(figures: Figures) -> Iterator[Metric]:
    """All metrics of these figures."""
    status = figures.status
    build = GaugeMetricFamily("zhugo_build_info", "The program.", labels=["version", "protocol"])
    build.add_metric([figures.version, str(PROTOCOL_VERSION)], 1)
    yield build
    for name, (told, count) in COUNTERS.items():
        yield CounterMetricFamily(name, told, count(status))
    for name, (told, read) in GAUGES.items():
        yield GaugeMetricFamily(name, told, read(figures))
    yield from _searchers(status)
    yield from _devices(status)
    yield from _bounds(status)


def _searchers(status: Status) -> Iterator[Metric]:
    states = Counter[str](searcher.state for searcher in status.searchers)
    by_state = GaugeMetricFamily("zhugo_searchers", "Searchers, by what they do.", labels=["state"])
    for state in STATES:
        by_state.add_metric([state], states[state])
    yield by_state
    nets = Counter(searcher.net.sha256 for searcher in status.searchers if searcher.net is not None)
    by_net = GaugeMetricFamily("zhugo_net_searchers", "Searchers, by the net that they have.", labels=["sha256"])
    for net, count in sorted(nets.items()):
        by_net.add_metric([net], count)
    yield by_net
    phases = GaugeMetricFamily("zhugo_phase_seconds", "Mean time of a batch, by phase.", labels=["phase"])
    measured = [searcher for searcher in status.searchers if searcher.batches]
    for phase in ("select", "encode", "device", "update"):
        seconds = [getattr(searcher, f"{phase}_seconds") for searcher in measured]
        phases.add_metric([phase], sum(seconds) / max(1, len(seconds)))
    yield phases


def _devices(status: Status) -> Iterator[Metric]:
    busy = GaugeMetricFamily("zhugo_device_busy_ratio", "Busy share of the last ten seconds.", labels=["device"])
    seconds = CounterMetricFamily("zhugo_device_busy_seconds", "Busy time.", labels=["device"])
    if status.devices is UNSET:
        rows = [("0", status.device_busy, status.device_seconds)]
    else:
        rows = [(str(each.number), each.busy, each.seconds) for each in status.devices]
    for device, share, total in rows:
        busy.add_metric([device], share)
        seconds.add_metric([device], total)
    yield busy
    yield seconds


def _bounds(status: Status) -> Iterator[Metric]:
    used = GaugeMetricFamily("zhugo_bound_used", "How much of a bound is taken.", labels=["bound"])
    most = GaugeMetricFamily("zhugo_bound_limit", "What the operator allows.", labels=["bound"])
    for bound in status.bounds:
        label = BOUNDS.get(bound.name, bound.name.replace(" ", "_"))
        used.add_metric([label], bound.used)
        most.add_metric([label], bound.most)
    yield used
    yield most


def _fill(status: Status) -> float:
    wanted = sum(searcher.batches * searcher.batch_size for searcher in status.searchers)
    return sum(searcher.leaves for searcher in status.searchers) / wanted if wanted else 0.0
