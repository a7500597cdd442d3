"""What ARCHITECTURE.md and docs/words.md name is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "ARCHITECTURE.md", ROOT / "docs" / "words.md"]
ROW = re.compile(r"`([\w/]+\.py)` `(\w+)`")


def names_of(path: Path) -> set[str]:
    """Every class and function of a file, methods as Class.method too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names.update(f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef))
    return names


def defined() -> set[str]:
    """Those of the whole product."""
    rooms = ("games", "protocol", "nets", "daemon", "zhugo")
    return {name for room in rooms for path in (ROOT / room).rglob("*.py") for name in names_of(path)}


def top_level(path: Path) -> set[str]:
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(each.id for each in ast.walk(node.targets[0]) if isinstance(each, ast.Name))
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    for place in re.findall(r"`([\w/]+/[\w./]+)`", document.read_text()):
        assert (ROOT / place).exists(), place


def test_every_function_on_the_way_of_a_leaf_is_there() -> None:
    life = (ROOT / "ARCHITECTURE.md").read_text().partition("## The life of one leaf")[2].partition("## ")[0]
    named = {name for line in life.splitlines() for name in re.findall(r"`([A-Za-z_.]+)`", line)}
    assert len(named) > 20
    assert named <= defined(), named - defined()


def test_every_word_is_defined_where_the_table_says() -> None:
    rows = ROW.findall((ROOT / "docs" / "words.md").read_text())
    assert len(rows) > 25
    for place, name in rows:
        assert name in top_level(ROOT / place), f"{name} in {place}"


def test_every_question_is_answered_with_a_name_of_that_file() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text().partition("## Where is it")[2].partition("## ")[0]
    places = re.findall(r"`([\w/]+\.py)` `([\w.]+)`", table)
    assert len(places) > 10
    assert [(path, name) for path, name in places if name not in names_of(ROOT / path)] == []


LISTS = (
    *(f"daemon{floor}" for floor in ("", "/core", "/evaluation", "/process", "/remote", "/replay", "/schedules")),
    "protocol",
    "bench/schedules",
    "bench/soak",
)
"""Rooms whose ``__init__`` says what each of their files is for."""


@pytest.mark.parametrize("room", LISTS)
def test_every_file_of_a_room_is_named_in_its_list(room: str) -> None:
    listed = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())) or ""
    files = [path.stem for path in (ROOT / room).glob("*.py") if path.stem != "__init__"]
    assert [name for name in sorted(files) if not re.search(rf"\b{name}\b", listed)] == []
