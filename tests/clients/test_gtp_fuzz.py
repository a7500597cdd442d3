"""GTP as no client sends it: bytes, halves of commands, commands in the midst of answers, starts and stops in a row.

Whatever comes, each command gets one answer, the next one too, and nothing is left behind.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import IO, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.clients.fake_session import FakeClient, FakeController
from tests.daemons import PATIENCE, ROOT, RealDaemon, eventually
from zhugo.bridges.gtp.bridge import commands_of
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import parse, serve
from zhugo.bridges.gtp.settings import Settings

ZHUGO = Path(sys.executable).with_name("zhugo")
ANSWER = re.compile(r"[=?][0-9]*( [^\n]+|\n[^\n]+|)(\n[^\n]+)*\n\n")

COMMANDS = sorted(set(commands_of(Engine(FakeClient().connect, Settings(10, None), FakeController()))) - {"quit"})
WORDS = re.findall(
    r"\S+",
    """
    b w black white pass resign A1 C3 E5 J9 Z26 T19 A1,B2 , 0 1 2 5 9 10 -1 19 25 1.5 1e400 nan inf 99999999999999999999
    true false interval avoid allow ownership rootInfo minmoves maxmoves chinese japanese nz {} [] {"ko": dead byoyomi
    canadian fischer-capped none maxVisits maxTime all /dev/null /nowhere/x - # ü 囲碁
    """,
)

lines = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda number, name, words: " ".join([*number, name, *words]),
        st.lists(st.sampled_from(["7", "123456789", "-3"]), max_size=1),
        st.sampled_from(COMMANDS),
        st.lists(st.sampled_from(WORDS), max_size=6),
    ),
    st.builds(lambda name, length: name[:length], st.sampled_from(COMMANDS), st.integers(0, 12)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(lines, max_size=12))
@example(["boardsize 2", "genmove b", "genmove w", "genmove b", "final_score", "kata-raw-nn all"])
@example(["komi " + "9" * 5000, "play b " + "A" * 100_000, "1" * 5000 + " name"])
@example(["kata-set-params " + "[" * 100_000, "kata-set-rules {" + '"a":{' * 20_000])
def test_every_command_gets_one_answer(conversation: list[str]) -> None:
    engine = Engine(FakeClient().connect, Settings(10, None), FakeController())
    commands = commands_of(engine)
    for line in conversation:
        request = parse(line)
        if request is None or request.name in ("quit", "printsgf"):
            continue
        cast(FakeController, engine.controller).looks = 0
        said: list[str] = []
        serve(commands, [line], said.append)
        assert ANSWER.fullmatch("".join(said)), (line, said)
        assert said[0][1:].startswith(request.id)
    still: list[str] = []
    serve(commands, ["42 name"], still.append)
    assert still == ["=42 ZhuGo\n\n"]


@pytest.fixture
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    """What the engines below search with; at the end nobody may have left a session in it."""
    with RealDaemon(tmp_path_factory.mktemp("d"), latency_ms=0.2) as running, running.client() as client:
        yield running
        eventually(lambda: client.status().sessions == [], "sessions are closed")
        client.check()


def _typed(daemon: RealDaemon, typed: bytes) -> list[str]:
    """The answers of an engine that all of this comes to at once."""
    done = subprocess.run(
        [ZHUGO, "gtp", "--visits", "8", "--connect", daemon.address],
        input=typed,
        capture_output=True,
        timeout=4 * PATIENCE,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert all(line.startswith("zhugo: ") for line in done.stderr.decode().splitlines()), "nothing but notes"
    answers = done.stdout.decode().split("\n\n")
    assert answers.pop() == ""
    assert all(answer[0] in "=?" for answer in answers)
    return answers


def _noise(random: Random) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        return random.randbytes(random.randrange(200))
    if kind == 1:
        return random.choice(COMMANDS).encode() * random.randrange(1, 3000)
    words = [random.choice(COMMANDS), *random.choices(WORDS, k=random.randrange(5))]
    line = " ".join(words).encode()
    return line[: random.randrange(len(line) + 1)] if kind == 2 else line


def test_noise_in_front_of_a_command_does_not_keep_it_from_being_answered(daemon: RealDaemon) -> None:
    random = Random(1)
    typed = b"boardsize 5\n"
    for number in range(400):
        noise = _noise(random).replace(b"loadsgf", b"").replace(b"printsgf", b"").replace(b"quit", b"")
        typed += noise + b"\n" + b"%d name\n" % (10**6 + number)
    answers = _typed(daemon, typed)
    assert [answer for answer in answers if answer.startswith("=1000")] == [f"={10**6 + n} ZhuGo" for n in range(400)]


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_starts_and_stops_in_a_row(daemon: RealDaemon, count: int) -> None:
    random = Random(2)
    starts = (
        "kata-analyze b 1",
        "lz-analyze 1 avoid b A1 1",
        "kata-search_cancellable w",
        "kata-analyze ownership true",
    )
    stops = ("", "# stop", "stop", "name", "undo", "play b A1", "play w B2", "clear_board", "protocol_version")
    script = [line for n in range(count) for line in (f"{n} {random.choice(starts)}", random.choice(stops))]
    answers = _typed(daemon, "\n".join(["boardsize 5", *script, "77 quit\n"]).encode())
    assert [answer.split()[0] for answer in answers if answer.startswith("=77")][-1] == "=77"
    assert len([answer for answer in answers if answer[1:2].isdigit()]) == count + 1


@contextmanager
def _talking(daemon: RealDaemon) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    """A running engine with its input and its output; one that hangs is killed, and then says no more."""
    with subprocess.Popen(
        [ZHUGO, "gtp", "--connect", daemon.address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
    ) as engine:
        guard = threading.Timer(PATIENCE, engine.kill)
        guard.start()
        assert engine.stdin is not None
        assert engine.stdout is not None
        yield engine, engine.stdin, engine.stdout
        guard.cancel()


def test_a_command_in_the_midst_of_an_analysis_ends_it_and_is_answered(daemon: RealDaemon) -> None:
    with _talking(daemon) as (engine, to, said):
        for number in range(50):
            to.write(f"{number} kata-analyze b 5\n")
            assert said.readline() == f"={number}\n"
            if number % 2:
                assert said.readline().startswith("info move ")
            to.write("clear_board\n" if number % 3 else "\n")
            to.write(f"1{number} name\n")
            while (line := said.readline()) != f"=1{number} ZhuGo\n":
                assert line.startswith(("info ", "=\n", "\n"))
            assert said.readline() == "\n"
        to.close()
        assert engine.wait(PATIENCE) == 0


def test_an_engine_that_is_ended_in_its_analysis_leaves_no_session(daemon: RealDaemon) -> None:
    with _talking(daemon) as (engine, to, said):
        to.write("kata-analyze 5\n")
        assert said.readline() == "=\n"
        assert said.readline().startswith("info ")
        engine.terminate()
        assert engine.wait(PATIENCE) == 143


def test_an_engine_without_a_daemon_answers_what_it_can_and_ends_though_its_input_does_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [ZHUGO, "gtp", "--connect", f"ipc://{tmp_path / 'nobody'}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as engine:
        assert engine.stdin is not None
        assert engine.stdout is not None
        assert engine.stderr is not None
        engine.stdin.write("name\n")
        assert engine.stdout.readline() == "= ZhuGo\n"
        assert engine.wait(PATIENCE) == 2
        assert engine.stderr.read().startswith("zhugo: no daemon answers at ")


def test_an_engine_whose_daemon_dies_ends_though_nobody_asks_it_anything(tmp_path: Path) -> None:
    with RealDaemon(tmp_path) as mortal, _talking(mortal) as (engine, to, said):
        to.write("1 name\n")
        assert said.readline() == "=1 ZhuGo\n"
        mortal.kill()
        assert engine.wait(PATIENCE) == 2
