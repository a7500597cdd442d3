"""A real daemon gets another net while it searches."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from daemon.process.referee import GamesReferee
from daemon.replay.replay import replay
from nets.net import BUNDLED
from protocol.client import Client
from protocol.errors import RefusedError
from protocol.messages import Limits
from tests.daemons import PATIENCE, eventually, start
from tests.process.command import zhugo
from tests.process.test_remote_searchers import Joining


def _nets(client: Client) -> set[str]:
    return {searcher.net.sha256 for searcher in client.status().searchers if searcher.net is not None}


@pytest.mark.long
def test_the_net_changes_while_a_search_goes_on(directory: Path) -> None:
    new = directory / "new.safetensors"
    zhugo("net", "new", "--game", "go", "--out", str(new))
    bad = directory / "bad.bin"
    bad.write_bytes(b"no net at all")
    address, trace = f"ipc://{directory / 'd'}", directory / "t"
    options = ("--device", "torch", "--precision", "f32", "--searchers", "2", "--batch", "4", "--trace", str(trace))
    with start("--address", address, *options) as daemon, Client.connect(address, timeout=PATIENCE) as client:
        handle = client.open("game", "go", {"size": 9}).search(report_every=0.1)
        before = handle.next(PATIENCE)
        eventually(lambda: len(client.status().searchers) == 2, "both are there")
        old = _nets(client)
        with pytest.raises(RefusedError):
            client.swap_net(str(bad))
        with pytest.raises(RefusedError, match="No such file"):
            client.swap_net(str(directory / "none"))
        assert _nets(client) == old
        zhugo("net", "swap", str(new), "--connect", address)
        assert len(_nets(client)) == 1
        assert _nets(client) != old
        after = handle.next(PATIENCE)
        assert after.visits >= before.visits
        client.swap_net(str(shutil.copy(BUNDLED, directory)), anew=True)
        eventually(lambda: handle.next(PATIENCE).visits > 0, "it goes on")
        assert _nets(client) == old
        other = client.open("other", "go", {"size": 9})
        assert other.search(Limits(visits=20)).result(PATIENCE).visits >= 20
        client.shutdown()
        assert daemon.wait(PATIENCE) == 0
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
    _tidy(directory)


@pytest.mark.long
def test_searchers_elsewhere_fetch_the_new_net_while_searches_wait_and_sessions_are_stored(directory: Path) -> None:
    new = directory / "new.safetensors"
    zhugo("net", "new", "--game", "go", "--out", str(new))
    address, trace = f"ipc://{directory / 'd'}", directory / "t"
    bounds = ("--max-searches", "1", "--max-sessions", "2", "--keep-seconds", "0", "--store", str(directory / "store"))
    options = ("--device", "torch", "--searchers", "0", "--trace", str(trace), *bounds)
    on_torch = ("--device", "torch", "--precision", "f32", "--batch", "4")
    with start("--address", address, *options) as daemon, Client.connect(address, timeout=PATIENCE) as client:
        joining = Joining("--connect", address, *on_torch, "--name", "box")
        try:
            stored = client.open("stored", "go", {"size": 9})
            stored.search(Limits(visits=20)).result(PATIENCE)
            old = _nets(client)
            runs, waits = (client.open(name, "go", {"size": 9}) for name in ("runs", "waits"))
            running, waiting = runs.search(report_every=0.1), waits.search(Limits(visits=20))
            running.next(PATIENCE)
            assert waiting.position == 1
            client.swap_net(str(new), anew=True)
            eventually(lambda: len(_nets(client) - old) == 1, "they come again, with the new net alone")
            assert _nets(client).isdisjoint(old)
            eventually(lambda: running.next(PATIENCE).visits > 0, "the search goes on")
            runs.stop()
            assert waiting.result(PATIENCE).visits >= 20
            runs.close()
            assert stored.query().visits == 0
            client.check()
            client.shutdown()
            assert daemon.wait(PATIENCE) == 0
            code, lines = joining.end()
        finally:
            joining.process.kill()  # where something failed before its end
    assert code == 0
    assert "the daemon evaluates with another net now" in lines
    verdict = replay(trace, GamesReferee())
    assert verdict.same, verdict.difference
    _tidy(directory)


def _tidy(directory: Path) -> None:
    shutil.rmtree(directory)
    directory.mkdir()
