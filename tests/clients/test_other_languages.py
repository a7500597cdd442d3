"""Programs in other languages as clients of a daemon, and the page that they are written by."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgpack
import pytest

from protocol import messages as m
from protocol.codec import encode
from protocol.zmtp import packed
from tests.clients.npm import installed
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually
from tests.raw_peer import RawPeer

SESSION = json.loads((ROOT / "docs" / "protocol-session.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def daemon() -> Iterator[RealDaemon]:
    directory = Path(tempfile.mkdtemp(prefix="t-"))
    with RealDaemon(directory) as daemon:
        daemon.client().close()  # it listens
        yield daemon
    shutil.rmtree(directory)


CLIENT = ROOT / "examples" / "client.js"


def _node(program: Path, address: str) -> subprocess.CompletedProcess[str]:
    modules = installed("zeromq", "6.8.0", "@msgpack/msgpack@3.1.3")
    variables = {**os.environ, "NODE_PATH": str(modules)}
    return subprocess.run(["node", program, address], capture_output=True, text=True, timeout=PATIENCE, env=variables)


def test_a_client_in_javascript_searches_and_shows_it(daemon: RealDaemon) -> None:
    done = _node(CLIENT, daemon.address)
    assert done.returncode == 0, done.stderr
    *live, last = done.stdout.splitlines()
    assert live
    assert all(re.fullmatch(r"\d+ visits: (-|[A-HJ][1-9]|pass)", line) for line in live)
    visits = [int(line.split()[0]) for line in live]
    assert visits == sorted(visits)
    said = re.fullmatch(r"White plays ([A-HJ][1-9]|pass) after (\d+) visits, at a value of -?[01]\.\d{3}", last)
    assert said is not None, last
    assert said[1] != "E5"
    assert int(said[2]) >= 2000
    with daemon.client() as client:
        eventually(lambda: client.status().sessions == [], "the client has left")


def test_it_says_in_one_line_what_a_daemon_refuses(daemon: RealDaemon, tmp_path: Path) -> None:
    changed = tmp_path / "client.js"
    changed.write_text(CLIENT.read_text(encoding="utf-8").replace("komi: 7", "komi: 7.25"), encoding="utf-8")
    done = _node(changed, daemon.address)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"client\.js: .*komi.*\n", done.stderr)


MEASURED = {
    "version", "elapsed", "visits", "new_visits", "value", "lead", "raw_value", "raw_lead", "children", "chosen",
    "nodes", "bytes", "max_bytes", "utility", "weight", "score_deviation",
    "score", "raw_score", "raw_score_deviation",
}  # fmt: skip
"""What depends on the daemon, the net and the time; ``version`` on who reads."""


def test_a_daemon_answers_the_golden_frames_as_the_page_says(daemon: RealDaemon) -> None:
    """Live reports come by the clock: any number where the page has one, none where the search is over first."""
    early: m.AnyMessage | None = None
    with RawPeer(daemon.address) as peer:
        for index, step in enumerate(SESSION["client"]):
            if step["from"] == "client":
                for part in packed([bytes.fromhex(frame) for frame in step["frames"]]):
                    peer.say(bytes(part))
                continue
            answer, early = early or peer.answer(), None
            if step["message"].get("final") is False:
                while _is_live(answer) and not answer.children:  # type: ignore[union-attr]
                    answer = peer.answer()  # no searcher is there yet
                if not _is_live(answer):
                    early = answer
                    continue
            else:
                while _is_live(answer):
                    answer = peer.answer()
            told = msgpack.unpackb(encode(answer)[0])
            assert told.keys() == step["message"].keys()
            assert _settled(told) == _settled(step["message"]), index


def test_a_daemon_says_which_it_is(daemon: RealDaemon) -> None:
    with RawPeer(daemon.address) as peer:
        peer.send(m.Hello(m.PROTOCOL_VERSION, "client", "curious", 1))
        welcome = peer.answer()
        assert isinstance(welcome, m.Welcome)
        assert welcome.version == version("zhugo")


def _is_live(answer: m.AnyMessage) -> bool:
    return isinstance(answer, m.Report) and not answer.final


def _settled(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in MEASURED}
