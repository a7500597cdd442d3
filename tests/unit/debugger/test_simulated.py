"""A simulated run writes the trace that a daemon would, and one that fails writes it up to the event that failed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from daemon.core.client_requests import ClientRequests
from daemon.process.referee import GamesReferee, referee_of
from daemon.replay.hashed_game import HashedReferee
from daemon.replay.simulation import SimulationError, simulate
from protocol import messages as m
from tests.unit.debugger.faults import FAULTS, Fault
from zhugo.debugger.reading.recording import Recording
from zhugo.debugger.showing.playback import play


def replayed(path: Path) -> tuple[bool, str]:
    """Whether it comes out the same and sound, and what a person is told, by the referee that the trace names."""
    recording, said = Recording.load(path), io.StringIO()
    same = play(recording, referee_of(recording.header), Console(file=said, width=300), check=True)
    return same, said.getvalue()


def fail(path: Path) -> SimulationError:
    """The first seed that fails, and its trace."""
    for seed in range(100):
        try:
            simulate(seed, trace=path)
        except SimulationError as error:
            return error
    raise AssertionError("no seed found the fault")


@pytest.mark.parametrize("seed", range(5))
def test_a_trace_of_a_simulation_replays_and_makes_no_difference_to_it(tmp_path: Path, seed: int) -> None:
    outcome = simulate(seed, trace=tmp_path / "trace")
    assert outcome == simulate(seed)
    same, said = replayed(tmp_path / "trace")
    assert same
    assert said.startswith(f"the same: {outcome.events} events, ")
    assert "1 orderly ends" in said


def test_its_clock_is_the_simulated_one_and_its_header_says_how_to_make_it(tmp_path: Path) -> None:
    simulate(3, 40, tmp_path / "one")
    simulate(3, 40, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    header = Recording.load(tmp_path / "one").header
    assert header.options == {"game": "hashed", "seed": 3, "steps": 40}
    assert isinstance(referee_of(header), HashedReferee)


def test_no_other_trace_is_judged_by_a_simulations_referee(recording: Recording) -> None:
    assert isinstance(referee_of(recording.header), GamesReferee)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_that_breaks_a_rule_is_recorded_with_the_event_that_broke_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    fault(monkeypatch)
    error = fail(tmp_path / "trace")
    last = len(Recording.load(tmp_path / "trace").entries)
    assert f"event {last}: " in str(error)
    same, said = replayed(tmp_path / "trace")
    assert not same
    assert said.startswith(f"event {last} ")
    assert "broken: " in said
    assert "the story of " in said


def test_a_run_whose_core_raises_is_recorded_with_what_it_raised_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise IndexError("beyond the end")

    monkeypatch.setattr(ClientRequests, "_stop", stop)
    error = fail(tmp_path / "trace")
    assert "beyond the end" in str(error)
    assert isinstance(Recording.load(tmp_path / "trace").entries[-1].inbound, m.Stop)
    same, said = replayed(tmp_path / "trace")
    assert not same
    assert "the core raises IndexError (beyond the end; test_simulated.py, line " in said
    assert "at Stop(" in said
