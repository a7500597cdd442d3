"""Whole games reviewed in the background: what is searched, in which order, and what is told and kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.core.config import Config
from daemon.core.scheduler import Scheduler
from daemon.process.referee import GamesReferee
from protocol.client import Client
from protocol.errors import ConnectionLost
from protocol.messages import Limits
from tests.daemons import LocalDaemon, eventually
from zhugo.review.move_costs import Candidate, Position
from zhugo.shared.errors import UserError
from zhugo.web import messages as m
from zhugo.web.record import RecordTree
from zhugo.web.review import Reviews, worker
from zhugo.web.review.game_review import GameReview
from zhugo.web.review.spots import spots_of
from zhugo.web.store.analyses import AnalysisStore

# A main line of four moves (nodes 1 to 4); a variation beside the second (5, 6); White twice running at the end.
GAME = b"(;SZ[5]KM[7];B[cc](;W[bb];B[dd];B[dc])(;W[dd];B[bb]))"


def tree(sgf: bytes = GAME) -> RecordTree:
    (found,) = RecordTree.read_all(sgf)
    assert isinstance(found, RecordTree)
    return found


def known(lead: float, best: int, visits: int = 10) -> Position:
    rate = 0.5 + lead / 40
    return Position(rate, lead, visits, (Candidate(best, visits - 1, rate, lead, 0.5, (best,)),))


def game_review(visits: int = 10, view: int | None = None) -> GameReview:
    one = GameReview("game", None)
    one.put(spots_of(tree()), 5, 5)
    one.view = view
    one.start(visits)
    return one


def wanted(one: GameReview) -> list[list[int]]:
    """The records of the positions that are missing."""
    return [list(one.place(key).record) for key in one.missing()]  # type: ignore[union-attr]


def test_a_record_is_read_with_its_variations_and_turns() -> None:
    spots = spots_of(tree())
    assert [(one.node, one.number, one.main, one.segment.record) for one in spots] == [
        (0, 0, True, []),
        (1, 1, True, [12]),
        (2, 2, True, [12, 6]),
        (3, 3, True, [12, 6, 18, 26]),  # Black moves twice: 26 hands the turn over
        (4, 4, True, [12, 6, 18, 26, 13]),
        (5, 2, False, [12, 18]),
        (6, 3, False, [12, 18, 6]),
    ]
    assert spots[4].before is not None
    assert spots[4].before.record == [12, 6, 18, 26]
    assert spots[0].before is None
    assert [one.to_play for one in spots] == [1, -1, 1, 1, -1, 1, -1]


def test_stones_that_are_set_up_begin_anew() -> None:
    spots = spots_of(tree(b"(;SZ[5];B[cc];AW[aa]AE[cc];W[bb])"))
    found = [(one.segment.record, one.segment.spec["white"]) for one in spots]
    assert found == [([], []), ([12], []), ([], [0]), ([6], [0])]
    assert spots[3].before is not None
    assert spots[3].before.record == []


def test_the_main_line_comes_before_variations() -> None:
    assert wanted(game_review()) == [
        [], [12], [12, 6], [12, 6, 18, 26], [12, 6, 18, 26, 13], [12, 18], [12, 18, 6],
    ]  # fmt: skip


def test_what_is_in_view_comes_first_then_what_follows_it() -> None:
    assert wanted(game_review(view=3))[:4] == [[12, 6, 18, 26], [12, 6], [12, 6, 18, 26, 13], []]
    assert wanted(game_review(view=6))[:3] == [[12, 18, 6], [12, 18], []]


def test_what_is_known_well_enough_is_not_searched_again() -> None:
    one = game_review(visits=10)
    keys = list(one.missing())
    one.learn(keys[0], known(0.0, 12, visits=10))
    one.learn(keys[1], known(0.0, 6, visits=9))
    assert list(one.missing()) == keys[1:]
    assert (one.state().done, one.state().of, one.state().running) == (1, 7, True)
    one.start(0)
    assert wanted(one) == []
    assert not one.state().running


def test_moves_are_judged_by_the_positions_on_both_sides() -> None:
    one = game_review()
    for node, lead, best in ((0, 0.0, 12), (1, 0.5, 3), (2, 4.5, 1), (3, -8.0, 2)):
        key = one.key_of(node)
        assert key is not None
        one.learn(key, known(lead, best))
    summary = one.summary()
    assert summary is not None
    assert [(each.node, each.number, each.color, each.loss) for each in summary.mistakes] == [
        (3, 3, 1, 12.5),
        (2, 2, -1, 4.0),
    ]
    assert summary.mistakes[0].better == [1]
    assert (summary.black.moves, summary.black.best, summary.white.moves) == (2, 0.5, 1)
    news = one.news()
    assert news is not None
    assert [each.node for each in news.positions] == [0, 1, 2, 3]
    assert one.news() is None


def test_a_game_that_passes_ended_is_judged_by_what_came_before() -> None:
    one = GameReview("game", None)
    one.put(spots_of(tree(b"(;SZ[5];B[cc];W[];B[])")), 5, 5)
    one.start(10)
    keys = [one.key_of(node) for node in range(4)]
    for key, lead in zip(keys[:3], (3.0, 3.0, -9.0), strict=True):
        one.learn(key, known(lead, 25))  # type: ignore[arg-type]
    one.end(keys[3], known(-25.0, 1))  # type: ignore[arg-type]
    assert one.position(2) == Position(known(3.0, 25).win_rate, 3.0, 10, known(-9.0, 25).candidates)
    assert one.position(3) == Position(known(3.0, 25).win_rate, 3.0, 10, ())
    assert list(one.missing()) == []
    assert one.news() is not None
    one.learn(keys[1], known(4.0, 25, visits=20))  # type: ignore[arg-type]
    news = one.news()
    assert news is not None
    assert [(each.node, each.black_lead) for each in news.positions] == [(1, 4.0), (2, 4.0), (3, 4.0)]


class Page:
    """Hears what is told."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self._lock = threading.Lock()

    def __call__(self, message: object) -> None:
        with self._lock:
            self.heard.append(message)

    def of(self, kind: type) -> list:
        with self._lock:
            return [one for one in self.heard if isinstance(one, kind)]

    def nodes(self) -> set[int]:
        return {position.node for one in self.of(m.Reviewed) for position in one.positions}

    def is_done(self) -> bool:
        states = self.of(m.ReviewState)
        return bool(states) and states[-1].visits > 0 and not states[-1].running


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[LocalDaemon]:
    with LocalDaemon(tmp_path) as one:
        yield one


