"""How a daemon begins and ends: in order, and whatever ends it, nothing is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from protocol.client import Client
from protocol.messages import Limits
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually, is_alive, start


@contextmanager
def a_sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process to be the parent of a daemon."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"]) as process:
        try:
            yield process
        finally:
            process.kill()


def _signal(number: int) -> Callable[[RealDaemon, Client, subprocess.Popen[bytes]], None]:
    return lambda daemon, _client, _parent: daemon.process.send_signal(number)


def _kill_parent(_daemon: RealDaemon, _client: Client, parent: subprocess.Popen[bytes]) -> None:
    parent.kill()


def _shutdown(_daemon: RealDaemon, client: Client, _parent: subprocess.Popen[bytes]) -> None:
    client.shutdown()


@pytest.mark.parametrize(
    "end",
    [_signal(signal.SIGTERM), _signal(signal.SIGINT), _kill_parent, _shutdown],
    ids=["SIGTERM", "SIGINT", "death of the parent", "Shutdown"],
)
@pytest.mark.parametrize("searching", [False, True], ids=["idle", "searching"])
def test_an_ended_daemon_leaves_nothing(
    directory: Path, end: Callable[[RealDaemon, Client, subprocess.Popen[bytes]], None], searching: bool
) -> None:
    with a_sleeper() as parent, RealDaemon(directory, "--parent-pid", str(parent.pid)) as daemon:
        with daemon.client() as client:
            session = client.open("game", "go", {"size": 5})
            if searching:
                session.search(report_every=0.01).next(PATIENCE)
            pids = daemon.searchers()
            end(daemon, client, parent)
            assert daemon.process.wait(PATIENCE) == 0
        assert not any(map(is_alive, pids))
        assert list(directory.iterdir()) == []
        assert daemon.process.stderr is not None
        assert [line for line in daemon.process.stderr if not line.startswith("compiling")] == []


def test_the_searchers_of_a_killed_daemon_end_and_clean_up(directory: Path) -> None:
    with RealDaemon(directory) as daemon:
        with daemon.client() as client:
            client.open("game", "go", {"size": 5}).search(report_every=0.01).next(PATIENCE)
            pids = daemon.searchers()
            daemon.kill()
        eventually(lambda: not any(map(is_alive, pids)), "the searchers end")
    # That the private directory goes too is looked for behind every test.


def test_a_signal_while_it_starts_ends_it(directory: Path) -> None:
    with RealDaemon(directory) as daemon:
        eventually(lambda: any(directory.iterdir()), "it listens")
        assert daemon.end() == 0
    assert list(directory.iterdir()) == []


def test_a_daemon_takes_the_place_of_a_killed_one(directory: Path) -> None:
    with RealDaemon(directory) as killed:
        killed.client().close()
        killed.kill()
    assert list(directory.iterdir()) != []
    with RealDaemon(directory) as daemon, daemon.client() as client:
        assert client.open("game", "go", {"size": 5}).search(Limits(visits=5)).result(PATIENCE).visits >= 5


def test_it_listens_on_tcp_when_asked() -> None:
    process = start("--device", "emulated", "--searchers", "1", "--address", "tcp://127.0.0.1:*")
    with process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert address.startswith("tcp://127.0.0.1:")
        with Client.connect(address, timeout=PATIENCE) as client:
            assert client.open("game", "go", {"size": 5}).search(Limits(visits=5)).result(PATIENCE).visits >= 5
            taken = start("--device", "emulated", "--address", address)
            assert _complaint(taken) == f"zhugo-searchd: address in use: {address}"
            client.shutdown()
        assert process.wait(PATIENCE) == 0


def test_an_address_in_use_is_said_and_left_alone(directory: Path) -> None:
    with RealDaemon(directory) as daemon, daemon.client() as client:
        second = start("--device", "emulated", "--address", daemon.address)
        assert _complaint(second) == f"zhugo-searchd: address in use: {daemon.address}"
        assert client.status().sessions == []


def _complaint(process: subprocess.Popen[str]) -> str:
    """The one line of a daemon that cannot start."""
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, errors
    lines = [line for line in errors.splitlines() if not line.startswith("compiling")]
    assert len(lines) == 1, errors
    return lines[0]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--colour", "red"], "No such option"),
        (["--device", "abacus"], "abacus"),
        (["--searchers", "-1"], "--searchers"),
        (["--batch", "many"], "--batch"),
        (["--net", "missing.bin.gz"], "net missing.bin.gz: No such file"),
        (["--net", "{empty}"], "the file is empty"),
        (["--net", "{noise}"], "noise"),
        (["--net", "{noise}", "--device", "emulated"], "no use"),
        (["--device", "emulated", "--trace", "{empty}/trace"], "cannot write the trace"),
        (["--device", "emulated", "--resume", "missing"], "trace missing: No such file"),
        (["--device", "emulated", "--resume", "{noise}"], "no trace"),
        (["--device", "emulated", "--resume", "{noise}", "--trace", "x"], "leave --trace out"),
        (["--device", "emulated", "--resume-from", "checkpoint"], "no use without --resume"),
        (["--device", "emulated", "--trace-required"], "no use without --trace"),
        (["--device", "emulated", "--address", "here"], "'here' is no address"),
        (["--device", "emulated", "--address", "ipc:///missing/socket"], "cannot listen"),
        (["--device", "emulated", "--address", "ipc://{noise}"], "is no socket"),
        (["--device", "emulated", "--address", "tcp://999.0.0.1:5"], "cannot listen"),
        (["--device", "emulated", "--parent-pid", str(2**22 + 1)], "is not there"),
    ],
)
def test_bad_options_get_one_line_and_code_2(directory: Path, options: list[str], complaint: str) -> None:
    files = {"empty": directory / "empty", "noise": directory / "noise"}
    files["empty"].touch()
    files["noise"].write_bytes(bytes(range(256)) * 8)
    process = start(*[option.format(**files) for option in options])
    line = _complaint(process)
    assert line.startswith("zhugo-searchd: ")
    assert complaint in line


def test_it_starts_anywhere(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also among folders that bear our rooms' names."""
    for room in ("daemon", "protocol", "games", "nets"):
        (directory / room).mkdir()
        (directory / room / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(directory)
    searchd = Path(sys.executable).parent / "zhugo-searchd"
    address = f"ipc://{directory / 'd'}"
    with subprocess.Popen(
        [searchd, "--device", "emulated", "--address", address], stdout=subprocess.DEVNULL
    ) as process:
        with Client.connect(address, timeout=PATIENCE) as client:
            assert client.open("game", "go", {"size": 5}).search(Limits(visits=5)).result(PATIENCE).visits >= 5
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_a_searcher_group_gets_no_ctrl_c_of_its_own(directory: Path) -> None:
    with RealDaemon(directory) as daemon:
        daemon.client().close()
        eventually(lambda: len(daemon.searchers()) == 2, "both searchers live")
        assert all(os.getpgid(pid) == pid for pid in daemon.searchers())


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_first_run_compiles_once_and_says_so(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(directory / "cache"))
    (directory / "sockets").mkdir()
    with RealDaemon(directory / "sockets", "--searchers", "3") as daemon:
        with daemon.client() as client:
            client.open("game", "go", {"size": 5}).search(Limits(visits=20)).result(5 * PATIENCE)
            eventually(lambda: len(client.status().searchers) == 3, "all searchers greet")
        daemon.end()
        assert daemon.process.stderr is not None
        said = sorted(line.split(",")[0] for line in daemon.process.stderr)
    assert said == ["compiling the Go kernels", "compiling the search kernels", "compiling what reads a net's outputs"]


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="this system does not tell such processes apart")
def test_the_system_knows_that_searchers_compute_and_the_master_talks(directory: Path) -> None:
    with RealDaemon(directory) as daemon:
        daemon.client().close()
        policies = lambda: [os.sched_getscheduler(pid) for pid in daemon.searchers()]  # noqa: E731
        eventually(lambda: policies() == [os.SCHED_BATCH] * 2, "both searchers have said so")
        assert os.sched_getscheduler(daemon.process.pid) == os.SCHED_OTHER


