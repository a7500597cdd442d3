"""The options of a daemon in a file."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from daemon.process.cli import make_command, options_of_command_line, read_again
from daemon.process.config_file import NOT_IN_FILES, key_of, options_in_files, table_of
from daemon.process.log import configure
from daemon.process.options import Options
from daemon.process.reloading import Reloading
from protocol import messages as m
from tests.daemons import ROOT

PARAMETERS = make_command().params


def asked(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> Any:
    monkeypatch.setattr(sys, "argv", ["zhugo-searchd", *map(str, words)])
    return options_of_command_line()


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert asked(monkeypatch, *words, "--print-config") == 0
    return capsys.readouterr().out


def test_every_option_stands_in_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(monkeypatch, capsys)
    keys = set(re.findall(r"^(?:# )?([a-z-]+) = ", text, re.MULTILINE))
    assert keys == {key_of(each) for each in PARAMETERS} - {name.replace("_", "-") for name in NOT_IN_FILES}


def test_the_example_has_every_option_and_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    example = ROOT / "packaging" / "searchd.toml"
    keys = set(re.findall(r"^(?:# )?([a-z-]+) = ", example.read_text(), re.MULTILINE))
    again = "write it again: zhugo-searchd --config packaging/searchd.toml --print-config"
    assert keys == set(options_in_files(PARAMETERS)), again
    assert isinstance(asked(monkeypatch, "--config", example), Options)


def test_what_is_printed_asks_for_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = (
        "--device", "cuda:0,1", "--searchers", "3", "--address", 'ipc:///a"\\é', "--address", "tcp://[::1]:5555",
        "--trace", "/t", "--max-peers", "7", "--client-reports", "2.5", "--symmetries", "--log", "json",
    )  # fmt: skip
    file = tmp_path / "c.toml"
    file.write_text(printed(monkeypatch, capsys, *words))
    assert asked(monkeypatch, "--config", file) == asked(monkeypatch, *words)


def test_the_command_line_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("searchers = 5\n[bounds]\nmax-peers = 7\nkeep-seconds = 3\n[expert]\nsymmetries = true\n")
    options = asked(monkeypatch, "--config", file, "--max-peers", "9")
    assert (options.searchers, options.bounds.peers, options.bounds.keep, options.symmetries) == (5, 9, 3.0, True)


MISTAKES = {
    "a = 1": "c.toml:1: a: there is no such option",
    "\n\nmax-peers = 0": "c.toml:3: max-peers: Input should be greater than or equal to 1",
    "# max-peers = 1\n[bounds]\nmax-peers = 'x'": "c.toml:3: max-peers: a whole number is wanted here",
    "[expert]\nmax-peers = 3": "c.toml:2: max-peers: it belongs at the top, or into [bounds]",
    "max-peers = 3\n[bounds]\nmax-peers = 3": "c.toml:3: max-peers: it stands in this file twice",
    "[nowhere]\nx = 1": "c.toml:1: nowhere: there is no such table",
    "searchers = true": "c.toml:1: searchers: a whole number is wanted here",
    "symmetries = 1": "c.toml:1: symmetries: true or false is wanted here",
    "address = 'ipc:///x'": "c.toml:1: address: a list of texts is wanted here",
    "device = 'abacus'": "c.toml:1: device: ",
    "fsync = 'sometimes'": "c.toml:1: fsync: 'sometimes' is not one of 'always', 'interval', 'never'.",
    "x = = 1": "c.toml:1: Invalid value",
    "version = true": "c.toml:1: version: there is no such option",
    "max-peers.x = 3": "c.toml:1: max-peers: there is no such table",
    "[bounds": "c.toml:1: Expected ']' at the end of a table declaration",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_an_error_names_file_line_and_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    (tmp_path / "c.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert asked(monkeypatch, "--config", "c.toml") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"zhugo-searchd: {MISTAKES[text]}")


def test_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "latin").write_bytes(b"net = '\xe9'")
    assert asked(monkeypatch, "--config", tmp_path / "latin") == 2
    assert asked(monkeypatch, "--config", tmp_path / "none") == 2
    one, two = capsys.readouterr().err.splitlines()
    assert one.endswith("latin: the file is not UTF-8")
    assert two.endswith("none: No such file or directory")


def test_tables_are_those_of_the_help() -> None:
    assert {table_of(each) for each in PARAMETERS} == {"", "bounds", "service", "expert"}


def test_a_reload_takes_what_can_change_and_names_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text("max-peers = 7\n")
    options = asked(monkeypatch, "--config", file)
    told: list[m.Inbound] = []
    reloading = Reloading(options, read_again, told.append)
    reloading.reload()
    assert told == []
    file.write_text("max-peers = 9\nsearchers = 5\nlog-level = 'warning'\n")
    reloading.reload()
    (bounds,) = told
    assert isinstance(bounds, m.SetBounds)
    assert (bounds.peers, bounds.sessions) == (9, 8192)
    assert "searchers stays what it is until a restart" in capsys.readouterr().err
    file.write_text("max-peers = 0\n")
    with pytest.raises(ValueError, match=r"c\.toml:1: max-peers: Input should be"):
        reloading.reload()
    assert len(told) == 1
    configure()


def test_what_is_printed_is_toml(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    read = tomllib.loads(printed(monkeypatch, capsys, "--device", "emulated"))
    assert (read["device"], read["bounds"]["max-peers"]) == ("emulated", 1024)
