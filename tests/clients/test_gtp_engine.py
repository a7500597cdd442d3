"""What the bridge asks of its session, and what it makes of the reports: over a session that searches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from games.go.position import Position
from games.go.rules import NAMED
from protocol.client import Client
from protocol.messages import Limits
from tests.clients.fake_session import FakeClient, FakeController, FakeSession
from zhugo.bridges.gtp import game_end
from zhugo.bridges.gtp.bridge import FAILURES, commands_of
from zhugo.bridges.gtp.clock import TimeSystem
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.game_end import final_score
from zhugo.bridges.gtp.genmove import choose_move
from zhugo.bridges.gtp.protocol import Arguments, GtpError, serve
from zhugo.bridges.gtp.rules_commands import nearest
from zhugo.bridges.gtp.settings import Settings


class Table:
    """An engine with its commands, its session and its controller."""

    def __init__(self, settings: Settings | None = None, shared: bool = False, **changes: Any) -> None:
        self.client = FakeClient()
        self.controller = FakeController()
        self.engine = Engine(self.client.connect, settings or Settings(10, None), self.controller, shared=shared)
        # the fake session plays the first move that is not avoided
        self.engine.settings.symmetry_pruning = False
        assert self.engine.session.game == "go"  # which opens it
        self.engine.start(**changes)
        self.commands = commands_of(self.engine)

    @property
    def session(self) -> FakeSession:
        assert self.client.session is not None
        return self.client.session

    def say(self, line: str) -> str:
        """The answer to a command, all lines of one that goes on."""
        name, *words = line.split()
        self.controller.looks = 0
        answer = self.commands[name](Arguments(words))
        return answer if isinstance(answer, str) else "\n".join(cast(Iterator[str], answer))

    def play(self, *moves: tuple[int, int]) -> None:
        for player, move in moves:
            self.engine.play(player, move)


@pytest.mark.parametrize(
    "line",
    """name; version; protocol_version; list_commands; known_command genmove; boardsize 9; komi 6.5; clear_board
    play b E5; undo; fixed_handicap 2; set_position b A1; showboard; printsgf; kata-get-rules; kata-set-rules aga
    time_settings 0 10 1; kata-list-params; kata-set-param maxVisits 5; gogui-analyze_commands; quit""".replace(
        "\n", ";"
    ).split(";"),
)
def test_what_needs_no_search_does_not_wait_for_the_daemon(line: str) -> None:
    def not_yet() -> Client:
        raise AssertionError("the daemon still starts")

    said: list[str] = []
    serve(commands_of(Engine(not_yet, Settings(10, None), FakeController())), [line], said.append)
    if line.strip() == "undo":
        assert said == ["? cannot undo\n\n"]
    else:
        assert said[0].startswith("=")


class TestTheSession:
    """It follows the game when something is searched, and keeps its tree as long as that makes sense."""

    def test_playing_and_taking_back_ask_nothing_of_it(self) -> None:
        table = Table(size=9)
        for line in ("play b E5", "play w C3", "undo", "play w C7", "showboard", "undo", "undo"):
            table.say(line)
        assert table.session.did == []

    def test_it_is_where_the_game_is_when_a_search_begins(self) -> None:
        table = Table()
        table.say("play b D4")
        table.say("kata-analyze 10")
        assert table.session.searches[-1][0] == table.engine.position.record == [15 * 19 + 3]
        table.say("undo")
        table.say("kata-analyze 10")
        assert table.session.searches[-1][0] == []
        assert table.session.did.count("reset") == 0

    def test_a_gui_that_clears_the_board_to_play_the_moves_again_finds_its_tree(self) -> None:
        table = Table()
        for line in ("play b D4", "kata-analyze 10", "boardsize 19", "clear_board", "play b D4", "play w Q16"):
            table.say(line)
        table.say("kata-analyze 10")
        assert "reset" not in table.session.did

    def test_the_game_after_one_that_the_engine_played_begins_with_an_empty_tree(self) -> None:
        table = Table()
        for line in ("genmove b", "clear_board", "genmove b"):
            table.say(line)
        assert table.session.did.count("reset") == 1

    @pytest.mark.parametrize("line", ["boardsize 9", "komi 6.5", "kata-set-rules japanese", "clear_cache"])
    def test_what_makes_another_game_of_it_empties_the_tree(self, line: str) -> None:
        table = Table()
        table.say(line)
        table.say("genmove b")
        assert table.session.did.count("reset") == 1
        assert table.session.spec == table.engine.game.spec()

    def test_clearing_the_cache_has_positions_evaluated_anew(self) -> None:
        table = Table()
        table.say("clear_cache")
        assert table.session.did == ["clear_cache", "reset"]

    def test_wide_root_noise_is_for_analysis_alone(self) -> None:
        table = Table()
        table.say("kata-set-param analysisWideRootNoise 0.1")
        table.say("kata-analyze 10")
        assert table.session.settings.noise_weight == 0.1
        table.say("genmove b")
        assert table.session.settings.noise_weight == 0.0

    def test_parameters_of_the_search_hold_for_the_next_one(self) -> None:
        table = Table()
        for line in ("rootPolicyTemperature 1.5", "cpuctExploration 0.9", "rootFpuReductionMax 0"):
            table.say(f"kata-set-param {line}")
        for line in ("kata-analyze 10", "genmove b"):
            table.say(line)
            how = table.session.settings
            assert (how.root_temperature, how.exploration, how.fpu_reduction) == (1.5, 0.9, 0.2)
            assert how.root_fpu_reduction == 0.0

    def test_of_moves_that_are_the_same_by_symmetry_it_looks_at_one(self) -> None:
        table = Table()
        table.say("kata-set-param rootSymmetryPruning true")
        assert table.say("genmove b").startswith("T")
        _, limits, (copies,) = table.session.searches[0]
        assert (limits.visits, limits.new_visits) == (None, 10), "what an analysis saw may lie under the copies"
        assert len(copies.moves) == 361 - 55
        table.say("kata-genmove_analyze w avoid w A1 1")
        (restriction,) = table.session.searches[-1][2]
        assert len(restriction.moves) == 1

    def test_visits_count_what_the_tree_has_and_playouts_do_not(self) -> None:
        table = Table()
        table.say("kata-set-param maxPlayouts 7")
        table.say("genmove b")
        assert table.session.searches[-1][1] == Limits(visits=10, new_visits=7)
        table.say("kata-genmove_analyze w avoid w A1 1")
        assert table.session.searches[-1][1] == Limits(new_visits=7)

    def test_who_shares_it_brings_it_back_from_where_others_left_it(self) -> None:
        table = Table(shared=True)
        table.say("play b D4")
        table.say("kata-analyze 10")
        table.session.record = [1, 2, 3]
        table.say("kata-analyze 10")
        assert table.session.searches[-1][0] == [15 * 19 + 3]

    def test_who_comes_to_a_shared_one_sees_its_game(self) -> None:
        table = Table(shared=True)
        table.session.record = [40, 41]
        guest = Engine(table.client.connect, Settings(10, None), FakeController(), shared=True)
        assert guest.position.record == [40, 41]


class TestAfterTwoPasses:
    """They end the game for its score; who asks what to play is answered as if it went on, as KataGo does."""

    @pytest.mark.parametrize("line", ["kata-analyze 10", "kata-raw-nn 0", "zhugo-policy", "zhugo-visits"])
    def test_a_position_is_still_analyzed(self, line: str) -> None:
        table = Table(size=5)
        table.play((1, 12), (-1, 25), (1, 25))
        before = table.say(line)
        assert before
        assert table.engine.position.record == [12, 25, 25]
        if line.startswith("kata-analyze"):
            assert table.session.searches[-1][0] == [12, 26, 26]
            table.say("kata-analyze b 10")
            assert table.session.searches[-1][0] == [12, 26, 26, 26]

    @pytest.mark.parametrize("command", ["genmove", "kgs-genmove_cleanup"])
    def test_players_who_disagree_play_on(self, command: str) -> None:
        table = Table(size=5)
        table.play((1, 12), (-1, 25), (1, 25))
        assert table.say(f"{command} w") == "A5"
        assert table.engine.position.record == [12, 25, 25, 0]
        assert not table.engine.position.is_over


class TestUndo:
    def test_it_takes_the_switch_of_a_double_move_back_too(self) -> None:
        table = Table(size=9)
        table.play((1, 40), (1, 41), (-1, 42))
        assert table.engine.position.record == [40, 82, 41, 42]
        table.engine.undo(2)
        assert table.engine.position.record == [40]

    def test_an_illegal_move_of_the_player_not_to_move_leaves_no_switch(self) -> None:
        table = Table(size=9)
        table.play((1, 40))
        with pytest.raises(GtpError, match="illegal move: black E5: occupied"):
            table.play((1, 40))
        assert table.engine.position.record == [40]


class TestPondering:
    def test_it_begins_after_a_move_and_ends_with_the_opponents(self) -> None:
        table = Table(Settings(10, None, ponder=True))
        table.say("genmove b")
        record, limits, _ = table.session.searches[-1]
        assert (record, limits) == (table.engine.position.record, Limits())
        assert "stop" not in table.session.did
        table.say("play w Q16")
        assert table.session.did[-1] == "stop"

    @pytest.mark.parametrize("line", ["stop", "kgs-game_over", "undo", "clear_board", "komi 5.5"])
    def test_what_else_ends_it(self, line: str) -> None:
        table = Table(Settings(10, None, ponder=True))
        table.say("genmove b")
        table.say(line)
        assert table.session.did[-1] == "stop"

    def test_without_being_asked_nothing_runs(self) -> None:
        table = Table()
        table.say("genmove b")
        assert all(limits != Limits() for _, limits, _ in table.session.searches)

    def test_a_search_that_is_not_played_is_followed_by_none(self) -> None:
        table = Table(Settings(10, None, ponder=True))
        table.say("kata-search b")
        assert len(table.session.searches) == 1


class TestResigning:
    """When it is time is in ``test_resigning``; here is what it is told of the game."""

    def table(self, **settings: Any) -> Table:
        table = Table(Settings(10, None, resign_below=0.05, resign_played=0.0, **settings))
        table.session.value, table.session.lead = -0.95, -30.0
        return table

    def test_it_takes_so_many_hopeless_moves_in_a_row(self) -> None:
        table = self.table(resign_after=3)
        assert [table.say("genmove b") for _ in range(2)] == ["A19", "B19"]
        table.session.value = 0.0
        assert table.say("genmove b") == "C19"
        table.session.value = -0.95
        assert [table.say("genmove b") for _ in range(3)] == ["D19", "E19", "resign"]
        assert table.engine.vertex(table.engine.position.record[-1]) == "E19"

    def test_each_player_has_his_own_account(self) -> None:
        table = self.table(resign_after=2)
        answers = [table.say(f"genmove {player}") for player in ("b", "w", "b")]
        assert answers[-1] == "resign"
        assert "resign" not in answers[:-1]

    def test_by_default_never(self) -> None:
        table = Table()
        table.session.value, table.session.lead = -1.0, -300.0
        assert "resign" not in [table.say("genmove b") for _ in range(5)]

    def test_not_before_a_part_of_the_board_is_played(self) -> None:
        table = Table(Settings(10, None, resign_below=0.05, resign_after=1), size=5)
        table.session.value, table.session.lead = -0.99, -20.0
        answers = []
        while "resign" not in answers:
            answers.append(table.say("genmove b"))
            table.say("genmove w")
        assert len(answers) == 4, "with six moves on the board, of which 0.2 for each of 25 points are five"

    @pytest.mark.parametrize(("size", "stones"), [(19, 9), (9, 5)])
    def test_who_gave_a_handicap_is_behind_from_the_start_and_plays_on(self, size: int, stones: int) -> None:
        table = Table(Settings(10, None, resign_below=0.05, resign_after=3), size=size)
        table.say(f"fixed_handicap {stones}")
        table.session.value, table.session.lead = 0.999, 100.0 if size == 19 else 55.0
        answers = []
        for _ in range(6):
            answers.append(table.say("genmove w"))
            table.say("genmove b")
        assert "resign" not in answers

    def test_a_game_that_is_set_up_anew_forgets_it(self) -> None:
        table = self.table(resign_after=2)
        table.say("genmove b")
        table.say("clear_board")
        assert table.say("genmove b") != "resign"


class TestTime:
    def test_the_clock_limits_the_search(self) -> None:
        table = Table()
        table.say("kata-time_settings byoyomi 0 10 3")
        table.say("genmove b")
        (_, limits, _) = table.session.searches[0]
        assert limits.seconds is not None
        assert 8 < limits.seconds < 10

    def test_the_own_limit_holds_beside_a_generous_clock(self) -> None:
        table = Table(Settings(None, 2.0))
        table.say("kata-time_settings byoyomi 0 60 3")
        table.say("genmove b")
        assert table.session.searches[0][1].seconds == 2.0

    def test_without_time_left_the_engine_keeps_the_account_itself(self) -> None:
        table = Table()
        table.engine.clock.start(TimeSystem(100.0))
        table.say("genmove b")
        assert table.engine.clock.left[1].seconds < 100.0
        assert -1 not in table.engine.clock.left

    def test_a_search_without_time_still_finds_a_move(self) -> None:
        table = Table(size=9)
        table.session.hurried = 1
        assert choose_move(table.engine, 1).move == 0
        assert table.session.searches[1][1].new_visits == 2

    def test_an_interrupt_ends_a_search_for_a_move_and_the_move_is_played(self) -> None:
        table = Table()
        table.controller.interrupting = True
        assert table.say("genmove b") == "A19"
        assert "stop" in table.session.did


class TestCancelling:
    def test_a_cancelled_search_has_no_move(self) -> None:
        table = Table(Settings(None, None))
        assert table.say("kata-search_cancellable b") == "cancelled"
        assert table.say("kata-search_analyze_cancellable b").splitlines()[-1] == "play cancelled"
        assert table.engine.position.record == []

    def test_other_searches_go_on_whatever_comes(self) -> None:
        table = Table()
        table.controller.patience = 0
        assert table.say("kata-search b") == "A19"
        assert table.say("kata-genmove_analyze b").splitlines()[-1] == "play A19"


class TestTheEnd:
    """Passing, scores, dead stones."""

    def test_dead_stones_are_judged_without_the_last_passes_and_without_passing(self) -> None:
        table = Table(size=9)
        table.play((1, 40), (-1, 30), (1, 81), (-1, 81))
        table.session.ownership = lambda _position: [-1.0] * 81
        assert final_score(table.engine) == "W+88.5"
        assert table.client.other is not None
        searches = table.client.other.searches
        # once a symmetry: E5, and D6 where each of them has it
        assert sorted(record for record, _, _ in searches) == [[40, p] for p in (30, 30, 32, 32, 48, 48, 50, 50)]
        for _, limits, restrictions in searches:
            assert limits.new_visits is not None
            assert {rule.to_play for rule in restrictions} == {1, -1}
            assert all(rule.moves == [81] for rule in restrictions)
        assert table.session.searches == []
        assert table.engine.position.record == [40, 30, 81, 81]

    @pytest.mark.parametrize("why", ["net small plays sizes 7 to 19, not 5x5", ""])
    def test_where_no_net_can_be_asked_the_rules_alone_judge(
        self, why: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(game_end, "NET_SECONDS", 0.0)
        table = Table(size=5, komi=0.5)
        table.client.fails, table.client.has_net = why, bool(why)
        table.play(*((1, move) for move in (2, 7, 12, 17, 22)))
        assert final_score(table.engine) == "B+19.5", "five stones in a row are a handicap, for which White is paid"
        assert f"the rules alone, no net was asked: {why or 'there is none yet'}" in capsys.readouterr().err
        assert len(table.say("final_status_list alive").split()) == 5

    def test_where_the_rules_know_no_agreement_stones_count_as_they_stand(self) -> None:
        table = Table(size=9, rules="tromp-taylor")
        table.play((1, 40), (-1, 30))
        table.session.ownership = lambda _position: [1.0] * 81
        assert final_score(table.engine) == "W+7.5"
        assert table.session.searches == []

    def test_a_settled_board_is_passed_on(self) -> None:
        table = Table(size=5, komi=0.5)
        table.play(*((1, move) for move in (2, 7, 12, 17, 22)))
        table.session.ownership = _all_black
        assert choose_move(table.engine, 1).move == table.engine.pass_move

    def test_dead_stones_that_must_be_captured_are_played_out(self) -> None:
        table = Table(size=5, komi=0.5, rules="tromp-taylor")
        table.play(*((1, move) for move in (2, 7, 12, 17, 22)), (-1, 20))
        table.session.ownership = _all_black
        # the search promises the whole board, and White's stone stands
        table.session.lead = 24.5
        assert choose_move(table.engine, 1).move != table.engine.pass_move

    def test_an_open_board_is_played_on(self) -> None:
        table = Table(size=5, komi=0.5)
        table.session.ownership = lambda position: [0.3] * position.game.points
        assert choose_move(table.engine, 1).move == 0

    def test_cleaning_up_does_not_pass_while_dead_stones_stand(self) -> None:
        table = Table(size=5, komi=0.5)
        table.play((1, 12), (-1, 0))
        table.session.ownership = _all_black
        table.session.wishes = [3, 3]
        table.say("kgs-genmove_cleanup b")
        (rule,) = table.session.searches[-1][2]
        assert (rule.to_play, rule.moves) == (1, [table.engine.pass_move])
        table.say("clear_board")
        before = len(table.session.searches)
        table.say("kgs-genmove_cleanup b")
        assert table.session.searches[before][2] == []

    def test_with_a_net_that_knows_no_points_the_search_chooses_and_all_stones_live(self) -> None:
        table = Table(size=5, komi=0.5)
        table.session.knows_points = False
        table.session.wishes = [table.engine.pass_move, 3]
        assert choose_move(table.engine, 1).move == table.engine.pass_move
        assert choose_move(table.engine, 1).move == 3
        assert len(table.session.searches) == 2
        table.engine.play(1, 12)
        assert final_score(table.engine) == "B+24.5"
        line = table.say("kata-analyze 10 ownership true movesOwnership true rootInfo true").splitlines()[0]
        assert "core" not in line
        assert "wnership" not in line
        assert " winrate " in line


class TestWhatAnAnalysisShows:
    @pytest.mark.parametrize(("of", "rate"), [("side", "0.4"), ("black", "0.6"), ("white", "0.4")])
    def test_win_rates_are_of_whom_the_settings_say(self, of: Any, rate: str) -> None:
        table = Table(Settings(10, None, perspective=of))
        assert f" winrate {rate} " in table.say("kata-analyze w 10")

    def test_avoid_and_allow_reach_the_search(self) -> None:
        table = Table(size=5)
        table.say("kata-analyze b 10 avoid b A1,B2 3 avoid w pass 2")
        avoid, no_pass = table.session.searches[-1][2]
        assert (avoid.to_play, avoid.moves, avoid.depth, avoid.allow) == (1, [20, 16], 3, False)
        assert (no_pass.to_play, no_pass.moves, no_pass.depth) == (-1, [25], 2)
        table.say("lz-analyze b 10 allow b A1 1")
        assert table.session.searches[-1][2][0].allow

    def test_moves_are_added_up_to_the_least_number_and_cut_at_the_most(self) -> None:
        table = Table(size=5)
        assert table.say("kata-analyze 10 minmoves 4").splitlines()[0].count("info move ") == 4
        assert table.say("kata-analyze 10 minmoves 4 maxmoves 2").splitlines()[0].count("info move ") == 2

    def test_turning_to_the_other_player_leaves_the_game_as_it_was(self) -> None:
        table = Table(size=5)
        table.say("kata-analyze w 10")
        assert table.session.searches[-1][0] == [26]
        assert table.engine.position.record == []


@pytest.mark.parametrize("name", ["japanese", "stone-scoring", "aga-button"])
def test_a_net_that_never_learned_some_rules_plays_the_nearest_and_says_so(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table()
    table.client.features = "zhugo"
    table.say(f"kata-set-rules {name}")
    rules = table.engine.game.rules
    assert (rules.scoring, rules.tax, rules.hasButton) == ("AREA", "NONE", False)
    assert rules.ko == NAMED[name].ko
    assert rules.friendlyPassOk
    assert "the net does not know these rules" in capsys.readouterr().err
    assert nearest(NAMED[name], "katago_v7") == NAMED[name]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("genmove b", "? the net plays no such board\n\n"),
        ("final_score", "= W+7.5\n\n"),
        ("kata-raw-nn 0", "? the net plays no such board\n\n"),
        ("zhugo-policy", "? the net plays no such board\n\n"),
        ("kata-analyze 10", "=\n\n"),
        ("kata-genmove_analyze b 10", "=\n\n"),
    ],
)
def test_a_search_that_fails_ends_its_answer_and_the_conversation_goes_on(line: str, answer: str) -> None:
    table = Table()
    table.client.fails = table.session.fails = "the net plays no such board"
    said: list[str] = []
    serve(table.commands, [line, "name"], said.append, FAILURES)
    assert "".join(said) == answer + "= ZhuGo\n\n"


def test_what_gtp2ogs_reads_is_said_on_stderr_if_asked(capsys: pytest.CaptureFixture[str]) -> None:
    Table(Settings(10, None, chat=True)).say("genmove w")
    assert capsys.readouterr().err == ("MALKOVICH:Visits 10 Winrate 40.00% ScoreLead 7.5 ScoreStdev 0.0 PV A19 pass\n")
    Table().say("genmove w")
    assert capsys.readouterr().err == ""


def _all_black(position: Position) -> list[float]:
    return [1.0] * position.game.points
