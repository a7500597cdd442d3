"""What `zhugo play` and `zhugo net new` refuse, before a daemon starts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from zhugo import cli

NET = "net.safetensors"


def zhugo(monkeypatch: pytest.MonkeyPatch, words: str) -> int:
    """The command's exit code."""
    monkeypatch.setattr(sys, "argv", ["zhugo", *words.split()])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A directory to be in, with a net for connect_four."""
    monkeypatch.chdir(tmp_path)
    assert zhugo(monkeypatch, f"net new --game connect_four --blocks 1 --filters 8 --out {NET}") == 0
    assert capsys.readouterr().out.startswith(f"{NET}: connect_four-b1c8, ")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("play --game nosuch", "unknown game 'nosuch'; known: go, amazons"),
        ("play --game backgammon", "backgammon cannot be searched: chance has a part in it"),
        ("play --game matrix_rps", "its players move at the same time"),
        ("play --game hex(board_size=0)", "board_size is a whole number from 2 to 24"),
        ("play --game tic_tac_toe --size 3", "a size is for go"),
        ("play --size 50", "--size"),
        ("play --first nobody", "nobody"),
        ("play --visits 0", "--visits"),
        ("play --game tic_tac_toe --device torch", "--device torch needs a --net that plays tic_tac_toe"),
        (f"play --game tic_tac_toe --net {NET}", "plays connect_four, not tic_tac_toe"),
        (f"play --game connect_four(rows=5) --net {NET}", "plays connect_four, not connect_four(rows=5)"),
        (f"play --net {NET}", "plays connect_four, not go"),
        ("web --game nosuch", "unknown game 'nosuch'; known: go, amazons"),
        (f"web --game tic_tac_toe --net {NET}", "plays connect_four, not tic_tac_toe"),
        ("web --game tic_tac_toe --device torch", "--device torch needs a --net that plays tic_tac_toe"),
        ("web --game tic_tac_toe --home . empty", "games to open, --home: for go alone, not for tic_tac_toe"),
        ("play --game connect_four --net none", "net none: No such file or directory"),
        ("play --game connect_four --net empty", "net empty: the file is empty"),
        ("play --game connect_four --connect ftp://here", "ftp://here"),
        ("net new --game nosuch --out x", "unknown game 'nosuch'"),
        ("net new --game tic_tac_toe --out none/x", "none/x: No such file or directory"),
        ("net new --game tic_tac_toe --blocks 0 --out x", "--blocks"),
        ("net new --game tic_tac_toe", "--out"),
    ],
)
def test_bad_input_gets_one_line(
    here: Path, words: str, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "empty").touch()
    before = sorted(here.iterdir())
    assert zhugo(monkeypatch, words) == 2
    said = capsys.readouterr()
    assert reason in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert sorted(here.iterdir()) == before


def test_info_names_the_game_and_not_its_sides(
    here: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert zhugo(monkeypatch, f"net info {NET}") == 0
    printed = capsys.readouterr().out
    assert "connect_four" in printed
    assert "sizes" not in printed


def test_a_net_for_go_is_made_too(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert zhugo(monkeypatch, "net new --game go --blocks 2 --filters 8 --seed 3 --out go.safetensors") == 0
    assert zhugo(monkeypatch, "net info go.safetensors") == 0
    assert "7 to 19" in capsys.readouterr().out
    first = (here / "go.safetensors").read_bytes()
    assert zhugo(monkeypatch, "net new --game go --blocks 2 --filters 8 --seed 3 --out go.safetensors") == 0
    assert (here / "go.safetensors").read_bytes() == first
