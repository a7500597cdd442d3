"""Rules that are sent in the middle of a game, and restrictions that leave no move."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from protocol.messages import Limits
from tests.clients.test_gtp_engine import Table
from zhugo.bridges.gtp.protocol import GtpError

SUICIDE = ("play w A3", "play w B2", "play w B1", "play b A1", "play b A2")
"""Two black stones take themselves off."""
TAKEN_BACK = (
    *("play b B1", "play b A2", "play b B3", "play w C1", "play w D2", "play w C3", "play w B2"),
    *("play b C2", "play w pass", "play b pass", "play w B2"),
)
"""A ko taken back when both have passed, which repeats a position."""


def _table(*lines: str, rules: str) -> Table:
    table = Table(size=5, rules=rules)
    for line in lines:
        table.say(line)
    return table


@dataclass(frozen=True)
class Change:
    """``lines``, legal by ``rules``, end with one that is not by ``others``, and ``why``."""

    rules: str
    lines: tuple[str, ...]
    others: str
    why: str


CHANGES = [
    Change("new-zealand", SUICIDE, "japanese", "suicide"),
    Change("japanese", TAKEN_BACK, "tromp-taylor", "superko"),
    Change("chinese", TAKEN_BACK, "aga", "superko"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.rules} to {change.others}")
class TestRulesInTheMiddleOfAGame:
    """What was legal when it was played stays on the board."""

    def test_the_board_stays(self, change: Change) -> None:
        table = _table(*change.lines, rules=change.rules)
        board = table.say("showboard")
        assert table.say(f"kata-set-rules {change.others}") == ""
        assert table.say("showboard") == board
        table.say("kata-search b")
        assert table.session.record[: len(table.engine.position.record)] == table.engine.position.record
        assert table.session.spec["rules"] == table.engine.game.rules.as_dict()
        assert table.session.spec["unchecked"] > 0

    def test_taken_back_it_is_illegal(self, change: Change) -> None:
        table = _table(*change.lines, f"kata-set-rules {change.others}", "undo", rules=change.rules)
        assert "unchecked" not in table.engine.game.spec()
        with pytest.raises(GtpError, match=change.why):
            table.say(change.lines[-1])

    def test_the_next_game_has_the_new_rules_and_nothing_else(self, change: Change) -> None:
        before = change.lines[:-1]
        table = _table(*change.lines, f"kata-set-rules {change.others}", "clear_board", *before, rules=change.rules)
        with pytest.raises(GtpError, match=change.why):
            table.say(change.lines[-1])

    def test_under_the_first_rules_all_is_checked_again(self, change: Change) -> None:
        both = f"kata-set-rules {change.others}", f"kata-set-rules {change.rules}"
        table = _table(*change.lines, *both, rules=change.rules)
        assert "unchecked" not in table.engine.game.spec()


class TestRestrictionsThatLeaveNothing:
    """The answer is that there is no move, and not that all are allowed again."""

    NOTHING = ("allow b E5 1", "avoid b A1,A2,B1,B2,pass 1", "allow b A1 2")

    def _table(self, restriction: str) -> Table:
        table = Table(size=2 if "avoid" in restriction else 5)
        for line in ("play b E5", "play b A1") if table.engine.game.width == 5 else ():
            table.say(line)
        return table

    @pytest.mark.parametrize("restriction", NOTHING)
    def test_an_analysis_has_no_move_in_its_lines(self, restriction: str) -> None:
        table = self._table(restriction)
        assert table.say(f"kata-analyze b {restriction}") == ""
        line = table.say(f"kata-analyze b {restriction} rootInfo true")
        assert line.startswith("rootInfo visits ")
        assert table.say(f"lz-analyze b {restriction}") == ""
        assert {limits for _, limits, _ in table.session.searches} == {Limits(visits=1)}

    @pytest.mark.parametrize("command", ["lz-genmove_analyze", "kata-genmove_analyze", "kata-search_analyze"])
    @pytest.mark.parametrize("restriction", NOTHING)
    def test_nothing_is_played(self, command: str, restriction: str) -> None:
        table = self._table(restriction)
        record = table.engine.position.record
        with pytest.raises(GtpError, match="no move is left"):
            table.say(f"{command} b {restriction}")
        assert table.engine.position.record == record
        assert table.session.searches == []

    def test_those_of_the_other_player_do_not_count(self) -> None:
        table = Table(size=5)
        assert table.say("kata-search_analyze b allow w E5 1 avoid b A1,pass 3").endswith("play A5")
