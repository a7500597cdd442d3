"""Whole GTP conversations as golden files: ``> `` begins what the controller sends, the rest is what it gets.

The engine is the real one over a session that searches nothing, so every answer is exact.
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from games.go.position import Position
from protocol.client import Client
from tests.clients.fake_session import FakeClient
from zhugo.gtp.bridge import commands_of
from zhugo.gtp.engine import Engine, Thinking
from zhugo.gtp.protocol import Arguments, serve

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.gtp"))
SENT = "> "


def replayed(text: str) -> str:
    """The transcript with the answers that the bridge gives now."""
    fake = FakeClient()
    # one report of a running search, then the next line is there
    waiting = itertools.cycle([False, True])
    engine = Engine(cast(Client, fake), Thinking(10, None), lambda _timeout: next(waiting))
    said: list[str] = []

    def lines() -> Iterator[str]:
        for line in text.splitlines():
            if line.startswith(SENT):
                said.append(line + "\n")
                yield line.removeprefix(SENT) + "\n"
                _same_place(fake, engine)

    serve(commands_of(engine), lines(), said.append)
    return "".join(said)


def _same_place(fake: FakeClient, engine: Engine) -> None:
    assert fake.session is not None
    assert fake.session.record == engine.position.record
    assert fake.session.spec == engine.spec


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: cast(Path, path).stem)
def test_the_bridge_answers_as_the_transcript_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert replayed(text) == text


def _engine(**changes: Any) -> tuple[Engine, FakeClient]:
    fake = FakeClient()
    engine = Engine(cast(Client, fake), Thinking(10, None), lambda _timeout: True)
    engine.start(**changes)
    return engine, fake


def test_undo_takes_the_switch_of_a_double_move_back_too() -> None:
    engine, fake = _engine(size=9)
    for player, move in ((1, 40), (1, 41), (-1, 42)):
        engine.play(player, move)
    assert fake.session is not None
    assert fake.session.record == [40, 82, 41, 42]
    engine.undo(2)
    assert fake.session.record == engine.position.record == [40]


def test_an_illegal_move_of_the_player_not_to_move_leaves_no_switch() -> None:
    engine, fake = _engine(size=9)
    engine.play(1, 40)
    with pytest.raises(Exception, match="illegal move: black E5: occupied"):
        engine.play(1, 40)
    assert fake.session is not None
    assert fake.session.record == engine.position.record == [40]


def test_dead_stones_are_judged_without_the_last_passes_and_without_passing() -> None:
    engine, fake = _engine(size=9)
    for player, move in ((1, 40), (-1, 30), (1, 81), (-1, 81)):
        engine.play(player, move)
    assert fake.session is not None
    fake.session.ownership = lambda _position: [-1.0] * 81
    assert engine.final_score() == "W+88.5"
    record, limits, restrictions = fake.session.searches[-1]
    assert record == [40, 30]
    assert limits.new_visits is not None
    assert {rule.to_play for rule in restrictions} == {1, -1}
    assert all(rule.moves == [81] for rule in restrictions)
    assert fake.session.record == [40, 30, 81, 81]


def _all_black(position: Position) -> list[float]:
    return [1.0] * position.game.points


def test_a_settled_board_is_passed_on() -> None:
    engine, fake = _engine(size=5, komi=0.5)
    for move in (2, 7, 12, 17, 22):
        engine.play(1, move)
    assert fake.session is not None
    fake.session.ownership = _all_black
    assert engine.choose(1)[0] == engine.pass_move


def test_an_open_board_is_played_on() -> None:
    engine, fake = _engine(size=5, komi=0.5)
    assert fake.session is not None
    fake.session.ownership = lambda position: [0.3] * position.game.points
    assert engine.choose(1)[0] == 0


def test_with_a_net_that_knows_no_points_the_search_chooses_and_all_stones_live() -> None:
    engine, fake = _engine(size=5, komi=0.5)
    assert fake.session is not None
    fake.session.knows_points = False
    fake.session.wishes = [engine.pass_move, 3]
    assert engine.choose(1)[0] == engine.pass_move
    assert engine.choose(1)[0] == 3
    assert len(fake.session.searches) == 2
    engine.play(1, 12)
    assert engine.final_score() == "B+24.5"
    waiting = iter([False, True])
    engine.input_waiting = lambda _timeout: next(waiting)
    (line,) = commands_of(engine)["kata-analyze"](Arguments(["10"]))
    assert "score" not in line
    assert " winrate " in line


def test_a_search_without_time_still_finds_a_move() -> None:
    engine, fake = _engine(size=9)
    assert fake.session is not None
    fake.session.hurried = 1
    assert engine.choose(1)[0] == 0
    assert fake.session.searches[-1][1].visits == 2


def test_the_documentation_lists_every_command_and_no_other() -> None:
    engine, _fake = _engine()
    page = Path(__file__).parent.parent.parent / "docs" / "gtp.md"
    table = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    documented = {word.split()[0] for line in table for word in re.findall(r"`([a-z][^`]*)`", line)}
    assert documented == set(commands_of(engine))
