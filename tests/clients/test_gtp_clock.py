"""A clock runs from the reading of a command on, whatever holds the engine up: it answers in time all the same."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from msgspec.structs import replace

from games.go.game import Go
from games.go.position import Position
from protocol.client import Client
from protocol.messages import Limits, Report
from tests.clients.fake_session import FakeClient, FakeController, FakeHandle, FakeSession
from tests.clients.test_clock import Referee
from tests.daemons import PATIENCE
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.clock import TimeSystem
from zhugo.bridges.gtp.controller import InputLines
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.fallback_move import fallback_move
from zhugo.bridges.gtp.protocol import Arguments, GtpError
from zhugo.bridges.gtp.settings import Settings

SYSTEMS: list[tuple[str, TimeSystem]] = [
    ("time_settings 0 20 5", TimeSystem.canadian(0, 20, 5)),
    ("time_settings 10 20 1", TimeSystem.canadian(10, 20, 1)),
    ("time_settings 100 0 0", TimeSystem(100.0)),
    ("kgs-time_settings absolute 20", TimeSystem(20.0)),
    ("kgs-time_settings byoyomi 1 1 3", TimeSystem.byoyomi(1, 1, 3)),
    ("kgs-time_settings byoyomi 0 4 1", TimeSystem.byoyomi(0, 4, 1)),
    ("kgs-time_settings canadian 30 30 10", TimeSystem.canadian(30, 30, 10)),
    ("kata-time_settings absolute 3", TimeSystem(3.0)),
    ("kata-time_settings byoyomi 5 10 5", TimeSystem.byoyomi(5, 10, 5)),
    ("kata-time_settings canadian 0 5 5", TimeSystem.canadian(0, 5, 5)),
    ("kata-time_settings fischer 5 1", TimeSystem(5.0, increment=1.0)),
    ("kata-time_settings fischer-capped 10 2 12 4", TimeSystem(10.0, increment=2.0, most=12.0, longest=4.0)),
    ("kata-time_settings fischer-capped 10 2 -1 -1", TimeSystem(10.0, increment=2.0)),
]


@dataclass
class Turned:
    """A clock that goes on only when it is turned."""

    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class SlowTable:
    """An engine whose searches take their time by a turned clock, and ``delay`` seconds more, as answers on the way do.

    A line is read ``held_up`` seconds before the engine gets at it.
    """

    settings: Settings = field(default_factory=lambda: Settings(None, 3600.0))
    delay: float = 0.0
    held_up: float = 0.0

    def __post_init__(self) -> None:
        self.clock = Turned()
        self.read = self.clock.time
        self.client = FakeClient()
        self.engine = Engine(
            self.client.connect, self.settings, FakeController(), read_at=lambda: self.read, now=self.clock
        )
        self.commands = commands_of(self.engine)
        assert self.engine.session.game == "go"
        assert self.client.session is not None
        self.session = self.client.session
        search = self.session.search

        def slow(limits: Limits, *others: Any, **more: Any) -> FakeHandle:
            handle = search(limits, *others, **more)
            assert limits.seconds is not None, "a search without an end"
            self.clock.time += limits.seconds + self.delay
            return handle

        self.session.search = slow  # type: ignore[method-assign]

    def say(self, line: str) -> str:
        """The answer; the clock has been turned by what it took."""
        self.read = self.clock.time
        self.clock.time += self.held_up
        name, *words = line.split()
        answer = self.commands[name](Arguments(words))
        assert isinstance(answer, str)
        return answer

    def seconds(self, line: str) -> float:
        """What a command took, from its line to its answer."""
        began = self.clock.time
        self.say(line)
        return self.clock.time - began


class TestEverySystem:
    @pytest.mark.parametrize(("tells", "lag"), [(True, 0.0), (False, 1.0)], ids=["told what is left", "told nothing"])
    @pytest.mark.parametrize(("line", "system"), SYSTEMS, ids=[line for line, _ in SYSTEMS])
    def test_it_lasts_to_the_end_of_its_last_period(
        self, line: str, system: TimeSystem, tells: bool, lag: float
    ) -> None:
        """Every answer is delayed by a part of what is kept back; once a period is lost to something slower."""
        table, referee = SlowTable(delay=0.02, held_up=0.02), Referee(system)
        table.engine.clock.lag = lag
        table.say("boardsize 9")
        table.say(line)
        used, given = 0.0, referee.main
        for number in range(60):
            if tells:
                seconds, count = referee.left()
                table.say(f"time_left b {seconds} {count}")
            if system.periods < 2**31 and number in (20, 40) and referee.periods > 1:
                table.delay = system.period  # as long as a period that may be lost
            took = table.seconds("reg_genmove b")
            table.delay = 0.02
            used += took
            referee.take(took)
        if system.periods > 1 and system.periods < 2**31 and tells:
            assert referee.periods == max(1, system.periods - 2)
        given += 60 * (system.increment + (system.period / system.stones if system.stones else 0.0))
        assert used > 0.35 * min(given, 60 * system.longest), "the time is for thinking"

    @pytest.mark.parametrize("words", ["", "none"])
    def test_without_a_clock_a_search_has_its_own_limits(self, words: str) -> None:
        table = SlowTable(Settings(10, 7.0, symmetry_pruning=False))
        table.say("kgs-time_settings absolute 5")
        table.say("kgs-time_settings none" if words else "time_settings 0 10 0")
        table.say("genmove b")
        assert table.session.searches[-1][1] == Limits(10, None, 7.0)

    def test_the_time_of_a_move_that_a_person_set_holds_beside_the_clock(self) -> None:
        table = SlowTable(Settings(None, 2.0))
        table.say("kgs-time_settings absolute 1000")
        assert table.seconds("genmove b") == pytest.approx(2.0)
        table.say("kgs-time_settings byoyomi 0 2 1")
        assert table.seconds("genmove b") == pytest.approx(1.0)


class TestUnsettled:
    """A search by the clock goes on for half of its share more where another move is close to the chosen one."""

    @pytest.mark.parametrize(("rival", "searches"), [(0, 1), (5, 1), (6, 2), (20, 2)])
    def test_a_close_choice_takes_longer(self, rival: int, searches: int) -> None:
        table = SlowTable()
        table.session.rival = rival
        table.say("kgs-time_settings byoyomi 1000 10 3")
        took = table.seconds("genmove b")
        share = table.session.searches[0][1].seconds
        assert share is not None
        assert len(table.session.searches) == searches
        assert took == pytest.approx(share * (1.5 if searches == 2 else 1.0))

    def test_where_the_time_of_a_move_must_not_run_out_it_takes_a_part_of_what_is_kept_back(self) -> None:
        table = SlowTable()
        table.session.rival = 9
        table.say("kgs-time_settings byoyomi 0 10 1")
        assert 9.0 < table.seconds("genmove b") < 9.25

    def test_a_limit_that_a_person_set_is_none_of_the_clock(self) -> None:
        table = SlowTable(Settings(None, 2.0))
        table.session.rival = 9
        table.say("kgs-time_settings absolute 1000")
        assert table.seconds("genmove b") == pytest.approx(2.0)


class TestEarlyEnd:
    """A search ends before its time once its choice is certain, but only where that time is of use later."""

    @pytest.mark.parametrize(("system", "early"), [
        ("kgs-time_settings absolute 1000", True),
        ("kgs-time_settings byoyomi 1000 10 3", True),
        ("kgs-time_settings canadian 0 100 10", True),
        ("kgs-time_settings byoyomi 0 10 3", False),
        ("time_settings 0 10 1", False),
        ("kgs-time_settings none", False),
    ])  # fmt: skip
    def test_it_ends_early_where_the_time_is_kept(self, system: str, early: bool) -> None:
        table = SlowTable()
        table.say(system)
        table.say("genmove b")
        assert table.session.searches[-1][1].early == early

    def test_it_can_be_switched_off_and_a_move_that_is_drawn_needs_all_visits(self) -> None:
        for param in ("earlyEnd false", "chosenMoveTemperature 0.5"):
            table = SlowTable()
            table.say(f"kata-set-param {param}")
            table.say("kgs-time_settings absolute 1000")
            table.say("genmove b")
            assert not table.session.searches[-1][1].early


class TestFromTheLineOn:
    def test_what_came_before_the_search_is_taken_off_it(self) -> None:
        table = SlowTable(held_up=2.5)
        table.say("kgs-time_settings byoyomi 0 10 1")
        assert table.seconds("genmove b") == pytest.approx(9.0)
        assert table.session.searches[-1][1].seconds == pytest.approx(6.5)

    def test_a_part_is_left_to_think_of_passing_when_the_opponent_did(self) -> None:
        table = SlowTable()
        table.say("kgs-time_settings byoyomi 0 6 1")
        table.say("genmove b")
        assert table.session.searches[-1][1].seconds == pytest.approx(5.0)
        table.say("play w pass")
        table.say("genmove b")
        assert table.session.searches[-1][1].seconds == pytest.approx(4.0)

    def test_lines_that_are_sent_ahead_wait_for_the_answer_before_them(self) -> None:
        table = SlowTable()
        table.say("kgs-time_settings byoyomi 0 10 1")
        read = table.clock.time
        table.say("genmove b")
        table.read = read  # both were sent at once
        began = table.clock.time
        assert isinstance(table.commands["genmove"](Arguments(["w"])), str)
        assert table.clock.time - began == pytest.approx(9.0)

    def test_a_line_knows_when_it_was_read(self) -> None:
        lines = InputLines(io.StringIO("one\ntwo\n"))
        time.sleep(0.01)
        before = time.monotonic()
        assert next(iter(lines)) == "one\n"
        assert lines.moment() < before

    @pytest.mark.parametrize(
        ("line", "hurries"),
        [("genmove b", True), ("1 kata-genmove_analyze b 10", True), ("time_settings 0 5 1", True), ("name", False)],
    )
    def test_it_is_known_early_that_a_clock_may_run(self, line: str, hurries: bool) -> None:
        lines = InputLines(io.StringIO(f"{line}\n"))
        assert lines.waiting(PATIENCE)
        assert lines.hurries() is hurries

    def test_lines_that_were_waiting_at_the_start_may_have_come_with_the_process(self) -> None:
        lines = InputLines(io.StringIO("one\n"), began=17.0)
        assert next(iter(lines)) == "one\n"
        assert lines.moment() == 17.0


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What something waits for that is slow."""
    event = threading.Event()
    yield event
    event.set()


