"""`zhugo simulate` and what it leads to: a failing seed, its trace, and the small one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.debugger.faults import never_wake
from zhugo import cli
from zhugo.commands.simulate import run_seeds


def zhugo(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """The command's exit code."""
    monkeypatch.setattr(sys, "argv", ["zhugo", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_a_seed_is_recorded_and_opens_in_every_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace"
    assert zhugo(monkeypatch, "simulate", "--seed", "8", "--trace", trace) == 0
    assert f"wrote {trace}" in capsys.readouterr().out
    for command, told in (("replay", "the same: "), ("timeline", "encode A1"), ("stats", "idle causes")):
        assert zhugo(monkeypatch, "trace", command, trace) == 0
        assert told in capsys.readouterr().out
    assert zhugo(monkeypatch, "trace", "story", trace, "root") == 0
    assert "gets its ticket" in capsys.readouterr().out
    assert zhugo(monkeypatch, "trace", "diff", trace, trace) == 0
    assert "the same: every message" in capsys.readouterr().out


def test_a_seed_that_fails_leads_to_a_small_trace_that_tells_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    never_wake(monkeypatch)
    (seed, text), *_ = run_seeds(0, 50)[1]
    assert text.startswith(f"seed {seed}, event ")
    assert zhugo(monkeypatch, "simulate", "--seed", str(seed)) == 1
    said = capsys.readouterr().out
    assert text in said
    assert f"to record it: zhugo simulate --seed {seed} --trace seed-{seed}.trace" in said
    trace, small = tmp_path / "trace", tmp_path / "small"
    assert zhugo(monkeypatch, "simulate", "--seed", str(seed), "--trace", trace) == 1
    assert f"zhugo trace replay {trace} --check" in capsys.readouterr().out
    assert zhugo(monkeypatch, "trace", "replay", trace, "--check") == 1
    capsys.readouterr()
    assert zhugo(monkeypatch, "trace", "shrink", trace, "--out", small) == 0
    said = capsys.readouterr().out
    assert f"; wrote {small}" in said
    assert "was not woken" in said
    assert zhugo(monkeypatch, "trace", "replay", small, "--check") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["simulate", "--trace", "x"], "say which with --seed"),
        (["simulate", "--seed", "1", "--seeds", "2"], "leave --seeds and --first out"),
        (["simulate", "--seed", "1", "--trace", "no/such/place"], "cannot write the trace no/such/place"),
        (["trace", "shrink", "TRACE", "--out", "TRACE"], "--out is the trace itself"),
        (["trace", "shrink", "TRACE", "--out", "small"], "nothing in TRACE fails here"),
        (["trace", "shrink", "TRACE", "--out", "no/small", "--break", "event=open"], "cannot write the trace no/small"),
        (["trace", "shrink", "TRACE", "--out", "small", "--break", "lunch"], "'lunch' is no condition"),
        (["trace", "diff", "TRACE", "nowhere"], "cannot read the trace nowhere"),
        (["trace", "diff", "TRACE", "TRACE", "--session", "nobody's"], 'has no search 1 in session "nobody\'s"'),
    ],
)
def test_what_cannot_be_done_gets_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    zhugo(monkeypatch, "simulate", "--seed", "7", "--trace", "TRACE")
    capsys.readouterr()
    assert zhugo(monkeypatch, *arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith("zhugo: ")
    assert said.err.count("\n") == 1
    assert told in said.err
