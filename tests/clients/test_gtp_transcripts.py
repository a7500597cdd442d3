"""Whole GTP conversations as golden files: ``> `` begins what the controller sends, the rest is what it gets.

One file a theme, and one for each client, with what it sends in its order. A first line ``$`` holds the engine's
options. The engine is the real one over a session that searches nothing, so every answer is exact.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.clients.fake_session import FakeClient, FakeController
from zhugo.bridges.gtp.bridge import Compat, commands_of
from zhugo.bridges.gtp.engine import Engine
from zhugo.bridges.gtp.protocol import serve
from zhugo.bridges.gtp.settings import Settings

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.gtp"))
OPTIONS = "$ zhugo gtp"
SENT = "> "
CPU_TIME = re.compile(r"(?<=> cputime\n= )[0-9.]+")


def replayed(text: str) -> str:
    """The transcript with the answers that the bridge gives now; of the time that passed only that it is a number."""
    first, *rest = text.splitlines()
    options = first if first.startswith(OPTIONS) else ""
    compat = options.partition("--compat ")[2] or "none"
    controller = FakeController()
    engine = Engine(FakeClient().connect, Settings(10, None), controller)
    said = [f"{options}\n"] if options else []

    def lines() -> Iterator[str]:
        for line in rest if options else [first, *rest]:
            if line.startswith(SENT):
                controller.looks = 0
                said.append(line + "\n")
                yield line.removeprefix(SENT) + "\n"

    serve(commands_of(engine, cast(Compat, compat)), lines(), said.append)
    return CPU_TIME.sub("0.00", "".join(said))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: cast(Path, path).stem)
def test_the_bridge_answers_as_the_transcript_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert replayed(text) == text


def test_the_documentation_lists_every_command_and_no_other() -> None:
    engine = Engine(FakeClient().connect, Settings(10, None), FakeController())
    page = Path(__file__).parent.parent.parent / "docs" / "gtp.md"
    first_section = page.read_text(encoding="utf-8").partition("\n## ")[0]
    table = [line for line in first_section.splitlines() if line.startswith("| ")]
    documented = {word.split()[0] for line in table for word in re.findall(r"`([a-z][^`]*)`", line)}
    assert documented == set(commands_of(engine))
