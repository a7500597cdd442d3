"""The game itself opens nothing, waits for nothing and reads no clock."""

from __future__ import annotations

import ast

import pytest

from tests.daemons import ROOT

ALLOWED = {
    "__future__", "collections", "dataclasses", "math", "typing", "msgspec", "numpy",
    "games.game", "games.go", "zhugo.bridges.gtp.clock", "zhugo.web.messages", "zhugo.web.play",
}  # fmt: skip
PURE = ("events", "standing", "clocks", "clock_pair", "count", "beginning", "game")


@pytest.mark.parametrize("name", PURE)
def test_it_imports_nothing_that_does_something(name: str) -> None:
    tree = ast.parse((ROOT / "zhugo" / "web" / "play" / f"{name}.py").read_text())
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    imported -= {"zhugo.web"}  # for messages
    assert {each for each in imported if not any(f"{each}.".startswith(f"{one}.") for one in ALLOWED)} == set()
    own = {each.rpartition(".")[2] for each in imported if each.startswith("zhugo.web.play.")}
    assert own <= set(PURE)
