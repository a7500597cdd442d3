"""kill -9 of a searcher loses what was in flight and nothing else; kill -9 of the master loses nothing but time."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from daemon.process.referee import GamesReferee
from daemon.replay.replay import replay
from daemon.replay.step import understand
from protocol.client import Client
from protocol.errors import RefusedError
from protocol.messages import Limits, Undo
from protocol.trace import Event, TraceReader, parts
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually, is_alive, start
from tests.other_versions import of_another_protocol


def test_searchers_are_killed_again_and_again_during_a_search(directory: Path) -> None:
    trace = directory / "trace"
    rng = random.Random(1)
    kills, grown = 0, 0
    with RealDaemon(directory, "--trace", str(trace), latency_ms=5.0) as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 9})
        search = session.search(Limits(visits=1000), report_every=0.02)
        for report in search:
            if report.final:
                break
            greeted = [searcher.pid for searcher in client.status().searchers]
            if greeted and report.visits > grown:
                kills, grown = kills + 1, report.visits + 100
                _kill(rng.choice(greeted))
            client.check()
        assert report.reason == "visits"
        assert report.visits >= 1000
        assert sum(child.visits for child in report.children) == report.visits - 1
        client.check()
        status = client.status()
        assert kills >= 3
        assert 1 <= status.searcher_deaths <= kills
        eventually(lambda: len(client.status().searchers) == 2, "both searchers are back")
        client.shutdown()
        assert daemon.process.wait(PATIENCE) == 0
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
    assert (verdict.ends, verdict.torn) == (1, None)


def test_a_searcher_that_only_stops_loses_its_tickets_and_finds_back(directory: Path) -> None:
    with RealDaemon(directory, "--lease", "3", latency_ms=5.0) as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 9})
        search = session.search(report_every=0.1)
        search.next(PATIENCE)
        eventually(lambda: len(client.status().searchers) == 2, "both searchers greet")
        frozen, other = daemon.searchers()
        os.kill(frozen, signal.SIGSTOP)
        eventually(lambda: [s.pid for s in client.status().searchers] == [other], "the lease runs out")
        before = session.query().visits
        eventually(lambda: session.query().visits > before + 20, "the other goes on")
        os.kill(frozen, signal.SIGCONT)
        eventually(lambda: len(client.status().searchers) == 2, "it is welcomed back")
        client.check()
        session.stop()


def test_a_killed_daemon_is_resumed_where_it_was(directory: Path) -> None:
    trace = directory / "trace"
    with RealDaemon(directory, "--trace", str(trace)) as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 9})
        session.search(Limits(visits=300)).result(PATIENCE)
        session.play(40)
        search = session.search(report_every=0.02)
        while search.next(PATIENCE).visits < 100:
            pass
        daemon.kill()
    killed = replay(trace, GamesReferee())
    assert killed.same, killed.difference
    assert killed.ends == 0
    with RealDaemon(directory, "--resume", str(trace)) as daemon, daemon.client() as client:
        session = client.open("game", "go", {}, share=True)
        assert session.record == [40]
        kept = session.query().visits
        assert kept >= 100
        session.stop()
        report = session.search(Limits(new_visits=50)).result(PATIENCE)
        assert report.visits >= kept + 50
        session.undo()
        assert session.query().visits == 300
        client.check()
        client.shutdown()
        assert daemon.process.wait(PATIENCE) == 0
    resumed = replay(trace, GamesReferee())
    assert resumed.same, resumed.difference
    assert (resumed.ends, resumed.events > killed.events) == (1, True)


def test_a_killed_daemon_that_kept_only_its_newest_parts_is_resumed_with_all_that_it_knew(directory: Path) -> None:
    trace = directory / "trace"
    small = ("--trace-mb", "0.02", "--trace-keep", "2")
    with RealDaemon(directory, "--trace", str(trace), *small) as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 9})
        session.search(Limits(visits=300)).result(PATIENCE)
        session.play(40)
        search = session.search(report_every=0.02)
        while search.next(PATIENCE).visits < 200:
            pass
        daemon.kill()
    assert len(parts(trace)) in (2, 3), "the oldest goes a little after the newest has come"
    assert not trace.exists()
    with RealDaemon(directory, "--resume", str(trace), *small) as daemon, daemon.client() as client:
        session = client.open("game", "go", {}, share=True)
        session.stop()
        kept = session.query().visits
        assert kept >= 200
        assert session.search(Limits(new_visits=200)).result(PATIENCE).visits >= kept + 200
        session.undo()
        assert session.query().visits == 300
        client.check()
        client.shutdown()
        assert daemon.process.wait(PATIENCE) == 0
    resumed = replay(trace, GamesReferee())
    assert resumed.same, resumed.difference
    assert TraceReader(parts(trace)[0]).header.part > 2


STATE_FIRST = """
import time
from daemon import tree_master
from daemon.process import forked_part
from protocol import records

