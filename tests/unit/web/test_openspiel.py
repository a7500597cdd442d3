"""A game of OpenSpiel on its page: what is told to those who look at it, with an engine whose net is made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec
import pytest

from games.openspiel.game import OpenSpielGame
from protocol.client import Client
from protocol.errors import ConnectionLost
from tests.daemons import LocalDaemon, eventually
from zhugo.web.messages import Failed
from zhugo.web.openspiel import messages as m
from zhugo.web.openspiel.service import OpenSpielService, Parts
from zhugo.web.openspiel.table import Table

TWO_BOXES = "dots_and_boxes(num_rows=1,num_cols=2)"
"""Lines 0 1 above, 2 3 below, 4 5 6 down."""
_T = TypeVar("_T")

NOBODY = m.Players("person", "person")
ALONE = m.Players("engine", "engine", visits=20)


def nobody(_seconds: float | None) -> Client:
    raise ConnectionLost("the engine is not there")


class Page:
    """A page that notes what it is told."""

    def __init__(self, service: OpenSpielService) -> None:
        self.told: list[msgspec.Struct] = []
        self.service = service
        self.viewer = service.enter(self.told.append)
        self.ask(m.Hello())

    def ask(self, *asked: m.Asked) -> None:
        for each in asked:
            self.service.take(self.viewer, each)

    def play(self, *moves: int) -> None:
        for move in moves:
            self.ask(m.PlayMove(self.position.number, move))

    def all(self, kind: type[_T]) -> list[_T]:
        return [each for each in self.told if isinstance(each, kind)]

    @property
    def position(self) -> m.Position:
        return self.all(m.Position)[-1]

    @property
    def boxes(self) -> list[int]:
        assert isinstance(self.position.board, m.DotsView)
        return self.position.board.boxes

    @property
    def failure(self) -> str:
        assert isinstance(self.told[-1], Failed)
        return self.told[-1].reason


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with LocalDaemon(tmp_path_factory.mktemp("daemon")) as daemon, daemon.client() as connected:
        yield connected


@pytest.fixture
def page() -> Iterator[Page]:
    """Of two boxes, without an engine."""
    service = OpenSpielService(Parts(OpenSpielGame(TWO_BOXES), nobody))
    shown = Page(service)
    shown.ask(NOBODY)
    yield shown
    service.close()


@pytest.fixture
def searched(client: Client) -> Iterator[Page]:
    """The same with one."""
    service = OpenSpielService(Parts(OpenSpielGame(TWO_BOXES), lambda _: client))
    yield Page(service)
    service.close()


def test_who_closes_a_box_moves_again_until_all_are_closed(page: Page) -> None:
    page.play(0, 2, 4)
    assert (page.position.to_play, page.boxes, page.position.score) == (-1, [0, 0], (0, 0))
    page.play(5)
    assert (page.position.to_play, page.boxes, page.position.score) == (-1, [-1, 0], (0, 1))
    page.play(1, 3, 6)
    assert (page.position.to_play, page.boxes, page.position.score) == (0, [-1, -1], (0, 2))
    assert page.position.result == -1
    assert [(each.player, each.name) for each in page.position.moves] == [
        (1, "h00"), (-1, "h10"), (1, "v00"), (-1, "v01"), (-1, "h01"), (1, "h11"), (-1, "v02")
    ]  # fmt: skip
    assert page.position.moves[-1].rate == 0.0
    assert isinstance(page.position.board, m.DotsView)
    assert [line.drawn for line in page.position.board.lines] == [1, -1, -1, 1, 1, -1, -1]


@pytest.mark.parametrize(
    ("moves", "asked", "reason"),
    [
        ([], m.PlayMove(0, 7), "7 is not a legal move here"),
        ([], m.PlayMove(0, 1 << 52), f"{1 << 52} is not a legal move here"),
        ([4], m.PlayMove(1, 4), "4 is not a legal move here"),
        ([4], m.PlayMove(0, 5), "the game has gone on meanwhile"),
        ([0, 1, 2, 3, 4, 5, 6], m.PlayMove(7, 0), "the game is over"),
        ([4], m.Go(2), "the game has no 2 moves"),
        ([], m.Undo(), "there is no move to take back"),
        ([4], m.Redo(), "nothing was taken back"),
        ([4], m.GoOn(), "the engine is not to move here"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    page: Page, moves: list[int], asked: m.Asked, reason: str
) -> None:
    page.play(*moves)
    before = page.position
    page.ask(asked)
    assert page.failure == reason
    page.ask(m.Hello())
    assert page.position == before


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        '{"type": "load", "name": "a", "data": ""}',
        '{"type": "play_move", "number": -1, "move": 0}',
        '{"type": "players", "first": "person", "second": "nobody"}',
        '{"type": "players", "first": "person", "second": "engine", "visits": 1}',
        '{"type": "undo", "more": 1}',
    ],
)
def test_a_bad_message_is_none(frame: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        m.read(frame)


def test_moves_are_taken_back_and_made_again_and_another_one_takes_their_place(page: Page) -> None:
    page.play(0, 2, 4)
    page.ask(m.Undo(), m.Undo())
    assert (page.position.number, len(page.position.moves), page.position.can_redo) == (1, 3, True)
    page.ask(m.Redo())
    assert page.position.number == 2
    page.ask(m.Go(0))
    assert (page.position.can_undo, page.position.last) == (False, None)
    page.play(0)
    assert len(page.position.moves) == 3
    page.play(6)
    assert [each.name for each in page.position.moves] == ["h00", "v02"]
    nodes = {each.node for each in page.all(m.Position)}
    assert len(nodes) == 5


def test_all_who_look_see_the_same_game(page: Page) -> None:
    other = Page(page.service)
    page.play(0)
    assert other.position == page.position
    other.play(1)
    assert page.position.number == 2
    page.ask(m.NewGame())
    assert (other.position.moves, other.position.players) == ([], ("person", "person"))


def test_the_engine_answers_as_often_as_it_is_to_move_and_undo_goes_back_to_the_person(searched: Page) -> None:
    searched.ask(m.Players("person", "engine", visits=20))
    searched.play(0)
    eventually(lambda: searched.position.to_play == 1, "the engine has moved")
    assert [each.player for each in searched.position.moves] == [1, -1]
    searched.ask(m.Undo())
    assert searched.position.number == 0
    searched.ask(m.Redo())
    assert searched.position.number == 2
    searched.ask(m.Go(1))
    assert (searched.position.thinking, searched.position.waits) == (False, True)
    searched.play(6)
    assert searched.failure == "the engine is to move"
    searched.ask(m.GoOn())
    eventually(lambda: searched.position.to_play == 1, "the engine has moved again")
    assert searched.position.number == len(searched.position.moves) == 2


def test_the_engine_plays_a_game_against_itself(searched: Page) -> None:
    searched.ask(ALONE)
    eventually(lambda: searched.position.result is not None, "the game is over")
    positions = [each for each in searched.all(m.Position) if each.moves]
    assert [each.number for each in positions] == [1, 2, 3, 4, 5, 6, 7]
    assert all(each.rate is not None for each in searched.position.moves)


def test_an_engine_without_limits_has_the_usual_visits(searched: Page) -> None:
    searched.ask(m.Players("person", "engine"))
    assert (searched.position.visits, searched.position.seconds) == (400, None)
    searched.ask(m.Players("person", "engine", seconds=0.5))
    assert (searched.position.visits, searched.position.seconds) == (None, 0.5)


def test_an_analysis_goes_along_with_the_game_and_ends_where_it_is_over(searched: Page) -> None:
    searched.ask(NOBODY, m.Analyze(True, every=0.02))
    eventually(lambda: bool(searched.all(m.Analysis)), "the beginning is analysed")
    searched.play(0, 2, 4)
    node = searched.position.node
    eventually(lambda: searched.all(m.Analysis)[-1].node == node, "the new position is analysed")
    found = searched.all(m.Analysis)[-1]
    assert {each.move for each in found.candidates} <= {1, 3, 5, 6}
    best = found.candidates[0]
    assert best.pv[0] == best.move
    assert best.names[0] == {1: "h01", 3: "h11", 5: "v01", 6: "v02"}[best.move]
    assert 0.0 <= best.rate <= 1.0
    searched.play(5, 1, 3, 6)
    heard = len(searched.all(m.Analysis))
    searched.ask(m.Analyze(False))
    assert len(searched.all(m.Analysis)) == heard


@pytest.mark.parametrize(
    ("game", "moves", "names", "line", "picture"),
    [
        ("tic_tac_toe", [4], {0: "o(0,0)", 8: "o(2,2)"}, ["o(0,0)", "x(2,2)"], "...\n.x.\n..."),
        ("connect_four(rows=4,columns=4)", [0, 1], {0: "x0", 3: "x3"}, ["x0", "o3"], "....\n....\n....\nxo.."),
    ],
)
def test_any_other_game_has_its_moves_in_words(
    game: str, moves: list[int], names: dict[int, str], line: list[str], picture: str
) -> None:
    table = Table(OpenSpielGame(game), 20)
    table.seat(NOBODY)
    for number, move in enumerate(moves):
        table.play(number, move)
    board = table.position().board
    assert isinstance(board, m.WordsView)
    assert board.picture == picture
    assert names.items() <= {each.move: each.name for each in board.moves}.items()
    assert table.position().score is None
    assert table.board.names(moves, list(names)) == line


def test_the_person_makes_the_first_move_whoever_that_is() -> None:
    """In chess, OpenSpiel's second player."""
    assert Table(OpenSpielGame("chess"), 20).position().players == ("engine", "person")
    assert Table(OpenSpielGame(TWO_BOXES), 20).position().players == ("person", "engine")


def test_names_of_large_boards_say_which_is_the_row() -> None:
    table = Table(OpenSpielGame("dots_and_boxes(num_rows=2,num_cols=12)"), 20)
    board = table.position().board
    assert isinstance(board, m.DotsView)
    assert [each.name for each in board.lines if each.row == 1 and each.column > 10] == ["h1,11", "v1,11", "v1,12"]
    assert len({each.name for each in board.lines}) == len(board.lines)


def test_an_engine_that_has_failed_waits_until_it_is_told_to_go_on() -> None:
    table = Table(OpenSpielGame(TWO_BOXES), 20)
    table.seat(ALONE)
    assert table.engine_moves
    table.engine_failed(table.line.node + 1)
    assert table.engine_moves
    table.engine_failed(table.line.node)
    assert (table.engine_moves, table.waits) == (False, True)
    table.go_on()
    assert (table.engine_moves, table.waits) == (True, False)
    table.engine_chose(table.line.node + 1, 0)
    assert table.line.number == 0
    table.engine_chose(table.line.node, 0)
    assert table.line.number == 1
