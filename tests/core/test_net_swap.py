"""The net changes under the trees: what the core knows of it, and the watch over both kinds of searchers."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from daemon.core import checkpoint
from daemon.core.scheduler import Scheduler
from daemon.process import searchers as watch
from daemon.process.net_file import DaemonNet
from daemon.process.net_swap import NetSwap
from daemon.process.options import Options
from daemon.process.searchers import Searchers
from daemon.replay.hashed_game import GAME, HashedReferee
from protocol import messages as m
from tests.core.local import CLIENT, Local
from tests.core.test_storeroom import Stocked
from tests.unit.daemon.test_searchers import Process, Time
from zhugo.shared.status_view import view


@pytest.fixture
def local() -> Local:
    """A searcher is there, and the tree has 12 visits."""
    made = Local()
    made.greet(b"s1")
    made.ask(m.Search, "s", m.Limits(visits=12))
    grant = made.select(b"s1")
    while grant is not None:
        grant = made.update(b"s1", grant, m.BatchRequest(1))
    return made


def test_a_change_is_answered_when_it_is_over(local: Local) -> None:
    assert local.ask(m.SwapNet, "/new") == []
    assert local.core.status(0, 0.0).next_net == "/new"
    assert local.core.tickets.rechecks.is_paused
    (refused,) = local.ask(m.SwapNet, "/other")
    assert isinstance(refused, m.Refused)
    assert refused.reason == "the net is being changed to /new already"
    local.say(b"", m.NetSwapped())
    assert not local.core.tickets.rechecks.is_paused
    assert local.heard[CLIENT][-1] == m.Done(local.requests - 1)
    assert local.core.sessions.by_name["s"].visits == 12


def test_what_was_refused_changes_nothing(local: Local) -> None:
    local.ask(m.SwapNet, "/new", True)
    local.say(b"", m.NetSwapped("net /new: the file is empty"))
    assert local.heard[CLIENT][-1] == m.Refused("net /new: the file is empty", local.requests)
    assert local.core.sessions.by_name["s"].visits == 12


def test_anew_trees_keep_their_lines_and_searches_go_on(local: Local) -> None:
    move = local.game.legal([])[0]
    local.ask(m.Play, "s", move)
    local.ask(m.Search, "s", m.Limits(new_visits=30))
    first = local.heard[b"s1"][-1]
    assert isinstance(first, m.Grant)
    grant = local.update(b"s1", first, m.BatchRequest(1))
    for _ in range(10):
        assert grant is not None
        grant = local.update(b"s1", grant, m.BatchRequest(1))
    assert grant is not None
    done = local.core.sessions.by_name["s"].visits
    local.ask(m.SwapNet, "/new", True)
    local.say(b"", m.NetSwapped())
    session = local.core.sessions.by_name["s"]
    assert (session.visits, session.record) == (0, [move])
    assert session.search is not None
    grant = local.update(b"s1", grant, m.BatchRequest(1))  # of a tree that is gone
    while grant is not None:
        grant = local.update(b"s1", grant, m.BatchRequest(1))
    last = local.heard[CLIENT][-1]
    assert isinstance(last, m.Report)
    assert (last.final, last.reason, last.new_visits) == (True, "visits", 30)
    assert 0 < last.visits < 30 + done


def waiting_beside(local: Local, more: int = 2) -> list[str]:
    """One search at a time goes on, in "s"; so many others wait."""
    bounds = replace(local.core.config.bounds, running_searches=1)
    local.say(b"", m.SetBounds(**vars(bounds)))
    local.ask(m.Search, "s", m.Limits(new_visits=30))
    names = [f"waits {number}" for number in range(more)]
    for name in names:
        local.ask(m.Open, name, GAME, local.spec)
        local.ask(m.Search, name, m.Limits(new_visits=10))
    return names


@pytest.mark.parametrize("anew", [False, True])
def test_searches_that_wait_go_on_waiting(local: Local, anew: bool) -> None:
    names = waiting_beside(local)
    local.ask(m.SwapNet, "/new", anew)
    local.say(b"", m.NetSwapped())
    assert [each.name for each in local.core.sessions.searches.queue.waiting] == names
    grant = local.heard[b"s1"][-1]
    assert isinstance(grant, m.Grant)
    following: m.Grant | None = grant
    while following is not None:
        following = local.update(b"s1", following, m.BatchRequest(1))
    ends = [each for each in local.heard[CLIENT] if isinstance(each, m.Report) and each.final]
    assert [(each.session, each.reason, each.new_visits) for each in ends[-3:]] == [
        ("s", "visits", 30),
        *((name, "visits", 10) for name in names),
    ]


@pytest.mark.parametrize("anew", [False, True])
def test_a_stored_session_comes_back_as_those_that_were_there_are(tmp_path: Path, anew: bool) -> None:
    club = Stocked(tmp_path / "store")
    club.fill()
    assert list(club.core.sessions.storeroom.records) == ["anna/old"]
    club.greet("local")
    club.ask("local", m.SwapNet, "/new", anew)
    club.tell(b"", m.NetSwapped())
    again = Scheduler(HashedReferee(), club.core.config)
    checkpoint.load(again, [bytes(frame) for frame in checkpoint.save(club.core)])
    club.core = again
    club.ask("bob", m.Close, "one")
    report = club.ask("anna", m.Query, "old")
    assert (report.record, report.visits) == ([2], 0 if anew else 60)
    assert club.ask("anna", m.Search, "old", m.Limits(new_visits=20)) is None
    club.work(100)
    ended = club.hears("anna")[-1]
    assert isinstance(ended, m.Report)
    assert (ended.new_visits, ended.visits) == (20, 20 if anew else 80)


def test_a_session_stored_behind_the_change_keeps_its_tree(tmp_path: Path) -> None:
    club = Stocked(tmp_path / "store")
    club.greet("local")
    club.ask("local", m.SwapNet, "/new", True)
    club.tell(b"", m.NetSwapped())
    club.fill()
    club.ask("bob", m.Close, "one")
    assert club.ask("anna", m.Query, "old").visits == 60


def test_people_see_to_which_net_it_changes(local: Local) -> None:
    def shown() -> str:
        text = StringIO()
        (status,) = local.ask(m.AskStatus)
        assert isinstance(status, m.Status)
        Console(file=text, width=120).print(view(status, None))
        return text.getvalue()

    assert "changing" not in shown()
    local.ask(m.SwapNet, "/nets/new.safetensors")
    assert "changing to the net /nets/new.safetensors" in shown()
    local.say(b"", m.NetSwapped())
    assert "changing" not in shown()


def test_a_change_is_part_of_the_state(local: Local) -> None:
    local.ask(m.SwapNet, "/new")
    core = Scheduler(HashedReferee(), local.core.config)
    checkpoint.load(core, [bytes(frame) for frame in checkpoint.save(local.core)])
    assert core.swap == (CLIENT, m.SwapNet(local.requests, "/new"))


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> Searchers:
    """Two searchers that work."""
    Process.born = []
    monkeypatch.setattr(watch.subprocess, "Popen", Process)
    monkeypatch.setattr(watch, "time", Time)
    made = Searchers(2, lambda name: Options().for_searcher("ipc://x", name, str(Path("/p"))))
    made.start_one()
    made.greeted(1000, "old")
    made.watch()
    made.greeted(1001, "old")
    return made


def _swap(old: Searchers) -> NetSwap:
    told = Options(net=Path("/new"))
    return NetSwap(
        Path("/new"), False, DaemonNet(None), old, 2, lambda name: told.for_searcher("ipc://x", name, str(Path("/p")))
    )


def test_one_place_after_the_other(old: Searchers) -> None:
    swap = _swap(old)
    assert len(Process.born) == 3
    assert '"net":"/new"' in Process.born[2].command[-1]
    assert (swap.watch(), list(swap.step())) == ([], [])
    swap.new.greeted(1002, "new")
    assert list(swap.step()) == [1000]
    swap.watch()
    assert len(Process.born) == 4
    Process.born[0].end(0)
    assert old.watch() == [1000]
    old.watch()
    assert len(Process.born) == 4  # the old one is not replaced
    swap.new.greeted(1003, "new")
    assert list(swap.step()) == [1001]
    assert not swap.is_done
    Process.born[1].end(0)
    old.watch()
    assert swap.is_done
    swap.new.end(0.0)


@pytest.mark.parametrize("place", [0, 1])
def test_a_searcher_that_does_not_start_takes_all_back(old: Searchers, place: int) -> None:
    swap = _swap(old)
    retired: list[int] = []
    if place:
        swap.new.greeted(1002, "new")
        retired = list(swap.step())
        swap.watch()
        Process.born[0].end(0)
        old.watch()
    Process.born[-1].end(watch.FATAL_CODE, f"{watch.FATAL}net /new: it is none")
    swap.watch()
    assert swap.failure == "net /new: it is none"
    assert swap.roll_back() == ([1002] if place else [])
    old.watch()
    assert old.is_any_there
    assert '"net":null' in Process.born[-1].command[-1] if place else retired == []
    for each in (swap.new, old):
        each.end(0.0)
