"""loadsgf and printsgf: what they load, what they say on stderr, and where stones are set up behind a move."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from games.go import sgf
from tests.clients.fake_session import FakeClient, FakeController, FakeSession
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import serve
from zhugo.bridges.gtp.settings import Settings

SET_UP = "(;SZ[9]KM[7]RU[Chinese];B[ee];W[ec];AB[gg]AW[cc]AE[ee];B[dd];W[ff])"


class _Table:
    def __init__(self, directory: Path) -> None:
        self._file = directory / "game.sgf"
        self.client = FakeClient()
        self.engine = Engine(self.client.connect, Settings(10, None), FakeController())

    def load(self, data: str | bytes, *more: str) -> str:
        self._file.write_bytes(data.encode() if isinstance(data, str) else data)
        return self.say(" ".join(("loadsgf", str(self._file), *more)))

    def say(self, line: str) -> str:
        said: list[str] = []
        serve(commands_of(self.engine), [line], said.append)
        return "".join(said).strip()

    def stones(self) -> dict[str, int]:
        game, position = self.engine.game, self.engine.position
        return {game.vertex(p): position.color_at(p) for p in range(game.points) if position.color_at(p)}


@pytest.fixture
def table(tmp_path: Path) -> _Table:
    return _Table(tmp_path)


@pytest.mark.parametrize(
    ("until", "answer", "stones", "record"),
    [
        ("", "= black", {"E7": -1, "C7": -1, "G3": 1, "D6": 1, "F4": -1}, 2),
        ("1", "= black", {}, 0),
        ("2", "= white", {"E5": 1}, 1),
        ("3", "= black", {"E7": -1, "C7": -1, "G3": 1}, 0),
        ("4", "= white", {"E7": -1, "C7": -1, "G3": 1, "D6": 1}, 1),
        ("99", "= black", {"E7": -1, "C7": -1, "G3": 1, "D6": 1, "F4": -1}, 2),
    ],
)
def test_moves_are_numbered_over_stones_that_are_set_up(
    table: _Table, until: str, answer: str, stones: dict[str, int], record: int
) -> None:
    assert table.load(SET_UP, until) == answer
    assert table.stones() == stones
    assert len(table.engine.position.record) == record


def test_what_is_printed_behind_set_up_stones_loads_again(table: _Table, tmp_path: Path) -> None:
    table.load(SET_UP)
    stones = table.stones()
    assert table.say(f"printsgf {tmp_path / 'printed.sgf'}") == "="
    table.say("clear_board")
    assert table.say(f"loadsgf {tmp_path / 'printed.sgf'}") == "= black"
    assert table.stones() == stones


def test_rules_without_a_name_are_printed_and_load_again(table: _Table) -> None:
    rules = '{"ko": "SITUATIONAL", "scoring": "AREA", "tax": "ALL", "suicide": true}'
    table.say(f"kata-set-rules {rules}")
    mine = table.engine.game.rules
    printed = table.say("printsgf").removeprefix("= ")
    assert sgf.parse(printed.encode()).game.rules == mine


def test_notes_go_to_stderr(table: _Table, capsys: pytest.CaptureFixture[str]) -> None:
    assert table.load("(;SZ[9]AP[foxwq]KM[350];B[ee];W[ee];B[gg])") == "= white"
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition("game.sgf: ")[2] for line in said] == [
        "komi 350 read as 7",
        "move 2 is illegal: white E5: occupied; the move before it is kept, 2 moves are left out",
    ]
    assert all(line.startswith("zhugo: loadsgf: ") for line in said)


@pytest.mark.parametrize("data", ["hello", "(;SZ[25])", "(;GM[3])"])
def test_the_reason_goes_to_stderr(table: _Table, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert table.load(data) == "? cannot load file"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("zhugo: loadsgf: ")
    assert "game.sgf: " in line


def test_a_file_of_another_encoding_is_loaded_whole(table: _Table) -> None:
    assert table.load("(;SZ[9]PB[表]C[ソ];B[ee];W[gc])".encode("cp932")) == "= black"
    assert table.stones() == {"E5": 1, "G7": -1}


class TestTheResult:
    """A record of a game that two passes have ended says how it ended."""

    WALLS = (
        "boardsize 5",
        "komi 0.5",
        *(f"play {color} {column}{row}" for row in range(1, 6) for color, column in (("b", "C"), ("w", "D"))),
    )
    """Black has three columns, White two: B+4.5."""

    @pytest.mark.parametrize("rules", ["tromp-taylor", "chinese", "ancient-area"])
    def test_it_is_the_final_score(self, table: _Table, rules: str) -> None:
        for line in (*self.WALLS, f"kata-set-rules {rules}", "play b pass"):
            table.say(line)
        assert "RE[" not in table.say("printsgf")
        table.say("play w pass")
        score = table.say("final_score").removeprefix("= ")
        assert score == "B+4.5"
        assert f"RE[{score}]" in table.say("printsgf")
        assert sgf.parse(table.say("printsgf").removeprefix("= ").encode()).info["result"] == score
        table.say("undo")
        assert "RE[" not in table.say("printsgf -")

    @pytest.mark.parametrize(
        ("rules", "score"),
        # Black has ten points and a prisoner, White five; by area the stone changes nothing
        [("japanese", "B+5.5"), ("chinese", "B+4.5"), ("stone-scoring", "B+4.5"), ("tromp-taylor", "W+6.5")],
    )
    @pytest.mark.parametrize("features", ["zhugo", "katago_v7"])
    def test_the_rules_that_were_asked_for_count_though_the_net_plays_by_others(
        self, table: _Table, rules: str, score: str, features: str
    ) -> None:
        table.client.features = features
        for line in (f"kata-set-rules {rules}", *self.WALLS, "play w A1", "play b pass", "play w pass"):
            table.say(line)
        session = cast(FakeSession, table.engine.session)
        session.ownership = lambda _position: [1.0, 1.0, 1.0, -1.0, -1.0] * 5
        assert table.say("final_score") == f"= {score}"
        assert f"RU[{rules}]RE[{score}]" in table.say("printsgf")
        table.say("kata-set-rules chinese")
        assert table.say("final_score") == "= B+4.5"

    def test_rules_without_a_name_are_written_as_katago_writes_them(self, table: _Table) -> None:
        table.say("kata-set-rules chinese")
        table.say("kata-set-rule tax SEKI")
        text = table.say("printsgf").removeprefix("= ")
        assert "RU[koSIMPLEscoreAREAtaxSEKIsui0whbNfpok1]" in text
        assert sgf.parse(text.encode()).game.rules == table.engine.game.rules
