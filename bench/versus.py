"""Beside KataGo: visits a second of both engines on the same positions, with the same net and on the same cores.

Every search begins with an empty tree, and no evaluation is remembered from another. The engines take turns, in every
round each of them starts anew, and figures are medians over rounds, so that what else the machine does meets all alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.katago import KataGo, Setup
from daemon.evaluation.devices.real_positions import RECORDS
from daemon.evaluation.machine import cores
from games.go import sgf
from games.go.sgf import GameRecord
from protocol.choices import Devices
from protocol.client import Client
from protocol.messages import Limits
from zhugo.shared import records
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions
from zhugo.shared.private_daemon import client
from zhugo.shared.searching import finished

GAMES = {size: sorted(RECORDS.glob(f"*-{size}x{size}-*.sgf")) for size in (19, 9)}
"""Real games by board size."""
LATEST = {19: 200, 9: 40}
"""No position comes after more moves."""
WARM_UP_VISITS = 64
WARM_UP_KOMI = (5.5, 6.5, 7.5, 8.5)
"""Several searches, so that each searcher has met whole batches and single positions, for which it compiles its net."""


@dataclass(frozen=True)
class Work:
    """What is searched: so many positions of each size with so many visits each, in so many rounds.

    ``at_once``: positions that are searched at the same time; 1 is what a player does, a review does many.
    """

    sizes: Sequence[int] = (19, 9)
    positions: int = 5
    visits: int = 400
    rounds: int = 3
    at_once: int = 1


@dataclass(frozen=True)
class Rate:
    """What an engine did in a round; evaluations are None where it did not say."""

    visits_per_s: float
    evaluations_per_s: float | None


def measure(
    setup: Setup,
    options: DaemonOptions,
    work: Work,
    threads: Sequence[int] = (),
    tell: Callable[[str], None] = lambda _what: None,
) -> dict[str, Any]:
    """Both engines on all positions: for every size their rates, and the ratio to KataGo's best. Raises ``UserError``.

    ``options``: our daemon's, but for the net. ``threads``: the thread counts that KataGo is tried with, by default
    ``default_threads``. ``tell`` hears what is measured next.
    """
    setup.check()
    with KataGo(setup, work.sizes[0], 1) as katago:
        version = katago.version
    figures: dict[str, Any] = {"net": setup.net.name, "cores": cores(), "katago": version, **asdict(work)}
    ratios, rates = [], []
    for size in figures.pop("sizes"):
        chosen = positions(size, work.positions)
        ours = Ours(replace(options, net=setup.net), size, chosen, work)
        theirs = [Theirs(setup, size, chosen, work, count) for count in threads or default_threads()]
        engines: list[Engine] = [ours, *theirs]
        rounds = [_round(number, engines, tell) for number in range(work.rounds)]
        figures["device"] = ours.device
        rates += [_medians(engine, rounds) for engine in engines]
        best = max(theirs, key=lambda engine: statistics.median(one[engine].visits_per_s for one in rounds))
        ratios.append({"size": size, "against": best.name, **_ratios(ours, best, rounds)})
    return {**figures, "ratios": ratios, "rates": rates}


def default_threads() -> list[int]:
    """One thread, and one, two and four for each core."""
    return sorted({1, *(factor * cores() for factor in (1, 2, 4))})


def positions(size: int, count: int) -> list[GameRecord]:
    """Positions spread over real games, opening to endgame, no two of which can meet in a search."""
    games = [sgf.read(file) for file in GAMES[size]]
    if not games:
        raise UserError(f"there are no games on {size}x{size} in {RECORDS}")
    chosen = []
    for i in range(count):
        game = games[i % len(games)]
        at = int((i + 0.5) / count * min(len(game.record), LATEST[size]))
        chosen.append(replace(game, record=game.record[:at]))
    return chosen


class Ours:
    """A private daemon."""

    name = "zhugo"

    def __init__(self, options: DaemonOptions, size: int, chosen: Sequence[GameRecord], work: Work) -> None:
        self.size, self.device = size, ""
        self._options, self._chosen, self._work = options, chosen, work

    def run(self) -> Rate:
        """Start it, search all positions, and end it."""
        with client(self._options, "bench versus") as daemon:
            _await_searchers(daemon, self._options)
            for komi in WARM_UP_KOMI:
                self._search(daemon, [records.empty(self.size, komi)], WARM_UP_VISITS)
            before = daemon.status()
            self.device = next((one.net.device for one in before.searchers if one.net is not None), "")
            visits, seconds = 0, 0.0
            for group in groups(self._chosen, self._work.at_once):
                made, spent = self._search(daemon, group, self._work.visits)
                visits, seconds = visits + made, seconds + spent
            after = daemon.status()
        return Rate(visits / seconds, (after.leaves - before.leaves) / seconds)

    def _search(self, daemon: Client, group: Sequence[GameRecord], visits: int) -> tuple[int, float]:
        """Visits, and the seconds from the first batch request to the last answer."""
        sessions = [daemon.open(f"{number}", "go", game.spec, game.record) for number, game in enumerate(group)]
        began = time.perf_counter()
        searches = [session.search(Limits(visits=visits)) for session in sessions]
        made = sum(finished(search).visits for search in searches)
        seconds = time.perf_counter() - began
        for session in sessions:
            session.close()
        return made, seconds


def _await_searchers(daemon: Client, options: DaemonOptions) -> None:
    """Until all are there: a private daemon begins to search with the first."""
    if options.connect is not None:
        return
    count = options.searchers or Devices.parse(options.device).searchers
    while len(daemon.status().searchers) < count:
        daemon.check()
        time.sleep(0.05)


class Theirs:
    """KataGo with so many search threads, of each position that is searched at a time when they are several."""

    def __init__(self, setup: Setup, size: int, chosen: Sequence[GameRecord], work: Work, threads: int) -> None:
        self.size = size
        self.name = f"katago, {threads} thread{'s' if threads > 1 else ''}"
        self._setup, self._chosen, self._work, self._threads = setup, chosen, work, threads

    def run(self) -> Rate:
        """Start it, search all positions, and end it."""
        one = self._work.at_once == 1
        threads, at_once = (self._threads, 1) if one else (1, self._threads)
        with KataGo(self._setup, self.size, threads, at_once) as katago:
            for komi in WARM_UP_KOMI:
                katago.search([records.empty(self.size, komi)], WARM_UP_VISITS)
            visits, seconds = 0, 0.0
            for group in groups(self._chosen, self._work.at_once):
                katago.forget()
                began = time.perf_counter()
                visits += katago.search(group, self._work.visits)
                seconds += time.perf_counter() - began
        rate = visits / seconds
        # it says at its end what it evaluated, the warm-up included
        return Rate(rate, None if katago.evaluations is None else rate * katago.evaluations / katago.visits)


Engine = Ours | Theirs
Round = dict[Engine, Rate]


def groups(chosen: Sequence[GameRecord], size: int) -> Iterator[Sequence[GameRecord]]:
    """The positions, so many at a time."""
    for first in range(0, len(chosen), size):
        yield chosen[first : first + size]


def _round(number: int, engines: Sequence[Engine], tell: Callable[[str], None]) -> Round:
    """Each engine once, in the other order every other time."""
    rates: Round = {}
    for engine in engines if number % 2 == 0 else reversed(engines):
        tell(f"{engine.size}x{engine.size}, round {number + 1}: {engine.name}")
        rates[engine] = engine.run()
    return rates


def _medians(engine: Engine, rounds: Sequence[Round]) -> dict[str, Any]:
    evaluations = [rate for one in rounds if (rate := one[engine].evaluations_per_s) is not None]
    return {
        "size": engine.size,
        "engine": engine.name,
        "visits_per_s": statistics.median(one[engine].visits_per_s for one in rounds),
        "evaluations_per_s": statistics.median(evaluations) if evaluations else None,
    }


def _ratios(ours: Ours, best: Theirs, rounds: Sequence[Round]) -> dict[str, float]:
    """Medians of the ratios within each round, and the least."""
    visits = [one[ours].visits_per_s / one[best].visits_per_s for one in rounds]
    return {"visits_ratio": statistics.median(visits), "least": min(visits)}
