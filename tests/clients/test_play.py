"""A game in the terminal, as it is said and answered, against an engine whose moves the test writes down."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest

from games.registry import named
from protocol.messages import ChildReport, Ending, Limits, Report
from zhugo.bridges.play.conversation import Conversation
from zhugo.bridges.play.shown import Shown, shown
from zhugo.shared.errors import UserError

BOX = "dots_and_boxes(num_rows=1,num_cols=1)"
TWO_BOXES = "dots_and_boxes(num_rows=1,num_cols=2)"  # lines 0 1 above, 2 3 below, 4 5 6 down; 0 2 4 5 is the left box


@dataclass
class Engine:
    """A session whose searches choose these moves in turn, and expect the next legal ones to follow."""

    shown: Shown
    chosen: list[int]
    value: float = 0.5
    reason: Ending = "visits"
    failure: str = ""
    record: list[int] = field(default_factory=list)

    def play(self, move: int) -> None:
        assert move in self.shown.move_names(self.record)
        self.record.append(move)

    def undo(self, count: int) -> None:
        del self.record[-count:]

    def goto(self, record: Sequence[int]) -> None:
        self.record = list(record)

    def search(self, limits: Limits, pv_length: int) -> Engine:
        assert (limits.visits, pv_length) == (30, 8)
        return self

    def result(self, _timeout: float | None) -> Report:
        best = self.chosen.pop(0) if self.chosen else next(iter(self.shown.move_names(self.record)))
        moves = [best, *(move for move in self.shown.move_names(self.record) if move != best)]
        children = [
            ChildReport(move, order, 30 - order, self.value - order / 4, None, 0.5, 0.0, 0.0, self._line(move), [1, 1])
            for order, move in enumerate(moves)
        ]
        numbers = (self.value, None, self.value, None)
        return Report(
            1,
            "play",
            self.record,
            1,
            1234,
            1234,
            *numbers,
            children,
            best,
            0.25,
            True,
            self.reason,
            30,
            0,
            failure=self.failure,
        )

    def _line(self, move: int) -> list[int]:
        after = self.shown.move_names([*self.record, move])
        return [move, *list(after)[:1]]


Play = Callable[..., list[str]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Play:
    """Play with these lines typed: what was printed, prompts and all, line by line."""

    def converse(
        text: str, typed: Sequence[str], chosen: Sequence[int] = (), first: bool = True, **how: object
    ) -> list[str]:
        lines, said = iter(typed), []

        def say(prompt: str) -> str:
            line = next(lines, None)
            said.extend(capsys.readouterr().out.splitlines())
            said.append(prompt + (line or ""))
            if line is None:
                raise EOFError
            return line

        monkeypatch.setattr(builtins, "input", say)
        game = shown(*named(text, 5 if text == "go" else None))
        engine = Engine(game, list(chosen), **how)  # type: ignore[arg-type]
        Conversation(game, engine, Limits(visits=30), first, nullcontext).run()  # type: ignore[arg-type]
        return [line.rstrip() for line in [*said, *capsys.readouterr().out.splitlines()] if line.strip()]

    return converse


def after(said: list[str], line: str) -> list[str]:
    """What followed a line, the first of its kind, up to the next prompt."""
    rest = said[said.index(line) + 1 :]
    return rest[: next((at for at, one in enumerate(rest) if "> " in one or one.endswith(">")), len(rest))]


def test_players_take_turns_until_the_game_is_over(play: Play) -> None:
    said = play("tic_tac_toe", ["x(0,0)", "0 1", "2"], chosen=[3, 4])
    assert said[0].startswith("tic_tac_toe: you are player 1, the engine is player 2.")
    assert after(said, "your move> x(0,0)")[:3] == ["x..", "...", "..."]
    assert after(said, "your move> 2") == ["xxx", "oo.", "...", "You win."]
    assert said[-1] == "the game is over>"


def test_who_closes_a_box_moves_again_person_or_engine(play: Play) -> None:
    said = play(TWO_BOXES, ["0", "4", "5", "1"], chosen=[2, 6, 3])
    assert sum(line.startswith("The engine plays") for line in said) == 3
    assert not any(line.startswith("The engine plays") for line in after(said, "your move> 5"))
    assert "It is a draw." in after(said, "your move> 1")
    said = play(TWO_BOXES, ["2", "5"], chosen=[0, 4, 1, 6, 3], first=False)
    assert sum(line.startswith("The engine plays") for line in after(said, "your move> 2")) == 1


def test_the_engine_may_begin_and_win(play: Play) -> None:
    said = play(BOX, ["1", "3"], chosen=[0, 2], first=False)
    assert "you are player 2, the engine is player 1" in said[0]
    assert "You win." in said
    said = play(BOX, ["0", "2"], chosen=[1, 3])
    assert "The engine wins." in said


def test_who_begins_is_who_moves_first(play: Play) -> None:
    """In chess, OpenSpiel's second player."""
    assert "you are player 2, the engine is player 1" in play("chess", [])[0]
    assert "you are player 1, the engine is player 2" in play("chess", [], first=False)[0]


