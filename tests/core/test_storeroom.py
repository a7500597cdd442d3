"""Sessions that nobody uses: stored to make room, fetched when somebody asks something of them, kept for keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.core.bounds import Bounds
from daemon.core.checkpoint import load, save
from daemon.core.config import Config
from daemon.core.errands import Errand, Fetch
from daemon.core.scheduler import Scheduler
from daemon.process.options import OptionError
from daemon.process.session_store import SUFFIX, SessionStore
from daemon.replay.hashed_game import GAME, HashedReferee
from protocol import messages as m
from tests.core.club import SPEC, Club
from tests.no_room import COMPLAINT, no_room

BOUNDS = Bounds(sessions=2, keep=10.0, store_bytes=10 << 20, keep_stored=1000.0)
CONFIG = Config(searcher_lease=1e6, client_lease=1e6, bounds=BOUNDS)
SECRET = "a" * 32


class Stocked(Club):
    """A club whose daemon has a store; what is fetched comes when the test lets it."""

    def __init__(self, folder: Path, bounds: Bounds = BOUNDS) -> None:
        self.store = SessionStore(folder)
        self.folder = folder
        self.later: list[Errand] = []
        self.holds_back = False
        super().__init__({"anna": "client", "bob": "client"}, replace(CONFIG, bounds=bounds))

    def tell(self, sender: bytes, message: m.AnyMessage) -> list[m.Outbound]:
        answers = super().tell(sender, message)
        for errand in self.core.take_errands():
            if isinstance(errand, Fetch) and self.holds_back:
                self.later.append(errand)
            else:
                answers += self.do(errand, sender)
        return answers

    def do(self, errand: Errand, sender: bytes = b"") -> list[m.Outbound]:
        """The shell does an errand; what ``sender`` hears because of it."""
        told = self.store.run(errand)
        if told is None:
            return []
        before = len(self.heard.get(sender, []))
        self.tell(b"", told)
        return self.heard.get(sender, [])[before:]

    def files(self) -> int:
        return len(list(self.folder.glob(f"*{SUFFIX}")))

    def fill(self) -> None:
        """Anna has a session with a tree, which nobody has used for long when the places are taken."""
        self.open("anna", "old", record=[2])
        self.ask("anna", m.Search, "old", m.Limits(visits=60))
        self.work(100)
        self.now += 20.0
        for name in ("one", "two"):
            assert isinstance(self.open("bob", name), m.Opened)


@pytest.fixture
def club(tmp_path: Path) -> Stocked:
    return Stocked(tmp_path / "store")


def test_an_idle_session_is_stored_and_comes_back_as_it_was(club: Stocked) -> None:
    club.open("anna", "old", record=[2])
    club.ask("anna", m.Search, "old", m.Limits(visits=60))
    club.work(100)
    before = club.core.digests()["anna/old"]
    club.hears("anna")
    club.now += 20.0
    for name in ("one", "two"):
        assert isinstance(club.open("bob", name), m.Opened)
    assert club.hears("anna") == [], "she hears nothing of it"
    assert sorted(club.core.sessions.by_name) == ["bob/one", "bob/two"]
    assert club.files() == 1
    (told,) = club.ask("anna", m.AskStatus).sessions
    assert (told.session, told.stored, told.visits, told.clients) == ("old", True, 60, 1)
    club.now += 20.0
    report = club.ask("anna", m.Query, "old")
    assert (report.session, report.record, report.visits) == ("old", [2], 60)
    assert club.core.digests()["anna/old"] == before
    assert sorted(club.core.sessions.by_name) == ["anna/old", "bob/two"], "another makes room for it"
    assert club.files() == 1


def test_what_is_asked_meanwhile_waits_in_order(club: Stocked) -> None:
    club.fill()
    club.now += 20.0
    club.holds_back = True
    assert club.ask("anna", m.Play, "old", 0) is None
    assert club.ask("anna", m.Query, "old") is None
    assert club.ask("anna", m.Undo, "old", 5) is None
    assert len(club.later) == 1, "it is fetched once"
    assert isinstance(club.ask("bob", m.Query, "two"), m.Report), "others are not held up"
    club.hears("anna")
    club.do(club.later.pop())
    done, report, refused = club.hears("anna")
    assert isinstance(done, m.Done)
    assert isinstance(report, m.Report)
    assert report.record == [2, 0]
    assert isinstance(refused, m.Refused)
    assert refused.reason == "cannot undo 5 of 2 moves"


def test_who_leaves_meanwhile_is_not_answered(club: Stocked) -> None:
    club.fill()
    club.now += 20.0
    club.holds_back = True
    club.ask("anna", m.Query, "old")
    club.tell(club.sender("anna"), m.Goodbye())
    club.hears("anna")
    club.do(club.later.pop())
    assert club.hears("anna") == []
    club.core.check_invariants()


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_what_is_lost_closes_that_session_and_no_other(club: Stocked, damage: str) -> None:
    club.fill()
    club.now += 20.0
    (path,) = club.folder.glob(f"*{SUFFIX}")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[:-1] if damage == "cut" else data)
    club.ask("anna", m.Watch, "old")
    refused, closed = club.hears("anna")[-2:]
    assert isinstance(refused, m.Refused)
    assert isinstance(closed, m.Closed)
    assert closed.session == "old"
    assert "what was stored of it" in closed.reason
    assert isinstance(club.open("anna", "old"), m.Opened), "the name is free"


def test_a_full_disk_costs_the_session_that_was_to_be_stored(club: Stocked) -> None:
    with no_room(100):
        club.fill()
    closed = club.hears("anna")[-1]
    assert closed == m.Closed("old", f"lost: it could not be stored: {COMPLAINT}")
    assert list(club.folder.iterdir()) == [club.folder / ".lock"]
    assert sorted(club.core.sessions.by_name) == ["bob/one", "bob/two"]


def test_a_store_that_is_full_ends_what_was_stored_first(tmp_path: Path) -> None:
    club = Stocked(tmp_path / "store", replace(BOUNDS, store_bytes=130_000, sessions=1))
    for name in "abcdefgh":
        club.open("anna", name, settings=m.SearchSettings(max_bytes=50_000))
        club.ask("anna", m.Search, name, m.Limits(visits=120))
        club.work(200)
        club.now += 20.0
    closed = [each for each in club.hears("anna") if isinstance(each, m.Closed)]
    assert closed
    assert closed[0].session == "a"
    assert "the 0 MiB for stored sessions are full" in closed[0].reason
    assert club.core.sessions.storeroom.size <= 130_000


class TestKept:
    def leave(self, club: Stocked) -> str:
        club.open("anna", "game", record=[2])
        club.ask("anna", m.Search, "game", m.Limits(visits=60))
        club.work(100)
        before = club.core.digests()["anna/game"]
        club.tell(club.sender("anna"), m.Goodbye())
        assert club.core.sessions.by_name == {}
        assert club.files() == 1
        return before

    def test_who_left_finds_the_tree_again(self, club: Stocked) -> None:
        before = self.leave(club)
        club.now += 900.0
        club.greet("anna")
        opened = club.open("anna", "game", share=True)
        assert (opened.shared, opened.record) == (True, [2])
        assert club.core.digests()["anna/game"] == before
        assert club.files() == 0

    def test_nobody_else_does(self, club: Stocked) -> None:
        self.leave(club)
        for name in ("game", "anna/game"):
            assert not club.open("bob", name, share=True).shared
            club.ask("bob", m.Close, name)
        club.greet("local")
        assert not club.open("local", "game", share=True).shared

    def test_it_is_kept_for_so_long(self, club: Stocked) -> None:
        self.leave(club)
        assert club.core.next_deadline() == 1000.0
        club.now = 1000.0
        club.tell(b"", m.Tick())
        assert club.files() == 0
        club.greet("anna")
        assert not club.open("anna", "game", share=True).shared

    def test_to_open_it_anew_begins_anew(self, club: Stocked) -> None:
        self.leave(club)
        club.greet("anna")
        opened = club.open("anna", "game")
        assert (opened.shared, opened.record) == (False, [])
        assert club.files() == 0

    def test_what_is_closed_is_not_kept_nor_what_is_local(self, club: Stocked) -> None:
        club.greet("local")
        club.open("anna", "game")
        club.ask("anna", m.Close, "game")
        club.open("local", "game")
        club.tell(b"local", m.Goodbye())
        assert club.files() == 0

    def test_leaves_in_flight_are_let_go(self, club: Stocked) -> None:
        club.open("anna", "game")
        club.ask("anna", m.Search, "game")
        club.work(5)
        assert club.grants
        club.tell(club.sender("anna"), m.Goodbye())
        club.greet("anna")
        assert club.open("anna", "game", share=True).shared
        club.ask("anna", m.Search, "game", m.Limits(new_visits=30))
        club.work(100)
        assert [each.reason for each in club.hears("anna") if isinstance(each, m.Report)][-1] == "visits"

    def test_guests_are_out(self, club: Stocked) -> None:
        club.open("anna", "game")
        club.ask("anna", m.Invite, "game", SECRET)
        club.ask("bob", m.Join, SECRET)
        club.tell(club.sender("anna"), m.Goodbye())
        assert club.hears("bob")[-1] == m.Closed("anna/game", "its owner has left it")
        assert club.ask("bob", m.Join, SECRET).kind == "forbidden"

    def test_whose_key_is_gone_has_nothing_kept(self, club: Stocked) -> None:
        self.leave(club)
        club.principals({"bob": "client"})
        assert club.files() == 0


def test_a_guest_has_it_fetched(club: Stocked) -> None:
    club.open("anna", "old", record=[2])
    club.ask("anna", m.Invite, "old", SECRET)
    club.now += 20.0
    for name in ("one", "two"):
        club.open("bob", name)
    club.now += 20.0
    opened = club.ask("bob", m.Join, SECRET)
    assert (opened.session, opened.record) == ("anna/old", [2])
    assert club.ask("bob", m.Play, "anna/old", 0).kind == "forbidden"


def test_a_client_that_comes_back_is_in_its_stored_sessions(club: Stocked) -> None:
    club.greet("anna 2", token="0123456789abcdef")
    club.open("anna 2", "old")
    club.now += 20.0
    for name in ("one", "two"):
        club.open("bob", name)
    club.now += 20.0
    hello = m.Hello(m.PROTOCOL_VERSION, "client", "a", 1, token="0123456789abcdef")
    club.tell(club.sender("anna 3"), hello)
    assert isinstance(club.ask("anna 3", m.Query, "old"), m.Report)


def test_a_quota_counts_stored_sessions_that_are_in_use(club: Stocked) -> None:
    from protocol.principals import Quota

    club.fill()
    club.principals({"anna": ("client", Quota(sessions=1)), "bob": "client"})
    assert club.open("anna", "new").kind == "quota"
    assert isinstance(club.ask("anna", m.Close, "old"), m.Done)
    club.now += 20.0
    assert isinstance(club.open("anna", "new"), m.Opened)


def test_a_daemon_that_was_killed_goes_on_with_its_store(club: Stocked) -> None:
    club.fill()
    club.now += 20.0
    club.holds_back = True
    club.ask("anna", m.Query, "old")
    again = Scheduler(HashedReferee(), CONFIG)
    load(again, [bytes(frame) for frame in save(club.core)])
    again.check_invariants()
    club.core, club.holds_back = again, False
    (club.folder / ("0" * 32 + SUFFIX)).write_bytes(b"of a session that is no more")
    club.store.keep_only(record.digest for record in again.sessions.storeroom.records.values())
    assert not (club.folder / ("0" * 32 + SUFFIX)).exists()
    assert club.files() == len(again.sessions.storeroom.records)
    club.hears("anna")
    for errand in again.unfinished_errands():
        club.do(errand)
    (report,) = club.hears("anna")
    assert isinstance(report, m.Report)
    assert report.record == [2]


def test_a_core_that_begins_anew_forgets_what_it_stored(club: Stocked) -> None:
    club.fill()
    club.core.begin_anew(club.now, club.core.numbers)
    for errand in club.core.take_errands():
        club.do(errand)
    assert club.files() == 0


def test_the_files_are_for_nobody_else(club: Stocked, tmp_path: Path) -> None:
    club.fill()
    (path,) = club.folder.glob(f"*{SUFFIX}")
    assert path.stat().st_mode & 0o777 == 0o600
    assert club.folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(OptionError, match="is the store of another daemon"):
        SessionStore(club.folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="cannot be a store"):
        SessionStore(tmp_path / "file")


def test_without_a_store_idle_sessions_are_closed_as_ever(tmp_path: Path) -> None:
    club = Stocked(tmp_path / "store", replace(BOUNDS, store_bytes=0, keep_stored=0.0))
    club.fill()
    assert isinstance(club.hears("anna")[-1], m.Closed)
    assert club.files() == 0


def test_a_daemon_without_its_store_says_so() -> None:
    store: Any = SessionStore(None)
    assert store.run(Fetch(3, "x")) == m.StoreLost(3, "this daemon has no --store")


def test_the_end_of_the_daemon_is_the_end_of_what_is_watched(club: Stocked) -> None:
    club.open("anna", "old")
    club.ask("anna", m.Watch, "old")
    club.now += 20.0
    for name in ("one", "two"):
        club.open("bob", name)
    club.greet("local")
    club.hears("anna")
    club.ask("local", m.Shutdown)
    report = club.hears("anna")[0]
    assert isinstance(report, m.Report)
    assert (report.session, report.reason) == ("old", "closed")


def test_moves_of_a_game_that_was_stored_are_legal_still(club: Stocked) -> None:
    club.fill()
    club.now += 20.0
    refused = club.ask("anna", m.Goto, "old", [2, 3])
    assert isinstance(refused, m.Refused)
    assert isinstance(club.ask("anna", m.Reset, "old", GAME, SPEC), m.Done)
