"""Several GUIs in one session of a daemon: one tree, and everybody sees the search that runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.messages import Limits, Report
from tests.daemons import PATIENCE, LocalDaemon
from zhugo.bridges.gtp.analyze_options import Options
from zhugo.bridges.gtp.controller import InputLines
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.game_advantage import GameAdvantage
from zhugo.bridges.gtp.live_search import live_reports
from zhugo.bridges.gtp.settings import Settings


class Person:
    """A controller whose lines are the test's."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self._to = os.fdopen(write, "w")
        self.lines = InputLines(os.fdopen(read))

    def goes_on(self) -> None:
        self._to.close()


class Gui:
    """An engine that shares the session, and an analysis of it in the background."""

    def __init__(self, daemon: LocalDaemon, name: str) -> None:
        self.client = daemon.client(name)
        self.person = Person()
        self.engine = Engine(lambda: self.client, Settings(30, None), self.person.lines, "review", shared=True)
        self.seen: list[Report] = []
        self.news = threading.Condition()
        self.thread: threading.Thread | None = None

    def analyze(self) -> None:
        self.thread = threading.Thread(target=self._analyze)
        self.thread.start()

    def stop(self) -> None:
        self.person.goes_on()
        if self.thread is not None:
            self.thread.join(PATIENCE)

    def sees_it_grow(self) -> None:
        """Reports come, of a search that goes on."""
        with self.news:
            before = len(self.seen)

            def grown() -> bool:
                return len(self.seen) > before and self.seen[-1].visits > self.seen[before].visits

            assert self.news.wait_for(grown, PATIENCE), "in vain: more visits"

    def sees_more(self, reports: int = 3) -> list[Report]:
        """The next reports."""
        with self.news:
            before = len(self.seen)
            assert self.news.wait_for(lambda: len(self.seen) >= before + reports, PATIENCE), "in vain: reports"
            return self.seen[before:]

    def _analyze(self) -> None:
        for report in live_reports(self.engine, Options(self.engine.to_play, every=0.05)):
            with self.news:
                self.seen.append(report)
                self.news.notify_all()


@pytest.fixture
def guis(tmp_path: Path) -> Iterator[tuple[Gui, Gui]]:
    """Two of them; the second comes when the first has played a move and searched."""
    with LocalDaemon(tmp_path) as daemon:
        host = Gui(daemon, "host")
        host.engine.start(size=9, komi=6.5)
        host.engine.play(1, 40)
        host.engine.search(Limits(visits=50))
        guest = Gui(daemon, "guest")
        yield host, guest
        for gui in (host, guest):
            gui.stop()
            gui.client.close()


def test_who_comes_finds_the_game_and_the_tree(guis: tuple[Gui, Gui]) -> None:
    _, guest = guis
    assert guest.engine.position.record == [40]
    assert (guest.engine.game.width, guest.engine.game.komi) == (9, 6.5)
    report = guest.engine.search(Limits(visits=50))
    assert (report.visits, report.new_visits) == (50, 0)


def test_moves_of_one_do_not_disturb_the_other(guis: tuple[Gui, Gui]) -> None:
    host, guest = guis
    host.analyze()
    host.sees_more()
    guest.engine.undo()
    guest.engine.play(1, 20)
    assert {tuple(report.record) for report in host.sees_more()} == {(40,)}


def test_both_see_one_search_and_who_stays_takes_it_over(guis: tuple[Gui, Gui]) -> None:
    host, guest = guis
    host.analyze()
    host.sees_more()
    guest.analyze()
    guest.sees_more()
    host.sees_it_grow()
    guest.stop()
    host.sees_more(2)
    host.sees_it_grow()


def test_a_search_elsewhere_is_not_shown_as_ones_own(guis: tuple[Gui, Gui]) -> None:
    host, guest = guis
    host.analyze()
    host.sees_more()
    guest.engine.play(-1, 41)
    guest.analyze()
    assert {tuple(report.record) for report in guest.sees_more()} == {(40, 41)}
    assert {tuple(report.record) for report in host.seen} == {(40,)}


def test_a_search_elsewhere_that_ends_gives_way(guis: tuple[Gui, Gui]) -> None:
    host, guest = guis
    host.analyze()
    host.sees_more()
    guest.engine.play(-1, 41)
    guest.analyze()
    guest.sees_more()
    guest.stop()
    host.sees_it_grow()


def test_a_search_with_another_advantage_is_not_shown_as_ones_own(guis: tuple[Gui, Gui]) -> None:
    host, guest = guis
    host.analyze()
    host.sees_more()
    guest.engine.settings.advantage = 2.0
    guest.engine.advantage = GameAdvantage(guest.engine.settings, shared=True, features=lambda: "katago_v7")
    guest.analyze()
    guest.sees_more()
    before = len(host.seen)
    guest.sees_more()
    assert len(host.seen) <= before + 1, "one may have been on its way"
    assert host.engine.session.spec != guest.engine.session.spec
    guest.stop()
    host.sees_it_grow()
    assert host.engine.session.spec == host.engine.game.spec()
