"""The protocol of GTP alone: what a line is, and what an answer looks like."""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from protocol.errors import ConnectionLost
from tests.daemons import PATIENCE
from zhugo.bridges.gtp.controller import MAX_LINE, InputLines, Sign
from zhugo.bridges.gtp.protocol import Arguments, GtpError, parse, serve, with_administration


def _fail(_arguments: Arguments) -> str:
    raise GtpError("it does not work\nnot at all")


COMMANDS = with_administration(
    {
        "echo": lambda arguments: " ".join(arguments),
        "two_lines": lambda _arguments: "one\n\ntwo",
        "fail": _fail,
        "number": lambda arguments: str(arguments.integer(0, "the number")),
        "color": lambda arguments: str(arguments.color(0)),
        "stream": lambda _arguments: iter(["info 1", "info 2"]),
    }
)

TRANSCRIPT = [
    # what comes in, what goes out
    ("echo a b\n", "= a b\n\n"),
    ("12 echo a\n", "=12 a\n\n"),
    ("  7\techo\ta \r\n", "=7 a\n\n"),
    ("echo a # a comment\n", "= a\n\n"),
    ("# only a comment\n", ""),
    ("\n", ""),
    ("   \t \r\n", ""),
    ("ec\x07ho a\x00b\n", "= ab\n\n"),
    ("echo\n", "=\n\n"),
    ("3 echo\n", "=3\n\n"),
    ("two_lines\n", "= one\ntwo\n\n"),
    ("no_such\n", "? unknown command\n\n"),
    ("99 no_such thing\n", "?99 unknown command\n\n"),
    ("5\n", "?5 unknown command\n\n"),
    ("4 fail\n", "?4 it does not work\nnot at all\n\n"),
    ("number 12\n", "= 12\n\n"),
    ("number\n", "? syntax error: the number is missing\n\n"),
    ("number twelve\n", "? syntax error: the number is no whole number: twelve\n\n"),
    ("color BLACK\n", "= 1\n\n"),
    ("color w\n", "= -1\n\n"),
    ("color grey\n", "? syntax error: grey is no color\n\n"),
    ("6 stream\n", "=6\ninfo 1\ninfo 2\n\n"),
    ("protocol_version\n", "= 2\n\n"),
    ("known_command echo\n", "= true\n\n"),
    ("known_command no_such\n", "= false\n\n"),
    ("known_command\n", "= false\n\n"),
    ("1 quit\n", "=1\n\n"),
]


def _answers(*lines: str) -> str:
    answers: list[str] = []
    serve(COMMANDS, lines, answers.append)
    return "".join(answers)


@pytest.mark.parametrize(("line", "answer"), TRANSCRIPT)
def test_a_line_and_its_answer(line: str, answer: str) -> None:
    assert _answers(line) == answer


def test_quit_ends_the_conversation() -> None:
    assert _answers("quit\n", "echo a\n") == "=\n\n"


def test_the_end_of_input_ends_it_too() -> None:
    assert _answers() == ""


def test_commands_are_listed_one_a_line_and_all_known() -> None:
    listed = _answers("list_commands\n").removeprefix("= ").split()
    assert listed == sorted(COMMANDS)


def test_an_id_is_digits_alone() -> None:
    request = parse("-3 echo\n")
    assert request is not None
    assert (request.id, request.name) == ("", "-3")


def test_input_is_read_ahead_and_seen_before_it_is_taken() -> None:
    lines = InputLines(io.StringIO("one\ntwo\n"))
    assert lines.waiting(5.0)
    assert lines.waiting(0.0)
    assert list(lines) == ["one\n", "two\n"]


def test_a_line_without_end_is_cut_and_is_still_one_line() -> None:
    lines = InputLines(io.StringIO("x" * (2 * MAX_LINE + 5) + "\nquit\n"))
    assert [len(line) for line in lines] == [MAX_LINE, 5]


class Typed:
    """Lines that come when the test says so, and what was called."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self.to = os.fdopen(write, "w", buffering=1)
        self.lines = InputLines(os.fdopen(read))
        self.called = threading.Semaphore(0)

    def calls(self, at: Sign) -> AbstractContextManager[None]:
        return self.lines.calling(lambda: self.called.release(), at)


@pytest.mark.parametrize(
    ("at", "line"),
    [
        ("line", "name\n"),
        ("line", "\n"),
        ("interrupt", "# interrupt\n"),
        ("end", "quit\n"),
        ("end", "known_command quit\n7\tquit # bye\n"),
    ],
)
def test_who_waits_is_called_once_when_its_sign_comes(at: Sign, line: str) -> None:
    typed = Typed()
    with typed.calls(at):
        assert not typed.called.acquire(blocking=False)
        typed.to.write(2 * line)
        assert typed.called.acquire(timeout=PATIENCE)
        typed.to.close()
        assert "".join(typed.lines) == 2 * line
        assert not typed.called.acquire(blocking=False)


def test_several_may_wait_each_for_its_sign() -> None:
    typed = Typed()
    ended = threading.Event()
    with typed.calls("line"), typed.lines.calling(ended.set, "end"):
        typed.to.write("name\n")
        assert typed.called.acquire(timeout=PATIENCE)
        assert not ended.is_set()
        typed.to.close()
        assert ended.wait(PATIENCE)


def test_a_sign_that_is_there_already_calls_at_once() -> None:
    typed = Typed()
    typed.to.write("# interrupt\n")
    assert typed.lines.waiting(PATIENCE)
    for at in ("line", "interrupt"):
        with typed.calls(at):
            assert typed.called.acquire(blocking=False)
    typed.to.close()
    assert list(typed.lines) == ["# interrupt\n"]
    with typed.calls("interrupt"):
        assert not typed.called.acquire(blocking=False)


@pytest.mark.parametrize(("at", "line"), [("interrupt", "genmove w\n"), ("end", "known_command quit\n")])
def test_lines_that_are_no_such_sign_call_nobody(at: Sign, line: str) -> None:
    typed = Typed()
    with typed.calls(at):
        typed.to.write(line)
        assert typed.lines.waiting(PATIENCE)
        assert not typed.called.acquire(blocking=False)
    typed.to.close()


def test_after_the_block_nobody_is_called() -> None:
    typed = Typed()
    with typed.calls("line"):
        pass
    typed.to.write("name\n")
    assert typed.lines.waiting(PATIENCE)
    assert not typed.called.acquire(blocking=False)
    typed.to.close()


def test_a_failure_comes_behind_the_lines_that_were_read_before_it() -> None:
    typed = Typed()
    typed.to.write("name\n")
    assert typed.lines.waiting(PATIENCE)
    with typed.calls("line"):
        assert typed.called.acquire(blocking=False)
        typed.lines.fail(ConnectionLost("the daemon is gone"))
    taken = iter(typed.lines)
    assert next(taken) == "name\n"
    with pytest.raises(ConnectionLost, match="gone"):
        next(taken)
    typed.to.close()


def test_an_answer_that_fails_on_its_way_still_ends_and_says_why_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    def stream(_arguments: Arguments) -> Iterator[str]:
        yield "info 1"
        raise GtpError("the search failed")

    answers: list[str] = []
    serve({"stream": stream}, ["1 stream\n"], answers.append)
    assert "".join(answers) == "=1\ninfo 1\n\n"
    assert capsys.readouterr().err == "zhugo: the search failed\n"