def test_a_game_is_reviewed_told_and_kept(daemon: LocalDaemon, page: Page, tmp_path: Path) -> None:
    store = AnalysisStore(tmp_path, print)
    with daemon.client() as client:
        reviews = Reviews(lambda: client, store, page)
        reviews.put("game", tree())
        reviews.look("game", 3)
        reviews.start("game", 5)
        eventually(lambda: page.is_done() and bool(page.of(m.Summary)), "the review is done")
        assert page.nodes() == set(range(7))
        assert all(position.visits >= 5 for position in reviews.analyses("game").values())
        assert page.of(m.Summary)[-1].black.moves == 3
        eventually(lambda: not [one for one in client.status().sessions if one.session.startswith("review")], "closed")
        reviews.close()


def test_what_was_found_is_there_again_after_a_restart(
    daemon: LocalDaemon, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "net_key", lambda _status: "a net")
    with daemon.client() as client:
        reviews = Reviews(lambda: client, AnalysisStore(tmp_path, print), page)
        reviews.put("game", tree())
        reviews.start("game", 5)
        eventually(page.is_done, "the review is done")
        reviews.close()
        searched = client.status().visits
        later = Page()
        again = Reviews(lambda: client, AnalysisStore(tmp_path, print), later)
        again.put("another name", tree())
        eventually(lambda: later.nodes() == set(range(7)) and bool(later.of(m.Summary)), "all of it is told")
        again.start("another name", 5)
        eventually(later.is_done, "there is nothing to search")
        assert client.status().visits == searched
        again.start("another name", 6)
        eventually(lambda: client.status().visits > searched, "more visits are searched")
        again.close()


def test_an_illegal_variation_does_not_end_a_review(daemon: LocalDaemon, page: Page, tmp_path: Path) -> None:
    with daemon.client() as client:
        reviews = Reviews(lambda: client, AnalysisStore(tmp_path, print), page)
        reviews.put("game", tree(b"(;SZ[5];B[cc](;W[dd])(;W[cc]))"))
        reviews.start("game", 3)
        eventually(page.is_done, "the review is done")
        assert reviews.analyses("game").keys() == {0, 1, 2}
        assert "occupied" in page.of(m.ReviewState)[-1].failure
        reviews.close()