@dataclass
class SlowClient(FakeClient):
    """A daemon that is slow to open a session, or whose searches have nothing to say for a while."""

    held: threading.Event = field(default_factory=threading.Event)
    slow: str = ""

    def _opened(self, *of: Any) -> FakeSession:
        if self.slow == "open":
            assert self.held.wait(PATIENCE)
        session = super()._opened(*of)
        if self.slow == "search":
            session.search = self._late(session)  # type: ignore[method-assign]
        return session

    def _late(self, session: FakeSession) -> Callable[..., FakeHandle]:
        search, held = session.search, self.held

        @dataclass
        class Late(FakeHandle):
            def next(self, timeout: float | None = None) -> Report:
                if not self.stopped:
                    held.wait(PATIENCE)
                return super().next(timeout)

        def slow(limits: Limits, *others: Any, **more: Any) -> FakeHandle:
            found = search(limits, *others, **more)
            session.running = Late(found.report, found.endless)
            return session.running

        return slow


def connect_late(held: threading.Event, client: FakeClient) -> Callable[[], Client]:
    """A way to a daemon that starts until it is let."""

    def connect() -> Client:
        assert held.wait(PATIENCE)
        return client.connect()

    return connect


@pytest.mark.parametrize("slow", ["start", "open", "search"])
@pytest.mark.parametrize(
    "line", ["kgs-time_settings byoyomi 0 0.4 1", "kgs-time_settings absolute 1.5", "time_settings 0 1 5"]
)
def test_a_move_is_answered_by_a_real_clock_though_nothing_is_ready(
    slow: str, line: str, held: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then the game goes on in the daemon from where it stands."""
    client = SlowClient(held=held, slow=slow)
    connect = connect_late(held, client) if slow == "start" else client.connect
    engine = Engine(connect, Settings(10, None), FakeController())
    commands = commands_of(engine)

    def say(text: str) -> str:
        name, *words = text.split()
        return cast(str, commands[name](Arguments(words)))

    say("boardsize 9")
    say(line)
    first = say("genmove b")
    assert not held.is_set(), "nothing was ready"
    assert first == "C7", "a point on which games begin"
    assert "played by the rules alone" in capsys.readouterr().err
    assert say("genmove w") != first
    record = engine.position.record
    assert len(record) == 2
    held.set()
    say("kgs-time_settings none")
    say("genmove b")
    assert client.session is not None
    assert client.session.searches[-1][0] == record, "the daemon sees the game as it was played"
    assert client.session.spec["size"] == 9


class TestTheBestOfWhatThereIs:
    @dataclass
    class Stalled(FakeHandle):
        """One report on the way, and then nothing for a long time."""

        def next(self, timeout: float | None = None) -> Report:  # noqa: ARG002
            if not self.told:
                self.told = True
                return self.report
            threading.Event().wait(PATIENCE if not self.stopped else 0.0)
            return self.report

    def engine(self, change: Callable[[Report], Report]) -> Engine:
        client = FakeClient()
        engine = Engine(client.connect, Settings(10, None), FakeController())
        assert engine.session.game == "go"
        session = cast(FakeSession, engine.session)
        session.settings = engine.settings.search
        search = session.search

        def stalled(limits: Limits, *others: Any, **more: Any) -> FakeHandle:
            found = search(limits, *others, **more)
            report = change(replace(found.report, final=False, reason=""))
            session.running = TestTheBestOfWhatThereIs.Stalled(report, endless=True)
            return session.running

        session.search = stalled  # type: ignore[method-assign]
        engine.clock.start(TimeSystem.byoyomi(0, 0.4, 1))
        return engine

    def test_the_last_report_says_which_move(self) -> None:
        engine = self.engine(lambda report: replace(report, chosen=77, lead=None))
        assert commands_of(engine)["genmove"](Arguments(["b"])) == engine.vertex(77)

    def test_the_best_move_so_far_is_played_where_the_choice_would_have_been_drawn(self) -> None:
        def open_choice(report: Report) -> Report:
            (child,) = report.children
            others = [replace(child, move=88, order=0), replace(child, move=89, order=1)]
            return replace(report, chosen=None, children=others, lead=None)

        engine = self.engine(open_choice)
        assert commands_of(engine)["genmove"](Arguments(["b"])) == engine.vertex(88)

    def test_the_policy_of_a_first_evaluation_says_it_where_no_move_was_looked_at(self) -> None:
        def first(report: Report) -> Report:
            policy = [0.001] * 362
            policy[60], policy[361] = 0.4, 0.5  # the pass is not to be trusted yet
            return replace(report, children=[], chosen=None, visits=1, policy=policy)

        engine = self.engine(first)
        assert commands_of(engine)["genmove"](Arguments(["b"])) == engine.vertex(60)


def board(rows: str, to_play: str = "black") -> Position:
    """A position from its rows, X Black."""
    lines = rows.split()
    points = {"X": list[int](), "O": list[int]()}
    for at, mark in enumerate("".join(lines)):
        if mark in points:
            points[mark].append(at)
    spec = {"size": len(lines), "komi": 7.5, "black": points["X"], "white": points["O"], "to_play": to_play}
    return Position(Go.from_spec(spec))


class TestAMoveByTheRulesAlone:
    @pytest.mark.parametrize(
        ("rows", "vertex"),
        [
            ("..... ..... ..... ..... .....", "C3"),
            # the stone in atari is captured
            (".X... XO... .X... ..... .....", "C4"),
            # the two in atari run out to three liberties
            ("..... .OO.. OXX.. .OO.. .....", "D3"),
            # all that is left are own eyes
            (".XX.X XXXXX XX.XX XXXXX .XXXX", "pass"),
            # what is no eye is filled
            (".X.XX XXXXX .OOOO OOOO. O.OOO", "A3"),
            # nothing but giving a stone away
            ("XXXXX X.X.X XXXXX OOOOO .O.O.", "pass"),
        ],
    )
    def test_it_is_not_senseless(self, rows: str, vertex: str) -> None:
        position = board(rows)
        assert position.game.vertex(fallback_move(position)) == vertex

    @pytest.mark.parametrize("size", [2, 3, 5, 9, [7, 4]])
    def test_whole_games_of_them_are_legal_and_end(self, size: Any) -> None:
        position = Position(Go.from_spec({"size": size, "komi": 7.5}))
        while not position.is_over:
            position.play(fallback_move(position))
            assert len(position.record) < 6 * position.game.points

    def test_moves_that_are_forbidden_are_not_played(self) -> None:
        position = board("..... ..... ..... ..... .....")
        assert position.game.vertex(fallback_move(position, {12})) != "C3"
        assert fallback_move(position, set(range(1, 26))) == 0
        assert fallback_move(position, set(range(26))) == 25

    @pytest.mark.parametrize("restrictions", ["avoid b C3 1", "allow b A1,B2 1"])
    def test_a_controller_may_forbid_some(self, restrictions: str, held: threading.Event) -> None:
        engine = Engine(connect_late(held, FakeClient()), Settings(10, None), FakeController())
        engine.start(size=5)
        engine.clock.start(TimeSystem.byoyomi(0, 0.2, 1))
        answer = commands_of(engine)["kata-genmove_analyze"](Arguments(["b", *restrictions.split()]))
        move = list(answer)[-1]
        assert move == "play B2" if "allow" in restrictions else move != "play C3"


def test_a_search_that_fails_still_says_so() -> None:
    """No move is made up where the daemon says that it cannot search."""
    client = FakeClient(fails="the net is broken")
    engine = Engine(client.connect, Settings(10, None), FakeController())
    engine.clock.start(TimeSystem.byoyomi(0, 5, 1))
    with pytest.raises(GtpError, match="the net is broken"):
        commands_of(engine)["genmove"](Arguments(["b"]))


def test_cleaning_up_does_not_wait_for_what_is_dead_beyond_its_clock(held: threading.Event) -> None:
    """Not knowing what is dead it does not pass."""
    client = SlowClient(held=held, slow="search")
    engine = Engine(client.connect, Settings(10, None), FakeController())
    commands = commands_of(engine)
    for line in ("boardsize 5", "kgs-time_settings byoyomi 0 0.4 1", "play b c3", "play w a1"):
        name, *words = line.split()
        assert commands[name](Arguments(words)) == ""
    move = commands["kgs-genmove_cleanup"](Arguments(["b"]))
    assert isinstance(move, str)
    assert move != "pass"
    assert engine.position.record[-1] != engine.pass_move
