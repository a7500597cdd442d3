"""A session that waits on the disk outlives the daemon that stored it."""

from __future__ import annotations

from pathlib import Path

from daemon.process.referee import GamesReferee
from daemon.process.session_store import SUFFIX
from daemon.replay.replay import replay
from protocol.messages import Limits
from tests.daemons import PATIENCE, RealDaemon, eventually


def test_a_daemon_drains_while_searches_wait_and_sessions_are_stored(directory: Path) -> None:
    trace = directory / "trace"
    bounds = ["--max-searches", "1", "--max-sessions", "2", "--keep-seconds", "0", "--drain", "0.5"]
    options = ["--journal", str(trace), "--store", str(directory / "store"), *bounds]
    with RealDaemon(directory, *options) as daemon, daemon.client("club", reconnect=PATIENCE) as client:
        old = client.open("old", "go", {"size": 5})
        old.search(Limits(visits=50)).result(PATIENCE)
        runs, waits = (client.open(name, "go", {"size": 5}) for name in ("runs", "waits"))
        endless, waiting = runs.search(), waits.search(Limits(visits=20))
        eventually(lambda: waiting.position == 1, "one search goes on, the other waits")
        stored = [each.session for each in client.status().sessions if each.stored is True]
        assert stored == ["old"]
        assert daemon.end() == 0
        assert endless.result(PATIENCE).reason == "stopped"
        assert not waiting.over
        with RealDaemon(directory, *options) as again:
            ended = waiting.result(PATIENCE)
            assert (ended.reason, ended.visits) == ("visits", 20)
            assert old.query().visits == 50
            client.check()
            client.shutdown()
            assert again.process.wait(PATIENCE) == 0
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference


def test_an_idle_session_is_stored_and_survives_a_kill(directory: Path) -> None:
    store, trace = directory / "store", directory / "trace"
    options = ["--journal", str(trace), "--store", str(store), "--max-sessions", "2", "--keep-seconds", "0"]
    with RealDaemon(directory, *options) as daemon, daemon.client("club", reconnect=PATIENCE) as client:
        old = client.open("old", "go", {"size": 5})
        old.search(Limits(visits=50)).result(PATIENCE)
        for name in ("one", "two"):
            client.open(name, "go", {"size": 5})
        eventually(lambda: len(list(store.glob(f"*{SUFFIX}"))) == 1, "the oldest is on the disk")  # behind the answer
        assert [each.stored for each in client.status().sessions if each.session == "old"] == [True]
        daemon.kill()
        with RealDaemon(directory, *options) as again:
            assert old.query().visits == 50
            assert [each.session for each in client.status().sessions if each.stored is True] != ["old"]
            client.check()
            client.shutdown()
            assert again.process.wait(PATIENCE) == 0
    eventually(lambda: not list(store.glob(f"*{SUFFIX}")), "what ended with the daemon is removed")
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