@pytest.mark.parametrize(("first", "rate"), [(True, "75 %"), (False, "25 %")])
def test_the_engine_says_what_it_thinks_of_the_persons_chances(play: Play, first: bool, rate: str) -> None:
    said = play("tic_tac_toe", ["4"], chosen=[0], first=first)
    name, reply = ("o(0,0)", "x(0,1)") if first else ("x(0,0)", "o(0,1)")
    assert f"The engine plays {name}: {rate} for you after 1,234 visits in 0.2 s; expects {name} {reply}" in said


def test_hints_are_the_best_moves_and_play_none(play: Play) -> None:
    said = play("tic_tac_toe", ["hint", "board"], chosen=[4])
    assert after(said, "your move> hint") == [
        "x(1,1): 75 % for you, 30 visits; expects x(1,1) o(0,0)",
        "x(0,0): 62 % for you, 29 visits; expects x(0,0) o(0,1)",
        "x(0,1): 50 % for you, 28 visits; expects x(0,1) o(0,0)",
    ]
    assert after(said, "your move> board") == ["...", "...", "..."]


def test_undo_goes_to_the_persons_last_choice(play: Play) -> None:
    said = play("tic_tac_toe", ["4", "undo", "undo"], chosen=[0])
    assert [after(said, "your move> undo"), said[-2:]] == [
        ["...", "...", "..."],
        ["There is no move of yours to take back.", "your move>"],
    ]


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        (["0", "4", "5", "undo"], [0, 2, 4, 6]),  # the second of two moves running: the engine has not moved since
        (["0", "4", "5", "1", "undo"], [0, 2, 4, 6, 5]),  # from the end of the game
        (["0", "4", "5", "1", "undo", "undo"], [0, 2, 4, 6]),
        (["0", "4", "5", "1", "undo", "undo", "undo"], [0, 2]),
        (["0", "4", "5", "1", "undo", "undo", "undo", "undo"], []),
    ],
)
def test_undo_where_players_move_twice(play: Play, typed: list[str], left: list[int]) -> None:
    said = play(TWO_BOXES, [*typed, "board"], chosen=[2, 6, 3])
    drawn = shown(*named(TWO_BOXES)).picture(left).splitlines()
    assert after(said, "your move> board") == [line.rstrip() for line in drawn if line.strip()]


def test_undo_before_the_persons_first_choice(play: Play) -> None:
    said = play(BOX, ["undo"], chosen=[0], first=False)
    assert after(said, "your move> undo") == ["There is no move of yours to take back."]


@pytest.mark.parametrize("word", ["quit", "QUIT", "exit", "q", " quit "])
def test_a_word_ends_it(play: Play, word: str) -> None:
    assert play("tic_tac_toe", [word, "4"])[-1] == f"your move> {word}".rstrip()


def test_what_is_not_understood_changes_nothing(play: Play) -> None:
    said = play("tic_tac_toe", ["9", "foo", "", "o", "board"])
    assert after(said, "your move> 9") == ["'9' is not a legal move here, nor a command; see moves, and help."]
    assert after(said, "your move> foo") == ["'foo' is not a legal move here, nor a command; see moves, and help."]
    assert after(said, "your move> board") == ["...", "...", "..."]


def test_moves_and_help_are_listed(play: Play) -> None:
    said = play("connect_four(rows=4,columns=5)", ["moves", "help"])
    assert after(said, "your move> moves") == ["x0 [0]  x1 [1]  x2 [2]  x3 [3]  x4 [4]"]
    words = [line.split()[0] for line in after(said, "your move> help")]
    assert words == ["a", "moves", "hint", "undo", "board", "new", "help", "quit"]


def test_a_game_that_is_over_can_be_taken_back_or_begun_again(play: Play) -> None:
    ended = ["0", "2", "hint", "moves", "1", "new", "board"]
    said = play(BOX, ended, chosen=[1, 3, 0])
    for word in ("hint", "moves"):
        assert after(said, f"the game is over> {word}") == ["The game is over; undo, new or quit."]
    assert "not a legal move here" in after(said, "the game is over> 1")[0]
    assert after(said, "the game is over> new") == after(said, "your move> board")


def test_go_is_played_with_its_coordinates_and_won_by_points(play: Play) -> None:
    said = play("go", ["c3", "pass"], chosen=[25, 25])
    assert said[0].startswith("Go 5×5, komi 7.5: you are Black (X), the engine is White (O).")
    assert any(line.startswith("The engine plays pass: 75 % for you") for line in said)
    assert "You win by 17.5." in said


def test_a_search_that_fails_ends_the_game_with_its_reason(play: Play) -> None:
    with pytest.raises(UserError, match="the net is not for tic_tac_toe"):
        play("tic_tac_toe", ["4"], reason="failed", failure="the net is not for tic_tac_toe")
