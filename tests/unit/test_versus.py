"""Beside KataGo: what it is asked, what is made of its answers, and what is said when it does not work."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.katago import KataGo, Setup
from bench.versus import Work, default_threads, groups, measure, positions
from games.go.sgf import GameRecord
from zhugo.shared.errors import UserError
from zhugo.shared.options import DaemonOptions

FAKE = Path(__file__).parents[1] / "fake_katago.py"
SPEC = {"size": 9, "komi": 7.0, "rules": "chinese"}
# Black, White, and White again
GAME = GameRecord(SPEC, [40, 20, 82, 30])


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    program = tmp_path / "katago"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {FAKE} "$@"\n')
    program.chmod(0o755)
    net = tmp_path / "net.bin.gz"
    net.touch()
    config = tmp_path / "katago.cfg"
    config.write_text(f"log = {tmp_path / 'log'}\n")
    return Setup(str(program), net, config)


def queries(setup: Setup) -> list[dict[str, Any]]:
    assert setup.config is not None
    return [json.loads(line) for line in (setup.config.parent / "log").read_text().splitlines()]


def say(setup: Setup, line: str) -> None:
    assert setup.config is not None
    setup.config.write_text(setup.config.read_text() + line + "\n")


def test_its_first_move_is_its_choice(setup: Setup) -> None:
    say(setup, "best = C3")
    with KataGo(setup, 9, threads=1) as katago:
        assert katago.choice(GAME, 50) == "C3"
    query = queries(setup)[-1]
    assert query["maxVisits"] == 50
    assert query["overrideSettings"] == {"ignorePreRootHistory": False}, "it plays by the last moves, too"


def test_an_answer_without_a_move_is_one_line(setup: Setup) -> None:
    with KataGo(setup, 9, threads=1) as katago, pytest.raises(UserError, match="without a move"):
        katago.choice(GAME, 50)


def test_a_position_is_told_move_by_move(setup: Setup) -> None:
    with KataGo(setup, 9, threads=3) as katago:
        assert katago.search([GAME], 50) == 50
        assert katago.version == "0.0-fake"
    query = queries(setup)[-1]
    assert query["moves"] == [["B", "E5"], ["W", "C7"], ["W", "D6"]]
    assert (query["komi"], query["boardXSize"], query["boardYSize"], query["maxVisits"]) == (7.0, 9, 9, 50)
    assert query["rules"]["scoring"] == "AREA"
    config = query["config"]
    assert (config["numSearchThreads"], config["numAnalysisThreads"]) == ("3", "1")
    # or it would evaluate the small board in a large one
    assert (config["maxBoardXSizeForNNBuffer"], config["requireMaxBoardSize"]) == ("9", "true")


def test_threads_have_the_name_that_the_configuration_gives_them(setup: Setup) -> None:
    say(setup, "numSearchThreadsPerAnalysisThread = 8")
    with KataGo(setup, 9, threads=3) as katago:
        katago.search([GAME], 2)
    config = queries(setup)[-1]["config"]
    assert config["numSearchThreadsPerAnalysisThread"] == "3"
    assert "numSearchThreads" not in config


def test_evaluations_are_known_when_it_has_ended_and_the_cache_can_be_cleared(setup: Setup) -> None:
    with KataGo(setup, 9, threads=1) as katago:
        for _ in range(2):
            katago.search([GAME], 50)
        katago.forget()
        katago.search([GAME], 50)
    assert (katago.visits, katago.evaluations) == (150, 100)


def test_many_positions_at_once(setup: Setup) -> None:
    with KataGo(setup, 9, threads=1, at_once=3) as katago:
        assert katago.search([GAME, GameRecord(SPEC, []), GameRecord(SPEC, [3])], 10) == 30


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("fail = no such model", "KataGo ended: no such model"),
        ("refuse = illegal move", "KataGo refuses a query: illegal move"),
    ],
)
def test_what_it_complains_of_is_passed_on(setup: Setup, line: str, complaint: str) -> None:
    say(setup, line)
    with pytest.raises(UserError, match=f"^{complaint}$"), KataGo(setup, 9, 1) as katago:
        katago.search([GAME], 10)


def test_without_katago_or_its_files_nothing_starts(setup: Setup, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert setup.config is not None
    for wrong, complaint in [
        (Setup("/no/katago", setup.net), "there is no KataGo at /no/katago"),
        (Setup(setup.program, nowhere), "net .*/nowhere: there is no such file"),
        (Setup(setup.program, setup.net, nowhere), "configuration .*/nowhere: there is no such file"),
    ]:
        with pytest.raises(UserError, match=complaint):
            measure(wrong, DaemonOptions(), Work())


@pytest.mark.parametrize("size", [9, 19])
def test_positions_are_of_real_games_and_far_from_each_other(size: int) -> None:
    chosen = positions(size, 10)
    assert all(position.game.width == size for position in chosen)
    lengths = {len(position.record) for position in chosen}
    assert min(lengths) <= 15
    assert max(lengths) > 30
    for one, other in itertools.combinations([position.record for position in chosen], 2):
        met = one[: len(other)] == other[: len(one)]
        assert not met or abs(len(one) - len(other)) >= 10


def test_positions_go_in_groups() -> None:
    assert [len(group) for group in groups([GAME] * 5, 2)] == [2, 2, 1]


def test_katago_is_tried_with_several_thread_counts() -> None:
    counts = default_threads()
    assert counts[0] == 1
    assert counts == sorted(set(counts))
