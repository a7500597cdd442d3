"""`zhugo analysis` as a process: how it ends, what it writes where, and who may connect to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from protocol.keys import KeyFolder, read_credentials
from protocol.principals import Quota
from tests.certificate import certificate, trusting
from tests.daemons import PATIENCE, RealDaemon, eventually

ZHUGO = Path(sys.executable).parent / "zhugo"
QUERY = {"rules": "chinese", "boardXSize": 5, "boardYSize": 5, "moves": [], "maxVisits": 8}
ENDLESS = {**QUERY, "id": "endless", "maxVisits": 10_000_000}
IMPATIENT = ("--reconnect", "1")
"""Given to an engine whose daemon will not come back."""


@contextmanager
def _ready(directory: Path) -> Iterator[RealDaemon]:
    """A daemon that answers, since a command with --connect does not wait long for one."""
    with RealDaemon(directory, "--searchers", "1") as running:
        running.client().close()
        yield running


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    """One for all tests but those that kill theirs; each closes its sessions, as is looked for behind it."""
    with _ready(tmp_path_factory.mktemp("a")) as running:
        yield running


@contextmanager
def _started(daemon: RealDaemon, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A running engine."""
    command = [ZHUGO, "analysis", "--connect", daemon.address, *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _analysis(daemon: RealDaemon, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A running engine; what it leaves in the daemon is a mistake."""
    with _started(daemon, *options) as process:
        yield process
    with daemon.client() as client:
        eventually(lambda: client.status().sessions == [], "sessions are closed")


def _lines(*queries: dict[str, Any]) -> str:
    return "".join(json.dumps(query) + "\n" for query in queries)


def _send(process: subprocess.Popen[str], *queries: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(_lines(*queries))
    process.stdin.flush()


def _receive(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def test_what_was_asked_before_the_input_ended_is_answered(daemon: RealDaemon) -> None:
    with _analysis(daemon) as process:
        said, noted = process.communicate(_lines(*({**QUERY, "id": str(number)} for number in range(50))), PATIENCE)
    answers = [json.loads(line) for line in said.splitlines()]
    assert {answer["id"] for answer in answers} == {str(number) for number in range(50)}
    assert process.returncode == 0
    assert "ready to begin handling requests" in noted


def test_the_last_line_needs_no_end_and_a_half_one_gets_an_error(daemon: RealDaemon) -> None:
    with _analysis(daemon) as process:
        said, _ = process.communicate(_lines({**QUERY, "id": "q"}).strip(), PATIENCE)
        assert json.loads(said)["rootInfo"]["visits"] == 8
    with _analysis(daemon) as process:
        said, _ = process.communicate('{"id": "q", "rul', PATIENCE)
        assert "error" in json.loads(said)


def test_it_can_be_told_not_to_wait(daemon: RealDaemon) -> None:
    with _analysis(daemon, "-quit-without-waiting") as process:
        _send(process, {**ENDLESS, "reportDuringSearchEvery": 0.01})
        assert _receive(process)["isDuringSearch"] is True
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_the_middle_of_a_search(daemon: RealDaemon, how: signal.Signals, code: int) -> None:
    with _analysis(daemon) as process:
        _send(process, {**ENDLESS, "reportDuringSearchEvery": 0.01})
        _receive(process)
        process.send_signal(how)
        assert process.wait(PATIENCE) == code


def test_it_ends_when_nobody_reads_its_answers(daemon: RealDaemon) -> None:
    with _analysis(daemon) as process:
        _send(process, {**ENDLESS, "reportDuringSearchEvery": 0.01})
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(PATIENCE) == 1


def _ends_with_its_daemon(process: subprocess.Popen[str], mortal: RealDaemon) -> None:
    mortal.kill()
    assert process.wait(PATIENCE) == 2
    assert process.stderr is not None
    assert process.stderr.read().splitlines()[-1].startswith("zhugo: the daemon at ")


def test_a_daemon_that_dies_in_a_search_is_told_in_one_line(tmp_path: Path) -> None:
    with _ready(tmp_path) as mortal, _started(mortal, *IMPATIENT) as process:
        _send(process, {**ENDLESS, "reportDuringSearchEvery": 0.01})
        _receive(process)
        _ends_with_its_daemon(process, mortal)


@pytest.mark.parametrize("options", [[], ["--websocket", ":0"]], ids=["stdin", "websocket"])
def test_a_daemon_that_dies_while_nobody_asks_is_told_too(tmp_path: Path, options: list[str]) -> None:
    with _ready(tmp_path) as mortal, _started(mortal, *IMPATIENT, *options) as process:
        assert process.stderr is not None
        assert any("ready" in line for line in process.stderr)
        _ends_with_its_daemon(process, mortal)


def test_it_is_started_as_katago_is(daemon: RealDaemon, tmp_path: Path) -> None:
    config = tmp_path / "analysis.cfg"
    config.write_text("maxVisits = 5\nnumAnalysisThreads = 2\nnnCacheSizePowerOfTwo = 20\n")
    options = ["-config", str(config), "-model", "net.bin.gz", "-override-config", "reportAnalysisWinratesAs=WHITE"]
    with _analysis(daemon, *options) as process:
        unlimited = {name: value for name, value in QUERY.items() if name != "maxVisits"}
        said, errors = process.communicate(_lines({**unlimited, "id": "q"}), PATIENCE)
        assert json.loads(said)["rootInfo"]["visits"] == 5
        assert errors.count("not used of the configuration: nnCacheSizePowerOfTwo\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--websocket", "here"],
        ["--websocket", "host:99999"],
        ["--websocket", "0.0.0.0:0"],
        ["--websocket", ":0", "--certificate", "none.pem"],
        ["--keys", "keys"],
        ["-config", "/nowhere.cfg"],
    ],
    ids=" ".join,
)
def test_options_that_cannot_be_are_refused_in_one_line(options: list[str]) -> None:
    done = subprocess.run([ZHUGO, "analysis", *options], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def _url(process: subprocess.Popen[str]) -> str:
    """Where it serves, behind whatever else it says on stderr."""
    assert process.stderr is not None
    return next(line for line in process.stderr if "ws://" in line).split()[-1]


def test_who_has_the_token_may_connect_and_nobody_else(daemon: RealDaemon) -> None:
    with _analysis(daemon, "--websocket", ":0") as process:
        url = _url(process)
        assert url.startswith("ws://127.0.0.1:")
        for wrong in (url[:-1], url.split("?")[0], url.split("?")[0] + "?token="):
            with pytest.raises(InvalidStatus) as refused, connect(wrong):
                pass
            assert refused.value.response.status_code == 401
        with connect(url) as one, connect(url) as other:
            one.send(json.dumps({**QUERY, "id": "q"}))
            other.send(json.dumps({**QUERY, "id": "q", "maxVisits": 3}) + "\n" + json.dumps({"id": "v", "action": "x"}))
            assert json.loads(one.recv(PATIENCE))["rootInfo"]["visits"] == 8
            answers = [json.loads(other.recv(PATIENCE)) for _ in range(2)]
            assert [answer["rootInfo"]["visits"] for answer in answers if "rootInfo" in answer] == [3]
            one.send(b"\xff\xfe not text")
            assert "error" in json.loads(one.recv(PATIENCE))
        process.terminate()
        assert process.wait(PATIENCE) == 143


def test_a_client_that_says_goodbye_takes_its_searches_with_it(daemon: RealDaemon) -> None:
    with _analysis(daemon, "--websocket", "localhost:0", "--token", "a&b c") as process, daemon.client() as client:
        with connect(_url(process)) as web:
            web.send(json.dumps({**ENDLESS, "reportDuringSearchEvery": 0.01}))
            assert json.loads(web.recv(PATIENCE))["isDuringSearch"] is True
        eventually(lambda: client.status().sessions == [], "the search has ended")


def test_holders_of_keys_use_it_over_wss_until_their_keys_end(daemon: RealDaemon, tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "keys", make=True)
    for name, role in (("ann", "client"), ("ben", "observer")):
        folder.create(name, role, Quota(), tmp_path / f"{name}.key")  # type: ignore[arg-type]
    made, key = certificate(tmp_path)
    context = trusting(made)
    encrypted = ["--certificate", str(made), "--private-key", str(key)]
    options = ["--websocket", "127.0.0.1:0", "--keys", str(folder.path), *encrypted]
    with _analysis(daemon, *options) as process:
        assert process.stderr is not None
        url = next(line for line in process.stderr if "wss://" in line).split()[-1]
        place = url.partition("?")[0]
        ann, ben = (f"{place}?token={read_credentials(tmp_path / f'{name}.key').token}" for name in ("ann", "ben"))
        for wrong, code in ((place, 401), (ben, 403)):
            with pytest.raises(InvalidStatus) as refused, connect(wrong, ssl=context):
                pass
            assert refused.value.response.status_code == code
        with connect(url, ssl=context) as local, connect(ann, ssl=context) as web:
            web.send(json.dumps({**QUERY, "id": "q"}))
            assert json.loads(web.recv(PATIENCE))["rootInfo"]["visits"] == 8
            folder.revoke("ann")
            with pytest.raises(ConnectionClosed) as closed:
                web.recv(PATIENCE)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            local.send(json.dumps({**QUERY, "id": "q"}))
            assert json.loads(local.recv(PATIENCE))["rootInfo"]["visits"] == 8
        with pytest.raises(InvalidStatus), connect(ann, ssl=context):
            pass