def test_a_daemon_that_is_stopped_for_a_while_gives_nobody_up(directory: Path) -> None:
    with RealDaemon(directory, "--lease", "2") as daemon, daemon.client() as client:
        eventually(lambda: len(client.status().searchers) == 2, "both searchers greet")
        before = client.status()
        searchers = [psutil.Process(pid) for pid in daemon.searchers()]
        everybody = [psutil.Process(daemon.process.pid), *searchers]
        for process in everybody:
            process.suspend()
        time.sleep(5.0)
        for process in everybody:
            process.resume()
            time.sleep(0.2)  # the master looks about before any searcher can speak
        session = client.open("game", "go", {"size": 5})
        assert session.search(Limits(visits=20)).result(PATIENCE).visits == 20
        after = client.status()
        assert after.refused == before.refused
        assert after.searcher_deaths == 0
        assert after.uptime > before.uptime + 5.0


def test_a_master_that_is_stopped_between_a_message_and_its_clock_gives_nobody_up(directory: Path) -> None:
    address, stop = f"ipc://{directory / 'd'}", directory / "stop"
    program = [sys.executable, "-m", "tests.process.stopped_master", str(stop), "4"]
    options = ["--device", "emulated", "--searchers", "2", "--lease", "2", "--address", address]
    with subprocess.Popen([*program, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as daemon:
        try:
            with Client.connect(address, timeout=PATIENCE) as client:
                eventually(lambda: len(client.status().searchers) == 2, "both searchers greet")
                before = client.status()
                stop.touch()
                eventually(lambda: client.status().uptime > before.uptime + 4.0, "it was stopped")
                after = client.status()
            assert (after.refused, after.searcher_deaths, len(after.searchers)) == (before.refused, 0, 2)
        finally:
            daemon.terminate()
            daemon.communicate(timeout=PATIENCE)
    assert daemon.returncode == 0