def test_others_that_search_are_left_most_of_the_daemon(daemon: LocalDaemon, page: Page, tmp_path: Path) -> None:
    with daemon.client() as client, daemon.client() as live:
        session = live.open("live", "go", {"size": 5})
        handle = session.search(Limits())
        reviews = Reviews(lambda: client, AnalysisStore(tmp_path, print), page)
        reviews.put("game", tree())
        reviews.start("game", 200)
        most = 0
        until = time.monotonic() + 3.0
        while time.monotonic() < until:
            searching = [one for one in client.status().sessions if one.searching and one.session != "live"]
            if time.monotonic() > until - 2.0:
                most = max(most, len(searching))
            time.sleep(0.01)
        assert most <= 1
        session.stop()
        handle.result()
        eventually(page.is_done, "the review is done")
        reviews.close()


def priorities(daemon: LocalDaemon) -> set[str]:
    """Of the searches of a review that go on now."""
    running = list(daemon.core.sessions.searches.running)
    searches = [each.search for each in running if each.name.startswith("review")]
    return {search.priority for search in searches if search is not None}


def test_beside_an_analysis_of_its_own_page_a_review_takes_turns_with_it(
    daemon: LocalDaemon, page: Page, tmp_path: Path
) -> None:
    with daemon.client() as client, daemon.client() as live:
        session = live.open("own", "go", {"size": 5})
        handle = session.search(Limits())
        reviews = Reviews(lambda: client, AnalysisStore(tmp_path, print), page, is_own=lambda name: name == "own")
        reviews.put("game", tree())
        reviews.start("game", 100)
        eventually(lambda: priorities(daemon) == {"live"}, "it is live as that one is")
        eventually(page.is_done, "the review is done though the analysis has no end")
        assert not handle.over
        reviews.start("game", 100_000)
        eventually(lambda: priorities(daemon) == {"live"}, "it goes on")
        other = live.open("another", "go", {"size": 5})
        played = other.search(Limits())
        eventually(lambda: priorities(daemon) == {"review"}, "somebody else's search goes first")
        other.stop()
        session.stop()
        played.result()
        handle.result()
        reviews.close()


def test_a_review_is_one_to_the_daemon(daemon: LocalDaemon, page: Page, tmp_path: Path) -> None:
    with daemon.client() as client:
        reviews = Reviews(lambda: client, AnalysisStore(tmp_path, print), page)
        reviews.put("game", tree())
        reviews.start("game", 100_000)
        eventually(lambda: priorities(daemon) == {"review"}, "it is searched")
        reviews.close()


def test_a_daemon_that_dies_costs_nothing_that_was_found(
    daemon: LocalDaemon, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(worker, "FEWEST", 1)  # one position after the other, so that some are left
    monkeypatch.setattr(worker, "MOST", 1)
    there = threading.Event()
    there.set()

    def client() -> Client:
        if not there.is_set():
            raise ConnectionLost("nobody is there")
        return daemon.client()

    reviews = Reviews(client, AnalysisStore(tmp_path, print), page)
    reviews.put("game", tree())
    reviews.start("game", 300)
    eventually(lambda: bool(reviews.analyses("game")), "a position is found")
    there.clear()
    daemon.kill()
    eventually(lambda: page.of(m.ReviewState)[-1].failure != "", "the page is told")
    assert page.of(m.ReviewState)[-1].running
    assert page.nodes()
    daemon.restart(Scheduler(GamesReferee(), Config()))
    there.set()
    eventually(page.is_done, "it goes on")
    assert page.of(m.ReviewState)[-1].failure == ""
    assert len(reviews.analyses("game")) == 7
    reviews.close()


def test_a_live_analysis_is_taken_in_and_a_stopped_review_stays_stopped(
    daemon: LocalDaemon, page: Page, tmp_path: Path
) -> None:
    with daemon.client() as client:
        reviews = Reviews(lambda: client, AnalysisStore(tmp_path, print), page)
        reviews.put("game", tree())
        reviews.learn("game", spots_of(tree())[2].segment, known(1.0, 3, visits=5000))
        eventually(lambda: page.nodes() == {2}, "it is told")
        reviews.start("game", 100_000)
        reviews.start("game", 0)
        eventually(lambda: not [one for one in client.status().sessions if one.searching], "it stops")
        assert reviews.analyses("game")[2].visits == 5000
        with pytest.raises(UserError, match="no net"):
            reviews.start("game", 5, "another")
        reviews.drop("game")
        assert reviews.analyses("game") == {}
        reviews.close()
