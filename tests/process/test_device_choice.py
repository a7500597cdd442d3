"""A first start with a new net: it is searched with at once, and goes over to a faster device in mid-search."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from daemon.evaluation.devices import disk_cache
from daemon.evaluation.devices.accuracy import Accuracy
from daemon.evaluation.devices.backend_measurements import NetOnHardware, hardware_of
from daemon.evaluation.devices.backends import ThisMachine, candidates
from daemon.evaluation.devices.background import LOCK
from protocol.client import Client
from protocol.messages import Limits, NetInfo
from tests.daemons import PATIENCE, ROOT, eventually, is_alive
from tests.unit import leela_zero_writer
from zhugo.debugger.explaining.info import info
from zhugo.debugger.reading.recording import Recording

SIZE, BUNDLED_SIZE = 5, 9
"""Of the first no game is bundled, so that nothing is found when it is really measured."""

BACKENDS = candidates("torch", "auto", ThisMachine())
FAST, SAFE = BACKENDS[0], BACKENDS[-1]
two_precisions = pytest.mark.skipif(len(BACKENDS) < 2, reason="this CPU calculates in f32 alone")


class Started:
    """A daemon that has a new net and a cache of its own."""

    def __init__(self, directory: Path, cache: Path, *options: str, size: int = SIZE) -> None:
        self.net, self.trace, self.errors = (directory / name for name in ("net.txt", "trace", "errors"))
        self.net.write_bytes(leela_zero_writer.write(leela_zero_writer.weights(size=size)))
        self.address = f"ipc://{directory / 'd'}"
        arguments = ["--address", self.address, "--device", "torch", "--net", str(self.net), "--trace", str(self.trace)]
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daemon.tree_master", *arguments, *options],
                cwd=ROOT,
                env=os.environ | {"XDG_CACHE_HOME": str(cache.parent)},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def said(self) -> str:
        return self.errors.read_text()

    def nets(self, client: Client) -> list[NetInfo]:
        return [searcher.net for searcher in client.status().searchers if searcher.net is not None]

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of this test and its daemons."""
    own = tmp_path / "cache" / "zhugo"
    monkeypatch.setattr(disk_cache, "directory", lambda: own)
    return own


@pytest.fixture
def started(tmp_path: Path, cache: Path) -> Iterator[Started]:
    lock = disk_cache.alone(LOCK)  # so that this test is who measures
    assert lock is not None
    running = Started(tmp_path, cache)
    yield running
    if running.process.poll() is None:
        running.end()
    lock.close()


@two_precisions
def test_a_search_goes_on_while_its_device_is_changed(started: Started) -> None:
    with Client.connect(started.address, timeout=PATIENCE) as client:
        session = client.open("game", "go", {"size": SIZE})
        search = session.search(report_every=0.05)
        eventually(lambda: len(started.nets(client)) == 2, "both searchers are there")
        assert {net.device for net in started.nets(client)} == {f"torch on the CPU, f32, {_threads()}"}
        visits = search.next(PATIENCE).visits
        subject = NetOnHardware.of(started.net, hardware_of(BACKENDS))
        for backend, rate in ((SAFE, 100.0), (FAST, 300.0)):
            subject.keep(backend, Accuracy(9, 1.0, 0.0, 0.0, None, None, rate))
        eventually(lambda: all(FAST.precision in net.device for net in started.nets(client)), "both have changed")
        session.stop()
        final = search.result(PATIENCE)
        assert final.visits > visits
        assert client.status().searcher_deaths == 0
        client.check()
        assert all(net.why.startswith(f"{FAST.precision} (300/s") for net in started.nets(client))
    started.end()
    said = started.said()
    assert said.count("device: CPU, by torch, in exact arithmetic (f32); what may be faster is measured") == 1
    assert said.count(f"({FAST.precision}), from now on; 300 positions a second") == 1
    devices = [searcher["device"] for searcher in info(Recording.load(started.trace))["searchers"]]
    change = f"torch on the CPU, f32, {_threads()}, then torch on the CPU, {FAST.precision}, {_threads()}"
    assert devices == [change] * 2


@two_precisions
@pytest.mark.long
def test_one_process_measures_for_all_searchers_and_ends_with_them(tmp_path: Path, cache: Path) -> None:
    running = Started(tmp_path, cache)
    with Client.connect(running.address, timeout=PATIENCE) as client:
        eventually(lambda: len(running.nets(client)) == 2, "both searchers are there")
        eventually(lambda: "no game is bundled" in running.said(), "it is measured, in vain")
        eventually(
            lambda: all("no game is bundled" in net.why for net in running.nets(client)), "both searchers know it"
        )
    running.end()
    assert running.said().count("as before; nothing faster can be measured: no game is bundled") == 1


@two_precisions
def test_it_is_measured_while_it_plays(tmp_path: Path, cache: Path) -> None:
    running = Started(tmp_path, cache, size=BUNDLED_SIZE)
    with Client.connect(running.address, timeout=PATIENCE) as client:
        session = client.open("game", "go", {"size": BUNDLED_SIZE})
        assert session.search(Limits(visits=20)).result(PATIENCE).chosen is not None
        eventually(lambda: "/s, 100.0% same best moves as f32" in running.nets(client)[0].why, "it is measured")
        assert session.search(Limits(visits=40)).result(PATIENCE).visits >= 40
    running.end()
    subject = NetOnHardware.of(running.net, hardware_of(BACKENDS))
    assert all(subject.own(backend) is not None for backend in BACKENDS)
    assert not list(cache.glob("part-*"))
    again = Started(tmp_path, cache, "--searchers", "1", size=BUNDLED_SIZE)
    with Client.connect(again.address, timeout=PATIENCE) as client:
        eventually(lambda: bool(again.nets(client)), "the searcher is there")
    again.end()
    assert "background" not in again.said(), "once is enough"


@two_precisions
def test_the_measuring_process_dies_with_its_searcher(tmp_path: Path, cache: Path) -> None:
    running = Started(tmp_path, cache, "--searchers", "1")

    def measuring() -> list[psutil.Process]:
        below = psutil.Process(running.process.pid).children(recursive=True)
        return [process for process in below if "daemon.evaluation.devices.measurement_process" in _command(process)]

    found: list[psutil.Process] = []
    eventually(lambda: found.extend(measuring()) or bool(found), "something measures")
    found[0].suspend()  # so that it does not end by itself
    (searcher,) = psutil.Process(running.process.pid).children()
    searcher.kill()
    found[0].resume()
    eventually(lambda: not is_alive(found[0].pid), "it ends too")
    running.end()


def test_it_can_be_waited_for(tmp_path: Path, cache: Path) -> None:
    running = Started(tmp_path, cache, "--device-choice", "wait", "--searchers", "1")
    with Client.connect(running.address, timeout=PATIENCE) as client:
        eventually(lambda: bool(running.nets(client)), "the searcher is there")
        (net,) = running.nets(client)
    running.end()
    assert "f32" in net.device
    if len(BACKENDS) > 1:
        assert "no game is bundled" in net.why
        assert "measuring speed and accuracy" in running.said()


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _threads() -> str:
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    return f"{threads} thread{'s' if threads > 1 else ''}"
