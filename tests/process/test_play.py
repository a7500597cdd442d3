"""`zhugo play` as a person starts it: in a terminal, through pipes, with a net and without, and what bad input gets."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.daemons import PATIENCE, ROOT, RealDaemon

ZHUGO = str(Path(sys.executable).with_name("zhugo"))


def zhugo(*arguments: str | Path, typed: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end and expect its exit code."""
    done = subprocess.run(
        [ZHUGO, *map(str, arguments)], input=typed, capture_output=True, timeout=2 * PATIENCE, cwd=ROOT
    )
    assert done.returncode == code, done.stderr.decode()
    return done


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.screen = ""
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [ZHUGO, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, start_new_session=True,
            preexec_fn=_own_terminal,
        )  # fmt: skip
        os.close(theirs)

    def until(self, text: str, times: int = 1) -> None:
        """Read until the screen has shown this so often."""
        deadline = time.monotonic() + PATIENCE
        while self.screen.count(text) < times:
            assert time.monotonic() < deadline, self.screen
            self._read()

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, and again where it came in the instant before Python waits for input, which does not see it."""
        while self._process.poll() is None:
            self.type("\x03")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE / 10)

    def end(self) -> int:
        """Read to the end: the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # nobody is left at the other end
            return False
        self.screen += data.decode(errors="replace")
        return bool(data)


def _own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C in it is a signal


def test_a_game_in_a_terminal_without_a_net() -> None:
    terminal = Terminal("play", "--game", "tic_tac_toe", "--visits", "2000")
    terminal.until("your move> ")
    assert "No net was given" in terminal.screen
    terminal.type("(1,1)\n")
    terminal.until("The engine plays o(")
    terminal.until("your move> ", times=2)
    terminal.type("undo\n")
    terminal.until("your move> ", times=3)
    terminal.type("\x04")  # Ctrl-D
    assert terminal.end() == 0
    assert "thinking" in terminal.screen
    assert "Traceback" not in terminal.screen


@pytest.mark.parametrize("moment", ["asked", "thinking"])
def test_ctrl_c_ends_it_tidily_at_any_moment(moment: str) -> None:
    first = "human" if moment == "asked" else "engine"
    terminal = Terminal("play", "--game", "hex(board_size=5)", "--first", first, "--time", "600")
    terminal.until("your move> " if moment == "asked" else "thinking")
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.screen


def test_a_net_is_made_and_played_with(tmp_path: Path) -> None:
    net, text = tmp_path / "net.safetensors", "connect_four(rows=4,columns=5)"
    printed = zhugo("net", "new", "--game", text, "--blocks", "1", "--filters", "8", "--out", net).stdout.decode()
    assert printed.startswith(f"{net}: connect_four-b1c8, ")
    told = zhugo("net", "info", net).stdout.decode()
    assert "connect_four(columns=5,rows=4)" in told
    assert "to 5" not in told
    options = ("--net", net, "--device", "torch", "--visits", "30")
    said = zhugo("play", "--game", text, *options, typed=b"2\nhint\n").stdout.decode()
    assert "The engine plays o" in said
    assert "after 30 visits" in said
    assert "No net was given" not in said


def test_games_of_two_kinds_on_one_daemon(directory: Path) -> None:
    with RealDaemon(directory, "--outputs", "uniform", latency_ms=0.0) as daemon:
        connect = ("--connect", daemon.address, "--visits", "50")
        said = zhugo("play", "--size", "5", *connect, typed=b"c3\nquit\n").stdout.decode()
        assert said.startswith("Go 5×5, komi 7.5: you are Black (X)")
        assert "The engine plays " in said
        said = zhugo("play", "--game", "othello", "--first", "engine", *connect).stdout.decode()
        assert re.search("The engine plays (d3|c4|f5|e6)", said), "the four first moves are one by symmetry"
        noise = bytes(range(256)) + b"\n\xff\xfe\n" + b"9" * 100_000 + b"\n"
        done = zhugo("play", "--game", "tic_tac_toe", *connect, typed=noise)
        assert (done.stderr, b"is not a legal move here" in done.stdout) == (b"", True)
        with daemon.client() as client:
            client.check()
            assert client.status().sessions == []
        assert zhugo("status", "--connect", daemon.address, "--once").stdout


def test_a_net_for_another_game_is_refused_by_commands_for_go(tmp_path: Path) -> None:
    net = tmp_path / "net.safetensors"
    zhugo("net", "new", "--game", "connect_four", "--blocks", "1", "--filters", "8", "--out", net)
    said = zhugo("genmove", "--size", "9", "--net", net, "--device", "torch", code=2).stderr.decode()
    assert said.splitlines()[-1].startswith("zhugo: the net is not for Go: it looks at 'connect_four'")
    assert "Traceback" not in said