packed = records.RecordWriter.append_state

def slowly(self, frames):
    for frame in frames:
        packed(self, [frame])
        time.sleep(0.02)

records.RecordWriter.append_state = slowly
tree_master.main()
"""
"""A daemon whose checkpoints take long, so that whatever happens happens during one."""


@contextmanager
def slow_checkpoints(directory: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """Such a daemon, with a trace in small parts, and a client."""
    address = f"ipc://{directory / 'slow'}"
    command = [sys.executable, "-c", STATE_FIRST, "--address", address, "--device", "emulated", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as daemon:
        try:
            with Client.connect(address, timeout=PATIENCE) as client:
                yield daemon, client
        finally:
            daemon.kill()
            daemon.wait()


def children_of(pid: int) -> list[int]:
    """The forks of this process: what runs its very program."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"slowly" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def test_a_journal_goes_on_in_another_part_before_a_restart_takes_long(directory: Path) -> None:
    trace = directory / "trace"
    journal = ("--journal", str(trace), "--restart-seconds", "0.1")
    with RealDaemon(directory, *journal) as daemon, daemon.client() as client:
        session = client.open("game", "go", {"size": 9})
        search = session.search(report_every=0.02)
        eventually(lambda: len(parts(trace)) > 1 and not trace.exists(), "only the newest parts are kept")
        visits = search.next(PATIENCE).visits
        daemon.kill()
    size = sum(part.stat().st_size for part in parts(trace))
    assert size < 512 << 20, "no part was full"
    with RealDaemon(directory, *journal) as daemon, daemon.client() as client:
        assert client.open("game", "go", {}, share=True).query().visits >= visits
        client.check()


def a_child_of(pid: int) -> int:
    found: list[int] = []
    eventually(lambda: bool(found.extend(children_of(pid)) or found), "a checkpoint is being written")
    return found[0]


@pytest.mark.parametrize("victim", ["master", "child"])
def test_a_death_during_a_checkpoint_costs_nothing(directory: Path, victim: str) -> None:
    trace = directory / "trace"
    options = ("--trace", str(trace), "--trace-mb", "0.02")
    with slow_checkpoints(directory, *options) as (daemon, client):
        session = client.open("game", "go", {"size": 9})
        search = session.search(report_every=0.02)
        child = a_child_of(daemon.pid)
        visits = search.next(PATIENCE).visits
        _kill(daemon.pid if victim == "master" else child)
        if victim == "child":
            eventually(lambda: len(parts(trace)) > 1, "a later one is written")
            while search.next(PATIENCE).visits < visits + 50:
                pass
            visits = session.query().visits
            client.check()
            daemon.kill()
            assert daemon.stderr is not None
            assert "the trace goes on in" in daemon.stderr.read()
        daemon.wait()
        eventually(lambda: not is_alive(child), "no orphan is left")
    killed = replay(trace, GamesReferee())
    assert killed.same, killed.difference
    with RealDaemon(directory, "--resume", str(trace)) as resumed, resumed.client() as client:
        session = client.open("game", "go", {}, share=True)
        assert session.query().visits >= visits
        client.check()
    assert not list(directory.glob("*.unfinished"))


def test_the_end_of_a_daemon_during_a_checkpoint_is_in_order(directory: Path) -> None:
    trace = directory / "trace"
    with slow_checkpoints(directory, "--trace", str(trace), "--trace-mb", "0.02") as (daemon, client):
        client.open("game", "go", {"size": 9}).search(report_every=0.02)
        child = a_child_of(daemon.pid)
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
        assert not is_alive(child)
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
    assert verdict.ends == len(parts(trace))
    assert not list(directory.glob("*.unfinished"))


