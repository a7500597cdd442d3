"""What `--help` of every command says, and in which order: everyday options first, expert ones in a panel behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

from daemon.process.cli import make_command
from daemon.remote.cli import make_command as make_searcher
from protocol.messages import PROTOCOL_VERSION
from zhugo.app import app
from zhugo.shared.options import EXPERT

BIN = Path(sys.executable).parent
EVERYDAY_AT_MOST = 16
"""Options of one command that are shown first."""


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _commands(inner, (*words, name))


COMMANDS = dict(
    [
        *_commands(typer.main.get_command(app), ("zhugo",)),
        *_commands(make_command(), ("zhugo-searchd",)),
        *_commands(make_searcher(), ("zhugo-searcher",)),
    ]
)
ONES = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)


def _options(words: tuple[str, ...]) -> list[Any]:
    return [parameter for parameter in COMMANDS[words].params if parameter.param_type_name == "option"]


def _panels(words: tuple[str, ...]) -> dict[str, str | None]:
    return {option.opts[0]: option.rich_help_panel for option in _options(words)}


@ONES
def test_a_command_says_what_it_does_in_one_short_sentence(words: tuple[str, ...]) -> None:
    first, *_more = COMMANDS[words].help.split("\n\n")
    assert first.endswith(".")
    assert len(first) <= 110
    assert "\n" not in first.strip()


@ONES
def test_every_parameter_is_explained_without_brackets_which_would_be_markup(words: tuple[str, ...]) -> None:
    for parameter in COMMANDS[words].params:
        assert parameter.help, parameter.name
        assert "[" not in parameter.help, parameter.name


@ONES
def test_everyday_options_are_few_and_come_before_the_others(words: tuple[str, ...]) -> None:
    panels = list(_panels(words).values())
    everyday = [panel for panel in panels if panel is None]
    assert len(everyday) <= EVERYDAY_AT_MOST
    assert set(panels) <= {None, "Bounds", "Service", EXPERT}


DAEMON_EVERYDAY = ("--net", "--device", "--connect")
DAEMON_EXPERT = (
    "--key", "--reconnect", "--precision", "--device-choice", "--searchers", "--batch", "--speculate", "--cache-mb",
    "--symmetries", "--symmetry-seed", "--trace", "--trace-mb", "--trace-keep", "--trace-required", "--latency-ms",
    "--outputs",
)  # fmt: skip


@pytest.mark.parametrize("name", ["analyze", "genmove", "gtp", "analysis", "play"])
def test_what_evaluates_is_for_every_day_and_how_is_for_experts(name: str) -> None:
    panels = _panels(("zhugo", name))
    assert [option for option in ("--visits", "--time", *DAEMON_EVERYDAY) if panels[option] is not None] == []
    assert [option for option in DAEMON_EXPERT if panels[option] != EXPERT] == []


def test_a_daemon_shows_its_bounds_in_a_panel_of_their_own() -> None:
    panels = _panels(("zhugo-searchd",))
    assert {option for option, panel in panels.items() if panel is None} == {
        "--address", "--net", "--device", "--searchers", "--trace", "--resume", "--version",
    }  # fmt: skip
    assert {option for option, panel in panels.items() if panel == "Bounds"} == {
        "--memory-mb", "--max-peers", "--max-sessions", "--max-moves", "--client-sessions", "--client-searches",
        "--client-watches", "--client-reports", "--keep-seconds", "--reader-mb",
    }  # fmt: skip


def _run(program: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "COLUMNS": "100", "TERM": "dumb", **variables}
    return subprocess.run([BIN / program, *words], capture_output=True, text=True, env=environment)


def test_versions() -> None:
    for words in (("--version",), ("version",)):
        said = _run("zhugo", *words)
        assert (said.returncode, said.stdout) == (0, f"ZhuGo {version('zhugo')}\n")
    said = _run("zhugo-searchd", "--version")
    assert (said.returncode, said.stdout) == (
        0,
        f"zhugo-searchd {version('zhugo')}, protocol {PROTOCOL_VERSION}\n",
    )


@pytest.mark.parametrize("words", [(), ("net",), ("trace",), ("bench",), ("keys",)])
def test_a_group_of_commands_alone_shows_its_help_and_does_nothing(words: tuple[str, ...]) -> None:
    said = _run("zhugo", *words)
    assert said.returncode == 2
    assert said.stdout.lstrip().startswith(f"Usage: {' '.join(('zhugo', *words))} [OPTIONS] COMMAND")
    assert said.stderr == ""


COMPLETIONS = [
    ("zhugo", "zhugo ana", {"analyze", "analysis"}),
    ("zhugo", "zhugo trace st", {"story", "stats"}),
    ("zhugo", "zhugo gtp --resign-a", {"--resign-after"}),
    ("zhugo", "zhugo genmove --precision b", {"bf16"}),
    ("zhugo-searchd", "zhugo-searchd --max-p", {"--max-peers"}),
]


@pytest.mark.parametrize(("program", "typed", "offered"), COMPLETIONS)
def test_a_shell_completes_what_is_typed(program: str, typed: str, offered: set[str]) -> None:
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    words = typed.split()
    said = _run(program, **{variable: "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)})
    assert set(said.stdout.split()) == offered


@pytest.mark.parametrize("program", ["zhugo", "zhugo-searchd"])
def test_completion_can_be_shown_and_is_what_a_shell_takes(program: str) -> None:
    typed = f"{BIN / program} --show-completion; true"  # a last command, or the shell would make way
    said = subprocess.run(["bash", "-c", typed], capture_output=True, text=True)  # it asks which shell called it
    assert said.stdout, said.stderr
    checked = subprocess.run(["bash", "-n"], input=said.stdout, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert said.stdout.rstrip().endswith(f" {program}")


def test_completion_is_installed_for_the_shell_that_asks(tmp_path: Path) -> None:
    typed = f"{BIN / 'zhugo'} --install-completion; echo done"  # a last command, or the shell would make way
    said = subprocess.run(
        ["bash", "-c", typed], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    )
    assert "bash completion installed" in said.stdout, said.stderr
    script = tmp_path / ".bash_completions" / "zhugo.sh"
    assert f"source '{script}'" in (tmp_path / ".bashrc").read_text()
    assert "_ZHUGO_COMPLETE=complete_bash" in script.read_text()
