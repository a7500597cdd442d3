"""What pages ask for, done: games, moves, edits, following, and what is there after a restart."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from protocol.client import Client
from protocol.errors import ConnectionLost
from tests.daemons import ROOT
from zhugo.shared.local_net import LocalNet
from zhugo.web import messages as m
from zhugo.web.open.library import FolderLibrary
from zhugo.web.open.service import Parts, Service
from zhugo.web.open.viewer import Viewer
from zhugo.web.store.analyses import AnalysisStore
from zhugo.web.store.games import GameStore

CASES = ROOT.parent / "shared" / "cases"
_T = TypeVar("_T")


def nobody(_seconds: float | None) -> Client:
    """A daemon that is never there."""
    raise ConnectionLost("the engine is not there")


class Page:
    """A page that notes what it is told."""

    def __init__(self, service: Service, name: str) -> None:
        self.told: list[m.Told] = []
        self.service = service
        self.viewer: Viewer = service.enter(self.told.append)
        self.ask(m.Hello(name))

    def ask(self, *asked: m.Asked) -> None:
        for each in asked:
            self.service.take(self.viewer, each)

    def last(self, kind: type[_T]) -> _T:
        return next(each for each in reversed(self.told) if isinstance(each, kind))

    @property
    def node(self) -> int:
        return self.last(m.At).node

    def failure(self) -> str:
        assert isinstance(self.told[-1], m.Failed)
        return self.told[-1].reason


Opens = Callable[..., Page]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = service_in(tmp_path)
    yield made
    made.close()


def service_in(folder: Path, **more: Any) -> Service:
    def complain(line: str) -> None:
        raise AssertionError(line)

    library = FolderLibrary([ROOT / "games" / "records"])
    return Service(Parts(nobody, GameStore(folder, complain), AnalysisStore(folder, complain), library, "1", **more))


@pytest.mark.parametrize(("human_net", "strongest"), [(None, "4d"), (LocalNet(Path("people.bin.gz")), "9d")])
def test_a_net_that_imitates_people_plays_at_more_ranks(
    tmp_path: Path, human_net: LocalNet | None, strongest: str
) -> None:
    service = service_in(tmp_path, human_net=human_net)
    levels = Page(service, "Ann").last(m.Welcome).levels
    assert (levels[0], levels[-1]) == ("20k", strongest)
    service.close()


def test_no_clock_runs_in_a_game_that_nobody_looks_at(service: Service) -> None:
    ann = Page(service, "Ann")
    ann.ask(m.NewGame(9, 9, opponent=m.Opponent(clock=m.Clock("absolute", 600.0))))
    assert ann.last(m.Play).running == 1
    service.leave(ann.viewer)
    ben = Page(service, "Ben")
    ben.ask(m.Join(ann.last(m.Game).game))
    assert [told.running for told in ben.told if isinstance(told, m.Play)] == [None, 1]


def test_two_pages_see_one_record_and_each_looks_where_it_likes(service: Service) -> None:
    ann, ben = Page(service, "Ann"), Page(service, "Ben")
    ann.ask(m.NewGame(9, 9), m.PlayMove(0, 40))
    game = ann.last(m.Game).game
    ben.ask(m.Join(game, 0), m.PlayMove(0, 41), m.PlayMove(2, 30))
    assert (ann.node, ben.node) == (1, 3)
    assert ann.last(m.GameChanged).nodes[1] == m.Node(node=3, parent=2, move=(-1, 30))
    assert {(one.name, one.node) for one in ann.last(m.Viewers).viewers} == {("Ann", 1), ("Ben", 3)}


def test_who_follows_goes_where_the_other_goes_until_he_goes_elsewhere(service: Service) -> None:
    ann, ben = Page(service, "Ann"), Page(service, "Ben")
    ann.ask(m.NewGame(9, 9))
    ben.ask(m.Join(ann.last(m.Game).game), m.Follow(ann.viewer.number))
    ann.ask(m.PlayMove(0, 40))
    assert ben.last(m.At) == m.At(ann.last(m.Game).game, 1, ann.viewer.number)
    ann.ask(m.Follow(ben.viewer.number))
    assert ann.failure() == "Ben follows you"
    ben.ask(m.Go(0))
    ann.ask(m.PlayMove(1, 41))
    assert ben.node == 0


def test_a_deleted_node_is_left_by_all(service: Service) -> None:
    ann, ben = Page(service, "Ann"), Page(service, "Ben")
    ann.ask(m.NewGame(9, 9), m.PlayMove(0, 40), m.PlayMove(1, 41))
    ben.ask(m.Join(ann.last(m.Game).game))
    ann.ask(m.Edit(1, "delete"))
    assert ben.node == ann.node == 0
    assert sorted(ben.last(m.GameChanged).removed) == [1, 2]


def test_a_line_is_played_out(service: Service) -> None:
    page = Page(service, "Ann")
    page.ask(m.NewGame(5, 5), m.PlayLine(0, [12, 7, 6]))
    assert page.node == 3


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (m.PlayMove(1, 40), "E5 cannot be played: occupied"),
        (m.PlayMove(1, 400), "400 is no point of this board"),
        (m.PlayMove(7, 4), "there is no node 7"),
        (m.Go(9), "there is no node 9"),
        (m.Edit(0, "delete"), "the first node cannot be deleted"),
        (m.Join("../../x"), "there is no game of this name"),
        (m.Follow(77), "nobody of this number looks at the game"),
        (m.Analyze(True, only=[40]), "these restrictions leave no move to search"),
        (m.Load("x.sgf", "!"), "x.sgf: its bytes are not in base 64"),
        (m.Load("x.sgf", ""), "no SGF: the file is empty"),
        (m.NewGame(rules="nonsense"), "unknown rules 'nonsense'"),
        (m.NewGame(4, 4, handicap=2), "handicap"),
        (m.Open("records/../../README.md"), "not in the library"),
        (m.Browse("/etc"), "not in the library"),
        (m.Open("records/README.md"), "records/README.md is no game of the library"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, m.Message) else "",
)
def test_what_cannot_be_done_is_told_in_a_line_and_changes_nothing(service: Service, asked: Any, reason: str) -> None:
    page = Page(service, "Ann")
    page.ask(m.NewGame(9, 9), m.PlayMove(0, 40))
    before = service.export(page.last(m.Game).game, "sgf", {})
    page.ask(asked)
    assert reason in page.failure()
    assert service.export(page.last(m.Game).game, "sgf", {}) == before


def test_nothing_is_asked_without_a_game(service: Service) -> None:
    page = Page(service, "Ann")
    page.ask(m.Go(0))
    assert page.failure() == "no game is open"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.sgf")), ids=lambda path: path.stem)
def test_every_kind_of_file_is_opened(service: Service, path: Path) -> None:
    page = Page(service, "Ann")
    page.ask(m.Load(path.name, base64.b64encode(path.read_bytes()).decode()))
    assert page.last(m.Game).nodes
    assert page.last(m.At).node == page.last(m.Game).nodes[-1].node


def test_a_library_shows_games_and_opens_them(service: Service) -> None:
    page = Page(service, "Ann")
    page.ask(m.Browse(), m.Browse("records"))
    entries = page.last(m.Library).entries
    assert all(entry.name.endswith(".sgf") for entry in entries)
    page.ask(m.Open(entries[0].path))
    assert page.last(m.Game).width == 9


def test_links_lead_nowhere_outside_the_library(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.sgf").write_text("(;SZ[9])")
    (inside / "link.sgf").symlink_to(outside / "secret.sgf")
    (inside / "folder").symlink_to(outside)
    library = FolderLibrary([inside])
    assert library.browse("in").entries == []
    with pytest.raises(Exception, match="not in the library"):
        library.read("in/link.sgf")


def test_all_of_it_is_there_after_a_restart(tmp_path: Path) -> None:
    first = service_in(tmp_path)
    page = Page(first, "Ann")
    page.ask(m.NewGame(9, 9, rules="japanese", komi=3.5, handicap=2), m.PlayMove(0, 40), m.PlayMove(0, 41))
    page.ask(m.Edit(2, "comment", "a remark"), m.Edit(2, "promote"))
    game = page.last(m.Game).game
    first.close()
    second = service_in(tmp_path)
    again = Page(second, "Ann")
    assert [one.game for one in again.last(m.Welcome).games] == [game]
    again.ask(m.Join(game))
    shown = again.last(m.Game)
    assert (shown.rules, shown.komi, shown.handicap) == ("japanese", 3.5, 2)
    assert [(node.move, node.comment) for node in shown.nodes[1:]] == [((-1, 41), "a remark"), ((-1, 40), "")]
    second.close()


def test_a_game_against_the_engine_goes_on_after_a_restart(tmp_path: Path) -> None:
    first = service_in(tmp_path)
    page = Page(first, "Ann")
    page.ask(m.NewGame(9, 9, opponent=m.Opponent(level="9k", clock=m.Clock("byoyomi", 60.0, 10.0, 3))))
    page.ask(m.PlayMove(0, 40))
    assert page.last(m.Play).state == "engine"
    game = page.last(m.Game).game
    first.close()
    second = service_in(tmp_path)
    again = Page(second, "Ann")
    assert again.last(m.Welcome).games[0].played
    again.ask(m.Join(game))
    play = again.last(m.Play)
    assert (play.state, play.paused, play.opponent.level) == ("engine", True, "9k")
    assert again.last(m.Game).about["PW"] == "ZhuGo 9k"
    assert b"BL[" in second.export(game, "sgf", {})[2]
    second.close()


def test_a_page_that_comes_back_is_where_it_was(service: Service) -> None:
    page = Page(service, "Ann")
    page.ask(m.NewGame(9, 9), m.PlayMove(0, 40), m.PlayMove(1, 41), m.Go(1))
    game = page.last(m.Game).game
    service.leave(page.viewer)
    again = Page(service, "Ann")
    again.ask(m.Hello("Ann", game, 1))
    assert again.last(m.At) == m.At(game, 1)


def test_a_game_is_removed_when_nobody_else_looks_at_it(service: Service) -> None:
    ann, ben = Page(service, "Ann"), Page(service, "Ben")
    ann.ask(m.NewGame(9, 9))
    game = ann.last(m.Game).game
    ben.ask(m.Join(game))
    ann.ask(m.Remove(game))
    assert ann.failure() == "others look at this game"
    service.leave(ben.viewer)
    ann.ask(m.Remove(game))
    assert ann.last(m.Games).games == []