def test_a_checkpoint_that_no_disk_takes_is_told_and_tried_again(directory: Path) -> None:
    """A directory stands where the next part should be written: the service and its trace go on."""
    trace = directory / "trace"
    (directory / "trace.2.unfinished").mkdir()
    with slow_checkpoints(directory, "--trace", str(trace), "--trace-mb", "0.02") as (daemon, client):
        session = client.open("game", "go", {"size": 9})
        search = session.search(Limits(visits=400))
        assert search.result(PATIENCE).reason == "visits"
        (directory / "trace.2.unfinished").rmdir()
        session.search()
        eventually(lambda: len(parts(trace)) > 1, "it is tried again")
        client.shutdown()
        assert daemon.wait(PATIENCE) == 0
        assert daemon.stderr is not None
        assert f"the trace goes on in {trace}" in daemon.stderr.read()
    assert replay(trace, GamesReferee()).same


def test_of_what_another_version_wrote_the_last_whole_state_is_resumed(directory: Path) -> None:
    trace = directory / "trace"
    small = ("--trace-mb", "0.02", "--trace-keep", "2")
    with RealDaemon(directory, "--trace", str(trace), *small) as daemon, daemon.client(reconnect=PATIENCE) as client:
        session = client.open("game", "go", {"size": 9})
        session.search(Limits(visits=300)).result(PATIENCE)
        eventually(lambda: len(parts(trace)) > 1, "there is a state in the trace")
        session.play(40)
        daemon.kill()
        last = parts(trace)[-1]
        of_another_protocol(last)
        with start("--device", "emulated", "--resume", str(trace)) as refused:
            *_, line = refused.communicate(timeout=PATIENCE)[1].splitlines()
        assert refused.returncode == 2
        assert re.search(rf"this program speaks \d+; --resume-from checkpoint goes on from .* of {last.name}", line)
        again = ("--resume", str(trace), "--resume-from", "checkpoint", *small)
        with RealDaemon(directory, *again) as resumed:
            # the client knows more than the daemon now, and tells it
            report = session.query()
            assert (report.record, session.record) == ([40], [40])
            session.undo()
            client.check()
            assert session.search(Limits(visits=400)).result(PATIENCE).visits == 400
            client.shutdown()
            assert resumed.process.wait(PATIENCE) == 0
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
    assert verdict.ends >= 1


def test_a_torn_trace_is_resumed_behind_its_last_whole_record(directory: Path) -> None:
    trace = directory / "trace"
    with RealDaemon(directory, "--trace", str(trace)) as daemon, daemon.client() as client:
        client.open("game", "go", {"size": 5}).search(Limits(visits=40)).result(PATIENCE)
        daemon.kill()
    os.truncate(trace, trace.stat().st_size - 3)
    cut = replay(trace, GamesReferee())
    assert cut.same
    assert cut.torn is not None
    with RealDaemon(directory, "--resume", str(trace)) as daemon:
        with daemon.client() as client:
            assert client.open("game", "go", {}, share=True).query().visits > 0
        assert daemon.end() == 0
    assert replay(trace, GamesReferee()).torn is None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it was faster
    deadline = time.monotonic() + PATIENCE
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.001)


FAULTY = """
from daemon import tree_master
from daemon.core.scheduler import Scheduler
from protocol.messages import Undo

sound = Scheduler.handle

def handle(self, sender, message, now, *failed):
    answers = sound(self, sender, message, now, *failed)
    if isinstance(message, Undo):
        raise KeyError("planted")
    return answers

Scheduler.handle = handle
tree_master.main()
"""


def test_a_daemon_whose_core_fails_goes_on_without_what_failed(directory: Path) -> None:
    trace = directory / "trace"
    command = ["--address", f"ipc://{directory / 'd'}", "--device", "emulated", "--trace", str(trace)]
    with subprocess.Popen(
        [sys.executable, "-c", FAULTY, *command], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as daemon:
        try:
            with Client.connect(command[1], timeout=PATIENCE) as client:
                session = client.open("game", "go", {"size": 5}, [12])
                with pytest.raises(RefusedError, match="planted"):
                    session.undo()
                assert session.query().record == [12]
                client.shutdown()
            assert "planted" in daemon.communicate(timeout=PATIENCE)[1]
        finally:
            daemon.kill()
    assert daemon.returncode == 0
    [event] = [record for _, record in TraceReader(trace) if isinstance(record, Event) and record.failed]
    assert event.failed is not None
    assert understand(event.sender, event.inbound) == Undo(2, "game")
    assert "planted" in event.failed.dropped
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
