"""Reviews of several games: side by side, each whole when it is done, and taken up where a run ended."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from daemon.core.answers import Answers
from daemon.core.scheduler import Scheduler
from daemon.process.referee import GamesReferee
from games.go import sgf
from protocol.client import Client, Opening
from protocol.errors import ConnectionLost, RefusedError
from protocol.messages import AnyMessage, Limits, Search
from tests.daemons import PATIENCE, LocalDaemon
from zhugo.review import plot
from zhugo.review import run as running
from zhugo.review.positions import Work, search_games
from zhugo.review.progress import Plain
from zhugo.review.run import Outcome, review_all
from zhugo.review.sources import find

LIMITS = Limits(visits=3)
GAME = "(;SZ[5]KM[7]PB[{}];B[cc];W[bb];B[dd];W[dc];B[])"
POSITIONS = 6


def _page(*_: object) -> bytes:
    return b"<!doctype html>"


@pytest.fixture
def games(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five games in a folder, which is the working directory. Pictures are not drawn: they take long."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plot, "draw", lambda picture, *_: picture.write(b"PNG"))
    (tmp_path / "in").mkdir()
    for name in "abcde":
        (tmp_path / "in" / f"{name}.sgf").write_text(GAME.format(name))
    return tmp_path


class _Run:
    """One run over what the arguments name. said: what it printed. opened: positions that it had searched."""

    def __init__(self, daemon: LocalDaemon, reconnect: float = 0.0) -> None:
        self._daemon, self._reconnect = daemon, reconnect
        self.said = ""
        self.opened = 0

    def __call__(
        self, *arguments: str, limits: Limits = LIMITS, hook: Callable[[], None] | None = None, anew: bool = False
    ) -> Outcome:
        console = Console(file=io.StringIO(), width=200)
        self.opened = 0
        with self._daemon.client(reconnect=self._reconnect) as client:
            original = client.begin_open

            def counted(*args: object, **more: object) -> object:
                self.opened += 1
                if hook is not None:
                    hook()
                return original(*args, **more)  # type: ignore[arg-type]

            client.begin_open = counted  # type: ignore[method-assign, assignment]
            try:
                return review_all(
                    lambda: client, find(arguments, None)[0], limits, console, at_once=4, page=_page, anew=anew
                )
            finally:
                assert isinstance(console.file, io.StringIO)
                self.said = console.file.getvalue()


@pytest.fixture
def run(games: Path) -> Iterator[_Run]:
    with LocalDaemon(games) as daemon:
        yield _Run(daemon)


def _interrupt_after(count: int) -> Callable[[], None]:
    left = [count]

    def hook() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    return hook


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_every_game_leaves_its_files(run: _Run, games: Path) -> None:
    outcome = run("in")
    assert (outcome.finished, outcome.before, outcome.bad) == (5, 0, [])
    assert _files(games / "out") == sorted(
        f"{n}/{n}.{kind}" for n in "abcde" for kind in ("html", "json", "png", "sgf")
    )
    document = json.loads((games / "out" / "c" / "c.json").read_text())
    assert document["game"]["black"] == "c"
    assert [position["moves_before"] for position in document["positions"]] == list(range(POSITIONS))
    assert "Mistakes by game" in run.said


def test_what_was_done_is_not_done_again_unless_it_changed(run: _Run, games: Path) -> None:
    run("in")
    assert (run("in").before, run.opened) == (5, 0)
    assert "5 of 5 games were done before" in run.said
    (games / "in" / "b.sgf").write_text(GAME.format("another"))
    outcome = run("in")
    assert (outcome.finished, outcome.before, run.opened) == (1, 4, POSITIONS)
    assert run("in", limits=Limits(visits=4)).finished == 5
    assert run("in", limits=Limits(visits=4), anew=True).finished == 5
    (games / "out" / "e" / "e.png").unlink()
    assert run("in", limits=Limits(visits=4)).finished == 1


def test_one_game_that_was_done_shows_its_table_again(run: _Run) -> None:
    run("in/a.sgf")
    first = run.said
    assert run("in/a.sgf").before == 1
    assert _table(first)
    assert _table(run.said) == _table(first)
    assert "out/a/a.sgf" in run.said


def _table(said: str) -> list[list[str]]:
    """Move, player, what was played and what was better of each mistake; the figures are kept rounded."""
    return [line.split("│")[1:5] for line in said.partition("Players")[0].splitlines() if "│" in line]


def test_an_interrupted_run_is_taken_up(run: _Run, games: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        run("in", hook=_interrupt_after(3 * POSITIONS + 2))
    whole = [name for name in _files(games / "out") if name.endswith(".json") and "unfinished" not in name]
    assert whole
    assert "the same command goes on from there" in capsys.readouterr().err
    kept = sum(
        len(json.loads(path.read_text())["positions"]) for path in (games / "out").rglob("*.unfinished.json")
    ) + POSITIONS * len(whole)
    assert kept >= 2 * POSITIONS
    outcome = run("in")
    assert (outcome.finished + outcome.before, outcome.before) == (5, len(whole))
    assert run.opened == 5 * POSITIONS - kept
    assert f"{len(whole)} of 5 games were done before" in run.said
    assert not list((games / "out").rglob("*.unfinished.json"))
    assert not list((games / "out").rglob("*.partial"))


def test_what_was_kept_of_another_search_is_not_taken(run: _Run) -> None:
    with pytest.raises(KeyboardInterrupt):
        run("in/a.sgf", hook=_interrupt_after(5))
    assert run("in/a.sgf", limits=Limits(visits=4)).finished == 1
    assert run.opened == POSITIONS


def test_a_daemon_that_goes_leaves_what_was_searched(games: Path) -> None:
    with LocalDaemon(games) as daemon, pytest.raises(ConnectionLost):
        _Run(daemon)("in/a.sgf", hook=_calls_at(5, daemon.kill))
    kept = json.loads((games / "out" / "a" / "a.unfinished.json").read_text())["positions"]
    assert kept
    with LocalDaemon(games) as daemon:
        again = _Run(daemon)
        assert again("in/a.sgf").finished == 1
        assert again.opened == POSITIONS - len(kept)
        assert f"{len(kept)} of {POSITIONS} positions were searched before" in again.said


def _same(client: Client) -> Client:
    return client


def _calls_at(count: int, call: Callable[[], None]) -> Callable[[], None]:
    left = [count]

    def hook() -> None:
        left[0] -= 1
        if left[0] == 0:
            call()

    return hook


def test_a_daemon_that_comes_back_is_no_interruption(games: Path) -> None:
    with LocalDaemon(games) as daemon:

        def lose_all() -> None:
            daemon.kill()
            daemon.restart(Scheduler(GamesReferee(), daemon.core.config))

        outcome = _Run(daemon, PATIENCE)("in", hook=_calls_at(2 * POSITIONS + 3, lose_all))
    assert (outcome.finished, outcome.bad) == (5, [])
    document = json.loads((games / "out" / "c" / "c.json").read_text())
    assert all(position["visits"] >= 3 for position in document["positions"])


def test_a_bad_file_is_one_line_and_the_others_go_on(
    run: _Run, games: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (games / "in" / "b.sgf").write_text("hello")
    (games / "in" / "d.sgf").write_text("(;SZ[25])")
    outcome = run("in", "in/none.sgf")
    assert outcome.finished == 3
    assert len(outcome.bad) == 3
    said = capsys.readouterr().err.splitlines()
    assert [line.startswith("zhugo: ") for line in said] == [True] * 3
    assert "in/b.sgf: no SGF" in said[0]
    assert "in/d.sgf: size 25 is not supported" in said[1]
    assert "3 could not be reviewed:" in run.said


def test_a_search_that_is_refused_spoils_its_game_alone(run: _Run) -> None:
    def refuse() -> None:
        raise RefusedError("no such game here")

    outcome = run("in", hook=_calls_at(POSITIONS + 2, refuse))
    assert outcome.finished == 4
    assert outcome.bad == ["in/b.sgf: no such game here"]


def test_a_collection_has_a_review_for_each_game(run: _Run, games: Path) -> None:
    (games / "all.sgf").write_text(GAME.format("one") + "(;GM[3])" + GAME.format("two"))
    outcome = run("all.sgf")
    assert (outcome.finished, outcome.bad) == (2, ["all.sgf, game 2: a game of kind 3, not Go"])
    assert [name for name in _files(games / "out") if name.endswith("sgf")] == ["all/all-1.sgf", "all/all-3.sgf"]
    assert run("all.sgf").before == 2


def test_stones_set_up_behind_a_move_are_reviewed_across(run: _Run, games: Path) -> None:
    (games / "x.sgf").write_text("(;SZ[5];B[cc];AW[bb]AE[cc];B[dd];W[cc])")
    run("x.sgf")
    document = json.loads((games / "out" / "x" / "x.json").read_text())
    assert [move["number"] for move in document["moves"]] == [1, 2, 3]
    assert [position["moves_before"] for position in document["positions"]] == [0, 1, 1, 2, 3]
    assert document["segments"] == [1, 2]
    assert document["notes"] == run.said.splitlines()[0].removeprefix("note: ").split("\n")


def test_positions_of_several_games_are_searched_side_by_side(games: Path) -> None:
    """Two games, neither of which fills the window: all positions of both are begun before the first is waited for."""
    works = [Work(sgf.parse(GAME.format(name).encode()), LIMITS) for name in "ab"]
    begun: list[str] = []
    begun_when_ready: list[int] = []
    with LocalDaemon(games) as daemon, daemon.client() as client:
        original = client.begin_open

        def counted(name: str, *args: Any, **named: Any) -> Opening:
            begun.append(name)
            return original(name, *args, **named)

        client.begin_open = counted  # type: ignore[method-assign, assignment]
        search_games(client, works, lambda _: begun_when_ready.append(len(begun)), at_once=2 * POSITIONS)
    assert begun_when_ready == [2 * POSITIONS] * (2 * POSITIONS)
    assert len(set(begun)) == 2 * POSITIONS


def test_a_review_lets_live_searches_go_first(games: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Search] = []
    with LocalDaemon(games) as daemon, daemon.client() as client:
        handle = daemon.core.handle

        def heard(sender: bytes, message: AnyMessage, *rest: Any) -> Answers:
            if isinstance(message, Search):
                asked.append(message)
            return handle(sender, message, *rest)

        monkeypatch.setattr(daemon.core, "handle", heard)
        search_games(client, [Work(sgf.parse(GAME.format("a").encode()), LIMITS)], lambda _: None)
    assert [each.priority for each in asked] == ["review"] * POSITIONS


def test_two_reviews_may_share_a_daemon(games: Path) -> None:
    with LocalDaemon(games) as daemon, daemon.client() as one, daemon.client() as two, ThreadPoolExecutor(2) as both:
        reviews = [
            both.submit(
                review_all,
                partial(_same, client),
                find(["in"], Path(out))[0],
                LIMITS,
                Console(file=io.StringIO()),
                page=_page,
            )
            for client, out in ((one, "out 1"), (two, "out 2"))
        ]
        assert [review.result().finished for review in reviews] == [5, 5]


def test_plain_progress_is_a_line_every_so_often() -> None:
    said: list[str] = []
    now = [0.0]
    shown = Plain(said.append, lambda: now[0])
    for second in range(25):
        now[0] = float(second)
        shown.show(f"{second} of 25 games", second / 25)
    assert said == ["10 of 25 games (40%)", "20 of 25 games (80%)"]


def test_positions_under_way_are_kept_every_so_often(run: _Run, games: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a run that is killed, and cannot keep them in the end."""
    monkeypatch.setattr(running, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(running._Reviewer, "_stop", lambda _self: None)
    with pytest.raises(KeyboardInterrupt):
        run("in/a.sgf", hook=_interrupt_after(5))
    assert json.loads((games / "out" / "a" / "a.unfinished.json").read_text())["positions"]


def test_a_game_that_goes_on_behind_two_passes_is_reviewed_to_its_end(run: _Run, games: Path) -> None:
    (games / "x.sgf").write_text("(;SZ[5];B[cc];W[];B[];W[bb];B[dd];W[];B[])")
    assert run("x.sgf").finished == 1
    document = json.loads((games / "out" / "x" / "x.json").read_text())
    assert len(document["positions"]) == 8
    assert [bool(position["candidates"]) for position in document["positions"]] == [True] * 3 + [False] + [True] * 3 + [
        False
    ]


@pytest.mark.parametrize("text", ["(;SZ[5])", "(;SZ[5]AB[cc]AW[bb])", "(;SZ[5];B[zz])"])
def test_a_game_without_moves_is_its_one_position(run: _Run, games: Path, text: str) -> None:
    (games / "x.sgf").write_text(text)
    assert run("x.sgf").finished == 1
    assert len(json.loads((games / "out" / "x" / "x.json").read_text())["positions"]) == 1
    assert "SBKV" in (games / "out" / "x" / "x.sgf").read_text()
