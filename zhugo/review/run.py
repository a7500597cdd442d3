"""Reviews of games, as a person sees them in the terminal: progress, tables, files; and going on where a run ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from rich.console import Console

from games.go.sgf import GameRecord, SgfError, parse_all
from protocol.client import Client
from protocol.messages import Limits, Status
from zhugo.review import kept
from zhugo.review.positions import AT_ONCE, Work, search_games
from zhugo.review.progress import Shown, shown_on
from zhugo.review.report import Page, Review, Target, write_files
from zhugo.review.sources import Source
from zhugo.review.table import Summary, games_table, mistakes_table, players_table
from zhugo.shared import records
from zhugo.shared.busy import busy_share
from zhugo.shared.errors import UserError

KEEP_SECONDS = 10.0
"""How often positions of games that are under way are kept, for a run that is killed."""
NET_SECONDS, NET_POLL = 600.0, 0.05
"""How long a daemon may take until its first searcher is there, and how often it is asked."""


@dataclass(frozen=True)
class _Read:
    """A game that was read: ``number`` of those in ``data``, under the name that people see."""

    name: str
    file_name: str
    data: bytes
    number: int
    target: Target
    record: GameRecord


@dataclass(eq=False)
class _Game:
    """A game under way. kept: of its positions, so many are in its file."""

    read: _Read
    key: str
    work: Work
    kept: int

    @property
    def name(self) -> str:
        return self.read.name

    @property
    def target(self) -> Target:
        return self.read.target


@dataclass
class Outcome:
    """What became of all sources. bad: one line for each game, or source, that could not be reviewed."""

    finished: int = 0
    before: int = 0
    """Of an earlier run."""
    bad: list[str] = field(default_factory=list)


def complain(line: str) -> None:
    """Say what could not be reviewed, and why."""
    print(f"zhugo: {' '.join(line.split())}", file=sys.stderr, flush=True)


def review_all(
    connect: Callable[[], Client],
    sources: Sequence[Source],
    limits: Limits,
    console: Console | None = None,
    at_once: int = AT_ONCE,
    *,
    page: Page,
    anew: bool = False,
) -> Outcome:
    """Review every game of the sources; each leaves its files when it is done. ``connect`` is called for the first one.

    What was done by an earlier run with the same settings is not done again, unless ``anew``. Whatever ends this one,
    Ctrl-C or a daemon that has gone, the games under way are kept up to where they were, and the error goes on.
    """
    reviewer = _Reviewer(sources, limits, console or Console(), page, anew)
    reviewer.run(connect, at_once)
    return reviewer.outcome


class _Reviewer:
    """One run. Files are written by a thread of its own, so that the device does not wait for them."""

    def __init__(self, sources: Sequence[Source], limits: Limits, console: Console, page: Page, anew: bool) -> None:
        self._sources, self._limits, self._console, self._page, self._anew = sources, limits, console, page, anew
        self.outcome = Outcome()
        self._total = len(sources)
        self._under_way: dict[Work, _Game] = {}
        self._summaries: list[tuple[str, Summary]] = []
        self._only: tuple[Target, Review] | None = None
        """The review of a single game, which is shown in full; those of many would fill the memory."""
        self._writer = ThreadPoolExecutor(1, "review files")
        self._writing: list[tuple[_Game, Review, Future[object]]] = []
        self._nets: list[tuple[str, str]] = []
        self._due = time.monotonic() + KEEP_SECONDS

    @property
    def _single(self) -> bool:
        return self._total == 1

    def run(self, connect: Callable[[], Client], at_once: int) -> None:
        """All of it."""
        games = self._read()
        first = next(games, None)  # while a daemon starts, for which nothing may be left to do
        if first is None:
            return
        client = connect()
        began, before = time.monotonic(), self._wait_for_net(client)
        try:
            with shown_on(self._console) as shown:
                works = self._begun(chain([first], games))
                search_games(client, works, lambda work: self._changed(work, shown), at_once)
                self._written(wait=True)
        except BaseException:
            self._stop()
            raise
        finally:
            self._writer.shutdown()
        self._sum_up()
        if self.outcome.finished:
            self._console.print(_work_done(before, client.status(), time.monotonic() - began), highlight=False)
        self._tell_files()

    def _wait_for_net(self, client: Client) -> Status:
        """The daemon as soon as it evaluates with a net, whose name and digest belong to every key."""
        deadline = time.monotonic() + NET_SECONDS
        while True:
            status = client.status()
            self._nets = sorted({(one.net.name, one.net.sha256) for one in status.searchers if one.net is not None})
            if self._nets or time.monotonic() > deadline or status.searchers:
                return status
            time.sleep(NET_POLL)

    def _read(self) -> Iterator[_Read]:
        """The games that can be read, each when it is its turn."""
        for source in self._sources:
            try:
                data = source.read()
                found = parse_all(data)
            except SgfError as error:
                self._spoil(source.name, str(error))
                continue
            self._total += len(found) - 1
            for number, record in enumerate(found):
                name = source.name if len(found) == 1 else f"{source.name}, game {number + 1}"
                target = source.target_of(number, len(found))
                if isinstance(record, SgfError):
                    self._spoil(name, str(record))
                else:
                    yield _Read(name, source.file_name, data, number, target, record)

    def _begun(self, games: Iterable[_Read]) -> Iterator[Work]:
        """Of which of these games there is something to search."""
        for read in games:
            if (game := self._begin(read)) is not None:
                yield game.work

    def _begin(self, read: _Read) -> _Game | None:
        """The game to search, None when nothing is left to search of it."""
        record, target = read.record, read.target
        key = kept.key_of(read.data, read.number, self._limits, [*map(str, self._nets)])
        if not self._anew and (positions := kept.finished(target, key, record)) is not None:
            self.outcome.before += 1
            if self._single:
                self._only = target, Review.of(record, positions)
                self._console.print(records.title(record), style="bold", highlight=False, markup=False)
            return None
        work = Work(record, self._limits, {} if self._anew else kept.kept(target, key))
        game = _Game(read, key, work, len(work.positions))
        self._introduce(game)
        self._under_way[work] = game
        if work.is_ready:
            self._finish(game)
            return None
        return game

    def _introduce(self, game: _Game) -> None:
        record, place = game.work.record, "" if self._single else f"{game.name}: "
        for note in record.notes:
            self._console.print(f"note: {place}{note}", style="yellow", highlight=False, markup=False, soft_wrap=True)
        if self._single:
            self._console.print(records.title(record), style="bold", highlight=False, markup=False)
        if game.kept:
            done = f"{place}{game.kept} of {len(game.work.places)} positions were searched before"
            self._console.print(done, highlight=False, markup=False, soft_wrap=True)

    def _changed(self, work: Work, shown: Shown) -> None:
        game = self._under_way.get(work)
        if game is None:
            return  # it failed, and these are its other searches
        if work.failure is not None:
            self._spoil(game.name, work.failure)
            del self._under_way[work]
        elif work.is_ready:
            self._finish(game)
        self._written(wait=False)
        if time.monotonic() >= self._due:
            self._keep()
        shown.show(*self._progress())

    def _progress(self) -> tuple[str, float]:
        parts = [len(game.work.positions) / len(game.work.places) for game in self._under_way.values()]
        done = self.outcome.finished + len(self._writing) + self.outcome.before + len(self.outcome.bad)
        texts = []
        if not self._single:
            texts.append(f"{done} of {self._total} games")
        for game in list(self._under_way.values())[:1]:
            name = "" if self._single else f" of {game.name}"
            texts.append(f"{len(game.work.positions)} of {len(game.work.places)} positions{name}")
        return ", ".join(texts), min(1.0, (done + sum(parts)) / max(1, self._total))

    def _finish(self, game: _Game) -> None:
        """All positions of a game are there."""
        record = game.work.record
        review = Review.of(record, [game.work.positions[number] for number in range(len(game.work.places))])
        about = _about(game, self._limits, [name for name, _ in self._nets])
        self._writing.append((game, review, self._writer.submit(_write, game, review, about, self._page)))
        del self._under_way[game.work]

    def _written(self, *, wait: bool) -> None:
        """Tell of the games whose files are there now."""
        while self._writing and (wait or self._writing[0][2].done()):
            game, review, done = self._writing[0]
            try:
                done.result()
            except UserError as error:
                self._spoil(game.name, str(error))
            else:
                self.outcome.finished += 1
                summary = Summary.of(review)
                self._summaries.append((game.target.stem, summary))
                if self._single:
                    self._only = game.target, review
                else:
                    self._tell(game, summary)
            del self._writing[0]

    def _tell(self, game: _Game, summary: Summary) -> None:
        what = f"{_counted(summary.moves, 'move')}, {_counted(summary.black + summary.white, 'mistake')}"
        line = f"{game.name}: {what} → {game.target.file('sgf')}"
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _spoil(self, name: str, reason: str) -> None:
        line = reason if name in reason else f"{name}: {reason}"
        self.outcome.bad.append(line)
        complain(line)

    def _keep(self) -> None:
        """Keep what there is of the games under way."""
        for game in self._under_way.values():
            if len(game.work.positions) > game.kept:
                kept.keep(game.target, game.key, game.work.positions)
                game.kept = len(game.work.positions)
        self._due = time.monotonic() + KEEP_SECONDS

    def _stop(self) -> None:
        """The run ends before its time."""
        self._written(wait=True)
        self._keep()
        done = self.outcome.finished + self.outcome.before
        under_way = sum(len(game.work.positions) for game in self._under_way.values())
        if done or under_way:
            complain(
                f"{done} of {self._total} games are done, and {under_way} positions of others; "
                "the same command goes on from there"
            )

    def _sum_up(self) -> None:
        outcome, console = self.outcome, self._console
        if outcome.before:
            were = "game was" if self._total == 1 else "games were"
            console.print(f"{outcome.before} of {self._total} {were} done before", highlight=False)
        if self._only is not None:
            _, review = self._only
            console.print(
                mistakes_table(review.mistakes, review.vertex) if review.mistakes else "No mistakes worth the name."
            )
            if review.moves:
                console.print(players_table(review.summary))
        elif self._summaries:
            console.print(games_table(self._summaries))

    def _tell_files(self) -> None:
        """Of one game where its review is, of many which have none."""
        lines = self.outcome.bad if self._only is None else [str(path) for path in self._only[0].files]
        if lines and self._only is None:
            self._console.print(f"{len(lines)} could not be reviewed:", highlight=False)
        for line in lines:
            self._console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _write(game: _Game, review: Review, about: dict[str, object], page: Page) -> None:
    write_files(review, game.read.data, game.read.number, game.target, about, page)
    kept.forget(game.target)


def _work_done(before: Status, after: Status, seconds: float) -> str:
    visits, batches = max(0, after.visits - before.visits), max(1, after.batches - before.batches)
    mean_batch = max(0, after.leaves - before.leaves) / batches
    return (
        f"{visits:,} visits in {seconds:.1f} s: {visits / max(seconds, 1e-9):,.0f} visits/s, "
        f"batches of {mean_batch:.1f}, device busy {busy_share(before, after, seconds):.0%}"
    )


def _about(game: _Game, limits: Limits, nets: Sequence[str]) -> dict[str, object]:
    go = game.work.record.game
    return {
        "key": game.key,
        "file": game.read.file_name,
        "game": game.work.record.info,
        "notes": game.work.record.notes,
        "size": [go.width, go.height],
        "komi": go.komi,
        "rules": go.rules.as_dict(),
        "net": ", ".join(sorted(set(nets))) or "unknown net",
        "limits": {"visits": limits.visits, "seconds": limits.seconds},
        "segments": [segment.move_count for segment in game.work.record.segments],
    }
