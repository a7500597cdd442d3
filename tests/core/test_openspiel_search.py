"""Games of OpenSpiel searched by a daemon in this thread, with a net that knows nothing, beside what is solved."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.solver import best, solver
from daemon.evaluation.devices.emulated import EmulatedDevice, Emulation
from daemon.process.in_process_daemon import InProcessDaemon
from games.registry import named
from protocol import messages as m
from tests.unit.openspiel.playouts import game, playouts


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[InProcessDaemon]:
    device = EmulatedDevice(tmp_path / "queue", Emulation(outputs="uniform"))
    made = InProcessDaemon(device, m.BatchRequest(8))
    made.send(m.Hello(m.PROTOCOL_VERSION, "client", "test", 1))
    assert isinstance(made.receive(1.0), m.Welcome)
    yield made
    device.close()


def search(daemon: InProcessDaemon, text: str, record: list[int], visits: int) -> m.Report:
    """The last report of a search after ``record``, from an empty tree."""
    name, spec = named(text)
    daemon.send(m.Open(1, "test", name, spec, record))
    assert isinstance(daemon.receive(1.0), m.Opened)
    daemon.send(m.Search(2, "test", m.Limits(visits=visits)))
    report = daemon.receive(60.0)
    assert isinstance(report, m.Report)
    daemon.core.check_invariants()
    daemon.send(m.Close(3, "test"))
    assert isinstance(daemon.receive(1.0), m.Done)
    return report


def sampled(text: str, count: int, fewest: int, seed: int = 5) -> list[list[int]]:
    """Positions of random games in which a move can be made, after at least so many moves."""
    played, draws = game(text), random.Random(seed)
    records = [record[:end] for record in playouts(played, 4 * count, seed) for end in range(fewest, len(record))]
    return draws.sample(records, count)


def outcome(state: Any, known: dict[str, float]) -> float:
    """The first player's result when both play on without a mistake."""
    if state.is_terminal():
        return float(state.returns()[0])
    if str(state) not in known:
        values = [outcome(state.child(move), known) for move in state.legal_actions()]
        known[str(state)] = (max, min)[state.current_player()](values)
    return known[str(state)]


def test_tic_tac_toe_is_not_lost(daemon: InProcessDaemon) -> None:
    known: dict[str, float] = {}
    for record in [[], *sampled("tic_tac_toe", 20, 0)]:
        state = game("tic_tac_toe").root(record)
        report = search(daemon, "tic_tac_toe", record, 2000)
        assert report.chosen is not None
        assert outcome(state.child(report.chosen), known) == outcome(state, known), record


@pytest.mark.parametrize(
    ("text", "fewest", "visits"),
    [
        ("dots_and_boxes(num_rows=1,num_cols=2)", 2, 2000),
        ("dots_and_boxes", 7, 2000),
        ("dots_and_boxes(num_rows=2,num_cols=3)", 12, 2000),
        ("connect_four(rows=4,columns=5)", 10, 6000),
    ],
)
def test_enough_visits_find_an_optimal_move(daemon: InProcessDaemon, text: str, fewest: int, visits: int) -> None:
    for record in sampled(text, 15, fewest):
        report = search(daemon, text, record, visits)
        assert report.chosen in best(solver(text).values(record)), record


def test_values_are_the_first_players_whoever_is_to_move(daemon: InProcessDaemon) -> None:
    # One box, three lines drawn: whoever is to move closes it and has won.
    for record, to_play in (([0, 1, 2], -1), ([], 1)):
        report = search(daemon, "dots_and_boxes(num_rows=1,num_cols=1)", record, 300)
        assert report.to_play == to_play
        assert report.value < -0.8


def test_games_of_as_many_moves_go_into_batches_of_their_own(daemon: InProcessDaemon) -> None:
    texts = ["tic_tac_toe", "hex(board_size=3)", "mnk(m=3,n=3,k=3)"]
    assert {game(text).num_moves for text in texts} == {9}
    for number, text in enumerate(texts):
        daemon.send(m.Open(number, text, *named(text)))
        daemon.send(m.Search(10 + number, text, m.Limits(visits=200)))
    heard = []
    while (message := daemon.receive(60.0)) is not None:
        heard.append(message)
    reports = [message for message in heard if isinstance(message, m.Report)]
    assert sorted((report.session, report.reason, report.visits) for report in reports) == sorted(
        (text, "visits", 200) for text in texts
    )


def test_an_undone_move_leaves_the_position_before_it(daemon: InProcessDaemon) -> None:
    """Closing a box and taking it back leaves the same player to move."""
    name, spec = named("dots_and_boxes(num_rows=1,num_cols=2)")
    daemon.send(m.Open(1, "test", name, spec, [0, 2, 4]))
    daemon.send(m.Play(2, "test", 5))
    daemon.send(m.Query(3, "test"))
    daemon.send(m.Undo(4, "test", 1))
    daemon.send(m.Search(5, "test", m.Limits(visits=500)))
    heard = []
    while (message := daemon.receive(60.0)) is not None:
        heard.append(message)
    report = heard[-1]
    assert isinstance(report, m.Report)
    assert (report.record, report.to_play, report.chosen) == ([0, 2, 4], -1, 5)
    assert report.value < 0.0


@pytest.mark.parametrize("record", [[4, 4], [0, 1, 3, 4, 6, 7]])
def test_an_illegal_record_is_refused(daemon: InProcessDaemon, record: list[int]) -> None:
    daemon.send(m.Open(1, "test", *named("tic_tac_toe"), record))
    assert isinstance(daemon.receive(1.0), m.Refused)


def test_the_end_of_a_game_needs_no_search(daemon: InProcessDaemon) -> None:
    report = search(daemon, "tic_tac_toe", [0, 1, 3, 4, 6], 10)
    assert (report.reason, report.value, report.chosen) == ("terminal", 1.0, None)
    assert report.lead is None
