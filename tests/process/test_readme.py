"""What the README and the docs tell people to type exists, and what they list is complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.daemons import ROOT
from tests.unit.programs.test_help import COMMANDS

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"(?:^    |`)(?:\S*/)?(zhugo(?:-searchd|-searcher)? [^`\n]+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!http)([^)]+)\)")
FOLDERS = ("games", "nets", "protocol", "daemon", "zhugo", "bench", "tests", "scripts", "examples")


def _documented() -> list[tuple[str, ...]]:
    """(program, subcommand…, options…) of every command line on the pages, the same one once."""
    found = set()
    for page in PAGES:
        for line in COMMAND.findall(page.read_text(encoding="utf-8")):
            words = shlex.split(line.split("  #")[0])
            options = sorted(word for word in words if word.startswith("--") and word != "--help")
            found.add((words[0], *_subcommands(words[1:]), *options))
    return sorted(found)


def _subcommands(words: list[str]) -> list[str]:
    if not words or not re.fullmatch("[a-z]+", words[0]):
        return []
    return (
        words[:2]
        if words[0] in ("trace", "bench", "net", "train", "learn", "keys") and len(words) > 1 and words[1][:1] != "-"
        else words[:1]
    )


@pytest.mark.parametrize("words", _documented(), ids=" ".join)
def test_a_documented_command_has_its_options(words: tuple[str, ...]) -> None:
    command = COMMANDS[tuple(word for word in words if not word.startswith("--"))]
    shown = {name for option in command.params if not option.hidden for name in (*option.opts, *option.secondary_opts)}
    assert [word for word in words if word.startswith("--") and word not in shown] == []


def test_the_pages_name_commands_at_all() -> None:
    named = {words[:2] for words in _documented() if len(words) > 1}
    assert {("zhugo", name) for name in ("analyze", "genmove", "gtp", "match", "status")} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link.partition("#") for link in LINK.findall(page.read_text(encoding="utf-8"))]
    assert [name for name, _, _ in links if name and not (page.parent / name).exists()] == []
    targets = [(page.parent / name if name else page, heading) for name, _, heading in links if heading]
    assert [(str(there), heading) for there, heading in targets if heading not in _headings(there)] == []


def _headings(page: Path) -> set[str]:
    """As GitHub makes anchors of them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w/.-]+)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_make_targets_of_the_pages_exist() -> None:
    targets = {
        target
        for page in PAGES
        for target in re.findall(r"(?:^    |`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"run", "test", "check"} <= targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
