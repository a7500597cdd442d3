"""Searchers as actors of a Ray cluster, in the place of processes of this machine: ``process.searchers.Searchers``.

Each actor is a ``zhugo-searcher`` that Ray puts where there is room: it joins over tcp and fetches the net. One that
dies is replaced, after growing pauses if it was never at work; between a least and a most their number follows what
there is to do.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from daemon.process.log import log
from daemon.process.options import Options
from daemon.process.searchers import QUICKEST_RESTART, SLOWEST_RESTART, SearchersFailed
from daemon.remote.options import JoinOptions
from daemon.remote.ray_cluster import RayUnavailable, connected
from daemon.remote.scaling import Load, Scaler
from protocol.choices import Devices

LOOK_SECONDS = 1.0
WORKED_SECONDS = 20.0
"""Who lived so long has worked: its place is filled again at once."""

ENDING_SECONDS = 2.0


class Actor:
    """A ``zhugo-searcher`` on whatever machine: what Ray makes an actor of. Its methods run beside one another."""

    def __init__(self, options: JoinOptions, key: bytes | None) -> None:
        from daemon.remote.program import Program

        with tempfile.TemporaryDirectory(prefix="zhugo-key-") as directory:
            if key is not None:
                path = Path(directory) / "own.key"
                path.touch(mode=0o600)
                path.write_bytes(key)
                options = replace(options, key=path)
            self._program = Program(options)  # which has read the key by now

    def work(self) -> str:
        """Work until it is told to end: why it never can, or nothing."""
        from daemon.remote.program import complaint

        return complaint(self._program.run)

    def end(self) -> None:
        """Say goodbye, and work no more."""
        self._program.end()


@dataclass(eq=False)
class _Place:
    """One searcher's place, and the actor in it, if there is one. ``born`` and ``due`` are monotonic times."""

    name: str
    actor: Any = None
    working: Any = None
    born: float = 0.0
    due: float = 0.0
    vain: int = 0


class RaySearchers:
    """See the module. ``load``: what there is to do now."""

    def __init__(self, options: Options, addresses: Sequence[str], load: Callable[[], Load]) -> None:
        """``addresses``: where the daemon listens. Raises ``SearchersFailed`` where there is no such cluster."""
        assert options.ray is not None
        try:
            self._ray = connected(options.ray)
            self._key = None if options.ray_key is None else options.ray_key.read_bytes()
        except (RayUnavailable, OSError) as error:
            raise SearchersFailed(str(error)) from None
        self._join, self._load = self._joining(options, addresses), load
        least = options.searchers if options.min_searchers is None else options.min_searchers
        most = max(least, options.searchers if options.max_searchers is None else options.max_searchers)
        self._scaler = Scaler(least, most, options.searchers)
        self._actor = self._ray.remote(num_cpus=1, num_gpus=options.gpus_per_searcher, max_concurrency=2)(Actor)
        self._places = [_Place(f"{self._join.name} {index}") for index in range(most)]
        self._one_greeted = False
        self._looked = 0.0

    def start_one(self) -> None:
        """Ask for as many as are wanted at first; they come when there is room for them."""
        for place in self._places[: self._scaler.wanted]:
            self._spawn(place)

    def descriptors(self) -> Iterator[int]:
        """None: what becomes of them is looked at now and then."""
        return iter(())

    def greeted(self, pid: int, sha256: str = "") -> None:  # noqa: ARG002 - as ``Searchers`` has it
        """A searcher has joined, maybe one of these."""
        self._one_greeted = True

    def watch(self) -> list[int]:
        """Release the dead, and have as many as are wanted. Raises ``SearchersFailed`` when none ever can work."""
        now = self._looked = time.monotonic()
        for place in [place for place in self._places if place.actor is not None]:
            if self._ray.wait([place.working], timeout=0)[0]:
                self._release(place, now)
        there = sum(place.actor is not None for place in self._places)
        wanted = self._scaler.look(self._load(), there, now)
        for place in self._places[:wanted]:
            if place.actor is None and now >= place.due:
                self._spawn(place)
        for place in self._places[wanted:]:
            if place.actor is not None:
                log("searcher_scaled", f"{place.name} is not needed now", searcher=place.name)
                place.actor.end.remote()
                place.actor, place.due = None, now + LOOK_SECONDS
        return []

    def next_restart(self) -> float | None:
        """When ``watch`` looks again, on the monotonic clock."""
        return self._looked + LOOK_SECONDS

    def is_due(self) -> bool:
        """Whether that time has come."""
        return time.monotonic() >= self._looked + LOOK_SECONDS

    def end(self, patience: float) -> None:
        """Have all of them say goodbye, and let go of the cluster."""
        there = [place for place in self._places if place.actor is not None]
        for place in there:
            place.actor.end.remote()
        if there:
            self._ray.wait(
                [place.working for place in there], num_returns=len(there), timeout=patience + ENDING_SECONDS
            )
        for place in there:
            self._ray.kill(place.actor)
        self._ray.shutdown()

    def _joining(self, options: Options, addresses: Sequence[str]) -> JoinOptions:
        address = next((each for each in addresses if each.startswith("tcp://")), None)
        if address is None:
            raise SearchersFailed(
                "--ray: searchers elsewhere need a place to connect to; add --address tcp://HOST:PORT"
            )
        for anywhere in ("//0.0.0.0:", "//[::]:"):
            address = address.replace(anywhere, f"//{self._ray.util.get_node_ip_address()}:")
        return JoinOptions(
            address,
            "ray",
            device=Devices(options.device),
            precision=options.precision,
            device_choice=options.device_choice,
            batch=options.batch,
            per_tree=options.per_tree,
            threads=options.threads,
            speculate=options.speculate,
            cache_mb=options.cache_mb,
            latency=options.latency,
            latency_per_leaf=options.latency_per_leaf,
            outputs=options.outputs,
        )

    def _spawn(self, place: _Place) -> None:
        place.actor = self._actor.remote(replace(self._join, name=place.name), self._key)
        place.working = place.actor.work.remote()
        place.born = time.monotonic()

    def _release(self, place: _Place, now: float) -> None:
        try:
            reason = self._ray.get(place.working) or "it ended"
            hopeless = reason != "it ended"
        except self._ray.exceptions.RayError as error:
            reason, hopeless = str(error).split("\n")[0], False
        place.actor = None
        if hopeless and not self._one_greeted:
            raise SearchersFailed(reason)
        worked = now - place.born >= WORKED_SECONDS
        place.vain = 0 if worked else place.vain + 1
        pause = QUICKEST_RESTART if worked else min(SLOWEST_RESTART, QUICKEST_RESTART * 2.0 ** min(place.vain, 20))
        place.due = now + pause
        told = f"{place.name} ended: {reason}; the next try is in {pause:.3g} s"
        log("searcher_ended", told, level="warning", bare=True, searcher=place.name, reason=reason, pause=pause)
